"""The corridor every cause walks: gather → decide → compose → carry out.

==========  ======================================  =========  ======================================
step        in → out                                room       may touch the world?
==========  ======================================  =========  ======================================
accept      raw bytes + envelope → inbound row      storage    one commit (intake.py), then 250
read        raw + envelope → Mail                   mail       no; in a limited child process
gather      Cause, Asks → Facts                     storage    reads only
decide      Cause, Asks, Facts, Rulebook → Plan     core       no: pure
compose     Notice + letter + raw mails → bytes     letters    no: pure
carry out   Plan + bytes → one transaction          storage    writes, in the caller's transaction
deliver     outbox row → relay                      channels   one attempt at a time (deliver.py)
==========  ======================================  =========  ======================================

A cause is a mail that came (``intake.py`` says when and in which order), a promise that fell due (``timers.py``), an
answer of the relay (``delivered.py``) or an admin's word (``said.py``). Everything from gather to carry out happens
inside one write transaction, so what a decision stands on is what it changes. Nothing here waits for the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from maild.core.asks import asks as what_it_asks
from maild.core.decide import decide
from maild.core.facts import USUAL_NOTICES
from maild.core.threads import tokens
from maild.letters.compose import compose
from maild.letters.enclose import Enclosures
from maild.storage import outbox
from maild.storage.carry_out import carry_out
from maild.storage.gather import Settings, gather
from maild.storage.letters_out import ToSend, Written

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.core.cause import Cause
    from maild.core.facts import Asks, Facts
    from maild.core.plan import Plan
    from maild.core.rules.organisation import Rulebook
    from maild.letters.templates import Letters
    from maild.storage.ids import Ids


@dataclass(frozen=True)
class Corridor:
    """What every cause's way needs; a reload swaps the whole value, a cause keeps the one it began with."""

    rulebook: Rulebook
    letters: Letters
    settings: Settings
    ids: Ids
    who: str
    """This daemon's name in claims."""

    @cached_property
    def members(self) -> Mapping[str, tuple[str, ...]]:
        """Agents by group, whose load gather reads."""
        return {group.id: group.members for group in self.rulebook.groups.values()}

    @cached_property
    def loop(self) -> str:
        """The value of our loop header."""
        return tokens.sign_loop(self.settings.keys[0], self.rulebook.desk.instance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What became of one cause, once its transaction is durable."""

    plan: Plan
    to_send: list[ToSend] = field(default_factory=list)
    """Claimed for sending by the same commit."""
    queued: bool = False
    """Something was only queued: the deliverer should look."""
    letters: tuple[Written, ...] = ()
    """What was written."""
    troubles: tuple[str, ...] = ()
    """Letters that fell back to the built-in plain one, and why."""


def walk(
    connection: Connection,
    corridor: Corridor,
    cause: Cause,
    *,
    now: datetime,
    send: datetime | None = None,
    raw: Mapping[int, bytes] | None = None,
    wall: datetime | None = None,
) -> Handled:
    """Take one cause from gather to carry out, in the caller's transaction.

    ``send`` is until when outgoing mails may be claimed for sending at once; None only queues them. ``raw`` holds, by
    inbound id, mails that are in memory already, so that letters can enclose their files. ``wall`` is the time that
    letters bear and wait from, where an admin has it decided as if it were another time (``now``).
    """
    _, facts, plan = consider(connection, corridor, cause, now=now)
    files = facts.raw if raw is None else {**facts.raw, **raw}
    written, troubles = _write(corridor, plan, files, facts.letter_data, wall or now)
    corridor.ids.give_back(facts.outbox_ids, used=plan.ids_used)
    claim = send if send is not None and not _must_wait(connection, plan, facts) else None
    to_send = carry_out(
        connection,
        plan,
        written=written,
        ids=corridor.ids,
        who=corridor.who,
        claim_until=claim,
        wall=wall,
    )
    queued = len(to_send) < len(written)
    return Handled(plan=plan, to_send=to_send, queued=queued, letters=tuple(written), troubles=troubles)


def foresee(connection: Connection, corridor: Corridor, cause: Cause, *, now: datetime) -> Handled:
    """Gather, decide and compose, and change nothing: what would become of a cause, for ``rules explain``."""
    _, facts, plan = consider(connection, corridor, cause, now=now)
    written, troubles = _write(corridor, plan, facts.raw, facts.letter_data, now)
    return Handled(plan=plan, letters=tuple(written), troubles=troubles)


def consider(connection: Connection, corridor: Corridor, cause: Cause, *, now: datetime) -> tuple[Asks, Facts, Plan]:
    """Gather and decide, and do nothing: what the daemon, ``rules explain`` and ``rules replay`` share."""
    asks = what_it_asks(cause, corridor.rulebook)
    facts = gather(
        connection,
        asks,
        settings=corridor.settings,
        ids=corridor.ids,
        now=now,
        members=corridor.members,
        letters=USUAL_NOTICES,
    )
    plan = decide(cause, asks, facts, corridor.rulebook)
    while plan.more_ids:  # pure, so it may be asked again: a large group hears whole
        more = corridor.ids.more(connection, plan.more_ids)
        facts = replace(facts, outbox_ids=(*facts.outbox_ids, *more))
        plan = decide(cause, asks, facts, corridor.rulebook)
    return asks, facts, plan


def _write(
    corridor: Corridor, plan: Plan, raw: Mapping[int, bytes], earlier: Mapping[int, bytes], now: datetime
) -> tuple[list[Written], tuple[str, ...]]:
    """Compose every notice of a plan."""
    written: list[Written] = []
    troubles: list[str] = []
    enclosures = Enclosures()
    trace_id = "" if plan.inbound is None else str(plan.inbound)
    for notice in plan.notices:
        files = raw.get(notice.attachments_of) if notice.attachments and notice.attachments_of is not None else None
        letter = compose(
            notice,
            corridor.letters,
            loop=corridor.loop,
            raw=files,
            now=now,
            trace_id=trace_id or notice.once_key,
            enclosures=enclosures,
            earlier=None if notice.again is None else earlier.get(notice.again),
        )
        written.append(Written(notice=notice, subject=letter.subject, data=letter.data))
        if letter.fell_back is not None:
            troubles.append(f"{notice.kind} ({notice.language}): {letter.fell_back}")
    return written, tuple(troubles)


def _must_wait(connection: Connection, plan: Plan, facts: Facts) -> bool:
    """Tell whether an earlier mail of the same case has not gone out yet: order within a case is kept."""
    cases = {notice.case for notice in plan.notices if notice.case is not None and notice.case in facts.threads.cases}
    return any(outbox.lane_busy(connection, case) for case in cases)

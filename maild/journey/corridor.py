"""The corridor every mail walks: read → gather → decide → compose → carry out.

==========  ==================================  =========  ======================================
step        in → out                            room       may touch the world?
==========  ==================================  =========  ======================================
accept      raw bytes + envelope → inbound row  storage    one commit (intake.py), then 250
read        raw + envelope → Mail               mail       no; in a limited child process
gather      Mail, Asks → Facts                  storage    reads only
decide      Mail, Asks, Facts, Rulebook → Plan  core       no: pure
compose     Notice + letter → bytes             mail       no: pure
carry out   Plan + bytes → one transaction      storage    writes, in the caller's savepoint
deliver     outbox row → relay                  channels   one attempt at a time (deliver.py)
==========  ==================================  =========  ======================================

Everything from gather to carry out happens inside one write transaction, so what a decision stands on is what it
changes. Nothing here waits for the network. ``intake.py`` says when and in which order mails walk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from maild.core import tokens
from maild.core.decide import asks as what_it_asks
from maild.core.decide import decide
from maild.mail.compose import compose
from maild.mail.enclose import Enclosures
from maild.storage import inbound, outbox
from maild.storage.carry_out import ToSend, Written, carry_out
from maild.storage.gather import Desk, gather

if TYPE_CHECKING:
    from maild.core.facts import Asks, Facts
    from maild.core.mail import Mail
    from maild.core.plan import Notice, Plan
    from maild.core.rules import Rulebook
    from maild.mail.templates import Letters
    from maild.storage.engine import Connection
    from maild.storage.ids import Ids


@dataclass(frozen=True)
class Corridor:
    """What every mail's way needs; a reload swaps the whole value, a mail keeps the one it began with."""

    rulebook: Rulebook
    letters: Letters
    desk: Desk
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
        return tokens.sign_loop(self.desk.keys[0], self.rulebook.desk.instance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What became of one mail, once its transaction is durable."""

    plan: Plan
    to_send: list[ToSend] = field(default_factory=list)
    """Claimed for sending by the same commit."""
    queued: bool = False
    """Something was only queued: the deliverer should look."""
    troubles: tuple[str, ...] = ()
    """Letters that fell back to the built-in plain one, and why."""


def walk(
    connection: Connection,
    corridor: Corridor,
    mail: Mail,
    raw: bytes,
    *,
    inbound_id: int,
    now: datetime,
    send: datetime | None,
) -> Handled:
    """Take one read mail from gather to carry out, in the caller's transaction.

    ``send`` is until when outgoing mails may be claimed for sending at once; None only queues them.
    """
    asks, facts, plan = consider(connection, corridor, mail, inbound_id=inbound_id, now=now)
    written, troubles = _write(connection, corridor, plan, raw, facts)
    claim = send if send is not None and not _must_wait(connection, plan, facts) else None
    to_send = carry_out(
        connection,
        plan,
        mail=mail,
        asks=asks,
        facts=facts,
        written=written,
        ids=corridor.ids,
        who=corridor.who,
        claim_until=claim,
    )
    return Handled(plan=plan, to_send=to_send, queued=len(to_send) < len(written), troubles=troubles)


def consider(
    connection: Connection, corridor: Corridor, mail: Mail, *, inbound_id: int, now: datetime
) -> tuple[Asks, Facts, Plan]:
    """Gather and decide, and do nothing: what the daemon, ``rules explain`` and ``rules replay`` share."""
    asks = what_it_asks(mail, corridor.rulebook)
    facts = gather(
        connection,
        asks,
        desk=corridor.desk,
        ids=corridor.ids,
        inbound=inbound_id,
        now=now,
        members=corridor.members,
        registered=_registered(corridor.rulebook, asks),
    )
    return asks, facts, decide(mail, asks, facts, corridor.rulebook)


def _registered(rulebook: Rulebook, asks: Asks) -> str | None:
    return None if asks.agent is None else rulebook.agents[asks.agent].addresses[0]


def _write(
    connection: Connection, corridor: Corridor, plan: Plan, raw: bytes, facts: Facts
) -> tuple[list[Written], tuple[str, ...]]:
    """Compose every notice of a plan; give back the ids it did not need."""
    written: list[Written] = []
    troubles: list[str] = []
    earlier: dict[int, bytes | None] = {}
    enclosures = Enclosures()
    for notice in plan.notices:
        held = notice.attachments_of
        if held is not None and held not in earlier:
            earlier[held] = inbound.raw_of(connection, held)
        files = raw if held is None else earlier[held]
        letter = compose(
            notice,
            corridor.letters,
            loop=corridor.loop,
            raw=files if notice.attachments else None,
            now=facts.now,
            trace_id=str(facts.inbound),
            enclosures=enclosures,
        )
        written.append(Written(notice=notice, subject=letter.subject, data=letter.data))
        if letter.fell_back is not None:
            troubles.append(f"{notice.kind} ({notice.language}): {letter.fell_back}")
    corridor.ids.give_back(facts.outbox_ids, used=len(plan.notices))
    return written, tuple(troubles)


def _must_wait(connection: Connection, plan: Plan, facts: Facts) -> bool:
    """Tell whether an earlier mail of the same case has not gone out yet: order within a case is kept."""
    cases = {notice.case for notice in plan.notices if notice.case is not None and notice.case in facts.cases}
    return any(outbox.lane_busy(connection, case) for case in cases)


def tell(connection: Connection, corridor: Corridor, notice: Notice, *, now: datetime) -> bool:
    """Queue one notice that no mail caused (a delivery that failed, a mail in quarantine); False when told before."""
    letter = compose(notice, corridor.letters, loop=corridor.loop, raw=None, now=now, trace_id=notice.once_key)
    return outbox.queue(
        connection,
        key=notice.outbox_id,
        once_key=notice.once_key,
        case=notice.case,
        kind=notice.kind,
        recipient=notice.to,
        return_path=notice.return_path,
        message_id=notice.message_id,
        subject=letter.subject,
        data=letter.data,
        now=now,
    )

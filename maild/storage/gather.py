"""Fetch the facts for one cause: one line a feature, each a named query, all inside the cause's own transaction.

On PostgreSQL the rows a decision stands on are locked first and always in the same order: the case counter (whoever
holds it decides alone, so that caps, numbers and "seen before" are exact with several daemons too), then cases by
number, then letters, then groups. Their keys stay free (``key_share``): whoever writes a row that only names a case
waits for nobody. SQLite's writing transaction is alone anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, text
from sqlmodel import col

from maild.core.arrivals.sameness import RANKS
from maild.core.facts import (
    USUAL_NOTICES,
    AgentAsks,
    AgentFacts,
    Asks,
    AssignmentAsks,
    AssignmentFacts,
    CaseFacts,
    Duplicate,
    Facts,
    HeldMessage,
    Key,
    RelatedCase,
    ThreadAsks,
    Threads,
)
from maild.core.plan import ENTRIES
from maild.core.rules.organisation import Caps
from maild.storage import (
    absences,
    cases,
    counts,
    entries,
    inbound,
    known_words,
    letters_known,
    paces,
    summaries,
    timers,
    wholes,
)
from maild.storage.ids import Ids
from maild.storage.statements import Among, Statement, at_most, table, upserting
from maild.storage.tables import AgentLoad, Counter, Inbound, Message, Rotation

MOST_COPIES = 20
"""Copies of one content that are looked at, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What gathering needs to know beside the store."""

    keys: tuple[Key, ...]
    caps: Caps
    first_number: int


_NUMBER = Statement(select(col(Counter.value)).where(col(Counter.name) == bindparam("name")).with_for_update())
_FIRST_NUMBER = upserting(Counter, ("name", "value"))
_ENTRIES = ", ".join(f"'{outcome}'" for outcome in sorted(ENTRIES))
_VERDICT = (
    select(col(Message.verdict)).where(col(Message.inbound) == col(Inbound.id)).limit(at_most(1)).scalar_subquery()
)
_COPIES = Statement(
    select(
        *(col(Inbound.id), col(Inbound.case), col(Inbound.named_departments), col(Inbound.received)),
        _VERDICT.label("verdict"),
    )
    .where(col(Inbound.content_hash) == bindparam("hash"), text(f"inbound.outcome in ({_ENTRIES})"))
    .order_by(col(Inbound.id).desc())
    .limit(at_most(MOST_COPIES))
)
_LOAD = Among(AgentLoad.agent, lambda among: select(table(AgentLoad)).where(among))
_ROTATION = Among(Rotation.group, lambda among: select(table(Rotation)).where(among).with_for_update())


def gather(
    connection: Connection,
    asks: Asks,
    *,
    settings: Settings,
    ids: Ids,
    now: datetime,
    members: Mapping[str, tuple[str, ...]],
    letters: int = USUAL_NOTICES,
) -> Facts:
    """Read everything one decision stands on.

    ``members`` gives the agents of each group that may be chosen from, ``letters`` how many ids for letters are wanted.
    """
    number = 0 if asks.assignment is None else _number(connection, settings.first_number)
    held = {} if asks.agents is None else entries.held(connection, asks.agents.held_ids)
    outgoing = letters_known.letters(connection, asks.letters)
    also = {mail.case for mail in held.values()} | {one.case for one in outgoing.values() if one.case is not None}
    threads = _threads(connection, asks.threads, now, also, settings.keys[0])
    agents = None if asks.agents is None else _agents(connection, asks, threads, held)
    files = asks.raw | {inbound_id for inbound_id, mail in held.items() if mail.attachments}
    files |= set() if agents is None else {mail.inbound for mail in agents.whole.values()}
    return Facts(
        now=now,
        keys=settings.keys,
        number=number,
        outbox_ids=ids.take(connection, letters),
        threads=threads,
        caps=counts.counts(connection, asks.caps, settings.caps, now, burst=bool(threads.arrivals)),
        agents=agents,
        assignment=None if asks.assignment is None else _assignment(connection, asks.assignment, threads, members),
        absences=absences.absences(connection, now),
        letters=outgoing,
        letter_data=letters_known.data(connection, asks.letters),
        told_before=letters_known.told_before(connection, asks.letters),
        timer=timers.timer(connection, asks.timers, now),
        untold=summaries.untold(connection, asks.untold),
        pace=paces.pace(connection, now) if asks.pace else None,
        raw={key: inbound.raw_of(connection, key) or b"" for key in sorted(files)},
    )


def _number(connection: Connection, first: int) -> int:
    value = _NUMBER.scalar(connection, name="case")
    if value is None:  # the very first mail of a store: from here on there is a row to lock
        _FIRST_NUMBER.run(connection, {"name": "case", "value": first})
        value = _NUMBER.scalar(connection, name="case")
    return max(int(value), first)


def _threads(connection: Connection, asks: ThreadAsks, now: datetime, also: set[int], key: Key) -> Threads:
    """Read what a cause names, and the cases that lead from it (``also``: cases that other parts name)."""
    known = entries.known(connection, asks.message_ids)
    outgoing = letters_known.outgoing(connection, asks.outbox_ids)
    arrivals, duplicate = entries.arrivals(connection, asks.author_key, now), _duplicate(connection, asks.content_hash)
    numbers = set(asks.case_numbers) | also | {seen.case for seen in known}
    numbers |= {row.case for row in outgoing.values() if row.case is not None}
    named = frozenset(numbers)
    numbers |= {arrival.case for arrival in arrivals if arrival.case is not None}
    if duplicate is not None and duplicate.case is not None:
        numbers.add(duplicate.case)
    found = cases.cases(connection, numbers)
    return Threads(
        cases=found,
        known=known,
        outgoing=outgoing,
        duplicate=duplicate,
        arrivals=arrivals,
        contact=entries.contact(connection, asks.author),
        related=entries.related(connection, asks.author) if asks.related else (),
        words=known_words.known(connection, _with_survivors(named, found), key) if asks.words else (),
    )


def _with_survivors(named: frozenset[int], found: Mapping[int, CaseFacts]) -> list[int]:
    """Return the cases that a mail may quote: those that it names, and those that they were merged into."""
    wanted = set(named & found.keys())
    while more := {found[one].merged_into for one in wanted} & found.keys() - wanted:
        wanted |= {number for number in more if number is not None}
    return sorted(wanted)


def _duplicate(connection: Connection, content_hash: str | None) -> Duplicate | None:
    """Return the best judged copy that became an entry; a loop, spam or what was ignored is none (law T13)."""
    rows = [] if content_hash is None else _COPIES.all(connection, hash=content_hash)
    copies = [row for row in rows if row.verdict is not None]
    if not copies:
        return None
    row = max(copies, key=lambda row: RANKS[row.verdict])  # of equals the first: the newest
    return Duplicate(
        inbound=row.id,
        case=row.case,
        departments=tuple(row.named_departments),
        verdict=row.verdict,
        at=row.received,
    )


def _agents(connection: Connection, every: Asks, threads: Threads, held: Mapping[int, HeldMessage]) -> AgentFacts:
    asks, numbers = every.agents or AgentAsks(act_digest=""), sorted(threads.cases)
    return AgentFacts(
        held=held,
        act_used=entries.used(connection, asks.act_digest),
        known_addresses=entries.known_addresses(connection, asks.named_addresses),
        last_answers=entries.last_answers(connection, numbers),
        traces=entries.traces(connection, numbers) if asks.why else {},
        whole=wholes.whole(connection, numbers, sorted(every.threads.outbox_ids)) if asks.whole else {},
    )


def _assignment(
    connection: Connection, asks: AssignmentAsks, threads: Threads, members: Mapping[str, tuple[str, ...]]
) -> AssignmentFacts:
    groups = asks.groups | {case.group for case in threads.cases.values()}
    agents = sorted({agent for group in groups for agent in members.get(group, ())})
    return AssignmentFacts(
        load={row.agent: row.open for row in _LOAD.all(connection, agents)},
        rotation={row.group: row.agent for row in _ROTATION.all(connection, sorted(groups))},
        last_agent=_last_agent(threads.related),
    )


def _last_agent(related: tuple[RelatedCase, ...]) -> dict[str, str]:
    return {one.group: one.assignee for one in reversed(related) if one.assignee is not None}

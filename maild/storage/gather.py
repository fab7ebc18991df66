"""Fetch the facts for one mail: a list of named queries, all inside the mail's own transaction.

On PostgreSQL the rows a decision stands on are locked first and always in the same order: the case counter (whoever
holds it decides alone, so that caps, numbers and "seen before" are exact with several daemons too), then cases by
number, then groups. Their keys stay free (``key_share``): whoever writes a row that only names a case waits for nobody.
SQLite's writing transaction is alone anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, text
from sqlmodel import col

from maild.core.facts import (
    MAX_NOTICES,
    Arrival,
    Asks,
    CaseFacts,
    Contact,
    Duplicate,
    Facts,
    HeldMessage,
    Key,
    LastAnswer,
    OutgoingFacts,
    RelatedCase,
    SeenMessage,
)
from maild.core.mail import Attachment
from maild.core.people import caseless
from maild.core.rules import Absence, Caps
from maild.storage.counts import DAY, counts
from maild.storage.ids import Ids
from maild.storage.statements import Among, Statement, at_most, table, upserting
from maild.storage.tables import Absence as AbsenceRow
from maild.storage.tables import (
    AgentLoad,
    Counter,
    Event,
    Inbound,
    Message,
    Outbox,
    Participant,
    Rotation,
    TokenUse,
)
from maild.storage.tables import Attachment as AttachmentRow
from maild.storage.tables import Case as CaseRow
from maild.storage.tables import Contact as ContactRow

BURST_WINDOW = timedelta(minutes=10)
MOST_ARRIVALS = 50
MOST_RELATED = 10
MOST_MERGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What gathering needs to know beside the store."""

    keys: tuple[Key, ...]
    caps: Caps
    first_number: int


_CASE_FACTS = [
    table(CaseRow).c[name]
    for name in (
        *("number", "department", "group", "assignee", "type", "status", "priority", "confidential", "subject"),
        *("language", "requester", "merged_into", "closed", "noted_departments", "alias", "last_message_id", "thread"),
        *("last_customer_at", "watchers"),
    )
]
_CASES = Among(
    CaseRow.number, lambda among: select(*_CASE_FACTS).where(among).order_by("number").with_for_update(key_share=True)
)
_PARTICIPANTS = Among(
    Participant.case, lambda among: select(col(Participant.case), col(Participant.address)).where(among)
)
_NUMBER = Statement(select(col(Counter.value)).where(col(Counter.name) == bindparam("name")).with_for_update())
_FIRST_NUMBER = upserting(Counter, ("name", "value"))
_KNOWN = Among(
    Message.message_id,
    lambda among: (
        select(
            col(Message.message_id),
            col(Message.case),
            col(Message.direction),
            col(Message.visibility),
            col(Message.author),
            col(Message.to),
            col(Message.cc),
            col(Message.verdict),
        )
        .where(among)
        .order_by(col(Message.id))
    ),
)
_DUPLICATE = Statement(
    select(col(Inbound.id), col(Inbound.case), col(Inbound.named_departments))
    .where(col(Inbound.content_hash) == bindparam("hash"), col(Inbound.outcome) != text("'duplicate'"))
    .order_by(col(Inbound.id))
    .limit(at_most(1))
)
_CONTACT = Statement(select(table(ContactRow)).where(col(ContactRow.address) == bindparam("address")))
_CONTACTS = Among(ContactRow.address, lambda among: select(col(ContactRow.address)).where(among))
_RELATED = Statement(
    select(
        col(CaseRow.number),
        col(CaseRow.subject),
        col(CaseRow.conversation),
        col(CaseRow.group),
        col(CaseRow.assignee),
    )
    .where(col(CaseRow.requester) == bindparam("address"))
    .order_by(col(CaseRow.number).desc())
    .limit(at_most(MOST_RELATED))
)
_ARRIVALS = Statement(
    select(col(Message.case), col(Message.at), col(Message.subject_shape), col(Message.text_shape))
    .where(col(Message.author_key) == bindparam("author"), col(Message.at) > bindparam("since"))
    .order_by(col(Message.at), col(Message.id))
    .limit(at_most(MOST_ARRIVALS))
)


_LOAD = Among(AgentLoad.agent, lambda among: select(table(AgentLoad)).where(among))
_ROTATION = Among(Rotation.group, lambda among: select(table(Rotation)).where(among).with_for_update())
_OUTGOING = Among(
    Outbox.id,
    lambda among: select(
        col(Outbox.id),
        col(Outbox.case),
        col(Outbox.kind),
        col(Outbox.recipient),
        col(Outbox.message_id),
        col(Outbox.bounced),
        col(Outbox.to_agent),
        col(Outbox.created),
    ).where(among),
)
_HELD = Among(
    Message.inbound, lambda among: select(table(Message)).where(among, col(Message.agent).is_not(None)).order_by("id")
)
_FILES = Among(
    AttachmentRow.message,
    lambda among: select(table(AttachmentRow)).where(among).order_by(col(AttachmentRow.position)),
)
_USED = Among(TokenUse.digest, lambda among: select(col(TokenUse.digest)).where(among))
_DECIDED = Statement(
    select(col(Event.trace))
    .where(col(Event.case) == bindparam("case"), col(Event.what) == text("'decided'"))
    .order_by(col(Event.id))
    .limit(at_most(1))
)
_LAST_ANSWER = Statement(
    select(col(Message.agent), col(Message.at))
    .where(
        col(Message.case) == bindparam("case"),
        col(Message.kind) == text("'reply'"),
        col(Message.visibility) == text("'public'"),
    )
    .order_by(col(Message.id).desc())
    .limit(at_most(1))
)


_ABSENCES = Statement(select(table(AbsenceRow)).where(col(AbsenceRow.last) >= bindparam("today")))


def gather(
    connection: Connection,
    asks: Asks,
    *,
    desk: Desk,
    ids: Ids,
    inbound: int,
    now: datetime,
    members: Mapping[str, tuple[str, ...]],
    registered: str | None,
) -> Facts:
    """Read everything one decision stands on.

    ``members`` gives the agents of each group that may be chosen from, ``registered`` the registered address of the
    agent who claims to write, if any.
    """
    number = _number(connection, desk.first_number)
    known, outgoing, held = _known(connection, asks), _outgoing(connection, asks), _held(connection, asks)
    arrivals, duplicate = _arrivals(connection, asks, now), _duplicate(connection, asks)
    numbers = set(asks.case_numbers) | {seen.case for seen in known} | {mail.case for mail in held.values()}
    numbers |= {row.case for row in outgoing.values() if row.case is not None}
    if len(arrivals) > 1:
        numbers |= {arrival.case for arrival in arrivals if arrival.case is not None}
    if duplicate is not None and duplicate.case is not None:
        numbers.add(duplicate.case)
    cases = _cases(connection, numbers)
    related = _related(connection, asks)
    groups = asks.groups | {case_.group for case_ in cases.values()}
    return Facts(
        now=now,
        keys=desk.keys,
        inbound=inbound,
        number=number,
        outbox_ids=ids.take(connection, MAX_NOTICES),
        cases=cases,
        known=known,
        duplicate=duplicate,
        contact=_contact(connection, asks),
        counts=counts(connection, asks, desk.caps, now, registered, burst=len(arrivals) > 1),
        arrivals=arrivals,
        load=_load(connection, groups, members),
        rotation={row.group: row.agent for row in _ROTATION.all(connection, sorted(groups))},
        outgoing=outgoing,
        held=held,
        related=related,
        last_agent={one.group: one.assignee for one in reversed(related) if one.assignee is not None},
        absences=_absences(connection, now),
        act_used=asks.act_digest is not None and bool(_USED.all(connection, [asks.act_digest])),
        known_addresses=frozenset(row.address for row in _CONTACTS.all(connection, asks.named_addresses)),
        traces=_traces(connection, cases) if asks.why else {},
        last_answers={} if asks.agent is None else _last_answers(connection, cases),
    )


def _number(connection: Connection, first: int) -> int:
    value = _NUMBER.scalar(connection, name="case")
    if value is None:  # the very first mail of a store: from here on there is a row to lock
        _FIRST_NUMBER.run(connection, {"name": "case", "value": first})
        value = _NUMBER.scalar(connection, name="case")
    return max(int(value), first)


def _known(connection: Connection, asks: Asks) -> tuple[SeenMessage, ...]:
    return tuple(
        SeenMessage(
            message_id=row.message_id,
            case=row.case,
            direction=row.direction,
            visibility=row.visibility,
            addressees=frozenset(map(caseless, (*row.to, *row.cc))),
            author=row.author,
            verdict=row.verdict,
        )
        for row in _KNOWN.all(connection, asks.message_ids)
    )


def _outgoing(connection: Connection, asks: Asks) -> dict[int, OutgoingFacts]:
    return {
        row.id: OutgoingFacts(
            id=row.id,
            case=row.case,
            kind=row.kind,
            to=row.recipient,
            message_id=row.message_id,
            bounced=bool(row.bounced),
            to_agent=row.to_agent,
            created=row.created,
        )
        for row in _OUTGOING.all(connection, sorted(asks.outbox_ids))
    }


def held_digest(inbound: int) -> str:
    """Name the one use of a confirmation."""
    return f"held:{inbound}"


def _held(connection: Connection, asks: Asks) -> dict[int, HeldMessage]:
    if not asks.held_ids:
        return {}
    wanted = sorted(asks.held_ids)
    released = {row.digest for row in _USED.all(connection, [held_digest(inbound) for inbound in wanted])}
    rows = _HELD.all(connection, wanted)
    files: dict[int, list[Attachment]] = {}
    for row in _FILES.all(connection, [row.id for row in rows]):
        values = {name: getattr(row, name) for name in FILE}
        files.setdefault(row.message, []).append(Attachment(**values))
    return {
        row.inbound: HeldMessage(
            id=row.id,
            case=row.case,
            agent=row.agent or "",
            text=row.text,
            subject=row.subject,
            message_id=row.message_id,
            references=tuple(row.references),
            inbound=row.inbound,
            done=held_digest(row.inbound) in released or row.visibility != "held",
            dropped=row.visibility == "silent",
            internal=row.kind == "note",
            attachments=tuple(files.get(row.id, ())),
        )
        for row in rows
    }


FILE = ("name", "type", "size", "sha256", "start", "end", "encoding", "inline", "content_id", "inside", "decoration")
"""What is kept of an attachment."""


def _arrivals(connection: Connection, asks: Asks, now: datetime) -> tuple[Arrival, ...]:
    if asks.author_key is None:
        return ()
    return tuple(
        Arrival(case=row.case, at=row.at, subject_shape=row.subject_shape, text_shape=tuple(row.text_shape))
        for row in _ARRIVALS.all(connection, author=asks.author_key, since=now - BURST_WINDOW)
    )


def _duplicate(connection: Connection, asks: Asks) -> Duplicate | None:
    row = _DUPLICATE.first(connection, hash=asks.content_hash)
    return None if row is None else Duplicate(inbound=row.id, case=row.case, departments=tuple(row.named_departments))


def _related(connection: Connection, asks: Asks) -> tuple[RelatedCase, ...]:
    if not asks.related:
        return ()
    return tuple(
        RelatedCase(
            number=row.number,
            title=row.subject,
            conversation=row.conversation,
            group=row.group,
            assignee=row.assignee,
        )
        for row in _RELATED.all(connection, address=asks.author)
    )


def _cases(connection: Connection, numbers: set[int]) -> dict[int, CaseFacts]:
    """Read the cases, and those they were merged into."""
    rows: dict[int, Any] = {}
    wanted = set(numbers)
    for _ in range(MOST_MERGES):
        if not wanted:
            break
        found = _CASES.all(connection, sorted(wanted))
        rows |= {row.number: row for row in found}
        wanted = {row.merged_into for row in found if row.merged_into is not None} - set(rows)
    people: dict[int, set[str]] = {number: set() for number in rows}
    for number, address in _PARTICIPANTS.all(connection, sorted(rows)):
        people[number].add(address)
    return {number: _case(row, frozenset(people[number])) for number, row in rows.items()}


def _case(row: Any, participants: frozenset[str]) -> CaseFacts:
    return CaseFacts(
        number=row.number,
        department=row.department,
        group=row.group,
        assignee=row.assignee,
        type=row.type,
        status=row.status,
        priority=row.priority,
        confidential=row.confidential,
        subject=row.subject,
        language=row.language,
        requester=row.requester,
        participants=participants,
        merged_into=row.merged_into,
        closed_at=row.closed,
        noted_departments=tuple(row.noted_departments),
        alias=row.alias,
        last_message_id=row.last_message_id,
        references=tuple(row.thread),
        last_customer_at=row.last_customer_at,
        watchers=tuple(row.watchers),
    )


def _contact(connection: Connection, asks: Asks) -> Contact | None:
    if asks.author is None:
        return None
    row = _CONTACT.first(connection, address=asks.author)
    return None if row is None else Contact(address=row.address, name=row.name, language=row.language)


def _absences(connection: Connection, now: datetime) -> dict[str, tuple[Absence, ...]]:
    """Return who is away or will be; a day's grace keeps every time zone's today in."""
    found: dict[str, tuple[Absence, ...]] = {}
    for row in _ABSENCES.all(connection, today=(now - DAY).date().isoformat()):
        one = Absence(start=date.fromisoformat(row.first), end=date.fromisoformat(row.last), substitute=row.substitute)
        found[row.agent] = (*found.get(row.agent, ()), one)
    return found


def _load(connection: Connection, groups: frozenset[str], members: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    agents = sorted({agent for group in groups for agent in members.get(group, ())})
    return {row.agent: row.open for row in _LOAD.all(connection, agents)}


def _traces(connection: Connection, cases: Mapping[int, CaseFacts]) -> dict[int, tuple[tuple[str, bool, str], ...]]:
    """Return the trace of the first decision about each case: the one that opened it."""
    found = {number: _DECIDED.first(connection, case=number) for number in cases}
    return {n: tuple((str(a), bool(b), str(c)) for a, b, c in row.trace) for n, row in found.items() if row is not None}


def _last_answers(connection: Connection, cases: Mapping[int, CaseFacts]) -> dict[int, LastAnswer]:
    found = {number: _LAST_ANSWER.first(connection, case=number) for number in cases}
    return {n: LastAnswer(agent=row.agent or "", at=row.at) for n, row in found.items() if row is not None}

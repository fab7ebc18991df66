"""Fetch the facts for one mail: a list of named queries, all inside the mail's own transaction.

On PostgreSQL the rows a decision stands on are locked first and always in the same order: cases by number, then the
case counter. SQLite's writing transaction is alone anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, case, func, select
from sqlmodel import col

from maild.core.facts import (
    MAX_NOTICES,
    Arrival,
    Asks,
    CaseFacts,
    Contact,
    Counts,
    Duplicate,
    Facts,
    HeldMessage,
    Key,
    OutgoingFacts,
    SeenMessage,
)
from maild.core.rules import Caps
from maild.storage.columns import UTCDateTime
from maild.storage.ids import Ids
from maild.storage.tables import (
    AgentLoad,
    AutomaticMail,
    AutomaticMinute,
    Counter,
    Inbound,
    Message,
    Outbox,
    Participant,
    Rotation,
    State,
    TokenUse,
)
from maild.storage.tables import Case as CaseRow
from maild.storage.tables import Contact as ContactRow

BURST_WINDOW = timedelta(minutes=10)
MOST_ARRIVALS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What gathering needs to know beside the store."""

    keys: tuple[Key, ...]
    caps: Caps
    first_number: int


def _one(table: Any, column: Any, name: str) -> Select[Any]:
    return select(table.__table__).where(col(column) == bindparam(name))


def _among(table: Any, column: Any, name: str) -> Select[Any]:
    return select(table.__table__).where(col(column).in_(bindparam(name, expanding=True)))


_CASES = _among(CaseRow, CaseRow.number, "numbers").order_by(col(CaseRow.number)).with_for_update()
_PARTICIPANTS = select(col(Participant.case), col(Participant.address)).where(
    col(Participant.case).in_(bindparam("numbers", expanding=True))
)
_NUMBER = _one(Counter, Counter.name, "name").with_for_update()
_KNOWN = select(
    col(Message.message_id),
    col(Message.case),
    col(Message.direction),
    col(Message.visibility),
    col(Message.author),
    col(Message.to),
    col(Message.cc),
    col(Message.verdict),
    col(Message.inbound),
).where(col(Message.message_id).in_(bindparam("ids", expanding=True)))
_HASHES = select(col(Inbound.id), col(Inbound.content_hash)).where(
    col(Inbound.id).in_(bindparam("ids", expanding=True))
)
_DUPLICATE = (
    select(col(Inbound.id), col(Inbound.case), col(Inbound.named_departments))
    .where(col(Inbound.content_hash) == bindparam("hash"), col(Inbound.outcome) != "duplicate")
    .order_by(col(Inbound.id))
    .limit(1)
)
_CONTACT = _one(ContactRow, ContactRow.address, "address")
_ARRIVALS = (
    select(col(Message.case), col(Message.at), col(Message.subject_shape), col(Message.text_shape))
    .where(col(Message.author_key) == bindparam("author"), col(Message.at) > bindparam("since"))
    .order_by(col(Message.at), col(Message.id))
    .limit(MOST_ARRIVALS)
)
_ADDRESS = select(
    func.count(),
    func.sum(case((col(AutomaticMail.at) > bindparam("ten_minutes", type_=UTCDateTime), 1), else_=0)),
    func.sum(case((col(AutomaticMail.unauthenticated), 1), else_=0)),
).where(col(AutomaticMail.address_key) == bindparam("author"), col(AutomaticMail.at) > bindparam("day"))
_NAMED = select(col(AutomaticMail.number)).where(
    col(AutomaticMail.address_key) == bindparam("author"),
    col(AutomaticMail.at) > bindparam("day"),
    col(AutomaticMail.number).in_(bindparam("numbers", expanding=True)),
)
_DOMAIN = select(func.count()).select_from(
    select(col(AutomaticMail.outbox))
    .where(col(AutomaticMail.domain) == bindparam("domain"), col(AutomaticMail.at) > bindparam("hour"))
    .limit(bindparam("most"))
    .subquery()
)
_UNAUTHENTICATED = select(func.count()).select_from(
    select(col(AutomaticMail.outbox))
    .where(col(AutomaticMail.unauthenticated), col(AutomaticMail.at) > bindparam("hour"))
    .limit(bindparam("most"))
    .subquery()
)
_ALL = select(func.sum(col(AutomaticMinute.count))).where(col(AutomaticMinute.minute) > bindparam("minute"))
_STATE = select(State.__table__).where(col(State.name).in_(["breaker_open_since", "median_10min"]))  # type: ignore[attr-defined]
_LOAD = _among(AgentLoad, AgentLoad.agent, "agents")
_ROTATION = _among(Rotation, Rotation.group, "groups").with_for_update()
_OUTGOING = _among(Outbox, Outbox.id, "ids")
_HELD = _among(Message, Message.inbound, "ids").where(col(Message.visibility).in_(["held", "public"]))
_RELEASED = select(col(TokenUse.digest)).where(col(TokenUse.digest).in_(bindparam("digests", expanding=True)))
_CONFIRMATIONS = select(func.count()).where(
    col(Outbox.kind) == "confirmation",
    col(Outbox.recipient) == bindparam("address"),
    col(Outbox.created) > bindparam("hour"),
)


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
    known = _known(connection, asks)
    outgoing = _outgoing(connection, asks)
    held = _held(connection, asks)
    numbers = set(asks.case_numbers) | {seen.case for seen in known} | {mail.case for mail in held.values()}
    numbers |= {row.case for row in outgoing.values() if row.case is not None}
    arrivals = _arrivals(connection, asks, now)
    numbers |= {arrival.case for arrival in arrivals[:1] if arrival.case is not None}
    duplicate = _duplicate(connection, asks)
    if duplicate is not None and duplicate.case is not None:
        numbers.add(duplicate.case)
    cases = _cases(connection, frozenset(numbers))
    groups = asks.groups | {case_.group for case_ in cases.values()}
    return Facts(
        now=now,
        keys=desk.keys,
        inbound=inbound,
        number=_number(connection, desk.first_number),
        outbox_ids=ids.take(connection, MAX_NOTICES),
        cases=cases,
        known=known,
        duplicate=duplicate,
        contact=_contact(connection, asks),
        counts=_counts(connection, asks, desk.caps, now, registered),
        arrivals=arrivals,
        load=_load(connection, groups, members),
        rotation=_rotation(connection, groups),
        outgoing=outgoing,
        held=held,
    )


def _known(connection: Connection, asks: Asks) -> tuple[SeenMessage, ...]:
    if not asks.message_ids:
        return ()
    rows = connection.execute(_KNOWN, {"ids": list(asks.message_ids)}).all()
    inbound = [row.inbound for row in rows if row.inbound is not None]
    hashes = dict(connection.execute(_HASHES, {"ids": inbound}).tuples().all()) if inbound else {}
    return tuple(
        SeenMessage(
            message_id=row.message_id,
            case=row.case,
            direction=row.direction,
            visibility=row.visibility,
            content_hash=hashes.get(row.inbound),
            addressees=frozenset(row.to) | frozenset(row.cc),
            author=row.author,
            verdict=row.verdict,
        )
        for row in rows
    )


def _outgoing(connection: Connection, asks: Asks) -> dict[int, OutgoingFacts]:
    if not asks.outbox_ids:
        return {}
    return {
        row.id: OutgoingFacts(
            id=row.id,
            case=row.case,
            kind=row.kind,
            to=row.recipient,
            message_id=row.message_id,
            bounced=bool(row.bounced),
        )
        for row in connection.execute(_OUTGOING, {"ids": sorted(asks.outbox_ids)})
    }


def held_digest(inbound: int) -> str:
    """Name the one use of a confirmation."""
    return f"held:{inbound}"


def _held(connection: Connection, asks: Asks) -> dict[int, HeldMessage]:
    if not asks.held_ids:
        return {}
    digests = [held_digest(inbound) for inbound in asks.held_ids]
    released = set(connection.execute(_RELEASED, {"digests": digests}).scalars())
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
        )
        for row in connection.execute(_HELD, {"ids": sorted(asks.held_ids)})
    }


def _arrivals(connection: Connection, asks: Asks, now: datetime) -> tuple[Arrival, ...]:
    if asks.author_key is None:
        return ()
    rows = connection.execute(_ARRIVALS, {"author": asks.author_key, "since": now - BURST_WINDOW})
    return tuple(
        Arrival(case=row.case, at=row.at, subject_shape=row.subject_shape, text_shape=tuple(row.text_shape))
        for row in rows
    )


def _duplicate(connection: Connection, asks: Asks) -> Duplicate | None:
    row = connection.execute(_DUPLICATE, {"hash": asks.content_hash}).first()
    return None if row is None else Duplicate(inbound=row.id, case=row.case, departments=tuple(row.named_departments))


def _cases(connection: Connection, numbers: frozenset[int]) -> dict[int, CaseFacts]:
    if not numbers:
        return {}
    rows = list(connection.execute(_CASES, {"numbers": sorted(numbers)}))
    survivors = {row.merged_into for row in rows if row.merged_into is not None} - numbers
    if survivors:
        rows += connection.execute(_CASES, {"numbers": sorted(survivors)})
    found = [row.number for row in rows]
    people: dict[int, set[str]] = {number: set() for number in found}
    if found:
        for number, address in connection.execute(_PARTICIPANTS, {"numbers": found}).tuples():
            people[number].add(address)
    return {row.number: _case(row, frozenset(people[row.number])) for row in rows}


def _case(row: Row[Any], participants: frozenset[str]) -> CaseFacts:
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
    )


def _number(connection: Connection, first: int) -> int:
    row = connection.execute(_NUMBER, {"name": "case"}).first()
    return first if row is None else max(row.value, first)


def _contact(connection: Connection, asks: Asks) -> Contact | None:
    if asks.author is None:
        return None
    row = connection.execute(_CONTACT, {"address": asks.author}).first()
    return None if row is None else Contact(address=row.address, name=row.name, language=row.language)


def _counts(connection: Connection, asks: Asks, caps: Caps, now: datetime, registered: str | None) -> Counts:
    day, hour, ten = now - timedelta(days=1), now - timedelta(hours=1), now - timedelta(minutes=10)
    address: tuple[int, int, int] = (0, 0, 0)
    named: frozenset[int] = frozenset()
    if asks.ack_key is not None:
        row = connection.execute(_ADDRESS, {"author": asks.ack_key, "day": day, "ten_minutes": ten}).one()
        address = (row[0] or 0, row[1] or 0, row[2] or 0)
        if asks.automatic_numbers:
            values = {"author": asks.ack_key, "day": day, "numbers": sorted(asks.automatic_numbers)}
            named = frozenset(number for (number,) in connection.execute(_NAMED, values).tuples() if number is not None)
    state: dict[str, str] = {row.name: row.value for row in connection.execute(_STATE)}
    since = state.get("breaker_open_since")
    return Counts(
        address_day=address[0],
        address_10min=address[1],
        unauthenticated_address_day=address[2],
        unauthenticated_hour=connection.execute(
            _UNAUTHENTICATED, {"hour": hour, "most": caps.unauthenticated_hour}
        ).scalar_one(),
        domain_hour=_domain(connection, asks, caps, hour),
        numbers_named=named,
        all_10min=connection.execute(_ALL, {"minute": minute(ten)}).scalar() or 0,
        median_10min=float(state.get("median_10min", "0")),
        breaker_open_since=datetime.fromisoformat(since) if since else None,
        confirmations_hour=0
        if registered is None
        else connection.execute(_CONFIRMATIONS, {"address": registered, "hour": hour}).scalar_one(),
    )


def _domain(connection: Connection, asks: Asks, caps: Caps, hour: datetime) -> int:
    if asks.ack_domain is None:
        return 0
    values = {"domain": asks.ack_domain, "hour": hour, "most": caps.per_domain_hour}
    return int(connection.execute(_DOMAIN, values).scalar_one())


def minute(at: datetime) -> int:
    """Return the number of the minute that a time lies in."""
    return int(at.timestamp()) // 60


def _load(connection: Connection, groups: frozenset[str], members: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    agents = sorted({agent for group in groups for agent in members.get(group, ())})
    if not agents:
        return {}
    return {row.agent: row.open for row in connection.execute(_LOAD, {"agents": agents})}


def _rotation(connection: Connection, groups: frozenset[str]) -> dict[str, str]:
    if not groups:
        return {}
    return {row.group: row.agent for row in connection.execute(_ROTATION, {"groups": sorted(groups)})}

"""Carry out a plan: every change, every outgoing mail and the end of the inbound row, in the caller's transaction.

Nothing is decided here. A change that does not fit the store (a once_key that exists, a claim that was lost) raises,
and the savepoint takes everything back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Insert, Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col

from maild.core.facts import Asks, Facts
from maild.core.mail import Mail
from maild.core.plan import (
    AddMessage,
    AddParticipant,
    Assign,
    LinkCases,
    NoteDepartment,
    Notice,
    OpenBreaker,
    OpenCase,
    Plan,
    Record,
    RecordBounce,
    ReleaseHeld,
    SetStatus,
    UseToken,
)
from maild.storage import inbound as inbound_rows
from maild.storage.gather import minute
from maild.storage.ids import Ids
from maild.storage.tables import (
    AgentLoad,
    Attachment,
    AutomaticMail,
    AutomaticMinute,
    Case,
    Contact,
    Counter,
    Event,
    Link,
    Message,
    Outbox,
    OutboxData,
    Participant,
    Rotation,
    State,
    TokenUse,
)

CLOSED = frozenset({"resolved", "closed", "merged", "spam"})
"""A case in one of these is nobody's load."""
MOST_THREAD = 10


def table(model: type[SQLModel]) -> Table:
    """Return the table behind a model."""
    return model.__table__  # type: ignore[attr-defined,no-any-return]


_INSERT: dict[type[SQLModel], Insert] = {
    model: insert(table(model))
    for model in (Attachment, Case, Event, Message, Outbox, OutboxData, Participant, AutomaticMail, TokenUse)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A notice that has been composed."""

    notice: Notice
    subject: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSend:
    """An outgoing mail whose attempt is recorded: it may go out once the transaction is durable."""

    id: int
    case: int | None
    recipient: str
    return_path: str
    message_id: str
    data: bytes
    attempts: int
    created: datetime
    kind: str
    to_agent: bool
    warned: bool = False


@dataclass(slots=True)
class _Work:
    """One plan under way: what it stands on and the rows it has yet to write."""

    connection: Connection
    plan: Plan
    mail: Mail
    asks: Asks
    facts: Facts
    ids: Ids
    rows: dict[type[SQLModel], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    status: dict[int, str] = field(default_factory=dict)
    assignee: dict[int, str | None] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.facts.now

    def flush(self) -> None:
        for model, rows in self.rows.items():
            if rows:
                self.connection.execute(_INSERT[model], rows)
        self.rows.clear()


def carry_out(
    connection: Connection,
    plan: Plan,
    *,
    mail: Mail,
    asks: Asks,
    facts: Facts,
    written: Sequence[Written],
    ids: Ids,
    who: str,
    claim_until: datetime | None,
) -> list[ToSend]:
    """Do everything the plan says and finish the inbound row.

    With ``claim_until`` outgoing mails that nothing stands in front of are claimed for sending at once (their first
    attempt is recorded by this very commit) and returned; without it they are only queued.

    Raises:
        IntegrityError: a promise that was made before (once_key, token, message): the whole plan is taken back.
        ClaimLost: the inbound row is no longer ours.

    """
    work = _Work(connection, plan, mail, asks, facts, ids)
    for change in plan.changes:
        _change(work, change)
    _contact(work)
    sent = _outgoing(work, written, who=who, claim_until=claim_until)
    work.rows[Event].append(_event(work, "decided", plan.case, plan.reason, after=plan.outcome, trace=_trace(plan)))
    work.flush()
    inbound_rows.finish(
        connection,
        facts.inbound,
        who=who,
        outcome=plan.outcome,
        reason=plan.reason,
        case=plan.case,
        content_hash=mail.content_hash,
        departments=asks.departments,
        now=facts.now,
    )
    return sent


def _trace(plan: Plan) -> list[list[Any]]:
    return [[line.rule, line.hit, line.detail] for line in plan.trace] + [
        ["acknowledgement", plan.ack == "sent", plan.ack]
    ]


def _change(work: _Work, change: object) -> None:
    match change:
        case OpenCase():
            _open_case(work, change)
        case AddMessage():
            _add_message(work, change)
        case SetStatus():
            _set_status(work, change)
        case Assign():
            _assign(work, change)
        case AddParticipant():
            _add_participant(work, change.case, change.address, change.name, change.by)
            work.rows[Event].append(_event(work, "participant", change.case, change.by, after=change.address))
        case LinkCases():
            _link(work, change)
        case NoteDepartment():
            _note_department(work, change)
        case RecordBounce():
            _record_bounce(work, change)
        case ReleaseHeld():
            values = {"visibility": "public", "kind": "reply"}
            work.connection.execute(update(table(Message)).where(col(Message.id) == change.message).values(values))
            work.rows[Event].append(_event(work, "released", change.case, "confirmed by the agent"))
        case UseToken():
            work.connection.execute(_INSERT[TokenUse], {"digest": change.digest, "at": work.now})
        case OpenBreaker():
            value = "" if change.closed else work.now.isoformat()
            upsert(work.connection, State, {"name": "breaker_open_since", "value": value}, ["value"])
            work.rows[Event].append(_event(work, "breaker", None, "", after="closed" if change.closed else "open"))
        case Record():
            event = _event(work, change.what, change.case, change.reason, before=change.before, after=change.after)
            work.rows[Event].append(event | {"actor": change.actor})
        case _:
            raise TypeError(f"a plan holds a change nobody can carry out: {type(change).__name__}")


def upsert(connection: Connection, model: type[SQLModel], values: dict[str, Any], replace: list[str]) -> None:
    """Insert a row, or replace the named columns of the one with the same key."""
    maker: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = (connection.dialect.name, model, tuple(values), tuple(replace))
    statement = _UPSERTS.get(key)
    if statement is None:
        query = maker(table(model)).values({name: bindparam(name) for name in values})
        keys = [column.name for column in table(model).primary_key]
        changed = {name: query.excluded[name] for name in replace}
        statement = (
            query.on_conflict_do_update(index_elements=keys, set_=changed)
            if replace
            else query.on_conflict_do_nothing(index_elements=keys)
        )
        _UPSERTS[key] = statement
    connection.execute(statement, values)


_UPSERTS: dict[tuple[Any, ...], Any] = {}
"""Statements that were built once; a cache, not state."""


def _event(
    work: _Work,
    what: str,
    case: int | None,
    reason: str,
    *,
    before: str = "",
    after: str = "",
    trace: list[Any] | None = None,
) -> dict[str, Any]:
    return {
        "case": case,
        "inbound": work.facts.inbound,
        "at": work.now,
        "actor": work.mail.identity.address or "unknown" if what == "decided" else "maild",
        "what": what,
        "before": before,
        "after": after,
        "reason": reason,
        "trace": trace or [],
    }


def _open_case(work: _Work, change: OpenCase) -> None:
    message_id = work.mail.message_id
    work.connection.execute(
        _INSERT[Case],
        {
            "number": change.number,
            "department": change.department,
            "type": change.type,
            "group": change.group,
            "assignee": change.assignee,
            "status": change.status,
            "priority": change.priority,
            "confidential": change.confidential,
            "subject": change.subject,
            "language": change.language,
            "requester": change.requester,
            "requester_name": change.requester_name,
            "alias": change.alias,
            "source": change.source,
            "tags": list(change.tags),
            "noted_departments": list(change.noted_departments),
            "parent": change.parent,
            "last_message_id": message_id,
            "thread": ([message_id] if message_id else []) + _visible_ids(work, change.number, change.requester),
            "last_customer_at": work.now,
            "created": work.now,
            "updated": work.now,
            "reopened_count": 0,
        },
    )
    upsert(work.connection, Counter, {"name": "case", "value": change.number + 1}, ["value"])
    work.status[change.number] = change.status
    work.assignee[change.number] = change.assignee
    if change.requester:
        _add_participant(work, change.number, change.requester, change.requester_name, "requester")
    if change.assignee is not None:
        add_load(work.connection, change.assignee, +1)
        upsert(work.connection, Rotation, {"group": change.group, "agent": change.assignee}, ["agent"])
    work.rows[Event].append(_event(work, "opened", change.number, work.plan.reason, after=change.type))


def _visible_ids(work: _Work, case: int, requester: str) -> list[str]:
    """Return the Message-IDs that this plan sends to a case's requester: what they answer next may name them."""
    return [notice.message_id for notice in work.plan.notices if notice.case == case and notice.to == requester]


def _add_participant(work: _Work, case: int, address: str, name: str, by: str) -> None:
    row = {"case": case, "address": address, "name": name, "by": by, "since": work.now}
    upsert(work.connection, Participant, row, [])


_ADD_LOAD: dict[str, Any] = {}


def add_load(connection: Connection, agent: str, delta: int) -> None:
    """Count an open case to (or from) an agent."""
    name = connection.dialect.name
    if name not in _ADD_LOAD:
        maker: Any = postgresql.insert if name == "postgresql" else sqlite.insert
        query = maker(table(AgentLoad)).values(agent=bindparam("agent"), open=bindparam("delta"))
        _ADD_LOAD[name] = query.on_conflict_do_update(
            index_elements=["agent"], set_={"open": table(AgentLoad).c.open + query.excluded.open}
        )
    connection.execute(_ADD_LOAD[name], {"agent": agent, "delta": delta})


def _current(work: _Work, case: int) -> tuple[str, str | None]:
    if case in work.status:
        return work.status[case], work.assignee.get(case)
    facts = work.facts.cases[case]
    return facts.status, facts.assignee


def _set_status(work: _Work, change: SetStatus) -> None:
    before, assignee = _current(work, change.case)
    values: dict[str, Any] = {"status": change.status, "updated": work.now}
    if change.status == "resolved":
        values["resolved"] = work.now
    if change.status == "closed":
        values["closed"] = work.now
    if before in CLOSED and change.status not in CLOSED:
        values |= {"reopened_count": Case.reopened_count + 1, "closed": None, "resolved": None}
    work.connection.execute(update(table(Case)).where(col(Case.number) == change.case).values(values))
    if assignee is not None and (before in CLOSED) != (change.status in CLOSED):
        add_load(work.connection, assignee, +1 if before in CLOSED else -1)
    work.status[change.case], work.assignee[change.case] = change.status, assignee
    work.rows[Event].append(_event(work, "status", change.case, work.plan.reason, before=before, after=change.status))


def _assign(work: _Work, change: Assign) -> None:
    status, before = _current(work, change.case)
    if before == change.assignee:
        return
    values: dict[str, Any] = {"assignee": change.assignee, "updated": work.now}
    work.connection.execute(update(table(Case)).where(col(Case.number) == change.case).values(values))
    if status not in CLOSED:
        if before is not None:
            add_load(work.connection, before, -1)
        if change.assignee is not None:
            add_load(work.connection, change.assignee, +1)
    work.status[change.case], work.assignee[change.case] = status, change.assignee
    event = _event(work, "assigned", change.case, change.reason, before=before or "", after=change.assignee or "")
    work.rows[Event].append(event)


_FILE = ("name", "type", "size", "sha256", "start", "end", "encoding", "inline", "content_id", "inside", "decoration")
_TOUCH = update(table(Case)).where(col(Case.number) == bindparam("b_case"))
_TOUCH_VISIBLE = _TOUCH.values(
    updated=bindparam("b_now"), last_message_id=bindparam("b_id"), thread=bindparam("b_thread")
)
_TOUCH_CUSTOMER = _TOUCH_VISIBLE.values(last_customer_at=bindparam("b_now"))
_TOUCH_ONLY = _TOUCH.values(updated=bindparam("b_now"))


def _add_message(work: _Work, change: AddMessage) -> None:
    mail = work.mail
    key = work.ids.take(work.connection, 1)[0]
    work.rows[Message].append(
        {
            "id": key,
            "case": change.case,
            "direction": "out" if change.kind == "reply" and change.visibility == "public" else "in",
            "kind": change.kind,
            "visibility": change.visibility,
            "agent": change.agent,
            "author": mail.identity.address or "",
            "author_shown": mail.identity.shown,
            "author_key": work.asks.author_key,
            "to": [box.address for box in mail.to],
            "cc": [box.address for box in mail.cc],
            "subject": mail.subject,
            "text": mail.own_text,
            "folded": mail.folded,
            "note": change.note,
            "message_id": mail.message_id,
            "in_reply_to": list(mail.in_reply_to),
            "references": list(mail.references),
            "date": mail.date,
            "at": mail.envelope.received,
            "language": mail.language,
            "verdict": mail.authentication.verdict,
            "subject_shape": mail.subject_shape,
            "text_shape": list(mail.text_shape),
            "inbound": work.facts.inbound,
            "outbox": None,
        }
    )
    for position, file in enumerate(mail.attachments):
        row = {"message": key, "position": position} | {name: getattr(file, name) for name in _FILE}
        work.rows[Attachment].append(row)
    if change.case in work.facts.cases:
        _touch(work, change)


def _touch(work: _Work, change: AddMessage) -> None:
    if change.visibility != "public":
        work.connection.execute(_TOUCH_ONLY, {"b_case": change.case, "b_now": work.now})
        return
    facts = work.facts.cases[change.case]
    own = work.mail.message_id if change.kind == "customer" else None
    new = ([own] if own else []) + _visible_ids(work, change.case, facts.requester)
    thread = [*facts.references, *new][-MOST_THREAD:]
    query = _TOUCH_CUSTOMER if change.kind == "customer" else _TOUCH_VISIBLE
    values = {"b_case": change.case, "b_now": work.now, "b_id": own or facts.last_message_id, "b_thread": thread}
    work.connection.execute(query, values)
    if change.kind == "reply":
        _first_response(work, change.case)


def _first_response(work: _Work, case: int) -> None:
    query = update(table(Case)).where(col(Case.number) == case, col(Case.first_response).is_(None))
    work.connection.execute(query.values(first_response=work.now))


def _link(work: _Work, change: LinkCases) -> None:
    row = {"case": change.case, "other": change.other, "kind": change.kind, "at": work.now}
    upsert(work.connection, Link, row, [])
    work.rows[Event].append(_event(work, "linked", change.case, change.kind, after=str(change.other)))
    if change.other in work.facts.cases:
        work.rows[Event].append(_event(work, "linked", change.other, change.kind, after=str(change.case)))


def _note_department(work: _Work, change: NoteDepartment) -> None:
    facts = work.facts.cases.get(change.case)
    noted = sorted({*(facts.noted_departments if facts else ()), change.department})
    work.connection.execute(update(table(Case)).where(col(Case.number) == change.case).values(noted_departments=noted))
    work.rows[Event].append(_event(work, "department noted", change.case, "", after=change.department))


def _record_bounce(work: _Work, change: RecordBounce) -> None:
    values: dict[str, Any] = {"error": f"bounced: {change.status}"}
    if change.permanent:
        values["bounced"] = change.status or "5"
    work.connection.execute(update(table(Outbox)).where(col(Outbox.id) == change.outbox).values(values))


def _contact(work: _Work) -> None:
    address = work.mail.identity.address
    if address is None or work.plan.case is None or work.plan.outcome not in ("new", "entry"):
        return
    known = work.facts.contact
    name = work.mail.identity.name or (known.name if known else "")
    language = work.mail.language or (known.language if known else None)
    if known is not None and (known.name, known.language) == (name, language):
        return
    row = {"address": address, "name": name, "language": language, "last_seen": work.now}
    upsert(work.connection, Contact, row, ["name", "language", "last_seen"])


def _outgoing(work: _Work, written: Sequence[Written], *, who: str, claim_until: datetime | None) -> list[ToSend]:
    sent: list[ToSend] = []
    automatic = 0
    for letter in written:
        notice = letter.notice
        now_ = claim_until is not None and not notice.held
        work.rows[Outbox].append(
            {
                "id": notice.outbox_id,
                "once_key": notice.once_key,
                "case": notice.case,
                "kind": notice.kind,
                "recipient": notice.to,
                "return_path": notice.return_path,
                "message_id": notice.message_id,
                "subject": letter.subject,
                "to_agent": notice.to_agent,
                "state": "held" if notice.held else "sending" if now_ else "queued",
                "attempts": 1 if now_ else 0,
                "due": work.now,
                "created": work.now,
                "claimed_by": who if now_ else None,
                "claimed_until": claim_until if now_ else None,
                "error": "",
                "answer": "",
                "bounced": "",
                "warned": False,
            }
        )
        work.rows[OutboxData].append({"outbox": notice.outbox_id, "data": letter.data})
        if not notice.to_agent and notice.automatic is not None:
            automatic += 1
            work.rows[AutomaticMail].append(_automatic(work, notice))
        if notice.kind.startswith("ack") or notice.kind == "answer":
            _add_outgoing(work, letter)
        if now_:
            sent.append(_to_send(work, letter))
    if automatic:
        _count_minute(work, automatic)
    return sent


def _to_send(work: _Work, letter: Written) -> ToSend:
    notice = letter.notice
    return ToSend(
        id=notice.outbox_id,
        case=notice.case,
        recipient=notice.to,
        return_path=notice.return_path,
        message_id=notice.message_id,
        data=letter.data,
        attempts=1,
        created=work.now,
        kind=notice.kind,
        to_agent=notice.to_agent,
    )


def _automatic(work: _Work, notice: Notice) -> dict[str, Any]:
    return {
        "outbox": notice.outbox_id,
        "at": work.now,
        "address_key": notice.author_key or notice.to,
        "domain": notice.to.rpartition("@")[2],
        "unauthenticated": notice.counts_as_unauthenticated,
        "number": notice.names_number,
    }


_COUNT_MINUTE: dict[str, Any] = {}


def _count_minute(work: _Work, count: int) -> None:
    name = work.connection.dialect.name
    if name not in _COUNT_MINUTE:
        maker: Any = postgresql.insert if name == "postgresql" else sqlite.insert
        query = maker(table(AutomaticMinute)).values(minute=bindparam("minute"), count=bindparam("count"))
        _COUNT_MINUTE[name] = query.on_conflict_do_update(
            index_elements=["minute"], set_={"count": table(AutomaticMinute).c.count + query.excluded.count}
        )
    work.connection.execute(_COUNT_MINUTE[name], {"minute": minute(work.now), "count": count})


def _add_outgoing(work: _Work, letter: Written) -> None:
    """Enter what a participant was sent into the case's own history (an answer's words are there already)."""
    notice = letter.notice
    if notice.case is None or notice.kind == "answer":
        return
    work.rows[Message].append(
        {
            "id": work.ids.take(work.connection, 1)[0],
            "case": notice.case,
            "direction": "out",
            "kind": "auto",
            "visibility": "public",
            "agent": None,
            "author": notice.from_address,
            "author_shown": notice.from_name,
            "author_key": None,
            "to": [notice.to],
            "cc": [],
            "subject": letter.subject,
            "text": "",
            "folded": "",
            "note": notice.kind,
            "message_id": notice.message_id,
            "in_reply_to": [notice.in_reply_to] if notice.in_reply_to else [],
            "references": list(notice.references),
            "date": work.now,
            "at": work.now,
            "language": notice.language,
            "verdict": "pass",
            "subject_shape": "",
            "text_shape": [],
            "inbound": None,
            "outbox": notice.outbox_id,
        }
    )

"""What the admin's listings show, as plain dictionaries ready for JSON: times are ISO 8601 with offset,
reasons are in English words."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, or_, select
from sqlmodel import col

from maild.core.answers.whom import nobody_reads
from maild.core.deliveries.refusals import Fault
from maild.core.reasons.reason import because, load, text
from maild.core.reasons.trace import TraceLine
from maild.core.reasons.words import in_words
from maild.storage import inbound as inbound_rows
from maild.storage import mailboxes as mailbox_rows
from maild.storage import outbox as outbox_rows
from maild.storage import relay_faults
from maild.storage.statements import table
from maild.storage.tables import (
    Attachment,
    Case,
    Counter,
    Event,
    FieldValue,
    Inbound,
    Link,
    Message,
    Outbox,
    OutboxData,
    Participant,
)
from maild.storage.traces import of_rows

Shown = dict[str, Any]
ENGLISH = "en"
"""What an admin's commands speak."""
_ASSIGNMENT = (because("assignment"), text("assignment"))
"""The line of a trace that says who gets a case: by its code, and as an older store has it."""


def _time(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat()


def cases(
    connection: Connection,
    zone: ZoneInfo,
    *,
    status: str | None = None,
    department: str | None = None,
    assignee: str | None = None,
    requester: str | None = None,
    limit: int | None = None,
) -> list[Shown]:
    """List cases, newest first."""
    query = select(table(Case)).order_by(col(Case.number).desc())
    for column, wanted in (
        (Case.status, status),
        (Case.department, department),
        (Case.assignee, assignee),
        (Case.requester, requester),
    ):
        if wanted is not None:
            query = query.where(col(column) == wanted)
    rows = connection.execute(query.limit(limit)).all()
    people, links = _people(connection, rows), _links(connection, rows)
    return [_case(row, zone, people.get(row.number, []), links.get(row.number, [])) for row in rows]


def _people(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for chunk in _chunks([row.number for row in rows]):
        query = select(col(Participant.case), col(Participant.address)).where(col(Participant.case).in_(chunk))
        for number, address in connection.execute(query.order_by(col(Participant.since))):
            found.setdefault(number, []).append(address)
    return found


def _links(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, list[Shown]]:
    found: dict[int, list[Shown]] = {}
    for chunk in _chunks([row.number for row in rows]):
        query = select(table(Link)).where(or_(col(Link.case).in_(chunk), col(Link.other).in_(chunk)))
        for row in connection.execute(query):
            for here, there in ((row.case, row.other), (row.other, row.case)):
                entry = {"number": there, "kind": row.kind}
                if entry not in found.setdefault(here, []):
                    found[here].append(entry)
    return found


def _chunks(numbers: list[int]) -> list[list[int]]:
    return [numbers[start : start + 500] for start in range(0, len(numbers), 500)]


def _case(row: Row[Any], zone: ZoneInfo, people: list[str], links: list[Shown]) -> Shown:
    return {
        "number": row.number,
        "subject": row.subject,
        "department": row.department,
        "type": row.type,
        "status": row.status,
        "priority": row.priority,
        "language": row.language,
        "requester": row.requester,
        "answer_to": row.answer_to or ("" if nobody_reads(row.requester) else row.requester),
        "offers": list(row.offers),
        "participants": people,
        "group": row.group,
        "assignee": row.assignee,
        "tags": list(row.tags),
        "watchers": list(row.watchers),
        "due": _time(row.due, zone),
        "linked": links,
        "created": _time(row.created, zone),
        "updated": _time(row.updated, zone),
        "confidential": row.confidential,
        "noted_departments": list(row.noted_departments),
        "merged_into": row.merged_into,
        "reopened_count": row.reopened_count,
    }


def case(connection: Connection, zone: ZoneInfo, number: int) -> Shown | None:
    """Show one case whole: its entries, files and history; None when there is no such case."""
    row = connection.execute(select(table(Case)).where(col(Case.number) == number)).first()
    if row is None:
        return None
    shown = _case(row, zone, _people(connection, [row]).get(number, []), _links(connection, [row]).get(number, []))
    query = select(table(Message)).where(col(Message.case) == number).order_by(col(Message.at), col(Message.id))
    messages = connection.execute(query).all()
    files = _files(connection, [message.id for message in messages])
    fields = select(table(FieldValue)).where(col(FieldValue.case) == number).order_by(col(FieldValue.name))
    events = connection.execute(select(table(Event)).where(col(Event.case) == number).order_by(col(Event.id))).all()
    return shown | {
        "fields": {field.name: field.value for field in connection.execute(fields)},
        "messages": [_message(connection, message, zone, files.get(message.id, [])) for message in messages],
        "events": [_event(event, zone) | _assignment(connection, event) for event in events],
    }


def _assignment(connection: Connection, event: Row[Any]) -> Shown:
    """Say why a case that was opened went to whom it did: one mail may open several, its decision says so of each."""
    if event.what != "opened" or event.inbound is None:
        return {}
    query = select(table(Event)).where(col(Event.inbound) == event.inbound).order_by(col(Event.id))
    same = connection.execute(query).all()
    opened = [one.id for one in same if one.what == "opened"]
    lines = [line for one in same if one.what == "decided" for line in of_rows(one.trace)]
    why = [line.detail for line in lines if line.rule in _ASSIGNMENT]
    return {"assignment": in_words(why[opened.index(event.id)], ENGLISH)} if len(why) == len(opened) else {}


def _files(connection: Connection, messages: list[int]) -> dict[int, list[Shown]]:
    found: dict[int, list[Shown]] = {}
    for chunk in _chunks(messages):
        query = select(table(Attachment)).where(col(Attachment.message).in_(chunk)).order_by(col(Attachment.position))
        for row in connection.execute(query):
            entry = {"name": row.name, "type": row.type, "size": row.size, "sha256": row.sha256}
            found.setdefault(row.message, []).append(entry)
    return found


def _message(connection: Connection, row: Row[Any], zone: ZoneInfo, files: list[Shown]) -> Shown:
    return {
        "direction": row.direction,
        "kind": row.kind,
        "visibility": row.visibility,
        "from": row.author,
        "to": list(row.to),
        "cc": list(row.cc),
        "subject": row.subject,
        "text": row.text if row.outbox is None else _sent_text(connection, row.outbox),
        "folded": row.folded,
        "message_id": row.message_id,
        "in_reply_to": list(row.in_reply_to),
        "references": list(row.references),
        "date": _time(row.date, zone),
        "attachments": files,
        "agent": row.agent,
        "note": _words(row.note),
        "received": _time(row.at, zone),
        "inbound": row.inbound,
        "outbox": row.outbox,
    }


def _sent_text(connection: Connection, outbox: int) -> str:
    """Read the words of a letter we sent back from its bytes: they are kept once only."""
    data = connection.execute(select(col(OutboxData.data)).where(col(OutboxData.outbox) == outbox)).scalar()
    if data is None:
        return ""
    body = email.message_from_bytes(bytes(data), policy=email.policy.default).get_body(("plain",))
    return "" if body is None else str(body.get_content()).replace("\r\n", "\n")


def _event(row: Row[Any], zone: ZoneInfo) -> Shown:
    shown = {
        "at": _time(row.at, zone),
        "actor": row.actor,
        "what": row.what,
        "before": row.before,
        "after": row.after,
        "reason": _words(row.reason),
        "code": _code(row.reason),
    }
    return shown | ({"trace": [_asked(line) for line in of_rows(row.trace)]} if row.trace else {})


def _asked(line: TraceLine) -> list[Any]:
    return [in_words(line.rule, ENGLISH), line.hit, in_words(line.detail, ENGLISH)]


def _words(stored: str) -> str:
    return in_words(load(stored), ENGLISH)


def _code(stored: str) -> str:
    """Return the code of a reason, for programs; empty for words that have none."""
    reason = load(stored)
    return "" if reason is None or reason.code == "text" else reason.code


def inbound_list(
    connection: Connection, zone: ZoneInfo, *, state: str | None = None, limit: int | None = None
) -> list[Shown]:
    """List inbound mails, newest first."""
    query = select(table(Inbound)).order_by(col(Inbound.id).desc()).limit(limit)
    if state is not None:
        query = query.where(col(Inbound.state) == state)
    return [_inbound(row, zone) for row in connection.execute(query)]


def inbound(connection: Connection, zone: ZoneInfo, key: int) -> Shown | None:
    """Show one inbound mail with its history; None when there is none."""
    row = connection.execute(select(table(Inbound)).where(col(Inbound.id) == key)).first()
    if row is None:
        return None
    events = connection.execute(select(table(Event)).where(col(Event.inbound) == key).order_by(col(Event.id)))
    return _inbound(row, zone) | {"traceback": row.traceback, "events": [_event(event, zone) for event in events]}


def _inbound(row: Row[Any], zone: ZoneInfo) -> Shown:
    return {
        "id": row.id,
        "state": row.state,
        "reason": _words(row.reason),
        "code": _code(row.reason),
        "sha256": row.sha256,
        "size": row.size,
        "source": row.source,
        "received": _time(row.received, zone),
        "case": row.case,
        "outcome": row.outcome,
        "attempts": row.attempts,
        "sender": row.sender,
        "recipients": list(row.recipients),
    }


def outbox_list(
    connection: Connection, zone: ZoneInfo, *, state: str | None = None, limit: int | None = None
) -> list[Shown]:
    """List outgoing mails, newest first."""
    query = select(table(Outbox)).order_by(col(Outbox.id).desc()).limit(limit)
    if state is not None:
        query = query.where(col(Outbox.state) == state)
    return [
        {
            "id": row.id,
            "case": row.case,
            "to": row.recipient,
            "subject": row.subject,
            "message_id": row.message_id,
            "state": row.state,
            "attempts": row.attempts,
            "due": _time(row.due, zone),
            "error": _words(row.error),
            "kind": row.kind,
            "answer": row.answer,
            "once_key": row.once_key,
        }
        for row in connection.execute(query)
    ]


def status(connection: Connection, zone: ZoneInfo) -> Shown:
    """Sum up the store: what waits, what failed, what is open."""
    by_status = connection.execute(select(col(Case.status), func.count()).group_by(col(Case.status)))
    quarantined = connection.execute(select(func.count()).where(col(Inbound.state) == "quarantined")).scalar_one()
    failed = connection.execute(select(func.count()).where(col(Outbox.state) == "failed")).scalar_one()
    loops = connection.execute(select(col(Counter.value)).where(col(Counter.name) == "loops")).scalar()
    unmatched = connection.execute(select(func.count()).where(col(Inbound.outcome) == "unmatched")).scalar_one()
    return {
        "cases": {str(name): int(count) for name, count in by_status},
        "inbound": inbound_rows.waiting(connection),
        "quarantined": quarantined,
        "unmatched": unmatched,
        "outbox": outbox_rows.waiting(connection),
        "failed": failed,
        "loops": loops or 0,
        "next_due": _time(outbox_rows.next_due(connection), zone),
        "relay_faults": [_fault(fault, zone) for fault in relay_faults.known(connection)],
        "mailboxes": [_mailbox(state, zone) for state in mailbox_rows.states(connection)],
    }


def _fault(fault: Fault, zone: ZoneInfo) -> Shown:
    return {"refuses": fault.scope, "since": _time(fault.since, zone), "answer": fault.answer}


def _mailbox(state: Shown, zone: ZoneInfo) -> Shown:
    times = {name: _time(state[name], zone) for name in ("last_success", "looked", "failing_since")}
    troubles = [trouble | {"at": _time(trouble["at"], zone)} for trouble in state["troubles"]]
    return state | times | {"troubles": troubles}


def case_row(connection: Connection, number: int) -> dict[str, str] | None:
    """Return the few facts of a case that a notice about it needs; None when there is no such case."""
    row = connection.execute(select(table(Case)).where(col(Case.number) == number)).first()
    if row is None:
        return None
    names = ("number", "department", "group", "assignee", "subject", "language")
    return {name: getattr(row, name) for name in names}

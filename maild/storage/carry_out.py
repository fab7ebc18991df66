"""Carry out a plan: every change, every outgoing mail and the end of the inbound row, in the caller's transaction.

Nothing is decided here. A change that does not fit the store (a once_key that exists, a claim that was lost) raises,
and the savepoint takes everything back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text, update
from sqlmodel import SQLModel, col

from maild.core.facts import Asks, Facts
from maild.core.mail import Mail
from maild.core.plan import (
    AddMessage,
    AddParticipant,
    Assign,
    CountLoop,
    DropHeld,
    LinkCases,
    NoteDepartment,
    OpenBreaker,
    OpenCase,
    Plan,
    Record,
    RecordBounce,
    ReleaseHeld,
    SetAbsence,
    SetField,
    SetStatus,
    Strike,
    UseToken,
)
from maild.storage import inbound as inbound_rows
from maild.storage import letters_out
from maild.storage.counts import DAY
from maild.storage.gather import FILE
from maild.storage.ids import Ids
from maild.storage.letters_out import ToSend as ToSend
from maild.storage.letters_out import Written as Written
from maild.storage.rows import CLOSED as CLOSED
from maild.storage.rows import Rows, add_load, open_case
from maild.storage.statements import Statement, upserting
from maild.storage.statements import table as table
from maild.storage.tables import Absence as AbsenceRow
from maild.storage.tables import (
    Attachment,
    Case,
    Contact,
    Counter,
    Event,
    FieldValue,
    Link,
    Message,
    Outbox,
    Participant,
    Rotation,
    State,
    TokenUse,
)
from maild.storage.tables import Strike as StrikeRow

_COUNTER = upserting(Counter, ("name", "value"), replace=("value",))
_COUNT = upserting(Counter, ("name", "value"), add=("value",))
_PARTICIPANT = upserting(Participant, ("case", "address", "name", "by", "since"))
_ROTATION = upserting(Rotation, ("group", "agent"), replace=("agent",))
_LINK = upserting(Link, ("case", "other", "kind", "at"))
_FIELD = upserting(
    FieldValue, ("case", "name", "value", "inbound", "actor", "at"), replace=("value", "inbound", "actor", "at")
)
_ABSENCE = upserting(
    AbsenceRow,
    ("agent", "first", "last", "substitute", "inbound", "at"),
    replace=("last", "substitute", "inbound", "at"),
)
_STATE = upserting(State, ("name", "value"), replace=("value",))
_CONTACT = upserting(Contact, ("address", "name", "language", "last_seen"), replace=("name", "language", "last_seen"))
_CASE = update(table(Case)).where(col(Case.number) == bindparam("b_case"))
_SET_STATUS = Statement(
    _CASE.values(
        status=bindparam("b_status"),
        updated=bindparam("b_now"),
        resolved=bindparam("b_resolved"),
        closed=bindparam("b_closed"),
        reopened_count=Case.reopened_count + bindparam("b_reopened"),
    )
)
_MOVE = Statement(_CASE.values(status=bindparam("b_status"), updated=bindparam("b_now")))
_ASSIGN = Statement(_CASE.values(assignee=bindparam("b_assignee"), updated=bindparam("b_now")))
_TOUCH = Statement(_CASE.values(updated=bindparam("b_now")))
_THREAD: dict[str, Any] = {
    "updated": bindparam("b_now"),
    "last_message_id": bindparam("b_id"),
    "thread": bindparam("b_thread"),
}
_TOUCH_THREAD = Statement(_CASE.values(**_THREAD))
_TOUCH_CUSTOMER = Statement(_CASE.values(last_customer_at=bindparam("b_now"), **_THREAD))
_FIRST_RESPONSE = Statement(_CASE.where(col(Case.first_response).is_(None)).values(first_response=bindparam("b_now")))
_NOTE_DEPARTMENT = Statement(_CASE.values(noted_departments=bindparam("b_noted")))
_RELEASE = Statement(
    update(table(Message))
    .where(col(Message.id) == bindparam("b_id"), col(Message.visibility) == text("'held'"))
    .values(visibility=bindparam("b_visibility"), kind=bindparam("b_kind"), direction=bindparam("b_direction"))
)
_RELEASED_TEXT = Statement(
    update(table(Message)).where(col(Message.id) == bindparam("b_id")).values(text=bindparam("b_text"))
)
_DROP = Statement(
    update(table(Message))
    .where(col(Message.id) == bindparam("b_id"), col(Message.visibility) == text("'held'"))
    .values(visibility=text("'silent'"))
)
_BOUNCED = Statement(
    update(table(Outbox))
    .where(col(Outbox.id) == bindparam("b_id"))
    .values(error=bindparam("b_error"), bounced=bindparam("b_bounced"))
)
_SOFT_BOUNCED = Statement(
    update(table(Outbox)).where(col(Outbox.id) == bindparam("b_id")).values(error=bindparam("b_error"))
)
_OLD_STRIKES = Statement(table(StrikeRow).delete().where(col(StrikeRow.at) < bindparam("b_before")))
MOST_THREAD = 10
"""Message-IDs kept of a case's thread: the first, and the newest."""


class _Work:
    """One plan under way: what it stands on, how its cases stand by now, and the rows it has yet to write."""

    def __init__(
        self, connection: Connection, plan: Plan, mail: Mail, asks: Asks, facts: Facts, ids: Ids, *, history: bool
    ) -> None:
        self.connection, self.plan, self.mail, self.asks = connection, plan, mail, asks
        self.facts, self.ids, self.now = facts, ids, facts.now
        self.rows = Rows(history=history)
        self.standing: dict[int, tuple[str, str | None]] = {}

    def event(self, what: str, case: int | None, reason: str, **more: Any) -> None:
        """Append to the history."""
        row: dict[str, Any] = {
            "case": case,
            "inbound": self.facts.inbound,
            "at": self.now,
            "actor": "maild",
            "what": what,
            "before": "",
            "after": "",
            "reason": reason,
            "trace": [],
        }
        self.rows.add(Event, row | more)


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
    history: bool = True,
) -> list[ToSend]:
    """Do everything the plan says and finish the inbound row; without ``history`` only what decisions look at.

    With ``claim_until`` outgoing mails that nothing stands in front of are claimed for sending at once (their first
    attempt is recorded by this very commit) and returned; without it they are only queued.

    Raises:
        IntegrityError: a promise that was made before (once_key, token, message): the whole plan is taken back.
        ClaimLost: the inbound row is no longer ours.

    """
    work = _Work(connection, plan, mail, asks, facts, ids, history=history)
    for change in plan.changes:
        _change(work, change)
    _contact(work)
    sent = letters_out.queue(
        connection, work.rows, written, now=facts.now, who=who, claim_until=claim_until, new_id=lambda: _new_id(work)
    )
    if history:
        author = mail.identity.address or "unknown"
        work.event("decided", plan.case, plan.reason, actor=author, after=plan.outcome, trace=trace_rows(plan))
    work.rows.write(connection)
    _finish(work, who)
    return sent


def _new_id(work: _Work) -> int:
    return work.ids.take(work.connection, 1)[0]


def _finish(work: _Work, who: str) -> None:
    plan, facts = work.plan, work.facts
    aside = plan.outcome == "quarantined"
    inbound_rows.finish(
        work.connection,
        facts.inbound,
        who=who,
        outcome=plan.outcome,
        reason=plan.reason,
        case=plan.case,
        content_hash=None if aside else work.mail.content_hash,
        departments=work.asks.departments,
        now=facts.now,
        state="quarantined" if aside else "done",
    )


def trace_rows(plan: Plan) -> list[list[Any]]:
    """Return a plan's trace as it is stored: runs of rules that missed without a word are one line."""
    rows: list[list[Any]] = []
    for line in plan.trace:
        if rows and not (line.hit or line.detail or rows[-1][1] or rows[-1][2]):
            rows[-1][0] += f", {line.rule.removeprefix('MAIL §4 row ')}"
        else:
            rows.append([line.rule, line.hit, line.detail])
    return [*rows, ["acknowledgement", plan.ack == "sent", plan.ack], ["rules", True, plan.rules]]


def _change(work: _Work, change: object) -> None:
    connection = work.connection
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
            work.event("participant", change.case, change.by, after=change.address)
        case LinkCases():
            _link(work, change)
        case NoteDepartment():
            _note_department(work, change)
        case RecordBounce():
            _record_bounce(work, change)
        case ReleaseHeld():
            _release(work, change)
        case DropHeld():
            _drop(work, change)
        case SetField():
            _set_field(work, change)
        case SetAbsence():
            _set_absence(work, change)
        case UseToken():
            work.rows.add(TokenUse, {"digest": change.digest, "at": work.now})
        case OpenBreaker():
            value = "" if change.closed else work.now.isoformat()
            _STATE.run(connection, {"name": "breaker_open_since", "value": value})
            work.event("breaker", None, "", after="closed" if change.closed else "open")
        case CountLoop():
            _COUNT.run(connection, {"name": "loops", "value": 1})
            work.event("loop", work.plan.case, work.plan.reason)
        case Strike():
            _OLD_STRIKES.run(connection, {"b_before": work.now - DAY})
            work.rows.add(StrikeRow, {"source": change.source, "at": work.now})
        case Record():
            more = {"before": change.before, "after": change.after, "actor": change.actor}
            work.event(change.what, change.case, change.reason, **more)
        case _:
            raise TypeError(f"a plan holds a change nobody can carry out: {type(change).__name__}")


def _open_case(work: _Work, change: OpenCase) -> None:
    own = [work.mail.message_id] if work.mail.message_id else []
    open_case(
        work.connection,
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
            "watchers": list(change.watchers),
            "due": change.due,
            "noted_departments": list(change.noted_departments),
            "parent": change.parent,
            "conversation": change.conversation,
            "last_message_id": work.mail.message_id,
            "thread": own + _visible_ids(work, change.number, change.requester),
            "last_customer_at": work.now,
            "created": work.now,
            "updated": work.now,
            "reopened_count": 0,
        },
    )
    _COUNTER.run(work.connection, {"name": "case", "value": change.number + 1})
    work.standing[change.number] = (change.status, change.assignee)
    if change.requester:
        _add_participant(work, change.number, change.requester, change.requester_name, "requester")
    if change.assignee is not None:
        add_load(work.connection, change.assignee, +1)
        _ROTATION.run(work.connection, {"group": change.group, "agent": change.assignee})
    work.event("opened", change.number, work.plan.reason, after=change.type)


def _visible_ids(work: _Work, case: int, requester: str) -> list[str]:
    """Return the Message-IDs that this plan sends to a case's requester: what they answer next may name them."""
    return [notice.message_id for notice in work.plan.notices if notice.case == case and notice.to == requester]


def _add_participant(work: _Work, case: int, address: str, name: str, by: str) -> None:
    row = {"case": case, "address": address, "name": name, "by": by, "since": work.now}
    _PARTICIPANT.run(work.connection, row)


def _standing(work: _Work, case: int) -> tuple[str, str | None]:
    """Return the status and assignee that a case has by now, this plan's earlier changes included."""
    if case not in work.standing:
        work.standing[case] = (work.facts.cases[case].status, work.facts.cases[case].assignee)
    return work.standing[case]


def _set_status(work: _Work, change: SetStatus) -> None:
    before, assignee = _standing(work, change.case)
    after, now = change.status, work.now
    if before in CLOSED or after in CLOSED:
        values = {
            "b_case": change.case,
            "b_status": after,
            "b_now": now,
            "b_resolved": now if after in ("resolved", "closed") else None,
            "b_closed": now if after == "closed" else None,
            "b_reopened": int(before in CLOSED and after not in CLOSED),
        }
        _SET_STATUS.run(work.connection, values)
    else:
        _MOVE.run(work.connection, {"b_case": change.case, "b_status": after, "b_now": now})
    if assignee is not None and (before in CLOSED) != (after in CLOSED):
        add_load(work.connection, assignee, +1 if before in CLOSED else -1)
    work.standing[change.case] = (after, assignee)
    work.event("status", change.case, work.plan.reason, before=before, after=after)


def _assign(work: _Work, change: Assign) -> None:
    status, before = _standing(work, change.case)
    if before == change.assignee:
        return
    _ASSIGN.run(work.connection, {"b_case": change.case, "b_assignee": change.assignee, "b_now": work.now})
    if status not in CLOSED:
        for agent, step in ((before, -1), (change.assignee, +1)):
            if agent is not None:
                add_load(work.connection, agent, step)
    work.standing[change.case] = (status, change.assignee)
    work.event("assigned", change.case, change.reason, before=before or "", after=change.assignee or "")


def _add_message(work: _Work, change: AddMessage) -> None:
    mail = work.mail
    key = _new_id(work)
    work.rows.add(
        Message,
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
        },
    )
    for position, file in enumerate(mail.attachments):
        row = {"message": key, "position": position} | {name: getattr(file, name) for name in FILE}
        work.rows.add(Attachment, row)
    if change.case in work.facts.cases:
        _touch(work, change.case, change.kind if change.visibility == "public" else "")


def _touch(work: _Work, case: int, kind: str) -> None:
    """Keep a case's thread: what participants saw of it, so that letters and replies name the right mails."""
    facts = work.facts.cases[case]
    own = work.mail.message_id if kind == "customer" else None
    new = ([own] if own else []) + _visible_ids(work, case, facts.requester)
    if not kind and not new:
        _TOUCH.run(work.connection, {"b_case": case, "b_now": work.now})
        return
    thread = list(dict.fromkeys([*facts.references, *new]))
    thread = thread if len(thread) <= MOST_THREAD else [thread[0], *thread[1 - MOST_THREAD :]]
    values = {"b_case": case, "b_now": work.now, "b_id": own or facts.last_message_id, "b_thread": thread}
    (_TOUCH_CUSTOMER if kind == "customer" else _TOUCH_THREAD).run(work.connection, values)
    if kind == "reply":
        _FIRST_RESPONSE.run(work.connection, {"b_case": case, "b_now": work.now})


def _set_field(work: _Work, change: SetField) -> None:
    row: dict[str, Any] = {"case": change.case, "name": change.name, "value": change.value}
    _FIELD.run(work.connection, row | {"inbound": work.facts.inbound, "actor": "maild", "at": work.now})
    work.event("field", change.case, change.name, after=change.value)


def _set_absence(work: _Work, change: SetAbsence) -> None:
    absence = change.absence
    row: dict[str, Any] = {"agent": change.agent, "first": absence.start.isoformat(), "last": absence.end.isoformat()}
    row |= {"substitute": absence.substitute, "inbound": work.facts.inbound, "at": work.now}
    _ABSENCE.run(work.connection, row)
    until = f"{absence.start}–{absence.end}"
    work.event("absence", None, change.reason, actor=change.agent, after=until)


def _link(work: _Work, change: LinkCases) -> None:
    row = {"case": change.case, "other": change.other, "kind": change.kind, "at": work.now}
    _LINK.run(work.connection, row)
    work.event("linked", change.case, change.kind, after=str(change.other))
    if change.other in work.facts.cases:
        work.event("linked", change.other, change.kind, after=str(change.case))


def _note_department(work: _Work, change: NoteDepartment) -> None:
    facts = work.facts.cases.get(change.case)
    earlier = {c.department for c in work.plan.changes if isinstance(c, NoteDepartment) and c.case == change.case}
    noted = sorted({*(facts.noted_departments if facts else ()), *earlier})
    _NOTE_DEPARTMENT.run(work.connection, {"b_case": change.case, "b_noted": noted})
    work.event("department noted", change.case, "", after=change.department)


def _record_bounce(work: _Work, change: RecordBounce) -> None:
    values = {"b_id": change.outbox, "b_error": f"bounced: {change.status}", "b_bounced": change.status or "5"}
    if change.permanent:
        _BOUNCED.run(work.connection, values)
    else:
        _SOFT_BOUNCED.run(work.connection, values)


def _release(work: _Work, change: ReleaseHeld) -> None:
    """Let a held message be what it was meant to be.

    Raises:
        RuntimeError: when it is not held any more; the plan is taken back.

    """
    values = {
        "b_id": change.message,
        "b_visibility": "internal" if change.internal else "public",
        "b_kind": "note" if change.internal else "reply",
        "b_direction": "in" if change.internal else "out",
    }
    if _RELEASE.run(work.connection, values) != 1:
        raise RuntimeError(f"message {change.message} is not held")
    if change.text is not None:
        _RELEASED_TEXT.run(work.connection, {"b_id": change.message, "b_text": change.text})
    work.event("released", change.case, "confirmed by the agent", before="\n".join(change.cut))
    if not change.internal:
        _FIRST_RESPONSE.run(work.connection, {"b_case": change.case, "b_now": work.now})


def _drop(work: _Work, change: DropHeld) -> None:
    """Let a held message rest where it is, read by agents only.

    Raises:
        RuntimeError: when it is not held any more; the plan is taken back.

    """
    if _DROP.run(work.connection, {"b_id": change.message}) != 1:
        raise RuntimeError(f"message {change.message} is not held")
    work.event("discarded", change.case, "the agent said no", actor=change.agent, before="held")


def _contact(work: _Work) -> None:
    address = work.mail.identity.address
    if address is None or work.plan.case is None or work.plan.outcome not in ("new", "entry"):
        return
    if work.mail.authentication.verdict == "fail":
        return  # whoever wrote this, it was hardly they
    known = work.facts.contact
    name = work.mail.identity.name or (known.name if known else "")
    language = work.mail.language or (known.language if known else None)
    if known is not None and (known.name, known.language) == (name, language):
        return
    _CONTACT.run(work.connection, {"address": address, "name": name, "language": language, "last_seen": work.now})


def upsert(connection: Connection, model: type[SQLModel], values: dict[str, Any], replace: list[str]) -> None:
    """Insert a row, or replace the named columns of the one with the same key."""
    key = (model, tuple(values), tuple(replace))
    statement = _UPSERTS.get(key)
    if statement is None:
        statement = _UPSERTS[key] = upserting(model, key[1], replace=key[2])
    statement.run(connection, values)


_UPSERTS: dict[tuple[Any, ...], Statement] = {}
"""Statements that were built once; a cache, not state."""

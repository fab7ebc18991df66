"""Cases: how one stands, and what a plan changes about it (status, assignee, people, links, fields)."""

from __future__ import annotations

from typing import Any, assert_never

from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import col

from maild.core.facts import CaseFacts
from maild.core.plan import (
    AddParticipant,
    AnswerTo,
    Assign,
    LinkCases,
    NoteDepartment,
    OpenCase,
    SetField,
    SetStatus,
)
from maild.core.reasons.reason import text as text_of
from maild.core.values.cases import OVER
from maild.storage.rows import add_load, open_case
from maild.storage.statements import Among, Statement, table, upserting
from maild.storage.tables import Case, Counter, FieldValue, Link, Participant, Rotation
from maild.storage.work import Work

CaseChange = OpenCase | SetStatus | Assign | AddParticipant | AnswerTo | LinkCases | NoteDepartment | SetField
MOST_MERGES = 10

_CASE_FACTS = [
    table(Case).c[name]
    for name in (
        *("number", "department", "group", "assignee", "type", "status", "priority", "confidential", "subject"),
        *("language", "requester", "merged_into", "closed", "noted_departments", "alias", "last_message_id", "thread"),
        *("last_customer_at", "watchers", "answer_to", "offers"),
    )
]
_CASES = Among(
    Case.number, lambda among: select(*_CASE_FACTS).where(among).order_by("number").with_for_update(key_share=True)
)
_PARTICIPANTS = Among(
    Participant.case,
    lambda among: select(col(Participant.case), col(Participant.address), col(Participant.written)).where(among),
)
_CHILDREN = Among(
    Case.parent, lambda among: select(col(Case.number), col(Case.parent)).where(among).order_by(col(Case.number))
)
_COUNTER = upserting(Counter, ("name", "value"), replace=("value",))
_PARTICIPANT = upserting(Participant, ("case", "address", "written", "name", "by", "since"))
_ROTATION = upserting(Rotation, ("group", "agent"), replace=("agent",))
_LINK = upserting(Link, ("case", "other", "kind", "at"))
_FIELD = upserting(
    FieldValue, ("case", "name", "value", "inbound", "actor", "at"), replace=("value", "inbound", "actor", "at")
)
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
_ANSWER_TO = Statement(_CASE.values(answer_to=bindparam("b_address"), updated=bindparam("b_now")))
_NOTE_DEPARTMENT = Statement(_CASE.values(noted_departments=bindparam("b_noted")))


# -- gather -----------------------------------------------------------------------------------------------------------


def cases(connection: Connection, numbers: set[int]) -> dict[int, CaseFacts]:
    """Read and lock the cases, and those they were merged into."""
    rows: dict[int, Any] = {}
    wanted = set(numbers)
    for _ in range(MOST_MERGES):
        if not wanted:
            break
        found = _CASES.all(connection, sorted(wanted))
        rows |= {row.number: row for row in found}
        wanted = {row.merged_into for row in found if row.merged_into is not None} - set(rows)
    parents = [number for number, row in rows.items() if row.noted_departments]
    children = _children(connection, parents) if parents else {}
    if more := sorted({number for each in children.values() for number in each} - set(rows)):
        rows |= {row.number: row for row in _CASES.all(connection, more)}
    people: dict[int, dict[str, str]] = {number: {} for number in rows}
    for number, address, written in _PARTICIPANTS.all(connection, sorted(rows)):
        people[number][address] = written
    return {number: _case(row, people[number], tuple(children.get(number, ()))) for number, row in rows.items()}


def _children(connection: Connection, parents: list[int]) -> dict[int, list[int]]:
    """Return the cases that other departments got of the same mail, by the first one."""
    found: dict[int, list[int]] = {}
    for number, parent in _CHILDREN.all(connection, sorted(parents)):
        found.setdefault(parent, []).append(number)
    return found


def _case(row: Any, participants: dict[str, str], children: tuple[int, ...]) -> CaseFacts:
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
        participants=frozenset(participants),
        written={address: written for address, written in participants.items() if written},
        merged_into=row.merged_into,
        closed_at=row.closed,
        noted_departments=tuple(row.noted_departments),
        alias=row.alias,
        last_message_id=row.last_message_id,
        references=tuple(row.thread),
        last_customer_at=row.last_customer_at,
        watchers=tuple(row.watchers),
        answer_to=row.answer_to,
        offers=tuple(row.offers),
        children=children,
    )


# -- carry out --------------------------------------------------------------------------------------------------------


def do(work: Work, change: CaseChange) -> None:
    """Do what a plan changes about a case."""
    match change:
        case OpenCase():
            _open(work, change)
        case SetStatus():
            _set_status(work, change)
        case Assign():
            _assign(work, change)
        case AddParticipant():
            _add_participant(work, change.case, change.address, change.written, change.name, change.by)
            work.event("participant", change.case, text_of(change.by), after=change.address)
        case AnswerTo():
            _ANSWER_TO.run(work.connection, {"b_case": change.case, "b_address": change.address, "b_now": work.now})
            _add_participant(work, change.case, change.address, change.address, "", change.agent)
            work.event("answer address", change.case, None, actor=change.agent, after=change.address)
        case LinkCases():
            _link(work, change)
        case NoteDepartment():
            _NOTE_DEPARTMENT.run(work.connection, {"b_case": change.case, "b_noted": list(change.noted)})
            work.event("department noted", change.case, None, after=change.department)
        case SetField():
            row: dict[str, Any] = {"case": change.case, "name": change.name, "value": change.value}
            _FIELD.run(work.connection, row | {"inbound": work.plan.inbound, "actor": "maild", "at": work.now})
            work.event("field", change.case, text_of(change.name), after=change.value)
        case _:
            assert_never(change)


def _open(work: Work, change: OpenCase) -> None:
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
            "answer_to": "",
            "offers": list(change.offers),
            "due": change.due,
            "noted_departments": list(change.noted_departments),
            "parent": change.parent,
            "conversation": change.conversation,
            "last_message_id": change.last_message_id,
            "thread": list(change.thread),
            "last_customer_at": work.now,
            "created": work.now,
            "updated": work.now,
            "reopened_count": 0,
        },
    )
    _COUNTER.run(work.connection, {"name": "case", "value": change.number + 1})
    if change.requester:
        name, written = change.requester_name, change.requester_written
        _add_participant(work, change.number, change.requester, written, name, "requester")
    if change.assignee is not None:
        add_load(work.connection, change.assignee, +1)
        _ROTATION.run(work.connection, {"group": change.group, "agent": change.assignee})
    work.event("opened", change.number, work.plan.reason, after=change.type)


def _add_participant(work: Work, case: int, address: str, written: str, name: str, by: str) -> None:
    row = {"case": case, "address": address, "written": written, "name": name, "by": by, "since": work.now}
    _PARTICIPANT.run(work.connection, row)


def _set_status(work: Work, change: SetStatus) -> None:
    before, after, now = change.before, change.status, work.now
    if before in OVER or after in OVER:
        values = {
            "b_case": change.case,
            "b_status": after,
            "b_now": now,
            "b_resolved": now if after in ("resolved", "closed") else None,
            "b_closed": now if after == "closed" else None,
            "b_reopened": int(before in OVER and after not in OVER),
        }
        _SET_STATUS.run(work.connection, values)
    else:
        _MOVE.run(work.connection, {"b_case": change.case, "b_status": after, "b_now": now})
    if change.assignee is not None and (before in OVER) != (after in OVER):
        add_load(work.connection, change.assignee, +1 if before in OVER else -1)
    work.event("status", change.case, work.plan.reason, actor=change.actor, before=before, after=after)


def _assign(work: Work, change: Assign) -> None:
    _ASSIGN.run(work.connection, {"b_case": change.case, "b_assignee": change.assignee, "b_now": work.now})
    if change.status not in OVER:
        for agent, step in ((change.before, -1), (change.assignee, +1)):
            if agent is not None:
                add_load(work.connection, agent, step)
    work.event("assigned", change.case, change.reason, before=change.before or "", after=change.assignee or "")


def _link(work: Work, change: LinkCases) -> None:
    _LINK.run(work.connection, {"case": change.case, "other": change.other, "kind": change.kind, "at": work.now})
    work.event("linked", change.case, text_of(change.kind), after=str(change.other))
    if change.both:
        work.event("linked", change.other, text_of(change.kind), after=str(change.case))

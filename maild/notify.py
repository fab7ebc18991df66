"""Notices that no mail caused: a delivery that failed or is late, a mail in quarantine, a letter that would not render.

They are queued by the same transaction that records what happened, once per thing (their once_key says which).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from maild.core import tokens
from maild.core.letters import operator_notice
from maild.core.plan import Notice, NoticeKind
from maild.journey.corridor import Corridor, tell
from maild.storage import events, show
from maild.storage.carry_out import ToSend

if TYPE_CHECKING:
    from maild.storage.engine import Connection
    from maild.storage.outbox import Result


def operator(
    connection: Connection, corridor: Corridor, *, once_key: str, subject: str, reason: str, now: datetime
) -> bool:
    """Tell the operator something, once; False when there is none or it was told before."""
    desk = corridor.rulebook.desk
    if desk.operator is None:
        return False
    sign, key = corridor.desk.keys[0], corridor.ids.take(connection, 1)[0]
    notice = operator_notice(corridor.rulebook, sign, key=key, title=subject, reason=reason, once_key=once_key)
    return tell(connection, corridor, notice, now=now)


def undelivered(connection: Connection, corridor: Corridor, mail: ToSend, result: Result, *, now: datetime) -> bool:
    """Record on the case that a mail could not be delivered (or is late); True when somebody was told."""
    final = result.state == "failed"
    events.add(
        connection,
        "not delivered" if final else "delivery is late",
        now=now,
        case=mail.case,
        before="sending",
        after=result.state,
        reason=f"{mail.kind} to {mail.recipient}: {result.answer}",
    )
    # An admin's retry begins the mail's time anew: what fails in that round is news again.
    round_ = int(mail.created.timestamp() * 1000)
    once_key = f"undelivered:{mail.id}:{'failed' if final else 'late'}:{round_}"
    reason = f"{mail.kind} <{mail.recipient}>: {result.answer}"
    if mail.kind in ("undelivered", "operator", "confirmation"):
        return False  # a notice about a notice would go round for ever; the event and the listing show it
    found = None if mail.case is None else show.case_row(connection, mail.case)
    if found is None:
        return operator(connection, corridor, once_key=once_key, subject="not delivered", reason=reason, now=now)
    told = False
    for agent in _agents(corridor, found["assignee"], found["group"]):
        if corridor.rulebook.agents[agent].addresses[0] != mail.recipient:
            values = {"to": mail.recipient, "reason": result.answer, "status_code": "", "diagnostic": result.answer}
            notice = _to_agent(connection, corridor, "undelivered", found, agent, f"{once_key}:{agent}", values, now)
            told |= tell(connection, corridor, notice, now=now)
    return told or operator(connection, corridor, once_key=once_key, subject="not delivered", reason=reason, now=now)


def _agents(corridor: Corridor, assignee: str | None, group: str) -> tuple[str, ...]:
    if assignee in corridor.rulebook.agents:
        return (str(assignee),)
    known = corridor.rulebook.groups.get(group)
    return () if known is None else known.members


def _to_agent(
    connection: Connection,
    corridor: Corridor,
    kind: NoticeKind,
    case: Mapping[str, str],
    agent: str,
    once_key: str,
    values: Mapping[str, str],
    now: datetime,
) -> Notice:
    rulebook, desk = corridor.rulebook, corridor.rulebook.desk
    department = rulebook.departments.get(case["department"]) or next(iter(rulebook.departments.values()))
    person = rulebook.agents[agent]
    local, _, own_domain = department.address.rpartition("@")
    domain = desk.reply_domain or own_domain
    key = corridor.ids.take(connection, 1)[0]
    number = int(case["number"])
    sign = corridor.desk.keys[0]
    title = f"{desk.number_prefix}#{number}"
    return Notice(
        outbox_id=key,
        kind=kind,
        once_key=once_key,
        to=person.addresses[0],
        to_name=person.name,
        case=number,
        department=department.id,
        language=person.language or department.language,
        from_address=department.address,
        from_name=department.sender_name,
        reply_to=tokens.sign_address(
            sign, local=local, domain=domain, case=number, audience="internal", address=person.addresses[0], now=now
        ),
        subject=f"[{title}] {case['subject']}",
        message_id=tokens.sign_message_id(sign, outbox=key, case=number, audience="internal", domain=domain),
        automatic="auto-generated",
        return_path=tokens.sign_bounce(sign, outbox=key, domain=domain),
        values={
            "number": title,
            "title": case["subject"],
            "department": department.sender_name,
            "desk": desk.name,
            **values,
        },
        to_agent=True,
    )

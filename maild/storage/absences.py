"""Absences that agents told of by mail."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlmodel import col

from maild.core.plan import SetAbsence
from maild.core.rules.organisation import Absence
from maild.storage.statements import Statement, table, upserting
from maild.storage.tables import Absence as AbsenceRow
from maild.storage.work import Work

_ABSENCES = Statement(select(table(AbsenceRow)).where(col(AbsenceRow.last) >= bindparam("today")))
_ABSENCE = upserting(
    AbsenceRow,
    ("agent", "first", "last", "substitute", "inbound", "at"),
    replace=("last", "substitute", "inbound", "at"),
)


def absences(connection: Connection, now: datetime) -> dict[str, tuple[Absence, ...]]:
    """Return who is away or will be; a day's grace keeps every time zone's today in."""
    found: dict[str, tuple[Absence, ...]] = {}
    for row in _ABSENCES.all(connection, today=(now - timedelta(days=1)).date().isoformat()):
        one = Absence(start=date.fromisoformat(row.first), end=date.fromisoformat(row.last), substitute=row.substitute)
        found[row.agent] = (*found.get(row.agent, ()), one)
    return found


def do(work: Work, change: SetAbsence) -> None:
    """Note an absence; what was said about these days before is replaced."""
    absence = change.absence
    row: dict[str, Any] = {"agent": change.agent, "first": absence.start.isoformat(), "last": absence.end.isoformat()}
    row |= {"substitute": absence.substitute, "inbound": work.plan.inbound, "at": work.now}
    _ABSENCE.run(work.connection, row)
    until = f"{absence.start}–{absence.end}"
    work.event("absence", None, change.reason, actor=change.agent, after=until)

"""A bare case, for rows that must name one."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from maild.storage.statements import upsert
from maild.storage.tables import Case

_AT = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def a_case(connection: Connection, number: int | None) -> None:
    """Let there be a case of this number, unless there is one or none is asked for."""
    if number is not None:
        case = Case(number=number, requester="kari@a.example", created=_AT, updated=_AT)
        upsert(connection, Case, case.model_dump(), [])

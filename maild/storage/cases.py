"""What an admin may change about a case directly, with the same care as a plan: status, and an event for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlmodel import col

from maild.storage import events
from maild.storage.rows import CLOSED, add_load
from maild.storage.statements import table
from maild.storage.tables import Case


def set_status(connection: Connection, number: int, status: str, *, actor: str, now: datetime) -> bool:
    """Move a case to a status (the caller has asked core whether it may); False when there is no such case."""
    row = connection.execute(
        select(table(Case)).where(col(Case.number) == number).with_for_update(key_share=True)
    ).first()
    if row is None:
        return False
    values: dict[str, Any] = {"status": status, "updated": now}
    if status in ("resolved", "closed"):
        values[status] = now
    connection.execute(update(table(Case)).where(col(Case.number) == number).values(values))
    if row.assignee is not None and (row.status in CLOSED) != (status in CLOSED):
        add_load(connection, row.assignee, +1 if row.status in CLOSED else -1)
    events.add(
        connection, "status", now=now, case=number, actor=actor, before=row.status, after=status, reason="by an admin"
    )
    return True


def status_of(connection: Connection, number: int) -> str | None:
    """Return a case's status, or None when there is no such case."""
    return connection.execute(select(col(Case.status)).where(col(Case.number) == number)).scalar()

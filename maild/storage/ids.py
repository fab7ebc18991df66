"""Ids that must be known before their row exists: they stand inside Message-IDs and signed addresses.

SQLite has one writing process, so ids are counted in memory from what the store holds; PostgreSQL has a sequence.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text
from sqlmodel import col

from maild.storage.tables import Message, Outbox

SEQUENCE = "maild_id"


class Ids:
    """Fresh, ascending ids for messages and outgoing mails."""

    def __init__(self, connection: Connection, *, after: int = 0) -> None:
        highest = [connection.execute(select(func.max(col(table.id)))).scalar() or 0 for table in (Message, Outbox)]
        self._sequence = connection.dialect.name == "postgresql"
        self._last = max(*highest, after)

    def take(self, connection: Connection, count: int) -> tuple[int, ...]:
        """Return ``count`` ids nobody else will ever get; unused ones are simply skipped."""
        if self._sequence:
            rows = connection.execute(text("select nextval('maild_id') from generate_series(1, :n)"), {"n": count})
            return tuple(int(row[0]) for row in rows)
        first = self._last + 1
        self._last += count
        return tuple(range(first, first + count))

    def give_back(self, ids: tuple[int, ...], *, used: int) -> None:
        """Return the unused end of the latest take, so that ids stay small where that costs nothing."""
        if not self._sequence and ids and ids[-1] == self._last:
            self._last = ids[0] + used - 1

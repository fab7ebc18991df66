"""Ids that must be known before their row exists: they stand inside Message-IDs and signed addresses.

SQLite has one writing process, so ids are counted in memory from what the store holds; PostgreSQL has a sequence.
"""

from __future__ import annotations

from sqlalchemy import Connection, Integer, column, func, select, text
from sqlmodel import col

from maild.storage.statements import Statement, upserting
from maild.storage.tables import Counter, Message, Outbox

SEQUENCE = "maild_id"
KEPT = "id"
"""The counter that holds the highest id that letters bear which have no row yet."""
_KEEP = upserting(Counter, ("name", "value"), replace=("value",))
_VERSION = Statement(text("pragma data_version").columns(column("data_version", Integer)))


class Ids:
    """Fresh, ascending ids for messages and outgoing mails."""

    def __init__(self, connection: Connection, *, after: int = 0) -> None:
        self._sequence = connection.dialect.name == "postgresql"
        self._last = max(self._highest(connection), after)
        self._seen = self._version(connection)

    def take(self, connection: Connection, count: int) -> tuple[int, ...]:
        """Return ``count`` ids nobody else will ever get; unused ones are simply skipped."""
        if not self._sequence and (seen := self._version(connection)) != self._seen:
            # Another process has committed (a command of an admin's): it may have taken ids, too.
            self._seen = seen
            self._last = max(self._last, self._highest(connection))
        return self.more(connection, count)

    def more(self, connection: Connection, count: int) -> tuple[int, ...]:
        """Return more ids in a transaction that has taken some: nobody else can have written meanwhile."""
        if self._sequence:
            rows = connection.execute(text("select nextval('maild_id') from generate_series(1, :n)"), {"n": count})
            return tuple(int(row[0]) for row in rows)
        first = self._last + 1
        self._last += count
        return tuple(range(first, first + count))

    def keep(self, connection: Connection, last: int) -> None:
        """Let nobody be given ids up to this one, also after a restart: letters without a row yet bear them."""
        if not self._sequence:
            _KEEP.run(connection, {"name": KEPT, "value": max(last, self._highest(connection))})

    @staticmethod
    def _highest(connection: Connection) -> int:
        kept = select(col(Counter.value)).where(col(Counter.name) == KEPT)
        found = [connection.execute(select(func.max(col(table.id)))).scalar() for table in (Message, Outbox)]
        return max(value or 0 for value in (*found, connection.execute(kept).scalar()))

    def _version(self, connection: Connection) -> int:
        """Return a number that changes when another connection has written (SQLite's data_version)."""
        return 0 if self._sequence else int(_VERSION.scalar(connection))

    def give_back(self, ids: tuple[int, ...], *, used: int) -> None:
        """Return the unused end of the latest take, so that ids stay small where that costs nothing."""
        if not self._sequence and ids and ids[-1] == self._last:
            self._last = ids[0] + used - 1

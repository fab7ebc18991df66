"""Grow a store: copy the rows of real cases until it holds many, so that a benchmark meets a desk that is years old.

Every copied row is one that the daemon wrote; numbers, ids, hashes and Message-IDs are shifted so that they stay
unique, and automatic mails are moved back in time so that no cap counts them.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_SHIFT = {
    "cases": {"number": "case", "last_message_id": "name", "requester": "name"},
    "participant": {"case": "case", "address": "name"},
    "contact": {"address": "name"},
    "link": {"case": "case", "other": "case"},
    "inbound": {"id": "inbound", "case": "case", "content_hash": "name"},
    "raw": {"inbound": "inbound"},
    "outbox": {"id": "id", "case": "case", "once_key": "name", "message_id": "name", "recipient": "name"},
    "outbox_data": {"outbox": "id"},
    "automatic_mail": {"outbox": "id", "address_key": "name", "at": "time", "domain": "name"},
    "message": {
        "id": "id",
        "case": "case",
        "message_id": "name",
        "inbound": "inbound",
        "outbox": "id",
        "author_key": "name",
        "author": "name",
        "at": "time",
    },
    "attachment": {"message": "id"},
    "event": {"id": "event", "case": "case", "inbound": "inbound"},
}
"""In this order: a row must be there before another names it."""
_DAY = 24 * 3600 * 1_000_000


def grow(connection: Connection, wanted: int, *, with_bytes: bool) -> int:
    """Copy all cases of a small store until there are ``wanted``; their count. ``with_bytes``: the mails too."""
    present = connection.execute(text("select count(*) from cases")).scalar_one()
    copies = max(0, -(-(wanted - present) // present))
    spans = {
        "case": _span(connection, "cases", "number"),
        "id": max(_span(connection, "message", "id"), _span(connection, "outbox", "id")),
        "inbound": _span(connection, "inbound", "id"),
        "event": _span(connection, "event", "id"),
    }
    if copies:
        for table, shifts in _SHIFT.items():
            if with_bytes or table not in ("raw", "outbox_data"):
                _copy(connection, table, shifts, spans, copies)
        connection.execute(
            text("update counter set value = (select max(number) + 1 from cases) where name = 'case'"),
        )
    return int(connection.execute(text("select count(*) from cases")).scalar_one())


def _span(connection: Connection, table: str, column: str) -> int:
    return int(connection.execute(text(f'select coalesce(max("{column}"), 0) from {table}')).scalar_one()) + 1


def _copy(connection: Connection, table: str, shifts: dict[str, str], spans: dict[str, int], copies: int) -> None:
    names = list(connection.execute(text(f"select * from {table} limit 0")).keys())
    parts = []
    for name in names:
        kind = shifts.get(name)
        if kind is None:
            parts.append(f't."{name}"')
        elif kind == "name":
            parts.append(f"k.n || '-' || t.\"{name}\"")
        elif kind == "time":
            parts.append(f't."{name}" - (1 + k.n % 300) * {_DAY}')
        else:
            parts.append(f't."{name}" + k.n * {spans[kind]}')
    columns = ", ".join(f'"{name}"' for name in names)
    numbers = f"with recursive k(n) as (select 1 union all select n + 1 from k where n < {copies})"
    connection.execute(text(f"insert into {table} ({columns}) {numbers} select {', '.join(parts)} from k, {table} t"))

"""How Alembic reaches the store: on the connection that maild hands it, never by a url of its own."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from maild.storage.columns import UTCDateTime
from maild.storage.tables import Row


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UTCDateTime):
        return "UTCDateTime()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
    render_item=_render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

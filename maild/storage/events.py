"""The history: events are appended and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from maild.core.reasons.reason import Reason, dump
from maild.storage.tables import Event

_INSERT = insert(Event.__table__)  # type: ignore[attr-defined]


def add(
    connection: Connection,
    what: str,
    *,
    now: datetime,
    case: int | None = None,
    inbound: int | None = None,
    actor: str = "maild",
    before: str = "",
    after: str = "",
    reason: Reason | None = None,
) -> None:
    """Append one event: what happened, to which case or mail, by whom, before → after, why."""
    row: dict[str, Any] = {"case": case, "inbound": inbound, "at": now, "actor": actor, "what": what}
    connection.execute(_INSERT, row | {"before": before, "after": after, "reason": dump(reason), "trace": []})

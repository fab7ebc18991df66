"""The history: events are appended and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from maild.core.reasons.reason import Reason, dump
from maild.storage.statements import Insert
from maild.storage.tables import Event

_INSERT = Insert(Event)


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
    _INSERT.one(connection, row | {"before": before, "after": after, "reason": dump(reason), "trace": []})

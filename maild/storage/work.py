"""One plan under way: what every slice of carrying it out needs, and the rows that are yet to be written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from maild.core.plan import Plan
from maild.core.reasons.reason import Reason, dump
from maild.storage.ids import Ids
from maild.storage.rows import Rows
from maild.storage.tables import Event


class Work:
    """A plan being carried out in a transaction."""

    def __init__(self, connection: Connection, plan: Plan, ids: Ids, *, who: str, history: bool) -> None:
        self.connection, self.plan, self.ids, self.who = connection, plan, ids, who
        self.now = plan.decided_at
        self.rows = Rows(history=history)

    def new_id(self) -> int:
        """Return an id for a message: gathering took the letters' in this transaction."""
        return self.ids.more(self.connection, 1)[0]

    def event(self, what: str, case: int | None, reason: Reason | None, **more: Any) -> None:
        """Append to the history."""
        row: dict[str, Any] = {
            "case": case,
            "inbound": self.plan.inbound,
            "at": self.now,
            "actor": "maild",
            "what": what,
            "before": "",
            "after": "",
            "reason": dump(reason),
            "trace": [],
        }
        self.rows.add(Event, row | more)

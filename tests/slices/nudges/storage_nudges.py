"""How often a case was nudged."""

from __future__ import annotations

from maild.core.nudged import CountNudge
from sqlalchemy import Connection, bindparam, select
from sqlmodel import col

from maild.storage.statements import Statement, upserting
from maild.storage.tables import Counter
from maild.storage.work import Work

_COUNTED = Statement(select(col(Counter.value)).where(col(Counter.name) == bindparam("name")))
_COUNT = upserting(Counter, ("name", "value"), add=("value",))


def nudges(connection: Connection, case: int | None) -> int:
    """Return how often a case was nudged; 0 when nobody asks."""
    return 0 if case is None else int(_COUNTED.scalar(connection, name=f"nudges {case}") or 0)


def do(work: Work, change: CountNudge) -> None:
    """Count a nudge."""
    _COUNT.run(work.connection, {"name": f"nudges {change.case}", "value": 1})

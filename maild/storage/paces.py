"""How fast letters that answer no mail went out lately; core/letters/paces.py says what becomes of that."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select
from sqlmodel import col

from maild.core.facts import Pace
from maild.core.plan import KeepPace
from maild.storage.columns import UTCDateTime
from maild.storage.statements import Statement, at_most, table, upserting
from maild.storage.tables import Counter, PacedRun
from maild.storage.work import Work

REMEMBERED = timedelta(days=30)
NAME = "paced run"
"""The counter that is locked: two daemons must not give the same minute away."""

_LOCK = Statement(select(col(Counter.value)).where(col(Counter.name) == bindparam("name")).with_for_update())
_FIRST = upserting(Counter, ("name", "value"))
_NEWEST = Statement(select(table(PacedRun)).order_by(col(PacedRun.id).desc()).limit(at_most(1)))
_LARGEST = Statement(
    select(func.max(col(PacedRun.letters)).label("letters")).where(
        col(PacedRun.id) != bindparam("run"), col(PacedRun.minute) > bindparam("since", type_=UTCDateTime)
    )
)
_COLUMNS = ("minute", "in_minute", "letters", "confirmed", "held")
_KEEP = upserting(PacedRun, ("id", *_COLUMNS), replace=_COLUMNS)


def pace(connection: Connection, now: datetime) -> Pace:
    """Read and lock the newest run, and how large the others of the last 30 days were."""
    if _LOCK.scalar(connection, name=NAME) is None:
        _FIRST.run(connection, {"name": NAME, "value": 0})
        _LOCK.scalar(connection, name=NAME)
    row = _NEWEST.first(connection)
    if row is None:
        return Pace()
    since = now - REMEMBERED
    largest = _LARGEST.scalar(connection, run=row.id, since=since) or 0
    forgotten = row.minute <= since
    return Pace(
        run=row.id,
        minute=row.minute,
        in_minute=row.in_minute,
        letters=0 if forgotten else row.letters,
        confirmed=row.confirmed,
        held=row.held,
        largest=largest,
    )


def do(work: Work, change: KeepPace) -> None:
    """Keep how far a run has come."""
    values = {name: getattr(change, name) for name in _COLUMNS}
    _KEEP.run(work.connection, {"id": change.run} | values)

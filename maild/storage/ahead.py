"""Moments that have not been yet: what the store holds from a time when the clock was ahead.

A clock that is set back would otherwise delay letters and mails by as much, and the caps would count the letters of an
hour as those of ten minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, bindparam, delete, exists, type_coerce, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from maild.core.deliveries.delivery import WAITS
from maild.storage.columns import UTCDateTime
from maild.storage.counts import minute
from maild.storage.statements import table
from maild.storage.tables import AutomaticMail, AutomaticMinute, Inbound, Outbox, Strike, Timer

LONGEST = WAITS[-1]
"""The longest that anything is put off: what is due later than that was put off by another clock."""

_PUT_OFF = ((Outbox, "due"), (Inbound, "not_before"))
_HAPPENED = ((Outbox, "created"), (AutomaticMail, "at"), (Strike, "at"))


def set_back(connection: Connection, *, now: datetime, step: timedelta) -> int:
    """The clock was set back by ``step``: moments ahead move by as much. Returns how many were put off till then."""
    return _move(connection, now, now, step)


def at_start(connection: Connection, *, now: datetime) -> int:
    """Bring back what an earlier run, whose clock was ahead, put off for longer than anything is; how much it was."""
    return _move(connection, now, now + LONGEST, None)


def _promises(connection: Connection, now: datetime) -> None:
    """Bring back each promise that was made ahead of now by as much as it was made ahead."""
    other = aliased(Timer)
    made = type_coerce(col(Timer.set_at), BigInteger)
    due = type_coerce(col(Timer.due), BigInteger) - (made - bindparam("b_now", now, type_=UTCDateTime))
    same = exists().where(
        col(other.object) == col(Timer.object),
        col(other.step) == col(Timer.step),
        type_coerce(col(other.due), BigInteger) == due,
    )
    ahead = (col(Timer.state) == "pending", col(Timer.set_at) > now)
    connection.execute(update(table(Timer)).where(*ahead, ~same).values(due=due, set_at=now))


def _move(connection: Connection, now: datetime, after: datetime, step: timedelta | None) -> int:
    back = None if step is None else step // timedelta(microseconds=1)
    moved = 0
    for model, name in (*_PUT_OFF, *_HAPPENED):
        moment, put_off = col(getattr(model, name)), (model, name) in _PUT_OFF
        value = bindparam("b_now", now, type_=UTCDateTime) if back is None else type_coerce(moment, BigInteger) - back
        change = update(table(model)).where(moment > (after if put_off else now)).values({name: value})
        if put_off:
            change = change.where(col(getattr(model, "done_at")).is_(None))  # noqa: B009 only these two models have it
        count = connection.execute(change).rowcount
        moved += count if put_off else 0
    _promises(connection, now)
    connection.execute(delete(table(AutomaticMinute)).where(col(AutomaticMinute.minute) > minute(now)))
    return moved

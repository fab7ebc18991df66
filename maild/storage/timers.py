"""The timer table: promises for a moment, each kept once.

========  =========================================================================================
state     what it means
========  =========================================================================================
pending   (object, step, due) is promised; there is one row for each
done      it was kept, or did not hold any more when it fell due: ``said`` tells which
cleared   a plan took it back before
========  =========================================================================================

A promise is claimed, carried out and ended in one transaction, so it is kept exactly once, whatever ends in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_never

from sqlalchemy import Connection, bindparam, exists, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import col

from maild.core.cause import About, TimerDue
from maild.core.facts import TimerAsks, TimerFacts
from maild.core.plan import ClearTimers, EndTimer, SetTimer
from maild.core.reasons.reason import because, dump
from maild.storage.columns import UTCDateTime
from maild.storage.statements import Among, Statement, table
from maild.storage.tables import Outbox, Timer
from maild.storage.work import Work

TimerChange = SetTimer | ClearTimers | EndTimer

_PENDING = text("state = 'pending'")


def _set(dialect: str) -> Any:
    """Promise: one row for the same object, step and moment; one that was taken back stands again."""
    maker: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    names = ("object", "step", "due", "data", "set_at")
    query = maker(table(Timer)).values({name: bindparam(name) for name in names} | {"state": text("'pending'")})
    again = {"state": text("'pending'"), "data": query.excluded.data, "set_at": query.excluded.set_at}
    return query.on_conflict_do_update(
        index_elements=["object", "step", "due"], set_=again, where=text("timer.state = 'cleared'")
    )


_SET = Statement(_set)
_later = aliased(Timer)
_ONE = Statement(
    select(
        col(Timer.id),
        col(Timer.state),
        exists()
        .where(
            col(_later.object) == col(Timer.object),
            col(_later.step) == col(Timer.step),
            col(_later.state) == "pending",
            col(_later.due) > col(Timer.due),
            col(_later.due) <= bindparam("now", type_=UTCDateTime),
        )
        .label("later"),
    ).where(col(Timer.id) == bindparam("id"))
)
_LETTERS = Among(Outbox.id, lambda among: select(col(Outbox.id), col(Outbox.case), col(Outbox.recipient)).where(among))
_CLAIM = Statement(
    select(table(Timer)).where(col(Timer.id) == bindparam("id"), _PENDING).with_for_update(skip_locked=True)
)
_END = Statement(
    update(table(Timer))
    .where(col(Timer.id) == bindparam("b_id"), _PENDING)
    .values(state=text("'done'"), ended_at=bindparam("b_now"), said=bindparam("b_said"))
)


# -- which are due -----------------------------------------------------------------------------------------------------


def due_ids(connection: Connection, *, now: datetime, limit: int, but: Sequence[int] = ()) -> list[int]:
    """Return the ids of promises that are due, the oldest first."""
    query = select(col(Timer.id)).where(col(Timer.state) == "pending", col(Timer.due) <= now)
    if but:
        query = query.where(col(Timer.id).not_in(but))
    return list(connection.execute(query.order_by(col(Timer.due), col(Timer.id)).limit(limit)).scalars())


def claim(connection: Connection, key: int) -> TimerDue | None:
    """Take a promise for this transaction; None when it is done, or in another's hands."""
    row = _CLAIM.first(connection, id=key)
    if row is None:
        return None
    return TimerDue(timer=row.id, about=_about(row.object), step=row.step, due=row.due, data=row.data)


def letters_promised(connection: Connection, letters: Sequence[int]) -> frozenset[int]:
    """Return those of the letters that something is promised about."""
    names = {str(About(what="letter", id=letter)): letter for letter in letters}
    found = select(col(Timer.object)).where(col(Timer.object).in_(names), col(Timer.state) == "pending")
    return frozenset(names[name] for name in connection.execute(found.distinct()).scalars())


def next_due(connection: Connection) -> datetime | None:
    """Return when the next promise falls due, or None."""
    query = select(func.min(col(Timer.due), type_=UTCDateTime)).where(col(Timer.state) == "pending")
    return connection.execute(query).scalar()


def listing(connection: Connection, *, ever: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Return the promises to come, the soonest first, with what each is about; or these, whatever became of them."""
    wanted = col(Timer.state) == "pending" if ever is None else col(Timer.id).in_(ever)
    rows = connection.execute(select(table(Timer)).where(wanted).order_by(col(Timer.due), col(Timer.id))).all()
    letters = {row.id: _about(row.object).id for row in rows if _about(row.object).what == "letter"}
    cases = {found.id: found for found in _LETTERS.all(connection, sorted(set(letters.values())))}
    return [
        {
            "id": row.id,
            "due": row.due,
            "about": row.object,
            "step": row.step,
            "case": _case(_about(row.object), cases.get(letters.get(row.id, 0))),
            "to": cases[letters[row.id]].recipient if letters.get(row.id) in cases else None,
            "set": row.set_at,
        }
        for row in rows
    ]


def _case(about: About, letter: Any) -> Any:
    if about.what == "case":
        return about.id
    return None if letter is None else letter.case


def _about(name: str) -> About:
    what, _, key = name.partition(":")
    return About(what=what, id=int(key or 0))  # type: ignore[arg-type]


# -- gather ------------------------------------------------------------------------------------------------------------


def timer(connection: Connection, asks: TimerAsks | None, now: datetime) -> TimerFacts | None:
    """Return how a promise stands."""
    row = None if asks is None else _ONE.first(connection, id=asks.timer, now=now)
    return None if row is None else TimerFacts(id=row.id, pending=row.state == "pending", newest=not row.later)


# -- carry out ---------------------------------------------------------------------------------------------------------


def do(work: Work, change: TimerChange) -> None:
    """Do what a plan changes about promises."""
    match change:
        case SetTimer():
            row = {"object": str(change.about), "step": change.step, "due": change.due, "data": change.data}
            _SET.run(work.connection, row | {"set_at": work.now})
        case ClearTimers():
            _clear(work, change)
        case EndTimer():
            _end(work, change)
        case _:
            assert_never(change)


def _clear(work: Work, change: ClearTimers) -> None:
    query = update(table(Timer)).where(col(Timer.object) == str(change.about), col(Timer.state) == "pending")
    if change.step is not None:
        query = query.where(col(Timer.step) == change.step)
    if change.but is not None:
        query = query.where(col(Timer.id) != change.but)
    said = dump(because("taken back", work.plan.reason))
    work.connection.execute(query.values(state="cleared", ended_at=work.now, said=said))


def _end(work: Work, change: EndTimer) -> None:
    """End a promise.

    Raises:
        RuntimeError: when another has ended it; the plan is taken back.

    """
    values = {"b_id": change.timer, "b_now": work.now, "b_said": dump(change.reason)}
    if _END.run(work.connection, values) != 1:
        raise RuntimeError(f"timer {change.timer} is not pending any more")

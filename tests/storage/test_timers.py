"""The timer table on both databases: one row a promise, kept once, taken back, set again, never revived."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from maild.core.cause import DESK, About, Step, TimerDue
from maild.core.facts import TimerAsks
from maild.core.plan import Change, ClearTimers, EndTimer, Plan, SetTimer
from maild.core.reasons.reason import because, load
from maild.core.reasons.reason import text as said_by
from maild.core.timers import timers as core_timers
from maild.journey.timers import PATIENCE, due, keep_due
from maild.storage import inbound, timers
from maild.storage.carry_out import carry_out
from maild.storage.ids import Ids
from tests.kit import make
from tests.kit.promises import ME, NOW, Promises

LETTER = About(what="letter", id=7)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def do(connection: Connection, *changes: Change) -> None:
    """Carry out a plan of these changes."""
    plan = Plan(outcome="done", case=None, reason=said_by("test"), decided_at=NOW, changes=changes)
    carry_out(connection, plan, written=[], ids=Ids(connection), who=ME, claim_until=None)


def rows(connection: Connection) -> list[tuple[str, str, str]]:
    """Return every promise there ever was: step, state, and what was left with it."""
    query = text("select step, state, data from timer order by id")
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def only(connection: Connection) -> int:
    """Return the id of the only promise."""
    return int(connection.execute(text("select id from timer")).scalar_one())


def test_the_same_promise_is_one_row(connection: Connection) -> None:
    """(object, step, due) is unique: set twice it is one promise; another moment is another."""
    for _ in range(2):
        do(connection, SetTimer(about=LETTER, step="late", due=NOW + HOUR))
    assert rows(connection) == [("late", "pending", "")]
    do(connection, SetTimer(about=LETTER, step="late", due=NOW + HOUR + SECOND))
    assert [state for _, state, _ in rows(connection)] == ["pending", "pending"]
    again = text("insert into timer (object, step, due, set_at) select object, step, due, set_at from timer limit 1")
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(again)


def test_a_promise_is_taken_back_and_may_be_made_again(connection: Connection) -> None:
    """Cleared by step or whole; set again for the same moment it stands again, with what is left with it now."""
    late, give_up = (SetTimer(about=LETTER, step=step, due=NOW + HOUR) for step in ("late", "give up"))  # type: ignore[arg-type]
    other = SetTimer(about=About(what="letter", id=8), step="late", due=NOW + HOUR)
    do(connection, late, give_up, other)
    do(connection, ClearTimers(about=LETTER, step="late"))
    assert [row[:2] for row in rows(connection)] == [
        ("late", "cleared"),
        ("give up", "pending"),
        ("late", "pending"),
    ]
    said = connection.execute(text("select said from timer where state = 'cleared'")).scalar()
    assert load(said) == because("taken back", said_by("test"))
    do(connection, replace(late, data="anew"))
    assert rows(connection)[0] == ("late", "pending", "anew")
    do(connection, ClearTimers(about=LETTER))
    assert [state for _, state, _ in rows(connection)] == ["cleared", "cleared", "pending"]


def test_a_promise_is_moved(connection: Connection) -> None:
    """Taken back and set for another moment by one plan, there is one promise, and it is due then."""
    do(connection, SetTimer(about=LETTER, step="late", due=NOW + HOUR))
    do(connection, *core_timers.moved(LETTER, "late", NOW + 3 * HOUR))
    assert timers.due_ids(connection, now=NOW + 2 * HOUR, limit=9) == []
    assert timers.next_due(connection) == NOW + 3 * HOUR
    do(connection, *core_timers.moved(LETTER, "late", NOW + HOUR))  # and back again
    assert timers.next_due(connection) == NOW + HOUR
    assert [state for _, state, _ in rows(connection)] == ["pending", "cleared"]


def test_a_promise_that_was_kept_is_never_revived(connection: Connection) -> None:
    """Set again after it was kept, or cleared: it stays done, and is not kept twice."""
    promise = SetTimer(about=LETTER, step="late", due=NOW)
    do(connection, promise)
    key = only(connection)
    do(connection, EndTimer(timer=key, reason=said_by("told")))
    do(connection, promise)
    do(connection, ClearTimers(about=LETTER))
    do(connection, promise)
    assert rows(connection) == [("late", "done", "")]
    assert timers.claim(connection, key) is None and timers.due_ids(connection, now=NOW, limit=9) == []
    with pytest.raises(RuntimeError, match="not pending any more"):
        do(connection, EndTimer(timer=key, reason=said_by("again")))


def test_a_claim_names_what_was_promised(connection: Connection) -> None:
    """A claimed promise is the cause it stands for; the oldest are looked for first, and never those to come."""
    for hours in (2, 1, 3):
        do(connection, SetTimer(about=LETTER, step="late", due=NOW + hours * HOUR, data=str(hours)))
    do(connection, SetTimer(about=DESK, step="half-open", due=NOW + HOUR))
    found = [timers.claim(connection, key) for key in timers.due_ids(connection, now=NOW + 2 * HOUR, limit=9)]
    assert [(one.about, one.step, one.data) for one in found if one is not None] == [
        (LETTER, "late", "1"),
        (DESK, "half-open", ""),
        (LETTER, "late", "2"),
    ]
    assert found[0] is not None and found[0].due == NOW + HOUR
    assert timers.letters_promised(connection, [7, 8]) == frozenset({7})


def test_whoever_claims_a_promise_has_it_alone(engine: Engine) -> None:
    """On PostgreSQL what one connection has claimed is skipped by another, at once, and free again after it."""
    if engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time: there is no second claim to be had")
    desk = Promises(engine)
    key = desk.promise(DESK, "half-open", NOW)
    with engine.connect() as first, engine.connect() as second:
        with first.begin() as held, second.begin():
            assert isinstance(timers.claim(first, key), TimerDue)
            assert timers.claim(second, key) is None
            held.rollback()
        with second.begin():
            assert isinstance(timers.claim(second, key), TimerDue)


def test_of_several_only_the_newest_is_kept_where_the_step_says_so(engine: Engine) -> None:
    """After downtime a step of the kind "newest" is kept for its last moment only, one of the kind "all" for each."""
    desk = Promises(engine)
    for hours in (1, 2, 3):
        desk.promise(DESK, "half-open", NOW + hours * HOUR)
    kept = desk.keep(NOW + 2 * HOUR)
    assert [one.plan.reason for one in kept] == [because("later one is due"), because("breaker is closed")]
    for hours in (1, 2, 3):
        desk.promise(About(what="letter", id=5), "drop held", NOW + hours * HOUR)
    kept = desk.keep(NOW + 4 * HOUR)
    said = sorted(one.plan.reason.code for one in kept)
    assert said == ["breaker is closed", *["no such letter"] * 3]
    assert set(core_timers.KINDS) == set(get_args(Step)), "every step says how it catches up"


def test_newest_looks_at_what_is_due_only(connection: Connection) -> None:
    """A promise is the newest of its like as long as the next one is not due yet."""
    for hours in (1, 2):
        do(connection, SetTimer(about=LETTER, step="late", due=NOW + hours * HOUR))
    first = timers.due_ids(connection, now=NOW + HOUR, limit=1)[0]
    now = timers.timer(connection, TimerAsks(timer=first), NOW + HOUR)
    then = timers.timer(connection, TimerAsks(timer=first), NOW + 2 * HOUR)
    assert now is not None and now.newest and then is not None and not then.newest


def test_one_that_always_fails_holds_up_none(engine: Engine) -> None:
    """A promise that cannot be kept is named, stays, and every other one is kept, those behind it too."""
    desk = Promises(engine)
    case = desk.take(make.mail()).case
    assert case is not None
    bad = desk.promise(About(what="cause", id=1), "go on", NOW, data="no letters at all")
    desk.late_letters(3, case=case, dues=[NOW + MINUTE])
    found = list(keep_due(engine.begin, desk.corridor, now=NOW + HOUR, wall=NOW + HOUR))
    assert found[0][:2] == (bad, None) and "ValidationError" in found[0][2]
    assert len(found) == 4 and len(desk.told_of()) == 3
    assert desk.rows("select id from timer where state = 'pending'") == [(bad,)]


def test_a_promise_waits_for_mail_that_came_before_it(engine: Engine) -> None:
    """It waits for mails accepted before it was due, two minutes at most, and for none that came later."""
    desk = Promises(engine)
    key = desk.promise(DESK, "half-open", NOW)

    def ready(seconds: float) -> bool:
        with engine.begin() as connection:
            return key in due(connection, now=NOW + timedelta(seconds=seconds))

    def accept(seconds: float) -> int:
        envelope = make.mail(envelope={"received": NOW + timedelta(seconds=seconds)}).envelope
        with engine.begin() as connection:
            return inbound.accept(connection, envelope, b"x", claim_for=None)

    assert ready(0) and not ready(-1)
    accept(1)
    assert ready(1), "a mail that came after it"
    before = accept(-1)
    assert not ready(1) and not ready(PATIENCE.total_seconds() - 1) and ready(PATIENCE.total_seconds())
    with engine.begin() as connection:
        connection.execute(text("update inbound set state = 'done', done_at = 1 where id = :id"), {"id": before})
    assert ready(1)


@pytest.mark.parametrize("how", ["slow", "failing", "quarantined"])
def test_a_promise_waits_for_no_mail_that_is_in_trouble(engine: Engine, how: str) -> None:
    """A mail that is slow to read, failed before or is in quarantine delays no promise."""
    desk = Promises(engine)
    key = desk.promise(DESK, "half-open", NOW)
    came = NOW - inbound.SLOW if how == "slow" else NOW - SECOND
    with engine.begin() as connection:
        mail = inbound.accept(connection, make.mail(envelope={"received": came}).envelope, b"x", claim_for=ME)
        assert key not in due(connection, now=NOW)
        if how == "failing":
            connection.execute(text("update inbound set attempts = 2, state = 'accepted'"))
        elif how == "quarantined":
            assert inbound.quarantine(connection, mail, who=ME, reason=said_by("bad"), traceback="", now=NOW)
        now = NOW + SECOND
        assert key in due(connection, now=now)

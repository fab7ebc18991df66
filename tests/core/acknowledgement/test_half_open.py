"""The breaker after half an hour: it closes when it has become quiet, and else stays open for as long again."""

from datetime import timedelta

import pytest

from maild.core.cause import DESK, TimerDue
from maild.core.decide import decide
from maild.core.facts import Asks, Counts, TimerFacts
from maild.core.plan import EndTimer, OpenBreaker, Plan, SetTimer
from tests.kit import make
from tests.kit.make import NOW, facts, of

OPENED = NOW - timedelta(minutes=30)


def looked(counts: Counts) -> Plan:
    """The plan when the half hour is over."""
    due = TimerDue(timer=5, about=DESK, step="half-open", due=NOW)
    timer = TimerFacts(id=5, pending=True, newest=True)
    return decide(due, Asks(), facts(timer=timer, counts=counts), make.RULEBOOK)


@pytest.mark.parametrize(
    ("recent", "usual", "closes"), [(0, 0.0, True), (59, 0.0, True), (60, 0.0, False), (99, 20.0, True)]
)
def test_it_closes_below_its_limit_only(recent: int, usual: float, closes: bool) -> None:
    """As many automatic mails as open it keep it open; the limit is five times the usual where that is more."""
    plan = looked(Counts(breaker_open_since=OPENED, all_10min=recent, median_10min=usual))
    again = SetTimer(about=DESK, step="half-open", due=NOW + timedelta(minutes=30))
    assert of(plan, OpenBreaker) == ([OpenBreaker(closed=True)] if closes else [])
    assert of(plan, SetTimer) == ([] if closes else [again])
    assert (plan.outcome, [end.timer for end in of(plan, EndTimer)], plan.notices) == ("done", [5], ())


def test_one_that_is_closed_already_stays_closed() -> None:
    """The promise ends without effect."""
    plan = looked(Counts(all_10min=999))
    assert (plan.outcome, len(plan.changes), [end.timer for end in of(plan, EndTimer)]) == ("nothing", 1, [5])

"""Promises that fell due (the timer table): which kinds there are, and what all of them share.

A promise is kept once: its row is claimed and ended in the transaction of its effect. One that holds no more (the
letter went out, the breaker closed) ends without effect, and says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from maild.core.acknowledgement.half_open import HALF_OPENS
from maild.core.arrivals.summaries import SUMMARIES
from maild.core.cause import About, Step, TimerDue
from maild.core.deliveries.waiting_letters import DROPS, GIVES_UP, IS_LATE
from maild.core.draft import Draft
from maild.core.facts import Asks, Facts, TimerAsks
from maild.core.letters.parts import GOES_ON
from maild.core.plan import ClearTimers, Plan, SetTimer
from maild.core.reasons.reason import because
from maild.core.rules.organisation import Rulebook
from maild.core.timers.kept import Kind, over

KINDS: dict[Step, Kind] = {
    "half-open": HALF_OPENS,
    "drop held": DROPS,
    "late": IS_LATE,
    "give up": GIVES_UP,
    "summary": SUMMARIES,
    "go on": GOES_ON,
}
"""What each step asks and comes to."""


def asks_timer(cause: TimerDue) -> Asks:
    """Say what deciding about a promise needs to know."""
    return replace(KINDS[cause.step].asks(cause), timers=TimerAsks(timer=cause.timer))


def decide_timer(cause: TimerDue, asks: Asks, facts: Facts, rulebook: Rulebook) -> Plan:
    """Decide what a promise that fell due comes to."""
    draft = Draft(asks, facts, rulebook, key=f"timer:{cause.timer}", actor="clock")
    timer, kind = facts.timer, KINDS[cause.step]
    if timer is None or not timer.pending:
        return draft.done("nothing", None, because("timer is over"))
    if not timer.newest and kind.catch_up == "newest":
        return over(draft, cause, None, because("later one is due"))
    return kind.keep(draft, cause)


def moved(about: About, step: Step, due: datetime, data: str = "") -> tuple[ClearTimers, SetTimer]:
    """Return what moves a promise to another moment, or makes it when there was none."""
    return ClearTimers(about=about, step=step), SetTimer(about=about, step=step, due=due, data=data)

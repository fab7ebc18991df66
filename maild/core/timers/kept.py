"""What a kind of promise is made of, and how keeping one ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from maild.core.cause import TimerDue
from maild.core.draft import Draft
from maild.core.facts import Asks
from maild.core.plan import EndTimer, Plan
from maild.core.reasons.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of promise: what it needs to know, what it comes to, and what is done after downtime."""

    asks: Callable[[TimerDue], Asks]
    keep: Callable[[Draft, TimerDue], Plan]
    catch_up: Literal["all", "newest"]
    """What is done of one that fell due several times for one object while nobody looked."""


def over(draft: Draft, cause: TimerDue, case: int | None, reason: Reason) -> Plan:
    """End a promise that holds no more."""
    draft.changes.append(EndTimer(timer=cause.timer, reason=reason))
    return draft.done("nothing", case, reason)


def kept(draft: Draft, cause: TimerDue, case: int | None, reason: Reason) -> Plan:
    """End a promise that has been kept."""
    draft.changes.append(EndTimer(timer=cause.timer, reason=reason))
    return draft.done("done", case, reason)

"""The breaker has been open for a while: may it close?"""

from __future__ import annotations

from maild.core.acknowledgement.caps import HALF_OPEN, breaker_limit
from maild.core.cause import DESK, TimerDue
from maild.core.draft import Draft
from maild.core.facts import Asks, CapAsks
from maild.core.plan import OpenBreaker, Plan, SetTimer
from maild.core.reasons.reason import because
from maild.core.timers.kept import Kind, kept, over


def _asks(_: TimerDue) -> Asks:
    return Asks(caps=CapAsks())


def _keep(draft: Draft, cause: TimerDue) -> Plan:
    """Close the breaker when it has become quiet, else look again later."""
    counts, now = draft.facts.caps, draft.facts.now
    assert counts is not None
    if counts.breaker_open_since is None:
        return over(draft, cause, None, because("breaker is closed"))
    if counts.all_10min < breaker_limit(counts, draft.rulebook):
        draft.changes.append(OpenBreaker(closed=True))
        return kept(draft, cause, None, because("quiet again"))
    draft.changes.append(SetTimer(about=DESK, step="half-open", due=now + HALF_OPEN))
    return kept(draft, cause, None, because("breaker stays open", counts.all_10min))


HALF_OPENS = Kind(asks=_asks, keep=_keep, catch_up="newest")

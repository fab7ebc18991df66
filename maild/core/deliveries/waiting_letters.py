"""Promises about a letter that waits: held for a day, late after hours, given up after days."""

from __future__ import annotations

from datetime import timedelta

from maild.core.cause import TimerDue
from maild.core.deliveries.undelivered import give_up, tell_undelivered
from maild.core.draft import Draft
from maild.core.facts import Asks, LetterAsks, ThreadAsks
from maild.core.plan import ClearTimers, Plan, SetTimer, SettleLetter
from maild.core.reasons.reason import because
from maild.core.timers.kept import Kind, kept, over

AGAIN = timedelta(minutes=15)
"""After which a letter that is being sent at its last moment is looked at once more."""
NONE = because("no such letter")
WAITS = frozenset({"queued", "sending", "deferred"})


def _asks(cause: TimerDue) -> Asks:
    ids = frozenset({cause.about.id})
    return Asks(letters=LetterAsks(ids=ids), threads=ThreadAsks(letters=ids))


def _drop(draft: Draft, cause: TimerDue) -> Plan:
    letter = draft.facts.letters.get(cause.about.id)
    if letter is None:
        return over(draft, cause, None, NONE)
    if letter.state != "held":
        return over(draft, cause, letter.case, because("letter is", because(letter.state)))
    draft.changes.append(SettleLetter(letter=letter.id, before="held", state="dropped"))
    return kept(draft, cause, letter.case, because("held for a day"))


def _late(draft: Draft, cause: TimerDue) -> Plan:
    letter = draft.facts.letters.get(cause.about.id)
    if letter is None:
        return over(draft, cause, None, NONE)
    if letter.state not in WAITS:
        return over(draft, cause, letter.case, because("letter is", because(letter.state)))
    if letter.warned:
        return over(draft, cause, letter.case, because("somebody was told"))
    draft.changes.append(SettleLetter(letter=letter.id, before=letter.state, state=letter.state, warned=True))
    tell_undelivered(draft, letter, letter.error or because("not sent yet"), final=False)
    return kept(draft, cause, letter.case, because("told that it is late"))


def _give_up(draft: Draft, cause: TimerDue) -> Plan:
    letter = draft.facts.letters.get(cause.about.id)
    if letter is None:
        return over(draft, cause, None, NONE)
    if letter.state not in WAITS:
        return over(draft, cause, letter.case, because("letter is", because(letter.state)))
    if letter.state == "sending":  # its last attempt is under way, and says itself what comes of it
        again = SetTimer(about=cause.about, step="give up", due=max(draft.facts.now, cause.due) + AGAIN)
        draft.changes.append(again)
        return kept(draft, cause, letter.case, because("looked at again"))
    give_up(draft, letter)
    draft.changes.append(ClearTimers(about=cause.about, but=cause.timer))
    return kept(draft, cause, letter.case, because("letter given up"))


DROPS = Kind(asks=_asks, keep=_drop, catch_up="all")
IS_LATE = Kind(asks=_asks, keep=_late, catch_up="newest")
GIVES_UP = Kind(asks=_asks, keep=_give_up, catch_up="newest")

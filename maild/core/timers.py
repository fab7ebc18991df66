"""Promises that fell due (the timer table): what each step does, and how it catches up after downtime.

A step is done once: its row is claimed and ended in the transaction of its effect. A step that holds no more (the
letter went out, the breaker closed) ends without effect, and says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from pydantic import TypeAdapter

from maild.core.caps import HALF_OPEN, breaker_limit
from maild.core.cause import DESK, About, Step, TimerDue
from maild.core.draft import Draft
from maild.core.facts import Asks, CapAsks, Facts, LetterAsks, LetterFacts, ThreadAsks, TimerAsks
from maild.core.plan import ClearTimers, EndTimer, Notice, OpenBreaker, Plan, SetTimer, SettleLetter
from maild.core.reason import Reason, because
from maild.core.rules import Rulebook
from maild.core.undelivered import give_up, tell_undelivered

CATCH_UP: dict[Step, Literal["all", "newest"]] = {
    "half-open": "newest",
    "drop held": "all",
    "late": "newest",
    "give up": "newest",
    "go on": "all",
}
"""What is done of a step that fell due several times for one object while nobody looked."""
AGAIN = timedelta(minutes=15)
"""After which a letter that is being sent at its last moment is looked at once more."""


def asks_timer(cause: TimerDue) -> Asks:
    """Say what deciding about a promise needs to know."""
    timer = TimerAsks(timer=cause.timer)
    if cause.about.what == "letter":
        ids = frozenset({cause.about.id})
        return Asks(timers=timer, letters=LetterAsks(ids=ids), threads=ThreadAsks(letters=ids))
    if cause.step == "go on":
        files = (notice.attachments_of for notice in rest_of(cause) if notice.attachments)
        return Asks(timers=timer, raw=frozenset(inbound for inbound in files if inbound is not None))
    return Asks(timers=timer, caps=CapAsks())


def decide_timer(cause: TimerDue, asks: Asks, facts: Facts, rulebook: Rulebook) -> Plan:
    """Decide what a promise that fell due comes to."""
    draft = Draft(asks, facts, rulebook, key=f"timer:{cause.timer}", actor="clock")
    timer = facts.timer
    if timer is None or not timer.pending:
        return draft.done("nothing", None, because("timer is over"))
    if not timer.newest and CATCH_UP[cause.step] == "newest":
        return _over(draft, cause, None, because("later one is due"))
    if cause.about.what == "letter":
        return _letter(draft, cause, facts.letters.get(cause.about.id))
    if cause.step == "go on":
        for notice in rest_of(cause):
            draft.desk.add(notice)
        return _kept(draft, cause, None, because("letters more", len(draft.desk.notices)))
    return _half_open(draft, cause)


MOST_LETTERS = 64
"""Letters that one transaction queues; what is beyond goes on in one of its own (the writer is held so long)."""
_NOTICES = TypeAdapter(tuple[Notice, ...])


def in_parts(plan: Plan) -> Plan:
    """Leave what a plan has to tell beyond :data:`MOST_LETTERS` to a promise for this very moment, kept once."""
    if len(plan.notices) <= MOST_LETTERS:
        return plan
    rest = plan.notices[MOST_LETTERS:]
    about = About(what="cause", id=rest[0].outbox_id)
    data = _NOTICES.dump_json(rest).decode()
    go_on = SetTimer(about=about, step="go on", due=plan.decided_at, data=data)
    return replace(plan, notices=plan.notices[:MOST_LETTERS], changes=(*plan.changes, go_on))


def rest_of(cause: TimerDue) -> tuple[Notice, ...]:
    """Return the letters that a promise to go on is about."""
    return _NOTICES.validate_json(cause.data)


def _over(draft: Draft, cause: TimerDue, case: int | None, reason: Reason) -> Plan:
    """End a promise that holds no more."""
    draft.changes.append(EndTimer(timer=cause.timer, reason=reason))
    return draft.done("nothing", case, reason)


def _kept(draft: Draft, cause: TimerDue, case: int | None, reason: Reason) -> Plan:
    draft.changes.append(EndTimer(timer=cause.timer, reason=reason))
    return draft.done("done", case, reason)


def _letter(draft: Draft, cause: TimerDue, letter: LetterFacts | None) -> Plan:
    if letter is None:
        return _over(draft, cause, None, because("no such letter"))
    if cause.step == "drop held":
        if letter.state != "held":
            return _over(draft, cause, letter.case, because("letter is", because(letter.state)))
        draft.changes.append(SettleLetter(letter=letter.id, before="held", state="dropped"))
        return _kept(draft, cause, letter.case, because("held for a day"))
    if letter.state in ("sent", "failed", "dropped", "held"):
        return _over(draft, cause, letter.case, because("letter is", because(letter.state)))
    if cause.step == "late":
        if letter.warned:
            return _over(draft, cause, letter.case, because("somebody was told"))
        draft.changes.append(SettleLetter(letter=letter.id, before=letter.state, state=letter.state, warned=True))
        tell_undelivered(draft, letter, letter.error or because("not sent yet"), final=False)
        return _kept(draft, cause, letter.case, because("told that it is late"))
    if letter.state == "sending":  # its last attempt is under way, and says itself what comes of it
        again = SetTimer(about=cause.about, step="give up", due=max(draft.facts.now, cause.due) + AGAIN)
        draft.changes.append(again)
        return _kept(draft, cause, letter.case, because("looked at again"))
    give_up(draft, letter)
    draft.changes.append(ClearTimers(about=cause.about, but=cause.timer))
    return _kept(draft, cause, letter.case, because("letter given up"))


def _half_open(draft: Draft, cause: TimerDue) -> Plan:
    """Close the breaker when it has become quiet, else look again later."""
    counts, now = draft.facts.caps, draft.facts.now
    assert counts is not None
    if counts.breaker_open_since is None:
        return _over(draft, cause, None, because("breaker is closed"))
    if counts.all_10min < breaker_limit(counts, draft.rulebook):
        draft.changes.append(OpenBreaker(closed=True))
        return _kept(draft, cause, None, because("quiet again"))
    draft.changes.append(SetTimer(about=DESK, step="half-open", due=now + HALF_OPEN))
    return _kept(draft, cause, None, because("breaker stays open", counts.all_10min))

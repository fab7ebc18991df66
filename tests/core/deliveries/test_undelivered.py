"""What follows when a letter is put off, late, given up or held too long: who is told, once, and who is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maild.core.cause import DESK, About, Delivered, Step, TimerDue
from maild.core.decide import decide
from maild.core.facts import Asks, Facts, LetterFacts, TimerFacts
from maild.core.plan import ClearTimers, EndTimer, Plan, Record, SetTimer, SettleLetter
from maild.core.reasons.reason import text
from tests.kit import make
from tests.kit.make import CAMILLA, DAVID, KARI, NOW, case, facts, notices, of

NOBODY = make.rulebook(groups=[replace(group, members=()) for group in make.GROUPS])
ABOUT = About(what="letter", id=77)
SAID = text("550 no such user")


def letter(**changes: Any) -> LetterFacts:
    """The answer that Kari was sent an hour ago."""
    made: dict[str, Any] = {
        "id": 77,
        "case": 1042,
        "kind": "answer",
        "to": KARI,
        "once_key": "answer:7",
        "state": "deferred",
        "attempts": 4,
        "created": NOW - timedelta(hours=1),
    }
    return LetterFacts(**(made | changes))


def known(one: LetterFacts | None, **changes: Any) -> Facts:
    """Facts with this letter."""
    return facts(case(), letters={} if one is None else {one.id: one}, **changes)


def failed(one: LetterFacts, rules: Any = make.RULEBOOK, state: Any = "failed", **changes: Any) -> Plan:
    """The plan when the relay has refused it."""
    cause = Delivered(letter=77, state=state, answer=SAID)
    return decide(cause, Asks(), known(one, **changes), rules)


def due(step: Step, one: LetterFacts | None, *, newest: bool = True, pending: bool = True) -> Plan:
    """The plan when a promise about it falls due."""
    timer = TimerFacts(id=5, pending=pending, newest=newest)
    return decide(TimerDue(timer=5, about=ABOUT, step=step, due=NOW), Asks(), known(one, timer=timer), make.RULEBOOK)


def told(plan: Plan) -> list[tuple[str, str]]:
    """Who is told what."""
    return [(notice.kind, notice.to) for notice in plan.notices]


def test_what_a_promise_is_about_has_its_name_for_ever() -> None:
    """The names stand in the store: a promise of before is found again."""
    assert (str(DESK), str(ABOUT)) == ("desk", "letter:77")


def test_a_refused_letter_is_told_to_who_works_on_the_case() -> None:
    """The case's agent hears what the relay said; what was promised about the letter is over."""
    plan = failed(letter(state="failed"))
    assert told(plan) == [("undelivered", CAMILLA)]
    assert notices(plan)[0].values["to"] == KARI and notices(plan)[0].values["diagnostic"] == SAID
    assert (plan.outcome, plan.case, of(plan, ClearTimers)) == ("done", 1042, [ClearTimers(about=ABOUT)])
    (event,) = of(plan, Record)
    assert (event.what, event.before, event.after, event.case) == ("not delivered", "failed", "failed", 1042)


def test_who_cannot_be_reached_is_not_the_one_told() -> None:
    """A letter to the agent that fails is told to the colleagues; where nobody is left the operator hears of it."""
    assert told(failed(letter(state="failed", to=CAMILLA, kind="assignment"))) == [("undelivered", DAVID)]
    rules = replace(NOBODY, agents={"camilla": make.RULEBOOK.agents["camilla"]})
    alone = failed(letter(state="failed", to=CAMILLA, kind="assignment"), rules)
    assert told(alone) == [("operator", "drift@fjordvik.example")]
    assert told(failed(letter(state="failed", case=None))) == [("operator", "drift@fjordvik.example")]


@pytest.mark.parametrize("kind", ["undelivered", "operator", "confirmation"])
def test_a_letter_about_a_letter_that_fails_is_told_to_nobody(kind: str) -> None:
    """It would go round for ever: the event alone shows it."""
    plan = failed(letter(state="failed", kind=kind, to=CAMILLA))
    assert told(plan) == [] and [event.what for event in of(plan, Record)] == ["not delivered"]
    assert told(due("give up", letter(kind=kind))) == told(due("late", letter(kind=kind))) == []


def test_a_letter_put_off_has_two_moments() -> None:
    """Four hours after it was queued somebody should know, after five days it is given up; nobody is told yet."""
    plan = failed(letter(), state="deferred")
    created = NOW - timedelta(hours=1)
    assert of(plan, SetTimer) == [
        SetTimer(about=ABOUT, step="late", due=created + timedelta(hours=4)),
        SetTimer(about=ABOUT, step="give up", due=created + timedelta(days=5)),
    ]
    assert (plan.outcome, plan.case, told(plan)) == ("done", 1042, [])


def test_of_a_letter_that_is_elsewhere_by_now_nothing_is_said() -> None:
    """One that is gone, or stands otherwise than the cause says, is somebody else's."""
    for plan in (failed(letter(state="sent")), failed(replace(letter(), id=78))):
        assert (plan.outcome, plan.changes, plan.notices) == ("nothing", (), ())


@pytest.mark.parametrize("state", ["queued", "sending", "deferred"])
def test_a_letter_that_still_waits_is_late_once(state: Any) -> None:
    """The agent is told with the last error, the letter goes on waiting; who was told is not told again."""
    plan = due("late", letter(state=state, error=SAID))
    assert told(plan) == [("undelivered", CAMILLA)] and notices(plan)[0].values["reason"] == SAID
    assert of(plan, SettleLetter) == [SettleLetter(letter=77, before=state, state=state, warned=True)]
    assert [event.what for event in of(plan, Record)] == ["delivery is late"]
    assert plan.outcome == "done" and of(plan, EndTimer)[0].timer == 5
    again = due("late", letter(state=state, warned=True))
    assert (again.outcome, told(again), of(again, SettleLetter)) == ("nothing", [], [])


@pytest.mark.parametrize("state", ["queued", "deferred"])
def test_a_letter_nobody_took_is_given_up(state: Any) -> None:
    """It fails, the agent is told, and what else was promised about it is taken back."""
    plan = due("give up", letter(state=state, error=SAID))
    assert told(plan) == [("undelivered", CAMILLA)]
    (settled,) = of(plan, SettleLetter)
    assert (settled.before, settled.state, settled.warned, settled.error.code) == (state, "failed", True, "given up")
    assert of(plan, ClearTimers) == [ClearTimers(about=ABOUT, but=5)] and plan.outcome == "done"


def test_a_last_attempt_under_way_is_waited_for() -> None:
    """A letter that is being sent when it should be given up is looked at a quarter of an hour later."""
    plan = due("give up", letter(state="sending"))
    assert of(plan, SetTimer) == [SetTimer(about=ABOUT, step="give up", due=NOW + timedelta(minutes=15))]
    assert (told(plan), of(plan, SettleLetter), plan.outcome) == ([], [], "done")


def test_what_was_held_for_a_day_is_dropped() -> None:
    """An acknowledgement that nobody released goes to nobody; one that was released stays as it is."""
    plan = due("drop held", letter(kind="ack", state="held"))
    assert of(plan, SettleLetter) == [SettleLetter(letter=77, before="held", state="dropped")] and not plan.notices
    for released in ("queued", "sent", "dropped"):
        left = due("drop held", letter(kind="ack", state=released))
        assert (left.outcome, of(left, SettleLetter), len(of(left, EndTimer))) == ("nothing", [], 1)


@pytest.mark.parametrize("step", ["late", "give up", "drop held"])
def test_a_promise_that_holds_no_more_ends_without_effect(step: Step) -> None:
    """The letter went out or is gone: the promise ends, and says so; one that is over already changes nothing."""
    for one in (None, letter(state="sent"), letter(state="failed"), letter(state="dropped")):
        plan = due(step, one)
        assert (plan.outcome, plan.notices, of(plan, SettleLetter)) == ("nothing", (), [])
        assert [end.timer for end in of(plan, EndTimer)] == [5]
    assert due(step, letter(), pending=False).changes == ()


def test_of_several_promises_of_a_letter_the_newest_counts() -> None:
    """Late and given up are looked at once, however many such promises fell due; each held one is dropped."""
    for step in ("late", "give up"):
        plan = due(step, letter(), newest=False)  # type: ignore[arg-type]
        assert (plan.outcome, plan.notices, len(plan.changes)) == ("nothing", (), 1)
    assert of(due("drop held", letter(state="held"), newest=False), SettleLetter)

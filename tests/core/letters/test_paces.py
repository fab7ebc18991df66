"""How fast letters go out that answer no mail: 60 a minute, and no run far larger than any before (law A10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from maild.core.asks import asks
from maild.core.cause import About, AdminSaid, Delivered, ReleaseLetters, TimerDue
from maild.core.decide import decide
from maild.core.facts import LetterFacts, Pace, TimerFacts
from maild.core.letters.paces import PAUSE, Pacer, paced
from maild.core.letters.parts import MOST_LETTERS, in_parts, rest_of
from maild.core.plan import ClearTimers, KeepPace, Notice, Plan, Record, SettleLetter
from maild.core.reasons.reason import because, text
from tests.kit import make

NOW = make.NOW
MINUTE = timedelta(minutes=1)


def notice(key: int, **changes: Any) -> Notice:
    """Make a reminder to somebody who is no agent."""
    made: dict[str, Any] = {
        "outbox_id": key,
        "kind": "ack",
        "once_key": f"reminder:{key}",
        "to": f"kunde{key}@epost.example",
        "case": 1042,
        "department": "it",
        "language": "no",
        "from_address": "it@fjordvik.example",
        "from_name": "IT",
        "subject": "Husk boka",
        "message_id": f"<{key}@x>",
        "automatic": "auto-generated",
        "author_key": f"kunde{key}@epost.example",
    }
    return Notice(**(made | changes))


def plan(notices: Iterable[Notice], now: datetime = NOW) -> Plan:
    """Make a plan that writes these letters."""
    return Plan(outcome="done", case=1042, reason="test", actor="clock", notices=tuple(notices), decided_at=now)


def run(count: int, pace: Pace | None = None, now: datetime = NOW) -> Plan:
    """Pace a plan of so many reminders."""
    facts = make.facts(pace=pace or Pace(), now=now, outbox_ids=tuple(range(count + 20)))
    return paced(plan((notice(key) for key in range(count)), now), facts, make.RULEBOOK, used=count)


def kept(plan: Plan) -> Pace:
    """Return the pace that the next cause finds."""
    (one,) = make.of(plan, KeepPace)
    names = ("run", "minute", "in_minute", "letters", "confirmed", "held")
    return Pace(**{name: getattr(one, name) for name in names})


def minutes(plan: Plan) -> list[int]:
    """Return how many letters go out in each minute from now on."""
    base = NOW.replace(second=0)
    counts = Counter(int((one.due - base) / MINUTE) for one in plan.notices if one.due is not None)
    return [counts[key] for key in sorted(counts)]


def test_sixty_a_minute() -> None:
    """The first 60 letters go out at once, each following 60 a minute later; none is counted by caps or breaker."""
    found = run(150)
    assert minutes(found) == [60, 60, 30]
    assert found.notices[0].due == NOW and found.notices[60].due == NOW + MINUTE
    assert all(one.paced and not one.held for one in found.notices)


def test_the_next_cause_goes_on_where_the_last_one_was() -> None:
    """Each promise is a plan of its own; together they keep the pace as one plan would."""
    pace, dues = Pace(), []
    for _ in range(130):
        found = run(1, pace)
        pace = kept(found)
        dues.append(found.notices[0].due)
    assert [dues.count(NOW + n * MINUTE) for n in range(3)] == [60, 60, 10]
    assert pace.run == 1 and pace.letters == 130
    later = run(1, pace, NOW + 90 * timedelta(seconds=1))
    assert later.notices[0].due == NOW + 2 * MINUTE, "the third minute is not full yet"


def test_in_the_middle_of_a_minute_what_is_due_goes_out_now() -> None:
    """A letter never waits for the next minute while this one has room, and is never due before now."""
    now = NOW + timedelta(seconds=42)
    found = run(61, now=now)
    assert found.notices[0].due == now and found.notices[60].due == NOW + MINUTE


def test_a_run_far_larger_than_any_is_held() -> None:
    """From the 201st letter on all is held, with an event each, and the operator is told once."""
    found = run(250)
    held = [one for one in found.notices if one.held]
    assert [one.outbox_id for one in held] == list(range(200, 250))
    assert all(one.paced and one.due is None for one in held)
    events = make.of(found, Record)
    assert len(events) == 50 and {(one.what, one.case, one.after) for one in events} == {("held back", 1042, "held")}
    (told,) = make.notices(found, "operator")
    assert (
        told.outbox_id == 250
        and told.values["reason"] == because("letters are held, what to do", 200)
        and not told.held
    )
    again = run(5, kept(found))
    assert all(one.held for one in again.notices) and make.notices(again, "operator") == []


def test_the_limit_grows_with_what_was_usual() -> None:
    """A run may be three times as large as the largest of the last 30 days; small ones never lower it below 200."""
    assert sum(one.held for one in run(400, Pace(run=7, largest=130)).notices) == 10
    assert sum(one.held for one in run(400, Pace(run=7, largest=10)).notices) == 200
    before = Pace(run=7, minute=NOW - timedelta(hours=5), letters=150)
    assert sum(one.held for one in run(460, before).notices) == 10, "the newest run of before counts, too"


def test_after_a_pause_another_run_begins() -> None:
    """Ten minutes without a letter end a run; as long as letters are held it goes on, however long."""
    first = kept(run(250))
    assert first.minute == NOW + 3 * MINUTE
    still = run(1, first, NOW + 4 * MINUTE + PAUSE - timedelta(seconds=1))
    assert still.notices[0].held and kept(still).run == 1
    on = run(1, kept(still), NOW + 4 * MINUTE + 2 * PAUSE - timedelta(seconds=2))
    assert on.notices[0].held and kept(on).run == 1
    anew = run(1, first, NOW + 4 * MINUTE + PAUSE)
    assert not anew.notices[0].held and kept(anew).run == 2


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=400)])
def test_a_clock_set_back_delays_no_letter(back: timedelta) -> None:
    """Minutes that were given away by a clock that was ahead are nobody's: a new run begins at once."""
    found = run(1, kept(run(150)), NOW - back)
    assert found.notices[0].due == NOW - back and kept(found).run == 2


def test_agents_and_persons_are_not_paced() -> None:
    """Letters to agents, and what a person wrote to a customer, go out at once, however many."""
    notices = [notice(1, to_agent=True), notice(2, automatic=None)]
    whole = plan(notices)
    assert paced(whole, make.facts(), make.RULEBOOK, used=2) is whole


def test_a_cause_that_writes_to_people_asks_for_the_pace() -> None:
    """A promise whose rest goes to customers asks for the pace; one to agents, and the relay's answer, do not."""

    def rest(**changes: Any) -> TimerDue:
        many = [notice(key, **changes) for key in range(MOST_LETTERS + 1)]
        (data,) = [one.data for one in in_parts(plan(many)).changes if hasattr(one, "data")]
        return TimerDue(timer=1, about=About(what="cause", id=1), step="go on", due=NOW, data=data)

    assert asks(rest(), make.RULEBOOK).pace and not asks(rest(to_agent=True), make.RULEBOOK).pace
    assert not asks(Delivered(letter=1, state="failed", answer=text("550")), make.RULEBOOK).pace
    with pytest.raises(AssertionError, match="asks for the pace"):
        paced(plan([notice(1)]), make.facts(), make.RULEBOOK, used=1)


def test_the_rest_of_a_large_plan_keeps_the_pace_when_its_turn_comes() -> None:
    """What is left to a promise bears no minute yet: it takes its place when it is queued, a day later or not."""
    parts = in_parts(plan(notice(key) for key in range(100)))
    (data,) = [one.data for one in parts.changes if hasattr(one, "data")]
    cause = TimerDue(timer=1, about=About(what="cause", id=64), step="go on", due=NOW, data=data)
    assert all(one.due is None and not one.paced for one in rest_of(cause))
    day = NOW + timedelta(days=1)
    facts = make.facts(pace=Pace(), now=day, timer=TimerFacts(id=1, pending=True, newest=True))
    found = decide(cause, asks(cause, make.RULEBOOK), facts, make.RULEBOOK)
    assert [one.outbox_id for one in found.notices] == list(range(64, 100))
    assert {one.due for one in found.notices} == {day}


def test_what_an_admin_releases_keeps_the_pace_and_is_never_held() -> None:
    """400 released letters go out 60 a minute; they make the run large, yet hold nothing that comes after them."""
    letters = {
        key: LetterFacts(
            id=key, case=None, kind="ack", to="x@y.example", once_key=f"k:{key}", state="held", attempts=0, created=NOW
        )
        for key in range(400)
    }
    cause = AdminSaid(said=ReleaseLetters())
    asked = asks(cause, make.RULEBOOK)
    assert asked.pace
    found = decide(cause, asked, make.facts(pace=Pace(), letters=letters), make.RULEBOOK)
    settled = make.of(found, SettleLetter)
    counts = Counter(one.due for one in settled)
    assert [counts[NOW + n * MINUTE] for n in range(7)] == [60] * 6 + [40]
    assert len(make.of(found, ClearTimers)) == 400
    after = run(10, kept(found))
    assert not any(one.held for one in after.notices) and after.notices[0].due == NOW + 6 * MINUTE
    assert Pacer(replace(kept(found), minute=NOW - timedelta(days=1)), NOW).limit == 1200


def test_of_a_run_the_operator_hears_once_even_without_an_id_left() -> None:
    """When the ids for letters are used up, the decision asks for one more instead of telling nobody."""
    facts = make.facts(pace=Pace(run=1, minute=NOW, letters=200), outbox_ids=(5, 6))
    cut = paced(plan([notice(5), notice(6)]), facts, make.RULEBOOK, used=2)
    assert cut.more_ids == 1 and cut.notices[0].due is None
    more = replace(facts, outbox_ids=(5, 6, 7))
    (told,) = make.notices(paced(plan([notice(5), notice(6)]), more, make.RULEBOOK, used=2), "operator")
    assert told.outbox_id == 7

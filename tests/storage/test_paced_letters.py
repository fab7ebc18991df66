"""Letters that answer no mail through the store, on both databases: paced, held, released, none lost, none twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import Engine

from maild.core.cause import About, ReleaseLetters
from maild.core.facts import CapAsks
from maild.core.letters.parts import left
from maild.core.reasons.reason import because
from maild.storage import counts, outbox
from tests.core.letters.test_paces import notice
from tests.kit import make
from tests.kit.promises import FIRST, ME, NOW, Promises

MINUTE = timedelta(minutes=1)


def mass_effect(desk: Promises, count: int, *, first: int = FIRST) -> None:
    """Leave a large round of letters to customers to a promise, as a plan that is too large does."""
    many = tuple(notice(key, case=None, values={"desk": "x", "number": "x"}) for key in range(first, first + count))
    desk.promise(About(what="cause", id=first), "go on", NOW, left(many))


def test_a_large_round_is_paced_held_and_released(engine: Engine) -> None:
    """Of 230 letters 200 go out, 60 a minute; 30 are held with an event each until they are released, told of once."""
    desk = Promises(engine)
    mass_effect(desk, 230)
    assert len(desk.keep(NOW)) == 4, "in parts of 64"
    states = Counter(state for (state,) in desk.rows("select state from outbox where to_agent is false"))
    assert states == {"queued": 200, "held": 30}
    assert desk.value("select count(*) from event where what = 'held back'") == 30
    assert desk.rows("select once_key from outbox where kind = 'operator'") == [("pace:1",)]
    sent: list[int] = []
    for minute, expected in enumerate((61, 60, 60, 20)):  # one of them the operator's
        sent += send(desk, minute)
        assert len(sent) == sum((61, 60, 60, 20)[: minute + 1]), expected
    plan = desk.say(ReleaseLetters(), NOW + 4 * MINUTE)
    assert plan.reason == because("letters released", 30)
    sent += send(desk, 4)
    assert len(sent) == len(set(sent)) == 231
    assert desk.value("select count(*) from outbox where state <> 'sent'") == 0


def send(desk: Promises, minute: int) -> list[int]:
    """Send what is due in a minute; the ids."""
    found: list[int] = []
    with desk.engine.begin() as connection:
        while claimed := outbox.claim_due(connection, who=ME, now=NOW + minute * MINUTE, limit=64):
            results = [outbox.Result(id=one.id, state="sent", answer="250 ok") for one in claimed]
            outbox.record(connection, results, who=ME, now=NOW)
            found += [one.id for one in claimed]
    return found


def test_what_answers_no_mail_opens_no_breaker(engine: Engine) -> None:
    """The breaker and the caps count none of it: the next mail is acknowledged as ever, and the median stays."""
    desk = Promises(engine)
    mass_effect(desk, 150)
    desk.keep(NOW)
    with engine.begin() as connection:
        asked = CapAsks(ack_key=f"kunde{FIRST}@epost.example", ack_domain="epost.example")
        found = counts.counts(connection, asked, make.RULEBOOK.desk.caps, NOW, burst=False)
        assert outbox.refresh_median(connection, now=NOW) == 0
    assert found is not None
    assert (found.all_10min, found.address_day, found.domain_hour) == (0, 0, 0)
    assert make.acks(desk.take(make.mail()))[0].held is False
    with engine.begin() as connection:
        after = counts.counts(connection, CapAsks(), make.RULEBOOK.desk.caps, NOW, burst=False)
    assert after is not None and after.all_10min == 1, "the acknowledgement is counted"


def test_the_pace_outlives_the_process(engine: Engine) -> None:
    """A new process goes on where the last one was: its letters wait for their minute, and the limit holds."""
    mass_effect(Promises(engine), 100)
    Promises(engine).keep(NOW)
    again = Promises(engine)
    mass_effect(again, 101, first=2 * FIRST)
    again.keep(NOW)
    last = again.rows("select state, count(*) from outbox where to_agent is false group by 1 order by 1")
    assert [tuple(row) for row in last] == [("held", 1), ("queued", 200)]
    dues = Counter(row[0] for row in again.rows("select due from outbox where state = 'queued' and to_agent is false"))
    assert sorted(dues.values()) == [20, 60, 60, 60]

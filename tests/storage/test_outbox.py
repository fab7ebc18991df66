"""The outbox: who may send what when, on both databases, against a model of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from maild.storage import outbox
from tests.storage import letters

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def put(connection: Connection, key: int, **given: Any) -> int:
    """Queue one mail."""
    return letters.put(connection, key, now=NOW, **given)


def claim(
    connection: Connection, *, who: str = "me", now: datetime = NOW, limit: int = 64, room: int = 1 << 20
) -> list[int]:
    """Claim what is due; the ids."""
    return [mail.id for mail in outbox.claim_due(connection, who=who, now=now, limit=limit, room=room)]


def record(connection: Connection, key: int, state: str, *, who: str = "me", now: datetime = NOW) -> None:
    """Record one result; a deferred one is due in a minute."""
    due = now + MINUTE if state == "deferred" else None
    result = outbox.Result(id=key, state=state, answer="250 ok", due=due)  # type: ignore[arg-type]
    outbox.record(connection, [result], who=who, now=now)


def row(connection: Connection, key: int) -> dict[str, object]:
    """Return one row as it is."""
    return dict(connection.execute(text(f"select * from outbox where id = {key}")).mappings().one())


def test_an_attempt_is_recorded_by_the_claim(connection: Connection) -> None:
    """What is claimed is *sending*, its attempt counted, its owner and the end of his lease known."""
    put(connection, 1)
    (mail,) = outbox.claim_due(connection, who="me", now=NOW, limit=9)
    assert (mail.data, mail.attempts, mail.message_id) == (b"x\r\n", 1, "<1@c.example>")
    found = row(connection, 1)
    assert (found["state"], found["attempts"], found["claimed_by"]) == ("sending", 1, "me")
    record(connection, 1, "sent")
    found = row(connection, 1)
    assert (found["state"], found["answer"], found["error"], found["claimed_by"]) == ("sent", "250 ok", "", None)
    assert found["done_at"] is not None


def test_a_promise_is_queued_once(connection: Connection) -> None:
    """The same once_key twice is one mail: the second takes back whatever it came with."""
    put(connection, 1)
    with pytest.raises(IntegrityError), connection.begin_nested():
        put(connection, 2, once_key="test:1")
    assert claim(connection) == [1]


def test_a_claim_is_bounded_by_bytes_but_never_stuck(connection: Connection) -> None:
    """Mails are claimed while there is room; one larger than all room is claimed alone."""
    for key in range(1, 6):
        put(connection, key, case=None, data=b"x" * 998 + b"\r\n")
    put(connection, 6, case=None, data=b"x" * 99_998 + b"\r\n")
    assert claim(connection, room=2500) == [1, 2, 3]
    assert claim(connection, room=1) == [4]
    assert claim(connection, room=1) == [5]
    assert claim(connection, room=1) == [6]


def test_a_lost_claim_tells_nothing(connection: Connection) -> None:
    """Once a lease has ended another process may send; the first one's result and renewal are ignored."""
    put(connection, 1)
    assert claim(connection, who="frozen") == [1]
    later = NOW + outbox.LEASE + MINUTE
    assert claim(connection, who="other", now=NOW + outbox.LEASE - MINUTE) == []
    assert claim(connection, who="other", now=later) == [1]
    assert not outbox.renew(connection, 1, who="frozen", now=later)
    record(connection, 1, "failed", who="frozen", now=later)
    assert row(connection, 1)["state"] == "sending"
    assert outbox.renew(connection, 1, who="other", now=later)
    assert claim(connection, who="third", now=later + outbox.LEASE - MINUTE) == []
    record(connection, 1, "sent", who="other", now=later)
    assert row(connection, 1)["attempts"] == 2


def test_when_the_relay_is_back_only_what_waited_for_it_hurries(connection: Connection) -> None:
    """Mails deferred because the relay was away are due at once; a greylisted one keeps its back-off."""
    for key in (1, 2, 3):
        put(connection, key, case=key)
    claim(connection)
    for key, said, away in ((1, "refused", True), (2, "450 unreachable: greylisted", False), (3, "100%_", True)):
        due = NOW + timedelta(hours=4)
        result = outbox.Result(id=key, state="deferred", answer=said, due=due, waits_for_relay=away)
        outbox.record(connection, [result], who="me", now=NOW)
    connection.execute(text(f"update outbox set attempts = {outbox.HURRIED} where id = 3"))
    assert claim(connection, now=NOW + MINUTE) == []
    assert outbox.hurry(connection, now=NOW + MINUTE) == 1
    assert claim(connection, now=NOW + MINUTE) == [1]


def test_a_restart_takes_up_what_was_under_way(connection: Connection) -> None:
    """Alone on the store, unfinished attempts of any run are due again; among others, only one's own."""
    put(connection, 1, case=1)
    put(connection, 2, case=2)
    assert claim(connection, who="old run", limit=1) == [1]
    assert claim(connection, who="neighbour") == [2]
    assert outbox.reclaim_own(connection, who="new run", now=NOW) == 0
    assert outbox.reclaim_own(connection, who=None, now=NOW) == 2
    assert claim(connection, who="new run") == [1, 2]
    assert row(connection, 1)["attempts"] == 2


EARLIER = ("queued", "sending", "deferred", "held")


@pytest.mark.parametrize("state", EARLIER)
def test_a_letter_waits_for_an_earlier_one_of_its_case(connection: Connection, state: str) -> None:
    """While a letter to somebody is not done the next one about the case waits, but for what an admin must release."""
    put(connection, 1, held=state == "held")
    if state in ("sending", "deferred"):
        assert claim(connection, who="neighbour") == [1]
    if state == "deferred":
        record(connection, 1, state, who="neighbour")
    put(connection, 2)
    put(connection, 3, to="another@a.example")
    put(connection, 4, case=2)
    assert row(connection, 1)["state"] == state
    expected = {"queued": [1, 3, 4], "held": [2, 3, 4]}.get(state, [3, 4])
    assert claim(connection, limit=3) == expected
    if state == "deferred":
        assert claim(connection, now=NOW + MINUTE, limit=1) == [1]
        record(connection, 1, "sent", now=NOW + MINUTE)
        assert claim(connection, now=NOW + MINUTE) == [2]


@pytest.mark.parametrize("state", EARLIER)
def test_a_case_is_busy_while_a_letter_of_it_waits(connection: Connection, state: str) -> None:
    """What is written next is not sent past a letter that waits, is on its way or was put off; but past a held one."""
    put(connection, 1, held=state == "held")
    if state in ("sending", "deferred"):
        claim(connection)
    if state == "deferred":
        record(connection, 1, state)
    assert row(connection, 1)["state"] == state
    assert outbox.lane_busy(connection, 1) == (state != "held")
    assert not outbox.lane_busy(connection, 2)


def test_what_never_began_was_no_attempt(connection: Connection) -> None:
    """A mail given back is queued again, with the attempt taken off; not when somebody else has it by now."""
    put(connection, 1)
    claim(connection)
    outbox.put_back(connection, [1], who="somebody else", now=NOW)
    assert row(connection, 1)["state"] == "sending"
    outbox.put_back(connection, [1], who="me", now=NOW)
    found = row(connection, 1)
    assert (found["state"], found["attempts"]) == ("queued", 0)


OPS = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 2), st.integers(0, 1)),
    st.tuples(st.just("claim"), st.integers(0, 1), st.integers(1, 4)),
    st.tuples(st.sampled_from(["sent", "deferred", "failed", "back"]), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 20), st.just(0)),
    st.tuples(st.just("crash"), st.integers(0, 1), st.just(0)),
)


class Model:
    """What the outbox should hold, kept in plain dicts."""

    def __init__(self) -> None:
        self.keys = count(1)
        self.lane: dict[int, tuple[int, str]] = {}
        self.state: dict[int, str] = {}
        self.attempts: dict[int, int] = {}
        self.due: dict[int, datetime] = {}
        self.owner: dict[int, str] = {}
        self.until: dict[int, datetime] = {}

    def free(self, key: int, who: str, now: datetime) -> bool:
        """Tell whether somebody may claim a mail now: those before it are done, or in his own hands."""
        mine = self.state[key] in ("queued", "deferred") or (self.state[key] == "sending" and self.until[key] < now)
        first = all(self._out_of_the_way(other, who, now) for other in self.lane if self._before(other, key))
        return mine and first and self.due[key] <= now

    def _out_of_the_way(self, key: int, who: str, now: datetime) -> bool:
        own = self.state[key] == "sending" and self.owner[key] == who and self.until[key] >= now
        return own or self.state[key] in ("sent", "failed")

    def _before(self, other: int, key: int) -> bool:
        return other < key and self.lane[other] == self.lane[key]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ops=st.lists(OPS, min_size=5, max_size=30))
def test_the_outbox_behaves_as_its_model(connection: Connection, ops: list[tuple[str, int, int]]) -> None:
    """Two processes, crashes and waits in any order: nothing lost, none claimed twice, order kept within a lane."""
    with connection.begin_nested() as scratch:
        model, now = Model(), NOW
        for what, one, two in ops:
            now = _step(connection, model, now, what, one, two)
        for key, state in model.state.items():
            found = row(connection, key)
            assert (found["state"], found["attempts"]) == (state, model.attempts[key])
        scratch.rollback()


def _step(connection: Connection, model: Model, now: datetime, what: str, one: int, two: int) -> datetime:
    who = f"process {one}"
    claimed = sorted(key for key, state in model.state.items() if state == "sending")
    match what:
        case "put":
            key = put(connection, next(model.keys), case=one, to=f"k{two}@a.example")
            model.lane[key], model.state[key] = (one, f"k{two}"), "queued"
            model.attempts[key], model.due[key] = 0, NOW
        case "claim":
            free = sorted((model.due[key], key) for key in model.state if model.free(key, who, now))
            expected = [key for _, key in free][:two]
            assert claim(connection, who=who, now=now, limit=two) == expected
            for key in expected:
                model.state[key], model.owner[key], model.until[key] = "sending", who, now + outbox.LEASE
                model.attempts[key] += 1
        case "wait":
            return now + one * MINUTE
        case "crash":
            outbox.reclaim_own(connection, who=who, now=now)
            for key in claimed:
                if model.owner[key] == who:
                    model.state[key], model.due[key] = "deferred", now
        case _ if claimed:
            key = claimed[one % len(claimed)]
            if what == "back":
                outbox.put_back(connection, [key], who=model.owner[key], now=now)
                model.state[key], model.due[key] = "queued", now
                model.attempts[key] -= 1
            else:
                record(connection, key, what, who=model.owner[key], now=now)
                model.state[key], model.due[key] = what, now + MINUTE
    return now


@pytest.fixture
def two(engine: Engine) -> Iterator[tuple[Connection, Connection]]:
    """Two connections to one store."""
    with engine.connect() as one, engine.connect() as other:
        yield one, other


def test_two_processes_claim_different_mails(two: tuple[Connection, Connection]) -> None:
    """On PostgreSQL two claims at the same time share the work and never a mail; SQLite has one writer."""
    one, other = two
    with one.begin():
        for key in range(1, 7):
            put(one, key, case=key)
    if one.dialect.name == "sqlite":
        with one.begin():
            assert claim(one, limit=3) == [1, 2, 3]
        with other.begin():
            assert claim(other) == [4, 5, 6]
        return
    with one.begin(), other.begin():
        assert claim(one, limit=3) == [1, 2, 3]
        assert claim(other) == [4, 5, 6]

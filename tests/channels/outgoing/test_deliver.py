"""The deliverer with a real store, a real writer and a real relay: what reaches whom, how often, in which order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from maild.channels.outgoing.relay import Relay
from maild.core.deliveries.delivery import GIVE_UP, LATE, Answer
from maild.storage import upgrade
from maild.storage.engine import open_engine
from tests.kit.sending import QUICK, START, Sending, delivering, idle, number, story, until
from tests.kit.sink import DROP, Sink, Taken


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """An engine on an empty, upgraded store."""
    engine = open_engine(store_url)
    upgrade.upgrade(engine)
    yield engine
    engine.dispose()


def test_what_is_queued_goes_out_in_order(engine: Engine) -> None:
    """Forty mails in five lanes over four connections: each arrives once, in the order of its lane."""

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        dice = random.Random(7)
        lanes = {await desk.put(n % 5, f"k{n % 5}@a.example", sender=f"b+{n}@c.example"): n % 5 for n in range(40)}
        refused = {key for key in lanes if dice.random() < 0.2}

        def greylist(sender: str) -> str | None:
            key = int(sender[2:].partition("@")[0]) + 1
            if key in refused:
                refused.discard(key)
                return "450 4.7.1 later"
            return None

        sink.on_mail = greylist
        async with delivering(desk, relay) as deliverer:
            while not all(row["done_at"] for row in desk.rows().values()):
                await idle(deliverer)
                desk.now += timedelta(minutes=2)
        arrived = [number(mail) for mail in sink.mails]
        assert sorted(arrived) == sorted(lanes)
        for lane in range(5):
            mine = [key for key in arrived if lanes[key] == lane]
            assert mine == sorted(mine)

    desk = story(engine, tell)
    assert {row["state"] for row in desk.rows().values()} == {"sent"}
    assert not desk.told


def test_the_attempt_is_in_the_store_before_the_relay_hears_of_it(engine: Engine) -> None:
    """While the relay has the mail in hand, the store already says *sending*, with the attempt counted."""
    seen: list[tuple[str, int]] = []

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        await desk.put(1)

        def look(_: Taken) -> str | None:
            row = desk.rows()[1]
            seen.append((row["state"], row["attempts"]))
            return "451 4.3.0 again" if len(seen) < 3 else None

        sink.on_data = look
        async with delivering(desk, relay) as deliverer:
            for _ in range(3):
                await idle(deliverer)
                desk.now += timedelta(minutes=6)

    story(engine, tell)
    assert seen == [("sending", 1), ("sending", 2), ("sending", 3)]


def test_a_permanent_refusal_is_told_and_a_temporary_one_is_not(engine: Engine) -> None:
    """5xx: failed with the relay's words, told in the same commit; 4xx: deferred by a minute, nobody told."""

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        for local in ("dead", "full"):
            await desk.put(1, f"{local}@a.example")
        sink.on_rcpt = lambda to: "550 5.1.1 unknown" if to.startswith("dead") else "452 4.2.2 full"
        async with delivering(desk, relay) as deliverer:
            await idle(deliverer)

    desk = story(engine, tell)
    dead, full = desk.rows().values()
    assert (dead["state"], dead["error"]) == ("failed", "550 5.1.1 unknown")
    assert (full["state"], full["due"]) == ("deferred", START + timedelta(minutes=1))
    assert desk.told == [(1, "failed", "550 5.1.1 unknown")]


def test_an_outage_of_three_days(engine: Engine) -> None:
    """500 mails queued, the relay away for 72 h: at most 40 tries each, told once, then all in order (law W11, W12)."""
    size = 500

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        port = sink.port
        sink.greeting = DROP
        await asyncio.gather(*(desk.put(n % 50, f"k{n % 50}@a.example") for n in range(size)))
        away = Relay(host="127.0.0.1", port=1, tls="none", timeouts=QUICK)
        async with delivering(desk, away, look=0.02) as deliverer:
            while desk.now < START + timedelta(hours=72):
                await idle(deliverer)
                desk.wait()
            rows = desk.rows()
            assert {row["state"] for row in rows.values()} == {"deferred", "queued"}
            assert 20 < max(row["attempts"] for row in rows.values()) <= 40
        first = {n % 50 + 1 for n in range(50)}
        assert sorted(desk.put_off) == sorted(first), "one cause a lane, for the mail that stands first"
        sink.greeting = None
        assert sink.port == port
        async with delivering(desk, relay) as deliverer:
            await until(lambda: len(sink.mails) == size, 60.0)
            await idle(deliverer)
        arrived = [number(mail) for mail in sink.mails]
        assert sorted(arrived) == list(range(1, size + 1)), "none lost, none twice"
        for lane in range(50):
            mine = [key for key in arrived if key % 50 == lane]
            assert mine == sorted(mine)

    desk = story(engine, tell)
    assert {row["state"] for row in desk.rows().values()} == {"sent"}


def test_a_relay_that_comes_back_is_noticed(engine: Engine) -> None:
    """While the relay is away it is looked for; once it is back, mails go at once and not when their back-off ends."""

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        sink.greeting = "421 4.3.2 down"
        for n in range(10):
            await desk.put(n)
        async with delivering(desk, relay, look=0.05) as deliverer:
            for _ in range(6):
                await idle(deliverer)
                assert desk.now < START + LATE
                desk.wait()
            await idle(deliverer)
            assert {row["due"] - desk.now for row in desk.rows().values()} == {timedelta(minutes=9)}
            sink.greeting = None
            await until(lambda: len(sink.mails) == 10)
            await idle(deliverer)
        assert desk.now < START + LATE, "the clock stood still meanwhile"

    desk = story(engine, tell)
    assert {row["state"] for row in desk.rows().values()} == {"sent"}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_mail_is_given_up_after_five_days(engine: Engine) -> None:
    """Its first deferral is a cause, and so is giving it up after 5 days; never more than 40 tries."""

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        sink.on_rcpt = lambda _: "450 4.2.1 not now"
        await desk.put(1)
        async with delivering(desk, relay) as deliverer:
            while desk.rows()[1]["state"] != "failed":
                await idle(deliverer)
                desk.wait()
        assert sink.attempts == desk.rows()[1]["attempts"] <= 40
        assert desk.now == START + GIVE_UP

    desk = story(engine, tell)
    assert [state for _, state, _ in desk.told] == ["failed"] and desk.put_off == {1}
    assert desk.told[0][2] == "given up: 450 4.2.1 not now"


def test_what_a_stop_cuts_off_is_due_at_once(engine: Engine) -> None:
    """An attempt that does not end by the deadline of a clean stop waits out no lease; it counts as an attempt."""

    began = asyncio.Event()

    class Hangs:
        async def send(self, sender: str, recipient: str, data: bytes, taken: Callable[[str], None]) -> Answer:
            began.set()
            await asyncio.sleep(3600)
            raise AssertionError

        async def reachable(self) -> bool:
            return True

    async def story() -> None:
        desk = Sending(engine)
        key = await desk.put(1)
        deliverer = desk.deliverer(Hangs())
        await deliverer.start(alone=False)
        await began.wait()  # a claim that is committed and not begun would be given back uncounted
        assert desk.rows()[key]["state"] == "sending"
        await deliverer.stop(0.1)
        row = desk.rows()[key]
        assert (row["state"], row["attempts"], row["claimed_by"]) == ("deferred", 1, None)
        assert row["due"] <= desk.now
        await desk.writer.close()

    asyncio.run(story())

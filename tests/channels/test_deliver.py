"""The deliverer with a real store, a real writer and a real relay: what reaches whom, how often, in which order."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from maild.channels.deliver import MOST_BYTES, Channel, Deliverer
from maild.channels.smtp_out import Relay, Timeouts
from maild.core.delivery import GIVE_UP, LATE, Answer
from maild.core.errors import StoreUnavailable
from maild.storage import outbox, upgrade
from maild.storage.carry_out import ToSend, table
from maild.storage.engine import Connection, Engine, open_engine, reading
from maild.storage.tables import Outbox
from maild.storage.writer import Writer
from tests.channels.sink import DROP, Sink, Taken

START = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
QUICK = Timeouts(connect=2.0, command=2.0, data=2.0)


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """An engine on an empty, upgraded store."""
    engine = open_engine(store_url)
    upgrade.upgrade(engine)
    yield engine
    engine.dispose()


class Desk:
    """A store with a clock that is set by hand, and what was told to agents."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.now = engine, START
        self.writer = Writer(engine, "test")
        self.keys = count(1)
        self.told: list[tuple[int, str, str]] = []
        self.results: list[outbox.Result] = []
        self.troubles: list[str] = []
        self.settle: Callable[[Connection, Sequence[tuple[ToSend, outbox.Result]]], bool] = self.record
        self.who = "run 1"

    def record(self, connection: Connection, results: Sequence[tuple[ToSend, outbox.Result]]) -> bool:
        """Record results as the daemon does, noting who would be told."""
        outbox.record(connection, [result for _, result in results], who=self.who, now=self.now)
        for mail, result in results:
            if result.warn and not (mail.warned and result.state == "deferred"):
                self.told.append((mail.id, result.state, result.answer))
        return False

    async def put(self, case: int | None, to: str = "k@a.example", data: bytes = b"", sender: str = "") -> int:
        """Queue one mail whose subject is its number."""
        key = next(self.keys)
        body = data or b"Subject: %d\r\nMessage-ID: <%d@c.example>\r\n\r\nhello\r\n" % (key, key)
        await self.writer.run(
            lambda c: outbox.queue(
                c,
                key=key,
                once_key=f"test:{key}",
                case=case,
                kind="ack",
                recipient=to,
                return_path=sender,
                message_id=f"<{key}@c.example>",
                subject="x",
                data=body,
                now=self.now,
            )
        )
        return key

    def rows(self) -> dict[int, dict[str, Any]]:
        """Return the outbox as another connection sees it."""
        with reading(self.engine) as connection:
            found = connection.execute(select(table(Outbox)).order_by(text("id"))).mappings()
            return {row["id"]: dict(row) for row in found}

    def wait(self) -> None:
        """Set the clock to when the next deferred mail is due."""
        due = [row["due"] for row in self.rows().values() if row["state"] == "deferred"]
        self.now = max([self.now, min(due)] if due else [self.now])

    def deliverer(self, channel: Channel, **given: Any) -> Deliverer:
        """Make a deliverer of this desk."""
        return Deliverer(
            channel=channel,
            writer=self.writer,
            who=self.who,
            now=lambda: self.now,
            settle=lambda c, results: self.settle(c, results),
            connections=given.pop("connections", 4),
            sent=lambda _, result: self.results.append(result),
            trouble=self.troubles.append,
            **given,
        )


@asynccontextmanager
async def delivering(desk: Desk, channel: Channel, **given: Any) -> AsyncIterator[Deliverer]:
    """Run a deliverer."""
    deliverer = desk.deliverer(channel, **given)
    await deliverer.start(alone=True)
    try:
        yield deliverer
    finally:
        await deliverer.stop(5.0)


async def until(ready: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not ready():
            await asyncio.sleep(0.005)


async def idle(deliverer: Deliverer) -> None:
    """Let it look into the store and finish what it finds."""
    deliverer.wake()
    await until(lambda: not deliverer.busy())


def number(mail: Taken) -> int:
    """Return which mail this is."""
    return int(mail.data.split(b"\r\n", 1)[0].rpartition(b" ")[2])


def story(engine: Engine, tell: Callable[[Desk, Sink, Relay], Any], **given: Any) -> Desk:
    """Run a story with a desk, a sink and a relay to it."""

    async def run() -> Desk:
        desk = Desk(engine)
        async with Sink(**given) as sink:
            relay = Relay(host="127.0.0.1", port=sink.port, tls="none", timeouts=QUICK, connections=4)
            await tell(desk, sink, relay)
            await relay.close()
        await desk.writer.close()
        return desk

    return asyncio.run(run())


def test_what_is_queued_goes_out_in_order(engine: Engine) -> None:
    """Forty mails in five lanes over four connections: each arrives once, in the order of its lane."""

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
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

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
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

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
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
    """D11, scaled: 500 mails queued, the relay away for 72 h: at most 40 tries each, told once, then all in order."""
    size = 500

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
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
        assert sorted(key for key, *_ in desk.told) == sorted(first), (
            "one notice a lane, for the mail that stands first"
        )
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

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
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


def test_a_mail_is_given_up_after_five_days(engine: Engine) -> None:
    """Late is told at 4 h, given up after 5 days and told again; never more than 40 tries."""

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
        sink.on_rcpt = lambda _: "450 4.2.1 not now"
        await desk.put(1)
        async with delivering(desk, relay) as deliverer:
            while desk.rows()[1]["state"] != "failed":
                await idle(deliverer)
                if desk.told and len(desk.told) == 1 and desk.now <= START + LATE:
                    assert desk.now == START + LATE
                desk.wait()
        assert sink.attempts == desk.rows()[1]["attempts"] <= 40
        assert desk.now == START + GIVE_UP

    desk = story(engine, tell)
    assert [state for _, state, _ in desk.told] == ["deferred", "failed"]
    assert desk.told[1][2] == "given up: 450 4.2.1 not now"


def test_a_run_that_dies_in_the_send_window_sends_the_same_again(engine: Engine) -> None:
    """D12, in one process: whatever instant it is cut off, each mail arrives once or twice, byte for byte the same."""

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
        dice = random.Random(11)
        for n in range(30):
            await desk.put(n % 3, f"k{n % 3}@a.example")
        for run in range(12):
            desk.who = f"run {run}"
            cut_after = len(sink.mails) + dice.randrange(4)
            deliverer = desk.deliverer(relay)
            await deliverer.start(alone=True)
            while len(sink.mails) <= cut_after and deliverer.busy():
                await asyncio.sleep(0.001)
            while not all(task.done() for task in deliverer._tasks):  # as kill -9: nothing is finished, nor recorded
                for task in deliverer._tasks:
                    task.cancel()  # more than once: asyncio.wait_for of Python 3.11 may swallow one
                await asyncio.sleep(0)
        desk.who = "last"
        async with delivering(desk, relay) as deliverer:
            await idle(deliverer)

    async def check(desk: Desk, sink: Sink, relay: Relay) -> None:
        await tell(desk, sink, relay)
        copies: dict[int, list[bytes]] = {}
        for mail in sink.mails:
            copies.setdefault(number(mail), []).append(mail.data)
        assert sorted(copies) == list(range(1, 31))
        assert sum(map(len, copies.values())) > 30, "the story cuts within the window"
        for same in copies.values():
            assert len(set(same)) == 1

    desk = story(engine, check, delay=0.002)
    assert {row["state"] for row in desk.rows().values()} == {"sent"}


def test_a_stop_gives_back_what_never_began(engine: Engine) -> None:
    """Stopping finishes the attempts under way and counts none for the rest."""

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
        await asyncio.gather(*(desk.put(n, f"k{n}@a.example") for n in range(40)))
        async with delivering(desk, relay):
            await until(lambda: len(sink.mails) >= 3)
        done = len(sink.mails)
        assert 3 <= done < 40
        rows = desk.rows().values()
        assert sum(row["state"] == "sent" for row in rows) == done
        left = [row for row in rows if row["state"] != "sent"]
        assert {(row["state"], row["attempts"], row["claimed_by"]) for row in left} == {("queued", 0, None)}

    story(engine, tell, delay=0.02)


class Broken:
    """A channel with a bug: it raises for some recipients."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, sender: str, recipient: str, data: bytes) -> Answer:
        """Send, or raise."""
        if recipient.startswith("bug"):
            raise RuntimeError(f"secret {data!r}")
        await asyncio.sleep(0.005)
        self.sent.append(recipient)
        return Answer(state="sent", answer="250 ok")

    async def reachable(self) -> bool:
        """It always is."""
        return True


def test_a_bug_in_the_channel_holds_up_nobody(engine: Engine) -> None:
    """The mail that meets it is deferred, without the error's text; all others go out."""

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
        channel = Broken()
        for n in range(20):
            await desk.put(n, f"{'bug' if n % 2 else 'good'}{n}@a.example")
        async with delivering(desk, channel) as deliverer:
            await idle(deliverer)
            assert len(channel.sent) == 10
        assert {row["error"] for row in desk.rows().values()} == {"", "maild's own fault: RuntimeError"}

    story(engine, tell)


def test_a_notice_that_cannot_be_written_does_not_send_a_mail_again(engine: Engine) -> None:
    """When telling an agent meets a bug, every other result is recorded and the mail itself is still done."""

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
        def settle(connection: Connection, results: Sequence[tuple[ToSend, outbox.Result]]) -> bool:
            told = desk.record(connection, results)
            if any(mail.id == 3 for mail, _ in results):
                raise KeyError("a bug in a template")
            return told

        desk.settle = settle
        for n in range(6):
            await desk.put(n, f"k{n}@a.example")
        async with delivering(desk, relay) as deliverer:
            await idle(deliverer)
            await idle(deliverer)
        assert sorted(number(mail) for mail in sink.mails) == [1, 2, 3, 4, 5, 6]

    desk = story(engine, tell)
    assert {row["state"] for row in desk.rows().values()} == {"sent"}
    assert desk.troubles == ["outgoing mail 3 is sent, and telling so failed: KeyError"]


def test_a_store_that_is_away_for_a_moment_loses_no_result(engine: Engine) -> None:
    """Results wait until the store takes them; nothing is sent twice meanwhile."""

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
        failures = iter(range(2))

        def settle(connection: Connection, results: Sequence[tuple[ToSend, outbox.Result]]) -> bool:
            if next(failures, None) is not None:
                raise StoreUnavailable("away")
            return desk.record(connection, results)

        desk.settle = settle
        await desk.put(1)
        async with delivering(desk, relay) as deliverer:
            await idle(deliverer)
        assert len(sink.mails) == 1

    desk = story(engine, tell)
    assert desk.rows()[1]["state"] == "sent"


def test_a_frozen_process_does_not_send_what_another_took_over(engine: Engine) -> None:
    """After a long freeze a claim is renewed before its mail is sent; one that was taken over is left alone."""

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
        await desk.put(1)
        claimed = await desk.writer.run(lambda c: outbox.claim_due(c, who=desk.who, now=desk.now, limit=1))
        deliverer = desk.deliverer(relay)
        deliverer.take(claimed)
        desk.now += outbox.LEASE + timedelta(minutes=1)
        other = await desk.writer.run(lambda c: outbox.claim_due(c, who="other", now=desk.now, limit=1))
        assert [mail.id for mail in other] == [mail.id for mail in claimed] == [1]
        await deliverer.start(alone=False)
        await idle(deliverer)
        await deliverer.stop(5.0)
        assert not sink.mails

    desk = story(engine, tell)
    assert desk.rows()[1]["claimed_by"] == "other"


def test_large_mails_are_not_held_in_memory_at_once(engine: Engine) -> None:
    """Twelve mails of 5 MB: never more than the limit (and one mail) in memory, all sent."""

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
        channel = Broken()
        await asyncio.gather(*(desk.put(n, f"k{n}@a.example", b"x" * 5_000_000) for n in range(12)))
        most = 0
        async with delivering(desk, channel, connections=1) as deliverer:
            while len(channel.sent) < 12:
                most = max(most, deliverer._lanes.bytes)
                await asyncio.sleep(0.001)
            await idle(deliverer)
        assert 5_000_000 < most <= MOST_BYTES + 5_000_000

    if engine.dialect.name == "sqlite":  # the claim's arithmetic is the same; once is enough
        story(engine, tell)


KILLED = """
import asyncio, os, sys
from datetime import UTC, datetime
from maild.channels.deliver import Deliverer
from maild.channels.smtp_out import Relay
from maild.storage import outbox
from maild.storage.engine import open_engine
from maild.storage.writer import Writer

async def main(url, port):
    writer = Writer(open_engine(url), "killed")
    now = lambda: datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    who = f"run {os.getpid()}"
    def settle(connection, results):
        outbox.record(connection, [result for _, result in results], who=who, now=now())
        return False
    relay = Relay(host="127.0.0.1", port=port, tls="none", connections=2)
    deliverer = Deliverer(channel=relay, writer=writer, who=who, now=now, settle=settle,
                          connections=2, sent=lambda mail, result: None)
    await deliverer.start(alone=True)
    while deliverer.busy():
        await asyncio.sleep(0.01)
    await deliverer.stop(5.0)
    await relay.close()
    await writer.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def test_a_process_killed_while_the_relay_answers(engine: Engine, store_url: str) -> None:
    """D12 with kill -9 at the end of DATA: each mail arrives, at most once more per kill, the copies identical."""
    kills = 4
    root = Path(__file__).resolve().parents[2]

    async def tell(desk: Desk, sink: Sink, relay: Relay) -> None:
        ends: list[int] = []
        for n in range(10):
            await desk.put(n % 3, f"k{n % 3}@a.example")
        for run in range(kills + 1):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", KILLED, store_url, str(sink.port), cwd=root
            )
            fatal = len(sink.mails) + 2

            def kill(_: Taken, child: asyncio.subprocess.Process = child, fatal: int = fatal, run: int = run) -> None:
                if run < kills and len(sink.mails) + 1 == fatal:
                    child.kill()

            sink.on_data = kill
            ends.append(await asyncio.wait_for(child.wait(), 30))
        assert ends == [-9] * kills + [0]
        copies: dict[int, list[bytes]] = {}
        for mail in sink.mails:
            copies.setdefault(number(mail), []).append(mail.data)
        assert sorted(copies) == list(range(1, 11))
        assert all(len(set(same)) == 1 for same in copies.values())
        assert 10 < len(sink.mails) <= 10 + 2 * kills

    desk = story(engine, tell)
    assert {row["state"] for row in desk.rows().values()} == {"sent"}

"""What the deliverer survives: being killed, frozen and stopped, bugs beside it, a store that is away."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from maild.channels.outgoing.deliver import MOST_BYTES
from maild.channels.outgoing.relay import Relay
from maild.core.deliveries.delivery import Answer
from maild.core.errors import StoreUnavailable
from maild.storage import outbox, upgrade
from maild.storage.engine import open_engine
from maild.storage.letters_out import ToSend
from tests.kit.sending import Sending, delivering, idle, number, story, until
from tests.kit.sink import Sink, Taken

ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""For what has nothing to do with the database."""


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """An engine on an empty, upgraded store."""
    engine = open_engine(store_url)
    upgrade.upgrade(engine)
    yield engine
    engine.dispose()


def test_a_run_that_dies_in_the_send_window_sends_the_same_again(engine: Engine) -> None:
    """In one process, cut off at any instant, each mail arrives once or twice, byte for byte the same (law W10)."""

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
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

    async def check(desk: Sending, sink: Sink, relay: Relay) -> None:
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

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
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

    async def send(self, sender: str, recipient: str, data: bytes, taken: Callable[[str], None]) -> Answer:
        """Send, or raise."""
        if recipient.startswith("bug"):
            raise RuntimeError(f"secret {data!r}")
        await asyncio.sleep(0.005)
        self.sent.append(recipient)
        return Answer(state="sent", answer="250 ok")

    async def reachable(self) -> bool:
        """It always is."""
        return True


def test_a_stop_while_results_are_recorded_records_them_once(engine: Engine) -> None:
    """What was given to the writer when the stop came is done all the same: the history hears of it once."""

    class Refuses:
        async def send(self, sender: str, recipient: str, data: bytes, taken: Callable[[str], None]) -> Answer:
            return Answer(state="failed", answer="550 5.1.1 no")

        async def reachable(self) -> bool:
            return True

    async def tell() -> None:
        desk, loop, recording = Sending(engine), asyncio.get_running_loop(), asyncio.Event()
        recorded: list[int] = []

        def settle(connection: Connection, results: Sequence[tuple[ToSend, outbox.Result]]) -> bool:
            recorded.extend(mail.id for mail, _ in results)
            loop.call_soon_threadsafe(recording.set)
            if engine.dialect.name == "sqlite":  # whose jobs run on the loop
                desk.writer.submit(lambda c: time.sleep(0.5), large=True)
            else:
                time.sleep(0.5)
            return desk.record(connection, results)

        desk.settle = settle
        key = await desk.put(1)
        deliverer = desk.deliverer(Refuses())
        await deliverer.start(alone=False)
        await recording.wait()
        await deliverer.stop(0.05)
        assert recorded == [key]
        assert desk.rows()[key]["state"] == "failed"
        await desk.writer.close()

    asyncio.run(tell())


@ON_SQLITE
def test_what_the_relay_took_is_sent_whatever_happens_then(engine: Engine) -> None:
    """A mail is noted when the relay has it, stays noted until the store knows, and a stop right then records it."""

    class Dawdles:
        async def send(self, sender: str, recipient: str, data: bytes, taken: Callable[[str], None]) -> Answer:
            taken("250 mine")
            if recipient.startswith("slow"):
                await asyncio.sleep(3600)
            if recipient.startswith("bug"):
                raise RuntimeError("a bug after the answer")
            return Answer(state="sent", answer="250 mine")

        async def reachable(self) -> bool:
            return True

    async def tell() -> None:
        desk = Sending(engine)
        keys = [await desk.put(n, f"{who}@a.example") for n, who in enumerate(("slow", "bug", "kari"))]
        deliverer = desk.deliverer(Dawdles())
        await deliverer.start(alone=False)
        await until(lambda: [row["state"] for row in desk.rows().values()].count("sent") == 2)
        await until(lambda: desk.notes.open == keys[:1])
        await deliverer.stop(0.1)
        assert {(row["state"], row["answer"]) for row in desk.rows().values()} == {("sent", "250 mine")}
        assert (sorted(desk.notes.all), desk.notes.open) == (keys, [])
        await desk.writer.close()

    asyncio.run(tell())


@ON_SQLITE
def test_a_bug_in_the_channel_holds_up_nobody(engine: Engine) -> None:
    """The mail that meets it is deferred, without the error's text; all others go out."""

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        channel = Broken()
        for n in range(20):
            await desk.put(n, f"{'bug' if n % 2 else 'good'}{n}@a.example")
        async with delivering(desk, channel) as deliverer:
            await idle(deliverer)
            assert len(channel.sent) == 10
        assert {row["error"] for row in desk.rows().values()} == {"", "maild's own fault: RuntimeError"}

    story(engine, tell)


@ON_SQLITE
def test_a_notice_that_cannot_be_written_does_not_send_a_mail_again(engine: Engine) -> None:
    """When telling an agent meets a bug, every other result is recorded and the mail itself is still done."""

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
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

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
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

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
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


@ON_SQLITE
def test_large_mails_are_not_held_in_memory_at_once(engine: Engine) -> None:
    """Twelve mails of 5 MB: never more than the limit (and one mail) in memory, all sent."""

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        channel = Broken()
        await asyncio.gather(*(desk.put(n, f"k{n}@a.example", b"x" * 5_000_000) for n in range(12)))
        most = 0
        async with delivering(desk, channel, connections=1) as deliverer:
            while len(channel.sent) < 12:
                most = max(most, deliverer._lanes.bytes)
                await asyncio.sleep(0.001)
            await idle(deliverer)
        assert 5_000_000 < most <= MOST_BYTES + 5_000_000

    story(engine, tell)


KILLED = """
import asyncio, os, socket, sys
from datetime import UTC, datetime
from pathlib import Path
from maild.channels.outgoing.deliver import Deliverer
from maild.channels.outgoing.relay import Relay
from maild.storage import outbox, runs
from maild.storage.engine import open_engine
from maild.storage.writer import Writer

async def main(url, port, place):
    writer = Writer(open_engine(url), "killed")
    now = lambda: datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    place, who = Path(place), f"{socket.gethostname()}-{os.getpid()}"
    notes = runs.Run.begin(place, who)
    for dead in runs.dead(place, anywhere=False):
        await writer.run(lambda c, dead=dead: runs.take_over(c, dead, now=now()))
        dead.forget()
    def settle(connection, results):
        outbox.record(connection, [result for _, result in results], who=who, now=now())
        return False
    relay = Relay(host="127.0.0.1", port=port, tls="none", connections=2)
    deliverer = Deliverer(channel=relay, writer=writer, who=who, now=now, settle=settle,
                          notes=notes,
                          connections=2, sent=lambda mail, result: None)
    await deliverer.start(alone=True)
    while deliverer.busy():
        await asyncio.sleep(0.01)
    await deliverer.stop(5.0)
    await relay.close()
    await writer.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""


def test_a_process_killed_while_the_relay_answers(engine: Engine, store_url: str, tmp_path: Path) -> None:
    """With kill -9 at the end of DATA each mail arrives, at most once more per kill, the copies identical (law W10)."""
    kills = 2
    root = Path(__file__).resolve().parents[3]

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        ends: list[int] = []
        for n in range(10):
            await desk.put(n % 3, f"k{n % 3}@a.example")
        for run in range(kills + 1):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", KILLED, store_url, str(sink.port), str(tmp_path / "run-"), cwd=root
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

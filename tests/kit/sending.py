"""What the deliverer's tests share: a desk with a real store and writer, a clock set by hand, and a real relay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, select, text

from maild.channels.outgoing.deliver import Channel, Deliverer
from maild.channels.outgoing.relay import Relay, Timeouts
from maild.core.reasons.words import in_words
from maild.storage import outbox
from maild.storage.engine import reading
from maild.storage.letters_out import ToSend
from maild.storage.statements import table
from maild.storage.tables import Outbox
from maild.storage.writer import Writer
from tests.kit.sink import Sink, Taken
from tests.storage.letters import put

START = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
QUICK = Timeouts(connect=2.0, command=2.0, data=2.0)


class Notebook:
    """Keeps what the deliverer notes, and what of it the store did not know yet."""

    def __init__(self) -> None:
        self.all: list[int] = []
        self.open: list[int] = []

    def sent(self, key: int, answer: str) -> None:
        """Note a mail."""
        assert answer
        self.all.append(key)
        self.open.append(key)

    def recorded(self, still_open: Sequence[tuple[int, str]] = ()) -> None:
        """The store knows all but these."""
        self.open = [key for key, _ in still_open]

    def keep(self) -> None:
        """Nobody reads them."""


class Sending:
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
        self.notes = Notebook()
        self.put_off: set[int] = set()
        """Mails whose first deferral was told: their promises stand in the store from then on."""

    def record(self, connection: Connection, results: Sequence[tuple[ToSend, outbox.Result]]) -> bool:
        """Record results as the daemon does, noting who would be told."""
        outbox.record(connection, [result for _, result in results], who=self.who, now=self.now)
        for mail, result in results:
            if result.state == "deferred":
                self.put_off.add(mail.id)
            elif result.state == "failed":
                self.told.append((mail.id, result.state, in_words(result.reason, "en")))
        return False

    async def put(self, case: int | None, to: str = "k@a.example", data: bytes = b"", sender: str = "") -> int:
        """Queue one mail whose subject is its number."""
        key = next(self.keys)
        body = data or b"Subject: %d\r\nMessage-ID: <%d@c.example>\r\n\r\nhello\r\n" % (key, key)
        await self.writer.run(lambda c: put(c, key, case=case, to=to, sender=sender, data=body, now=self.now))
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
            notes=self.notes,
            now=lambda: self.now,
            settle=lambda c, results: self.settle(c, results),
            connections=given.pop("connections", 4),
            sent=lambda _, result: self.results.append(result),
            trouble=self.troubles.append,
            **given,
        )


@asynccontextmanager
async def delivering(desk: Sending, channel: Channel, **given: Any) -> AsyncIterator[Deliverer]:
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


def story(engine: Engine, tell: Callable[[Sending, Sink, Relay], Any], **given: Any) -> Sending:
    """Run a story with a desk, a sink and a relay to it."""

    async def run() -> Sending:
        desk = Sending(engine)
        async with Sink(**given) as sink:
            relay = Relay(host="127.0.0.1", port=sink.port, tls="none", timeouts=QUICK, connections=4)
            await tell(desk, sink, relay)
            await relay.close()
        await desk.writer.close()
        return desk

    return asyncio.run(run())

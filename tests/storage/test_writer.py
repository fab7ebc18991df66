"""The writer: many jobs in one commit, a bad one taken back alone, results only after the commit."""

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from maild.core.errors import StoreUnavailable
from maild.core.values.mail import Envelope
from maild.storage import inbound
from maild.storage.engine import reading
from maild.storage.statements import plain
from maild.storage.writer import Writer

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
ENVELOPE = Envelope(source="smtp", received=NOW, sender="a@b.example", recipients=("it@c.example",))


def count(engine: Engine) -> int:
    """Count inbound rows as another connection sees them."""
    with reading(engine) as connection:
        return int(connection.execute(text("select count(*) from inbound")).scalar_one())


def test_results_come_after_the_commit(engine: Engine) -> None:
    """When a job's result is seen, another connection sees its row; waiting jobs share commits."""
    commits: list[int] = []

    async def story() -> None:
        writer = Writer(engine, "test", committed=lambda _seconds, jobs: commits.append(jobs))
        first = await writer.run(lambda c: inbound.accept(c, ENVELOPE, b"one", claim_for=None))
        assert count(engine) == 1
        keys = await asyncio.gather(
            *(writer.run(lambda c: inbound.accept(c, ENVELOPE, b"more", claim_for=None)) for _ in range(100))
        )
        assert sorted(keys) == keys and keys[0] > first
        await writer.close()

    asyncio.run(story())
    assert count(engine) == 101
    assert len(commits) < 50, "waiting jobs share commits"


def test_one_bad_job_is_taken_back_alone(engine: Engine) -> None:
    """A job that raises leaves nothing behind and does not touch its neighbours in the same commit."""

    def bad(connection: Connection) -> None:
        inbound.accept(connection, ENVELOPE, b"half", claim_for=None)
        raise RuntimeError("a bug")

    def twice(connection: Connection) -> None:
        for _ in range(2):
            connection.execute(text("insert into state (name, value) values ('x', 'y')"))

    async def story() -> None:
        writer = Writer(engine, "test")
        good = writer.submit(lambda c: inbound.accept(c, ENVELOPE, b"good", claim_for=None))
        broken, double = writer.submit(bad), writer.submit(twice)
        after = writer.submit(lambda c: inbound.accept(c, ENVELOPE, b"after", claim_for=None))
        with pytest.raises(RuntimeError, match="a bug"):
            await broken
        with pytest.raises(IntegrityError):
            await double
        assert await good and await after
        await writer.close()

    asyncio.run(story())
    assert count(engine) == 2


def test_the_neighbours_of_a_bad_job_are_done_again(engine: Engine) -> None:
    """What stood before a bad job in its commit is done once more, and kept once; its caller has the second result."""
    results = iter(range(10))

    def good(connection: Connection) -> int:
        inbound.accept(connection, ENVELOPE, b"good", claim_for=None)
        return next(results)

    def bad(_connection: Connection) -> None:
        raise RuntimeError("a bug")

    async def story() -> None:
        writer = Writer(engine, "test")
        before, broken, after = writer.submit(good), writer.submit(bad), writer.submit(good)
        assert isinstance((await asyncio.gather(broken, return_exceptions=True))[0], RuntimeError)
        assert (await before, await after) == (1, 2), "the first was 0, in the transaction that was undone"
        await writer.close()

    asyncio.run(story())
    assert count(engine) == 2


def test_an_error_that_a_job_hides_loses_nothing_unsaid(engine: Engine) -> None:
    """PostgreSQL keeps nothing of a transaction with an error, though COMMIT says no word of it: the batch fails."""

    def hides(connection: Connection) -> None:
        with contextlib.suppress(DBAPIError):
            plain(connection, "insert into nowhere values (1)")

    async def story() -> int:
        writer = Writer(engine, "test")
        kept = writer.submit(lambda c: inbound.accept(c, ENVELOPE, b"beside", claim_for=None))
        results = await asyncio.gather(kept, writer.submit(hides), return_exceptions=True)
        await writer.close()
        return sum(not isinstance(result, BaseException) for result in results[:1])

    assert asyncio.run(story()) == count(engine)


def test_a_dead_connection_is_temporary_and_replaced(engine: Engine) -> None:
    """When the connection breaks, the jobs of that commit fail as temporary; the next job gets a new connection."""

    def kill(connection: Connection) -> None:
        connection.connection.dbapi_connection.close()  # type: ignore[union-attr]
        connection.execute(text("select 1"))

    async def story() -> None:
        writer = Writer(engine, "test")
        assert await writer.run(lambda c: c.execute(text("select 1")).scalar()) == 1
        with pytest.raises((StoreUnavailable, Exception)):
            await writer.run(kill)
        assert await writer.run(lambda c: inbound.accept(c, ENVELOPE, b"again", claim_for=None))
        await writer.close()

    asyncio.run(story())
    assert count(engine) == 1


def test_a_store_that_cannot_be_opened_fails_all_that_wait_at_once(engine: Engine) -> None:
    """When a transaction cannot even begin, nobody waits his turn for the same answer; later jobs are done."""
    broken = True

    class Stubborn:
        dialect = engine.dialect

        def connect(self) -> Connection:
            if broken:
                raise StoreUnavailable("no store")
            return engine.connect()

    async def story() -> None:
        nonlocal broken
        writer = Writer(Stubborn(), "test")  # type: ignore[arg-type]
        jobs = [writer.submit(lambda c: 1) for _ in range(50)]
        results = await asyncio.gather(*jobs, return_exceptions=True)
        assert {type(result) for result in results} == {StoreUnavailable}
        broken = False
        assert await writer.run(lambda c: 2) == 2
        await writer.close()

    asyncio.run(story())


def test_what_the_database_refuses_for_ever_is_that_jobs_own(engine: Engine) -> None:
    """Beyond a limit of the database (an index takes 2,700 octets) or no SQL at all: no fault of the store's."""
    noise = "".join(chr(0x10000 + dice % 0x8000) for dice in random.Random(1).choices(range(10**6), k=990))

    def refused(connection: Connection) -> None:
        connection.execute(text("insert into state (name, value) values (:name, 'x')"), {"name": noise})
        if engine.dialect.name == "sqlite":  # whose indexes have no such limit
            connection.execute(text("insert into nowhere values (1)"))

    async def story() -> None:
        writer = Writer(engine, "test")
        before = writer.submit(lambda c: inbound.accept(c, ENVELOPE, b"before", claim_for=None))
        poison = writer.submit(refused)
        after = writer.submit(lambda c: inbound.accept(c, ENVELOPE, b"after", claim_for=None))
        with pytest.raises(OperationalError):
            await poison
        assert await before and await after
        await writer.close()

    asyncio.run(story())
    assert count(engine) == 2


def test_a_batch_that_cannot_be_ended_blames_no_job(engine: Engine) -> None:
    """When the transaction is gone from under a batch, all of it may be tried again, and the next one is written."""

    async def story() -> None:
        writer = Writer(engine, "test")
        jobs = [
            writer.submit(lambda c: inbound.accept(c, ENVELOPE, b"beside", claim_for=None)),
            writer.submit(lambda c: plain(c, "ROLLBACK")),
        ]
        for job in jobs:
            with pytest.raises(StoreUnavailable):
                await job
        assert await writer.run(lambda c: inbound.accept(c, ENVELOPE, b"after", claim_for=None))
        await writer.close()

    asyncio.run(story())
    assert count(engine) == 1


def test_a_large_job_has_its_turn_and_does_not_stop_the_loop(engine: Engine) -> None:
    """Jobs run in the order given; while one that moves megabytes is done in the thread, the loop goes on."""
    order: list[tuple[int, bool]] = []
    beats = 0

    def job(number: int, seconds: float = 0.0) -> Callable[[Connection], None]:
        def work(_connection: Connection) -> None:
            time.sleep(seconds)
            order.append((number, threading.current_thread() is threading.main_thread()))

        return work

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.01)

    async def story() -> None:
        writer = Writer(engine, "test")
        beating = asyncio.create_task(beat())
        jobs = [writer.submit(job(0)), writer.submit(job(1, 0.3), large=True), writer.submit(job(2))]
        await asyncio.gather(*jobs)
        beating.cancel()
        await writer.close()

    asyncio.run(story())
    on_the_loop = engine.dialect.name == "sqlite"
    assert order == [(0, on_the_loop), (1, False), (2, on_the_loop)]
    assert beats > 10


def test_no_job_and_no_count_can_end_the_writing(engine: Engine) -> None:
    """A job that raises StopIteration, which no future takes, and a count that fails leave the writer at work."""

    def counting(_seconds: float, _jobs: int) -> None:
        raise RuntimeError("a bug in counting")

    def stops(_connection: Connection) -> None:
        raise StopIteration

    async def story() -> None:
        writer = Writer(engine, "test", committed=counting)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await writer.run(stops)
        assert await writer.run(lambda c: 3) == 3
        await writer.close()
        with pytest.raises(StoreUnavailable):
            await writer.run(lambda c: 4)

    asyncio.run(story())

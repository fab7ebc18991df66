"""The one thread that writes: jobs that wait together share one commit, each in its own savepoint.

A job is a function of a connection. Its result reaches the caller only after the commit, so whoever was told "done"
may rely on it across a power cut. A job that raises is rolled back alone; a commit that fails fails every job in it.
SQLite has one writer for the whole store; on PostgreSQL each lane (accepting, deciding, sending) has a writer and a
connection of its own.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from maild.core.errors import Temporary
from maild.storage.faults import translate
from maild.storage.statements import plain

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

T = TypeVar("T")
Work = Callable[["Connection"], Any]

MOST_JOBS = 128
"""Jobs in one commit at most: what waits for a commit must not wait long."""
LONGEST_BATCH = 0.040
"""Seconds after which a batch takes no further job. Only a queue makes batches long: a lone mail never waits."""


class Writer:
    """A thread with one connection; :meth:`run` gives it work."""

    def __init__(self, engine: Engine, name: str, *, committed: Callable[[float, int], None] | None = None) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[tuple[Work, asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"writer-{name}", daemon=True)
        self._committed = committed
        self._loop = asyncio.get_running_loop()
        self._connection: Connection | None = None
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Give the work now, so that jobs run in the order they were given; the future is :meth:`run`'s."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((work, future))
        return future

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do the work in a transaction and return its result once that is durable.

        Raises:
            Temporary: when the store cannot be used now (StoreFull, StoreUnavailable).
            Exception: whatever the work itself raised; nothing of it was kept.

        """
        return await self.submit(work)

    def waiting(self) -> int:
        """Return how many jobs wait."""
        return self._jobs.qsize()

    async def close(self) -> None:
        """Finish what was given, then stop the thread."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while (first := self._jobs.get()) is not None:
            done: list[tuple[asyncio.Future[Any], Any, bool]] = []
            started = time.monotonic()
            go_on = self._batch(first, done, started)
            if self._committed is not None:
                self._committed(time.monotonic() - started, len(done))
            self._loop.call_soon_threadsafe(_settle, done)
            if not go_on:
                break
        if self._connection is not None:
            self._connection.close()

    def _batch(
        self, first: tuple[Work, asyncio.Future[Any]], done: list[tuple[asyncio.Future[Any], Any, bool]], started: float
    ) -> bool:
        """Run jobs in one transaction and commit; False when the stop sign came among them."""
        job: tuple[Work, asyncio.Future[Any]] | None = first
        go_on = True
        try:
            connection = self._connect()
            with connection.begin():
                while job is not None:
                    done.append((job[1], *_attempt(connection, job[0])))
                    if len(done) >= MOST_JOBS or time.monotonic() - started > LONGEST_BATCH:
                        break
                    try:
                        job = self._jobs.get_nowait()
                    except queue.Empty:
                        break
                    go_on = job is not None
        except (SQLAlchemyError, OSError, MemoryError, Temporary) as error:
            self._drop_connection()
            reason = translate(error)
            failed = [future for future, _, _ in done] or [first[1]]
            if job is not None and all(job[1] is not future for future in failed):
                failed.append(job[1])
            done[:] = [(future, reason, False) for future in failed]
        return go_on

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _attempt(connection: Connection, work: Work) -> tuple[Any, bool]:
    """Run one job in a savepoint: its result and True, or its error and False.

    Raises:
        Temporary: when the store itself failed, which ends the whole batch.

    """
    plain(connection, "SAVEPOINT job")
    try:
        result = work(connection)
    except Exception as error:  # a job's bug must not take the others with it
        reason = translate(error)
        if isinstance(reason, Temporary):
            raise reason from error
        plain(connection, "ROLLBACK TO SAVEPOINT job")
        plain(connection, "RELEASE SAVEPOINT job")
        return error, False
    plain(connection, "RELEASE SAVEPOINT job")
    return result, True


def _settle(done: list[tuple[asyncio.Future[Any], Any, bool]]) -> None:
    for future, result, good in done:
        if future.done():
            continue  # the caller went away; what it asked for is committed all the same
        if good:
            future.set_result(result)
        else:
            future.set_exception(result)

"""The one who writes: jobs that wait together share one commit.

A job is a function of a connection. Its result reaches the caller only after the commit, so whoever was told "done"
may rely on it across a power cut. A job that raises is rolled back alone: the batch is undone and those in it are done
again, now each in a savepoint of its own. So a job may be called twice, as it may when a commit fails, which fails
every job in it. Without that fault no job has a savepoint: SQLite keeps a copy of every page that one touches, and
PostgreSQL is asked twice more.
SQLite has one writer for the whole store; on PostgreSQL each lane (accepting, deciding, sending) has a writer and a
connection of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from maild.core.errors import StoreUnavailable, Temporary
from maild.storage.faults import translate
from maild.storage.statements import plain

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, RootTransaction

    from maild.storage.engine import StoreLock

T = TypeVar("T")
Work = Callable[["Connection"], Any]
Job = tuple[Work, "asyncio.Future[Any]", bool]
"""A job, its future, and whether it is large."""
Settled = tuple["asyncio.Future[Any]", Any, bool]
"""A job's future, its result or error, and whether it is a result."""

MOST_JOBS = 100
"""Jobs in one commit at most, some fifty mails: what waits for a commit must not wait long."""
LONGEST_BATCH = 0.040
"""Seconds after which a batch takes no further job. Only a queue makes batches long: a lone mail never waits."""

UNDISTURBED = 0.0007
"""Seconds for which short jobs follow each other on the loop without a look at the sockets: such a look asks the kernel
and costs as much as a tenth of what a mail is decided in."""


class Writer:
    """The one who writes, over one connection; :meth:`run` gives it work.

    With SQLite most jobs run on the event loop, one after the other with looks at the sockets in between: a job is a
    millisecond of Python and thirty statements, at each of which two threads would fight for the interpreter. What may
    wait for the disk or a lock (BEGIN, COMMIT), and a job that moves megabytes, is done in the writer's thread
    meanwhile. So nobody else in the daemon may begin to write on the loop: it would wait for a transaction that cannot
    go on. With PostgreSQL, whose statements wait for a network, the whole batch is the thread's.
    """

    def __init__(
        self,
        engine: Engine,
        name: str,
        *,
        committed: Callable[[float, int], None] | None = None,
        lock: StoreLock | None = None,
    ) -> None:
        """``lock``: the store's, held; then this writer is the one that checkpoints a SQLite store."""
        self._engine, self._lock = engine, lock
        self._jobs: deque[Job] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"writer-{name}")
        self._committed = committed
        self._loop = asyncio.get_running_loop()
        self._connection: Connection | None = None
        self._wake = asyncio.Event()
        self._closing = False
        self._worker = self._loop.create_task(self._work())

    def submit(self, work: Callable[[Connection], T], large: bool = False) -> asyncio.Future[T]:
        """Give the work now, so that jobs run in the order they were given; the future is :meth:`run`'s.

        ``large``: it may move more than a megabyte into or out of the store.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        if self._worker.done():
            future.set_exception(StoreUnavailable("the store is closed"))
            return future
        self._jobs.append((work, future, large))
        self._wake.set()
        return future

    async def run(self, work: Callable[[Connection], T], large: bool = False) -> T:
        """Do the work in a transaction and return its result once that is durable.

        Raises:
            Temporary: when the store cannot be used now (StoreFull, StoreUnavailable).
            Exception: whatever the work itself raised; nothing of it was kept.

        """
        return await self.submit(work, large)

    def waiting(self) -> int:
        """Return how many jobs wait."""
        return len(self._jobs)

    async def close(self) -> None:
        """Finish what was given, then stop."""
        self._closing = True
        self._wake.set()
        await self._worker
        await asyncio.to_thread(self._thread.shutdown)

    async def _work(self) -> None:
        batch = self._batch if self._engine.dialect.name == "sqlite" else self._batch_apart
        while self._jobs or not self._closing:
            if not self._jobs:
                self._wake.clear()
                await self._wake.wait()
                continue
            done: list[Settled] = []
            started = time.monotonic()
            try:
                await batch(done, started)
            except Exception as error:  # noqa: BLE001 whatever it is, callers must hear of it and the next batch begin
                with contextlib.suppress(Exception):  # a connection that cannot even be closed is forgotten
                    await self._in_thread(self._drop_connection)
                self._connection = None
                reason = translate(error)
                if not isinstance(reason, Temporary):  # what ends a batch is no one job's fault
                    reason = StoreUnavailable(f"the batch could not be ended: {type(error).__name__}")
                done = self._failed(done, reason)
            _settle(done)
            if self._committed is not None:
                with contextlib.suppress(Exception):  # a count that fails must not end the writing
                    self._committed(time.monotonic() - started, len(done))
        await self._in_thread(self._close_connection)

    def _failed(self, done: list[Settled], reason: BaseException) -> list[Settled]:
        """Fail a batch; where no job had begun, all that wait: each would wait as long for the same answer."""
        futures = [future for future, _, _ in done]
        if not futures:
            futures = [future for _, future, _ in self._jobs]
            self._jobs.clear()
        return [(future, reason, False) for future in futures]

    async def _batch(self, done: list[Settled], started: float) -> None:
        """Run waiting jobs in one transaction and commit; ``done`` holds them all, also when the store fails."""
        connection, transaction = await self._in_thread(self._begin)
        begun: list[Job] = []
        looked = time.monotonic()
        while self._goes_on(done, started):
            if self._jobs[0][2]:
                good = await self._in_thread(partial(self._next, connection, begun, done))
            else:
                good = self._next(connection, begun, done)
                if not self._jobs or time.monotonic() - looked > UNDISTURBED:
                    await asyncio.sleep(0)
                    looked = time.monotonic()
            _check_open(connection)
            if not good:
                transaction = await self._in_thread(partial(_again, connection, transaction, begun, done))
                break
        await self._in_thread(transaction.commit)

    async def _batch_apart(self, done: list[Settled], started: float) -> None:
        """Do the same, all of it in the thread."""

        def whole() -> None:
            connection, transaction = self._begin()
            plain(connection, "SAVEPOINT batch")
            begun: list[Job] = []
            while self._goes_on(done, started):
                if not self._next(connection, begun, done):
                    transaction = _again(connection, transaction, begun, done)
                    break
            else:
                # a COMMIT of what has been lost or has failed says nothing; this does
                plain(connection, "RELEASE SAVEPOINT batch")
            transaction.commit()

        await self._in_thread(whole)

    def _goes_on(self, done: list[Settled], started: float) -> bool:
        room = len(done) < MOST_JOBS and time.monotonic() - started < LONGEST_BATCH
        return bool(self._jobs) and (room or not done)

    def _next(self, connection: Connection, begun: list[Job], done: list[Settled]) -> bool:
        """Run the next job; False when it raised, and the transaction holds a part of what it did.

        Raises:
            Temporary: when the store itself failed, which ends the whole batch.

        """
        job = self._jobs.popleft()
        work, future, _ = job
        begun.append(job)
        done.append((future, None, False))
        try:
            done[-1] = (future, work(connection), True)
        except Exception as error:  # noqa: BLE001 a job's bug must not take the others with it
            _raise_fault(error)
            return False
        return True

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return self._loop.run_in_executor(self._thread, work)

    def _begin(self) -> tuple[Connection, RootTransaction]:
        if self._connection is None:
            self._connection = self._engine.connect()
            if self._lock is not None:
                self._lock.let_checkpoint(self._connection)
        return self._connection, self._connection.begin()

    def _close_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _again(
    connection: Connection, transaction: RootTransaction, begun: list[Job], done: list[Settled]
) -> RootTransaction:
    """Undo a transaction in which a job raised, and do its jobs again, so that only that one is missing."""
    transaction.rollback()
    transaction = connection.begin()
    for at, (work, future, _) in enumerate(begun):
        done[at] = (future, *_attempt(connection, work))
    return transaction


def _attempt(connection: Connection, work: Work) -> tuple[Any, bool]:
    """Run one job in a savepoint: its result and True, or its error and False.

    Raises:
        Temporary: when the store itself failed, which ends the whole batch.

    """
    plain(connection, "SAVEPOINT job")
    try:
        result = work(connection)
    except Exception as error:  # noqa: BLE001 as above
        _raise_fault(error)
        plain(connection, "ROLLBACK TO SAVEPOINT job")
        plain(connection, "RELEASE SAVEPOINT job")
        return error, False
    plain(connection, "RELEASE SAVEPOINT job")
    return result, True


def _check_open(connection: Connection) -> None:
    """Raise StoreUnavailable when SQLite has ended the transaction of its own accord: the commit would not say so."""
    raw: Any = connection.connection.dbapi_connection
    if not raw.in_transaction:
        raise StoreUnavailable("the transaction was lost")


def _raise_fault(error: Exception) -> None:
    """Raise a fault of the store, which is no job's own."""
    reason = translate(error)
    if isinstance(reason, Temporary):
        raise reason from error


def _settle(done: list[Settled]) -> None:
    for future, result, good in done:
        if future.done():
            continue  # the caller went away; what it asked for is committed all the same
        if good:
            future.set_result(result)
        else:
            # a future takes no StopIteration
            future.set_exception(RuntimeError(repr(result)) if isinstance(result, StopIteration) else result)

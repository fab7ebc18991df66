"""A few long-lived child processes that read mails side by side, and what happens when one does not come back.

Mails wait in one line. A child gets a mail, and a second small one behind it so that it never idles; should the first
take long, the second goes back to the line at once. A child that overruns its deadline, dies, or answers nonsense is
killed with everything it started, the mail it was reading has failed, and a new child takes its place. While a mail
takes more than a second a further child helps out, so that slow mails never hold up the others (P5).
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import deque
from collections.abc import Sequence

from maild.core.errors import Unusable
from maild.core.mail import Envelope, Mail, ReadingFailed
from maild.core.reason import Reason, because
from maild.core.reason_words import in_words
from maild.mail import wire
from maild.mail.options import ReadOptions
from maild.mail.reader_process import START_SECONDS, Job, ReaderProcess, finish

COMMAND = (sys.executable, "-m", "maild.mail.child")
CPU_SECONDS = 20
TICK = 0.2
MOST_HELPERS = 6
_DEEP = 3
"""Mails in one child at a time, while they are small."""


STOPPING = because("maild is stopping")


class Readers:
    """The children and the line of mails before them."""

    def __init__(
        self,
        options: ReadOptions,
        *,
        processes: int,
        wall: float,
        memory: int,
        cpu: int = CPU_SECONDS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """``wall`` in seconds and ``memory`` in octets of address space, both for each mail's reading."""
        self._options = wire.to_json(options)
        self._processes, self._wall, self._memory, self._cpu = processes, wall, memory, cpu
        self._command = tuple(command)
        self._children: list[ReaderProcess] = []
        self._line: deque[Job] = deque()
        self._numbers = itertools.count(1)
        self._dying: list[ReaderProcess] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._ticker: asyncio.TimerHandle | None = None
        self._stopping = False
        self._first: asyncio.Future[None] | None = None
        """Set when the first child is ready."""

    async def start(self) -> None:
        """Start the children; return when one is ready to read.

        Raises:
            Unusable: when none gets so far.

        """
        self._first = asyncio.get_running_loop().create_future()
        await asyncio.gather(*(self._start(self._new()) for _ in range(self._processes)))
        self._ticker = asyncio.get_running_loop().call_later(TICK, self._tick)
        try:
            await asyncio.wait_for(asyncio.shield(self._first), START_SECONDS)
        except TimeoutError:
            self._first.cancel()
            await self.stop()
            raise Unusable(f"no reader is ready after {START_SECONDS:g} seconds") from None
        except Unusable:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the children; mails still being read come back as failed."""
        self._stopping = True
        if self._ticker is not None:
            self._ticker.cancel()
        children, self._children = self._children, []
        for child in children:
            child.end(STOPPING)
        children += self._dying
        for job in self._line:
            finish(job, ReadingFailed(reason=STOPPING))
        self._line.clear()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(child.gone() for child in children))

    async def read(self, raw: bytes, envelope: Envelope) -> Mail | ReadingFailed:
        """Read one mail; what its bytes do to the reader is told, never raised."""
        loop = asyncio.get_running_loop()
        job = Job(next(self._numbers) & 0xFFFFFFFF, raw, envelope, loop.create_future())
        self._line.append(job)
        self._feed()
        self._keep_ticking()
        return await job.future

    # -- inside ---------------------------------------------------------------------------------------------------

    def _new(self) -> ReaderProcess:
        child = ReaderProcess(self)
        self._children.append(child)
        return child

    async def _start(self, child: ReaderProcess) -> None:
        try:
            await child.start(self._command, self._memory, self._cpu, self._options)
        except OSError:  # no process to be had now: the tick tries again
            child.end(because("reader not started"))

    def _feed(self) -> None:
        """Give waiting mails to children: an idle one first, then behind small ones."""
        for most in range(1, _DEEP + 1):
            for child in self._children:
                if not self._line:
                    return
                if len(child.jobs) < most and child.takes(self._line[0], time.monotonic()):
                    child.give(self._line.popleft())

    def greeted(self) -> None:
        """A child is ready to read."""
        if self._first is not None and not self._first.done():
            self._first.set_result(None)
        self._feed()

    def answered(self) -> None:
        """A child has room again."""
        if self._line:
            self._feed()

    def lost(
        self, child: ReaderProcess, jobs: Sequence[Job], reason: Reason, traceback: str, *, was_ready: bool
    ) -> None:
        """A child has ended: its first mail has failed, the ones behind it go back to the head of the line."""
        if child in self._children:
            self._children.remove(child)
        self._dying = [one for one in (*self._dying, child) if not one.is_gone()]
        if jobs:
            finish(jobs[0], ReadingFailed(reason=reason, traceback=traceback))
            self._line.extendleft(reversed(jobs[1:]))
        if self._first is not None and not self._first.done() and not self._stopping:
            said = traceback.strip().rpartition("\n")[2]
            why = f"{in_words(reason, 'en')}{': ' if said else ''}{said}"
            self._first.set_exception(Unusable(f"a reader does not start: {why}"))
        elif not self._stopping:
            if was_ready:  # one that never got so far is tried again at the next tick, not in a storm
                self._ensure()
            self._feed()
            self._keep_ticking()

    def _keep_ticking(self) -> None:
        if self._ticker is None and not self._stopping:
            self._ticker = asyncio.get_running_loop().call_later(TICK, self._tick)

    def _ensure(self) -> None:
        """Start children until there are enough that are not busy with something slow."""
        now = time.monotonic()
        slow = sum(child.slow(now) for child in self._children)
        wanted = self._processes + min(slow, MOST_HELPERS)
        for _ in range(wanted - len(self._children)):
            task = asyncio.ensure_future(self._start(self._new()))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    def _tick(self) -> None:
        self._ticker = None
        now = time.monotonic()
        for child in list(self._children):
            child.look(now, self._wall)
            if child.slow(now) and len(child.jobs) > 1:
                self._line.extendleft(reversed(child.take_back()))
        self._ensure()
        spare = [child for child in self._children if not child.jobs and child.ready]
        for child in spare[: max(0, len(self._children) - self._processes)]:
            self._children.remove(child)
            child.end(None)
        self._feed()
        busy = bool(self._line) or any(child.jobs or not child.ready for child in self._children)
        if busy or len(self._children) != self._processes:
            self._keep_ticking()

"""One lane of reading: a line of mails, and the processes that read them.

A child gets a mail, and a second small one behind it so that it never idles; should the first take long, the second
goes back to the line at once. A child that overruns its time, dies or answers nonsense is killed with everything it
started, and a new one takes its place. While mails only take long on the clock (a DNS server that does not answer),
further children help out; when there are no more to be had, the mail that has waited for longest leaves the lane.
While mails kill children, spare ones are kept ready.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from maild.core.errors import Unusable
from maild.core.reasons.reason import because
from maild.core.reasons.words import in_words
from maild.core.values.mail import Envelope, ReadingFailed
from maild.mail.reader.child import NORMAL, RECALL
from maild.mail.reader.process import LONG, START_SECONDS, Job, Limits, Outcome, ReaderProcess, finish

TICK = 0.2
MOST_SPARE = 2
SPARE = 60.0
"""Seconds for which a further child is kept once it was needed, or one was lost: a start takes longer than mails
should wait."""
IDLE = 30.0
"""Seconds after its last mail that a lane without standing children keeps one."""
STOPPING = because("maild is stopping")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a lane is made of."""

    lane: int
    """The word for it in the child's protocol."""
    standing: int
    """Children that are always there; 0 is one from the first mail on, and for a while after the last."""
    helpers: int
    """Further ones while mails take long."""
    ahead: int
    """Mails in one child at a time, while they are small."""


class Lane:
    """The line and its children."""

    def __init__(
        self,
        shape: Shape,
        limits: Limits,
        command: Sequence[str],
        options: bytes,
        *,
        takes_long: Callable[[], None] | None = None,
    ) -> None:
        """``takes_long`` is called again and again while a mail takes long."""
        self._shape, self._limits, self._command, self._options = shape, limits, tuple(command), options
        self._takes_long = takes_long
        self._children: list[ReaderProcess] = []
        self._line: deque[Job] = deque()
        self._numbers = itertools.count(1)
        self._dying: list[ReaderProcess] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._ticker: asyncio.TimerHandle | None = None
        self._stopping = False
        self._losses: deque[float] = deque(maxlen=MOST_SPARE)
        """When children were last lost over a mail."""
        self._kept = (0, 0.0)
        """How many further children were wanted lately, and until when they are kept."""
        self._until = 0.0
        """Until when a lane without standing children keeps one."""
        self._first: asyncio.Future[None] | None = None
        """Set when the first child is ready."""

    async def start(self) -> None:
        """Start the standing children; return when one is ready to read.

        Raises:
            Unusable: when none gets so far.

        """
        self._first = asyncio.get_running_loop().create_future()
        await asyncio.gather(*(self._start(self._new()) for _ in range(self._shape.standing)))
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

    async def read(
        self, raw: bytes, envelope: Envelope, held_up: Callable[[], None] | None = None, *, how: int | None = None
    ) -> Outcome:
        """Read one mail in this lane; what its bytes do to the reader is told, never raised.

        ``held_up`` is called when nobody should wait for it any longer; ``how`` says another way of reading than the
        lane's own.
        """
        if self._stopping:
            return ReadingFailed(reason=STOPPING)
        loop = asyncio.get_running_loop()
        number, how = next(self._numbers) & 0x7FFFFFFF, self._shape.lane if how is None else how
        job = Job(number, how, raw, envelope, loop.create_future(), held_up)
        self._line.append(job)
        if self._children:
            self._feed()
        self.warm()
        return await job.future

    def warm(self) -> None:
        """Have a child ready soon, in a lane that has none standing."""
        if not self._shape.standing:
            self._until = time.monotonic() + IDLE
            if not self._children and not self._stopping:
                self._ensure()
        self._keep_ticking()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _new(self) -> ReaderProcess:
        child = ReaderProcess(self, self._limits)
        self._children.append(child)
        return child

    async def _start(self, child: ReaderProcess) -> None:
        try:
            await child.start(self._command, self._options)
        except OSError:  # no process to be had now: the tick tries again
            child.end(because("reader not started"))

    def _feed(self) -> None:
        """Give waiting mails to children: an idle one first, then behind small ones."""
        for most in range(1, self._shape.ahead + 1):
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

    def lost(self, child: ReaderProcess, jobs: Sequence[Job], outcome: Outcome, *, was_ready: bool) -> None:
        """A child has ended: that was its first mail's doing, the ones behind it go back to the head of the line."""
        if child in self._children:
            self._children.remove(child)
        self._dying = [one for one in (*self._dying, child) if not one.is_gone()]
        if jobs:
            self._losses.append(time.monotonic())
            finish(jobs[0], outcome)
            self._line.extendleft(reversed([job for job in jobs[1:] if job.lane != RECALL]))
        if self._stopping:
            return
        if self._first is not None and not self._first.done():
            assert isinstance(outcome, ReadingFailed)
            said = outcome.traceback.strip().rpartition("\n")[2]
            why = f"a reader does not start: {in_words(outcome.reason, 'en')}{': ' if said else ''}{said}"
            self._first.set_exception(Unusable(why))
            return
        if was_ready:  # one that never got so far is tried again at the next tick, not in a storm
            self._ensure()
        self._feed()
        self._keep_ticking()

    def _keep_ticking(self) -> None:
        if self._ticker is None and not self._stopping:
            self._ticker = asyncio.get_running_loop().call_later(TICK, self._tick)

    def _wanted(self, now: float) -> int:
        if not self._shape.standing:
            busy = self._line or any(child.jobs for child in self._children)
            return 1 if busy or now < self._until else 0
        long = min(sum(map(self._long, self._children)), self._shape.helpers)
        more = long + sum(now - at < SPARE for at in self._losses)
        if min(more, MOST_SPARE) >= self._kept[0] or now > self._kept[1]:
            self._kept = (min(more, MOST_SPARE), now + SPARE)
        return self._shape.standing + max(more, self._kept[0])

    def _ensure(self) -> None:
        """Start children until there are enough that are not busy with something that takes long."""
        for _ in range(self._wanted(time.monotonic()) - len(self._children)):
            task = asyncio.ensure_future(self._start(self._new()))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    @staticmethod
    def _long(child: ReaderProcess) -> bool:
        return child.busy_for(time.monotonic()) > LONG

    def _tick(self) -> None:
        self._ticker = None
        now = time.monotonic()
        for child in list(self._children):
            child.look(now)
            if child.busy_for(now) > TICK:
                self._line.extendleft(reversed(child.take_back()))
        if self._takes_long is not None and any(map(self._long, self._children)):
            self._takes_long()
        self._ensure()
        self._dismiss(now)
        self._feed()
        self._relieve(now)
        unsettled = any(child.jobs or not child.ready for child in self._children)
        if self._line or unsettled or len(self._children) != self._shape.standing:
            self._keep_ticking()

    def _dismiss(self, now: float) -> None:
        """Let children go that are no longer needed."""
        spare = [child for child in self._children if not child.jobs and child.ready]
        for child in spare[: max(0, len(self._children) - self._wanted(now))]:
            self._children.remove(child)
            child.end(None)

    def _relieve(self, now: float) -> None:
        """When mails wait and every child that there may be has been busy for long, ask for the longest one back."""
        most = self._shape.standing + self._shape.helpers
        if self._shape.lane != NORMAL or not self._line or len(self._children) < most:
            return
        if all(map(self._long, self._children)):
            max(self._children, key=lambda child: child.busy_for(now)).ask_back(now)

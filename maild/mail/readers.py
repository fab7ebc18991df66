"""A few long-lived child processes that read mails side by side, and what happens when one does not come back.

Mails wait in one line. A child gets a mail, and a second small one behind it so that it never idles; should the first
take long, the second goes back to the line at once. A child that overruns its deadline, dies, or answers nonsense is
killed with everything it started, the mail it was reading has failed, and a new child takes its place. While a mail
takes more than a second a further child helps out, so that slow mails never hold up the others (P5).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from maild.core.errors import Unusable
from maild.core.mail import Envelope, Mail, ReadingFailed
from maild.mail import wire
from maild.mail.child import ANSWER, LENGTH, QUESTION
from maild.mail.options import ReadOptions

COMMAND = (sys.executable, "-m", "maild.mail.child")
CPU_SECONDS = 20
SLOW = 1.0
"""Seconds after which a mail counts as slow."""
TICK = 0.2
START_SECONDS = 60.0
"""How long a child may take until it is ready, on the busiest machine."""
MOST_HELPERS = 6
MOST_ANSWER = 64 * 1024 * 1024
_SMALL = 64 * 1024
_DEEP = 3
"""Mails in one child at a time, while they are small."""
_STDERR = 8 * 1024
_PASSED_ON = ("PYTHON", "LANG", "LC_", "PATH", "TZ")
"""Environment variables a reader gets; secrets are not among them."""


@dataclass(eq=False, slots=True)
class _Job:
    number: int
    raw: bytes
    envelope: Envelope
    future: asyncio.Future[Mail | ReadingFailed]


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
        self._children: list[_Child] = []
        self._line: deque[_Job] = deque()
        self._numbers = itertools.count(1)
        self._dying: list[_Child] = []
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
            child.end("maild is stopping")
        children += self._dying
        for job in self._line:
            _finish(job, ReadingFailed(reason="maild is stopping"))
        self._line.clear()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(child.gone() for child in children))

    async def read(self, raw: bytes, envelope: Envelope) -> Mail | ReadingFailed:
        """Read one mail; what its bytes do to the reader is told, never raised."""
        loop = asyncio.get_running_loop()
        job = _Job(next(self._numbers) & 0xFFFFFFFF, raw, envelope, loop.create_future())
        self._line.append(job)
        self._feed()
        self._keep_ticking()
        return await job.future

    # -- inside ---------------------------------------------------------------------------------------------------

    def _new(self) -> _Child:
        child = _Child(self)
        self._children.append(child)
        return child

    async def _start(self, child: _Child) -> None:
        try:
            await child.start(self._command, self._memory, self._cpu, self._options)
        except OSError:  # no process to be had now: the tick tries again
            child.end("a reader could not be started")

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

    def lost(self, child: _Child, jobs: Sequence[_Job], reason: str, traceback: str, *, was_ready: bool) -> None:
        """A child has ended: its first mail has failed, the ones behind it go back to the head of the line."""
        if child in self._children:
            self._children.remove(child)
        self._dying = [one for one in (*self._dying, child) if not one.is_gone()]
        if jobs:
            _finish(jobs[0], ReadingFailed(reason=reason, traceback=traceback))
            self._line.extendleft(reversed(jobs[1:]))
        if self._first is not None and not self._first.done() and not self._stopping:
            said = traceback.strip().rpartition("\n")[2]
            self._first.set_exception(Unusable(f"a reader does not start: {reason}{': ' if said else ''}{said}"))
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
            child.end("")
        self._feed()
        busy = bool(self._line) or any(child.jobs or not child.ready for child in self._children)
        if busy or len(self._children) != self._processes:
            self._keep_ticking()


class _Child(asyncio.Protocol):
    """One process and the socket to it."""

    def __init__(self, readers: Readers) -> None:
        self.readers = readers
        self.jobs: deque[_Job] = deque()
        self.since = time.monotonic()
        """When it began to read its first mail, or to start."""
        self.ready = False
        self._buffer = bytearray()
        self._process: subprocess.Popen[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self._ended = False
        self._socket: socket.socket | None = None

    async def start(self, command: Sequence[str], memory: int, cpu: int, options: bytes) -> None:
        """Start the process and greet it with its options."""
        if self._ended:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1024 * 1024)
            ours.setblocking(False)
            arguments = [*command, str(theirs.fileno()), str(memory), str(cpu)]
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own interpreter; a fork without a wait
                arguments,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env={
                    name: value
                    for name, value in os.environ.items()
                    if name.startswith(("PYTHON", "LANG", "LC_", "PATH"))
                },
            )
        assert self._process.stderr is not None
        os.set_blocking(self._process.stderr.fileno(), False)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: self, sock=ours)
        if self._ended:
            transport.abort()
            return
        self._transport, self._socket = transport, ours
        self._transport.write(LENGTH.pack(len(options)) + options)

    # -- mails ----------------------------------------------------------------------------------------------------

    def takes(self, job: _Job, now: float) -> bool:
        """Tell whether this mail may be given to this child now."""
        if not self.ready or self._ended:
            return False
        if not self.jobs:
            return True
        inside = sum(len(one.raw) for one in self.jobs)
        return inside + len(job.raw) <= _SMALL and now - self.since < SLOW / 4

    def give(self, job: _Job) -> None:
        """Send a mail to be read."""
        assert self._transport is not None
        if not self.jobs:
            self.since = time.monotonic()
        self.jobs.append(job)
        envelope = wire.to_json(job.envelope)
        head = QUESTION.pack(job.number, len(envelope), len(job.raw)) + envelope
        if len(job.raw) <= _SMALL:
            self._transport.write(head + job.raw)
        else:
            self._transport.write(head)
            self._transport.write(job.raw)

    def take_back(self) -> list[_Job]:
        """Return the mails behind the one being read; what this child says about them later is not heard."""
        first, *back = self.jobs
        self.jobs = deque((first,))
        return back

    def data_received(self, data: bytes) -> None:
        """Take what the child says; one answer may come in pieces."""
        self._buffer += data
        while len(self._buffer) >= ANSWER.size:
            number, length = ANSWER.unpack_from(self._buffer)
            if length > MOST_ANSWER:
                self.end("the reader answered nonsense")
                return
            if len(self._buffer) < ANSWER.size + length:
                return
            body = bytes(self._buffer[ANSWER.size : ANSWER.size + length])
            del self._buffer[: ANSWER.size + length]
            self._answer(number, body)

    def _answer(self, number: int, body: bytes) -> None:
        if not self.ready and not number and not body:
            self.ready = True
            self.readers.greeted()
            return
        if not self.jobs or self.jobs[0].number != number:
            return  # a mail that was taken back
        job = self.jobs[0]
        try:
            mail = wire.mail_from(body, job.envelope)
        except ValueError as error:
            self.end(f"the reader answered nonsense: {error}")
            return
        self.jobs.popleft()
        self.since = time.monotonic()
        _finish(job, mail)
        self.readers.answered()

    def connection_lost(self, exc: Exception | None) -> None:
        """The child closed its end: it is dying."""
        self._hear()
        self.end("")

    # -- the end --------------------------------------------------------------------------------------------------

    def slow(self, now: float) -> bool:
        """Tell whether the mail being read takes long."""
        return bool(self.jobs) and now - self.since > SLOW

    def look(self, now: float, wall: float) -> None:
        """Notice a child that has died without a word, or that has had its time."""
        if self._process is not None and self._process.poll() is not None:
            self._hear()
            self.end("")
        elif self.jobs and now - self.since > wall:
            self._hear()
            if self.jobs and now - self.since > wall:
                self.end(f"reading took more than {wall:g} seconds")
        elif not self.ready and now - self.since > START_SECONDS:
            self.end("a reader did not get ready")

    def _hear(self) -> None:
        """Take answers that are here but unheard, so that no mail is blamed that has been read."""
        with contextlib.suppress(OSError):
            while self._socket is not None and not self._ended and (data := self._socket.recv(256 * 1024)):
                self.data_received(data)

    def end(self, reason: str) -> None:
        """Kill the process with everything it started, and say what becomes of its mails."""
        if self._ended:
            return
        was_ready, self._ended, self.ready = self.ready, True, False
        jobs = list(self.jobs)
        self.jobs.clear()
        if self._transport is not None:
            self._transport.abort()
        code, traceback = self._kill(wait=not reason)
        self.readers.lost(self, jobs, reason or f"the reader ended: {_means(code)}", traceback, was_ready=was_ready)

    def _kill(self, *, wait: bool) -> tuple[int | None, str]:
        process = self._process
        if process is None:
            return None, ""
        code = process.poll()
        if code is None and wait:  # it closed the socket an instant before it is gone
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(0.05)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        said = b""
        if process.stderr is not None:
            with contextlib.suppress(OSError):
                said = process.stderr.read(1024 * 1024) or b""
            process.stderr.close()
        return code, said[-_STDERR:].decode("utf-8", "replace")

    def is_gone(self) -> bool:
        """Tell whether the process is no more; asking takes it off the kernel's list."""
        return self._process is None or self._process.poll() is not None

    async def gone(self) -> None:
        """Wait until the process is no more, so that it leaves no zombie."""
        while not self.is_gone():  # noqa: ASYNC110 - killed: it takes an instant
            await asyncio.sleep(0.01)


def _finish(job: _Job, result: Mail | ReadingFailed) -> None:
    if not job.future.done():
        job.future.set_result(result)


def _means(code: int | None) -> str:
    if code is None:
        return "it closed its socket"
    if code < 0:
        name = signal.Signals(-code).name if -code in {one.value for one in signal.Signals} else str(-code)
        return "too much processor time" if -code == signal.SIGXCPU else f"killed by {name}"
    return f"exit status {code}"

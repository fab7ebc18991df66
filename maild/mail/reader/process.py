"""One reader as the daemon holds it: the process, the socket to it, and the mails it has been given.

The first of those mails is the one being read; when the process ends, that one has failed and no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, Protocol

from maild.core.reasons.reason import Reason, because
from maild.core.values.mail import Envelope, Mail, ReadingFailed
from maild.mail.budget import LANE_SECONDS
from maild.mail.reader import wire
from maild.mail.reader.child import ANSWER, LENGTH, MOST_ANSWER, NORMAL, QUESTION, RECALL

LONG = 1.0
"""Seconds after which a mail counts as one that takes long."""
GRACE = 0.5
"""Seconds within which a reader must give up a mail that has had its time in the normal lane."""
START_SECONDS = 60.0
"""How long a child may take until it is ready, on the busiest machine."""
_RECALLS = 1 << 31
"""Numbers from here on are recalls', below are mails'."""
_AHEAD = 0.1
"""Seconds a mail may have been read for when another one is put behind it."""
_SMALL = 64 * 1024
_STDERR = 8 * 1024
_PASSED_ON = ("PYTHON", "LANG", "LC_", "PATH")
"""Environment variables a reader gets; secrets are not among them."""


class Slow(Enum):
    """Said of a mail that has had its time in the normal lane."""

    SLOW = "slow"


SLOW: Final = Slow.SLOW
Outcome = Mail | ReadingFailed | Slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one reader may take."""

    memory: int
    """Octets of address space."""
    cpu: int
    """Seconds of processor time for each mail; then the kernel ends it."""
    wall: float
    """Seconds for each mail, of which its timers take their shares."""
    kill: float
    """Seconds after which it is killed over a mail."""
    nice: int = 0


@dataclass(eq=False, slots=True)
class Job:
    """A mail to be read and who waits for it."""

    number: int
    lane: int
    raw: bytes
    envelope: Envelope
    future: asyncio.Future[Outcome]
    held_up: Callable[[], None] | None = None
    """Called, maybe more than once, when nobody should wait for it any longer."""


class Owner(Protocol):
    """Whoever gives this reader its mails."""

    def greeted(self) -> None:
        """Hear that this reader is ready to read."""

    def answered(self) -> None:
        """Hear that there is room for another mail."""

    def lost(self, child: ReaderProcess, jobs: Sequence[Job], outcome: Outcome, *, was_ready: bool) -> None:
        """Hear that the process has ended, with the mails it had and what is to be said of the first."""


class ReaderProcess(asyncio.Protocol):
    """One process and the socket to it."""

    def __init__(self, owner: Owner, limits: Limits) -> None:
        self.owner = owner
        self._limits = limits
        self.jobs: deque[Job] = deque()
        self.since = time.monotonic()
        """When it began to read its first mail, or to start."""
        self.ready = False
        self._buffer = bytearray()
        self._process: subprocess.Popen[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self._ended = False
        self._socket: socket.socket | None = None
        self._seen = (0, 0.0)
        """The mail that was being read when we first looked, and the processor time used by then."""
        self._last = 0.0
        """The processor time used at the last look."""
        self._asked = (0, 0.0)
        """The mail that was asked for back, and when."""

    async def start(self, command: Sequence[str], options: bytes) -> None:
        """Start the process and greet it with its options."""
        if self._ended:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1024 * 1024)
            ours.setblocking(False)
            limits = self._limits
            numbers = (theirs.fileno(), limits.memory, limits.cpu, limits.wall, limits.nice)
            arguments = [*command, *map(str, numbers)]
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own interpreter; a fork without a wait
                arguments,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env={name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)},
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

    def takes(self, job: Job, now: float) -> bool:
        """Tell whether this mail may be given to this child now."""
        if not self.ready or self._ended:
            return False
        if not self.jobs:
            return True
        if self.jobs[-1].lane == RECALL:
            return False
        inside = sum(len(one.raw) for one in self.jobs)
        return inside + len(job.raw) <= _SMALL and now - self.since < _AHEAD

    def give(self, job: Job) -> None:
        """Send a mail to be read."""
        assert self._transport is not None
        if not self.jobs:
            self.since = time.monotonic()
        self.jobs.append(job)
        envelope = wire.to_json(job.envelope)
        head = QUESTION.pack(job.number, job.lane, len(envelope), len(job.raw)) + envelope
        if len(job.raw) <= _SMALL:
            self._transport.write(head + job.raw)
        else:
            self._transport.write(head)
            self._transport.write(job.raw)

    def take_back(self) -> list[Job]:
        """Return the mails behind the one being read; should the child have begun with one, its answer is not heard."""
        if len(self.jobs) < 2 or self.jobs[1].lane == RECALL:
            return []
        first, *back = self.jobs
        self.jobs = deque((first,))
        self._signal(signal.SIGUSR2)
        self.give(Job(first.number ^ _RECALLS, RECALL, b"", first.envelope, first.future))
        return back

    def data_received(self, data: bytes) -> None:
        """Take what the child says; one answer may come in pieces."""
        self._buffer += data
        while len(self._buffer) >= ANSWER.size:
            number, length = ANSWER.unpack_from(self._buffer)
            if length > MOST_ANSWER:
                self.end(because("reader answered nonsense"))
                return
            if len(self._buffer) < ANSWER.size + length:
                return
            body = bytes(self._buffer[ANSWER.size : ANSWER.size + length])
            del self._buffer[: ANSWER.size + length]
            self._answer(number, body)

    def _answer(self, number: int, body: bytes) -> None:
        if not self.ready and not number and not body:
            self.ready = True
            self.owner.greeted()
            return
        if not self.jobs or self.jobs[0].number != number:
            return  # a mail that was taken back
        job = self.jobs[0]
        outcome: Outcome = SLOW
        try:
            if body or job.lane not in (NORMAL, RECALL):
                outcome = wire.mail_from(body, job.envelope)
        except ValueError as error:
            self.end(because("reader answered", str(error)))
            return
        self.jobs.popleft()
        self.since = time.monotonic()
        finish(job, outcome)
        self.owner.answered()

    def connection_lost(self, exc: Exception | None) -> None:
        """The child closed its end: it is dying."""
        self._hear()
        self.end(None)

    # -- the end --------------------------------------------------------------------------------------------------

    def busy_for(self, now: float) -> float:
        """Return for how many seconds the mail being read has been read."""
        return now - self.since if self.jobs else 0.0

    def look(self, now: float) -> None:
        """Notice a child that has died without a word, or that has had its time."""
        if self._process is not None and self._process.poll() is not None:
            self._hear()
            self.end(None)
        elif self.busy_for(now) > self._limits.kill:
            self._hear()
            if self.busy_for(now) > self._limits.kill:
                self.end(because("reading took too long", f"{self._limits.kill:g}"))
        elif not self.ready and now - self.since > START_SECONDS:
            self.end(because("reader not ready"))
        elif self.jobs and self.jobs[0].lane in (NORMAL, RECALL) and self._overstays(now):
            self._hear()
            if self.jobs and self._overstays(now):
                self.end(because("too slow for its lane"), SLOW)

    def _overstays(self, now: float) -> bool:
        """Tell whether the mail being read should have left the normal lane: its timer or we have asked in vain.

        One over which the reader sleeps (a DNS server does not answer) may stay, but nobody is to wait for it; a reader
        that only has to wait for its turn on a busy machine does not sleep.
        """
        if self.busy_for(now) < LANE_SECONDS:
            return False
        job = self.jobs[0]
        if self._asked[0] == job.number and now - self._asked[1] > GRACE:
            return True
        used, asleep = self._used()
        if self._seen[0] != job.number:
            self._seen, self._last = (job.number, used), -1.0
        over, self._last, idle = used - self._seen[1] - LANE_SECONDS, used, asleep and used == self._last
        if job.held_up is not None and (idle or over > 0.0):
            job.held_up()
        return over > GRACE

    def _used(self) -> tuple[float, bool]:
        """Return the seconds of processor time that the process has used, and whether it sleeps."""
        assert self._process is not None
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:  # it has gone
            return 0.0, False
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), fields[0] != "R"

    def ask_back(self, now: float) -> None:
        """Ask for the mail being read, which has waited long enough in the normal lane."""
        if self.jobs and self._asked[0] != self.jobs[0].number:
            self._asked = (self.jobs[0].number, now)
            self._signal(signal.SIGUSR1)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _hear(self) -> None:
        """Take answers that are here but unheard, so that no mail is blamed that has been read."""
        with contextlib.suppress(OSError):
            while self._socket is not None and not self._ended and (data := self._socket.recv(256 * 1024)):
                self.data_received(data)

    def end(self, reason: Reason | None, outcome: Slow | None = None) -> None:
        """Kill the process with everything it started; the mail being read has failed, or ``outcome`` is said of it."""
        if self._ended:
            return
        was_ready, self._ended, self.ready = self.ready, True, False
        jobs = list(self.jobs)
        self.jobs.clear()
        if self._transport is not None:
            self._transport.abort()
        code, traceback = self._kill(wait=reason is None)
        failed = ReadingFailed(reason=reason or because("reader ended", _means(code)), traceback=traceback)
        self.owner.lost(self, jobs, outcome or failed, was_ready=was_ready)

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


def finish(job: Job, result: Outcome) -> None:
    """Answer whoever waits for a mail, once."""
    if not job.future.done():
        job.future.set_result(result)


def _means(code: int | None) -> Reason:
    if code is None:
        return because("closed its socket")
    if code < 0:
        name = signal.Signals(-code).name if -code in {one.value for one in signal.Signals} else str(-code)
        return because("too much processor time") if -code == signal.SIGXCPU else because("killed by", name)
    return because("exit status", code)

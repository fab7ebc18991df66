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
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from maild.core.mail import Envelope, Mail, ReadingFailed
from maild.core.reason import Reason, because
from maild.mail import wire
from maild.mail.child import ANSWER, LENGTH, QUESTION

SLOW = 1.0
"""Seconds after which a mail counts as slow."""
START_SECONDS = 60.0
"""How long a child may take until it is ready, on the busiest machine."""
MOST_ANSWER = 64 * 1024 * 1024
_SMALL = 64 * 1024
_STDERR = 8 * 1024
_PASSED_ON = ("PYTHON", "LANG", "LC_", "PATH", "TZ")
"""Environment variables a reader gets; secrets are not among them."""


@dataclass(eq=False, slots=True)
class Job:
    """A mail to be read and who waits for it."""

    number: int
    raw: bytes
    envelope: Envelope
    future: asyncio.Future[Mail | ReadingFailed]


class Owner(Protocol):
    """Whoever gives this reader its mails."""

    def greeted(self) -> None:
        """Hear that this reader is ready to read."""

    def answered(self) -> None:
        """Hear that there is room for another mail."""

    def lost(
        self, child: ReaderProcess, jobs: Sequence[Job], reason: Reason, traceback: str, *, was_ready: bool
    ) -> None:
        """Hear that the process has ended, with the mails it had."""


class ReaderProcess(asyncio.Protocol):
    """One process and the socket to it."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.jobs: deque[Job] = deque()
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

    def takes(self, job: Job, now: float) -> bool:
        """Tell whether this mail may be given to this child now."""
        if not self.ready or self._ended:
            return False
        if not self.jobs:
            return True
        inside = sum(len(one.raw) for one in self.jobs)
        return inside + len(job.raw) <= _SMALL and now - self.since < SLOW / 4

    def give(self, job: Job) -> None:
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

    def take_back(self) -> list[Job]:
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
        try:
            mail = wire.mail_from(body, job.envelope)
        except ValueError as error:
            self.end(because("reader answered", str(error)))
            return
        self.jobs.popleft()
        self.since = time.monotonic()
        finish(job, mail)
        self.owner.answered()

    def connection_lost(self, exc: Exception | None) -> None:
        """The child closed its end: it is dying."""
        self._hear()
        self.end(None)

    # -- the end --------------------------------------------------------------------------------------------------

    def slow(self, now: float) -> bool:
        """Tell whether the mail being read takes long."""
        return bool(self.jobs) and now - self.since > SLOW

    def look(self, now: float, wall: float) -> None:
        """Notice a child that has died without a word, or that has had its time."""
        if self._process is not None and self._process.poll() is not None:
            self._hear()
            self.end(None)
        elif self.jobs and now - self.since > wall:
            self._hear()
            if self.jobs and now - self.since > wall:
                self.end(because("reading took too long", f"{wall:g}"))
        elif not self.ready and now - self.since > START_SECONDS:
            self.end(because("reader not ready"))

    def _hear(self) -> None:
        """Take answers that are here but unheard, so that no mail is blamed that has been read."""
        with contextlib.suppress(OSError):
            while self._socket is not None and not self._ended and (data := self._socket.recv(256 * 1024)):
                self.data_received(data)

    def end(self, reason: Reason | None) -> None:
        """Kill the process with everything it started, and say what becomes of its mails."""
        if self._ended:
            return
        was_ready, self._ended, self.ready = self.ready, True, False
        jobs = list(self.jobs)
        self.jobs.clear()
        if self._transport is not None:
            self._transport.abort()
        code, traceback = self._kill(wait=reason is None)
        self.owner.lost(self, jobs, reason or because("reader ended", _means(code)), traceback, was_ready=was_ready)

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


def finish(job: Job, result: Mail | ReadingFailed) -> None:
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

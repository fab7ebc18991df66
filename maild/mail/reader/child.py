"""A reader: a process of its own that reads mails for the daemon, because mail can be hostile (law R1).

``python -m maild.mail.reader.child FD MEMORY CPU WALL NICE`` answers frames on the socket FD until it closes. First
come the options (``>I`` length, JSON); an answer with number and length 0 then says that it is ready. A question is
``>IBII`` (number, lane, lengths of envelope and mail) and those bytes; an answer is ``>II`` (number, length) and the
Mail as JSON, or nothing at all: this mail has had its time in the normal lane and another reader is to read it. Nothing
is printed: standard output goes nowhere; a traceback on standard error is what the daemon notes when this process ends.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import socket
import struct
import sys
from dataclasses import dataclass

from maild.core.values.mail import Envelope, Mail
from maild.mail import budget
from maild.mail import read as reading
from maild.mail.options import ReadOptions
from maild.mail.reader import wire

QUESTION = struct.Struct(">IBII")
LENGTH = struct.Struct(">I")
ANSWER = struct.Struct(">II")
NORMAL, SLOW, HEADER, RECALL = 0, 1, 2, 3
"""The lane a mail is in: with a little time, with all of it, or by its header alone. RECALL is no mail: those before it
that have not been begun are not to be read (SIGUSR2 has said so before), and it is answered with nothing."""
MOST_ANSWER = 32 * 1024 * 1024
"""Bytes of one answer; what is longer is answered by a cheaper reading."""
ALONE = "read by its header alone"

_PR_SET_PDEATHSIG = 1


class TooLong(Exception):
    """The answer about a mail is longer than an answer may be."""


def main(arguments: list[str], ladder: reading.Ladder = reading.LADDER) -> None:
    """Serve until the daemon closes the socket."""
    number, memory, seconds, nice = (int(arguments[place]) for place in (0, 1, 2, 4))
    os.dup(number)  # open until the kernel ends us: the daemon hears of our end when there is an exit status to read
    _limit(memory)
    gc.collect()
    gc.freeze()  # what a start makes stays
    os.nice(nice)  # only now: a start that gave way to everybody would never end on a busy machine
    timers = budget.Timers()
    timers.listen()
    serve(socket.socket(fileno=number), Reader(ladder, timers, float(arguments[3])), seconds)


def _limit(memory: int) -> None:
    """Bound what a mail can take: address space, no core file, no output, and no life beyond the daemon's."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # a mail that hangs us cannot see the socket close
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a mail as its lane says, within its budget."""

    ladder: reading.Ladder
    timers: budget.Timers
    wall: float

    def answer(self, lane: int, raw: bytes, envelope: Envelope, options: ReadOptions) -> bytes:
        """Return the Mail as JSON; nothing when it has had its time in the normal lane."""
        if lane == HEADER:
            return wire.to_json(self.ladder.header(raw, envelope, ALONE))
        limits = budget.budget(self.wall, lane=budget.LANE_SECONDS if lane == NORMAL else None)
        try:
            try:
                self.timers.enter_lane(limits.lane)
                within = reading.Within(budget=limits, timers=self.timers)
                return self.ladder.read(raw, envelope, options, _to_answer, within)
            finally:
                self.timers.leave_lane()
        except budget.Evicted:
            pass
        self.timers.leave_lane()
        gc.collect()
        return b""


def _to_answer(mail: Mail) -> bytes:
    answer = wire.to_json(mail)
    if len(answer) > MOST_ANSWER:
        raise TooLong(f"an answer of {len(answer)} bytes")
    return answer


def serve(channel: socket.socket, reader: Reader, seconds: int) -> None:
    """Read mail after mail; only this very process answers, never a copy of it that a mail brought about."""
    me = os.getpid()
    greeting = _exactly(channel, LENGTH.size)
    if greeting is None:
        return
    options = wire.options_from(_exactly(channel, LENGTH.unpack(greeting)[0]) or b"")
    channel.sendall(ANSWER.pack(0, 0))
    allowed, recalls = 0.0, 0
    while (head := _exactly(channel, QUESTION.size)) is not None:
        number, lane, envelope_length, length = QUESTION.unpack(head)
        envelope, raw = _exactly(channel, envelope_length), _exactly(channel, length)
        if envelope is None or raw is None:
            return
        if lane == RECALL:
            recalls += 1
            channel.sendall(ANSWER.pack(number, 0))
            continue
        if reader.timers.recalls > recalls:
            continue
        allowed = _allow(seconds, allowed)
        answer = reader.answer(lane, raw, wire.envelope_from(envelope), options)
        if os.getpid() != me:
            os._exit(1)
        channel.sendall(ANSWER.pack(number, len(answer)) + answer)
        del raw, answer  # not held until the next mail comes


def _allow(seconds: int, allowed: float) -> float:
    """Let the next mail use so much CPU time and a little more, then the kernel ends us (RLIMIT_CPU)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    needed = used.ru_utime + used.ru_stime + seconds
    if allowed < needed:
        allowed = needed + 2.0
        resource.setrlimit(resource.RLIMIT_CPU, (int(allowed), resource.getrlimit(resource.RLIMIT_CPU)[1]))
    return allowed


def _exactly(channel: socket.socket, length: int) -> bytes | None:
    """Receive so many bytes; None at the end."""
    data = channel.recv(length, socket.MSG_WAITALL) if length else b""
    while len(data) < length:  # only when a signal came in between, or at the end
        more = channel.recv(length - len(data), socket.MSG_WAITALL)
        if not more:
            return None
        data += more
    return data


if __name__ == "__main__":
    main(sys.argv[1:])

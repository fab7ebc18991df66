"""A reader: a process of its own that reads mails for the daemon, because mail can be hostile (MAIL §1).

``python -m maild.mail.child FD MEMORY CPU`` answers frames on the socket FD until it closes. First come the options
(``>I`` length, JSON); an answer with number and length 0 then says that it is ready. A question is ``>III`` (number,
lengths of envelope and mail) and those bytes; an answer is ``>II`` (number, length) and the Mail as JSON. Nothing is
printed: standard output goes nowhere; a traceback on standard error is what the daemon notes when this process ends.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable

from maild.core.mail import Envelope, Mail
from maild.mail import read as reading
from maild.mail import wire
from maild.mail.options import ReadOptions

QUESTION = struct.Struct(">III")
LENGTH = struct.Struct(">I")
ANSWER = struct.Struct(">II")

_PR_SET_PDEATHSIG = 1
Read = Callable[[bytes, Envelope, ReadOptions], Mail]


def main(arguments: list[str], read: Read = reading.read) -> None:
    """Serve until the daemon closes the socket."""
    number, memory, seconds = (int(argument) for argument in arguments)
    os.dup(number)  # open until the kernel ends us: the daemon hears of our end when there is an exit status to read
    _limit(memory)
    serve(socket.socket(fileno=number), read, seconds)


def _limit(memory: int) -> None:
    """Bound what a mail can take: address space, no core file, no output, and no life beyond the daemon's."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # a mail that hangs us cannot see the socket close
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def serve(channel: socket.socket, read: Read, seconds: int) -> None:
    """Read mail after mail; only this very process answers, never a copy of it that a mail brought about."""
    me = os.getpid()
    greeting = _exactly(channel, LENGTH.size)
    if greeting is None:
        return
    options = wire.options_from(_exactly(channel, LENGTH.unpack(greeting)[0]) or b"")
    channel.sendall(ANSWER.pack(0, 0))
    allowed = 0.0
    while (head := _exactly(channel, QUESTION.size)) is not None:
        number, envelope_length, length = QUESTION.unpack(head)
        envelope, raw = _exactly(channel, envelope_length), _exactly(channel, length)
        if envelope is None or raw is None:
            return
        allowed = _allow(seconds, allowed)
        answer = wire.to_json(read(raw, wire.envelope_from(envelope), options))
        if os.getpid() != me:
            os._exit(1)
        channel.sendall(ANSWER.pack(number, len(answer)) + answer)


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

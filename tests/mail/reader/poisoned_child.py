"""The real child with a reader that some mails harm: what a bug in a parser or a library would do.

A mail whose subject is ``poison <kind>`` does that to the process that reads it in full, ``poison all <kind>`` to
whichever reads it however; every other mail is read by the real reader.
"""

import ctypes
import os
import re
import signal
import sys
import time
from dataclasses import replace

from maild.core.values.mail import Envelope, Mail
from maild.mail.options import ReadOptions
from maild.mail.read import LADDER
from maild.mail.reader import child


def harm(kind: str, envelope: Envelope) -> None:
    """Do what the kind says."""
    if kind == "segv":
        ctypes.string_at(0)
    elif kind == "exit":
        os._exit(3)
    elif kind == "raise":
        raise RuntimeError("a secret reason")
    elif kind == "memory":
        block = [bytes(64 * 1024 * 1024) for _ in range(64)]  # not even touched, so it takes no time
        print(len(block))
    elif kind == "recursion":
        harm(kind, envelope)
    elif kind == "sleep":
        time.sleep(1000)
    elif kind == "loop":
        while True:
            pass
    elif kind == "fork":
        for _ in range(4):
            os.fork()
    elif kind == "fork-and-stay":
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(4)
    elif kind == "pattern":
        re.match("(a+)+b", "a" * 60)
    elif kind == "half a second":
        end = time.process_time() + 0.5
        while time.process_time() < end:
            pass
    elif kind == "deaf":  # as code in C that never comes back to the interpreter, and burns
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF, signal.SIGALRM, signal.SIGUSR1})
        harm("loop", envelope)
    elif kind == "deaf sleep":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF, signal.SIGALRM, signal.SIGUSR1})
        time.sleep(1000)
    elif kind == "stdout":
        for _ in range(200):
            os.write(1, b"\0\0\0\1" * 4096)
    elif kind == "stderr":
        for _ in range(2000):
            os.write(2, b"noise " * 4096)
    elif kind == "abort":
        os.abort()
    elif kind == "nonsense":
        for number in range(3, 64):
            try:
                os.write(number, b"\xff" * 64)
            except OSError:
                continue
    elif kind == "close":
        os.closerange(3, 64)
        time.sleep(1000)


def subject_of(raw: bytes) -> str:
    """Return the first field of a test's mail."""
    return raw[9 : raw.find(b"\r\n")].decode()


def full(raw: bytes, envelope: Envelope, options: ReadOptions) -> Mail:
    """Read a mail, unless it is poison."""
    subject = subject_of(raw)
    if subject == "poison long answer":
        return replace(LADDER.full(raw, envelope, options), text="x" * child.MOST_ANSWER)
    if subject.startswith("poison "):
        harm(subject.removeprefix("poison ").removeprefix("all "), envelope)
    return LADDER.full(raw, envelope, options)


def safe(raw: bytes, envelope: Envelope, defect: str) -> Mail:
    """Read a mail safely, unless it is poison for that too."""
    if subject_of(raw).startswith("poison all "):
        harm(subject_of(raw).removeprefix("poison all "), envelope)
    return LADDER.safe(raw, envelope, defect)


def header(raw: bytes, envelope: Envelope, defect: str) -> Mail:
    """Read a mail by its header, unless it is poison for that too."""
    if subject_of(raw).startswith("poison all "):
        harm(subject_of(raw).removeprefix("poison all "), envelope)
    return LADDER.header(raw, envelope, defect)


if __name__ == "__main__":
    child.main(sys.argv[1:], replace(LADDER, full=full, safe=safe, header=header))

"""The real child with a reader that some mails harm: what a bug in a parser or a library would do.

A mail whose subject is ``poison <kind>`` does that to the process; every other mail is read by the real reader.
"""

import ctypes
import os
import sys
import time

from maild.core.mail import Envelope, Mail
from maild.mail import child
from maild.mail.options import ReadOptions
from maild.mail.read import read


def harm(kind: str, envelope: Envelope) -> None:
    """Do what the kind says."""
    if kind == "segv":
        ctypes.string_at(0)
    elif kind == "exit":
        os._exit(3)
    elif kind == "raise":
        raise RuntimeError("a secret reason")
    elif kind == "memory":
        block = [bytearray(64 * 1024 * 1024) for _ in range(64)]
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


def read_or_die(raw: bytes, envelope: Envelope, options: ReadOptions) -> Mail:
    """Read a mail, unless it is poison."""
    subject = raw[9 : raw.find(b"\r\n")].decode()
    if subject.startswith("poison "):
        harm(subject[7:], envelope)
    return read(raw, envelope, options)


if __name__ == "__main__":
    child.main(sys.argv[1:], read_or_die)

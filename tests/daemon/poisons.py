"""Mails that kill, hang or confuse whoever reads them: a copy of the package whose parser has such bugs.

A mail with ``X-Poison: NAME`` sets off the bug of that name in the reader child, at the place where a real parser
would have it: between the raw bytes and the Mail read in full. With ``X-Poison-All: NAME`` every reading has the bug.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.daemon.senders import Post, post
from tests.kit.running import mutated

BUGS = r"""
import ctypes as _ctypes, os as _os, re as _re, signal as _signal, sys as _sys, time as _time  # noqa
from dataclasses import replace as _replace  # noqa

_honest = LADDER


def _recurse(n: int) -> int:
    return _recurse(n + 1) + 1


def _hoard() -> None:
    kept = []
    while True:
        kept.append(bytes(32 * 1024 * 1024))


def _spin() -> None:
    while True:
        pass


def _burn(seconds) -> None:
    end = _time.process_time() + seconds
    while _time.process_time() < end:
        pass


def _moan() -> None:
    while True:
        _os.write(2, b"A" * 65536)


def _babble() -> None:
    for number in range(3, 64):
        try:
            _os.write(number, b"\xff" * 64)
        except OSError:
            continue


def _orphan() -> None:
    if _os.fork():
        _os._exit(0)
    _time.sleep(60)


def _bug(raw, header=rb"X-Poison(?:-All)?"):
    found = _re.search(rb"^" + header + rb": (\w+)", raw, _re.M)
    name = found[1].decode() if found else ""
    if name == "segv":
        _ctypes.string_at(0)
    elif name == "exit":
        _os._exit(0)
    elif name == "abort":
        _os.abort()
    elif name == "memory":
        _hoard()
    elif name == "recursion":
        _recurse(0)
    elif name == "raise":
        raise KeyboardInterrupt(name)
    elif name == "sleep":
        _time.sleep(3600)
    elif name == "slow":
        _burn(0.4)
    elif name == "hog":
        _burn(0.4)
        _time.sleep(3600)
    elif name == "spin":
        _spin()
    elif name == "fork":
        _os.fork()
    elif name == "orphan":
        _orphan()
    elif name == "moan":
        _moan()
    elif name == "babble":
        _babble()
    elif name == "stop":
        _os.kill(_os.getpid(), _signal.SIGSTOP)
    elif name == "flood":
        for _ in range(200):
            _os.write(1, b"A" * 65536)


def _full(raw, envelope, options):
    _bug(bytes(raw))
    return _honest.full(raw, envelope, options)


def _safe(raw, envelope, defect):
    _bug(bytes(raw), b"X-Poison-All")
    return _honest.safe(raw, envelope, defect)


def _header(raw, envelope, defect):
    _bug(bytes(raw), b"X-Poison-All")
    return _honest.header(raw, envelope, defect)


LADDER = _replace(_honest, full=_full, safe=_safe, header=_header)
"""
DEADLY = (
    "segv",
    "exit",
    "abort",
    "memory",
    "recursion",
    "raise",
    "sleep",
    "spin",
    "orphan",
    "moan",
    "babble",
    "stop",
)
"""Bugs after which there is no good answer."""
TEXTLESS = ("segv", "exit", "abort", "raise", "orphan", "babble", "stop")
"""Those that cost the reader's life, so that the mail is read by its header alone."""
STARVED = ("spin", "memory")
"""Those that come to the slow reader, which a busy machine may leave no time for more than the header."""
HARMLESS = ("fork", "flood", "slow")
"""Bugs that do not keep the mail from being read, if the reader's owner is careful whom it listens to."""


def buggy(folder: Path) -> Path:
    """Copy the package with a parser that has all these bugs."""
    return mutated(folder, append={"mail/read.py": BUGS})


def poison(name: str, key: str = "", **options: Any) -> Post:
    """Write a mail that sets one off when it is read in full."""
    return post(key or f"poison-{name}", headers=f"X-Poison: {name}\r\n", **options)


def deadly(name: str, key: str = "") -> Post:
    """Write a mail that sets one off however it is read."""
    return post(key or f"deadly-{name}", headers=f"X-Poison-All: {name}\r\n")

"""How long a mail may take to read, for the fuzzer: held against how fast this machine reads a plain text."""

from __future__ import annotations

import time
from collections.abc import Callable

LEAST = 0.3
"""Seconds of processor that no mail is blamed for."""
TIMES = 60
"""How many times longer than a plain text of its size a mail may take; the worst of what is linear takes twenty."""
PLAIN = b"From: Kari <kari@x.example>\r\nSubject: hei\r\n\r\n" + b"Hei, skriveren virker ikke i dag.\r\n" * 2_000


class Slow(AssertionError):
    """A mail took too long, whatever it says."""


class Pace:
    """The pace of a reader as it runs here, watched by a fuzzer or not."""

    def __init__(self, read: Callable[[bytes], object]) -> None:
        self._read = read
        self._plain = self._seconds(PLAIN, 5) / len(PLAIN)

    def check(self, raw: bytes, taken: float) -> None:
        """Look again, twice, at a mail whose reading took so many seconds of processor, when those are too many.

        Raises:
            Slow: when they are too many each time: it was the mail, and not the machine.

        """
        most = LEAST + TIMES * self._plain * len(raw)
        if taken > most and (best := self._seconds(raw, 2)) > most:
            raise Slow(f"{len(raw)} octets take {best:.2f} s of processor; more than {most:.2f} s is slow")

    def _seconds(self, raw: bytes, times: int) -> float:
        best = float("inf")
        for _ in range(times):
            began = time.process_time()
            self._read(raw)
            best = min(best, time.process_time() - began)
        return best

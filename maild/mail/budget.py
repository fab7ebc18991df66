"""What reading one mail may cost in processor time and on the clock, and what happens when that is spent (law R2).

Timers of the kernel interrupt the interpreter between two of its steps, also within a regular expression; what does
not come back to the interpreter is ended from outside (reader/process.py). What is raised here is no ``Exception``, so
that no step of reading can take it for a fault of its own.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from types import FrameType

CPU_SECONDS = 4
"""All readings of one mail together."""
WALL_SECONDS = 5.0
LANE_SECONDS = 0.2
"""Processor time that a mail has in the normal lane."""
_AGAIN = 0.1
"""A timer fires again after so long: what it raised may have been lost in a destructor."""


class Spent(BaseException):
    """One reading's time is used up: the next cheaper one is to be taken. The message says which time."""


class Evicted(BaseException):
    """A mail has had its time in the normal lane: the slow reader is to read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one reading of a mail may take, in seconds."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the readings of one mail may take; the last one, by its header alone, is too cheap to be bounded here."""

    full: Allowance
    safe: Allowance
    lane: float | None = None
    """Processor time, in seconds, of all of them together in this lane, then :class:`Evicted`; None: no such bound."""


def budget(wall: float, *, lane: float | None = None) -> Budget:
    """Share out the seconds that a mail has on the clock; what is left of them is for the reading by the header."""
    return Budget(full=Allowance(cpu=2.5, wall=0.56 * wall), safe=Allowance(cpu=0.8, wall=0.2 * wall), lane=lane)


def kill_after(wall: float) -> float:
    """Return after how many seconds a reader is hung, for its own timers should have ended both costly readings."""
    return 0.84 * wall


class Timers:
    """The timers of this process: one for a mail's time in its lane, two for each reading.

    They need the main thread, and are meant for a process that does nothing but read.
    """

    def __init__(self) -> None:
        self._in_lane = self._reading = False
        self.recalls = 0
        """How often the mails that wait behind the one being read were taken back."""

    def listen(self) -> None:
        """Take over our signals: SIGUSR1 asks for a mail to leave the normal lane, SIGUSR2 takes back those behind."""
        signal.signal(signal.SIGPROF, self._cpu)
        signal.signal(signal.SIGALRM, self._wall)
        signal.signal(signal.SIGUSR1, self._asked)
        signal.signal(signal.SIGUSR2, self._recalled)

    def _cpu(self, _signal: int, _frame: FrameType | None) -> None:
        if self._in_lane:
            raise Evicted
        if self._reading:
            raise Spent("too much processor time")

    def _wall(self, _signal: int, _frame: FrameType | None) -> None:
        if self._reading:
            raise Spent("too much time")

    def _asked(self, _signal: int, _frame: FrameType | None) -> None:
        if self._in_lane:
            raise Evicted

    def _recalled(self, _signal: int, _frame: FrameType | None) -> None:
        self.recalls += 1

    def enter_lane(self, seconds: float | None) -> None:
        """Begin with a mail."""
        if seconds is not None:
            self._in_lane = True
            signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)

    def leave_lane(self) -> None:
        """Be done with a mail, whatever became of it."""
        if self._in_lane:
            self._in_lane = False  # first: from here on nothing is raised
            signal.setitimer(signal.ITIMER_PROF, 0.0)

    def begin(self, allowed: Allowance) -> None:
        """Begin with one reading."""
        self._reading = True
        if not self._in_lane:
            signal.setitimer(signal.ITIMER_PROF, allowed.cpu, _AGAIN)
        signal.setitimer(signal.ITIMER_REAL, allowed.wall, _AGAIN)

    def end(self) -> None:
        """Be done with a reading, whatever became of it; calling it twice does no harm."""
        self._reading = False  # first: from here on nothing is raised
        if not self._in_lane:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.setitimer(signal.ITIMER_REAL, 0.0)

"""A wall clock that really jumps, for one process: libfaketime, with the monotonic clock left alone.

The process reads its offset from a file that :class:`WallClock` writes: seconds from the real time, or a moment to set.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest


def library() -> Path:
    """Return where libfaketime is."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.fail("the tests need libfaketime: sudo apt-get install libfaketime")
    return found[0]


class WallClock:
    """The wall clock of the processes that run with :attr:`environment`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "wall-clock"
        self.offset = timedelta(0)
        self.jump(timedelta(0))
        self.environment = {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, by: timedelta) -> None:
        """Set the clock forward, or back."""
        self.offset += by
        other = self._file.with_suffix(".new")
        other.write_text(f"{self.offset.total_seconds():+.0f}")
        other.replace(self._file)

    def set(self, to: datetime) -> None:
        """Set the clock to about a moment (it counts whole seconds from the real time)."""
        self.jump(timedelta(seconds=round(to.timestamp() - time.time())) - self.offset)

    def before(self) -> tuple[str, ...]:
        """Return the program that another one is run under to have this clock."""
        return ("/usr/bin/env", *(f"{name}={value}" for name, value in self.environment.items()))

    def full(self) -> dict[str, str]:
        """Return the whole environment of such a process."""
        return os.environ | self.environment

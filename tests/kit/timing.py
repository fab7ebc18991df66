"""Bounds on time, for what must not blow up: processor time, and the best of a few tries on a busy machine."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T], tries: int = 5) -> T:
    """Do the work and return its result; fail when even the quickest of some tries takes longer."""
    best = float("inf")
    for _ in range(tries):
        began = time.process_time()
        result = work()
        best = min(best, time.process_time() - began)
        if best <= seconds:
            return result
    raise AssertionError(f"took {best:.3f} s of processor, expected at most {seconds} s")

"""Killing a desk again and again while people write to it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from tests.daemon.senders import Work
from tests.kit.running import RunningDesk


def kill_again_and_again(
    desk: RunningDesk, work: Work, *, kills: int, chance: random.Random, after: Callable[[], bool] | None = None
) -> int:
    """Kill the running desk ``kills`` times, 0.2 to 0.6 s after it is ready (one time in eight while it starts).

    A kill comes while senders send or the desk works off what it has. Stops early when ``after`` (asked after every
    kill) says so. Leaves the desk running; how often it was killed.
    """
    for count in range(1, kills + 1):
        time.sleep(chance.uniform(0.2, 0.6))
        desk.kill()
        if after is not None and after():
            desk.start()
            return count
        in_start = chance.random() < 0.125 and count < kills
        desk.start(wait=not in_start)
    return kills

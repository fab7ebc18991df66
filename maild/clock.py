"""The ticker. It only ticks: what is due stands in the store, so a missed tick or a restart loses nothing.

APScheduler remembers the next tick as a time of day, so it would be silent for as long as the wall clock was set back
(by a time service, or in a machine that wakes up). Therefore a watch compares it with the monotonic clock, which nobody
can set.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import wraps

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

Tick = Callable[[], Awaitable[None]]

BEAT = 1.0
"""Seconds between two looks at both clocks."""
STEP = 2.0
"""Seconds by which the wall clock must have been set, at once or little by little, to be looked after."""


class _Every(BaseTrigger):  # type: ignore[misc]
    """So many seconds from now. APScheduler's own counts up every tick missed, which takes it a minute for a year."""

    def __init__(self, seconds: float) -> None:
        self._pause = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the next time; the one before does not matter."""
        return now + self._pause


class Clock:
    """Calls functions every so many seconds, one run of each at a time; a late tick runs once, never twice.

    When the wall clock is set back, every function is called at once and keeps its pace from there; when it is set
    forward, those are whose time has come. ``set_back`` is told before that by how much it was set back.
    """

    def __init__(self, *, set_back: Callable[[timedelta], None] = lambda _: None) -> None:
        self._set_back = set_back
        self._watch: asyncio.Task[None] | None = None
        self._scheduler = AsyncIOScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": AsyncIOExecutor()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )

    def every(self, seconds: float, tick: Tick) -> None:
        """Call ``tick`` every so many seconds; one under way when the clock stops is ended without a word."""

        @wraps(tick)
        async def quietly() -> None:
            try:
                await tick()
            except asyncio.CancelledError:
                if self._scheduler.running:
                    raise

        self._scheduler.add_job(quietly, _Every(seconds))

    def start(self) -> None:
        """Begin to tick, on the running event loop."""
        self._scheduler.start()
        self._watch = asyncio.create_task(self._compare())

    def stop(self) -> None:
        """Stop ticking."""
        if self._watch is not None:
            self._watch.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _compare(self) -> None:
        """Compare the two clocks for ever: how far one is ahead of the other changes only when it is set."""
        mark = time.time() - time.monotonic()
        while True:
            await asyncio.sleep(BEAT)
            ahead = time.time() - time.monotonic()
            if abs(ahead - mark) <= STEP:
                continue
            if ahead < mark:
                self._set_back(timedelta(seconds=mark - ahead))
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))
            mark = ahead
            self._scheduler.wakeup()

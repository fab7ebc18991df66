"""The real ticker under a wall clock that really jumps (law D9)."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from maild.clock import Clock
from tests.kit.faketime import WallClock

ROOT = Path(__file__).resolve().parents[1]
BERLIN = ZoneInfo("Europe/Berlin")
PACE = 0.25
LONGEST = 60
"""So many beats of the event loop without a tick are a silence; a tick should come every one or five."""

TICKING = f"""
import asyncio, sys, time
from datetime import UTC, datetime
import uvloop
from maild.clock import Clock

open_ = [float(word) for word in sys.stdin.readline().split()]
running = 0

async def tick():
    global open_, running
    running += 1
    assert running == 1
    now = datetime.now(UTC).timestamp()
    due, open_ = [at for at in open_ if at <= now], [at for at in open_ if at > now]
    print("tick", now, *due, flush=True)
    await asyncio.sleep({PACE} / 2)
    running -= 1

async def rare():
    print("rare", flush=True)

async def main():
    clock = Clock(set_back=lambda step: print("back", round(step.total_seconds()), flush=True))
    clock.every({PACE}, tick)
    clock.every(3600, rare)
    clock.start()
    stop = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    while not stop.done():
        await asyncio.sleep({PACE})
        print("beat", flush=True)
    clock.stop()

uvloop.run(main())
"""


class Ticker:
    """A process that ticks, with promises to keep: each tick tells which had become due."""

    def __init__(self, wall: WallClock, promises: list[float]) -> None:
        self.wall = wall
        self.kept: list[float] = []
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-c", TICKING],
            cwd=ROOT,
            env=wall.full() | {"TZ": "Europe/Berlin"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, promises)) + "\n")
        self.process.stdin.flush()

    def tick(self, near: datetime | None = None) -> datetime:
        """Wait for a tick (whose wall clock is near a moment) and return the wall clock's time."""
        assert self.process.stdout is not None
        beats = 0
        while True:
            line = self.process.stdout.readline()
            assert line, "it died"
            beats += line == "beat\n"
            assert beats < LONGEST, f"silent for {beats} beats"
            self._take(line)
            if line.startswith("tick"):
                at = datetime.fromtimestamp(float(line.split()[1]), UTC)
                if near is None or abs(at - near) < timedelta(minutes=5):
                    return at

    def _take(self, line: str) -> None:
        self.said.append(line.strip())
        if line.startswith("tick"):
            self.kept += map(float, line.split()[2:])

    def stop(self) -> None:
        """Let it end in order."""
        rest, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        for line in rest.splitlines():
            self._take(line)


@pytest.fixture
def wall(tmp_path: Path) -> WallClock:
    """A wall clock to set."""
    return WallClock(tmp_path)


def test_whatever_the_wall_clock_does_the_ticks_go_on(wall: WallClock) -> None:
    """Back 20 s and an hour, forward a day and an hour, back and forward 400 days: nothing missed, nothing twice."""
    start = datetime.now(UTC)
    spread = timedelta(days=810) / 5_000
    promises = [(start - timedelta(days=400) + spread * number).timestamp() for number in range(5_000)]
    ticker = Ticker(wall, promises)
    latest = ticker.tick()
    jumps = [
        timedelta(seconds=-20),
        timedelta(hours=-1),
        timedelta(hours=25),
        timedelta(days=-400),
        timedelta(days=800),
    ]
    for jump in jumps:
        before = ticker.tick()
        wall.jump(jump)
        ticker.tick(near=before + jump)
        for _ in range(2):
            latest = max(latest, ticker.tick())
    ticker.stop()
    said_back = [line for line in ticker.said if line.startswith("back")]
    assert said_back == ["back 20", "back 3600", f"back {400 * 24 * 3600}"]
    assert ticker.said.count("rare") == len(jumps), "a rare tick comes with each jump, once"
    due = [at for at in promises if at <= latest.timestamp()]
    assert len(due) > 4_900
    assert sorted(ticker.kept)[: len(due)] == due, "none missed"
    assert len(ticker.kept) == len(set(ticker.kept)), "none twice"


@pytest.mark.parametrize(
    "nights",
    [
        pytest.param([datetime(2026, 10, 25, 1, 0, tzinfo=UTC)], id="October"),
        pytest.param(
            [datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 0, tzinfo=UTC)],
            marks=pytest.mark.slow,
            id="both",
        ),
    ],
)
def test_days_when_clocks_change_and_three_days_down(wall: WallClock, nights: list[datetime]) -> None:
    """Over the missing hour and the doubled one of Berlin, and over three days without a daemon, all is done once."""
    kept: list[float] = []
    for night in nights:
        hours = {(night + timedelta(seconds=second)).astimezone(BERLIN).utcoffset() for second in (-1, 1)}
        assert len(hours) == 2, "the clocks change then"
        promises = [(night + timedelta(seconds=second)).timestamp() for second in range(-1, 2)]
        after = [(night + timedelta(hours=number)).timestamp() for number in range(1, 100)]
        wall.set(night - timedelta(seconds=1))
        ticker = Ticker(wall, promises + after)
        while ticker.tick() < night + timedelta(seconds=1):
            pass
        ticker.stop()
        assert ticker.kept == promises
        wall.jump(timedelta(days=3))
        ticker = Ticker(wall, after)
        ticker.tick()
        ticker.stop()
        assert ticker.kept == after[:72]
        kept += ticker.kept
    assert len(kept) == len(set(kept)) == 72 * len(nights)


def test_a_tick_under_way_when_the_clock_stops_is_ended_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    """A stop under load cancels what is being done; that is no fault, and the log says nothing of it."""
    begun: list[int] = []

    async def tick() -> None:
        begun.append(1)
        await asyncio.sleep(60)

    async def main() -> None:
        clock = Clock()
        clock.every(0.5, tick)
        clock.start()
        while not begun:
            await asyncio.sleep(0.01)
        clock.stop()
        await asyncio.sleep(0.1)

    asyncio.run(main())
    assert begun == [1] and [record for record in caplog.records if record.levelno >= logging.WARNING] == []

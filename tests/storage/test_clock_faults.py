"""Promises under a clock that misbehaves (law D9): each is kept once, none too early, whatever the clock did."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from maild.clock import Clock
from maild.core.cause import ReleaseLetters
from maild.core.reasons.reason import because
from maild.journey.timers import Keeper
from maild.storage import outbox
from maild.storage.writer import Writer
from tests.kit import make
from tests.kit.promises import FIRST, ME, Promises
from tests.storage.test_paced_letters import mass_effect

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """When promises are due, and what the clock shows at each look."""

    dues: Sequence[datetime]
    looks: Sequence[datetime]
    restarts: bool = False
    """Each look is another process's: the ones before it are gone."""


def local_day(year: int, month: int, day: int) -> Story:
    """Promise something for every quarter of an hour of a day in Berlin, as its clocks show it, and look as often."""
    dues = []
    for quarter in range(4 * 24):
        at = datetime(year, month, day, quarter // 4, quarter % 4 * 15, tzinfo=BERLIN)
        dues += [at.astimezone(UTC), at.replace(fold=1).astimezone(UTC)]  # the hour that comes twice, both times
    first = datetime(year, month, day, tzinfo=BERLIN).astimezone(UTC)
    looks = [first + n * 15 * MINUTE for n in range(4 * 27)]
    return Story(dues=sorted(set(dues)), looks=looks)


def every(minutes: int, *, hours: int) -> list[datetime]:
    """Return moments so far apart, from the start on."""
    return [START + n * minutes * MINUTE for n in range(60 * hours // minutes + 1)]


def steady(begin: datetime, end: datetime) -> list[datetime]:
    """Return looks every ten minutes."""
    return [begin + n * 10 * MINUTE for n in range(int((end - begin) / (10 * MINUTE)) + 1)]


STORIES = {
    "the clocks go forward": local_day(2027, 3, 28),
    "the clocks go back": local_day(2026, 10, 25),
    "an hour back": Story(
        dues=every(7, hours=4),
        looks=[*steady(START, START + 2 * HOUR), *steady(START + HOUR, START + 5 * HOUR)],
    ),
    "25 hours ahead": Story(
        dues=every(20, hours=40), looks=[*steady(START, START + HOUR), START + 26 * HOUR, START + 2 * DAY]
    ),
    "400 days back": Story(
        dues=every(20, hours=6),
        looks=[START + 2 * HOUR, START + 2 * HOUR - 400 * DAY, START - 399 * DAY, START + 2 * HOUR, START + 7 * HOUR],
    ),
    "three days down": Story(
        dues=every(30, hours=80), looks=[START, START + HOUR, START + 73 * HOUR, START + 4 * DAY], restarts=True
    ),
}


class Time:
    """A clock that a test sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Return what it shows."""
        return self.at


def keeper_of(desk: Promises, writer: Writer, time: Time) -> tuple[Keeper, list[str]]:
    """Return what keeps promises in the daemon, and what it complains of."""
    troubles: list[str] = []
    keeper = Keeper(
        writer=writer,
        corridor=lambda: desk.corridor,
        now=time,
        wake=lambda: None,
        trouble=lambda key, what: troubles.append(f"{key}: {what}"),
    )
    return keeper, troubles


def open_desk(engine: Engine) -> tuple[Promises, int]:
    """Return a desk with a case whose agent will hear of letters that are late."""
    desk = Promises(engine)
    case = desk.take(make.mail()).case
    assert case is not None
    with engine.begin() as connection:  # it came before the tale begins, whenever that is
        connection.exec_driver_sql("update inbound set received = 0")
    return desk, case


async def live(desk: Promises, story: Story, ids: Sequence[int]) -> None:
    """Look whenever the story says, and see each time that what is due was told of, and nothing else."""
    time, latest = Time(story.looks[0]), story.looks[0]
    writer = Writer(desk.engine, "decide")
    keeper, troubles = keeper_of(desk, writer, time)
    for look in story.looks:
        if story.restarts:
            await writer.close()
            desk, writer = desk.restarted(), Writer(desk.engine, "decide")
            keeper, troubles = keeper_of(desk, writer, time)
        time.at, latest = look, max(latest, look)
        await keeper.tick()
        due = [key for place, key in enumerate(ids) if story.dues[place % len(story.dues)] <= latest]
        assert desk.told_of() == due, f"at {look}"
        assert troubles == []
    await writer.close()


@pytest.mark.parametrize("promises", [200, pytest.param(5_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", STORIES)
def test_each_promise_is_kept_once_whatever_the_clock_does(engine: Engine, name: str, promises: int) -> None:
    """0 missed, 0 doubled, 0 early, by the letters that agents got: at every look of the story, and at its end."""
    story = STORIES[name]
    desk, case = open_desk(engine)
    ids = desk.late_letters(promises, case=case, dues=story.dues)
    asyncio.run(live(desk, story, ids))
    assert desk.told_of() == ids
    assert desk.rows("select state, count(*) from timer group by 1") == [("done", promises)]


@pytest.mark.parametrize("promises", [150, pytest.param(5_000, marks=pytest.mark.slow)])
def test_the_real_clock_ticks_and_the_table_decides(engine: Engine, promises: int) -> None:
    """The daemon's own clock ticks; the time jumps an hour back, 25 h ahead and 400 days back: 0 missed, 0 doubled."""
    asyncio.run(real_clock(engine, promises))


async def real_clock(engine: Engine, promises: int) -> None:
    """Let the daemon's clock tick while the time jumps."""
    desk, case = open_desk(engine)
    dues = every(10, hours=30)
    ids = desk.late_letters(promises, case=case, dues=dues)
    time, clock = Time(START - HOUR), Clock()
    writer = Writer(engine, "decide")
    keeper, troubles = keeper_of(desk, writer, time)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        await keeper.tick()
        ticks += 1

    async def ticked(often: int = 2) -> None:
        until = ticks + often
        while ticks < until:
            await asyncio.sleep(0.01)

    clock.every(0.05, tick)
    clock.start()
    latest = time.at
    for jump in (HOUR, 2 * HOUR, -HOUR, HOUR, 25 * HOUR, -400 * DAY, DAY, 399 * DAY, 5 * HOUR):
        time.at += jump
        latest = max(latest, time.at)
        await ticked()
        assert desk.told_of() == [key for place, key in enumerate(ids) if dues[place % len(dues)] <= latest]
    clock.stop()
    await writer.close()
    assert desk.told_of() == ids and troubles == []


@pytest.mark.parametrize("letters", [300, pytest.param(5_000, marks=pytest.mark.slow)])
def test_a_flood_after_downtime_is_held_and_released(engine: Engine, letters: int) -> None:
    """Of very many letters to people that are late at once 200 go out; released, the others do: each once, paced."""
    desk = Promises(engine)
    mass_effect(desk, letters)
    now = START + 3 * DAY
    desk.keep(now)
    by_state = dict(map(tuple, desk.rows("select state, count(*) from outbox where to_agent is false group by 1")))
    assert by_state == {"queued": 200, "held": letters - 200}
    assert desk.say(ReleaseLetters(), now + HOUR).reason == because("letters released", letters - 200)
    sent: list[int] = []
    for minute in range(60 + (letters - 200) // 60 + 2):
        before = len(sent)
        with engine.begin() as connection:
            while found := outbox.claim_due(connection, who=ME, now=now + minute * MINUTE, limit=64):
                results = [outbox.Result(id=one.id, state="sent", answer="250 ok") for one in found]
                outbox.record(connection, results, who=ME, now=now)
                sent += [one.id for one in found if not one.to_agent]
        assert len(sent) - before <= 60
    assert sorted(sent) == list(range(FIRST, FIRST + letters))

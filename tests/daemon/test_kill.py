"""kill -9 at any instant loses nothing that was acked and doubles nothing (law D1), and the checker can tell."""

import random
from pathlib import Path

import pytest

from tests.conftest import Postgres
from tests.daemon.history import acked_is_stored, check
from tests.daemon.senders import Senders, chain
from tests.daemon.torment import kill_again_and_again
from tests.kit.running import Desks, RunningDesk, mutated
from tests.kit.sink import Sink

ONE_READER = "[reading]\nprocesses = 1\n"
"""Twenty starts are quicker with one child each."""
TO = (("it@desk.example",), ("hr@desk.example",), ("it@desk.example", "hr@desk.example"))


def torment(desk: RunningDesk, sink: Sink, *, mails: int, kills: int, pause: float, seed: int = 1) -> None:
    """Send mails (one in four opens a case, the others follow it) by 8 senders through kills; every law must hold."""
    chance = random.Random(seed)
    senders = Senders(port=desk.port)
    chains = [chain(f"k{n}", 4, to=TO[n % 3]) for n in range(mails // 4)]
    desk.start()
    work = senders.send_all(chains, threads=8, pause=pause)
    killed = kill_again_and_again(desk, work, kills=kills, chance=chance)
    work.wait(240)
    desk.settle(120)
    assert len(senders.posts) == mails and killed == kills
    check(senders.history(desk, sink, kills=killed))


@pytest.mark.timeout(300)
def test_kills_lose_and_double_nothing(desks: Desks, sink: Sink) -> None:
    """400 mails, 8 senders, 5 kills: every law of the history holds and SQLite finds its file whole."""
    desk = desks(sink.port, extra=ONE_READER)
    torment(desk, sink, mails=400, kills=5, pause=0.04)
    assert desk.integrity() == "ok"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_kills_lose_and_double_nothing(desks: Desks, sink: Sink) -> None:
    """10,000 mails, 500 kills: the same."""
    desk = desks(sink.port)
    torment(desk, sink, mails=10_000, kills=500, pause=0.5, seed=2)
    assert desk.integrity() == "ok"


def test_kills_lose_nothing_on_postgresql(desks: Desks, sink: Sink, postgres: Postgres) -> None:
    """180 mails, 3 kills with the other database: every law holds, and no lease of a killed run is waited out."""
    desk = desks(sink.port, store=postgres.new_database(), extra=ONE_READER)
    senders = Senders(port=desk.port)
    desk.start()
    work = senders.send_all([chain(f"p{n}", 1) for n in range(180)], threads=8, pause=0.06)
    killed = kill_again_and_again(desk, work, kills=3, chance=random.Random(4))
    work.wait()
    desk.settle(120)
    check(senders.history(desk, sink, kills=killed))


def lost(desk: RunningDesk, sink: Sink, *, kills: int) -> list[str]:
    """Torment a desk until a mail that was acked is not in the store; which mails those are."""
    senders = Senders(port=desk.port)
    desk.start()
    work = senders.send_all([chain(f"m{n}", 4) for n in range(2000)], threads=8)
    found: list[str] = []

    def look() -> bool:
        found.extend(acked_is_stored(senders.history(desk, sink)))
        return bool(found)

    kill_again_and_again(desk, work, kills=kills, chance=random.Random(3), after=look)
    return found


def test_a_250_before_the_commit_is_found(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """In a copy that answers 250 before the commit, the same torment finds a mail that was acked and lost."""
    early = (
        "daemon/service.py",
        "key = await self.intake.accept(envelope, raw)",
        "key = 0; asyncio.ensure_future(self.intake.accept(envelope, raw))",
    )
    desk = desks(sink.port, package=mutated(tmp_path, [early]))
    assert lost(desk, sink, kills=20) != []

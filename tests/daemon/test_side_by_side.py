"""Daemon, imports and listings at work on one file at once, through kills: it stays whole, and every law holds.

The journal is brought into the file every few pages instead of every 8,000: what can go wrong there, goes wrong when
one process commits while another does that.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.daemon.history import Op, check
from tests.daemon.senders import Senders, Work, chain, post
from tests.kit.running import Desks, RunningDesk, mutated
from tests.kit.sink import Sink

OFTEN = [("storage/engine.py", "CHECKPOINT_PAGES = 8000", "CHECKPOINT_PAGES = 16")]
ONE_READER = "[reading]\nprocesses = 1\n"
LARGE = "Et langt brev.\r\n" * 4000
LOOKS = (
    *(("status",), ("cases", "--limit", "20"), ("outbox", "retry"), ("inbound", "list")),
    ("case", "1", "--status", "open"),
)
"""Commands that read, and two that write."""


class Importer:
    """Somebody who imports a maildir after the other, each again until it is in; now and then the import is killed."""

    def __init__(self, desk: RunningDesk, senders: Senders, *, imports: int, mails: int, chance: random.Random) -> None:
        self.desk, self.senders, self.imports, self.mails, self.chance = desk, senders, imports, mails, chance
        self.killed = 0

    def work(self) -> None:
        """Import them all."""
        for number in range(self.imports):
            folder = self.desk.folder / f"import{number}"
            for name in ("tmp", "new", "cur"):
                (folder / name).mkdir(parents=True)
            for mail in range(self.mails):
                one = post(f"i{number}-{mail}", body=LARGE if mail % 4 == 0 else "")
                self.senders.posts[one.key] = one
                self.senders.ops.append(Op(key=one.key, what="send"))
                (folder / "cur" / f"{mail:03}.{number}.x:2,").write_bytes(one.data)
            kill = number % 3 == 1
            while self._import(folder, kill) != 0:
                kill = False
                time.sleep(0.1)
            for mail in range(self.mails):
                self.senders.ops.append(Op(key=f"i{number}-{mail}", what="ack", code=250, text=""))

    def _import(self, folder: Path, kill: bool) -> int:
        command = [sys.executable, "-m", "maild", "inject", str(folder), "--config", str(self.desk.config)]
        process = subprocess.Popen(
            command, cwd=self.desk.package, env=self.desk.environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if kill:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self.chance.uniform(0.5, 4))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            self.killed += 1
        return process.wait(120)


def look(desk: RunningDesk, busy: Callable[[], bool], done: list[str]) -> None:
    """Ask for one listing after the other for as long as there is something to see, each at least once."""
    while busy() or len(done) < len(LOOKS):
        words = LOOKS[len(done) % len(LOOKS)]
        desk.run(*words)
        done.append(words[0])


def start_again(desk: RunningDesk) -> None:
    """Start the daemon; an import that found nobody at work has the store for itself until it is done."""
    for _ in range(60):
        try:
            desk.start()
            return
        except RuntimeError:
            if "already at work" not in desk.said():
                raise
            time.sleep(0.5)
    raise RuntimeError("the store never became free")


def side_by_side(
    desk: RunningDesk, sink: Sink, *, sent: int, imports: int, kills: int, pause: float, seed: int = 1
) -> None:
    """Let all of them work and kill the daemon again and again; then judge the history, and the file."""
    chance, looked = random.Random(seed), list[str]()
    senders = Senders(port=desk.port)
    importer = Importer(desk, senders, imports=imports, mails=24, chance=chance)
    desk.start()
    mails = senders.send_all([chain(f"s{n}", 2) for n in range(sent // 2)], threads=3, pause=pause)
    taken = Work([importer.work])
    seen = Work([lambda: look(desk, lambda: mails.busy() or taken.busy(), looked)])
    for _ in range(kills):
        time.sleep(chance.uniform(0.3, 2.0))
        desk.kill()
        start_again(desk)
    for work in (mails, taken, seen):
        work.wait(1200)
    desk.settle(120)
    check(senders.history(desk, sink, kills=kills))
    assert desk.stop() == 0
    assert importer.killed == len(range(1, imports, 3)) and set(looked) == {words[0] for words in LOOKS}
    assert len(senders.posts) == sent + imports * 24
    assert desk.integrity() == "ok"
    assert desk.rows("pragma foreign_key_check") == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("library", ["bundled", pytest.param("system", marks=pytest.mark.slow)])
def test_a_store_stays_whole_under_all_who_work_on_it(desks: Desks, sink: Sink, tmp_path: Path, library: str) -> None:
    """200 mails, two imports (one killed), listings, 2 kills: all laws hold, file and references are whole."""
    desk = desks(sink.port, extra=ONE_READER, package=mutated(tmp_path, OFTEN), library=library)
    side_by_side(desk, sink, sent=200, imports=2, kills=2, pause=0.0)
    assert ("(came with maild)" if library == "bundled" else "(the system's)") in desk.said()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("library", ["bundled", "system"])
def test_a_store_stays_whole_for_minutes(desks: Desks, sink: Sink, tmp_path: Path, library: str) -> None:
    """The same for minutes: 6,000 mails, 40 imports (13 killed), listings all the time, 40 kills."""
    desk = desks(sink.port, extra=ONE_READER, package=mutated(tmp_path, OFTEN), library=library)
    side_by_side(desk, sink, sent=6000, imports=40, kills=40, pause=0.05, seed=2)

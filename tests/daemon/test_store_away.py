"""A store that cannot be used for a while costs nobody a mail (law D7)."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator

import pytest

from tests.conftest import Postgres
from tests.daemon.history import check
from tests.daemon.senders import Senders, chain
from tests.kit.running import Desks, RunningDesk
from tests.kit.sink import Sink


@contextlib.contextmanager
def locked(desk: RunningDesk) -> Iterator[None]:
    """Hold the SQLite file so that nobody else can write."""
    with contextlib.closing(sqlite3.connect(desk.database, timeout=20, isolation_level=None)) as other:
        other.execute("begin exclusive")
        yield
        other.execute("rollback")


def under_load(desk: RunningDesk, sink: Sink, away: contextlib.AbstractContextManager[None], seconds: float) -> None:
    """Take the store away for so long under 5 mails a second; give it back; every law of the history must hold."""
    senders = Senders(port=desk.port, timeout=60.0)
    work = senders.send_all([chain(f"d{n}", 2) for n in range(int(5 * (seconds + 2) / 2))], threads=5, pause=0.8)
    time.sleep(1)
    with away:
        time.sleep(seconds)
    given_back = time.monotonic()
    work.wait(90)
    desk.settle(60)
    assert time.monotonic() - given_back < 60
    assert desk.process is not None and desk.process.poll() is None
    noticed = max(senders.answered) > 1 or any(op.what == "fail" for op in senders.ops)
    assert noticed, "nobody noticed that the store was away"
    check(senders.history(desk, sink))


def test_a_locked_store_loses_nothing(desks: Desks, sink: Sink) -> None:
    """Locked for 12 s (longer than the 10 s maild waits): no permanent refusal, nothing lost, then all is done."""
    desk = desks(sink.port)
    desk.start()
    under_load(desk, sink, locked(desk), 12)


@pytest.mark.slow
def test_a_store_locked_for_a_minute_loses_nothing(desks: Desks, sink: Sink) -> None:
    """Locked for 60 s: the same."""
    desk = desks(sink.port)
    desk.start()
    under_load(desk, sink, locked(desk), 60)


@contextlib.contextmanager
def stopped(server: Postgres) -> Iterator[None]:
    """Stop a PostgreSQL server as a crash would; start it again."""
    server.stop("immediate")
    yield
    server.start()


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_a_database_server_that_is_down_loses_nothing(desks: Desks, sink: Sink, seconds: int) -> None:
    """PostgreSQL dies and comes back: 451 meanwhile, nothing lost or doubled, and the daemon lives on."""
    server = Postgres()
    try:
        desk = desks(sink.port, store=server.new_database())
        desk.start()
        under_load(desk, sink, stopped(server), seconds)
        desk.close()
    finally:
        server.close()

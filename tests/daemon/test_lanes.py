"""Mails that are slow to read are cases in the end, and hold up nobody (law R4, D6)."""

from pathlib import Path

import pytest

from tests.daemon.floods import flood
from tests.daemon.history import check
from tests.daemon.poisons import buggy, poison
from tests.daemon.senders import Senders, chain, post
from tests.kit.running import Desks
from tests.kit.sink import Sink

ONE, MANY = "eve@bombe.example", "eve{}@bombe.example"


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("seconds", "sender"),
    [
        pytest.param(10, MANY, id="10 s from many"),
        pytest.param(60, ONE, id="60 s from one", marks=pytest.mark.slow),
        pytest.param(60, MANY, id="60 s from many", marks=pytest.mark.slow),
    ],
)
def test_two_bombs_a_second_hold_up_nobody(
    desks: Desks, sink: Sink, tmp_path: Path, seconds: float, sender: str
) -> None:
    """Normal mail is a case within a second (of a machine that is this desk's alone); every bomb is a case too."""
    desk = desks(sink.port, package=buggy(tmp_path))
    desk.start()
    senders = Senders(port=desk.port, timeout=60.0)
    found = flood(desk, senders, seconds=seconds, sender=sender)
    print(found)
    assert found.normal <= 1.0 * found.stretch
    check(senders.history(desk, sink))
    rows = desk.rows("select state, \"case\" as number from inbound where sender like '%@bombe.example'")
    assert len(rows) == found.bombs == 2 * seconds
    assert {row["state"] for row in rows} == {"done"} and all(row["number"] for row in rows)
    if seconds >= 60:  # by the middle of it every kind of bomb has come several times
        assert found.memory[1] - found.memory[0] < 50 * 1024 * 1024


def test_what_follows_a_slow_mail_does_not_wait_for_it(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """Twelve slow mails of one sender wait in the store; forty behind them are cases before half of those are."""
    desk = desks(sink.port, package=buggy(tmp_path))
    desk.start()
    senders = Senders(port=desk.port)
    bad = [poison("slow", f"b{number}", sender="eve@bombe.example") for number in range(12)]
    senders.send([*bad, *(post(f"g{number}") for number in range(40))])
    desk.settle(120)
    check(senders.history(desk, sink))
    rows = desk.rows("select sender, done_at from inbound order by done_at")
    order = ["b" if row["sender"] == "eve@bombe.example" else "g" for row in rows]
    assert "".join(order).rindex("g") < len(order) - 6, "normal mail waited for half of the slow ones"


def test_a_slow_mail_waits_through_a_crash(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """Killed while one mail is in the slow reader and others wait for it: all are cases, none was tried thrice."""
    desk = desks(sink.port, package=buggy(tmp_path))
    desk.start()
    senders = Senders(port=desk.port)
    senders.send([poison("slow", f"b{number}", sender="eve@bombe.example") for number in range(8)])
    desk.kill()
    desk.start()
    senders.send(chain("k", 3))
    desk.settle(120)
    check(senders.history(desk, sink, kills=1))
    assert max(row["attempts"] for row in desk.rows("select attempts from inbound")) <= 2

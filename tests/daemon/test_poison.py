"""A mail that kills or hangs its reader is put aside and delays nobody (FAULTS D8)."""

import contextlib
import os
from pathlib import Path

import pytest

from tests.channels.sink import Sink
from tests.daemon.harness import Desk, Desks
from tests.daemon.history import check
from tests.daemon.poisons import CONFUSING, DEADLY, buggy, poison
from tests.daemon.senders import Post, Senders, post

READING = "[reading]\nwall_seconds = 2\n"


def mixed(good: int) -> list[list[Post]]:
    """Spread the poisons among good mails, over 8 senders."""
    mails: list[Post] = [post(f"g{number}") for number in range(good)]
    names = (*DEADLY, *CONFUSING)
    for number, name in enumerate(names):
        mails.insert(5 + number * (good // len(names) + 1), poison(name))
    return [mails[n::8] for n in range(8)]


def processes(desk: Desk) -> int:
    """Count the processes in the desk's group."""
    assert desk.process is not None
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            count += os.getpgid(int(folder.name)) == desk.process.pid
    return count


@pytest.mark.timeout(180)
@pytest.mark.parametrize("good", [280, pytest.param(1400, marks=pytest.mark.slow)])
def test_poison_is_put_aside_and_delays_nobody(desks: Desks, sink: Sink, tmp_path: Path, good: int) -> None:
    """14 poisons among good mails: these are done within 30 s, poison is put aside after 3 tries and can run again."""
    desk = desks(sink.port, package=buggy(tmp_path), extra=READING)
    desk.start()
    before = processes(desk)
    senders = Senders(port=desk.port)
    senders.send_all(mixed(good), threads=8).wait()
    desk.settle(90)

    history = senders.history(desk, sink)
    check(history)
    aside = {row.key: row.id for row in history.stored if row.state == "quarantined"}
    assert {f"poison-{name}" for name in DEADLY} <= aside.keys()
    assert all(key.startswith("poison-") for key in aside)
    slowest = desk.rows("select max(done_at - received) as micros from inbound where state = 'done'")[0]["micros"]
    assert slowest < 30_000_000
    tries = desk.rows("select attempts, reason from inbound where state = 'quarantined'")
    assert {row["attempts"] for row in tries} == {3} and all(row["reason"] for row in tries)
    told = [mail for mail in sink.mails if mail.recipients[0] == "operator@desk.example"]
    assert len(told) == len(aside)
    assert processes(desk) <= before, "a reader was left behind"

    assert desk.stop() == 0
    desk.package = None
    desk.start()
    assert desk.run("inbound", "requeue", *(str(key) for key in aside.values())).returncode == 0
    desk.settle()
    check(senders.history(desk, sink))
    assert {row["state"] for row in desk.rows("select state from inbound")} == {"done"}


def test_nobody_gets_the_answer_to_another_mail(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """A reader that answers twice, or says garbage, never makes one mail's words another's."""
    desk = desks(sink.port, package=buggy(tmp_path), extra=f"{READING}processes = 1\n")
    desk.start()
    senders = Senders(port=desk.port)
    mails = [(poison(CONFUSING[n % 3], f"x{n}") if n % 4 == 0 else post(f"x{n}")) for n in range(48)]
    senders.send_all([mails[n::4] for n in range(4)], threads=4).wait()
    desk.settle(90)
    check(senders.history(desk, sink))
    for row in desk.rows("select subject, requester from cases"):
        assert row["requester"] == f"{row['subject'].removeprefix('Sak ')}@kunde.example"
    for row in desk.rows("select subject, text, author from message"):
        key = row["subject"].removeprefix("Sak ")
        assert (row["text"].strip(), row["author"]) == (f"Hei, dette gjelder {key}.", f"{key}@kunde.example")

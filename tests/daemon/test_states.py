"""One crash for each legal state of a mail, as the tables in storage/tables.py promise.

One desk is brought to where every state has a row, is killed there, and started again.
"""

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from maild.storage import tables
from tests.daemon.poisons import buggy, deadly, poison
from tests.daemon.senders import Senders, chain, post, sunk
from tests.kit.running import ROOT, Desks, RunningDesk
from tests.kit.sink import Sink, in_thread

Rows = dict[str, dict[str, Any]]
CAPS = "[caps]\nbreaker_floor = 3\n"
READING = "[reading]\nwall_seconds = 120\n"
SLOW = frozenset({"slow-one", "slow-other"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the store and the relay hold at one moment: rows by a name, mails by Message-ID."""

    inbound: Rows
    outbox: Rows
    sunk: Counter[str]
    intact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """The moments before the kill, after the next start, and after an admin dealt with what waits."""

    before: Moment
    after: Moment
    later: Moment
    desk: RunningDesk
    order: list[str]
    """The kinds of mail to the agent of the slow case, in the order they arrived."""


def moment(desk: RunningDesk, sink: Sink, senders: Senders) -> Moment:
    """Look at everything."""
    history = senders.history(desk, sink)
    keys = {row.id: row.key for row in history.stored}
    inbound = desk.rows('select id, state, attempts, "case", outcome, done_at from inbound')
    outbox = desk.rows("select id, state, attempts, kind, recipient, message_id, done_at from outbox")
    return Moment(
        inbound={keys[row["id"]]: row for row in inbound},
        outbox={f"{row['kind']} {row['recipient']} {row['id']}": row for row in outbox},
        sunk=Counter(mail.message_id for mail in history.sunk),
        intact=all(row.intact for row in history.stored),
    )


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.05)


def states(desk: RunningDesk, table: str) -> Counter[str]:
    """Count rows by state."""
    return Counter(row["state"] for row in desk.rows(f"select state from {table}"))


def refuse(address: str) -> str | None:
    """Refuse some recipients, as a relay would."""
    return {"dead@kunde.example": "550 5.1.1 nobody", "later@kunde.example": "451 4.2.1 busy"}.get(address)


def prepare(desk: RunningDesk, sink: Sink, senders: Senders) -> None:
    """Bring a mail into every state."""
    sink.on_rcpt = refuse
    for key, sender in (
        ("done", "done@kunde.example"),
        ("dead", "dead@kunde.example"),
        ("later", "later@kunde.example"),
    ):
        senders.send([post(key, sender=sender)])
        until(lambda: states(desk, "outbox")["queued"] + states(desk, "outbox")["sending"] == 0)
    until(lambda: states(desk, "outbox")["failed"] == 1 and states(desk, "outbox")["deferred"] == 1)
    senders.send([poison("sleep", "reading"), deadly("exit", "quarantined"), post("held"), post("dropped")])
    senders.send([poison("hog", key) for key in sorted(SLOW)])
    until(
        lambda: (
            states(desk, "inbound")["quarantined"] == states(desk, "inbound")["slow"] == 1
            and states(desk, "outbox")["held"] == 2
        )
    )
    dropped = desk.rows("select id from outbox where state = 'held' order by id desc")[0]["id"]
    assert desk.run("outbox", "drop", str(dropped)).returncode == 0
    until(lambda: states(desk, "outbox")["queued"] + states(desk, "outbox")["sending"] == 0)
    sink.delay = 60
    senders.send(chain("slow", 2))
    until(lambda: states(desk, "outbox")["sending"] == 2 and states(desk, "outbox")["held"] == 2)
    freeze(desk, senders)


def stop_between_writes(desk: RunningDesk, process: int) -> None:
    """Stop the daemon at a moment when it writes nothing: others could not write to the store else."""

    def stopped() -> bool:
        os.kill(process, signal.SIGSTOP)
        try:
            with contextlib.closing(sqlite3.connect(desk.folder / "store" / "maild.db", timeout=0.05)) as other:
                other.execute("begin immediate")
        except sqlite3.OperationalError:
            os.kill(process, signal.SIGCONT)
            return False
        return True

    until(stopped)


def freeze(desk: RunningDesk, senders: Senders) -> None:
    """Freeze the daemon; beside it, let an admin release a held mail and other processes accept one more."""
    assert desk.process is not None
    mail = post("accepted")
    senders.posts[mail.key] = mail
    file = desk.folder / "accepted.eml"
    file.write_bytes(mail.data)
    stop_between_writes(desk, desk.process.pid)
    held = desk.rows("select id from outbox where recipient = 'slow@kunde.example' and state = 'held'")[0]["id"]
    assert desk.run("outbox", "release", str(held)).returncode == 0
    arguments = ["-m", "maild", "inject", str(file), "--to", "it@desk.example", "--config", str(desk.config)]
    other = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    until(lambda: states(desk, "inbound")["accepted"] == 1)
    other.kill()
    other.wait(10)


@pytest.fixture(scope="module")
def crash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crash]:
    """Prepare, kill, start, look; then let an admin requeue, retry and release."""
    folder: Path = tmp_path_factory.mktemp("states")
    desks = Desks(folder=folder)
    with in_thread(Sink()) as sink:
        desk = desks(sink.port, package=buggy(folder), caps=CAPS, extra=READING)
        try:
            yield story(desk, sink)
        finally:
            desks.close()


def story(desk: RunningDesk, sink: Sink) -> Crash:
    """Take a desk through the crash."""
    senders = Senders(port=desk.port)
    desk.start()
    prepare(desk, sink, senders)
    desk.kill()
    before = moment(desk, sink, senders)
    sink.on_rcpt, sink.delay, desk.package = None, 0.0, None
    desk.start()
    until(lambda: desk.left() == 6 and states(desk, "inbound")["done"] == len(before.inbound) - 1)
    after = moment(desk, sink, senders)
    for what in (
        ("inbound", "requeue", str(after.inbound["quarantined"]["id"])),
        ("outbox", "retry"),
        ("outbox", "release"),
    ):
        assert desk.run(*what).returncode == 0
    until(lambda: desk.left() == 0)
    slow = [row for row in before.outbox.values() if row["state"] == "sending"]
    kinds = {row["message_id"]: row["kind"] for row in slow}
    arrived = [sunk(mail.recipients[0], mail.data).message_id for mail in sink.mails]
    order = list(dict.fromkeys(kinds[message_id] for message_id in arrived if message_id in kinds))
    return Crash(before=before, after=after, later=moment(desk, sink, senders), desk=desk, order=order)


def one(rows: Rows, state: str) -> dict[str, Any]:
    """The only row in a state."""
    (found,) = [row for row in rows.values() if row["state"] == state]
    return found


def same(rows: Rows, row: dict[str, Any]) -> dict[str, Any]:
    """The same row at another moment."""
    (found,) = [other for other in rows.values() if other["id"] == row["id"]]
    return found


# -- inbound ------------------------------------------------------------------------------------------------------


def inbound_accepted(crash: Crash) -> None:
    """Accepted: the row; the next start claims and reads it, and that is its first attempt."""
    row = crash.before.inbound["accepted"]
    assert (row["state"], row["attempts"]) == ("accepted", 0)
    row = crash.after.inbound["accepted"]
    assert (row["state"], row["attempts"], row["outcome"]) == ("done", 1, "new")


def inbound_slow(crash: Crash) -> None:
    """Slow: the row, no attempt counted while it waits; the next start's slow reader reads it."""
    slow = [key for key in SLOW if crash.before.inbound[key]["state"] == "slow"]
    assert len(slow) == 1, "of two that came together one is being read and the other waits"
    (waiting,), (reading,) = slow, SLOW - set(slow)
    row = crash.before.inbound[waiting]
    assert (row["state"], row["attempts"]) == ("slow", 0)
    row = crash.after.inbound[waiting]
    assert (row["state"], row["attempts"], row["outcome"]) == ("done", 1, "new")
    row = crash.before.inbound[reading]
    assert (row["state"], row["attempts"]) == ("reading", 1)
    row = crash.after.inbound[reading]
    assert (row["state"], row["attempts"], row["outcome"]) == ("done", 2, "new")


def inbound_reading(crash: Crash) -> None:
    """Reading: the row, its attempt counted; the next start reads it again."""
    row = crash.before.inbound["reading"]
    assert (row["state"], row["attempts"]) == ("reading", 1)
    row = crash.after.inbound["reading"]
    assert (row["state"], row["attempts"], row["outcome"]) == ("done", 2, "new")


def inbound_done(crash: Crash) -> None:
    """Done: nothing to do; nothing about it changes and nothing is sent again."""
    row = crash.before.inbound["done"]
    assert row["state"] == "done" and row == crash.after.inbound["done"] == crash.later.inbound["done"]


def inbound_quarantined(crash: Crash) -> None:
    """Quarantined: stays so until an admin requeues it, which runs it from the start."""
    row = crash.before.inbound["quarantined"]
    assert (row["state"], row["attempts"]) == ("quarantined", 1) and row == crash.after.inbound["quarantined"]
    row = crash.later.inbound["quarantined"]
    assert (row["state"], row["attempts"], row["outcome"]) == ("done", 1, "new")


# -- outbox -------------------------------------------------------------------------------------------------------


def outbox_queued(crash: Crash) -> None:
    """Queued: sent after the start, once."""
    row = one(crash.before.outbox, "queued")
    assert row["attempts"] == 0
    after = same(crash.after.outbox, row)
    assert (after["state"], after["attempts"], crash.after.sunk[row["message_id"]]) == ("sent", 1, 1)


def outbox_held(crash: Crash) -> None:
    """Held: still held after the start; an admin's release sends it."""
    rows = [row for row in crash.before.outbox.values() if row["state"] == "held"]
    assert rows
    for row in rows:
        assert row["attempts"] == 0 and crash.before.sunk[row["message_id"]] == 0
        assert crash.after.sunk[row["message_id"]] == 0 and same(crash.after.outbox, row) == row
        assert same(crash.later.outbox, row)["state"] == "sent" and crash.later.sunk[row["message_id"]] == 1


def outbox_sending(crash: Crash) -> None:
    """Sending: an attempt that may have arrived; sent again with the same Message-ID, in the order of its lane."""
    rows = [row for row in crash.before.outbox.values() if row["state"] == "sending"]
    assert len(rows) == 2
    for row in rows:
        assert row["attempts"] == 1
        after = same(crash.after.outbox, row)
        assert (after["state"], after["attempts"], after["message_id"]) == ("sent", 2, row["message_id"])
        assert crash.after.sunk[row["message_id"]] in (1, 2)
    assert crash.order == ["assignment", "follow-up"]


def outbox_deferred(crash: Crash) -> None:
    """Deferred: waits until it is due, or until an admin says retry; the same Message-ID arrives once."""
    row = one(crash.before.outbox, "deferred")
    assert row["attempts"] == 1 and same(crash.after.outbox, row) == row
    later = same(crash.later.outbox, row)
    assert (later["state"], later["attempts"], crash.later.sunk[row["message_id"]]) == ("sent", 2, 1)


def outbox_sent(crash: Crash) -> None:
    """Sent: nothing to do; none arrives again."""
    rows = [row for row in crash.before.outbox.values() if row["state"] == "sent"]
    assert rows
    for row in rows:
        assert same(crash.later.outbox, row) == row and crash.later.sunk[row["message_id"]] == 1


def outbox_failed(crash: Crash) -> None:
    """Failed: nothing is tried again; an agent has been told, once."""
    row = one(crash.before.outbox, "failed")
    assert same(crash.later.outbox, row) == row and crash.later.sunk[row["message_id"]] == 0
    told = [row for row in crash.later.outbox.values() if row["kind"] == "undelivered"]
    assert [row["state"] for row in told] == ["sent"] and crash.later.sunk[told[0]["message_id"]] == 1


def outbox_dropped(crash: Crash) -> None:
    """Dropped: stays so; an event says that it was dropped."""
    row = one(crash.before.outbox, "dropped")
    assert same(crash.later.outbox, row) == row and crash.later.sunk[row["message_id"]] == 0
    events = crash.desk.rows("select what, after from event where what = 'held mail dropped'")
    assert [event["after"] for event in events] == ["dropped"]


PROMISES: tuple[Callable[[Crash], None], ...] = (
    inbound_accepted,
    inbound_slow,
    inbound_reading,
    inbound_done,
    inbound_quarantined,
    outbox_queued,
    outbox_held,
    outbox_sending,
    outbox_deferred,
    outbox_sent,
    outbox_failed,
    outbox_dropped,
)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_crash_leaves_what_the_table_says(crash: Crash, promise: Callable[[Crash], None]) -> None:
    """Every row of the two tables of legal states keeps its promise over a kill."""
    promise(crash)


def test_raw_bytes_survive(crash: Crash) -> None:
    """No raw mail has changed by the crash or by being run again (law D5)."""
    assert crash.before.intact and crash.after.intact and crash.later.intact


def test_every_state_of_the_tables_is_here() -> None:
    """The documented states and the ones tested above are the same."""
    inbound, outbox = (tables.__doc__ or "").split("Legal states of an outgoing mail")
    for name, text in (("inbound", inbound), ("outbox", outbox)):
        documented = set(re.findall(r"^(\w+) +[0–≥]", text, re.MULTILINE))
        tested = {
            promise.__name__.removeprefix(f"{name}_") for promise in PROMISES if promise.__name__.startswith(name)
        }
        assert documented == tested

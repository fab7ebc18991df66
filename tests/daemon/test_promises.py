"""Promises of real daemons: two on one PostgreSQL, one frozen and killed: each is kept once (law D8, D9)."""

from __future__ import annotations

import email
import email.policy
import os
import re
import shutil
import signal
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from maild.storage.engine import open_engine
from tests.daemon.senders import Senders, post
from tests.kit.promises import Promises
from tests.kit.running import Desks, RunningDesk
from tests.kit.sink import Sink

if TYPE_CHECKING:
    from tests.conftest import Postgres


def open_case(desk: RunningDesk) -> int:
    """Send a mail, and wait until it is a case; its number."""
    Senders(port=desk.port).send([post("promises")])
    desk.settle()
    (found,) = desk.rows("select number from cases")
    return int(found["number"])


def promise(desk: RunningDesk, *, case: int, count: int, seconds: float) -> list[int]:
    """Promise that an agent hears of so many letters, spread over the seconds to come."""
    engine = open_engine(desk.store)
    begin = datetime.now(UTC)
    dues = [begin + timedelta(seconds=seconds * n / count) for n in range(count)]
    ids = Promises(engine).late_letters(count, case=case, dues=dues, at=begin)
    engine.dispose()
    return ids


def pending(desk: RunningDesk) -> int:
    """Count the promises that are not kept yet."""
    return int(desk.rows("select count(*) as n from timer where state = 'pending' and step = 'late'")[0]["n"])


def wait(desk: RunningDesk, left: int) -> None:
    """Wait until no more than so many promises are left."""
    while pending(desk) > left:
        time.sleep(0.05)


def told(desk: RunningDesk) -> Counter[int]:
    """Count, for each letter, how often an agent was told of it."""
    rows = desk.rows("select once_key from outbox where kind = 'undelivered'")
    return Counter(int(row["once_key"].split(":")[1]) for row in rows)


def arrived(sink: Sink) -> dict[int, set[str]]:
    """Return, for each letter, the Message-IDs of the mails at the relay that tell of it."""
    found: dict[int, set[str]] = defaultdict(set)
    for mail in sink.mails:
        letter = email.message_from_bytes(mail.data, policy=email.policy.default)
        body = letter.get_body(("plain",))
        if (named := re.search(r"kunde(\d+)@epost", "" if body is None else str(body.get_content()))) is not None:
            found[int(named[1])].add(str(letter["Message-ID"]))
    return found


@pytest.mark.parametrize(("count", "rounds"), [(60, 1), pytest.param(1_000, 10, marks=pytest.mark.slow)])
def test_two_daemons_one_frozen_and_killed(
    desks: Desks, sink: Sink, postgres: Postgres, count: int, rounds: int
) -> None:
    """Both keep promises; one is frozen in the middle, then killed: 0 missed, 0 doubled, also at the relay."""
    store = postgres.new_database()
    first, second = desks(sink.port, store=store), desks(sink.port, store=store)
    first.start()
    case = open_case(first)
    (second.folder / "store").mkdir(exist_ok=True)
    for key in first.folder.rglob("*.key"):
        shutil.copy(key, second.folder / key.relative_to(first.folder))
    second.start()
    ids = promise(first, case=case, count=count, seconds=6.0 * rounds)
    for turn in range(rounds):
        wait(first, count - count * (2 * turn + 1) // (2 * rounds))
        assert second.process is not None
        os.killpg(second.process.pid, signal.SIGSTOP)
        time.sleep(1)  # frozen, perhaps with promises in its hands; nothing is decided by how long
        second.kill()
        second.start()
    wait(first, 0)
    while first.rows("select 1 as one from outbox where kind = 'undelivered' and done_at is null limit 1"):
        time.sleep(0.05)
    assert told(first) == Counter(ids)
    assert {key: len(found) for key, found in arrived(sink).items()} == dict.fromkeys(ids, 1)

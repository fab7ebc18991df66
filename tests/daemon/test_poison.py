"""A mail that kills or hangs its reader is a case all the same and delays nobody (law R3)."""

import contextlib
import time
from pathlib import Path

import pytest

from tests.daemon.history import check
from tests.daemon.poisons import DEADLY, HARMLESS, STARVED, TEXTLESS, buggy, deadly, poison
from tests.daemon.senders import Post, Senders, post
from tests.kit.running import Desks, RunningDesk, mutated
from tests.kit.sink import Sink

QUARANTINED = ("segv", "memory", "sleep")
"""Bugs that every reading of one mail has, in these tests."""


def mixed(good: int) -> list[list[Post]]:
    """Spread the poisons among good mails, over 8 senders."""
    mails: list[Post] = [post(f"g{number}") for number in range(good)]
    bad = [poison(name) for name in (*DEADLY, *HARMLESS)] + [deadly(name) for name in QUARANTINED]
    for number, mail in enumerate(bad):
        mails.insert(5 + number * (good // len(bad) + 1), mail)
    return [mails[n::8] for n in range(8)]


def readers(desk: RunningDesk) -> int:
    """Count the living readers of a desk, and what they left behind."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            ours = (folder / "cwd").readlink() == (desk.package or desk.folder)
            count += ours and b"maild.mail.reader.child" in (folder / "cmdline").read_bytes()
    return count


def test_poison_is_a_case_and_delays_nobody(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """18 poisons among 80 good mails: see :func:`poisoned`."""
    poisoned(desks(sink.port, package=buggy(tmp_path)), sink, 80)


@pytest.mark.slow
def test_poison_among_many_delays_nobody(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """18 poisons, among 1,200 good mails."""
    poisoned(desks(sink.port, package=buggy(tmp_path)), sink, 1200)


def poisoned(desk: RunningDesk, sink: Sink, good: int) -> None:
    """Good mails are done within 30 s; poison is a case with its text, or at least with its bytes, after one attempt.

    Only what no reading survives is put aside, whole, told once, and can run again.
    """
    desk.start()
    senders = Senders(port=desk.port)
    senders.send_all(mixed(good), threads=8).wait()
    desk.settle(120)

    history = senders.history(desk, sink)
    check(history)
    aside = {row.key: row.id for row in history.stored if row.state == "quarantined"}
    assert aside.keys() == {f"deadly-{name}" for name in QUARANTINED}
    slowest = "select max(done_at - received) as micros from inbound where state = 'done' and sender like 'g%'"
    assert desk.rows(slowest)[0]["micros"] < 30_000_000
    tries = desk.rows("select attempts, reason from inbound where state = 'quarantined'")
    assert {row["attempts"] for row in tries} == {1} and all("and by its header" in row["reason"] for row in tries)
    assert {row["attempts"] for row in desk.rows("select attempts from inbound where state = 'done'")} == {1}
    told = [mail for mail in sink.mails if mail.recipients[0] == "operator@desk.example"]
    assert len(told) == len(QUARANTINED)
    everyone_has_their_own_words(desk)
    time.sleep(1)
    assert readers(desk) <= 6, "a reader was left behind"  # two, two spare ones, the slow one, and the one for headers

    assert desk.stop() == 0
    desk.package = None
    desk.start()
    assert desk.run("inbound", "requeue", *(str(key) for key in aside.values())).returncode == 0
    desk.settle()
    check(senders.history(desk, sink))
    assert {row["state"] for row in desk.rows("select state from inbound")} == {"done"}


REFUSED = """
from maild.core.errors import StoreUnavailable as _Away

_honest = walk


def walk(connection, corridor, cause, **rest):
    if any(b"X-Poison-All: refused" in raw for raw in (rest.get("raw") or {}).values()):
        raise _Away("the store will not take this one, ever")
    return _honest(connection, corridor, cause, **rest)
"""


def test_a_mail_that_the_store_refuses_is_not_tried_for_ever(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """When the store is away for one mail only, that mail is put aside after its attempts, and the others are done."""
    desk = desks(sink.port, package=mutated(tmp_path, append={"journey/corridor.py": REFUSED}))
    desk.start()
    senders = Senders(port=desk.port)
    senders.send_all([[deadly("refused"), *(post(f"g{number}") for number in range(20))]], threads=1).wait()
    desk.settle(90)
    states = {row["state"]: row["n"] for row in desk.rows("select state, count(*) n from inbound group by state")}
    assert states == {"quarantined": 1, "done": 20}
    [aside] = desk.rows("select attempts, reason from inbound where state = 'quarantined'")
    assert (aside["attempts"], aside["reason"]) == (3, '["deciding failed","StoreUnavailable"]')
    check(senders.history(desk, sink))


FATAL = """
import os as _os

_honest = walk


def walk(connection, corridor, cause, **rest):
    if any(b"X-Poison: fatal" in raw for raw in (rest.get("raw") or {}).values()) and not cause.mail.partial:
        _os._exit(9)
    return _honest(connection, corridor, cause, **rest)
"""


def test_a_mail_that_ends_the_daemon_is_read_by_its_header(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """maild ends over a mail again and again: at last that one is a case by its header; the others have their words."""
    desk = desks(sink.port, package=mutated(tmp_path, append={"journey/corridor.py": FATAL}))
    desk.start()
    senders = Senders(port=desk.port)
    senders.send([*(post(f"g{number}") for number in range(5)), poison("fatal")])
    assert desk.process is not None and desk.process.wait(30) == 9
    for _ in range(3):
        desk.start(wait=False)
        assert desk.process.wait(30) == 9
    desk.start()
    desk.settle()
    check(senders.history(desk, sink, kills=4))
    rows = {row["sender"]: row for row in desk.rows("select sender, state, attempts from inbound")}
    fatal = rows.pop("poison-fatal@kunde.example")
    assert (fatal["state"], fatal["attempts"]) == ("done", 5) and len(rows) == 5
    texts = {
        row["subject"]: row["text"].strip()
        for row in desk.rows("select subject, text from message where inbound is not null")
    }
    assert texts.pop("Sak poison-fatal") == ""
    assert set(texts.values()) == {f"Hei, dette gjelder g{number}." for number in range(5)}


def everyone_has_their_own_words(desk: RunningDesk) -> None:
    """No answer of a reader was taken for another mail's; what was not read in full is by nobody, but is there."""
    rows = desk.rows("select subject, text, author, id from message where inbound is not null")
    assert rows
    whole = {row["message"] for row in desk.rows("select message from attachment where type = 'message/rfc822'")}
    for row in rows:
        key = row["subject"].removeprefix("Sak ")
        bug = key.removeprefix("poison-")
        words = f"Hei, dette gjelder {key}."
        assert row["text"].strip() in ([""] if bug in TEXTLESS else ["", words] if bug in STARVED else [words])
        assert (row["author"] or "") == ("" if bug in DEADLY else f"{key}@kunde.example")
        assert (row["id"] in whole) == (bug in DEADLY)


def test_a_hung_reader_dies_with_its_daemon(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """A reader that a mail has put to sleep does not outlive a killed daemon."""
    desk = desks(sink.port, package=buggy(tmp_path))
    desk.start()
    Senders(port=desk.port).send([poison("sleep")])
    time.sleep(0.5)
    assert readers(desk) >= 2
    desk.kill()
    deadline = time.monotonic() + 10
    while readers(desk) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert readers(desk) == 0

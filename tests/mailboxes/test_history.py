"""``maild inject`` of old mail: mbox, maildir and IMAP folder, quietly, in order, and again after a break."""

from __future__ import annotations

import asyncio
import contextlib
import mailbox
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.progress import Progress

from maild.channels.imap.account import Account
from maild.cli.history import Box, Entry
from maild.cli.inject import _store
from maild.core.values.mail import Envelope
from maild.storage import mailboxes
from maild.storage.mailboxes import Place
from tests.kit.running import Desks, RunningDesk
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.kit import mail, shelf
from tests.mailboxes.test_real_daemon import IMAP


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    """Makes desks; no process outlives the test."""
    made = Desks(folder=tmp_path)
    yield made
    made.close()


def thread(number: int, *, hour: int, answers: int | None = None) -> bytes:
    """Make a mail of a conversation; the subject has no case number, so only the headers hold it together."""
    reference = "" if answers is None else f"In-Reply-To: <{answers}@nordlys.example>\r\n"
    return (
        f"From: Kari <kari@nordlys.example>\r\nTo: it@desk.example\r\nSubject: Skriver {number}\r\n"
        f"Message-ID: <{number}@nordlys.example>\r\n{reference}"
        f"Date: Tue, 1 Dec 2026 {hour:02}:00:00 +0100\r\n\r\nDet gjelder skriver {number}.\r\n"
    ).encode()


CONVERSATION = [thread(3, hour=12, answers=2), thread(2, hour=11, answers=1), thread(1, hour=10), thread(9, hour=9)]
"""Newest first: two cases, one of three mails."""


def as_mbox(folder: Path, mails: list[bytes]) -> Path:
    """Write an mbox."""
    box = mailbox.mbox(folder / "old.mbox")
    for raw in mails:
        box.add(raw)
    box.flush()
    return folder / "old.mbox"


def as_maildir(folder: Path, mails: list[bytes]) -> Path:
    """Write a maildir."""
    box = mailbox.Maildir(folder / "old")
    for raw in mails:
        box.add(raw)
    return folder / "old"


def cases(desk: RunningDesk) -> list[int]:
    """Return how many mails each case holds."""
    rows = desk.rows("select count(*) as n from message where direction = 'in' group by \"case\" order by 1")
    return [int(row["n"]) for row in rows]


@pytest.mark.parametrize("write", [as_mbox, as_maildir])
def test_an_old_box_becomes_cases_once_and_in_order(desks: Desks, tmp_path: Path, write: object) -> None:
    """Answers follow what they answer, whatever their order in the box; nothing is sent; again changes nothing."""
    desk = desks(1)
    source = str(write(tmp_path, CONVERSATION))  # type: ignore[operator]
    for _ in range(2):
        done = desk.run("inject", source, "--quiet")
        assert done.returncode == 0, done.stderr
        assert cases(desk) == [1, 3]
    assert "0 taken, 4 known already" in done.stdout
    assert desk.rows("select count(*) as n from outbox")[0]["n"] == 0


def test_an_old_mailbox_is_read_and_left_as_it_is(desks: Desks, dovecot: Dovecot) -> None:
    """A folder of a configured mailbox is imported; nothing there is changed; polling takes none of it again."""
    desk = desks(1, extra=IMAP.format(port=dovecot.port, user="history", folder="INBOX", after="keep"))
    (desk.folder / "imap-password").write_text("hemmelig\n")
    dovecot.put("history", CONVERSATION[::-1])
    dovecot.put("history", [mail(77)], "Archive")
    for source, known in (("imap:it", 0), ("imap:it", 4), ("imap:it/Archive", 0)):
        done = desk.run("inject", source, "--quiet")
        assert done.returncode == 0, done.stderr
        assert not known or f"{known} known already" in done.stdout
    assert cases(desk) == [1, 1, 3]
    assert dovecot.counts("history") == {"INBOX": 4, "Archive": 1}
    client = dovecot.client("history")
    client.select_folder("INBOX", readonly=True)
    assert all(flags[b"FLAGS"] in ((), (b"\\Recent",)) for flags in client.fetch(client.search(), ["FLAGS"]).values())
    client.logout()
    desk.start()
    deadline = time.monotonic() + 20
    while not desk.rows("select count(*) as n from mailbox_state where backlog = 0 and last_success is not null")[0][
        "n"
    ]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert desk.rows("select count(*) as n from inbound")[0]["n"] == 5
    assert desk.stop() == 0


def test_an_import_passes_over_what_the_daemon_stores_meanwhile(store_url: str) -> None:
    """A mail that the daemon polls from the same folder while it is imported is known then, and the others come in."""

    async def run() -> None:
        async with shelf(store_url) as store:
            account = Account(name="it", host="127.0.0.1", port=1, tls="none", user="it")
            envelope = Envelope(
                source="inject", received=store.now(), sender="", recipients=(), account="it", quiet=True
            )
            fence = await store.writer.run(lambda c: mailboxes.take_lease(c, "it", who="daemon", now=store.now()))

            def read(entry: Entry) -> bytes:
                if entry.place == 5:  # the daemon is a little quicker with this one
                    place = Place(account="it", folder="INBOX", validity=7, uid=4, fence=fence or 0)
                    with store.engine.begin() as connection:
                        mailboxes.accept(connection, place, envelope, mail(4), claim_for=None)
                return mail(entry.place)

            box = Box(entries=[Entry(0.0, n, n) for n in range(1, 11)], read=read, account=account, validity=7)
            keys, known, unread, strange = await _store(
                store.engine, store.writer, box, envelope, Progress(disable=True)
            )
            assert (len(keys), known, unread, strange) == (9, 1, 0, [])
            assert sorted(store.mails().values()) == sorted(mail(uid) for uid in range(1, 11))

    asyncio.run(run())


def test_an_unknown_account_is_named_with_those_there_are(desks: Desks) -> None:
    """A wrong account's name is an error that says which there are."""
    done = desks(1).run("inject", "imap:nobody")
    assert done.returncode != 0
    assert "nobody" in done.stderr
    assert "Traceback" not in done.stderr


def killed_import(desk: RunningDesk, source: str, mails: int, kills: int) -> None:
    """Kill an import again and again, while it takes mails and then while it makes cases, and let it finish."""
    command = [sys.executable, "-m", "maild", "inject", source, "--quiet", "--config", str(desk.config)]
    taken, made = "select count(*) as n from raw", "select count(*) as n from cases"
    for query, times in ((taken, (kills + 1) // 2), (made, kills // 2)):
        for number in range(1, times + 1):
            process = subprocess.Popen(command, cwd=desk.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wanted, deadline = mails * number // (times + 1), time.monotonic() + 120
            while count(desk, query) < wanted:
                assert process.poll() is None, "the import ended before it was killed"
                assert time.monotonic() < deadline, f"{count(desk, query)} of {wanted}"
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.wait()
    done = subprocess.run(command, cwd=desk.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    subjects = [row["subject"] for row in desk.rows("select subject from cases")]
    assert len(subjects) == len(set(subjects)) == mails
    assert count(desk, "select count(*) as n from message where direction = 'in'") == mails
    assert count(desk, "select count(*) as n from inbound where state != 'done'") == 0
    assert count(desk, "select count(*) as n from outbox") == 0


def count(desk: RunningDesk, query: str) -> int:
    """Count rows of a store that may not be there yet."""
    if desk.database.exists():
        with contextlib.suppress(sqlite3.Error):
            return int(desk.rows(query)[0]["n"])
    return 0


def test_a_killed_import_finishes_with_each_mail_once(desks: Desks, tmp_path: Path) -> None:
    """Killed while it takes mails and while it makes cases, and started again: each mail is one case."""
    killed_import(desks(1), str(as_mbox(tmp_path, [mail(number) for number in range(300)])), 300, 2)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("write", [as_mbox, as_maildir])
def test_an_import_killed_ten_times_finishes_with_each_mail_once(desks: Desks, tmp_path: Path, write: object) -> None:
    """The same at ten places of 3,000 mails, five in each half of the work."""
    source = str(write(tmp_path, [mail(number) for number in range(3000)]))  # type: ignore[operator]
    killed_import(desks(1), source, 3000, 10)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_import_of_a_folder_killed_ten_times_finishes_with_each_mail_once(desks: Desks, dovecot: Dovecot) -> None:
    """The same with a folder of a mailbox of 1,000 mails, in which nothing changes."""
    desk = desks(1, extra=IMAP.format(port=dovecot.port, user="longhistory", folder="INBOX", after="move"))
    (desk.folder / "imap-password").write_text("hemmelig\n")
    dovecot.put("longhistory", [mail(number) for number in range(1000)])
    killed_import(desk, "imap:it", 1000, 10)
    assert dovecot.counts("longhistory") == {"INBOX": 1000}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_large_import_needs_no_more_memory_than_a_small_one(desks: Desks, tmp_path: Path) -> None:
    """20,000 mails cost at most 64 MB more than 1,000."""
    peaks = []
    for mails in (1000, 20_000):
        desk = desks(1)
        folder = tmp_path / str(mails)
        folder.mkdir()
        source = as_mbox(folder, [mail(number, size=4000) for number in range(mails)])
        command = ["/usr/bin/env", "time", "-f", "%M", sys.executable, "-m", "maild", "inject", str(source), "--quiet"]
        done = subprocess.run(
            [*command, "--config", str(desk.config)], cwd=desk.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert desk.rows("select count(*) as n from cases")[0]["n"] == mails
        peaks.append(int(done.stderr.split()[-1]))
    assert peaks[1] - peaks[0] <= 64 * 1024, peaks

"""People with mail clients at the same mailbox (law B3): what they delete or move is theirs, nothing else goes."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from pathlib import Path

import pytest
from imapclient.exceptions import IMAPClientError

from maild.channels.imap.account import Account
from maild.core.errors import MaildError
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.kit import mail, shelf, until


class Meddler:
    """A person who moves, deletes and marks mails at random."""

    def __init__(self, dovecot: Dovecot, user: str, seed: int) -> None:
        self.client = dovecot.client(user)
        if not self.client.folder_exists("Elsewhere"):
            self.client.create_folder("Elsewhere")
        self.chance = random.Random(seed)
        self.moved: set[int] = set()
        self.marked: set[int] = set()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._meddle)

    def _meddle(self) -> None:
        self.client.select_folder("INBOX")
        while not self.stop.wait(0.005):
            with contextlib.suppress(IMAPClientError):
                here = self.client.search("UNDELETED")
                for uid in self.chance.sample(here, min(3, len(here))):
                    if self.chance.random() < 0.5:
                        self.client.move([uid], "Elsewhere")
                        self.moved.add(uid)
                    else:
                        self.client.delete_messages([uid], silent=True)
                        self.marked.add(uid)

    def subjects(self, folder: str) -> dict[str, bytes]:
        """Return the mails of a folder, by content."""
        self.client.select_folder(folder)
        found = self.client.fetch(self.client.search(), ["BODY.PEEK[]", "FLAGS"])
        return {parts[b"BODY[]"].decode(): parts[b"FLAGS"] for parts in found.values()}


def meddled(dovecot: Dovecot, folder: Path, *, mails: int, rounds: int, after: str) -> None:
    """Take mails while somebody else meddles, and count them all."""

    async def once(number: int) -> None:
        user = f"meddled-{after}-{mails}-{number}"
        everything = [mail(one) for one in range(mails)]
        dovecot.put(user, everything)
        account = Account(
            name="it",
            host="127.0.0.1",
            port=dovecot.port,
            tls="none",
            user=user,
            after=after,
            failed=None,  # type: ignore[arg-type]
        )
        async with shelf(f"sqlite:///{folder}/{number}.db") as store:
            meddler = Meddler(dovecot, user, number)
            meddler.thread.start()
            for _ in range(4):
                with contextlib.suppress(MaildError):
                    await asyncio.to_thread(store.poller(account).once)
            meddler.stop.set()
            await asyncio.to_thread(meddler.thread.join)
            await asyncio.to_thread(store.poller(account).once)
            stored = [raw.decode() for raw in store.mails().values()]
            assert len(stored) == len(set(stored))
            left, elsewhere = meddler.subjects("INBOX"), meddler.subjects("Elsewhere")
            assert all(b"\\Deleted" in flags for flags in left.values())  # marked by the other client, not expunged
            assert set(stored) | set(left) | set(elsewhere) == {raw.decode() for raw in everything}
            if after == "move":
                processed = meddler.subjects("Processed")
                assert set(processed) <= set(stored)
                # nothing has vanished; what two move at the same moment Dovecot may put into both folders
                assert set(processed) | set(left) | set(elsewhere) == {raw.decode() for raw in everything}
            else:
                gone = mails - len(left) - len(elsewhere)
                assert gone <= len(stored)
            assert not store.states()["it"]["troubles"]
            meddler.client.logout()

    for number in range(rounds):
        asyncio.run(once(number))


@pytest.mark.parametrize("after", ["move", "delete"])
def test_who_meddles_loses_no_mail(dovecot: Dovecot, tmp_path: Path, after: str) -> None:
    """150 mails, somebody moves and marks at random meanwhile: all that was fetched is stored, no foreign mail goes."""
    meddled(dovecot, tmp_path, mails=150, rounds=2, after=after)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_who_meddles_with_500_mails_loses_none(dovecot: Dovecot, tmp_path: Path) -> None:
    """The same with 500 mails, twenty times."""
    meddled(dovecot, tmp_path, mails=500, rounds=20, after="move")


@pytest.mark.parametrize("after", ["flag", "keep"])
def test_what_stays_in_the_mailbox_is_taken_once(dovecot: Dovecot, tmp_path: Path, after: str) -> None:
    """Marked or kept mails stay where they are, unseen by nobody's doing, and are stored once however often we look."""

    async def run() -> None:
        dovecot.put(after, [mail(number) for number in range(30)])
        account = Account(name="it", host="127.0.0.1", port=dovecot.port, tls="none", user=after, after=after)  # type: ignore[arg-type]
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            for _ in range(3):
                await asyncio.to_thread(store.poller(account).once)
            assert len(store.mails()) == 30
            client = dovecot.client(after)
            client.select_folder("INBOX", readonly=True)
            assert len(client.search("ALL")) == len(client.search("UNSEEN")) == 30
            assert len(client.search(["KEYWORD", "$MaildDone"])) == (30 if after == "flag" else 0)
            client.logout()

    asyncio.run(run())


def test_a_mail_is_found_at_once_by_idle_and_a_stop_is_quick(dovecot: Dovecot, tmp_path: Path) -> None:
    """With IDLE a mail is stored within seconds though the poll is an hour; stopping cuts the wait short."""

    async def run() -> None:
        account = Account(name="it", host="127.0.0.1", port=dovecot.port, tls="none", user="idle", poll=3600)
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(account)
            poller.start()
            await until(lambda: "it" in store.states())
            await asyncio.sleep(0.3)
            await asyncio.to_thread(dovecot.put, "idle", [mail(1)])
            await until(lambda: len(store.mails()) == 1, 5.0)
            async with asyncio.timeout(3.0):
                await poller.stop()
            assert store.states()["it"]["error"] == ""

    asyncio.run(run())

"""A folder made anew while it is polled (law B2): its UIDs are other mails' then, and old words count for none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from maild.channels.imap.account import Account, Unreachable
from tests.mailboxes.kit import mail, shelf
from tests.mailboxes.scripted import Server, Talk


def account(server: Server) -> Account:
    """Make the account of a scripted server."""
    return Account(name="it", host="127.0.0.1", port=server.port, tls="none", user="it")


def made_anew(server: Server) -> None:
    """Make the folder anew: the same UIDs, other mails."""
    server.validity += 1
    server.mails = {uid: mail(100 + uid) for uid in range(1, 11)}


def test_a_folder_made_anew_between_two_looks_is_taken_whole(tmp_path: Path) -> None:
    """On one connection, and where mails stay: UIDs known from before are asked for again, and none is passed over."""

    async def run() -> None:
        server = Server(mails={uid: mail(uid) for uid in range(1, 11)})
        one = Account(name="it", host="127.0.0.1", port=server.port, tls="none", user="it", after="keep", poll=0.2)
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            await asyncio.to_thread(store.poller(one).once)
            made_anew(server)
            await asyncio.to_thread(store.poller(one).once)
            assert list(store.mails().values()) == [mail(uid) for uid in (*range(1, 11), *range(101, 111))]
        server.close()

    asyncio.run(run())


def test_a_folder_made_anew_in_the_middle_of_a_look_ends_that_look(tmp_path: Path) -> None:
    """Connected again after a bad answer, the poller sees another UIDVALIDITY: it fetches and moves nothing by the
    old list; the next look takes all that is there."""

    async def run() -> None:
        def vanish(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
            made_anew(server)
            server.answers.clear()
            talk.say("%&/( this is no IMAP")

        server = Server(mails={uid: mail(uid) for uid in range(1, 31)}, answers={25: vanish})
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            with pytest.raises(Unreachable, match="made anew"):
                await asyncio.to_thread(store.poller(account(server)).once)
            assert list(store.mails().values()) == [mail(uid) for uid in range(1, 21)]
            assert server.moved == {}
            await asyncio.to_thread(store.poller(account(server)).once)
            assert list(store.mails().values())[20:] == [mail(uid) for uid in range(101, 111)]
            assert server.moved == {"Processed": set(range(1, 11))}
        server.close()

    asyncio.run(run())

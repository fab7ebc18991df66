"""IDLE is a hint and nothing more (law B6): whoever hangs up, falls silent or chatters in it costs no mail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from maild.channels.imap.account import Account
from tests.mailboxes.kit import mail, shelf, until
from tests.mailboxes.scripted import Bye, Server, Talk

CAPABILITIES = "IMAP4rev1 AUTH=PLAIN MOVE UIDPLUS IDLE"


def account(server: Server, *, poll: float) -> Account:
    """Make the account of a scripted server."""
    return Account(name="it", host="127.0.0.1", port=server.port, tls="none", user="it", poll=poll)


def hang_up(talk: Talk, tag: str) -> None:
    """Begin to idle and close the connection."""
    talk.say("+ idling")
    raise Bye


def fall_silent(talk: Talk, tag: str) -> None:
    """Begin to idle and never say anything again, as behind a middle box that has forgotten the connection."""
    talk.say("+ idling")
    while talk.file.readline():
        pass


def talk_nonsense(talk: Talk, tag: str) -> None:
    """Say what is no IMAP."""
    talk.say("+ idling")
    talk.send(b"* \xff\xfe (((( {3}\r\nab")
    talk.file.readline()
    talk.say(f"{tag} OK done")


def announce_much(talk: Talk, tag: str) -> None:
    """Announce an answer of 4 GB and begin to send it."""
    talk.say("+ idling")
    talk.say("* 1 FETCH (UID 1 BODY[] {4294967296}")
    while not talk.server.closed:
        talk.send(b"x" * 65536)


@pytest.mark.parametrize("idle", [hang_up, fall_silent, talk_nonsense, announce_much])
def test_a_mail_comes_in_whatever_the_server_does_in_idle(idle: Callable[[Talk, str], None], tmp_path: Path) -> None:
    """The connection is made anew, with a pause, and the mails that came meanwhile are stored once."""

    async def run() -> None:
        server = Server(mails={1: mail(1)}, capabilities=CAPABILITIES, after={"IDLE": idle})
        # who hangs up or floods is noticed at once; who leaves an answer out, when the poll's time is over
        one = account(server, poll=0.5 if idle in (fall_silent, talk_nonsense) else 3600)
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(one, deadline=1.5)
            poller.start()
            await until(lambda: "IDLE" in server.heard)
            for number in (2, 3):
                heard = server.heard.count("IDLE")
                server.mails[number] = mail(number)
                await until(lambda least=heard: server.heard.count("IDLE") > least, 60.0)
            await until(lambda: len(store.mails()) == 3, 60.0)
            await poller.stop()
            assert sorted(store.mails().values()) == [mail(1), mail(2), mail(3)]
            assert server.moved == {"Processed": {1, 2, 3}}
        server.close()

    asyncio.run(run())


def test_a_server_that_hangs_up_in_idle_costs_no_processor(tmp_path: Path) -> None:
    """A closed connection in IDLE looks like silence that ends at once; it is not asked in a loop."""

    async def run() -> None:
        server = Server(mails={1: mail(1)}, capabilities=CAPABILITIES, after={"IDLE": hang_up})
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(account(server, poll=3600))
            began, used = time.monotonic(), time.process_time()
            poller.start()
            await until(lambda: server.heard.count("IDLE") >= 4, 60.0)
            took, spent = time.monotonic() - began, time.process_time() - used
            await poller.stop()
            assert took >= 3 * 2.0 * 0.8  # three pauses of two seconds, give or take the jitter
            assert spent < took / 2
            assert server.logins <= 5
        server.close()

    asyncio.run(run())


def test_what_a_server_says_in_idle_is_not_believed(tmp_path: Path) -> None:
    """Lies about what came, went or was read wake us, at most once a second; only what the folder holds is taken."""

    def lie(talk: Talk, tag: str) -> None:
        talk.say("+ idling")
        talk.say("* 999999 EXISTS\r\n* 1 EXPUNGE\r\n* 2 FETCH (FLAGS (\\Seen \\Deleted))\r\n* VANISHED 1:999")
        talk.file.readline()
        talk.say(f"{tag} OK done")

    async def run() -> None:
        server = Server(mails={1: mail(1)}, capabilities=CAPABILITIES, after={"IDLE": lie})
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(account(server, poll=3600))
            began = time.monotonic()
            poller.start()
            for number in range(2, 6):
                heard = server.heard.count("IDLE")
                server.mails[number] = mail(number)
                await until(lambda least=heard: server.heard.count("IDLE") > least, 60.0)
            await until(lambda: len(store.mails()) == 5, 60.0)
            assert server.heard.count("IDLE") <= time.monotonic() - began + 2
            await poller.stop()
            assert sorted(store.mails().values()) == [mail(number) for number in range(1, 6)]
            assert store.states()["it"]["error"] == ""
            assert server.logins == 1
        server.close()

    asyncio.run(run())


def test_who_offers_idle_and_refuses_it_is_asked_by_the_clock(tmp_path: Path) -> None:
    """The connection stays, the account shows no error, and mails come in at the pace of the poll."""

    async def run() -> None:
        def refuse(talk: Talk, tag: str) -> None:
            talk.say(f"{tag} NO not now")

        server = Server(mails={1: mail(1)}, capabilities=CAPABILITIES, after={"IDLE": refuse})
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(account(server, poll=0.2))
            poller.start()
            for number in range(2, 6):
                server.mails[number] = mail(number)
                await until(lambda count=number: len(store.mails()) == count, 60.0)
            await poller.stop()
            assert server.heard.count("IDLE") == server.logins == 1
            assert store.states()["it"]["error"] == ""
        server.close()

    asyncio.run(run())


def test_what_is_announced_before_idle_begins_is_heard(tmp_path: Path) -> None:
    """A mail that comes between the look and IDLE, and is announced before the server agrees, does not wait."""

    async def run() -> None:
        server = Server(mails={1: mail(1)}, capabilities=CAPABILITIES)

        def announce(talk: Talk, tag: str) -> None:
            new = max((*server.mails, *server.moved["Processed"])) + 1
            if new <= 4:
                server.mails[new] = mail(new)
                talk.say(f"* {len(server.mails)} EXISTS")
            talk.say("+ idling")
            talk.file.readline()
            talk.say(f"{tag} OK done")

        server.after["IDLE"] = announce
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(account(server, poll=3600))
            poller.start()
            await until(lambda: len(store.mails()) == 4, 60.0)
            await poller.stop()
            assert server.logins == 1
            assert store.states()["it"]["error"] == ""
        server.close()

    asyncio.run(run())

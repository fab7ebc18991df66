"""Servers that answer nonsense, flood, or drip (law B5, B6): the other mails and mailboxes go on."""

from __future__ import annotations

import asyncio
import contextlib
import time
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from maild.channels.imap.account import Account
from maild.core.errors import MaildError
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.kit import Shelf, mail, shelf, until
from tests.mailboxes.scripted import Answer, Bye, Server, Talk


def account(server: Server, name: str = "it", **more: object) -> Account:
    """Make the account of a scripted server."""
    return Account(name=name, host="127.0.0.1", port=server.port, tls="none", user=name, **more)  # type: ignore[arg-type]


def junk(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Say something that is no IMAP."""
    talk.say("%&/( this is no IMAP")


def too_short(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Announce half of what comes."""
    talk.send(f"* {uid} FETCH (UID {uid} BODY[] {{{len(raw) // 2}}}\r\n".encode() + raw + b")\r\n")


def nothing(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Send no mail."""
    talk.say(f"* {uid} FETCH (UID {uid} BODY[] NIL)")


def unclosed(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Open lists and close none."""
    talk.say(f"* {uid} FETCH (UID {uid} BODY[] ((((((")


def no_uid(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Send a UID that is none."""
    talk.say(f"* {uid} FETCH (UID x BODY[] {{3}}")
    talk.send(b"abc)\r\n")


def huge(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Announce 4 GB."""
    talk.say(f"* {uid} FETCH (UID {uid} BODY[] {{4294967296}}")


def declined(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Decline and hang up."""
    talk.say(f"{tag} NO [SERVERBUG] cannot")
    raise Bye


def binary(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Send octets."""
    talk.send(b"* \xff\xfe\x00 FETCH \x00\r\n")


def hung_up(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Hang up."""
    raise Bye


def left_out(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Say nothing of it."""
    return


def taken_away(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Have nothing to send of a mail that another client has taken meanwhile, as Dovecot does."""
    del talk.server.mails[uid]
    nothing(talk, tag, uid, raw)


BROKEN: tuple[Answer, ...] = (
    junk, too_short, nothing, unclosed, no_uid, huge, declined, binary, hung_up, left_out
)  # fmt: skip


DYING = (declined, hung_up, left_out)
"""After these a mail stays where it is: it may be the network."""


async def look(store: Shelf, one: Account, *, enough: Callable[[], bool], most: int = 80) -> None:
    """Look again and again, as the poller does, without its pauses."""
    poller = store.poller(one)
    for _ in range(most):
        with contextlib.suppress(MaildError):
            await asyncio.to_thread(poller.once)
        if enough():
            return
    raise AssertionError(f"not enough after {most} looks: {store.states()}")


def test_broken_answers_cost_only_their_own_mails(tmp_path: Path) -> None:
    """10 malformed answers among 200 mails: 190 are stored within 60 s, the 10 are listed with their reasons."""

    async def run() -> None:
        mails = {uid: mail(uid) for uid in range(1, 201)}
        answers = {uid * 19: answer for uid, answer in enumerate(BROKEN, 1)}
        server = Server(mails=dict(mails), answers=answers)
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            one, started = account(server), time.monotonic()
            await look(store, one, enough=lambda: len(store.mails()) >= 190)
            assert time.monotonic() - started < 60
            await look(store, one, enough=lambda: len(store.states()["it"]["troubles"]) >= 10)
            good = sorted(raw for uid, raw in mails.items() if uid not in answers)
            assert sorted(store.mails().values()) == good
            listed = {trouble["uid"]: trouble["reason"] for trouble in store.states()["it"]["troubles"]}
            assert set(listed) == set(answers)
            assert all(listed.values())
            for step in range(30):  # tried again later and later; what stays nonsense is put aside, told once
                store.now.ahead += timedelta(hours=8 if step % 5 == 0 else 0)
                await look(store, one, enough=lambda: True)
            assert {uid for uid, answer in answers.items() if answer not in DYING} <= server.moved["Failed"]
            told = {key for key, title, _ in store.alerts if title == "a mail in the mailbox it cannot be taken"}
            assert len(told) >= len(answers) - len(DYING)
        server.close()

    asyncio.run(run())


def test_a_mail_that_comes_after_all_is_struck_off_the_list(tmp_path: Path) -> None:
    """A mail that could not be fetched is tried again when its time has come, stored, and no longer listed."""

    async def run() -> None:
        server = Server(mails={1: mail(1), 2: mail(2)}, answers={1: nothing})
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            await look(store, account(server), enough=lambda: bool(store.states()["it"]["troubles"]))
            server.answers.clear()
            await look(store, account(server), enough=lambda: True)
            assert list(store.mails().values()) == [mail(2)]
            store.now.ahead += timedelta(minutes=10)
            await look(store, account(server), enough=lambda: True)
            assert sorted(store.mails().values()) == [mail(1), mail(2)]
            assert store.states()["it"]["troubles"] == []
        server.close()

    asyncio.run(run())


def test_a_mail_taken_by_another_client_as_it_is_fetched_is_no_trouble(tmp_path: Path) -> None:
    """Nothing is sent of a mail that is gone by then: it is theirs, the others come in, and nothing is listed."""

    async def run() -> None:
        mails = {uid: mail(uid) for uid in range(1, 31)}
        server = Server(mails=dict(mails), answers={7: taken_away, 21: taken_away})
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            await look(store, account(server), enough=lambda: len(store.mails()) >= 28, most=3)
            assert sorted(store.mails().values()) == sorted(raw for uid, raw in mails.items() if uid not in (7, 21))
            assert store.states()["it"]["troubles"] == []
        server.close()

    asyncio.run(run())


def test_a_too_large_mail_is_put_aside_unfetched(tmp_path: Path) -> None:
    """A mail over the cap is never fetched: it goes to the folder for failures, with an alert, at once."""

    async def run() -> None:
        server = Server(mails={1: mail(1), 2: mail(2, size=50_000)})
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            await look(store, account(server, max_size=20_000), enough=lambda: True)
            assert list(store.mails().values()) == [mail(1)]
            assert server.moved == {"Processed": {1}, "Failed": {2}}
            assert not any("FETCH 2 (BODY" in line or "FETCH 1,2 (BODY" in line for line in server.heard)
            assert len(store.alerts) == 1
        server.close()

    asyncio.run(run())


def test_numbers_beyond_all_bounds_take_no_memory(tmp_path: Path) -> None:
    """A server that claims UIDs beyond 32 bits, or a folder of all that fit into them, is answered with an error."""

    def claim(last: int) -> Callable[[Talk, str], None]:
        def select(talk: Talk, tag: str) -> None:
            for line in ("100000 EXISTS", "OK [UIDVALIDITY 7] ok", f"OK [UIDNEXT {last}] ok"):
                talk.say(f"* {line}")
            talk.say(f"{tag} OK done")

        return select

    async def run() -> None:
        for last, said in ((99_999_999_999_999, "32 bits"), (2**32 - 1, "listing the folder")):
            server = Server(mails={1: mail(1)}, after={"SELECT": claim(last)})
            server.after["UID SEARCH"] = lambda talk, tag: talk.say(f"* SEARCH\r\n{tag} OK done")
            async with shelf(f"sqlite:///{tmp_path}/{last}.db") as store:
                tracemalloc.start()
                with pytest.raises(MaildError, match=said):
                    await asyncio.to_thread(store.poller(account(server), deadline=2.0).once)
                _, peak = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                assert peak < 20 * 2**20
            server.close()

    asyncio.run(run())


def test_a_full_archive_does_not_stop_mails_coming_in(tmp_path: Path) -> None:
    """When mails cannot be moved they are stored all the same, once, and the account says what is wrong."""

    async def run() -> None:
        mails = {uid: mail(uid) for uid in range(1, 61)}
        server = Server(mails=mails, after={"UID MOVE": lambda talk, tag: talk.say(f"{tag} NO [OVERQUOTA] full")})
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            for _ in range(3):
                await look(store, account(server), enough=lambda: True)
            assert sorted(store.mails().values()) == sorted(mails.values())
            assert "OVERQUOTA" in store.states()["it"]["error"]
            server.after.clear()
            await look(store, account(server), enough=lambda: True)
            assert len(store.mails()) == 60
            assert store.states()["it"]["error"] == ""
            assert len(server.moved["Processed"]) == 60
            assert [title for _, title, _ in store.alerts][-1] == "the mailbox it works again"
        server.close()

    asyncio.run(run())


def test_a_mail_that_cannot_be_stored_stays_in_the_mailbox(tmp_path: Path) -> None:
    """Whatever goes wrong while a mail is stored, it is neither moved nor lost, and comes in when that is mended."""

    async def run() -> None:
        mails = {uid: mail(uid) for uid in range(1, 6)}
        server = Server(mails=dict(mails))
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:

            def fails(raw: bytes) -> None:
                if raw == mails[3]:
                    raise ZeroDivisionError("a mistake of ours")

            store.accepting = fails
            await look(store, account(server), enough=lambda: bool(store.states()["it"]["troubles"]))
            assert sorted(store.mails().values()) == sorted(raw for uid, raw in mails.items() if uid != 3)
            assert (server.mails, server.moved) == ({3: mails[3]}, {"Processed": {1, 2, 4, 5}})
            (trouble,) = store.states()["it"]["troubles"]
            assert trouble["uid"] == 3 and "ZeroDivisionError" in trouble["reason"]
            store.accepting = lambda raw: None
            store.now.ahead += timedelta(hours=25)
            await look(store, account(server), enough=lambda: not server.mails)
            assert sorted(store.mails().values()) == sorted(mails.values())
        server.close()

    asyncio.run(run())


def test_a_throttled_account_has_no_mail_put_aside(tmp_path: Path) -> None:
    """A server that gives nothing for days, whichever mail it is asked for, blames no mail: all come in at the end."""

    async def run() -> None:
        mails = {uid: mail(uid) for uid in range(1, 31)}
        server = Server(mails=dict(mails))

        def throttle(talk: Talk, tag: str) -> None:
            if "SIZE" not in server.heard[-1]:
                talk.say(f"{tag} NO [OVERQUOTA] Account exceeded command or bandwidth limits")
                return
            for uid, raw in server.mails.items():
                talk.say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(raw)})")
            talk.say(f"{tag} OK done")

        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(account(server))
            server.after["UID FETCH"] = throttle
            for _ in range(60):
                store.now.ahead += timedelta(hours=1)
                with pytest.raises(MaildError, match="OVERQUOTA"):
                    await asyncio.to_thread(poller.once)
            assert server.moved == store.mails() == {}
            server.after.clear()
            store.now.ahead += timedelta(hours=25)
            await asyncio.to_thread(poller.once)
            assert sorted(store.mails().values()) == sorted(mails.values())
            assert server.moved == {"Processed": set(mails)}
            assert store.states()["it"]["troubles"] == []
        server.close()

    asyncio.run(run())


def peak() -> int:
    """Return the most memory that this process has had since the peak was forgotten, KB."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])


def literal(talk: Talk, tag: str) -> None:
    """Announce 4 GB and begin to send them."""
    talk.say("* 1 FETCH (UID 1 BODY[] {4294967296}")
    while not talk.server.closed:
        talk.send(b"x" * 65536)


def endless_line(talk: Talk, tag: str) -> None:
    """Send a line that never ends."""
    while not talk.server.closed:
        talk.send(b"x" * 65536)


def endless_lines(talk: Talk, tag: str) -> None:
    """Send lines for ever."""
    while not talk.server.closed:
        talk.send(b"* 1 FETCH (FLAGS (\\Seen))\r\n" * 2000)


def dripping(talk: Talk, tag: str) -> None:
    """Send an octet a second."""
    talk.drip(b"* OK " + b"x" * 100_000, 1.0)


def test_hostile_servers_cost_neither_memory_nor_other_mailboxes(dovecot: Dovecot, tmp_path: Path) -> None:
    """4 GB announced, a line and an answer without end, an octet a second: ≤ 64 MB more, other mailboxes go on."""

    async def run() -> None:
        ways = (literal, endless_line, endless_lines, dripping)
        servers = [Server(mails={1: mail(1)}, after={"UID FETCH": way}) for way in ways]
        servers += [Server(mails={1: mail(1)}, after={"CAPABILITY": endless_lines})]
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            dovecot.put("calm", [mail(0)])
            good = Account(name="calm", host="127.0.0.1", port=dovecot.port, tls="none", user="calm", poll=0.2)
            pollers = [store.poller(account(server, f"bad{n}"), deadline=2.5) for n, server in enumerate(servers)]
            pollers.append(store.poller(good))
            Path("/proc/self/clear_refs").write_text("5")  # forget the peaks of earlier tests, or they hide ours
            before = peak()
            for poller in pollers:
                poller.start()
            for number in range(1, 4):
                await asyncio.sleep(0.8)
                await asyncio.to_thread(dovecot.put, "calm", [mail(number)])
                await until(lambda count=number: len(store.mails()) > count, 8.0)
            await until(lambda: all(store.states().get(f"bad{n}", {}).get("error") for n in range(len(servers))), 15.0)
            grown = peak() - before
            for server in servers:
                server.close()
            await asyncio.gather(*(poller.stop() for poller in pollers))
            assert grown <= 64 * 1024, f"{grown} KB"
            assert sorted(store.mails().values()) == sorted(mail(number) for number in range(4))

    asyncio.run(run())


@pytest.mark.parametrize("greeting", ["* OK ready", "* PREAUTH welcome"])
def test_without_starttls_there_is_no_login(greeting: str, tmp_path: Path) -> None:
    """A server (or somebody before it) that takes STARTTLS away gets no password; the operator hears of it (law B7)."""

    async def run() -> None:
        server = Server(mails={1: mail(1)}, capabilities="IMAP4rev1 AUTH=PLAIN", greeting=greeting)
        one = Account(name="it", host="127.0.0.1", port=server.port, tls="starttls", user="it")
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            poller = store.poller(one)
            poller.start()
            await until(lambda: store.alerts)
            await poller.stop()
            assert store.alerts[0][1] == "the mailbox it does not work"
            assert not any(line.upper().startswith(("LOGIN", "AUTHENTICATE")) for line in server.heard)
            assert store.mails() == {}
        server.close()

    asyncio.run(run())


def test_an_untrusted_certificate_gets_no_password(tmp_path: Path) -> None:
    """A server that answers TLS with nonsense is not talked to in the clear instead."""

    async def run() -> None:
        server = Server(mails={1: mail(1)}, after={"STARTTLS": lambda talk, tag: talk.say(f"{tag} OK go")})
        server.capabilities += " STARTTLS"
        one = Account(name="it", host="127.0.0.1", port=server.port, tls="starttls", user="it")
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            with pytest.raises(MaildError):
                await asyncio.to_thread(store.poller(one).once)
            assert not any(line.upper().startswith(("LOGIN", "AUTHENTICATE")) for line in server.heard)
        server.close()

    asyncio.run(run())

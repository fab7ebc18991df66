"""The submission door: TLS, then the login, then mail; and what a guesser finds."""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from maild.channels.smtp import passwords
from maild.channels.smtp.caps import MOST_FAILURES
from maild.core.errors import Unusable
from tests.kit.smtp import Accepted, Client, make_certificate, opened

WRONG = "AUTH PLAIN AGlkYUBkZXNrLmV4YW1wbGUAd3Jvbmc="


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's TLS context."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, passwords.Hash]:
    """One agent's line, read from a file."""
    path: Path = tmp_path_factory.mktemp("passwords") / "agents"
    path.write_text(f"ida@desk.example:{passwords.hash_password('blueberry')}\n")
    path.chmod(0o600)
    return passwords.load(path)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_an_agent_sends_with_an_ordinary_client(
    tls: str, contexts: tuple[ssl.SSLContext, ssl.SSLContext], entries: dict[str, passwords.Hash]
) -> None:
    """smtplib logs in over STARTTLS and over implicit TLS, and the mail carries the login it came by."""
    server, trusting = contexts

    def send(port: int) -> None:
        trusting.check_hostname = False
        if tls == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL("127.0.0.1", port, context=trusting)
        else:
            client = smtplib.SMTP("127.0.0.1", port)
            client.starttls(context=trusting)
        with client:
            client.login("Ida@desk.example", "blueberry")
            client.sendmail("ida@desk.example", ["it@desk.example"], b"Subject: x\r\n\r\nhei\r\n")

    async def story() -> Accepted:
        accepted = Accepted()
        login = passwords.checker(entries)
        async with opened(accepted, kind="submission", tls=tls, ssl_context=server, login=login) as door:
            await asyncio.to_thread(send, door.port)
        return accepted

    [(envelope, _)] = asyncio.run(story()).mails
    assert (envelope.source, envelope.login) == ("submission", "ida@desk.example")


async def says_no(_login: str, _secret: str) -> str | None:
    """Know nobody."""
    return None


def test_guessers_are_slowed_counted_and_locked_out(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], caplog: pytest.LogCaptureFixture
) -> None:
    """Each failure is answered later, three end the connection, twenty a network's tries; nothing leaks (law S9)."""

    async def story() -> None:
        async with opened(
            kind="submission", tls="tls", ssl_context=contexts[0], login=says_no, login_delay=0.02, per_ip=50
        ) as door:
            took, last = [], ""
            for number in range(MOST_FAILURES):
                if number % 3 == 0:
                    client = await Client.connect(door.port, contexts[1])
                    await client.say("EHLO me")
                began = time.monotonic()
                last = (await client.say(WRONG))[0]
                assert last.startswith("535 5.7.8"), number
                took.append(time.monotonic() - began)
                if number % 3 == 2:
                    assert (await client.rest()).startswith("421 4.7.0 Too many failed logins")
            assert took[0] >= 0.018 and min(took[4:]) >= 0.098  # the loop's clock counts whole milliseconds
            client = await Client.connect(door.port, contexts[1])
            assert (await client.say("EHLO me", WRONG))[1].startswith("454 4.7.0")
            elsewhere = await Client.connect(door.port, contexts[1], source="127.0.0.2")
            assert (await elsewhere.say("EHLO me", WRONG))[1].startswith("535")

    with capture_logs() as lines, caplog.at_level(logging.DEBUG):
        asyncio.run(story())
    said = caplog.text + repr(lines)
    assert said.count("login failed") == MOST_FAILURES + 1
    assert not any(secret in said for secret in ("wrong", "ida@", "AGlkYUBk"))


def test_checks_do_not_hold_up_others(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], entries: dict[str, passwords.Hash]
) -> None:
    """While secrets are being checked in threads, other clients are answered at once."""

    began = time.monotonic()
    entries["ida@desk.example"].fits("wrong")
    one_check = time.monotonic() - began

    async def story() -> float:
        login = passwords.checker(entries)
        async with opened(
            kind="submission", tls="tls", ssl_context=contexts[0], login=login, login_delay=0.0, per_ip=50
        ) as door:
            guessers = [await Client.connect(door.port, contexts[1]) for _ in range(4)]
            other = await Client.connect(door.port, contexts[1])
            for guesser in guessers:
                guesser.send(f"EHLO me\r\n{WRONG}\r\n".encode())
            await asyncio.sleep(0.01)
            slowest = 0.0
            for _ in range(10):
                began = time.monotonic()
                await other.say("NOOP")
                slowest = max(slowest, time.monotonic() - began)
            for guesser in guessers:
                await guesser.reply()
                assert (await guesser.reply()).startswith("535")
            return slowest

    assert asyncio.run(story()) < 2 * one_check  # on the loop the four would take four times as long


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "submission"},
        {"kind": "submission", "login": says_no},
        {"kind": "submission", "tls": "starttls"},
        {"kind": "smtp", "tls": "starttls"},
        {"kind": "smtp", "tls": "tls"},
    ],
    ids=["nobody to ask", "no TLS", "no certificate", "no certificate on smtp", "no certificate for tls"],
)
def test_a_door_that_does_not_fit_together_is_not_opened(fields: dict[str, Any]) -> None:
    """Logins without TLS, submission without logins, and TLS without a certificate are refused at the start."""

    async def story() -> None:
        async with opened(**fields):
            raise AssertionError("it opened")

    with pytest.raises(Unusable):
        asyncio.run(story())


def test_a_handshake_that_never_comes_is_no_trouble(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """Plain text on a TLS door, and silence on it, end without a reply; a stop does not wait for them."""

    async def story() -> float:
        async with opened(tls="tls", ssl_context=contexts[0]) as door:
            plain = await Client.connect(door.port, greeting=False)
            silent = await Client.connect(door.port, greeting=False)
            plain.send(b"EHLO me\r\n" * 5)
            assert "220" not in (await plain.reader.read()).decode("latin-1")
            began = time.monotonic()
            await door.stop(5.0)
            assert await silent.rest() == ""
            async with asyncio.timeout(2):
                while door.caps.total():
                    await asyncio.sleep(0.005)
            return time.monotonic() - began

    assert asyncio.run(story()) < 3.0

"""The relay: connections kept and replaced, and what each way of failing means for a mail."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.channels.oauth2 import Grant, Tokens
from maild.channels.outgoing.relay import PAUSE, Relay, Timeouts
from maild.core.deliveries.delivery import Answer
from maild.core.errors import Unusable
from tests.kit.sink import DROP, Sink, certificate

MAIL = b"From: it@c.example\r\nSubject: hello\r\n\r\nhello\r\n.\r\n..dots\r\n"
QUICK = Timeouts(connect=2.0, command=1.0, data=2.0)


@asynccontextmanager
async def relayed(sink: Sink, **given: Any) -> AsyncIterator[tuple[Sink, Relay]]:
    """A running sink and a relay that sends to it."""
    async with sink:
        relay = Relay(**{"host": "127.0.0.1", "port": sink.port, "timeouts": QUICK, **given})
        try:
            yield sink, relay
        finally:
            await relay.close()


async def send(relay: Relay, *, to: str = "kari@a.example", data: bytes = MAIL, sender: str = "") -> Answer:
    """Send one mail."""
    return await relay.send(sender, to, data)


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_mail_arrives_as_it_is(pipelining: bool) -> None:
    """Envelope and bytes arrive unchanged, dots and all, ``<>`` too; one connection serves many mails."""

    async def story() -> None:
        async with relayed(Sink(pipelining=pipelining)) as (sink, relay):
            for number in range(20):
                sender = "" if number % 2 else f"b+{number}@c.example"
                answer = await send(relay, sender=sender, to=f"k{number}@a.example")
                assert answer == Answer(state="sent", answer="250 2.0.0 taken")
            assert [mail.data for mail in sink.mails] == [MAIL] * 20
            assert [mail.recipients for mail in sink.mails] == [(f"k{n}@a.example",) for n in range(20)]
            assert [mail.sender for mail in sink.mails[:3]] == ["b+0@c.example", "", "b+2@c.example"]
            assert sink.connections == 1

    asyncio.run(story())


def test_as_many_connections_as_allowed_are_used() -> None:
    """Forty mails at once over four connections: four are opened, kept and used again."""

    async def story() -> None:
        async with relayed(Sink(delay=0.01), connections=4) as (sink, relay):
            answers = await asyncio.gather(*(send(relay, to=f"k{n}@a.example") for n in range(40)))
            assert {answer.state for answer in answers} == {"sent"}
            assert len({mail.recipients for mail in sink.mails}) == 40
            assert sink.connections == sink.peak == 4

    asyncio.run(story())


REFUSALS: list[tuple[str, str, str]] = [
    ("on_mail", "450 4.1.8 later", "deferred"),
    ("on_mail", "550 5.1.8 no", "failed"),
    ("on_mail", "530 5.7.0 log in first", "deferred"),
    ("on_mail", "421 4.3.2 closing", "deferred"),
    ("on_rcpt", "450 4.2.1 greylisted", "deferred"),
    ("on_rcpt", "550 5.1.1 unknown", "failed"),
    ("on_rcpt", "552 5.2.2 full", "failed"),
    ("on_rcpt", "421 4.3.2 closing", "deferred"),
    ("on_data", "451 4.3.0 scanner is down", "deferred"),
    ("on_data", "554 5.7.1 refused", "failed"),
    ("on_data", "421 4.3.2 closing", "deferred"),
    ("on_mail", DROP, "deferred"),
    ("on_rcpt", DROP, "deferred"),
    ("on_data", DROP, "deferred"),
]


@pytest.mark.parametrize("pipelining", [True, False])
def test_who_notes_what_is_gone_hears_of_it_first(pipelining: bool) -> None:
    """A good answer is told in the callback that reads it, not when a task's turn comes; no other answer is."""

    async def story() -> None:
        async with relayed(Sink(pipelining=pipelining)) as (sink, relay):
            heard: list[tuple[str, bool]] = []

            def taken(answer: str) -> None:
                heard.append((answer, asyncio.current_task() is None))

            sink.on_rcpt = lambda address: "450 4.2.1 later" if address.startswith("later") else None
            sink.on_data = lambda mail: "554 5.7.1 no" if mail.recipients[0].startswith("no") else None
            for to in ("kari", "later", "no", "ola"):
                await relay.send("", f"{to}@a.example", MAIL, taken)
            assert heard == [("250 2.0.0 taken", True)] * 2

    asyncio.run(story())


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(("where", "said", "state"), REFUSALS)
def test_a_refusal_is_about_one_mail(where: str, said: str, state: str, pipelining: bool) -> None:
    """4xx and a lost connection defer, 5xx fails with the relay's words; the next mail is not touched by it."""

    async def story() -> None:
        async with relayed(Sink(pipelining=pipelining)) as (sink, relay):
            assert (await send(relay)).state == "sent"
            setattr(sink, where, lambda _: said)
            answer = await send(relay)
            assert answer.state == state
            assert not answer.relay
            if said != DROP:
                assert answer.answer == said
            if where == "on_data":
                assert sink.attempts == 2, "after the end of the message nothing is sent again within the attempt"
            setattr(sink, where, None)
            assert (await send(relay, to="next@a.example")).state == "sent"
            assert [mail.recipients[0] for mail in sink.mails] == ["kari@a.example", "next@a.example"]

    asyncio.run(story())


def test_a_connection_lost_in_the_message_is_tried_again_later() -> None:
    """A relay that vanishes after 354 has not taken the mail; it is deferred, not sent twice in one attempt."""

    async def story() -> None:
        async with relayed(Sink()) as (sink, relay):
            for attempts, size in ((2, 10), (4, 200_000)):
                sink.drop_in_data = False
                assert (await send(relay)).state == "sent"
                sink.drop_in_data = True
                answer = await send(relay, data=MAIL + (b"x" * 70 + b"\r\n") * size)
                assert answer.state == "deferred"
                assert sink.attempts == attempts
            sink.drop_in_data = False
            assert (await send(relay)).state == "sent"

    asyncio.run(story())


def test_an_idle_connection_the_relay_closed_is_replaced() -> None:
    """A dead kept-open connection costs no attempt, whether it was closed silently or with a 421."""

    async def story() -> None:
        async with relayed(Sink()) as (sink, relay):
            for number in range(5):
                assert (await send(relay)).state == "sent"
                sink.hang_up()
                if number % 2:
                    await asyncio.sleep(0.02)  # else it goes unnoticed until the mail is given
            assert sink.connections == 5
            assert (await send(relay)).state == "sent"
            goodbyes = iter(["421 4.4.2 idle too long"])
            sink.on_mail = lambda _: next(goodbyes, None)
            assert (await send(relay)).state == "sent"
            assert len(sink.mails) == 7

    asyncio.run(story())


def test_a_connection_idle_for_long_proves_itself_first() -> None:
    """After a while of idleness RSET asks whether the connection lives; a dead one is replaced within the attempt."""

    async def story() -> None:
        async with relayed(Sink(), timeouts=Timeouts(idle=0.05)) as (sink, relay):
            for _ in range(2):
                assert (await send(relay)).state == "sent"
            assert (sink.resets, sink.connections) == (0, 1)
            await asyncio.sleep(0.1)
            assert (await send(relay)).state == "sent"
            assert (sink.resets, sink.connections) == (1, 1)
            sink.on_reset = DROP
            await asyncio.sleep(0.1)
            assert (await send(relay)).state == "sent"
            assert (sink.resets, sink.connections) == (2, 2)

    asyncio.run(story())


def test_a_silent_relay_is_not_waited_for_for_ever() -> None:
    """No answer in time defers; the connection is not used again, since a late answer would be taken for another's."""

    async def story() -> None:
        async with relayed(Sink(delay=5.0)) as (sink, relay):
            began = time.monotonic()
            answer = await send(relay)
            assert answer.state == "deferred"
            assert time.monotonic() - began < 4
            sink.delay = 0.0
            assert (await send(relay, to="next@a.example")).state == "sent"
            assert sink.connections == 2

    asyncio.run(story())


def test_no_relay_defers_at_once_and_says_so() -> None:
    """Nobody listens, or nobody greets: deferred, marked as the relay's own trouble, and asked only once a moment."""

    async def story() -> None:
        relay = Relay(host="127.0.0.1", port=1, timeouts=QUICK)
        answers = await asyncio.gather(*(send(relay) for _ in range(50)))
        assert {(answer.state, answer.relay) for answer in answers} == {("deferred", True)}
        assert "127.0.0.1:1" in answers[0].answer
        assert not await relay.reachable()
        for greeting in ("421 4.3.2 busy", "554 5.3.2 never", DROP):
            async with relayed(Sink(greeting=greeting)) as (sink, relay):
                assert (await send(relay)).relay
                assert (await send(relay)).relay
                assert sink.connections == 1
                assert not sink.mails

    asyncio.run(story())


def test_a_relay_that_allows_few_connections_gets_few() -> None:
    """When the relay turns the third connection away, the mails go over the two that it keeps."""

    async def story() -> None:
        async with relayed(Sink(delay=0.01), connections=8) as (sink, relay):
            first = [asyncio.create_task(send(relay)) for _ in range(2)]
            while sink.connections < 2:
                await asyncio.sleep(0.001)
            sink.greeting = "421 4.7.0 too many connections"
            rest = [asyncio.create_task(send(relay)) for _ in range(20)]
            answers = await asyncio.gather(*first, *rest)
            assert {answer.state for answer in answers} == {"sent"}
            assert {mail.connection for mail in sink.mails} <= {1, 2}

    asyncio.run(story())


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context and a client's that trusts it."""
    server, cert = certificate(tmp_path_factory.mktemp("tls"))
    return server, ssl.create_default_context(cafile=str(cert))


def test_tls_is_verified_and_never_left_out(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """With starttls or implicit nothing is said in the clear and a certificate nobody vouches for ends it (law B7)."""
    server, trusts = tls

    async def case(sink: Sink, mode: str, context: ssl.SSLContext | None) -> tuple[str, list[Any]]:
        async with relayed(sink, tls=mode, ssl_context=context) as (_, relay):
            return (await send(relay)).state, sink.mails

    async def story() -> None:
        for implicit, mode in ((False, "starttls"), (True, "implicit")):
            state, mails = await case(Sink(tls=server, implicit_tls=implicit), mode, trusts)
            assert state == "sent" and mails[0].tls
            state, mails = await case(Sink(tls=server, implicit_tls=implicit), mode, None)
            assert state == "deferred" and not mails
        state, mails = await case(Sink(), "starttls", trusts)
        assert state == "deferred" and not mails, "a relay without STARTTLS gets nothing"
        state, mails = await case(Sink(tls=server), "opportunistic", None)
        assert state == "sent" and mails[0].tls, "offered TLS is used even when nobody vouches for it"
        state, mails = await case(Sink(), "opportunistic", None)
        assert state == "sent" and not mails[0].tls
        state, mails = await case(Sink(tls=server), "none", None)
        assert state == "sent" and not mails[0].tls

    asyncio.run(story())


def test_the_login_is_used_and_its_failure_is_not_the_mails(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """A good login sends; a refused one defers as the relay's trouble, says so, and names no password."""
    server, trusts = tls

    async def story() -> None:
        sink = Sink(tls=server, users={"desk": "hemmelig"})
        async with relayed(sink, tls="starttls", ssl_context=trusts, username="desk", password="hemmelig") as (
            _,
            relay,
        ):
            assert (await send(relay)).state == "sent"
            assert sink.mails[0].login == "desk"
        for said in (None, "454 4.7.0 later"):
            sink = Sink(tls=server, users={"desk": "hemmelig"}, login_answer=said)
            given = {"tls": "starttls", "ssl_context": trusts, "username": "desk", "password": "feil-passord"}
            async with relayed(sink, **given) as (_, relay):
                answer = await send(relay)
                assert (answer.state, answer.relay) == ("deferred", True)
                assert answer.blame == ("letter" if said else "all"), "only a 5xx must be set right by somebody"
                assert "login was refused" in answer.answer
                assert "feil-passord" not in answer.answer and "feil-passord" not in repr(relay)

    asyncio.run(story())


class Issuer:
    """An authorisation server: each token is new, the first ones are too old for the relay."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)

    def server(self) -> HTTPServer:
        """Return a server that hands them out."""
        tokens = self.tokens

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                body = json.dumps({"access_token": tokens.pop(0), "expires_in": 3600}).encode()
                self.send_response(200 if tokens else 400)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return HTTPServer(("127.0.0.1", 0), Answer)


def test_a_token_stands_in_for_a_password(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """XOAUTH2 with a fetched token; one the relay refuses is forgotten and the next attempt fetches a new one."""
    server, trusts = tls
    http = Issuer("stale", "fresh", "last").server()
    threading.Thread(target=http.serve_forever, daemon=True).start()

    async def story() -> None:
        grant = Grant(token_url=f"http://127.0.0.1:{http.server_address[1]}/token", client_id="desk")
        sink = Sink(tls=server, users={}, tokens={"fresh"})
        given = {"tls": "starttls", "ssl_context": trusts, "username": "it@c.example", "tokens": Tokens(grant)}
        async with relayed(sink, **given) as (_, relay):
            answer = await send(relay)
            assert (answer.state, answer.relay) == ("deferred", True)
            assert "login was refused" in answer.answer and "stale" not in answer.answer
            await asyncio.sleep(PAUSE + 0.1)
            assert (await send(relay)).state == "sent"
            assert sink.mails[0].login == "it@c.example"
        given["tokens"] = Tokens(Grant(token_url="http://127.0.0.1:1/token", client_id="desk"))
        async with relayed(sink, **given) as (_, relay):
            answer = await send(relay)
            assert (answer.state, answer.relay) == ("deferred", True)
            assert "no token from" in answer.answer

    try:
        asyncio.run(story())
    finally:
        http.shutdown()


def test_a_password_never_travels_in_the_clear() -> None:
    """A login without TLS is refused at the start; opportunistic TLS with a login means verified TLS or nothing."""
    with pytest.raises(Unusable, match="not sent without TLS"):
        Relay(host="mail.example", port=587, tls="none", username="desk", password="hemmelig")
    relay = Relay(host="mail.example", port=587, tls="opportunistic", username="desk", password="hemmelig")
    assert relay._tls == "starttls"


def test_internationalised_mail_needs_its_extension() -> None:
    """SMTPUTF8 and 8BITMIME are said when, and only when, the mail needs them; a relay without them refuses it."""
    utf8 = "Subject: blåbær\r\n\r\nhei\r\n".encode()
    body = "Subject: hei\r\n\r\nblåbær\r\n".encode()

    async def story() -> None:
        async with relayed(Sink()) as (sink, relay):
            for given in ({}, {"to": "bjørn@a.example"}, {"data": utf8}, {"data": body}):
                assert (await send(relay, **given)).state == "sent"  # type: ignore[arg-type]
            said = [{option.partition("=")[0] for option in mail.options} for mail in sink.mails]
            assert said == [{"SIZE"}, {"SIZE", "SMTPUTF8"}, {"SIZE", "SMTPUTF8", "BODY"}, {"SIZE", "BODY"}]
        async with relayed(Sink(utf8=False)) as (sink, relay):
            answer = await send(relay, to="bjørn@a.example")
            assert answer.state == "failed" and "SMTPUTF8" in answer.answer
            assert (await send(relay)).state == "sent", "the connection is still good"
            assert sink.connections == 1

    asyncio.run(story())


def test_what_would_smuggle_is_never_sent() -> None:
    """Bytes with a bare CR or LF and addresses that say more than themselves fail before the wire."""

    async def story() -> None:
        async with relayed(Sink()) as (sink, relay):
            for data in (b"a\r\n\nb\r\n", b"a\rb", b"x\r\n.\nMAIL FROM:<evil@e.example>\r\n", b"a\0b\r\n"):
                answer = await send(relay, data=data)
                assert answer.state == "failed" and answer.answer.startswith("not sent:")
            for to in ("a@b.example> NOTIFY=NEVER", "a@b.example\r\nDATA", "", "a@b.example\n"):
                assert (await send(relay, to=to)).state == "failed"
            assert (await send(relay, sender="x@y.example>\r\nRSET")).state == "failed"
            assert sink.connections == 0

    asyncio.run(story())


@settings(max_examples=30)
@given(
    st.lists(
        st.sampled_from([b"\r\n", b".", b"..", b"a", b"DATA", b"MAIL FROM:<x@y.example>", b"\x1b\xff"]), max_size=30
    )
)
def test_every_mail_is_one_mail(parts: list[bytes]) -> None:
    """Whatever lines a mail holds, the relay counts one mail and gets exactly these bytes (law W1)."""
    data = b"Subject: x\r\n\r\n" + b"".join(parts)

    async def story() -> None:
        async with relayed(Sink()) as (sink, relay):
            assert (await send(relay, data=data)).state == "sent"
            assert [mail.data for mail in sink.mails] == [data if data.endswith(b"\r\n") else data + b"\r\n"]

    asyncio.run(story())


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted(script: Script, hello: bytes = b"250-hi\r\n250 PIPELINING\r\n") -> AsyncIterator[Relay]:
    """A relay that greets properly and then does what the script says with its commands."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        await reader.readline()
        writer.write(hello)
        while not hello.startswith(b"2") and (await reader.readline()).startswith(b"HELO"):
            writer.write(hello)
        try:
            if not hello.startswith(b"2"):
                return
            await script(reader, writer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    relay = Relay(host="127.0.0.1", port=server.sockets[0].getsockname()[1], timeouts=QUICK)
    yield relay
    await relay.close()
    server.close()


@pytest.mark.parametrize(
    ("replies", "state"),
    [
        (b"nonsense\r\n", "deferred"),
        (b"250-" + b"x" * 100_000 + b"\r\n", "deferred"),
        (b"250 ok\r\n" * 100, "deferred"),
        (b"250 ok\r\n550 no\r\n354 go on\r\n", "failed"),
        (b"250 ok\r\n250 ok\r\n250 what\r\n", "deferred"),
        (b"250 ok\r\n250 ok\r\n", "deferred"),
        (b"250 ok\r\n550-no\r\n550 really \x1b[31m\0\r\n503 none\r\n250 reset\r\n", "failed"),
        ("550 nei, «ikke» her\r\n503 no\r\n503 no\r\n250 reset\r\n".encode(), "failed"),
        (b"", "deferred"),
    ],
)
def test_a_relay_that_speaks_strangely_harms_nothing(replies: bytes, state: str) -> None:
    """Junk, too much, too little: no mail is sent on it, no control character gets into the answer."""

    async def story() -> None:
        got = bytearray()

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for _ in range(3):
                await reader.readline()
            writer.write(replies)
            await writer.drain()
            if b"reset" not in replies and b"354" not in replies:
                writer.write_eof()
            while data := await reader.read(1000):
                got.extend(data)

        async with scripted(script) as relay:
            answer = await send(relay)
            assert answer.state == state
            assert answer.answer.isprintable() and len(answer.answer) < 600
            assert b"hello" not in got, "the message was never sent"
            assert b"354" not in replies or not got, "and no command into a message the relay waits for"

    asyncio.run(story())


def test_what_the_relay_says_is_too_large_is_not_sent() -> None:
    """A relay that says its SIZE is asked for nothing larger: the letter is refused as the relay itself would."""

    async def tell() -> None:
        async with relayed(Sink(most=20_000)) as (sink, relay):
            assert (await send(relay)).state == "sent"
            answer = await send(relay, data=MAIL + (b"x" * 70 + b"\r\n") * 400)
            assert (answer.state, answer.blame, answer.answer[:9]) == ("failed", "letter", "552 5.3.4")
            assert sink.attempts == 1
            assert (await send(relay)).state == "sent"

    asyncio.run(tell())


def test_a_refusal_for_size_after_the_message_is_the_letters_own() -> None:
    """In whatever words a server says so, no fault of the set-up is made of it."""

    async def tell() -> None:
        for said in ("552 5.3.4 too big", "550 Message size exceeds maximum", "554 message too large", "523 5.2.3 no"):
            async with relayed(Sink(on_data=lambda _, said=said: said)) as (_, relay):  # type: ignore[misc]
                answer = await send(relay)
                assert (answer.state, answer.blame) == ("failed", "letter"), said

    asyncio.run(tell())

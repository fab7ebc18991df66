"""Nothing is smuggled in: neither a second mail behind a false end of data, nor commands before TLS (law S1, S2)."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from tests.kit.smtp import Accepted, Client, make_certificate, opened

ENDS = [
    *(b"\n.\n", b"\n.\r", b"\n.\r\n", b"\r.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\n\0.\r\n"),
    *(b"\r\n.\0\r\n", b"\n\n.\r\n"),
]
"""False ends of data: what scanners for CVE-2023-51764 and its kin send."""
SMUGGLED = b"MAIL FROM:<boss@desk.example>\r\nRCPT TO:<it@desk.example>\r\nDATA\r\nfrom the boss\r\n"


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's TLS context."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


def kept(content: bytes) -> bytes:
    """Say what must be stored of content: every octet but the dot that begins a line (RFC 5321 §4.5.2)."""
    return b"\r\n".join(line[1:] if line[:1] == b"." else line for line in content.split(b"\r\n"))


@pytest.mark.parametrize("tls", ["none", "starttls", "tls"])
def test_a_false_end_of_data_is_content(tls: str, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """Every variant, cut before, inside, behind and nowhere: one mail is stored, with the attack as its text."""

    async def story() -> None:
        accepted = Accepted()
        server = contexts[0] if tls != "none" else None
        async with opened(accepted, tls=tls, ssl_context=server, per_ip=100) as door:
            client = await Client.connect(door.port, contexts[1] if tls == "tls" else None)
            if tls == "starttls":
                await client.starttls(contexts[1])
            for end in ENDS:
                content = b"Subject: one\r\n\r\nhei" + end + SMUGGLED
                where = content.index(end)
                for cut in (0, where, where + len(end) // 2, where + len(end)):
                    accepted.mails.clear()
                    await client.begin("it@desk.example")
                    client.send(content[:cut])
                    await asyncio.sleep(0.002)
                    client.send(content[cut:] + b".\r\n")
                    assert (await client.reply()).startswith("250 2.6.0")
                    assert (await client.say("NOOP")) == ["250 2.0.0 Fine"]
                    assert accepted.raws() == [kept(content)]

    asyncio.run(story())


def test_commands_before_tls_are_forgotten(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """What comes in plain text behind STARTTLS never runs and never counts, 100 times of 100 (CVE-2024-34083)."""
    injections = [
        *(b"EHLO evil\r\nMAIL FROM:<boss@desk.example>\r\nRCPT TO:<it@desk.example>\r\n", b"NOOP\r\nNOOP\r\n"),
        *(b"MAIL FROM:<boss@desk.example>\r\n", b"NOOP", b"EHLO evil\r\nAUTH PLAIN AGEAYg==\r\n"),
    ]

    async def story() -> None:
        accepted = Accepted()
        async with opened(accepted, tls="starttls", ssl_context=contexts[0], per_ip=200, max_connections=200) as door:
            for number in range(100):
                client = await Client.connect(door.port)
                await client.say("EHLO me")
                client.send(b"STARTTLS\r\n" + injections[number % len(injections)])
                assert (await client.reply()).startswith("220 ")
                await client.writer.start_tls(contexts[1], server_hostname="mx.desk.example")
                replies = await client.say("RCPT TO:<it@desk.example>", "EHLO me", "RCPT TO:<it@desk.example>")
                assert [reply[:3] for reply in replies] == ["503", "250", "503"]
                client.close()
        assert accepted.begun == 0

    asyncio.run(story())


def test_answers_given_before_tls_are_not_read_as_given_after(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    """Plain text that comes after our 220 breaks the handshake; the client is gone and its place is free again."""

    async def story() -> None:
        async with opened(tls="starttls", ssl_context=contexts[0], per_ip=1) as door:
            for _ in range(3):
                client = await Client.connect(door.port)
                await client.say("EHLO me", "STARTTLS")
                client.send(b"EHLO evil\r\n" * 10)
                assert "250" not in await client.rest()
                for _ in range(100):
                    if not door.clients:
                        break
                    await asyncio.sleep(0.01)
                assert door.caps.total() == 0

    asyncio.run(story())

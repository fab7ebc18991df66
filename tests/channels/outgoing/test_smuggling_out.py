"""Whatever a letter holds, what leaves on the wire is one mail without a bare CR or LF (law W1)."""

from __future__ import annotations

import asyncio
import random

from maild.channels.outgoing.relay import Relay
from tests.kit.letters import notice, shipped, write

PIECES = (
    *("\r\n.\r\nMAIL FROM:<evil@e.example>\r\n", "\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r\n\x00.\r\n", "\n..\n"),
    *("\r", "\n", "\n.", ".", "..", "\x00", "\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1b[2J", "\ufeff"),
    *("DATA\r\n", "RSET\n", "QUIT\r", "From x\n", "hei på deg ", "=0D=0A.", "\ud800", "🙂", "a" * 1200),
)


def hostile(dice: random.Random) -> str:
    """Return a text made to end a mail early."""
    return "".join(dice.choice(PIECES) for _ in range(dice.randrange(1, 12)))


async def on_the_wire(letters: list[bytes]) -> tuple[bytes, int]:
    """Send letters to a relay that keeps every byte it is sent; the bytes, and how many mails it counted."""
    wire, mails = bytearray(), 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal mails
        writer.write(b"220 hi\r\n")
        while line := await reader.readline():
            wire.extend(line)
            if line.upper().startswith(b"EHLO"):
                writer.write(b"250-hi\r\n250-8BITMIME\r\n250 PIPELINING\r\n")
            elif line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                wire.extend(await reader.readuntil(b"\r\n.\r\n"))
                mails += 1
                writer.write(b"250 ok\r\n")
            else:
                writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    relay = Relay(host="127.0.0.1", port=server.sockets[0].getsockname()[1], tls="none", connections=1)
    for letter in letters:
        answer = await relay.send("", "kari@a.example", letter)
        assert answer.state == "sent", answer
    await relay.close()
    server.close()
    return bytes(wire), mails


def test_five_hundred_hostile_letters() -> None:
    """A customer's words in text, subject and names cannot end the mail or begin another."""
    dice = random.Random(20261201)
    values = ("text", "title", "agent_name")
    letters = []
    for _ in range(500):
        about = notice("answer", "en")
        given = {**about.values, **{name: hostile(dice) for name in values}}
        letters.append(write(notice("answer", "en", values=given, subject=hostile(dice)), shipped()).data)
    wire, mails = asyncio.run(on_the_wire(letters))
    assert mails == 500
    assert wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r")
    assert b"\0" not in wire
    assert max(map(len, wire.split(b"\r\n"))) <= 998
    commands = [line for line in wire.split(b"\r\n") if line.startswith(b"MAIL FROM:")]
    assert set(commands) <= {b"MAIL FROM:<>", b"MAIL FROM:<evil@e.example>"}
    assert wire.count(b"\r\nMAIL FROM:<>\r\nRCPT TO:<kari@a.example>\r\nDATA\r\n") == 500

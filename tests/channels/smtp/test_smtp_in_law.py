"""The law of replies, and what of an envelope gets through (law S3, S4, S6)."""

from __future__ import annotations

import asyncio
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from maild.channels.smtp import replies
from maild.core.errors import StoreFull, StoreUnavailable
from maild.core.values.mail import Envelope
from tests.kit.smtp import Accepted, Client, opened

ALLOWED = {"syntax", "auth", "unknown recipient", "size", "loop"}
"""All that a permanent refusal may be said for."""
ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3} ")


def test_every_reply_of_the_door_obeys_the_law() -> None:
    """5xx is said for the allowed reasons alone; every reply but 220, 250-hello and 354 has an enhanced code."""
    said = {name: text for name, text in vars(replies).items() if name.isupper() and isinstance(text, str)}
    assert set(replies.PERMANENT) == ALLOWED
    permanent = {text for texts in replies.PERMANENT.values() for text in texts}
    assert permanent == {text for text in said.values() if text.startswith("5")}
    for text in (*said.values(), replies.stored(17)):
        assert text.isascii() and len(text) < 100
        if not text.startswith("354"):
            assert ENHANCED.match(text[4:]), text
            assert text[0] == text[4], text


VOCABULARY = """
EHLO me|HELO me|EHLO|MAIL FROM:<k@example.org>|MAIL FROM:<>|MAIL FROM:<k>|MAIL FROM:<k@b> SIZE=999999|RSET|NOOP|ÆØÅ|
MAIL FROM:<k@example.org> X=1|RCPT TO:<it@desk.example>|RCPT TO:<no-one@desk.example>|RCPT TO:<x@other.example>|FOO|
RCPT TO:<it@desk.example> X=1|RCPT TO:<>|RCPT TO:<postmaster>|VRFY x|HELP|EXPN x|AUTH PLAIN AAAA|AUTH|STARTTLS|\0|QUIT|
MAIL FROM:<k@example.org>|RCPT TO:<it@desk.example>|DATA|DATA|DATA|DATA x|BDAT 1|MAIL FROM:<\0@b>
"""
WORDS = st.sampled_from(VOCABULARY.replace("\n", "").split("|"))
BODIES = [b"hei\r\n", b"", b"Received: x\r\n" * 100, b"x" * 70_000 + b"\r\n", b"too big\r\n" * 2000, b"a\nb\rc\0\r\n"]


class Faulty:
    """A store and a recipient check that fail at random, and count what they kept."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.kept = 0

    def maybe(self, *errors: Exception) -> None:
        """Fail one time in three."""
        if self.random.random() < 0.3:
            raise self.random.choice(errors)

    async def accept(self, _envelope: Envelope, _raw: bytes) -> int:
        """Store, or not."""
        self.maybe(StoreFull("x"), StoreUnavailable("x"), RuntimeError("x"), OSError(5, "x"))
        self.kept += 1
        return self.kept

    def room(self) -> bool:
        """Tell about the disk, wrongly at times."""
        self.maybe(OSError(5, "x"), RuntimeError("x"))
        return self.random.random() < 0.8


@settings(max_examples=80)
@given(st.lists(WORDS, min_size=5, max_size=40), st.sampled_from(BODIES), st.integers(0, 10**6))
def test_whatever_is_said_5xx_is_the_clients_fault_and_250_is_kept(words: list[str], body: bytes, seed: int) -> None:
    """Any commands, any body, a store that fails at random: replies obey the law, and each 250 has its mail."""

    async def story() -> None:
        faulty = Faulty(seed)
        async with opened(faulty.accept, room=faulty.room, max_size=10_000, max_errors=30) as door:
            client = await Client.connect(door.port)  # its every reply is held to the law
            stored = 0
            for word in ("EHLO me", *words):
                [reply] = await client.say(word)
                if reply.startswith("354"):
                    client.send(body + b".\r\n")
                    reply = await client.reply()
                    stored += reply.startswith("250")
                    assert reply[:3] in ("250", "451", "452", "500", "552", "554")
                if reply[:3] in ("221", "421"):
                    assert await client.rest() == ""
                    break
                assert reply[0] in "245"
            assert stored == faulty.kept

    with capture_logs():
        asyncio.run(story())


def junk(seed: random.Random) -> bytes:
    """Make something that may stand in angle brackets, hostile octets in it or not."""
    pieces = [
        *(b"\0", b"\r", b"\n", b"\x1b[2J", b"\x7f", b"\xff\xfe", "\u202e\u2028".encode(), "ø".encode(), b"a", b"@")
    ]
    pieces += [b".", b'"', b"\\", b"<", b">", b" ", b":", b",", b"b.c", b"@desk.example", b"kari", b"\t", b"\x85"]
    return b"".join(seed.choice(pieces) for _ in range(seed.randint(1, 6)))


def test_no_control_character_gets_into_an_envelope() -> None:
    """2,000 generated MAIL and RCPT, hostile ones among them: what is stored is printable, SMTPUTF8 is kept."""

    async def batch(port: int, seed: random.Random) -> None:
        client = await Client.connect(port)
        await client.say("EHLO me\x7f", "EHLO me")
        for _ in range(25):
            sender, recipient = (
                junk(seed) + b"@desk.example" if seed.random() < 0.7 else "økonomi@desk.example".encode() for _ in "ab"
            )
            client.send(b"MAIL FROM:<%b> SMTPUTF8\r\nRCPT TO:<%b>\r\n" % (sender, recipient))
            client.send(b"DATA\r\nRSET\r\n.\r\nVRFY x\r\n")
            while not (reply := await client.reply()).startswith("252"):
                assert reply, "closed"
            client.send(b"RSET\r\n")
            assert (await client.reply()).startswith("250 2.0.0")
        client.close()

    async def story() -> Accepted:
        accepted = Accepted()
        seed = random.Random(7)
        async with opened(accepted, max_errors=10**6, per_ip=50) as door:
            await asyncio.gather(*(batch(door.port, seed) for _ in range(40)))
        return accepted

    accepted = asyncio.run(story())
    assert len(accepted.mails) > 50
    for envelope, _ in accepted.mails:
        for text in (envelope.sender, *envelope.recipients, envelope.helo):
            assert text is not None and text.isprintable()
            assert not re.search("[\0-\x1f\x7f-\x9f\u2028\u2029\u202e]", text)
    assert any("ø" in (envelope.sender or "") for envelope, _ in accepted.mails)


def test_unknown_recipients_are_refused_at_once() -> None:
    """1,000 random recipients, 1,000 refusals at RCPT and in one connection; nothing is stored."""
    seed = random.Random(8)

    async def story() -> tuple[list[str], Accepted]:
        accepted = Accepted()
        async with opened(accepted) as door:
            client = await Client.connect(door.port)
            said = await client.say("EHLO me", "MAIL FROM:<k@example.org>")
            for _ in range(1000):
                local = "".join(seed.choices("abcdefgh.-_+0123", k=seed.randint(1, 30)))
                said += await client.say(f"RCPT TO:<{local}@{seed.choice(['other.example', 'sub.desk.example', 'x'])}>")
            said += await client.say("DATA")
        return said[2:], accepted

    said, accepted = asyncio.run(story())
    assert said == [replies.UNKNOWN_RECIPIENT] * 1000 + [replies.NO_RECIPIENT]
    assert accepted.begun == 0


@pytest.mark.parametrize(("hops", "reply"), [(99, "250 2.6.0"), (100, "554 5.4.6")])
@pytest.mark.parametrize("kind", ["smtp", "lmtp"])
def test_a_looping_mail_is_refused(kind: str, hops: int, reply: str) -> None:
    """A hundred ``Received`` lines are a loop (RFC 5321 §6.3), ninety-nine are a long way."""
    mail = b"Received: from a by b\r\n" * hops + b"Subject: x\r\n\r\n" + b"Received: from a by b\r\n" * 50

    async def story() -> list[str]:
        async with opened(kind=kind) as door:
            client = await Client.connect(door.port)
            await client.begin("it@desk.example", "hr@desk.example", hello="LHLO" if kind == "lmtp" else "EHLO")
            client.send(mail + b".\r\n")
            return [await client.reply() for _ in range(2 if kind == "lmtp" else 1)]

    for said in asyncio.run(story()):
        assert said.startswith(reply)

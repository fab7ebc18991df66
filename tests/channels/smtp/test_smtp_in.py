"""The door from the outside: what a client may say, and what is kept."""

from __future__ import annotations

import asyncio
import smtplib

from tests.kit.smtp import NOW, Accepted, Client, opened

MAIL = b"From: Kari <kari@example.org>\r\nSubject: hei\r\n\r\n.en linje\r\nslutt\r\n"


def test_smtplib_delivers_a_mail() -> None:
    """An ordinary client gets a mail in, and it is kept byte for byte with its envelope."""

    async def story() -> Accepted:
        accepted = Accepted()
        async with opened(accepted) as door:

            def send() -> None:
                with smtplib.SMTP("127.0.0.1", door.port, local_hostname="me.example") as client:
                    client.sendmail("kari@example.org", ["it@desk.example", "hr@desk.example"], MAIL)

            await asyncio.to_thread(send)
        return accepted

    [(envelope, raw)] = asyncio.run(story()).mails
    assert raw == MAIL
    assert envelope.source == "smtp"
    assert envelope.sender == "kari@example.org"
    assert envelope.recipients == ("it@desk.example", "hr@desk.example")
    assert (envelope.peer, envelope.helo, envelope.login, envelope.received) == ("127.0.0.1", "me.example", None, NOW)


def test_lmtp_answers_once_for_each_recipient() -> None:
    """After the dot LMTP gives one reply for each recipient that was taken (RFC 2033 §4.2), and keeps one mail."""

    async def story() -> tuple[list[str], Accepted]:
        accepted = Accepted()
        async with opened(accepted, kind="lmtp") as door:
            client = await Client.connect(door.port)
            replies = await client.say(
                "LHLO me", "MAIL FROM:<>", "RCPT TO:<no-one@desk.example>", "RCPT TO:<it@desk.example>"
            )
            replies += await client.say("DATA", "hei\r\n.")
            client.send(b"QUIT\r\n")
            return [*replies, await client.rest()], accepted

    replies, accepted = asyncio.run(story())
    assert [reply[:3] for reply in replies[1:]] == ["250", "550", "250", "354", "250", "221"]
    assert accepted.raws() == [b"hei\r\n"]
    assert accepted.mails[0][0].sender == ""

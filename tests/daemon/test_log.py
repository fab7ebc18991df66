"""The log of a desk that hostile people write to (law D12): a line is a line, and secrets stay out."""

import contextlib
import json
import random
import re
import smtplib
from collections import Counter
from dataclasses import replace

from tests.daemon.senders import Senders, post
from tests.kit.running import Desks
from tests.kit.sink import Sink

NASTY = (
    "\x1b[2J\x1b[31mred",
    "\x07bell",
    "line\rreturn",
    '{"event": "mail.handled", "id": 999}',
    "\u202egnp.exe",
    "\u2066isolated\u2069",
    "\x9b31m",
    "nul\x00nul",
    "tab\there",
    "\u2028sep\u2029",
    "back\x08space\x7f",
    "=?utf-8?q?=0A{=22event=22:_=22mail.handled=22}?=",
    "=?utf-8?q?a=0D=0ABcc:_evil@x.example?=",
    "%s %(id)s {0} ${jndi:x}",
)
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SECRETS = [f"hemmelig-{number}-{number * 7919}" for number in range(10)]


def test_a_hostile_mail_is_one_harmless_line(desks: Desks, sink: Sink) -> None:
    """500 hostile mails: as many handled lines, every line JSON, no control bytes, none of the planted secrets."""
    desk = desks(sink.port)
    desk.start()
    chance = random.Random(11)
    senders = Senders(port=desk.port)
    mails = []
    for number in range(500):
        nasty = chance.choice(NASTY)
        mail = post(
            f"h{number}",
            subject=f"{nasty} {number}",
            body=f"{nasty} passord: {SECRETS[number % 10]}",
            headers=f"X-Note: {nasty} {SECRETS[number % 10]}\r\nReply-To: {nasty} <x@y.example>\r\n",
        )
        data = mail.data.replace(b"From: Kari", b'From: "Kari ' + nasty.encode() + b'"', 1)
        mails.append(replace(mail, data=data))
    senders.send_all([mails[n::4] for n in range(4)], threads=4).wait()
    for nasty in NASTY:  # hostile words in the dialogue itself
        with contextlib.suppress(smtplib.SMTPException, OSError, UnicodeError):
            client = smtplib.SMTP("127.0.0.1", desk.port, local_hostname="mta.example", timeout=10)
            for command in (
                f"EHLO {nasty}",
                f"MAIL FROM:<{nasty}@x.example>",
                f"RCPT TO:<{nasty}@desk.example>",
                nasty,
            ):
                client.send(command.encode() + b"\r\n")
                client.getreply()
    desk.settle()
    assert desk.stop() == 0
    text = desk.log.read_bytes().decode()
    assert CONTROL.search(text) is None
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(isinstance(line, dict) and line["event"] and line["level"] for line in lines)
    handled = Counter(line["id"] for line in lines if line["event"] == "mail.handled")
    assert sorted(handled) == [row["id"] for row in desk.rows("select id from inbound order by id")]
    assert set(handled.values()) == {1} and len(handled) == 500
    keys = (desk.folder / "store" / "secret.key").read_text().split()[1::2]
    tokens = {found for mail in sink.mails for found in re.findall(rb"\+\d+\.([a-z2-7]{20,})@", mail.data)}
    assert tokens and keys
    for secret in [*SECRETS, *keys, *(token.decode() for token in tokens)]:
        assert secret not in text

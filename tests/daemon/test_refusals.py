"""What a desk refuses for good, and what it never does (law S3, S4, S8)."""

import random
import smtplib

from tests.daemon.history import check
from tests.daemon.senders import Senders, post
from tests.kit.running import Desks
from tests.kit.sink import Sink


def test_only_the_lawful_refusals_are_permanent(desks: Desks, sink: Sink) -> None:
    """Unknown recipients, size, loops and syntax are refused for good, a crowded report for now; the next mail goes."""
    desk = desks(sink.port)
    desk.config.write_text(desk.config.read_text().replace("max_connections", 'max_size = "1 MB"\nmax_connections'))
    desk.start()
    chance = random.Random(7)
    with smtplib.SMTP("127.0.0.1", desk.port, local_hostname="mta.example", timeout=20) as client:
        client.ehlo()
        assert client.mail("kari@kunde.example")[0] == 250
        for _ in range(300):
            name = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz.-+0123456789", k=chance.randint(1, 20))).strip(
                "."
            )
            domain = chance.choice(["desk.example", "sak.desk.example", "other.example"])
            code, text = client.rcpt(f"{name or 'x'}x@{domain}")
            assert (code, text[:5]) in [(550, b"5.1.1"), (421, b"4.7.0")], (name, code, text)
            if code == 421:
                client.connect("127.0.0.1", desk.port)
                client.ehlo()
                client.mail("kari@kunde.example")
        assert client.rset()[0] == 250
        assert client.docmd("MAIL FROM:<kari@kunde.example> SIZE=9999999")[1][:5] == b"5.3.4"
        assert client.docmd("MAIL FROM:<a\x00b@c.example>")[0] // 100 == 5
        assert client.mail("")[0] == 250
        assert client.rcpt("it@desk.example")[0] == 250
        assert client.rcpt("hr@desk.example")[0] == 452
        assert client.data(b"Received: by x\r\n" * 100 + b"Subject: loop\r\n\r\nx\r\n")[1][:5] == b"5.4.6"
        client.mail("kari@kunde.example")
        client.rcpt("it@desk.example")
        assert client.data(b"Subject: big\r\n\r\n" + b"0123456789abcdef\r\n" * 80_000)[1][:5] == b"5.3.4"
    Senders(port=desk.port).send([post("next")])
    desk.settle()
    assert [row["number"] for row in desk.rows("select number from cases")] == [1]
    assert {mail.recipients[0] for mail in sink.mails} == {"next@kunde.example", sink.mails[-1].recipients[0]}


def test_long_lines_are_kept(desks: Desks, sink: Sink) -> None:
    """Lines far beyond RFC 5322's 998 octets are stored as they came (law S5)."""
    desk = desks(sink.port)
    desk.start()
    senders = Senders(port=desk.port)
    senders.send([post(f"long{length}", body="x" * length) for length in (998, 1000, 5000, 60_000)])
    desk.settle()
    check(senders.history(desk, sink))

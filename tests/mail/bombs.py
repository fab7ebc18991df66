"""Mails made to choke whoever reads them, by name: shapes that once cost seconds or memory somewhere in reading."""

from __future__ import annotations

import base64
from collections.abc import Callable

HEAD = b"From: Kari <kari@x.example>\r\nSubject: bombe\r\nMessage-ID: <a@x.example>\r\n"


def nested(depth: int) -> bytes:
    """Multiparts in multiparts."""
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number) for number in range(depth)
    )
    return HEAD + opening + b"Content-Type: text/plain\r\n\r\ninnerst\r\n"


def parts(count: int) -> bytes:
    """A flat multipart of very many parts."""
    return (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * count
        + b"--b--\r\n"
    )


def attached(depth: int) -> bytes:
    """Mails attached to mails attached to mails."""
    return HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + HEAD + b"\r\ninnerst\r\n"


def html(body: bytes) -> bytes:
    """A mail of HTML alone."""
    return HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body


def tnef(count: int) -> bytes:
    """A winmail.dat that promises more than it holds."""
    data = b"\x78\x9f\x3e\x22\x01\x00" + b"\x02\x10\x80\x01\x00\xff\xff\xff\x7f" * count
    return (
        HEAD
        + b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(data)
    )


def run_after_plain(lines: int) -> bytes:
    """Too many header lines, so that it is read safely, and a part's header of long words where that looks for text."""
    kind = b"Content-Type: multipart/mixed; boundary=b\r\n"
    part = b"\r\n--b\r\nContent-Type: text/plain\r\n" + (b"x" * 600 + b"\r\n") * lines + b"hei"
    return HEAD + kind + b"X: y\r\n" * 1001 + part


def text(body: bytes, kind: bytes = b"text/plain; charset=utf-8") -> bytes:
    """A mail of one text."""
    return HEAD + b"Content-Type: " + kind + b"\r\n\r\n" + body


def messages(count: int) -> bytes:
    """A flat multipart of attached mails, none of which ends."""
    part = b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + HEAD + b"\r\n" + b"hei " * 500 + b"\r\n"
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * count + b"--b--\r\n"


def large(parts: int, each: int) -> bytes:
    """A mail that is large and nothing else: files as people send them."""
    data = base64.encodebytes(bytes(range(256)) * (each // 256)).replace(b"\n", b"\r\n")
    part = b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + data
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * parts + b"--b--\r\n"


BOMBS: dict[str, Callable[[], bytes]] = {
    "10,000 multiparts in each other": lambda: nested(10_000),
    "49 multiparts in each other, 20 MB inside": lambda: nested(49) + b"x" * 70 * 300_000,
    "100,000 parts": lambda: parts(100_000),
    "500,000 header lines": lambda: HEAD + b"X-A: b\r\n" * 500_000 + b"\r\nhei\r\n",
    "40,000 Received fields": lambda: b"Received: from a by b; x\r\n" * 40_000 + HEAD + b"\r\nhei\r\n",
    "10 MB of To": lambda: HEAD + b"To: " + b"a@b.example, " * 800_000 + b"\r\n\r\nhei\r\n",
    "200 KB of To": lambda: HEAD + b"To: " + b"((((" * 50_000 + b"\r\n\r\nhei\r\n",
    "1 MB of encoded words in Subject": lambda: b"Subject: " + b"=?utf-8?q?=C3=A5?= " * 50_000 + b"\r\n\r\nhei\r\n",
    "250 KB of half encoded words in Subject": lambda: (
        b"Subject: " + b"=?utf-8?q?=C3=A5 =?x" * 12_000 + b"\r\n\r\nhei\r\n"
    ),
    "250 KB of parameters": lambda: HEAD + b"Content-Type: text/plain" + b'; a*1*="b' * 25_000 + b"\r\n\r\nhei\r\n",
    "2,000 attached mails in each other": lambda: attached(2_000),
    "25 MB that only begin like a boundary": lambda: (
        HEAD + b"Content-Type: multipart/mixed; boundary=-\r\n\r\n" + b"---x\n" * 5_000_000
    ),
    "100,000 divs in each other": lambda: html(b"<div>" * 100_000 + b"innerst"),
    "formatting that multiplies": lambda: html(b"".join(b"<b id=%d>" % n for n in range(20_000)) + b"<p>x" * 20_000),
    "20 MB of HTML": lambda: html(b"<table><tr><td><p>hei <b>du</b></p></td></tr></table>" * 400_000),
    "nested tables": lambda: html(b"<table><tr><td>x" * 20_000),
    "20 MB of quoted lines": lambda: HEAD + b"\r\n" + b"> > > hei du der\r\n" * 1_200_000,
    "one line of 25 MB": lambda: HEAD + b"\r\n" + b"hei du der " * 2_300_000,
    "begin lines without an end": lambda: HEAD + b"\r\n" + b"begin 644 x\r\nM" * 500_000,
    "a winmail.dat that lies": lambda: tnef(200_000),
    "25 MB of base64 with equals signs": lambda: (
        HEAD + b"Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"YQ==\r\n" * 4_000_000
    ),
    "uuencode lines": lambda: HEAD + b"Content-Transfer-Encoding: x-uuencode\r\n\r\n" + b"#86)C\n" * 4_000_000,
    "a run after text/plain": lambda: run_after_plain(10),
    "an address that never ends": lambda: text(b"hei\r\n\r\n-- \r\n" + b"a@a" + b".a" * 3_000 + b"@\r\n"),
    "a disclaimer of long words": lambda: text(b"hei\r\n\r\n" + b"confidential" + b"x" * 60_000 + b"\r\n"),
    "spaces in a folded field": lambda: (
        b"From: Kari <kari@x.example>\r\nSubject: bombe" + b"\r\n" + b" " * 15_000 + b"x\r\n" + b"\r\nhei\r\n"
    ),
    "spaces in a parameter": lambda: (
        HEAD + b"Content-Type: text/plain; charset" + b" " * 15_000 + b"x; a" + b" " * 15_000 + b"\r\n\r\nhei\r\n"
    ),
    "60,000 options": lambda: html(b"<select>" + b"<option>x\r\n" * 60_000),
    "110,000 attributes": lambda: html(b"<p" + b"".join(b"\r\na%d=1" % n for n in range(110_000)) + b">hei"),
    "10,000 bodies": lambda: html(b"".join(b"<body a%d=1>\r\n" % n for n in range(10_000)) + b"hei"),
    "one flowed line of 10 MB": lambda: text(b"hei du \r\n" * 1_100_000, b"text/plain; format=flowed"),
    "400 texts full of addresses": lambda: (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + (b"--b\r\nContent-Type: text/x-log\r\n\r\n" + b"a@b.example " * 5_000 + b"\r\n") * 400
        + b"--b--\r\n"
    ),
    "490 attached mails": lambda: messages(490),
    "1 MB of control characters": lambda: text(b"\x01\xc2\x85" * 350_000),
    "25 MB of files": lambda: large(5, 3_600_000),
}

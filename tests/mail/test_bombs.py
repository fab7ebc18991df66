"""Mails made to choke a parser (FAULTS P1): each costs at most 5 s of processor and 300 MB, and is still a mail."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parent / "measured_reading.py"
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
}


SLOW = {
    "one line of 25 MB",
    "begin lines without an end",
    "uuencode lines",
    "200 KB of To",
    "nested tables",
    "20 MB of HTML",
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in BOMBS])
def test_bomb(name: str) -> None:
    """The mail is read in time and memory, with its subject, whole or as a safe reading with the original attached."""
    raw = BOMBS[name]()
    assert len(raw) < 30 * 1024 * 1024
    done = subprocess.run([sys.executable, str(SCRIPT)], input=raw, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:].decode()
    result: dict[str, Any] = json.loads(done.stdout)
    print(name, result)
    assert result["cpu"] <= 5.0
    assert result["rss"] <= 300
    assert result["same"] and result["unchanged"]
    assert result["answer"] < 20_000_000
    assert result["subject"] or not raw.startswith(HEAD)
    if result["partial"]:
        assert result["defects"] and result["files"][0][1] == "message/rfc822" and result["files"][0][2] == len(raw)
        assert not any("failed" in defect for defect in result["defects"])

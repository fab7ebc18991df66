"""Mails made to cost time: each was quadratic somewhere once, and is read in a moment (law R7)."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pytest

from maild.core.values.mail import Envelope, Mail
from maild.core.values.words import fold, folded
from maild.letters.enclose import MOST_TOGETHER, Enclosures, enclose
from maild.mail.mime.attachments import content
from maild.mail.mime.text import clean
from maild.mail.options import ReadOptions
from maild.mail.read import read

ENVELOPE = Envelope(
    source="smtp", received=datetime(2026, 12, 1, tzinfo=UTC), sender="a@b.example", recipients=("it@desk.example",)
)


def reading(raw: bytes) -> Mail:
    """Read a mail as a reader does."""
    return read(raw, ENVELOPE, ReadOptions(trust="none", received_by="mx.desk.example"))


def encoded(data: bytes, kind: str = "text/plain; charset=utf-8") -> bytes:
    """Write a mail of one base64 part."""
    head = f"From: a@b.example\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + base64.encodebytes(data).replace(b"\n", b"\r\n")


def parts_of_type(word: str, count: int) -> bytes:
    """Write a mail of many parts whose type is one long word."""
    part = f"--x\r\nContent-Type: {word}\r\n\r\nhei\r\n" * count
    return f"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n{part}--x--\r\n".encode()


MARKS = "a" + "\u0301" * 30_000 + "\u0327" * 30_000
COSTLY = {
    "nothing but CRs": encoded(b"\r" * 300_000),
    "tags that never end": encoded(b"<div" * 100_000, "text/html"),
    "the beginnings of yEnc files": encoded(b"=ybegin name=x\n" * 25_000),
    "the same, and one end before them": encoded(b"=ybegin name=x\n=yend \n" + b"=ybegin name=x\n" * 25_000),
    "the beginnings of uuencoded files": encoded(b"begin 644 x\n" * 25_000),
    "parts whose type is a long word": parts_of_type("a" * 16_000, 45),
    "marks piled on one letter": encoded(MARKS.encode()),
    "such marks in a domain of Cc": f"From: a@b.example\r\nCc: x@{MARKS}.example\r\n\r\nhei\r\n".encode(),
    "a hundred files in one text": encoded(b"begin 644 x\n#86)C\n`\nend\n" * 5_000),
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_mail_made_to_cost_is_read_in_a_moment(name: str) -> None:
    """Some hundred kilobytes take well under two seconds, whatever they repeat."""
    began = time.thread_time()
    reading(COSTLY[name])
    assert time.thread_time() - began < 2.0


def test_html_is_bounded_by_the_mail_and_not_by_the_part() -> None:
    """Of hundreds of pages the first four megabytes are shown, the rest are files, and the reading says so."""
    page = "Content-Type: text/html\r\n\r\n" + "<p>a</p>\r\n" * 10_000
    raw = f"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n{page}"
    raw = "\r\n--x\r\n".join([raw, *[page] * 99]) + "\r\n--x--\r\n"
    began = time.thread_time()
    mail = reading(raw.encode())
    assert time.thread_time() - began < 6.0
    assert 50 < len(mail.attachments) < 70 and "HTML of more than 4 MB is kept as files" in mail.defects


def test_marks_piled_on_a_letter_do_not_stop_the_desk() -> None:
    """Rules look for words in 64 K characters: marks beyond thirty on one letter go, and what people write stays."""
    began = time.thread_time()
    fold(MARKS)
    folded(MARKS + " \u201cog\u201d")
    assert time.thread_time() - began < 0.5
    assert fold("Cafe\u0301 \u201cÅse\u201d A\u030asen") == " café åse åsen "


def test_line_ends_are_what_they_were() -> None:
    """CRs before a LF belong to it, each other one is a line end of its own."""
    assert clean("a\r\r\nb\rc\r\rd\x0be\r") == "a\nb\nc\n\nd\ne\n"


def test_files_inside_a_text_are_taken_apart_once() -> None:
    """A hundred files in one encoded part are passed on without decoding that part a hundred times."""
    block = b"begin 644 fil.txt\n" + b"#86)C\n" * 1500 + b"`\nend\n"
    raw = encoded(block * 100)
    mail = reading(raw)
    assert len(mail.attachments) == 100
    began = time.thread_time()
    parts = enclose(mail.attachments, raw).parts
    assert time.thread_time() - began < 1.0
    assert len(parts) == 100 and content(raw, mail.attachments[99]) == b"abc" * 1500


def test_the_letters_of_one_plan_share_their_files_and_have_a_bound() -> None:
    """The same files are made into parts once; what all letters hold together stays bounded, the rest is named."""
    raw = b"From: a@b.example\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    raw += base64.encodebytes(bytes(15 * 1024 * 1024)).replace(b"\n", b"\r\n")
    files, together = reading(raw).attachments, Enclosures()
    made = [together.of(files, raw) for _ in range(10)]
    full = [one for one in made if one.parts]
    assert {id(one.parts[0].body) for one in full} == {id(full[0].parts[0].body)}
    assert 1 < len(full) == MOST_TOGETHER // len(full[0].parts[0].body) < 10
    assert all(one.left_out == (("a.pdf", 15 * 1024 * 1024),) for one in made[len(full) :])

"""The mails that once took a reader seconds or for ever, by what they repeat; whoever finds one more adds it here."""

from __future__ import annotations

import base64
from collections.abc import Callable

from attacks import BOUNCE, HEAD, PLAIN, encoded, field, many, part, parts, too_many_lines, too_many_parts

Bomb = Callable[[int], bytes]


def numbered(before: bytes, after: bytes, size: int) -> bytes:
    """Return so many octets of one thing with another number each time."""
    count = size // (len(before) + len(after) + 6)
    return b"".join(b"%b%d%b" % (before, number, after) for number in range(count))


def html(before: bytes, unit: bytes, after: bytes = b"") -> Bomb:
    """A page that repeats something."""
    return lambda size: part(b"text/html")(before + unit * (size // len(unit)) + after)


def text(before: bytes, unit: bytes, after: bytes = b"") -> Bomb:
    """A text that repeats something."""
    return lambda size: part(b"text/plain; charset=utf-8")(before + unit * (size // len(unit)) + after)


def flowing(size: int) -> bytes:
    """One flowed paragraph of many lines."""
    return part(b"text/plain; format=flowed")(b"aaaaaaa \n" * (size // 9))


def alternatives_in_each_other(size: int) -> bytes:
    """Forty alternatives in each other, each with a blank text, around one page."""
    page = b"Content-Type: text/html\r\n\r\n" + b"<p>a" * (size // 4) + b"\r\n"
    for number in range(40):
        mark = b"b%d" % number
        page = b"Content-Type: multipart/alternative; boundary=%b\r\n\r\n--%b\r\n%b \r\n--%b\r\n%b--%b--\r\n" % (
            mark, mark, PLAIN, mark, page, mark,
        )  # fmt: skip
    return HEAD + page


def charsets(size: int) -> bytes:
    """A header of encoded words, each in a charset that there is not."""
    words = numbered(b"=?x", b"?q?a?= ", min(size, 230_000))
    lines = (words[at : at + 2000] for at in range(0, len(words), 2000))
    return HEAD + b"".join(b"X-A: " + line + b"\r\n" for line in lines) + b"\r\nhei\r\n"


def bare_equals(size: int) -> bytes:
    """Base64 that is padded early, then spaces, then a sign that is none of its own."""
    head = HEAD + b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + b"YQ==aaaa" + b" " * size + b"!"


def boundary_lines(size: int) -> bytes:
    """Multiparts whose boundary is not there, with lines that nearly are one."""
    line = b"--a" + b" " * 2000 + b"x\r\n"
    inner = b"--y\r\nContent-Type: multipart/mixed; boundary=n\r\n\r\n" + line * 8
    return HEAD + b"Content-Type: multipart/mixed; boundary=y\r\n\r\n" + inner * (size // len(inner)) + b"--y--\r\n"


def answer_of_every_part(size: int) -> bytes:
    """Texts of which each alone may be shown, and all together are more than a reader can answer."""
    each = b"--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + "\U0001f600".encode() * 200_000 + b"\r\n"
    return HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + each * (size // 150_000) + b"--x--\r\n"


def report_type(size: int) -> bytes:
    """A report's type behind very many parameters."""
    value = b'multipart/report; boundary=x; a="' + b";" * min(size, 200_000) + b"; report-type=delivery-status"
    return BOUNCE + b"Content-Type: " + value + b"\r\n\r\n--x\r\n\r\nhei\r\n--x--\r\n"


def lines_of_from(size: int) -> bytes:
    """A field in which From stands again and again."""
    return HEAD + b"X-A: " + b"from:" * (min(size, 230_000) // 5) + b"\r\n\r\nhei\r\n"


def winmails(size: int) -> bytes:
    """Many texts with files in them, each a hundred."""
    block = b"begin 644 x\n#86)C\n`\nend\n" * 100
    return many(b"mixed", 400, PLAIN)(block * (size // len(block)))


DISCLAIMER = b"This e-mail is confidential, intended for the recipient; notify the sender and delete it"
PDF = b"application/pdf; name="
WORD = b"=?utf-8?q?a?="
STATUS = b"message/delivery-status"
FOLDED = b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\r\na: b\n"
DAEMON = b"From: mailer-daemon "
DATED = b"On 1.1.2026 10:15 "
PAGE = b"Content-Type: text/html\r\n\r\n"
YENC = b"Content-Transfer-Encoding: x-yenc\r\n"
JAPANESE = b"text/plain; charset=shift_jis"
NAMED: dict[str, Bomb] = {
    "more than 500 parts, then an unbroken run": lambda size: too_many_parts(b"a" * size),
    "more than 500 parts, then a run and lines": lambda size: too_many_parts((b"a" * 499 + b"\n") * (size // 500)),
    "more than 1,000 header lines, then an unbroken run": lambda size: too_many_lines(b"\n" + b"a" * size),
    "a footer's address of many dots": text(b"hei\n" + b"_" * 30 + b"\nlist\na@", b"a.", b"@"),
    "disclaimers of long words": text(b"", b"confidential " + b"a" * 4000 + b"?\n\n"),
    "disclaimers of one long word each": text(
        b"", DISCLAIMER + b"?" + b"a" * 3900 + b"\n\n"
    ),
    "spaces in a name": lambda size: field(b"Content-Type", PDF + b'"a', b'"')(b" " * min(size, 200_000)),
    "spaces in a folded name": lambda size: field(b"Content-Type", PDF + b'"a\r\n ', b'"')(
        b" " * min(size, 200_000)
    ),
    "spaces in a folded Subject": lambda size: field(b"Subject", WORD + b"\r\n b", b"c")(b" " * min(size, 200_000)),
    "spaces in 300 parts' names": lambda size: many(b"mixed", 300, b'Content-Type: application/pdf; name="\r\n ')(
        b" " * (16_000 * 300 if size > 500_000 else size)
    ),
    "a list of many options": html(b"<select>", b"<option>a"),
    "a list of chosen options": html(b"<select>", b"<option selected>"),
    "a tag of many attributes": lambda size: part(b"text/html")(b"<div " + numbered(b"a", b" ", size) + b">hei"),
    "a tag of many attributes below a quoted bracket": lambda size: part(b"text/html")(
        b"<div x='>' " + numbered(b"a", b'=">" ', size) + b">hei"
    ),
    "many bodies": lambda size: part(b"text/html")(numbered(b"<body a", b">", size)),
    "many html tags": lambda size: part(b"text/html")(numbered(b"<html a", b">", size)),
    "preformatted lines in quotes in quotes": html(b"<blockquote>" * 190 + b"<pre>", b"a\n"),
    "cells of preformatted lines in quotes": html(b"<blockquote>" * 90 + b"<table><tr><td><pre>", b"\na"),
    "a number of many digits": html(b"<b>" * 3000 + b"&#", b"1"),
    "one flowed paragraph": flowing,
    "hints of our addresses in 400 files": lambda size: many(b"mixed", 400, b"Content-Type: application/x\r\n\r\n")(
        b"+1.aaaaaaaaaaaaaaaa@ " * (size // 21)
    ),
    "hints of our addresses in 400 texts": lambda size: many(b"mixed", 400)(b"+1.aaaaaaaaaaaaaaaa@ " * (size // 21)),
    "a report of broken lines": lambda size: BOUNCE + part(b"message/delivery-status")(b"a b\n" * (size // 4)),
    "a report of one unbroken run": lambda size: BOUNCE + part(b"message/delivery-status")(b"a" * size),
    "a report of folded lines": lambda size: BOUNCE + part(STATUS, b"Status: a\n")(b" a\n" * (size // 3)),
    "a report of groups": lambda size: BOUNCE + part(b"message/delivery-status")(b"a: b\n\n" * (size // 6)),
    "a report of fields": lambda size: BOUNCE + part(b"message/delivery-status")(b"a: b\n" * (size // 5)),
    "60 reports of folded lines": lambda size: BOUNCE
    + many(b"report; report-type=delivery-status", 50, FOLDED)(b" a\n" * (size // 3)),
    "a report's type of many parameters": report_type,
    "a mail system's name in brackets": lambda size: DAEMON + b"(" * min(size, 100_000) + b"\r\n\r\nhei\r\n",
    "rules of stars": text(b"", b"_" + b"*" * 150 + b"x\n"),
    "frames of stars": text(b"", b"_" + b"*" * 70 + b" original message " + b"*" * 60 + b"_\n"),
    "drawn lines that end otherwise": text(b"", b"*" * 190 + b"a\n"),
    "joined headers of colons": text(b"", b"--- Forwarded Message --- From: a " + b"A:" * 900 + b"\n"),
    "attributions of one long word": text(b"", b"On 1.1.2026 10:15 " + b"a" * 560 + b" wrote:\n"),
    "attributions of signs of addresses": text(b"", b"On 1.1.2026 10:15 a" + b"@" * 560 + b" wrote:\n"),
    "attributions of five lines": text(b"", (DATED + b"a" * 90 + b"\n") * 4 + b"b@" + b"c" * 60 + b" wrote:\n"),
    "uuencoded names of spaces": text(b"", b"begin 644 " + b" " * 5000 + b"x" * 300 + b"\n"),
    "yEnc names of names": text(b"", b"=ybegin " + b"name=" * 99 + b"a" * 300 + b"\n", b"\n=yend \n"),
    "padded base64 and spaces": bare_equals,
    "nearly boundaries": boundary_lines,
    "alternatives in each other": alternatives_in_each_other,
    "400 pages that say the same": lambda size: many(b"mixed", 400, PAGE)(b"<p>hei du</p>" * (size // 13)),
    "words in charsets that there are not": charsets,
    "From in a field, again and again": lines_of_from,
    "blank lines at the end": text(b"hei", b"\n"),
    "files in 400 texts": winmails,
    "more fields than parts may have": lambda size: parts(b"mixed", b"*")(b"X-A: b\r\n" * (size // 8)),
    "texts of emoji": answer_of_every_part,
    "escaped yEnc": lambda size: part(b"application/x", more=YENC)(b"=a" * (size // 2)),
    "octets that no charset has": lambda size: encoded(b"text/plain; charset=utf-8")(b"\x80" * size),
    "octets that latin-1 has not": lambda size: encoded(b"text/plain; charset=iso-8859-1")(b"\x81" * size),
    "octets that no Japanese charset has": lambda size: encoded(JAPANESE)(b"\xff\xa0" * (size // 2)),
    "an attached mail in base64 of hints": lambda size: HEAD
    + b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(b"From: a@b.example\r\n\r\n" + b"+1.aaaaaaaaaaaaaaaa@ " * (size // 21)),
}  # fmt: skip

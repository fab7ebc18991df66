"""Mails and texts that repeat one small thing to any size, in every place that reading looks at.

A *fill* is what is repeated: bytes, tokens, tags, lines, fields, parameters, attributes. A *place* makes a mail of it.
Reading must take time in proportion to the size, whatever is repeated and wherever it stands.
"""

from __future__ import annotations

import base64
import quopri
import struct
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fill:
    """Something repeated between a beginning and an end."""

    unit: bytes
    first: bytes = b""
    last: bytes = b""

    def of(self, size: int) -> bytes:
        """Return about so many octets of it."""
        return self.first + self.unit * (size // len(self.unit)) + self.last


BYTES = [bytes([one]) for one in (*range(0x80), 0x80, 0x85, 0xA0, 0xC3, 0xE2, 0xF0, 0xFF)]
"""Every octet of ASCII, and some beyond."""
_LETTERS = (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))
TELLING_BYTES = [one for one in BYTES if one[0] not in _LETTERS or one in b"0a"]
"""One letter and one digit stand for all."""

TOKENS = [
    b"a ", b" a", b"a\t", b"a,", b"a, ", b"a;", b"a; ", b"a:", b"a=", b"a.", b"a-", b"a@", b"@a", b"a@a.a", b"a@a.a ",
    b"a@a.a, ", b"<a@a.a>", b"<a@a.a>, ", b"<a>", b"<a> ", b"a <a@a.a>,", b'"a" <a@a.a>,', b'"a', b'a"', b'\\"', b"\\a",
    b'"\\', b"(a", b"(a)", b"a(", b"()", b"(a) ", b"[a]", b"[a", b"[a] ", b"{a}", b"<<", b"><", b"<>", b"''", b'""',
    b"=?", b"?=", b"=?a?q?", b"=?utf-8?q?a?=", b"=?utf-8?q?a?= ", b"=?utf-8?b?YQ==?=", b"=?utf-8?b?YQ?= a", b"=?a?q?=",
    b"=?utf-8?q?=C3?=", b"=?iso-2022-jp?b?GyRC?=", b"=41", b"==", b"=\n", b"%2b", b"%40", b"%", b"&amp;", b"&#", b"&a",
    b"&#x41;", b"\r\n", b"\n ", b"\r\n ", b"\r\n\t", b" \n", b" \r\n", b"\r\r\n", b"\n\n", b"\n\n\n", b"\r\n\r\n",
    b"\r \n", b"a\n", b"a \n", b"a\r", b"a\r\n", b"\na: ", b"a: b\n", b"a: b\r\n", b" a: b\r\n", b"from:\n", b"from",
    b"From: a@b.example\r\n", b"x: \r\n \r\n", b"Received: from a by b; x\r\n", b"Content-Type: text/plain\r\n\r\n",
    b"Content-Type: text/plain\r\n \r\n", b"\nContent-Type: text/plain\n", b"To: a@b.example\r\n", b"message-id:\n",
    b"\nmessage-id:\n <", b"final-recipient: rfc822;", b"Final-Recipient: rfc822; a@b.example\r\n\r\n", b"rcpt to:",
    b"delivered to a@", b"recipient ", b"550 ", b"5.1.1 ", b"5.", b"1.", b"0.0.", b"1 ", b"10:15 ", b"10.1.",
    b"1.1.2026 ", b"2026-", b"mars ", b"mandag ", b"20", b"til ", b"+47 ", b"tlf ", b"www.", b"http://", b"http://a ",
    b"://", b"mailto:", b"a/", b"/a", b"\\", b"../", b"a|", b"#a ", b"#1 ", b"FK#1 ", b"[FK#1] ", b"Re: ", b"re:", b"VS: ",
    b"[a] Re: ", b"+1.aaaaaaaaaaaaaaaa@", b"+1.aaaaaaaaaaaaaaaa", b"a+1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@a",
    b"maild.1.1.c.aaaaaaaaaaaaaaaa@", b"maild.", b"aild.", b"AILD.", b"x-maild-", b"x-maild-a", b"+1.", b"%2b1.",
    b"b+1.aaaaaaaaaaaaaaaa@", b"b+1.", b"a'", b"a\xc2\xa0", b"\xe2\x80\x8b", b"\xcc\x81", b"a\xcc\x81\xcc\xa7",
    b"\xe2\x80\x94", b"\xe2\x80\x94 Svar over ", b"\xef\xbc\x9a", b"\xc3\xa6", b"\xf0\x9f\x98\x80", b"\xc5\xbf",
    b"\xc4\xb0", b"\x1b$B", b"\x1b(B", b"\x1b$B!!\x1b(B", b"+AGE-", b"~{", b"~}", b"\x81\x40", b"\xa1\xa1",
]  # fmt: skip
LINES = [
    b"> a\n", b">\n", b"> > a\n", b">>>>>>>>>>\n", b"> a\nb\n", b"> a?\nja\n", b">a\r\n", b"> \n", b">> a\n> b\n",
    b">>> a 1.1.2026 10:15 >>>\n", b"-- \n", b"--\n", b"--\na\n", b"-- \na\n", b"---\n", b"---\na\n", b"___\n", b"=====\n",
    b"-----Original Message-----\n", b"-----Original Message-----\nFrom: a@b.no\nSent: 1.1.2026 10:15\n",
    b"---------- Forwarded message ---------\n", b"--- Forwarded Message --- From: a\n", b"Fra: a\n", b"Fra: a@b.no\n",
    b"Fra: a@b.no\nSendt: 1.1.2026 10:15\nTil: c\nEmne: d\n", b"Fra:\n", b"Til\n", b"Kopi\n", b"Emne\n", b"To\nCc\n",
    b"Den 1. mars 2026 kl. 10:15 skrev a <a@b.no>:\n", b"On 1 March 2026, a wrote:\n", b"wrote:\n", b"skrev:\n",
    b"On Mon\n", b"a wrote\n", b"10:15\n", b"Mvh\n", b"Mvh\nKari\n", b"Mvh\nKari Moen\nTlf 555 01 234\n", b"Hilsen\n\n",
    b"Sendt fra min iPhone\n", b"Get Outlook for iOS\n", b"confidential ", b"konfidensiell e-post mottaker slett feil ",
    b"This e-mail is confidential and intended for the recipient. If you are not, delete it and notify the sender.\n\n",
    b"https://a.example/\n", b"a@b.example\n", b"___________________\nlist\n", b"unsubscribe http://a\n", b"[cid:a]",
    b"[cid:a] ", b"[cid:", b"> [cid:a]\n", b" [cid:a]\n", b"[cid:a]\n", b"Navn: ____\n", b"> Navn: Kari\n", b"> Navn:\nKari\n",
    b"\xe2\x80\x94 Svar over denne linjen \xe2\x80\x94\n", b"> \xe2\x80\x94 Svar over denne linjen \xe2\x80\x94\n",
    b"begin 644 x\n", b"begin 644 x\nM\n", b"begin 644 x\n#86)C\n`\nend\n", b"M" + b"a" * 60 + b"\n", b"#86)C\n", b"end\n",
    b"begin 644 \n", b"begin-base64 644 x\n", b"=ybegin name=x\n", b"=ybegin name=", b"=ybegin name=x\na\n=yend \n",
    b"=yend \n", b"=y", b"a " * 40 + b"\n", b"a" * 76 + b"\n", b"a" * 76 + b" \n", b"> " + b"a" * 70 + b" \n", b" a\n",
    b"BEGIN:VEVENT\n", b"SUMMARY:a\n", b"ATTENDEE;", b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.no\n", b'UID;"a', b"BEGIN",
    b"Action: failed\n", b"Status: 5.1.1\n", b"Reporting-MTA: dns; a\n\n", b"550 5.1.1 a@b.no\n", b"takk ", b"takk\n", b"ja\n",
    b"#close\n", b"hei hei, p\xc3\xa5 deg. Jeg kan ikke logge inn? ", b"\n1. a", b"* a\n", b"- a?\n",
]  # fmt: skip
TAGS = [
    b"<", b"<a", b"<a>", b"<a ", b"</a", b"</a>", b"<div", b"<div>", b"<div>a</div>", b"</div>", b"<p>", b"<p>a", b"<br>",
    b"<b>", b"<b>a</b>", b"<b><p>", b"<i><b>", b"<font>", b"<a href=x>", b"<a href=http://a/>b</a>", b"<nobr>", b"<span>",
    b"<table>", b"<table><tr><td>", b"<tr>", b"<td>", b"<tr><td>a</td></tr>", b"<td>a", b"<caption>", b"<colgroup>",
    b"<option>", b"<option>a", b"<select>", b"<select><option>", b"<optgroup>", b"</select>", b"<ul>", b"<ul><li>", b"<li>",
    b"<li>a", b"<ol><li>a</li></ol>", b"<dl><dt><dd>", b"<h1>", b"<h1>a</h1>", b"<pre>", b"<pre>\n", b"<blockquote>",
    b"<blockquote>a</blockquote>", b"<blockquote type=cite>", b"<div class=gmail_quote>", b"<hr>", b"<img>", b"<img src=cid:a>",
    b"<img alt=a>", b"<input type=submit value=a>", b"<body>", b"<body a1>", b"<html>", b"<html a>", b"<head>", b"<head></head>",
    b"<script>", b"<script></script>", b"<style>", b"<style></style>", b"<title>", b"</title>", b"<textarea>", b"<template>",
    b"</template>", b"<svg>", b"<math>", b"<svg><desc>", b"<math><mi>", b"<iframe>", b"<object>", b"<frameset>", b"<noframes>",
    b"<!--", b"<!-->", b"<!---->", b"<!-- a -->", b"-->", b"<![CDATA[", b"<?a?>", b"<!DOCTYPE html>", b"<!", b"</", b"<form>",
    b"</p>", b"</br>", b"<button>", b"<marquee>", b"<applet>", b"<plaintext>", b"<xmp>", b"<noscript>", b"<ruby><rt>", b"<o:p>",
    b"<p style=margin:0>", b"<p style=display:none>a</p>", b"<div hidden>", b"<div id=signature>", b"<div id=x_x_x_signature>",
    b"<a><div>", b"<a>b<p>", b"<b><i><u><s>", b"</b></i>", b"<p><b>", b"<b></p>", b"<table><b>", b"<table>a", b"<table><div>",
]  # fmt: skip
LISTS = [b" a1", b" a=1", b' a="1"', b"; a=b", b';a="b"', b"; a*1*=b", b"; a*0=b", b'; a*1*="b', b";a", b"; name=a",
         b"; charset=a", b"; boundary=x", b";;", b"; =", b"; a*=utf-8''%41", b"'a'", b"a*", b"**"]  # fmt: skip
"""Attributes and parameters; the numbered ones below."""
ENDED = [
    Fill(b"a.", b"a@", b"@"), Fill(b"a@a.", b"", b"!"), Fill(b" ", b"a", b"b"), Fill(b"\t", b"a", b"b"),
    Fill(b"(", b"", b")"), Fill(b"\\", b'"', b""), Fill(b"a", b'"', b""), Fill(b"a", b"(", b""), Fill(b"a", b"<", b""),
    Fill(b" ", b"a:", b":"), Fill(b" ", b"=?utf-8?q?", b""), Fill(b"a", b"=?utf-8?q?", b""), Fill(b"\n ", b"a", b"b"),
    Fill(b" ", b";a", b"=b"), Fill(b"-", b"", b"a"), Fill(b"-", b"a", b"a"), Fill(b"_", b"", b"a"), Fill(b".", b"a", b"a"),
    Fill(b"a ", b"", b"wrote:"), Fill(b"a,", b"From: ", b"\n"), Fill(b"a", b"", b"@"), Fill(b"a", b"@", b""),
    Fill(b" a", b"", b":"), Fill(b">", b"", b"a"), Fill(b"1", b"+", b"."), Fill(b"a", b"+1.", b"@"), Fill(b"#", b"a", b""),
    Fill(b" \n", b"a", b"a"), Fill(b"\r", b"a", b"\n"), Fill(b"<", b"", b">"), Fill(b"a", b"[", b"]"), Fill(b"[", b"", b"]"),
    Fill(b"a" * 5000 + b" ", b"", b"confidential"),
]  # fmt: skip
FILLS = [*map(Fill, [*TELLING_BYTES, *TOKENS, *LINES, *TAGS, *LISTS]), *ENDED]


def numbered(size: int) -> bytes:
    """Return so many octets of attributes that are all different: ``a0 a1 a2``."""
    return b" ".join(b"a%d" % number for number in range(size // 7))


Place = Callable[[bytes], bytes]
HEAD = b"From: Kari <kari@x.example>\r\nTo: it@desk.example\r\nSubject: angrep\r\nMessage-ID: <a@x.example>\r\n"


def field(name: bytes, before: bytes = b"", after: bytes = b"") -> Place:
    """Put a fill into a header field, alone or between something."""
    rest = (
        HEAD if name not in (b"From", b"To", b"Subject", b"Message-ID") else b"Date: Tue, 1 Dec 2026 08:00:00 +0100\r\n"
    )
    return lambda fill: rest + name + b": " + before + fill + after + b"\r\n\r\nhei\r\n"


def part(kind: bytes, before: bytes = b"", after: bytes = b"", more: bytes = b"") -> Place:
    """Make a mail of one part with the fill in it."""
    return lambda fill: HEAD + b"Content-Type: " + kind + b"\r\n" + more + b"\r\n" + before + fill + after


def encoded(kind: bytes, before: bytes = b"", after: bytes = b"") -> Place:
    """Make a mail of one base64 part with the fill in it."""

    def place(fill: bytes) -> bytes:
        data = base64.encodebytes(before + fill + after)
        return HEAD + b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + data

    return place


def parts(kind: bytes, *pieces: bytes) -> Place:
    """Make a multipart; the piece ``*`` is the fill as it is, others are written as they are."""
    head = HEAD + b"Content-Type: multipart/" + kind + b"; boundary=x\r\n\r\n"

    def place(fill: bytes) -> bytes:
        return head + b"".join(b"--x\r\n" + piece.replace(b"*", fill) + b"\r\n" for piece in pieces) + b"--x--\r\n"

    return place


def lines(before: bytes, each: bytes, after: bytes = b"", width: int = 60) -> Place:
    """Make a text whose lines begin alike and hold pieces of the fill."""

    def place(fill: bytes) -> bytes:
        pieces = (fill[at : at + width].replace(b"\n", b" ") for at in range(0, len(fill), width))
        return HEAD + b"\r\n" + before + b"".join(each + piece + b"\n" for piece in pieces) + after

    return place


def folded(name: bytes, width: int = 250) -> Place:
    """Make a field of at most 900 folded lines of the fill."""

    def place(fill: bytes) -> bytes:
        step = max(width, len(fill) // 900)
        pieces = (fill[at : at + step].replace(b"\n", b" ") for at in range(0, len(fill), step))
        return HEAD + name + b": a" + b"".join(b"\r\n " + piece for piece in pieces) + b"\r\n\r\nhei\r\n"

    return place


def many(kind: bytes, count: int, inner: bytes = b"Content-Type: text/plain\r\n\r\n") -> Place:
    """Make a multipart of so many parts, each with its share of the fill."""

    def place(fill: bytes) -> bytes:
        share = fill[: max(1, len(fill) // count)]
        each = b"--x\r\n" + inner + share + b"\r\n"
        return HEAD + b"Content-Type: multipart/" + kind + b"; boundary=x\r\n\r\n" + each * count + b"--x--\r\n"

    return place


def too_many_parts(fill: bytes) -> bytes:
    """Make a mail of more parts than are read, the first of which holds the fill: the safe reading's."""
    head = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain"
    return head + fill + b"\r\n" + b"--x\r\n\r\nhei\r\n" * 600 + b"--x--\r\n"


def too_many_lines(fill: bytes) -> bytes:
    """Make a mail of more header lines than are read, with the fill for its text."""
    return (
        HEAD
        + b"X-A: b\r\n" * 1_100
        + b"Content-Type: multipart/mixed; boundary=x\r\n\r\nContent-Type: text/plain"
        + fill
    )


def winmail(fill: bytes) -> bytes:
    """Make a winmail.dat with the fill for its text and for a file in it."""
    objects = b"".join(
        struct.pack("<BHHI", level, name, 0, len(data)) + data + b"\0\0"
        for level, name, data in ((1, 0x800C, fill), (2, 0x9002, b""), (2, 0x8010, fill[:500]), (2, 0x800F, fill))
    )
    return encoded(b"application/ms-tnef; name=winmail.dat")(b"\x78\x9f\x3e\x22\x01\x00" + objects)


def winmail_objects(fill: bytes) -> bytes:
    """Make a winmail.dat of nothing but the fill, which is read as its objects."""
    return encoded(b"application/ms-tnef; name=winmail.dat")(b"\x78\x9f\x3e\x22\x01\x00" + fill)


def winmail_properties(fill: bytes) -> bytes:
    """Make a winmail.dat whose properties are the fill."""
    return winmail_objects(struct.pack("<BHHI", 1, 0x9003, 0, len(fill) + 4) + b"\xff\xff\0\0" + fill + b"\0\0")


def quoted_printable(fill: bytes) -> bytes:
    """Make a quoted-printable text of the fill."""
    head = HEAD + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head + quopri.encodestring(fill)


PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
REPORT = b"report; report-type=delivery-status"
BOUNCE = b"From: MAILER-DAEMON@x.example\r\nReturn-Path: <>\r\nSubject: Undelivered Mail\r\n"

HEADER_PLACES: dict[str, Place] = {
    **{
        name: field(name.encode())
        for name in (
            "X-A", "From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Reply-To",
            "Return-Path", "Received", "Authentication-Results", "Delivered-To", "X-Maild-Loop", "Content-Type",
            "Content-Disposition", "Content-Transfer-Encoding", "Content-ID", "Content-Location", "List-Id",
            "X-Failed-Recipients", "DKIM-Signature", "Auto-Submitted", "Thread-Index", "Precedence",
        )
    },
    "From, in quotes": field(b"From", b'"', b'" <a@b.example>'),
    "From, before an address": field(b"From", b"", b" <a@b.example>"),
    "From, in an address": field(b"From", b"a <", b"@b.example>"),
    "From, a domain": field(b"From", b"a <a@", b">"),
    "From, a comment": field(b"From", b"a@b.example (", b")"),
    "Cc, a domain": field(b"Cc", b"x@", b".example"),
    "Content-Type, parameters": field(b"Content-Type", b"text/plain; "),
    "Content-Type, a name": field(b"Content-Type", b'application/pdf; name="', b'"'),
    "Content-Type, a charset": field(b"Content-Type", b"text/plain; charset=", b""),
    "Content-Type, a boundary": field(b"Content-Type", b'multipart/mixed; boundary="', b'"'),
    "Content-Type, continued": field(b"Content-Type", b"text/plain; name*0*=utf-8''", b"; name*1=b"),
    "Content-Disposition, a name": field(b"Content-Disposition", b'attachment; filename="', b'"'),
    "Authentication-Results, ours": field(b"Authentication-Results", b"mx.desk.example; dmarc=pass ", b""),
    "a field's name": lambda fill: HEAD + fill + b": x\r\n\r\nhei\r\n",
    "header lines": lambda fill: HEAD + fill + b"\r\n\r\nhei\r\n",
    "before the header": lambda fill: fill + b"\r\n" + HEAD + b"\r\nhei\r\n",
    "a folded field": folded(b"X-A"),
    "a folded Subject": folded(b"Subject"),
    "a folded To": folded(b"Cc"),
    "a folded Content-Type": folded(b"Content-Type"),
    "a folded DKIM-Signature": folded(b"DKIM-Signature"),
}  # fmt: skip
BODY_PLACES: dict[str, Place] = {
    "the whole mail": lambda fill: fill,
    "text": part(b"text/plain; charset=utf-8"),
    "text, in base64": encoded(b"text/plain; charset=utf-8"),
    "text, quoted-printable": quoted_printable,
    "text, undeclared": lambda fill: HEAD + b"\r\n" + fill,
    "text, flowed": part(b"text/plain; charset=utf-8; format=flowed"),
    "text, flowed and delsp": part(b"text/plain; charset=utf-8; format=flowed; delsp=yes"),
    "text, flowed lines": lambda fill: part(b"text/plain; format=flowed")(b" \n".join([fill[:1000]] * (len(fill) // 1000))),
    "text, iso-2022-jp": encoded(b"text/plain; charset=iso-2022-jp", b"\x1b$B"),
    "text, gb2312": encoded(b"text/plain; charset=gb2312"),
    "text, big5": encoded(b"text/plain; charset=big5", b"\xff"),
    "text, utf-7": part(b"text/plain; charset=utf-7"),
    "text, utf-16": encoded(b"text/plain; charset=utf-16"),
    "text, latin-1": encoded(b"text/plain; charset=iso-8859-1"),
    "text, enriched": part(b"text/enriched"),
    "one line": lambda fill: HEAD + b"\r\n" + fill.replace(b"\n", b" "),
    "an answer": lambda fill: HEAD + b"In-Reply-To: <b@desk.example>\r\nSubject: Re: a\r\n\r\nHei\r\n\r\n" + fill,
    "a forward": lambda fill: HEAD.replace(b"angrep", b"Fwd: a") + b"\r\n" + fill,
    "quoted lines": lines(b"Hei\n\n", b"> "),
    "quoted lines and answers": lines(b"Hei\n\nKari wrote:\n", b"> hei du?\nja\n> "),
    "deeply quoted lines": lines(b"Hei\n\n", b"> > > > > > "),
    "below a delimiter": part(b"text/plain", b"Hei\n\n-- \n"),
    "lines below a delimiter": lambda fill: part(b"text/plain", b"Hei\n\n-- \n")(fill[:3000].replace(b"\n", b" ")),
    "below a closing": part(b"text/plain", b"Hei\n\nMvh\nKari Moen\n"),
    "a paragraph of lines": lines(b"Hei\n\n", b""),
    "paragraphs": lines(b"Hei\n\n", b"\n", width=300),
    "wide paragraphs": lines(b"Hei\n\n", b"\n", width=4000),
    "an attribution": part(b"text/plain", b"Hei\n\nOn 1 March 2026 at 10:15, ", b" wrote:\n> hei\n"),
    "attributions": lines(b"Hei\n\n", b"On 1 March 2026 at 10:15, ", width=400),
    "a header block": part(b"text/plain", b"Hei\n\nFra: ", b"\nSendt: 1.1.2026 10:15\nTil: a\nEmne: b\n\nhei\n"),
    "header blocks": lines(b"Hei\n\n", b"Fra: a@b.no\nSendt: 1.1.2026 10:15\nEmne: ", width=80),
    "a joined header": lines(b"Hei\n\n", b"--- Forwarded Message --- ", width=1900),
    "separators": lines(b"Hei\n\n", b"-----", width=80),
    "below our line": part(b"text/plain", "Hei\n\n— Svar over denne linjen —\n".encode()),
    "quoted below our line": lines("Hei\n\n> — Svar over denne linjen —\n".encode(), b"> "),
    "between signs of yEnc": part(b"text/plain", b"=ybegin name=x\n", b"\n=yend \n"),
    "in a uuencoded file": part(b"text/plain", b"begin 644 x\n", b"\n`\nend\n"),
    "a uuencoded body": part(b"text/plain", more=b"Content-Transfer-Encoding: x-uuencode\r\n"),
    "a yEnc body": part(b"application/x", more=b"Content-Transfer-Encoding: x-yenc\r\n"),
    "HTML": part(b"text/html; charset=utf-8"),
    "HTML, in base64": encoded(b"text/html; charset=utf-8"),
    "HTML, in a paragraph": part(b"text/html", b"<p>", b"</p>"),
    "HTML, a tag": part(b"text/html", b"<div ", b">hei</div>"),
    "HTML, an attribute": part(b"text/html", b'<div a="', b'">hei</div>'),
    "HTML, a style": part(b"text/html", b'<div style="', b'">hei</div>'),
    "HTML, a class": part(b"text/html", b'<div class="', b'">hei</div>'),
    "HTML, an id": part(b"text/html", b'<div id="', b'">hei</div>'),
    "HTML, a URL": part(b"text/html", b'<a href="', b'">hei</a>'),
    "HTML, an alternative": part(b"text/html", b'<img src="cid:a" alt="', b'">'),
    "HTML, a comment": part(b"text/html", b"<!-- ", b""),
    "HTML, a select": part(b"text/html", b"<select>", b""),
    "HTML, a table": part(b"text/html", b"<table><tr><td>", b""),
    "HTML, a list": part(b"text/html", b"<ul><li>", b""),
    "HTML, a quote": part(b"text/html", b"<div class=gmail_quote><blockquote>", b""),
    "HTML, preformatted": part(b"text/html", b"<pre>", b""),
    "HTML, formatted": part(b"text/html", b"<b><i><a href=x>", b""),
    "HTML, a title": part(b"text/html", b"<title>", b""),
    "HTML, a style sheet": part(b"text/html", b"<style>", b""),
    "HTML, open tags before": part(b"text/html", b"<div>" * 2_100, b""),
    "HTML, open formatting before": part(b"text/html", b"<b id=1>" * 390, b""),
    "alternatives": parts(b"alternative", PLAIN + b"Hei", b"Content-Type: text/html\r\n\r\n*"),
    "alternatives, a text": parts(b"alternative", PLAIN + b"*", b"Content-Type: text/html\r\n\r\n<p>hei</p>"),
    "alternatives with pictures": parts(
        b"related", b"Content-Type: multipart/alternative; boundary=y\r\n\r\n--y\r\n" + PLAIN + b"Hei\r\n--y\r\n"
        b"Content-Type: text/html\r\n\r\n*<img src=cid:a>\r\n--y--", b"Content-Type: image/png\r\nContent-ID: <a>\r\n\r\na"
    ),
    "a preamble": lambda fill: parts(b"mixed", PLAIN + b"hei")(b"").replace(b"\r\n--x", b"\r\n" + fill + b"\r\n--x", 1),
    "between boundaries": parts(b"mixed", b"*"),
    "a part's header": parts(b"mixed", b"Content-Type: text/plain\r\nX-A: *\r\n\r\nhei"),
    "a part's name": parts(b"mixed", b'Content-Type: application/pdf; name="*"\r\n\r\nhei'),
    "a multipart without boundaries": part(b"multipart/mixed; boundary=x"),
    "a multipart without a parameter": part(b"multipart/mixed"),
    "a boundary of one hyphen": part(b"multipart/mixed; boundary=-"),
    "a digest": parts(b"digest", b"*"),
    "400 texts": many(b"mixed", 400),
    "400 pages": many(b"mixed", 400, b"Content-Type: text/html\r\n\r\n"),
    "400 files": many(b"mixed", 400, b"Content-Type: application/x\r\n\r\n"),
    "400 attached mails": many(b"mixed", 230, b"Content-Type: message/rfc822\r\n\r\n"),
    "100 reports": many(b"report; report-type=delivery-status", 100, b"Content-Type: message/delivery-status\r\n\r\n"),
    "50 alternatives": many(b"alternative", 50, b"Content-Type: text/html\r\n\r\n"),
    "too many parts": too_many_parts,
    "too many header lines": too_many_lines,
    "a file": encoded(b"application/octet-stream; name=a.bin"),
    "an unencoded file": part(b"application/octet-stream; name=a.bin"),
    "broken base64": part(b"application/pdf", more=b"Content-Transfer-Encoding: base64\r\n"),
    "broken quoted-printable": part(b"text/plain", more=b"Content-Transfer-Encoding: quoted-printable\r\n"),
    "winmail.dat": winmail,
    "winmail.dat, objects": winmail_objects,
    "winmail.dat, properties": winmail_properties,
    "an attached mail": part(b"message/rfc822", b"From: a@b.example\r\nSubject: x\r\n\r\n"),
    "an attached mail's header": part(b"message/rfc822", b"From: a@b.example\r\nSubject: ", b"\r\n\r\nhei\r\n"),
    "an attached mail's lines": part(b"message/rfc822"),
    "an attached mail in base64": encoded(b"message/rfc822", b"From: a@b.example\r\nSubject: x\r\n\r\n"),
    "an attached mail's header in base64": encoded(b"message/rfc822"),
    "a delivery status": lambda fill: BOUNCE + parts(REPORT, PLAIN + b"hei", b"Content-Type: message/delivery-status\r\n\r\n*")(fill),
    "a delivery status, lines": lambda fill: BOUNCE + parts(
        REPORT, PLAIN + b"hei", b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\nFinal-Recipient: *"
    )(fill),
    "a delivery status, in base64": lambda fill: BOUNCE + encoded(b"message/delivery-status")(fill),
    "a report, prose": lambda fill: BOUNCE + parts(REPORT, PLAIN + b"*", b"Content-Type: message/rfc822\r\n\r\nTo: a@b.no\r\n\r\nx")(fill),
    "a report, headers": lambda fill: BOUNCE + parts(REPORT, PLAIN + b"hei", b"Content-Type: text/rfc822-headers\r\n\r\n*")(fill),
    "a bounce of prose": lambda fill: BOUNCE + b"\r\n" + fill,
    "a receipt": parts(b"report; report-type=disposition-notification", PLAIN, b"Content-Type: message/disposition-notification\r\n\r\n*"),
    "feedback": parts(b"report; report-type=feedback-report", PLAIN, b"Content-Type: message/feedback-report\r\n\r\n*"),
    "message/partial": part(b"message/partial"),
    "message/global": part(b"message/global-delivery-status"),
    "an invitation": part(b"text/calendar; method=REPLY", b"BEGIN:VCALENDAR\nUID:a\n", b"\nEND:VCALENDAR\n"),
    "an invitation, a line": part(b"text/calendar", b"BEGIN:VCALENDAR\nATTENDEE;", b":mailto:a@b.no\nEND:VCALENDAR\n"),
    "an invitation, a summary": part(b"text/calendar", b"BEGIN:VCALENDAR\nSUMMARY:", b"\nEND:VCALENDAR\n"),
}  # fmt: skip
PLACES = {**HEADER_PLACES, **BODY_PLACES}

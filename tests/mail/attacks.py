"""Mails and texts that repeat one small thing to any size, in every place that reading looks at.

A *fill* (``fills.py``) is what is repeated. A *place* makes a mail of it.
Reading must take time in proportion to the size, whatever is repeated and wherever it stands.
"""

from __future__ import annotations

import base64
import quopri
import struct
from collections.abc import Callable

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
RECEIPT = b"report; report-type=disposition-notification"
STATUS = b"Content-Type: message/delivery-status\r\n\r\n"
BOUNCE = b"From: MAILER-DAEMON@x.example\r\nReturn-Path: <>\r\nSubject: Undelivered Mail\r\n"

PICTURED = (
    b"Content-Type: multipart/alternative; boundary=y\r\n\r\n--y\r\n"
    + PLAIN
    + b"Hei\r\n--y\r\nContent-Type: text/html\r\n\r\n*<img src=cid:a>\r\n--y--"
)


def report(*pieces: bytes) -> Place:
    """Make a delivery report of a mail system, of these parts."""
    return lambda fill: BOUNCE + parts(REPORT, *pieces)(fill)


def flowed_lines(fill: bytes) -> bytes:
    """Make a flowed text of lines that go on."""
    return part(b"text/plain; format=flowed")(b" \n".join([fill[:1000]] * (len(fill) // 1000)))


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
    "text, flowed lines": flowed_lines,
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
    "alternatives with pictures": parts(b"related", PICTURED, b"Content-Type: image/png\r\nContent-ID: <a>\r\n\r\na"),
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
    "a delivery status": report(PLAIN + b"hei", STATUS + b"*"),
    "a delivery status, lines": report(PLAIN + b"hei", STATUS + b"Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: *"),
    "a delivery status, in base64": lambda fill: BOUNCE + encoded(b"message/delivery-status")(fill),
    "a report, prose": report(PLAIN + b"*", b"Content-Type: message/rfc822\r\n\r\nTo: a@b.no\r\n\r\nx"),
    "a report, headers": report(PLAIN + b"hei", b"Content-Type: text/rfc822-headers\r\n\r\n*"),
    "a bounce of prose": lambda fill: BOUNCE + b"\r\n" + fill,
    "a receipt": parts(RECEIPT, PLAIN, b"Content-Type: message/disposition-notification\r\n\r\n*"),
    "feedback": parts(b"report; report-type=feedback-report", PLAIN, b"Content-Type: message/feedback-report\r\n\r\n*"),
    "message/partial": part(b"message/partial"),
    "message/global": part(b"message/global-delivery-status"),
    "an invitation": part(b"text/calendar; method=REPLY", b"BEGIN:VCALENDAR\nUID:a\n", b"\nEND:VCALENDAR\n"),
    "an invitation, a line": part(b"text/calendar", b"BEGIN:VCALENDAR\nATTENDEE;", b":mailto:a@b.no\nEND:VCALENDAR\n"),
    "an invitation, a summary": part(b"text/calendar", b"BEGIN:VCALENDAR\nSUMMARY:", b"\nEND:VCALENDAR\n"),
}  # fmt: skip
PLACES = {**HEADER_PLACES, **BODY_PLACES}

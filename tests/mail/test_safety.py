"""What mails may hold without harm: dates, names, archives, charsets in both databases, any bytes at all."""

import base64
import gzip
import hashlib
import io
import random
import re
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from maild.core.facts import Key
from maild.core.threads.tokens import sign_address, sign_bounce, sign_message_id
from maild.mail.mime import tnef
from maild.mail.mime.attachments import content, safe_name
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.mail.reader import wire
from maild.storage import tables, upgrade
from maild.storage.engine import open_engine
from tests.kit.a_case import a_case
from tests.kit.raw import ENVELOPE, files, mail, multi, part, reading, text
from tests.kit.timing import within
from tests.mail.mime.test_charset import CODECS
from tests.mail.outlook_item import outlook_item
from tests.mail.winmail import winmail

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
BODIES = (
    "Blåbærsyltetøy på brød".encode(),
    "Smørbrød og kaffe, takk".encode("latin-1"),
    b"nul\x00 bell\x07 escape\x1b[31m del\x7f \xff\xfe\xc3",
    "日本語と한국어 и мир 🎉".encode(),
    bytes(range(256)),
)


def test_500_bodies_are_the_same_in_both_databases(store_url: str) -> None:
    """A hundred charsets times five bodies are stored, and come back letter by letter as they were read (law R9)."""
    assert len(CODECS) == 100
    engine = open_engine(store_url)
    upgrade.upgrade(engine)
    rows = []
    for name in CODECS:
        for body in BODIES:
            subject = b"Subject: " + body.replace(b"\n", b"")
            got = reading(text(body, f"Content-Type: text/plain; charset={name}", subject))
            row = tables.Message(
                id=len(rows) + 1, case=1, kind="customer", visibility="shown", author="a@b.example", author_shown="a",
                to=[], cc=[], subject=got.subject, text=got.text, folded=got.folded, in_reply_to=[], references=[],
                at=NOW, text_shape=[],
            )  # fmt: skip
            rows.append(row.model_dump())
    table = tables.Message.__table__  # type: ignore[attr-defined]
    with engine.begin() as connection:
        a_case(connection, 1)
        connection.execute(insert(table), rows)
        found = connection.execute(select(table.c.text, table.c.subject).order_by(table.c.id)).all()
    assert [tuple(row) for row in found] == [(row["text"], row["subject"]) for row in rows]
    assert len(found) == 500
    engine.dispose()


DATES = [
    'Tue, 1 Dec 2026 09:00:00 +0100', '1 Dec 26 09:00 GMT', 'Tue, 1 Dec 9999 23:59:59 -1400', 'Tue, 99 Dec 2026', '',
    'Tue, 1 Dec 0000 09:00:00 +0000', 'Tue, 1 Dec 2026 25:61:61 +0100', 'now', 'Tue, 1 Dec 2026 09:00:00 +99999',
    'Tue, 1 Dec 2026 09:00:00 -0000', '=?utf-8?q?Tue?=', '0', '1e309', 'Thu, 01 Jan 1970 00:00:00 +0000', '\x00',
    "9" * 500, 'Tue, 1 Dec 2026 09:00:00 (CET)', 'Die, 1 Dez 2026 09:00:00 +0100', '2026-12-01T09:00:00+01:00',
    'Tue 1 Dec 2026', 'Tue, 31 Feb 2026 09:00:00 +0100', 'Tue, 1 Dec 2026 09:00:00 UT', 'Tue, 1 Dec -2026 09:00:00',
    'Tue,1Dec2026', '1 Dec 1900 09:00:00 +0000', '1 Dec 1969 23:00:00 +0000', '1 Dec 3000 09:00:00 +0000',
    'Dec 1 2026 09:00', '((((', 'Tue, 1 Dec 2026 09:00:60 +0100', 'Tue, 1 Dec 2026 24:00:00 +0100',
    'Tue, 1 Dec 2026 9:0:0 +0100', '٣ Dec 2026 09:00', 'Tue, 1 Dec 2026 09:00:00 +0100 +0200',
    'Tue, 1 Dec 2026\t09:00:00\t+0100', '12/1/2026 09:00', '+0100', 'Mon', ',,,', 'Tue, 1 Dec 10000 09:00:00 +0000',
]  # fmt: skip


def test_forty_dates() -> None:
    """No date raises; one that makes sense is aware and within sense; arrival is untouched by any (law R12)."""
    assert len(DATES) == 40
    for value in DATES:
        got = reading(text("hei", f"Date: {value}"))
        assert got.envelope.received == ENVELOPE.received
        if got.date is not None:
            assert got.date.tzinfo is not None and 1970 <= got.date.astimezone(UTC).year <= 2200
    assert reading(text("hei", f"Date: {DATES[0]}")).date == datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def names() -> list[str]:
    """Three hundred names that mail has used to climb out of folders, hide endings or break programs."""
    seeds = [
        "../../etc/passwd", "..\\..\\windows\\system32\\x.dll", "/etc/passwd", "C:\\boot.ini", "a\r\nb.txt",
        "a\x00.txt",
        "cv\u202efdp.exe", "CON", "con.txt", "NUL", "LPT1.doc", "COM¹.txt", "..", ".", "...", "", " ", "~", "-rf", "a/",
        "a" * 300 + ".pdf", "å" * 200 + ".docx", "x.txt.", "x.txt ", "x:y.txt", "x|y?.txt", "<script>.html",
        '"q".txt',
        "\u200b.txt", "\ufeffa.txt", "a\u2028b.txt", "file://x/y.txt", "\\\\server\\share\\x", "%2e%2e%2fetc",
        "a\tb.txt",
        "🎉.txt", ".htaccess", "aux", "PRN.tar.gz", "a;b.txt", "'; drop table--.txt", "{{7*7}}.txt", "$(id).txt",
        "`id`.txt",
    ]  # fmt: skip
    pick = random.Random(7)
    pool = seeds + [chr(code) for code in range(32)] + ["/", "\\", "..", "\u202e", "\u2066", "\x7f", "\x85", "å", "x"]
    return seeds + ["".join(pick.choices(pool, k=4)) + ".txt" for _ in range(300 - len(seeds))]


ALLOWED = re.compile(r"[^\x00-\x1f\x7f-\x9f/\\\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]{1,120}")


def test_300_names(tmp_path: Path) -> None:
    """Every name is safe to show and to save, and the bytes are found by place whatever the name is (law R10)."""
    data = b"\x00innhold\xff" * 50
    digest = hashlib.sha256(data).hexdigest()
    assert len(names()) == 300
    for name in names():
        quoted = re.sub(r"[\r\n]+", "\r\n ", name.replace("\\", "\\\\").replace('"', '\\"'))
        raw = mail(
            multi(
                "mixed",
                part("hei", "Content-Type: text/plain"),
                part(
                    base64.encodebytes(data),
                    "Content-Type: application/octet-stream",
                    "Content-Transfer-Encoding: base64",
                    f'Content-Disposition: attachment; filename="{quoted}"'.encode("utf-8", "surrogatepass"),
                ),
            )
        )
        got = reading(raw)
        assert len(got.attachments) == 1
        file = got.attachments[0]
        assert ALLOWED.fullmatch(file.name) and file.name not in (".", "..")
        assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)", file.name)
        assert file.sha256 == digest and content(raw, file) == data
        (tmp_path / file.name).write_bytes(b"")
    assert not list(tmp_path.parent.glob("*.txt"))


@given(st.text(max_size=300))
def test_safe_names_are_stable(name: str) -> None:
    """Making a name safe twice is making it safe once."""
    once = safe_name(name)
    assert safe_name(once) == once and len(once) <= 120
    assert once == "" or ALLOWED.fullmatch(once)


def test_archives_stay_closed() -> None:
    """A zip bomb and a gzip bomb are files like any other: not opened, no slower than other bytes (law R11)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", b"\0" * 50_000_000)
    bombs = [("42.zip", packed.getvalue()), ("x.gz", gzip.compress(b"\0" * 50_000_000))]
    for name, data in bombs:
        raw = mail(
            part(
                base64.encodebytes(data),
                f"Content-Type: application/zip; name={name}",
                "Content-Transfer-Encoding: base64",
            )
        )
        got = within(0.05, lambda raw=raw: reading(raw))  # type: ignore[misc]
        assert files(got) == [(name, len(data))] and content(raw, got.attachments[0]) == data


def wrapped(data: bytes) -> bytes:
    """A mail whose only part is a winmail.dat."""
    return mail(
        part(
            base64.encodebytes(data),
            "Content-Type: application/ms-tnef; name=winmail.dat",
            "Content-Transfer-Encoding: base64",
        )
    )


def test_winmail_is_opened() -> None:
    """Files in a winmail.dat are the mail's files, found again by their position; its text is the mail's text."""
    inner = [("Avtale om lån.pdf", b"%PDF-1.4 noe"), ("to.pdf", b"%PDF" * 100)]
    raw = wrapped(winmail(inner, body="Hei, se avtalen på side 2."))
    got = reading(raw)
    assert got.text == "Hei, se avtalen på side 2."
    shown = [file for file in got.attachments if not file.decoration]
    assert [(file.name, file.type, content(raw, file)) for file in shown] == [
        (name, "application/pdf", data) for name, data in inner
    ]
    assert got.attachments[0].name == "winmail.dat" and got.attachments[0].decoration
    assert reading(wrapped(winmail([], html="<p>Hei <b>du</b></p>"))).text == "Hei du"


EVIL = "../..\\tmp/a<b>|c\u202egnp.exe. "
CLEAN = "a_b__cgnp.exe"


def octets(data: bytes, *headers: str) -> bytes:
    """A part in base64."""
    return part(base64.encodebytes(data), "Content-Transfer-Encoding: base64", *headers)


def uuencoded(name: str) -> bytes:
    """A text with a uuencoded file."""
    return f"For oss:\r\nbegin 644 {name}\r\n#:&5I\r\n`\r\nend\r\n".encode()


def yenc(name: str) -> bytes:
    """A text with a file in yEnc."""
    shifted = bytes((byte + 42) & 0xFF for byte in b"hei hei")
    return f"Se:\r\n=ybegin line=128 size=7 name={name}\r\n".encode() + shifted + b"\r\n=yend size=7\r\n"


def with_a_subject(subject: str) -> bytes:
    """A mail as a part; its subject is the name of the file."""
    return part(f"From: Ola <ola@z.example>\r\nSubject: {subject}\r\n\r\nhei", "Content-Type: message/rfc822")


PLAIN = "Content-Type: text/plain; charset=utf-8"
CONTAINERS: dict[str, bytes] = {
    "winmail.dat": octets(winmail([(EVIL, b"x" * 9)]), "Content-Type: application/ms-tnef; name=winmail.dat"),
    "msg": octets(outlook_item("Sak", "From: a@b.example\n\n", [(EVIL, b"x" * 9)]), "Content-Type: x/y; name=sak.msg"),
    "zip": octets(b"PK", f'Content-Type: application/zip; name="{EVIL}"'),
    "filename": octets(b"x", "Content-Type: x/y", f'Content-Disposition: attachment; filename="{EVIL}"'),
    "extended": octets(b"x", f"Content-Disposition: attachment; filename*=utf-8''{quote(EVIL)}"),
    "location": octets(b"x", "Content-Type: image/png", f"Content-Location: {EVIL}"),
    "attached": with_a_subject("a<b>|c\u202egnp.exe"),
    "uuencode": part(uuencoded(EVIL), PLAIN),
    "uuencode in base64": octets(uuencoded(EVIL), PLAIN),
    "yenc": part(yenc(EVIL), PLAIN),
    "yenc in base64": octets(yenc(EVIL), PLAIN),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_of_any_container_has_a_clean_name(container: str) -> None:
    """However a file came, the name that is kept has no path, no direction, and nothing a file system refuses."""
    got = reading(mail(multi("mixed", part("hei", PLAIN), CONTAINERS[container])))
    expected = f"{CLEAN}.eml" if container == "attached" else CLEAN
    assert [file.name for file in got.attachments if file.name not in ("winmail.dat", "sak.msg")] == [expected]


def test_a_mail_kept_whole_has_a_clean_name() -> None:
    """A mail that could not be read inside is a file under its subject, made clean."""
    got = reading(text("hei", "Subject: a<b>|c\u202egnp.exe", *["X-A: b"] * 1_001))
    assert got.partial and [file.name for file in got.attachments] == [f"{CLEAN}.eml"]


def test_broken_winmail_stays_closed() -> None:
    """Cut, flipped and lying winmail.dat files never raise and cost next to nothing (law R11)."""
    whole = winmail([("a.pdf", b"x" * 3000)], body="hei", html="<p>x</p>")
    pick = random.Random(3)
    for _ in range(400):
        data = bytearray(whole[: pick.randrange(4, len(whole))])
        for _ in range(pick.randrange(1, 20)):
            data[pick.randrange(len(data))] = pick.randrange(256)
        within(0.05, lambda data=data: tnef.read(bytes(data)))  # type: ignore[misc]
    assert files(reading(wrapped(b"\x78\x9f\x3e\x22" + b"\xff" * 1000))) == [("winmail.dat", 1004)]


# -- our own signs ------------------------------------------------------------------------------------------------

KEY = Key(id=1, secret=b"k" * 33)
ADDRESS = sign_address(
    KEY, local="it", domain="sak.example", case=1042, audience="customer", address="kari@x.example", now=NOW
)
BOUNCE = sign_bounce(KEY, outbox=7, domain="sak.example")
MESSAGE_ID = sign_message_id(KEY, outbox=7, case=1042, audience="customer", domain="sak.example")


@pytest.mark.parametrize("sign", [ADDRESS, BOUNCE, MESSAGE_ID])
@pytest.mark.parametrize(
    "place", ["to", "header", "text", "base64", "html", "escaped", "attached", "report", "attached base64", "mangled"]
)
def test_our_signs_are_found_anywhere(sign: str, place: str) -> None:
    """Whatever has the shape of one of our signed addresses or Message-IDs is noted, wherever it stands."""
    plain = sign.strip("<>")
    inner = f"From: a@b.example\r\nReply-To: {plain}\r\nX: {sign}\r\n\r\n{sign}"
    encoded = base64.encodebytes
    html = "Content-Type: text/html"
    escaped = plain.replace("+", "%2B").replace("@", "%40")
    hei, base = part("hei du", "Content-Type: text/plain"), "Content-Transfer-Encoding: base64"
    status = part(f"X: y\r\n\r\nOriginal-Envelope-Id: {plain}", "Content-Type: message/delivery-status")
    raw = {
        "to": text("hei", f"Cc: x <{plain}>"),
        "header": text("hei", f"X-Old-References: {sign}"),
        "text": text(f"svar til {plain} nå"),
        "base64": text(encoded(f"svar til {plain}".encode()), "Content-Type: text/plain", base),
        "html": mail(multi("alternative", hei, part(f'<a href="mailto:{plain}">x</a> hei du', html))),
        "escaped": mail(multi("alternative", hei, part(f'<a href="mailto:{escaped}">x</a> hei du', html))),
        "attached": mail(multi("mixed", hei, part(inner, "Content-Type: message/rfc822"))),
        "report": mail(multi("report", hei, status, part(inner, "Content-Type: text/rfc822-headers"))),
        "attached base64": mail(
            multi("mixed", hei, part(encoded(inner.encode()), "Content-Type: message/rfc822", base))
        ),
        "mangled": text(f"svar til {plain.upper()} nå"),
    }[place]
    assert plain.lower() in [found.strip("<>").lower() for found in reading(raw).mentions]


# -- the same content, and any bytes ------------------------------------------------------------------------------

TRACE = st.sampled_from(
    ["Received: from a by b; x", "Return-Path: <x@y.example>", "Delivered-To: it@y.example",
     "X-Original-To: a@b.example",
     "Authentication-Results: mx; dmarc=pass", "ARC-Seal: i=1; x", "DKIM-Signature: v=1; b=abc", "X-Spam-Status: No",
     "X-Spam-Score: 1", "Received-SPF: pass", "X-Virus-Scanned: yes", "X-Received: by x", "X-UID: 7",
     "X-Gateway-Seen: 1", "Sender: it@y.example", "Reply-To: b@y.example", "References: <a@b.example>",
     "X-Mailer: y", "Thread-Index: Ab12", "X-MS-Exchange-Inbox-Rules-Loop: a@b.example", "X-Priority: 1"]
)  # fmt: skip
BODY = ["Subject: Skriver", "Date: Tue, 1 Dec 2026 09:00:00 +0100"]


@settings(max_examples=200)
@given(extra=st.lists(TRACE, max_size=8), at=st.randoms(use_true_random=False), end=st.sampled_from(["\r\n", "\n"]))
def test_another_road_is_the_same_content(extra: list[str], at: random.Random, end: str) -> None:
    """Trace fields added anywhere, other line ends and a last line end do not change what the content is (law T13)."""
    lines = list(BODY)
    for field in extra:
        lines.insert(at.randrange(len(lines) + 1), field)
    raw = text("Hei på deg\r\n", *lines)
    assert reading(raw.replace(b"\r\n", end.encode())).content_hash == reading(text("Hei på deg", *BODY)).content_hash


@settings(max_examples=150)
@given(at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_any_change_is_other_content(at: int, flip: int) -> None:
    """A changed byte in From, To, Subject, Date, Message-ID or body is other content (law T13)."""
    given = b"From: kari@a.example\r\nTo: it@b.example\r\nMessage-ID: <1@a.example>\r\n" + b"\r\n".join(
        [*(line.encode() for line in BODY), b"", "Hei på deg, skriveren er tom".encode()]
    )
    raw = bytearray(given)
    raw[at % len(raw)] ^= flip
    if given.split() != bytes(raw).split() and given.lower() != bytes(raw).lower():
        assert reading(bytes(raw)).content_hash != reading(given).content_hash


@pytest.mark.parametrize(
    "mark",
    ["Auto-Submitted: auto-generated", "Precedence: bulk", "List-Id: <a.b>", "X-Loop: x", "Mailing-List: x",
     "Feedback-ID: a:b", "X-Auto-Response-Suppress: All", "Cc: liv@b.example"],
)  # fmt: skip
def test_another_mark_is_other_content(mark: str) -> None:
    """A copy that is marked as automatic or as a list's is not the mail of a person, and stands for none (law T13)."""
    assert reading(text("Hei", *BODY, mark)).content_hash != reading(text("Hei", *BODY)).content_hash


SNIPPETS = [
    b'From: ', b'Subject: ', b'Content-Type: ', b'multipart/mixed; boundary=b', b'text/html', b'text/plain; charset=',
    b'Content-Transfer-Encoding: base64', b'\r\n', b'\r\n\r\n', b'--b', b'--b--', b'=?utf-8?q?', b'?=',
    b'begin 644 a', b'end', b'message/rfc822', b'message/delivery-status', b'<p>', b'<blockquote>', b'> ',
    b'On x wrote:', b'\x00', b'\xff', b'\x1b$B', b'utf-16', b'idna', b'BEGIN:VCALENDAR', b'METHOD:REPLY', b'x\x9f>"',
    b"name*0*=utf-8''%", b';', b'"', b'@', b'(', b'Fra: a@b.example', b'Date: ', b'References: <', b'Received: ',
    b'=ybegin line=1 size=1 name=x', b'-- ', b'a@b.example',
]  # fmt: skip


@settings(max_examples=600)
@given(st.lists(st.sampled_from(SNIPPETS) | st.binary(max_size=12), max_size=40).map(b"".join))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    """Any bytes give a Mail with clean text, whole hashes, places inside it, that crosses to the daemon (law R9)."""
    got = read(raw, ENVELOPE, ReadOptions())
    assert not any("failed" in defect for defect in got.defects), got.defects
    assert got.sha256 == hashlib.sha256(raw).hexdigest() and got.size == len(raw)
    for shown in (
        got.subject,
        got.text,
        got.own_text,
        got.folded,
        got.identity.shown,
        *(file.name for file in got.attachments),
    ):
        assert b"\x00" not in shown.encode("utf-8")
    for file in got.attachments:
        assert 0 <= file.start <= file.end <= len(raw)
        assert hashlib.sha256(content(raw, file)).hexdigest() == file.sha256
    assert wire.mail_from(wire.to_json(got), ENVELOPE) == got


def test_a_lying_reader_is_not_believed() -> None:
    """JSON that is not exactly a Mail is refused, never half believed."""
    good = wire.to_json(reading(text("hei")))
    spoilt = good.replace(b'"unknown"', b'"perhaps"'), good.removesuffix(b"false]") + b'"no"]'
    for bad in (b"", b"{}", b"[]", b"null", good[:-1], *spoilt):
        with pytest.raises(ValueError):
            wire.mail_from(bad, ENVELOPE)
    assert wire.mail_from(good, ENVELOPE).envelope is ENVELOPE


@pytest.mark.parametrize(
    ("method", "partstat", "attendee"),
    [("REPLY", "ACCEPTED", "kari@x.example"), ("REPLY", "DECLINED", "kari@x.example"), ("COUNTER", "TENTATIVE", "")],
)
def test_calendar_answers(method: str, partstat: str, attendee: str) -> None:
    """An answer to an invitation says which one, whose, and what (RFC 6047)."""
    lines = [
        "BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VEVENT", "UID:abc-123@sak.exam", " ple",
        "SUMMARY:Hentes\\, PC-0142",
        "ATTENDEE;CN=\"Moen: Kari\";PARTSTAT=" + partstat + f":mailto:{attendee}", "DTSTART:20261204T090000Z",
        "BEGIN:VALARM",
        "UID:other", "END:VALARM", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    calendar = part("\r\n".join(lines), f"Content-Type: text/calendar; method={method}; charset=utf-8")
    got = reading(mail(multi("alternative", part("", "Content-Type: text/plain"), calendar)))
    assert got.calendar is not None
    assert (got.calendar.method, got.calendar.uid) == (method, "abc-123@sak.example")
    assert (got.calendar.partstat, got.calendar.attendee) == (partstat, attendee)
    assert got.text.startswith("Hentes, PC-0142") and files(got)[0][0] == "part-2.ics"


def test_headers_that_nothing_may_decide_on_are_gone() -> None:
    """Inbound X-Maild-* and Authentication-Results are not among the headers; the loop header lies apart (law I12)."""
    got = reading(
        text("hei", "X-Maild-Case: 1", "X-MAILD-Loop: abc", "Authentication-Results: mx; dmarc=pass", "X-Other: y")
    )
    assert got.loop == "abc" and ("x-other", "y") in got.headers
    assert not any(name.startswith("x-maild") or name == "authentication-results" for name, _ in got.headers)


def test_caps_leave_a_safe_reading() -> None:
    """Beyond a cap: subject, author and text as far as they are easily found, the original attached whole (law R5)."""
    raw = text("Skriveren er tom for papir", "Subject: =?utf-8?Q?Bl=C3=A5b=C3=A6r?=", *["X-A: b"] * 1_001)
    got = reading(raw)
    assert got.partial and got.subject == "Blåbær" and got.identity.address is None
    assert got.identity.shown == '"Kari Moen" <kari@x.example>' and got.text == "Skriveren er tom for papir"
    assert [(file.name, file.type, file.start, file.end) for file in got.attachments] == [
        ("Blåbær.eml", "message/rfc822", 0, len(raw))
    ]
    assert content(raw, got.attachments[0]) == raw and "1000 lines" in got.defects[0]


def test_times_are_linear() -> None:
    """A mail of twice the size takes at most 2.6 times as long to read."""

    def seconds(lines: int) -> float:
        raw = text(
            "Hei på deg, skriveren er tom for papir igjen.\r\n" * lines, "Content-Type: text/plain; charset=utf-8"
        )
        best = timedelta.max.total_seconds()
        for _ in range(3):
            began = time.process_time()
            reading(raw)
            best = min(best, time.process_time() - began)
        return best

    assert seconds(8_000) <= 2.6 * seconds(4_000) + 0.01


REGRESSIONS = sorted((Path(__file__).parents[2] / "fuzz" / "regressions").glob("*.eml"))


@pytest.mark.parametrize("path", REGRESSIONS, ids=[path.stem for path in REGRESSIONS])
def test_what_fuzzing_found_stays_found(path: Path) -> None:
    """Each mail that once broke the reader is read in full."""
    got = reading(path.read_bytes())
    assert not got.partial


def test_outlook_items_are_opened() -> None:
    """An attached .msg stays a file; its header is shown, never its text, and the files in it are found by position."""
    inner = [("Avtale om lån.pdf", b"%PDF-1.4 noe" * 10), ("to.bin", b"x" * 700)]
    item = outlook_item("Gammel sak", "From: Ola <ola@z.example>\nDate: Mon, 2 Nov 2026 10:00:00 +0100\n\n", inner)
    sent = part(
        base64.encodebytes(item),
        "Content-Type: application/vnd.ms-outlook; name=sak.msg",
        "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment; filename=sak.msg",
    )
    raw = mail(multi("mixed", part("Se vedlagt.", "Content-Type: text/plain"), sent))
    got = reading(raw)
    assert got.text.startswith("Se vedlagt.") and "From: Ola <ola@z.example>" in got.text
    assert "Subject: Gammel sak" in got.text
    assert files(got) == [("sak.msg", len(item)), *((name, len(data)) for name, data in inner)]
    assert [content(raw, file) for file in got.attachments] == [item, *(data for _, data in inner)]


def test_broken_outlook_items_stay_closed() -> None:
    """Cut and flipped .msg files are files like any other (law R11)."""
    whole = outlook_item("Sak", "From: a@b.example\n\n", [("a.pdf", b"x" * 900)])
    pick = random.Random(5)
    for _ in range(40):
        data = bytearray(whole[: pick.randrange(600, len(whole))])
        for _ in range(pick.randrange(1, 30)):
            data[pick.randrange(len(data))] = pick.randrange(256)
        raw = mail(part(bytes(data), "Content-Type: application/vnd.ms-outlook; name=sak.msg"))
        got = within(0.5, lambda raw=raw: reading(raw))  # type: ignore[misc]
        assert got.attachments[0].name == "sak.msg"

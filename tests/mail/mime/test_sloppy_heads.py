"""Mails whose header or encoding is not what it says are read as what they are (law R24)."""

from datetime import UTC, datetime

import pytest

from maild.core.values.mail import Envelope, Mail
from maild.mail.author.identity import mailboxes, strict
from maild.mail.mime import decoding
from maild.mail.options import ReadOptions
from maild.mail.read import read

WORDS = "Porten ved kaia er låst, og ingen har nøkkel.\n"


def mail(raw: bytes) -> Mail:
    """Read a mail that came by SMTP."""
    when = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
    envelope = Envelope(source="smtp", received=when, sender="siri@gard.example", recipients=("drift@havn.example",))
    return read(raw, envelope, ReadOptions())


def raw(head: bytes = b"", kind: str = "text/plain; charset=utf-8", body: bytes = WORDS.encode()) -> bytes:
    """Return a mail with something above its header."""
    fields = f"From: Siri Gard <siri@gard.example>\nTo: drift@havn.example\nSubject: Porten\nContent-Type: {kind}\n\n"
    return head + fields.encode() + body


@pytest.mark.parametrize(
    "junk",
    [
        b"----- Videresendt av skanneren -----\n",
        b"=== mail 3 of 7 ===\n",
        b" ",
        b"\t",
        b"\n   ",
        b"* archived\n* by gateway 4\n",
        b"From nobody Tue May 12 08:40:00 2026\n### start\n",
        b"HTTP/1.1 200 OK\r\n",
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_what_stands_above_the_header_is_passed_over(junk: bytes, end: bytes) -> None:
    """A line or two, or a space, that are no fields."""
    found = mail(raw(junk).replace(b"\r\n", b"\n").replace(b"\n", end))
    assert (found.subject, found.identity.address) == ("Porten", "siri@gard.example")
    assert found.own_text == WORDS.strip()


@pytest.mark.parametrize(
    "text",
    [
        b"Hei, dette er ikke en e-post.\nFrom: her til Oslo er det langt.\n\nHilsen",
        b"En linje\n\nFrom: a@x.example\nTo: b@x.example\n\nord",
        b"1\n2\n3\n4\n5\n6\nFrom: a@x.example\nTo: b@x.example\n\nord",
    ],
)
def test_a_text_without_a_header_stays_a_text(text: bytes) -> None:
    """A single line like a field, one below a blank line or far down is no header."""
    assert mail(text).own_text.split() == text.decode().split()


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ('"siri gard"@gard.example', '"siri gard"@gard.example'),
        ('Siri <"Siri Gard"@Gard.example>', '"siri gard"@gard.example'),
        ('"Gard, Siri" <"siri..gard"@gard.example>', '"siri..gard"@gard.example'),
        ('"siri."@gard.example (Siri)', '"siri."@gard.example'),
        ('"Siri.Gard"@gard.example', "siri.gard@gard.example"),
    ],
)
def test_a_quoted_local_part_is_an_address(address: str, kept: str) -> None:
    """With its quotes where it needs them (RFC 5321 §4.1.2, law I1)."""
    assert strict(address)[0] == kept
    assert [box.address.casefold() for box in mailboxes(address.encode())] == [kept]


@pytest.mark.parametrize(
    "address",
    [
        '"sjef@havn.example"@ond.example',
        '"sjef@havn.example> "@ond.example',
        '" siri"@gard.example',
        '""@gard.example',
        '"a" "b"@gard.example',
        '"a"@gard.example, "b"@gard.example',
        '"a\\"b"@gard.example',
        '"a b"@gard.example <c@gard.example>',
        '"a\u202eb"@gard.example',
    ],
)
def test_a_quoted_local_part_that_readers_may_part_otherwise_is_nobody(address: str) -> None:
    """Another reader could see another address in it (law I1)."""
    assert strict(address)[0] is None


@pytest.mark.parametrize(
    ("subject", "charset"),
    [
        ("码头的门锁坏了", "gb18030"),
        ("请尽快回复，谢谢", "gb18030"),
        ("ゲートが開きません", "cp932"),
        ("ゲートが開きません", "euc_jp"),
        ("表示されない", "cp932"),
    ],
)
@pytest.mark.parametrize("declared", ["", "; charset=iso-8859-1", "; charset=us-ascii", "; charset={}"])
def test_raw_headers_are_read_by_the_declared_charset_or_by_their_pairs(
    subject: str, charset: str, declared: str
) -> None:
    """Where the text's charset says nothing of two octets a letter, theirs says it."""
    head = f"From: {subject} <gate@port.example>\nSubject: {subject}\n".encode(charset)
    kind = f"Content-Type: text/plain{declared.format(charset)}\n".encode()
    found = mail(head + kind + b"To: drift@havn.example\n\nHei")
    assert found.subject == subject


@pytest.mark.parametrize(
    ("subject", "charset"),
    [("ÆØÅ på kai", "latin-1"), ("Größe: 3×4 «ok»", "cp1252"), ("Привет всем", "koi8-r"), ("ПРИВЕТ", "cp1251")],
)
def test_western_and_cyrillic_headers_are_not_taken_for_chinese(subject: str, charset: str) -> None:
    """Accents in a row are no pairs, and neither are Cyrillic letters."""
    found = mail(
        f"From: a@x.example\nSubject: {subject}\nContent-Type: text/plain; charset=iso-8859-1\n\nx".encode(charset)
    )
    assert not any("\u3000" <= letter <= "\u9fff" for letter in found.subject)


@pytest.mark.parametrize("kind", ["<html>", "html", '"text/html"', "HTML; charset=utf-8", "<text/html>"])
def test_a_page_is_a_page_whatever_its_type_is_called(kind: str) -> None:
    """Mail programs of devices and forms write such types."""
    found = mail(raw(kind=kind, body=b"<html><body><p>Porten er <b>l&aring;st</b>.</p></body></html>"))
    assert found.own_text == "Porten er låst."


@pytest.mark.parametrize(
    "text",
    [
        WORDS,
        "Takk",
        "Takk!",
        "ok\n",
        "Hei\n\nPorten er fin nå.\nHilsen Siri\n",
        "Ja.\n-- \nSiri\n",
        "PORT4",
        "Brannmelding\nSone 4\n",
    ],
)
def test_plain_words_that_are_declared_base64_are_words(text: str) -> None:
    """Nobody encoded them."""
    body = raw(body=text.encode()).replace(b"\n\n", b"\nContent-Transfer-Encoding: base64\n\n", 1)
    assert mail(body).text.split() == text.split()


@pytest.mark.parametrize("text", [WORDS, "Takk", "ok", "Hei på deg, " * 40])
@pytest.mark.parametrize("below", [b"", b"\n\n_______\nlistens fot, som ingen kodet\n"])
def test_base64_is_still_decoded(text: str, below: bytes) -> None:
    """Also a short one, and one with a list's footer below it."""
    import base64

    body = raw(body=base64.encodebytes(text.encode()) + below)
    body = body.replace(b"\n\n", b"\nContent-Transfer-Encoding: base64\n\n", 1)
    assert mail(body).text.startswith(text.strip())


@pytest.mark.parametrize("end", [b"\r", b"\r\n", b"\n", b"\r\r\n"])
def test_quoted_printable_has_any_line_end(end: bytes) -> None:
    """A soft one too: what stands below a lone CR is not lost (law R9)."""
    data = b"Porten er l=C3=A5st, og =\n=\nalle venter.\nSiri\n".replace(b"\n", end)
    assert decoding.decode(data, "quoted-printable").decode().split() == [
        "Porten",
        "er",
        "låst,",
        "og",
        "alle",
        "venter.",
        "Siri",
    ]


def test_a_whole_mail_with_lone_returns_is_read() -> None:
    """Header and body of an old Mac."""
    body = raw(body=b"Porten er l=C3=A5st, men =\nvi venter.\n")
    body = body.replace(b"\n\n", b"\nContent-Transfer-Encoding: quoted-printable\n\n", 1).replace(b"\n", b"\r")
    assert mail(body).own_text == "Porten er låst, men vi venter."

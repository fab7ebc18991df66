"""Files passed on: the bytes the writer sent arrive, under a harmless name, or are named as left out."""

import base64
import binascii
import hashlib
import os
import quopri
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.values.mail import Attachment
from maild.letters import enclose as enclosing
from maild.letters.clean import clean_filename
from maild.letters.prove import is_base64
from maild.letters.shown import sample
from tests.kit.letters import notice, parsed, write

PICTURE = bytes(range(256)) * 40
PROSE = "Blåbærsyltetøy = godt.\r\nFrom her\r\n.\r\n".encode() * 20


def attach(
    name: str, content: bytes, encoding: str, encoded: bytes, before: bytes = b"x: y\r\n\r\n", **more: object
) -> tuple[Attachment, bytes]:
    """Describe a file that lies in a raw mail, and that mail."""
    fields: dict[str, object] = {
        "name": name,
        "type": "application/pdf",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "start": len(before),
        "end": len(before) + len(encoded),
        "encoding": encoding,
    }
    return Attachment(**(fields | more)), before + encoded + b"\r\n--after--\r\n"  # type: ignore[arg-type]


def received(file: Attachment, raw: bytes, kind: str = "answer") -> list[tuple[str | None, str, bytes]]:
    """Send a file on and return the files the standard library finds in the mail."""
    letter = write(notice(kind, attachments=(file,)), raw=raw)  # type: ignore[arg-type]
    assert letter.fell_back is None
    assert max(map(len, letter.data.split(b"\r\n"))) <= 998
    message = parsed(letter)
    return [(p.get_filename(), p.get_content_type(), p.get_payload(decode=True)) for p in message.iter_attachments()]


def uuencoded(data: bytes) -> bytes:
    """Write a uuencoded block as mail clients of old did."""
    lines = [binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45)]
    return b"begin 644 bilde.png\n" + b"".join(lines) + b"`\nend\n"


def yencoded(data: bytes) -> bytes:
    """Write a yEnc block."""
    coded = b"".join(
        bytes([61, (byte + 106) % 256]) if (byte + 42) % 256 in (0, 10, 13, 61) else bytes([(byte + 42) % 256])
        for byte in data
    )
    return b"=ybegin line=9999 size=%d name=bilde.png\r\n%s\r\n=yend size=%d\r\n" % (len(data), coded, len(data))


@pytest.mark.parametrize(
    ("encoding", "content", "encoded"),
    [
        ("base64", PICTURE, base64.encodebytes(PICTURE).replace(b"\n", b"\r\n")),
        ("base64", PICTURE, base64.encodebytes(PICTURE)),
        ("base64", PICTURE, base64.b64encode(PICTURE)),
        ("base64", PICTURE, base64.encodebytes(PICTURE).replace(b"\n", b" !\r\n")),
        ("base64", PICTURE, base64.encodebytes(PICTURE).rstrip(b"=\n")),
        ("base64", b"", b""),
        ("base64", b"a", b"YQ==\r\n\r\n"),
        ("quoted-printable", PROSE, quopri.encodestring(PROSE)),
        ("identity", PROSE, PROSE),
        ("uuencode", PICTURE, uuencoded(PICTURE)),
        ("yenc", PICTURE, yencoded(PICTURE)),
    ],
)
def test_a_file_arrives_as_it_was_sent(encoding: str, content: bytes, encoded: bytes) -> None:
    """Whatever its encoding and however clean: the same SHA-256 at the other end."""
    file, raw = attach("bilde.png", content, encoding, encoded)
    [(name, kind, found)] = received(file, raw)
    assert (name, kind) == ("bilde.png", "application/pdf")
    assert hashlib.sha256(found).hexdigest() == file.sha256


def test_clean_base64_is_copied_and_not_written_anew() -> None:
    """Lines of an unusual but legal length go through untouched."""
    data = base64.b64encode(PICTURE)
    odd = b"\r\n".join(data[at : at + 60] for at in range(0, len(data), 60)) + b"\r\n"
    file, raw = attach("x.bin", PICTURE, "base64", odd)
    assert odd in write(notice("answer", attachments=(file,)), raw=raw).data


def test_a_file_inside_another_parts_encoding_is_found_there() -> None:
    """A uuencoded picture in a base64 text is passed on as the picture it is."""
    text = b"Hei\n" + uuencoded(PICTURE) + b"Mvh\n"
    file, raw = attach("bilde.png", PICTURE, "base64", base64.encodebytes(text), inside=0)
    assert [found for _, _, found in received(file, raw)] == [PICTURE]


def test_decoration_stays_behind_and_a_mail_goes_as_a_file() -> None:
    """A signature's logo is not passed on; an enclosed mail is no message/rfc822 part (RFC 2046 §5.2.1)."""
    logo, raw = attach("logo.png", PICTURE, "base64", base64.encodebytes(PICTURE), decoration=True)
    assert received(logo, raw) == []
    mail, raw = attach("brev.eml", PROSE, "identity", PROSE, type="message/rfc822")
    assert received(mail, raw) == [("brev.eml", "application/octet-stream", PROSE)]
    odd, raw = attach("x", PROSE, "identity", PROSE, type='text/html; x="\r\nBcc: x@y.example"')
    assert received(odd, raw) == [("x", "application/octet-stream", PROSE)]


@pytest.mark.parametrize("language", ["no", "sv", "en"])
def test_what_does_not_fit_is_named_in_the_text(language: str) -> None:
    """Files go with the mail while they fit together; each other one is named with its size, in the letter's words."""
    big = os.urandom(1024) * 10 * 1024
    encoded = base64.encodebytes(big)
    file, raw = attach("film.mp4", big, "base64", encoded)
    files = tuple(
        Attachment(**{name: getattr(file, name) for name in file.__slots__} | {"name": f"film-{n}.mp4"})
        for n in range(3)
    )
    letter = write(notice("follow-up", language, attachments=files), raw=raw)
    message = parsed(letter)
    assert [part.get_filename() for part in message.iter_attachments()] == ["film-0.mp4"]
    assert len(letter.data) < enclosing.MOST + 100_000
    part = message.get_body(("plain",))
    assert part is not None
    last = part.get_content().strip().splitlines()[-1]
    size = "10.5 MB" if language == "en" else "10,5 MB"
    assert f"film-1.mp4 ({size}), film-2.mp4 ({size})" in last


def test_the_letters_of_a_plan_share_one_room() -> None:
    """The same files are made once for all; when the room is used up, the names alone go, and of no decoration."""
    file, raw = attach("brev.pdf", PICTURE, "base64", base64.encodebytes(PICTURE))
    logo = replace(file, name="logo.png", decoration=True)
    shared = enclosing.Enclosures(room=2 * len(base64.encodebytes(PICTURE)) + 1000)
    one, two, three = (shared.of((file, logo), raw) for _ in range(3))
    assert one is two and [len(each.parts) for each in (one, three)] == [1, 0]
    assert (one.left_out, three.left_out) == ((), (("brev.pdf", len(PICTURE)),))


HOSTILE_NAMES = st.text(
    st.one_of(st.sampled_from("\r\n\x00\"\\/;=%'*å漢🙂\u202e .:_-"), st.characters()), min_size=0, max_size=200
)


@settings(max_examples=500)
@given(HOSTILE_NAMES)
def test_hostile_file_names_arrive_clean(name: str) -> None:
    """The name the other end reads is the cleaned one, and the mail has no part or header more (law W3)."""
    file, raw = attach(name, b"abc", "base64", b"YWJj")
    values = {**sample("assignment", "no"), "attachments": (name,)}
    letter = write(notice("assignment", attachments=(file,), values=values), raw=raw)
    message = parsed(letter)
    [part] = message.iter_attachments()
    assert part.get_filename() == clean_filename(name)
    assert part.keys() == ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]
    assert part.get_payload(decode=True) == b"abc"
    assert letter.data.isascii()


@settings(max_examples=300)
@given(st.binary(max_size=400), st.sampled_from(["base64", "quoted-printable", "identity", "uuencode", "yenc"]))
def test_any_bytes_for_any_encoding_make_a_sound_mail(encoded: bytes, encoding: str) -> None:
    """Bytes that are not what their encoding says become some file, never an exception or a broken mail."""
    file, raw = attach("x.bin", encoded, encoding, encoded)
    assert len(received(file, raw)) == 1


@settings(max_examples=300)
@given(
    st.binary(max_size=300),
    st.integers(1, 22).map(lambda groups: 4 * groups),
    st.integers(0, 500),
    st.sampled_from([b"", b"\r", b"\n", b"=", b"-", b".", b"\x00", b"\r\n", b"A", b" "]),
)
def test_only_base64_is_taken_for_it(content: bytes, width: int, at: int, spoilt: bytes) -> None:
    """Whatever is put into clean base64: what still passes is base64 of CRLF lines, and clean base64 does pass."""
    data = base64.b64encode(content)
    clean = b"".join(data[n : n + width] + b"\r\n" for n in range(0, len(data), width)) or b"\r\n"
    assert is_base64(clean)
    body = clean[:at] + spoilt + clean[at:]
    if is_base64(body):
        lines = body.split(b"\r\n")
        assert lines.pop() == b"" and len({len(line) for line in lines[:-1]}) <= 1
        joined = b"".join(lines)
        assert re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}", joined) and len(joined) % 4 == 0

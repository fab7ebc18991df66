"""What a reader says of a mail: the daemon takes a Mail and nothing else, for the reader has touched hostile bytes."""

import dataclasses
import json
from typing import Any

import pytest

from maild.core.values.mail import Envelope, Mail
from maild.mail.options import DoorTrust, ReadOptions
from maild.mail.read import read
from maild.mail.reader import wire
from tests.kit.raw import ENVELOPE, part, text

RAW = text(
    "Hei på deg 😀\n\nOn Tue, 3 Mar 2026 10:15, Ola <ola@y.example> wrote:\n> Rom: B-214\n",
    "Subject: skriver",
    "Date: Tue, 1 Dec 2026 08:00:00 +0100",
    "In-Reply-To: <a@b.example>",
    "References: <a@b.example> <c@d.example>",
)
FIELDS = [field.name for field in dataclasses.fields(Mail) if field.name != "envelope"]
"""The envelope is the daemon's own and does not come back."""


def told(**changes: Any) -> bytes:
    """What a reader says of the mail, with some of its fields changed."""
    values = json.loads(wire.to_json(read(RAW, ENVELOPE, ReadOptions())))
    for name, value in changes.items():
        values[FIELDS.index(name)] = value
    return json.dumps(values).encode()


def test_a_mail_comes_back_as_it_was() -> None:
    """Every field, dates and nothing among them; the envelope is the daemon's own."""
    mail = read(RAW, ENVELOPE, ReadOptions())
    assert mail.folds and mail.filled and mail.date and mail.references and mail.to
    other = dataclasses.replace(ENVELOPE, sender="evil@x.example")
    assert wire.mail_from(wire.to_json(dataclasses.replace(mail, envelope=other)), ENVELOPE) == mail


def test_files_come_back_as_they_were() -> None:
    """Attachments with their numbers and marks."""
    raw = text("", 'Content-Type: multipart/mixed; boundary="x"')
    raw += b"--x\r\n" + part("a;b", "Content-Type: text/csv; name=a.csv") + b"\r\n--x--\r\n"
    mail = read(raw, ENVELOPE, ReadOptions())
    assert [file.name for file in mail.attachments] == ["a.csv"]
    assert wire.mail_from(wire.to_json(mail), ENVELOPE) == mail


def test_envelope_and_options_come_back_as_they_were() -> None:
    """What the daemon tells a reader."""
    envelope = dataclasses.replace(ENVELOPE, recipients=("it@y.example", "\udce5@y.example"), login="ola", quiet=True)
    assert wire.envelope_from(wire.to_json(envelope)) == envelope
    options = ReadOptions(
        own_domains=frozenset({"a.example", "b.example"}), doors=(DoorTrust(door="smtp", trust="own"),)
    )
    assert wire.options_from(wire.to_json(options)) == options


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject", 1),
        ("subject", None),
        ("size", "1"),
        ("size", True),
        ("size", 1.5),
        ("has_html", 1),
        ("partial", "yes"),
        ("headers", "subject"),
        ("headers", {"subject": "x"}),
        ("headers", ["subject"]),
        ("headers", [["subject"]]),
        ("headers", [["subject", "x", "y"]]),
        ("headers", [["subject", 1]]),
        ("headers", [["subject", None]]),
        ("references", ["<a@b.example>", 1]),
        ("references", [["<a@b.example>"]]),
        ("references", None),
        ("text_shape", [1, "2"]),
        ("text_shape", [1, True]),
        ("text_shape", [1, 1.0]),
        ("date", "yesterday"),
        ("date", 1),
        ("identity", ["a@x.example", "a"]),
        ("identity", [1, "a", "", ""]),
        ("authentication", ["sure", None, None, ""]),
        ("folds", [["poem", "x", 0]]),
        ("folds", [["quote", "x", "0"]]),
        ("to", [["Kari", None]]),
    ],
)
def test_whatever_is_no_mail_is_refused(name: str, value: object) -> None:
    """A value of another type than the field's, however deep, is an error and never a Mail."""
    assert wire.mail_from(told(), ENVELOPE)
    with pytest.raises(ValueError):
        wire.mail_from(told(**{name: value}), ENVELOPE)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"[1]", b"\xff", b"[" * 100_000, b"7" * 5_000])
def test_noise_is_refused(data: bytes) -> None:
    """Too little, too deep, or no JSON at all."""
    with pytest.raises(ValueError):
        wire.mail_from(data, ENVELOPE)


def test_a_field_too_few_or_too_many_is_refused() -> None:
    """The list has exactly the fields of a Mail."""
    values = json.loads(told())
    for wrong in (values[:-1], [*values, None]):
        with pytest.raises(ValueError):
            wire.mail_from(json.dumps(wrong).encode(), ENVELOPE)
    with pytest.raises((ValueError, TypeError)):
        wire.envelope_from(wire.to_json(Envelope(**{**dataclasses.asdict(ENVELOPE), "peer": 7})))

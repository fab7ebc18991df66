"""The last reading: header fields and the raw mail whole, in a moment, whatever the bytes are."""

import hashlib
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.values.mail import Envelope, Mail
from maild.mail import header_reading
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.mail.reader import wire
from tests.mail.bombs import BOMBS, HEAD

ENVELOPE = Envelope(source="smtp", received=datetime(2026, 12, 1, tzinfo=UTC), sender="a@b.example", recipients=())
MAIL = (
    b"Received: from a by b; x\r\nReceived: from c by d; x\r\nDelivered-To: it@desk.example\r\n"
    b"From: =?utf-8?q?K=C3=A5re?= <kare@x.example>\r\nTo: IT <it@desk.example>,\r\n HR <hr@desk.example>\r\n"
    b"Cc: ola@x.example\r\nReply-To: svar@x.example\r\nSubject: =?utf-8?b?c3TDpXIgc3RpbGxl?=\r\n"
    b"Message-ID: <1@x.example>\r\nIn-Reply-To: <0@x.example>\r\nReferences: <a@x.example>\r\n\t<0@x.example>\r\n"
    b"Date: Tue, 1 Dec 2026 08:00:00 +0100\r\nAuto-Submitted: auto-replied\r\nX-Maild-Loop: abc\r\n\r\n"
    b"From: nobody@x.example\r\nhei\r\n"
)
SAME = (
    "sha256", "size", "subject", "message_id", "in_reply_to", "references", "date", "to", "cc", "reply_to",
    "delivered_to", "received_count", "loop", "subject_shape",
)  # fmt: skip
TOKENS = (b"a", b" ", b"\t", b"\r", b"\n", b"<", b">", b"(", b")", b'"', b"\\", b",", b";", b"@", b"=?", b"=", b"\xff")
FIELDS = (
    b"From: ",
    b"To: ",
    b"Subject: ",
    b"References: ",
    b"Message-ID: ",
    b"Date: ",
    b"Content-Type: ",
    b"X-A: ",
    b"",
)


def last(raw: bytes) -> Mail:
    """Read a mail by its header."""
    return header_reading.read(raw, ENVELOPE, "it was too much")


def test_it_says_what_the_header_says() -> None:
    """Every field that threading, routing and the caps on automatic mail stand on is as the full reading has it."""
    found, whole = last(MAIL), read(MAIL, ENVELOPE, ReadOptions())
    for name in SAME:
        assert getattr(found, name) == getattr(whole, name), name
    said = dict(whole.headers)
    assert found.headers and all(said[name] == value for name, value in found.headers if name != "received")
    assert ("auto-submitted", "auto-replied") in found.headers
    assert found.identity.shown == whole.identity.shown == '"Kåre" <kare@x.example>'


def test_it_trusts_and_hides_nothing() -> None:
    """The author is nobody, the verdict unknown, the Mail partial; the raw mail is there whole, as a file."""
    found = last(MAIL)
    assert found.partial and found.defects == ("it was too much",) and found.own_text == found.text == ""
    assert (found.identity.address, found.identity.reason) == (None, "it was too much")
    assert (found.authentication.verdict, found.authentication.reason) == ("unknown", "it was too much")
    (file,) = found.attachments
    assert (file.type, file.start, file.end, file.sha256) == ("message/rfc822", 0, len(MAIL), found.sha256)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.decode() or "body")
def test_it_is_cheap_whatever_is_repeated(field: bytes) -> None:
    """A megabyte of any token, in any field or in the body, costs at most 50 ms of processor beside hashing it."""
    for token in TOKENS:
        for raw in (field + token * (1_000_000 // len(token)), (field + token * 100 + b"\r\n") * 10_000):
            assert cost(raw) <= 0.05, (field, token)


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_cost_it_nothing(name: str) -> None:
    """Every mail made to choke a reader costs it at most 50 ms of processor beside hashing."""
    raw = BOMBS[name]()
    assert cost(raw) <= 0.05
    assert last(raw).subject or not raw.startswith(HEAD)


@given(raw=st.binary(max_size=300) | st.text(alphabet=':<>@=?", \r\nFromTSubject', max_size=400).map(str.encode))
def test_it_never_fails(raw: bytes) -> None:
    """Whatever the bytes, there is a Mail, and it can be told to the daemon."""
    found = last(raw)
    assert wire.mail_from(wire.to_json(found), ENVELOPE) == found


def cost(raw: bytes) -> float:
    """Return the least seconds of processor that it took, less those for the hash, of a few tries."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        last(raw)
        middle = time.process_time()
        hashlib.sha256(raw).hexdigest()
        best = min(best, middle - began - (time.process_time() - middle))
        if best <= 0.05:
            break
    return best

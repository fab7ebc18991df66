"""Small builders for raw mails in tests: every byte is what the test says."""

from datetime import UTC, datetime

from maild.core.values.mail import Envelope, Mail
from maild.mail.options import ReadOptions
from maild.mail.read import read

ENVELOPE = Envelope(
    source="smtp", received=datetime(2026, 12, 1, 8, 0, tzinfo=UTC), sender="a@b.example", recipients=()
)


def text(body: str | bytes, *headers: str | bytes, charset: str = "utf-8") -> bytes:
    """A single-part mail; a header without a colon is Content-Type's value."""
    lines = [header.encode() if isinstance(header, str) else header for header in headers]
    head = [b"From: Kari Moen <kari@x.example>", b"To: it@y.example", b"Message-ID: <1@x.example>", *lines]
    data = body.encode(charset) if isinstance(body, str) else body
    return b"\r\n".join(head) + b"\r\n\r\n" + data


def multi(kind: str, *parts: bytes, boundary: str = "=_b") -> bytes:
    """A multipart body with its Content-Type line first: to be put into another, or below headers by :func:`mail`."""
    inner = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + inner + b"--" + boundary.encode() + b"--\r\n"


def part(body: str | bytes, *headers: str | bytes) -> bytes:
    """One part of a multipart."""
    lines = [header.encode() if isinstance(header, str) else header for header in headers]
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def mail(inner: bytes, subject: str = "hei") -> bytes:
    """Headers above a multipart or a part."""
    head = (
        f"From: Kari Moen <kari@x.example>\r\nSubject: {subject}\r\nMessage-ID: <1@x.example>\r\nMIME-Version: 1.0\r\n"
    )
    return head.encode() + inner


def reading(raw: bytes) -> Mail:
    """Read a mail here, without a child process."""
    result = read(raw, ENVELOPE, ReadOptions())
    assert not any("reading failed" in defect for defect in result.defects), result.defects
    return result


def files(result: Mail) -> list[tuple[str, int]]:
    """Return the names and sizes of the files."""
    return [(file.name, file.size) for file in result.attachments]

"""A letter of ours once more, without its files: their names and sizes stand below its text instead (law W15).

It is taken out of the bytes of the first one, which this house wrote and proved, so that it says the very same.
"""

from __future__ import annotations

import base64
import binascii
import quopri
from collections.abc import Iterable
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import default

from maild.core.plan import Notice
from maild.letters import encode, plain, prove
from maild.letters.clean import clean_filename, clean_text

_ANEW = ("message-id", "date", "mime-version", "content-type", "content-transfer-encoding")
_HEADERS = BytesHeaderParser(policy=default)
MOST_NAMED = 50


def left_out(files: Iterable[tuple[str, int]], language: str) -> str:
    """Name the files that a letter goes without, each with its size."""
    named = ", ".join(f"{name} ({size_of(size, language)})" for name, size in files)
    return f"[{plain.sentence('left out', language, files=named)}]"


def size_of(octets: int, language: str) -> str:
    """Say a size as people do."""
    if octets < 1_000_000:
        return f"{max(1, octets // 1000)} kB"
    size = f"{octets / 1_000_000:.1f} MB"
    return size if language == "en" else size.replace(".", ",")


def without_files(data: bytes, notice: Notice, language: str, now: datetime) -> bytes | None:
    """Write the letter anew, with the id and date of this notice; None when it is not one of ours with files."""
    head, _, rest = data.partition(b"\r\n\r\n")
    parts = _parts(head, rest)
    if len(parts) < 2:
        return None
    text = _text(parts[0])
    if text is None:
        return None
    files = [_file(part) for part in parts[1:]][:MOST_NAMED]
    fields = [field for field in _fields(head) if _name(field).lower() not in _ANEW]
    fields += [encode.date(now)[:-2], f"Message-ID: {notice.message_id}".encode(), b"MIME-Version: 1.0"]
    written = clean_text(f"{text.rstrip()}\n\n{left_out(files, language)}")
    body = encode.body(written)
    light = b"\r\n".join([*fields, b""]) + body
    names = [_name(field) for field in fields] + ["Content-Type", "Content-Transfer-Encoding"]
    mailboxes = {"To": encode.address_spec(notice.to)}
    wrong = prove.flaw(light, names=names, mailboxes=mailboxes, boundary="", parts=1)
    return None if wrong is not None else light


def _parts(head: bytes, rest: bytes) -> list[bytes]:
    """Split what stands below the fields into its parts, by the boundary that we wrote."""
    _, mark, after = head.partition(b'boundary="')
    boundary, end, _ = after.partition(b'"')
    if not mark or not end:
        return []
    return [part.removeprefix(b"\r\n") for part in rest.split(b"--" + boundary)[1:-1]]


def _fields(head: bytes) -> list[bytes]:
    """Return each header field with its foldings."""
    fields: list[bytes] = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    return fields


def _name(field: bytes) -> str:
    return field.partition(b":")[0].decode("ascii", "replace")


def _text(part: bytes) -> str | None:
    """Return the plain text of the first part, which may stand beside the same in HTML."""
    head, _, body = part.partition(b"\r\n\r\n")
    if b"multipart/alternative" in head:
        inner = _parts(head, body)
        return _text(inner[0]) if inner else None
    encoding = str(_HEADERS.parsebytes(head + b"\r\n\r\n").get("Content-Transfer-Encoding", "7bit")).lower()
    try:
        if encoding == "base64":
            body = base64.b64decode(body)
        elif encoding == "quoted-printable":
            body = quopri.decodestring(body)
    except binascii.Error:
        return None
    return body.decode("utf-8", "replace").replace("\r\n", "\n")


def _file(part: bytes) -> tuple[str, int]:
    """Return a file's name and size."""
    head, _, body = part.partition(b"\r\n\r\n")
    name = _HEADERS.parsebytes(head + b"\r\n\r\n").get_filename() or ""
    octets = len(body) - 2 * body.count(b"\r\n")
    return clean_filename(str(name)), octets * 3 // 4

"""Pass on files of a received mail: its encoded bytes go through as they are where they are clean base64.

``enclose`` picks what fits; the rest is named to the reader (``Enclosed.left_out``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from maild.core.mail import Attachment
from maild.mail import encode
from maild.mail.attachments import content
from maild.mail.clean import clean_filename
from maild.mail.prove import has_long_line

MOST = 25 * 1024 * 1024
"""Encoded octets of all files of one mail together: what most servers take."""

_TYPE = re.compile(
    r"(?!message/|multipart/)[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}"
)
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """The files that go with a mail, as finished parts, and those that did not fit."""

    parts: tuple[bytes, ...]
    left_out: tuple[tuple[str, int], ...]
    """Name and size in bytes."""


def enclose(files: Sequence[Attachment], raw: bytes) -> Enclosed:
    """Make a part of every file the writer sent (not of decoration), in order, as long as they fit together."""
    parts: list[bytes] = []
    left_out: list[tuple[str, int]] = []
    room = MOST
    for file in files:
        if file.decoration:
            continue
        part = _part(file, raw) if file.size <= MOST else None
        if part is None or len(part) > room:
            left_out.append((clean_filename(file.name), file.size))
            continue
        room -= len(part)
        parts.append(part)
    return Enclosed(parts=tuple(parts), left_out=tuple(left_out))


def _part(file: Attachment, raw: bytes) -> bytes:
    """Write one file as a part: base64 that is clean already is copied, everything else is decoded and written anew."""
    plain_base64 = file.encoding == "base64" and file.inside is None
    body = _copied(raw[file.start : file.end]) if plain_base64 else None
    if body is None:
        body = encode.wrapped(content(raw, file))
    # A message/rfc822 part may not be base64 (RFC 2046 §5.2.1), so it goes as the file it is.
    kind = file.type.lower() if _TYPE.fullmatch(file.type) else "application/octet-stream"
    fields = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment{encode.filename(clean_filename(file.name))}\r\n\r\n"
    )
    return fields.encode("ascii") + body


def _copied(encoded: bytes) -> bytes | None:
    """Return clean base64 as it is (line ends made CRLF); None when it must be decoded and written anew."""
    junk = encoded.translate(None, _ALPHABET)
    padding = junk.count(b"=")
    if padding > 2 or not encoded.rstrip(b"\r\n").endswith(b"=" * padding):
        return None
    ends, feeds = junk.count(b"\r\n"), junk.count(b"\n")
    returns = junk.count(b"\r")
    if padding + feeds + returns != len(junk) or (len(encoded) - feeds - returns) % 4:
        return None
    if not ends == feeds == returns:
        encoded = encoded.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    encoded = encoded.strip(b"\r\n") + b"\r\n"
    return None if has_long_line(encoded) else encoded

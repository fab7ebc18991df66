"""Pass on files of a received mail: its encoded bytes go through as they are where they are clean base64.

``enclose`` picks what fits; the rest is named to the reader (``Enclosed.left_out``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from maild.core.values.mail import Attachment
from maild.letters import encode
from maild.letters.clean import clean_filename
from maild.letters.prove import is_base64
from maild.mail.mime.attachments import Contents

MOST = 25 * 1024 * 1024
"""Encoded octets of all files of one mail together: what most servers take."""
MOST_TOGETHER = 80 * 1024 * 1024
"""The same of all the letters of one plan, which are in memory and in one transaction together."""

_TYPE = re.compile(
    r"(?!message/|multipart/)[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A finished part."""

    fields: bytes
    """Its Content fields and the empty line."""
    body: bytes
    """Base64 in CRLF lines and nothing else (``prove.is_base64``), so that the whole mail's proof can leave it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """The files that go with a mail, as finished parts, and those that did not fit."""

    parts: tuple[Part, ...]
    left_out: tuple[tuple[str, int], ...]
    """Name and size in bytes."""


class Enclosures:
    """What goes with the letters of one plan: the same files are made into parts once, and all together have a bound.

    A group of fifteen would else hold a large mail's files fifteen times over while it is told.
    """

    def __init__(self, room: int = MOST_TOGETHER) -> None:
        self._room = room
        self._made: dict[tuple[int, tuple[Attachment, ...]], tuple[bytes, Enclosed]] = {}

    def of(self, files: tuple[Attachment, ...], raw: bytes) -> Enclosed:
        """Return the parts of files of a raw mail; beyond the bound their names alone."""
        key = (id(raw), files)
        if key not in self._made:
            self._made[key] = (raw, enclose(files, raw))  # the mail stays, and so its id
        made = self._made[key][1]
        size = sum(len(part.body) for part in made.parts)
        if size > self._room:
            return Enclosed(
                parts=(), left_out=tuple((clean_filename(f.name), f.size) for f in files if not f.decoration)
            )
        self._room -= size
        return made


def enclose(files: Sequence[Attachment], raw: bytes) -> Enclosed:
    """Make a part of every file the writer sent (not of decoration), in order, as long as they fit together."""
    parts: list[Part] = []
    left_out: list[tuple[str, int]] = []
    room, found = MOST, Contents(raw)
    for file in files:
        if file.decoration:
            continue
        part = _part(file, raw, found) if file.size <= MOST else None
        size = 0 if part is None else len(part.fields) + len(part.body)
        if part is None or size > room:
            left_out.append((clean_filename(file.name), file.size))
            continue
        room -= size
        parts.append(part)
    return Enclosed(parts=tuple(parts), left_out=tuple(left_out))


def _part(file: Attachment, raw: bytes, found: Contents) -> Part:
    """Write one file as a part: base64 that is clean already is copied, everything else is decoded and written anew."""
    plain_base64 = file.encoding == "base64" and file.inside is None
    body = _copied(raw, file.start, file.end) if plain_base64 else None
    if body is None:
        body = encode.wrapped(found.of(file))
    # A message/rfc822 part may not be base64 (RFC 2046 §5.2.1), so it goes as the file it is.
    kind = file.type.lower() if _TYPE.fullmatch(file.type) else "application/octet-stream"
    fields = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment{encode.filename(clean_filename(file.name))}\r\n\r\n"
    )
    return Part(fields.encode("ascii"), body)


def _copied(raw: bytes, start: int, end: int) -> bytes | None:
    """Return clean base64 as it is (line ends made CRLF); None when it must be decoded and written anew."""
    encoded = raw[start : end + 2]  # with the line end in front of the boundary, which is not the part's (RFC 2046)
    if is_base64(encoded):
        return encoded
    encoded = raw[start:end].strip(b"\r\n") + b"\r\n"
    if is_base64(encoded):
        return encoded
    encoded = encoded.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return encoded if is_base64(encoded) else None

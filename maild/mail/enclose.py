"""Pass on files of a received mail: its encoded bytes go through as they are where they are clean base64.

``enclose`` picks what fits; the rest is named to the reader (``Enclosed.left_out``).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maild.core.mail import Attachment
from maild.mail import encode
from maild.mail.clean import clean_filename

MOST = 25 * 1024 * 1024
"""Encoded octets of all files of one mail together: what most servers take."""

_TYPE = re.compile(
    r"(?!message/|multipart/)[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}"
)
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_ALPHABET = bytes(byte for byte in range(256) if byte not in _ALPHABET and byte != 0x3D)
_LONG_LINE = re.compile(rb"(?:\A|\n)[^\n]{999}")
_TNEF, _OLE = b"\x78\x9f\x3e\x22", b"\xd0\xcf\x11\xe0"


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
    for file in _whole(files):
        if not 0 <= file.start <= file.end <= len(raw) or (file.end - file.start) > 2 * MOST:
            left_out.append((clean_filename(file.name), file.size))
            continue
        part = _part(file, raw[file.start : file.end])
        if len(part) > room:
            left_out.append((clean_filename(file.name), file.size))
            continue
        room -= len(part)
        parts.append(part)
    return Enclosed(parts=tuple(parts), left_out=tuple(left_out))


def _whole(files: Sequence[Attachment]) -> Iterator[Attachment]:
    """Leave out decoration; take a container once, whole, for all the files found inside it."""
    seen = {(file.start, file.end) for file in files if file.inside is None}
    for file in files:
        place = (file.start, file.end)
        if file.inside is not None:
            if place in seen:
                continue
            seen.add(place)
        elif file.decoration:
            continue
        yield file


def _part(file: Attachment, encoded: bytes) -> bytes:
    name, kind = clean_filename(file.name), file.type
    body = _copied(encoded) if file.encoding == "base64" else None
    if body is None or file.inside is not None:
        data = decoded(file.encoding, encoded)
        if file.inside is not None:
            name, kind = _container(data)
        body = encode.wrapped(data) if body is None else body
    # A message/rfc822 part may not be base64 (RFC 2046 §5.2.1), so it goes as the file it is.
    kind = kind.lower() if _TYPE.fullmatch(kind) else "application/octet-stream"
    fields = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment{encode.filename(name)}\r\n\r\n"
    )
    return fields.encode("ascii") + body


def _container(data: bytes) -> tuple[str, str]:
    if data.startswith(_TNEF):
        return "winmail.dat", "application/ms-tnef"
    if data.startswith(_OLE):
        return "message.msg", "application/vnd.ms-outlook"
    return "container.bin", "application/octet-stream"


def _copied(encoded: bytes) -> bytes | None:
    """Return clean base64 as it is (line ends made CRLF); None when it must be decoded and written anew."""
    junk = encoded.translate(None, _ALPHABET)
    if junk.strip(b"\r\n").strip(b"=") or b"=" in encoded.rstrip(b"\r\n=") or _LONG_LINE.search(encoded):
        return None
    if (len(encoded) - len(junk) + junk.count(b"=")) % 4 or junk.count(b"=") > 2:
        return None
    if not junk.count(b"\r\n") == junk.count(b"\n") == junk.count(b"\r"):
        encoded = encoded.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return encoded.strip(b"\r\n") + b"\r\n"


def decoded(encoding: str, data: bytes) -> bytes:
    """Decode a body; total: what is broken is decoded as far as it goes (RFC 2045 §6; uuencode; yEnc 1.3)."""
    if encoding == "base64":
        return _base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding == "uuencode":
        return _uuencode(data)
    if encoding == "yenc":
        return _yenc(data)
    return data


def _base64(data: bytes) -> bytes:
    kept = data.translate(None, _NOT_ALPHABET)
    try:
        return binascii.a2b_base64(kept + b"==")
    except binascii.Error:  # one character too many at the end
        return binascii.a2b_base64(kept.rstrip(b"=")[:-1] + b"==")


def _uuencode(data: bytes) -> bytes:
    found = bytearray()
    for line in data.splitlines():
        if line.startswith(b"begin ") or not line:
            continue
        if line.strip() == b"end":
            break
        try:
            found += binascii.a2b_uu(line)
        except binascii.Error:  # trailing rubbish: take as many octets as the line says (as uuencoders of old need)
            octets = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                found += binascii.a2b_uu(line[:octets])
            except binascii.Error:
                continue
    return bytes(found)


_LESS_42 = bytes((byte - 42) % 256 for byte in range(256))


def _yenc(data: bytes) -> bytes:
    lines = [
        line
        for line in data.replace(b"\r\n", b"\n").split(b"\n")
        if not line.startswith((b"=ybegin ", b"=ypart ", b"=yend "))
    ]
    escaped = re.sub(rb"(?s)=(.)", lambda match: bytes([(match[1][0] - 64) % 256]), b"".join(lines))
    return escaped.translate(_LESS_42)

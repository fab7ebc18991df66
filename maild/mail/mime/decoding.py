"""Transfer encodings undone, whatever is broken in them (RFC 2045 §6, and uuencode and yEnc of old)."""

from __future__ import annotations

import binascii
import re

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOISE = bytes(byte for byte in range(256) if byte not in _LETTERS)
_QUIET = _LETTERS + b"= \t\r\n\v\f"
_PADDED = re.compile(rb"[^=]+=*")
_UU_LINE = re.compile(rb"[^\r\n]+")
_MOST_PIECES = 10_000
_BASE64 = _LETTERS + b"="
_RETURNS = re.compile(rb"\r+\n?")
_LOOK = 4096
_SHORT = 200
_SHORTEST_LINE = 20
_UU_BEGIN = re.compile(rb"(?m)^begin(?:-base64)? ([0-7]{3,4}) ?([^\r\n]*)\r?$")


def decode(data: bytes, encoding: str) -> bytes:
    """Return the content of an encoded body; never raises, keeps what can be read."""
    if encoding == "base64":
        return base64(data)
    if encoding == "quoted-printable":
        return quoted_printable(data)
    if encoding == "uuencode":
        return uuencode(data)
    if encoding == "yenc":
        return yenc(data)
    return data


def text(data: bytes, encoding: str) -> bytes:
    """Return the content of an encoded text; words that were never encoded, whatever their header says, stay."""
    if encoding == "base64" and _was_never_base64(data):
        return data
    return decode(data, encoding)


def _was_never_base64(data: bytes) -> bool:
    """Tell by the first lines whether a body is plain words: base64 has no spaces and hardly another sign."""
    lines = [line for line in data[:_LOOK].replace(b"\r", b"\n").split(b"\n") if line.strip()][:3]
    foreign = [len(line.strip().translate(None, _BASE64)) for line in lines]
    if not lines:
        return False
    first = lines[0].strip()
    if foreign[0] == 0 and (len(first) >= _SHORTEST_LINE or (first[-1:] == b"=" and len(first) % 4 == 0)):
        return False
    if any(foreign):
        return 20 * sum(foreign) >= sum(map(len, lines))
    return len(data) <= _SHORT and b"=" not in data and not _is_text(base64(data))


def _is_text(data: bytes) -> bool:
    try:
        return data.decode("utf-8").replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable()
    except UnicodeDecodeError:
        return False


def quoted_printable(data: bytes) -> bytes:
    """Decode quoted-printable; the standard library takes a line that ends with a lone CR for one without an end."""
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        data = _RETURNS.sub(b"\n", data)
    return binascii.a2b_qp(data)


def base64(data: bytes) -> bytes:
    """Decode base64: line noise is passed over, a missing end is made up, several padded pieces are joined."""
    mark = data.find(b"=")
    if mark == -1 or not data[mark:].strip(b"=\r\n\t "):
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            return _repaired(data)
    found: list[bytes] = []
    if data.count(b"=") > _MOST_PIECES:
        return _repaired(data)
    for piece in _PADDED.findall(data):
        if found and (len(piece) < 4 or piece.translate(None, _QUIET)):
            break  # a footer that somebody put below
        found.append(_repaired(piece))
    return b"".join(found)


def _repaired(piece: bytes) -> bytes:
    letters = piece.translate(None, _NOISE)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def uuencode(data: bytes) -> bytes:
    """Decode a uuencoded block, with its begin line or without."""
    begin = _UU_BEGIN.search(data)
    if begin is not None and data[begin.start() :].startswith(b"begin-base64"):
        return base64(data[begin.end() :].split(b"====", 1)[0])
    out = bytearray()
    for match in _UU_LINE.finditer(data, begin.end() if begin is not None else 0):
        line = match[0]
        if line in (b"end", b"`", b" "):
            break
        out += _uu_line(line)
    return bytes(out)


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:  # trailing blanks cut off or a checksum letter: trust the length letter
        count = ((line[0] - 32) & 63) * 4 // 3 + 5
        try:
            return binascii.a2b_uu(line[:count])
        except binascii.Error:
            return b""


_YENC_LINE = re.compile(rb"(?m)^=y(?:begin|part|end)[^\r\n]*\r?\n?")
_ESCAPED = re.compile(rb"=(.)", re.DOTALL)
_PIECE = 64 * 1024
_UNESCAPED = [bytes(((byte - 64) & 0xFF,)) for byte in range(256)]
_UNSHIFT = bytes((byte - 42) & 0xFF for byte in range(256))


def _unescaped(match: re.Match[bytes]) -> bytes:
    return _UNESCAPED[match[1][0]]


def yenc(data: bytes) -> bytes:
    """Decode a yEnc block (yenc.org draft 1.3)."""
    body = _YENC_LINE.sub(b"", data, 1000).translate(None, b"\r\n")
    out, at = bytearray(), 0
    while at < len(body):
        end = min(at + _PIECE, len(body))
        end += body[end - 1 : end] == b"="
        out += _ESCAPED.sub(_unescaped, body[at:end])
        at = end
    return bytes(out.translate(_UNSHIFT))

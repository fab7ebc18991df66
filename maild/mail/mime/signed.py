"""S/MIME signed opaquely (RFC 8551 §3.5.2): the words are wrapped in the signature, not encrypted, and need no key.

A small reader of our own for the few elements on the way to the content (RFC 5652 §5.1), in DER and in BER with lengths
that are not told: one pass forward, every length held against what is really there. Whether the signature holds is
nobody's question here.
"""

from __future__ import annotations

from maild.mail import caps
from maild.mail.mime import decoding, structure
from maild.mail.mime.headers import fields
from maild.mail.mime.structure import Part
from maild.mail.spending import Spending

TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNED_DATA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
_SEQUENCE, _INTEGER, _SET, _OID, _EXPLICIT = 0x30, 0x02, 0x31, 0x06, 0xA0
_OCTETS, _OCTETS_IN_PIECES = 0x04, 0x24
_UNTOLD = -1
_DEEPEST = 16


def content(data: bytes) -> bytes | None:
    """Return what was signed, or None when this is no opaquely signed content."""
    if data[:1] != b"\x30" or data.find(_SIGNED_DATA, 0, 32) < 0:
        return None
    try:
        at, end = _enter(data, 0, len(data), _SEQUENCE)
        at, end = _enter(data, _after(data, at, end, _OID), end, _EXPLICIT)
        at, end = _enter(data, at, end, _SEQUENCE)
        at = _after(data, _after(data, at, end, _INTEGER), end, _SET)
        at, end = _enter(data, at, end, _SEQUENCE)
        at, end = _enter(data, _after(data, at, end, _OID), end, _EXPLICIT)
        return _octets(data, at, end)
    except (ValueError, IndexError):
        return None


def _element(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return the tag of an element, where its content begins, and where it ends or :data:`_UNTOLD`."""
    tag, first = data[at], data[at + 1]
    at += 2
    if first == 0x80:
        return tag, at, _UNTOLD
    length = first
    if first > 0x80:
        count = first & 0x7F
        if count > 4:
            raise ValueError("a length that no mail has")
        length = int.from_bytes(data[at : at + count], "big")
        at += count
    if tag & 0x1F == 0x1F or at + length > end:
        raise ValueError("not whole")
    return tag, at, at + length


def _enter(data: bytes, at: int, end: int, expected: int) -> tuple[int, int]:
    """Return where the content of an element begins, and what it cannot go beyond."""
    tag, start, stop = _element(data, at, end)
    if tag != expected:
        raise ValueError("another element")
    return start, end if stop == _UNTOLD else stop


def _after(data: bytes, at: int, end: int, expected: int | None = None, depth: int = 0) -> int:
    """Return what stands behind an element."""
    tag, start, stop = _element(data, at, end)
    if expected is not None and tag != expected:
        raise ValueError("another element")
    if stop != _UNTOLD:
        return stop
    if depth > _DEEPEST:
        raise ValueError("too deep")
    while data[start : start + 2] != b"\0\0":
        start = _after(data, start, end, None, depth + 1)
    return start + 2


def _octets(data: bytes, at: int, end: int) -> bytes:
    """Return the octets of a string, in one piece or in pieces, which may be in pieces themselves."""
    pieces: list[bytes] = []
    _into(pieces, data, at, end, 0)
    return b"".join(pieces)


def _into(pieces: list[bytes], data: bytes, at: int, end: int, depth: int) -> int:
    """Add the octets of a string, and return what stands behind it."""
    tag, start, stop = _element(data, at, end)
    if tag == _OCTETS and stop != _UNTOLD:
        pieces.append(data[start:stop])
        return stop
    if tag != _OCTETS_IN_PIECES or depth > _DEEPEST:
        raise ValueError("another element")
    last = end if stop == _UNTOLD else stop
    while start < last and data[start : start + 2] != b"\0\0":
        start = _into(pieces, data, start, last, depth + 1)
    return start + 2 if stop == _UNTOLD else stop


def entity(inner: bytes, spending: Spending) -> Part | None:
    """Return the tree of what was signed, or None when it is no part of a mail: a document, for instance.

    Raises:
        caps.Capped: when it is nested too deep, or has too many parts or fields.

    """
    if caps.header_problem(inner) is not None:
        return None
    head, start = fields(inner, 0, len(inner))
    if not any(name.startswith("content-") or name == "mime-version" for name, _ in head):
        return None
    spending.take_fields(len(head))
    return structure.split(inner, head, start, spending)[0]


def leaves(root: Part) -> list[Part]:
    """Return the parts without parts, in order: a file inside is known by its place among them."""
    return [part for part in root.whole() if not part.parts and part.main != "multipart"]


def files(data: bytes) -> list[bytes]:
    """Return the decoded content of each leaf of what was signed; none when there is nothing to open."""
    inner = content(data)
    root = None if inner is None else entity(inner, Spending())
    if inner is None or root is None:
        return []
    return [decoding.decode(inner[part.start : part.end], part.encoding) for part in leaves(root)]

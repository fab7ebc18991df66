"""Read back a mail we composed, by other means than it was written, before it may be queued (law W4).

Cheap enough for every mail: what is checked is that nothing got in that was not meant. ``flaw`` returns the first
thing wrong in words, None when the mail is as intended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from maild.core.deliveries.delivery import has_bare

_VALUE = rb"[^\x00-\x1f\x7f]*(?:\r\n[ \t][^\x00-\x1f\x7f]*[!-~\x80-\xff][^\x00-\x1f\x7f]*)*\r\n"
_FIELD = re.compile(rb"([A-Za-z][A-Za-z0-9-]*): " + _VALUE)
_PHRASE_WORD = rb"\"(?:[^\"\\\r\n]|\\[ -~])*\"|[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_SPEC = rb"[^\s<>,;\"]+|\"(?:[^\"\\\r\n]|\\[ -~])*\"@[^\s<>,;\"]+"
_MAILBOX = re.compile(rb"[A-Za-z-]+:(?:\s+(?:" + _PHRASE_WORD + rb"))*\s+<(" + _SPEC + rb")>\r\n")
_BARE_MAILBOX = re.compile(rb"[A-Za-z-]+: (" + _SPEC + rb")\r\n")
_EMPTY_GROUP = re.compile(rb"[A-Za-z-]+: undisclosed-recipients:;\r\n")
_HARMLESS = bytes(range(0x20, 0x100)) + b"\t\r\n"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
LONGEST_LINE = 998
"""Octets before CRLF (RFC 5322 §2.1.1)."""


def flaw(
    data: bytes, *, names: Sequence[str], mailboxes: Mapping[str, str | None], boundary: str, parts: int
) -> str | None:
    """Return what is wrong with a composed mail.

    Args:
        data: the whole mail, or all of it but the bodies of enclosed files, each proved by ``is_base64``.
        names: the header names intended, in order.
        mailboxes: the one address each address field must hold, as written (None: the empty group).
        boundary: of the outermost multipart; empty for a mail of one part.
        parts: how many parts that has.

    """
    if has_bare(data):
        return "a bare CR or LF"
    if data.translate(None, _HARMLESS):
        return "a control character"
    if has_long_line(data):
        return "a line of more than 998 octets"
    match = _header(tuple(names), tuple(mailboxes)).match(data)
    if match is None:
        return _where(data, names)
    for field, (name, address) in zip(match.groups(), mailboxes.items(), strict=True):
        if (wrong := _address(field, address)) is not None:
            return f"{name} {wrong}"
    if boundary and not _parts_are(data, match.end() - 2, boundary.encode(), parts):
        return "its parts are not those intended"
    return None


@lru_cache(maxsize=256)
def _header(names: tuple[str, ...], captured: tuple[str, ...]) -> re.Pattern[bytes]:
    """Return the pattern of a whole header: exactly these fields in this order and the empty line after them."""
    assert [name for name in names if name in captured] == list(captured)
    fields = (
        b"(%s: %s)" % (name.encode(), _VALUE) if name in captured else b"%s: %s" % (name.encode(), _VALUE)
        for name in names
    )
    return re.compile(b"".join(fields) + rb"\r\n")


def _where(data: bytes, names: Sequence[str]) -> str:
    """Say where a header is not as intended."""
    at = 0
    for name in names:
        match = _FIELD.match(data, at)
        if match is None or match[1] != name.encode():
            return f"the header is not {name} where it should be"
        at = match.end()
    return "a header that was not intended"


def has_long_line(data: bytes) -> bool:
    """Tell whether a line is longer than RFC 5322 allows, by jumps from line end to line end as far as one may be."""
    at, end = 0, len(data)
    while end - at > LONGEST_LINE:
        found = data.rfind(b"\n", at, at + LONGEST_LINE + 2)
        if found < 0:
            return True
        at = found + 1
    return False


def is_base64(body: bytes) -> bool:
    """Tell whether these are CRLF lines of base64, all as long as the first but the last, and nothing else.

    Such a body holds no control character, no bare CR or LF, no dot at a line's start and no boundary. Every octet is
    looked at once: what is not of the alphabet must be the line ends, and those stand where the first one says.
    """
    width = body.find(b"\r\n")
    if width <= 0:
        return body == b"\r\n"
    step = width + 2
    whole = len(body) // step
    end = whole * step
    last = end < len(body)
    padding = body.count(b"=", -4)
    ends = b"\r\n" * (whole - 1 + last) + b"=" * padding + b"\r\n"
    return (
        width <= LONGEST_LINE
        and padding <= 2
        and body.endswith(b"=" * padding + b"\r\n")
        and body[width:end:step] == b"\r" * whole
        and body[width + 1 : end : step] == b"\n" * whole
        and body.translate(None, _ALPHABET) == ends
        and (len(body) - len(ends) + padding) % 4 == 0
    )


@lru_cache(maxsize=1024)
def _address(field: bytes, expected: str | None) -> str | None:
    if expected is None:
        return None if _EMPTY_GROUP.fullmatch(field) else "should be empty"
    match = _MAILBOX.fullmatch(field) or _BARE_MAILBOX.fullmatch(field)
    if match is None:
        return "does not hold exactly one address"
    return None if match[1] == expected.encode() else "holds another address"


def _parts_are(data: bytes, start: int, boundary: bytes, parts: int) -> bool:
    opened = data.count(b"\r\n--" + boundary + b"\r\n", start)
    return (
        opened == parts
        and data.count(b"\r\n--" + boundary, start) == parts + 1
        and data.endswith(b"\r\n--" + boundary + b"--\r\n")
    )

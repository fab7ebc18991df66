"""Read back a mail we composed, by other means than it was written, before it may be queued (MAIL §6, FAULTS P8, S2).

Cheap enough for every mail: what is checked is that nothing got in that was not meant. ``flaw`` returns the first
thing wrong in words, None when the mail is as intended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_FIELD = re.compile(
    rb"([A-Za-z][A-Za-z0-9-]*): [^\x00-\x1f\x7f]*(?:\r\n[ \t][^\x00-\x1f\x7f]*[!-~\x80-\xff][^\x00-\x1f\x7f]*)*\r\n"
)
_PHRASE_WORD = rb"\"(?:[^\"\\\r\n]|\\[ -~])*\"|[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_SPEC = rb"[^\s<>,;\"]+|\"(?:[^\"\\\r\n]|\\[ -~])*\"@[^\s<>,;\"]+"
_MAILBOX = re.compile(rb"[A-Za-z-]+:(?:\s+(?:" + _PHRASE_WORD + rb"))*\s+<(" + _SPEC + rb")>\r\n")
_BARE_MAILBOX = re.compile(rb"[A-Za-z-]+: (" + _SPEC + rb")\r\n")
_EMPTY_GROUP = re.compile(rb"[A-Za-z-]+: undisclosed-recipients:;\r\n")
_HARMLESS = bytes(range(0x20, 0x100)) + b"\t\r\n"
LONGEST_LINE = 998
"""Octets before CRLF (RFC 5322 §2.1.1)."""


def flaw(
    data: bytes, *, names: Sequence[str], mailboxes: Mapping[str, str | None], boundary: str, parts: int
) -> str | None:
    """Return what is wrong with a composed mail.

    Args:
        data: the whole mail.
        names: the header names intended, in order.
        mailboxes: the one address each address field must hold, as written (None: the empty group).
        boundary: of the outermost multipart; empty for a mail of one part.
        parts: how many parts that has.

    """
    if not data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r"):
        return "a bare CR or LF"
    if data.translate(None, _HARMLESS):
        return "a control character"
    if _has_long_line(data):
        return "a line of more than 998 octets"
    at, found = 0, []
    for name in names:
        match = _FIELD.match(data, at)
        if match is None or match[1] != name.encode():
            return f"the header is not {name} where it should be"
        if name in mailboxes:
            found.append(name)
            if (wrong := _address(match[0], mailboxes[name])) is not None:
                return f"{name} {wrong}"
        at = match.end()
    if data[at : at + 2] != b"\r\n":
        return "a header that was not intended"
    if len(found) != len(mailboxes):
        return "an address field is missing"
    if boundary and not _parts_are(data, at, boundary.encode(), parts):
        return "its parts are not those intended"
    return None


def _has_long_line(data: bytes) -> bool:
    """Jump from line end to line end, as far as a line may be long."""
    at, end = 0, len(data)
    while at < end:
        found = data.rfind(b"\r\n", at, at + LONGEST_LINE + 2)
        if found < 0:
            return True
        at = found + 2
    return False


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

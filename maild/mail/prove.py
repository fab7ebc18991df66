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
_LONG_LINE = re.compile(rb"\n[^\n]{999}")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


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
    if _CONTROL.search(data) is not None:
        return "a control character"
    if _LONG_LINE.search(data) is not None:
        return "a line of more than 998 octets"
    at, found = 0, []
    for name in names:
        match = _FIELD.match(data, at)
        if match is None or match[1] != name.encode():
            return f"the header is not {name} where it should be"
        if len(match[0]) > 998 and max(map(len, match[0].split(b"\r\n"))) > 998:
            return f"{name} is too long"
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

"""The tree of a mail's parts and where each one's bytes are in the raw mail (RFC 2046), read once and capped.

Only boundaries are looked for; no byte of a body is copied or decoded here. What email.* needs two thousand nested
parts or a megabyte of parameters to choke on ends at the caps (law R5). An attached mail (message/rfc822) is walked
too, so that its text can be looked at, but it never adds to the text of the mail that carries it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import Message
from typing import Literal

from maild.mail import caps
from maild.mail.mime import charset
from maild.mail.mime.headers import Field, Params, fields, parameters
from maild.mail.mime.text import clean_line
from maild.mail.spending import Spending

Encoding = Literal["base64", "quoted-printable", "identity", "uuencode", "yenc"]

_BROKEN_BOUNDARY = re.compile(rb"(?:^|\n)--([^\s-][^\r\n]{0,200})\r?\n(?=[!-9;-~]{1,200}:)")
_TYPE = re.compile(r"([!#$%&'*+.^_`|~0-9a-z-]+)/([!#$%&'*+.^_`|~0-9a-z-]+)")
_SPACES = re.compile(rb"[ \t]*")
_PLAIN_CHARSETS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "windows-1252"})
_NEAR = 4096
_TOO_MANY_LINES = 20_000
"""So many lines that only begin like a boundary are an attack on the splitter."""
_REPORT = caps.HEADER_BYTES
"""Octets of a report's fields that are read."""
_PAYLOAD = 1_000_000
"""Octets of a text that whoever looks for a report gets; what is said there is said at its beginning."""
_LONG_FIELD = 1_000


@dataclass(slots=True, eq=False)
class Part:
    """One part: its header fields and the half-open range of its body in the raw mail."""

    fields: list[Field]
    start: int
    end: int
    depth: int = 0
    type: str = "text/plain"
    params: Params = field(default_factory=dict)
    disposition: str = ""
    disposition_params: Params = field(default_factory=dict)
    encoding: Encoding = "identity"
    """Content-Transfer-Encoding, made sense of."""
    parts: list[Part] = field(default_factory=list)
    attached: Part | None = None
    """The mail inside a message/rfc822 part."""
    parent: Part | None = None

    @property
    def main(self) -> str:
        """The first half of the type."""
        return self.type.partition("/")[0]

    def header(self, name: str) -> bytes | None:
        """Return the raw value of the first field of this name."""
        for found, value in self.fields:
            if found == name:
                return value
        return None

    def whole(self) -> list[Part]:
        """Return this part and all below it in order; attached mails are not entered."""
        found, waiting = [], [self]
        while waiting:
            part = waiting.pop()
            found.append(part)
            waiting.extend(reversed(part.parts))
        return found


@dataclass(slots=True)
class _Budget:
    spending: Spending
    parts: int = 0
    defects: list[str] = field(default_factory=list)


def split(raw: bytes, head: list[Field], start: int, spending: Spending | None = None) -> tuple[Part, tuple[str, ...]]:
    """Return the tree of a mail whose header has been read, and what is wrong with it.

    Raises:
        caps.Capped: when it is nested too deep, or has too many parts or fields.

    """
    budget = _Budget(spending or Spending())
    end = len(raw)
    lines = raw if b"\n" in raw else raw.replace(b"\r", b"\n")  # same length: places stay true
    root = _part(lines, head, start, end, None, "text/plain")
    waiting = [root]
    while waiting:
        part = waiting.pop()
        budget.parts += 1
        caps.count_part(budget.parts, part.depth)
        if part.main == "multipart":
            part.parts = _children(lines, part, budget)
            waiting.extend(reversed(part.parts))
        elif part.type in ("message/rfc822", "message/global") and part.encoding == "identity":
            part.attached = _inner(lines, part, budget)
            if part.attached is not None:
                waiting.append(part.attached)
    return root, tuple(dict.fromkeys(budget.defects))


def _part(raw: bytes, head: list[Field], start: int, end: int, parent: Part | None, default: str) -> Part:
    part = Part(fields=head, start=start, end=end, parent=parent, depth=0 if parent is None else parent.depth + 1)
    seen = set()
    part.type = default
    part.encoding = "identity"
    for name, value in head:
        if not name.startswith("content-") or name in seen:
            continue
        if name == "content-type":
            word, part.params = parameters(value)
            match = _TYPE.search(word[:300].lower())
            part.type = match[0] if match else _named(word.lower(), default)
            seen.add(name)
        elif name == "content-disposition":
            part.disposition, part.disposition_params = parameters(value)
            part.disposition = part.disposition.lower()
            seen.add(name)
        elif name == "content-transfer-encoding":
            part.encoding = encoding_of(value)
            seen.add(name)
    return part


def _named(word: str, default: str) -> str:
    """Make sense of a type without a subtype: ``text`` alone and the like (RFC 2045 §5.2)."""
    word = word.strip(" \"'<>/")
    return {
        "text": "text/plain",
        "plain": "text/plain",
        "txt": "text/plain",
        "htm": "text/html",
        "html": "text/html",
        "multipart": "multipart/mixed",
    }.get(word, default if not word else "application/octet-stream")


def encoding_of(value: bytes) -> Encoding:
    """Return the transfer encoding a field names, however it is misspelt (RFC 2045 §6)."""
    word = value.strip().lower()
    if b"base64" in word or b"base-64" in word:
        return "base64"
    if b"quoted" in word or word == b"qp":
        return "quoted-printable"
    if word.startswith((b"x-uu", b"uu", b"x-uue")):
        return "uuencode"
    return "yenc" if word.startswith(b"x-yenc") else "identity"


def _children(raw: bytes, part: Part, budget: _Budget) -> list[Part]:
    boundary = part.params.get("boundary", "").rstrip().encode("utf-8", "surrogateescape")
    ranges = _ranges(raw, boundary, part.start, part.end) if boundary else []
    if not ranges:
        match = _BROKEN_BOUNDARY.search(raw, part.start, min(part.end, part.start + 65536))
        if match:
            ranges = _ranges(raw, match[1].rstrip(b" \t"), part.start, part.end)
        budget.defects.append("a multipart without its boundary")
    default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    if not ranges:
        lone = Part(fields=[], start=part.start, end=part.end, depth=part.depth + 1, parent=part, encoding="identity")
        return [lone] if raw[part.start : part.end].strip() else []
    caps.count_part(budget.parts + len(ranges), part.depth)
    children = []
    for start, end in ranges:
        head, body = fields(raw, start, min(end, start + caps.HEADER_BYTES))
        budget.spending.take_fields(len(head))
        children.append(_part(raw, head, min(body, end), end, part, default))
    return children


def _ranges(raw: bytes, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Return the ranges between the lines of a boundary; after a closing one only if another opens."""
    needle = b"--" + boundary
    found: list[tuple[int, int]] = []
    opened: int | None = None
    at, looked = start, 0
    while (at := _find(raw, needle, at, end)) != -1:
        looked += 1
        if looked > _TOO_MANY_LINES:
            raise caps.Capped("too many lines that begin like a boundary")
        stop = raw.find(b"\n", at, end)
        stop = end if stop == -1 else stop + 1
        rest = raw[at + len(needle) : min(stop, at + len(needle) + 80)].rstrip()
        if (at > start and raw[at - 1] != 0x0A) or rest not in (b"", b"--"):
            at += len(needle)
            continue
        if opened is not None:
            found.append((opened, _before(raw, at, opened)))
            caps.count_part(len(found), 0)
        opened = stop if rest == b"" else None
        at = stop
    if opened is not None and opened < end:
        found.append((opened, end))
    return found


def _find(raw: bytes, needle: bytes, start: int, end: int) -> int:
    """Find what begins with a hyphen, as ``raw.find`` does, but leap over files: base64 has no hyphen, and one sign is
    found thirty times as fast as several.
    """
    while (start := raw.find(b"-", start, end)) != -1:
        stop = start + _NEAR
        at = raw.find(needle, start, min(stop + len(needle), end))
        if at != -1:
            return at
        start = stop
    return -1


def _before(raw: bytes, at: int, least: int) -> int:
    """The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1)."""
    if at > least and raw[at - 1] == 0x0A:
        at -= 1
        if at > least and raw[at - 1] == 0x0D:
            at -= 1
    return at


def _inner(raw: bytes, part: Part, budget: _Budget) -> Part | None:
    """Read the head of an attached mail, unless it is beyond the caps: then it stays a closed file."""
    if caps.header_problem(raw, part.start, part.end) is not None or part.depth >= caps.DEPTH - 1:
        budget.defects.append("an attached mail beyond the caps stays closed")
        return None
    head, body = fields(raw, part.start, part.end)
    budget.spending.take_fields(len(head))
    return _part(raw, head, min(body, part.end), part.end, part, "text/plain") if head else None


def head_of(data: bytes, spending: Spending) -> Part:
    """Return the head of a mail that was attached in a transfer encoding, over its decoded bytes.

    Raises:
        caps.Capped: when the mail's parts have too many fields.

    """
    head, body = fields(data, 0, min(len(data), caps.HEADER_BYTES))
    spending.take_fields(len(head))
    return _part(data, head, min(body, len(data)), len(data), None, "text/plain")


def as_message(raw: bytes, part: Part) -> Message:
    """Return a part as the standard library's Message, as its own parser would have built it.

    Bodies of files (neither text nor message/*) are left out: nobody reads them there. What the library reads in more
    than linear time, long fields of many parameters, it gets shortened.
    """
    message = _empty()
    for name, value in part.fields:
        message.set_raw(name, value[: caps.FIELD_BYTES].decode("ascii", "surrogateescape"))
    kind = _content_type(part)
    if kind is not None:
        message.replace_header("content-type", kind)
    if part.parts:
        message.set_payload([as_message(raw, child) for child in part.parts])
    elif part.attached is not None:
        message.set_payload([as_message(raw, part.attached)])
    elif part.main == "message" and part.encoding == "identity":
        message.set_payload(_blocks(raw, part))
    elif part.main in ("text", "message", "multipart"):
        end = min(part.end, part.start + _PAYLOAD)
        message.set_payload(raw[part.start : end].decode("ascii", "surrogateescape"))
    return message


def _content_type(part: Part) -> str | None:
    """Return what to tell the library of a part's type where it would raise on the field, or take its time."""
    declared = part.params.get("charset", "")
    if part.main == "text" and declared and declared.lower() not in _PLAIN_CHARSETS:
        return f"{part.type}; charset={charset.codec(declared) or 'utf-8'}"  # it raises on charsets that are none
    if len(part.header("content-type") or b"") <= _LONG_FIELD:
        return None
    report = clean_line(part.params.get("report-type", ""), 100).replace('"', "")
    return f'{part.type}; report-type="{report}"' if report else part.type


def _blocks(raw: bytes, part: Part) -> list[Message | str]:
    """Read a report's groups of fields, each a Message without a body (RFC 3464 §2.1)."""
    found: list[Message | str] = []
    at, end = part.start, min(part.end, part.start + _REPORT)
    left = caps.HEADER_LINES * 10
    while at < end and len(found) < caps.PARTS and left > 0:
        at = _SPACES.match(raw, at, end).end()  # type: ignore[union-attr]  # it matches everywhere
        head, following = fields(raw, at, end)
        if following <= at:  # no field: the report is over, or has not begun
            if found:
                break
            following = raw.find(b"\n", at, end) + 1 or end
        left -= len(head) + 1
        if head:
            group = _empty()
            for name, value in head:
                group.set_raw(name, value[: caps.FIELD_BYTES].decode("ascii", "surrogateescape"))
            found.append(group)
        at = following
    return found or [_empty()]


def _empty() -> Message:
    message = Message()
    message.set_payload("")  # with None the library stumbles when asked to decode it
    return message

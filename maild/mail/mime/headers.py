"""Header fields: found in the raw bytes, unfolded and decoded, whatever their writers made of the rules.

A field is ``(lower-case name, raw value)``; the value keeps its bytes and its folds. Pure ASCII without an encoded
word, which is most of it, skips everything (RFC 5322 §2.2, RFC 2047, RFC 2231).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from maild.mail import caps
from maild.mail.mime.charset import decode, undeclared
from maild.mail.mime.text import clean_line

Field = tuple[str, bytes]
Params = Mapping[str, str]
_MOST_JUNK = 4
"""Lines above the header that are none of it, and the header's first."""

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*([^\r\n]*(?:\r*\n[ \t]+[^\r\n]*)*)(?:\r*\n|\r|$)")
_LINE = re.compile(rb"[^\n]*(?:\n|$)")
_NAMES = (
    rb"(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|received|return-path|reply-to|sender"
    rb"|in-reply-to|references|x-[a-z-]+|list-[a-z-]+|dkim-signature|delivered-to)[ \t]*:"
)
_KNOWN = re.compile(rb"(?im)^" + _NAMES)
_KNOWN_HERE = re.compile(rb"(?i)" + _NAMES)
_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)*(?:>?From (?![ \t]*:)[^\r\n]*\r?\n)?")


def fields(raw: bytes, start: int, end: int) -> tuple[list[Field], int]:
    """Return the fields of a header block and where the body begins.

    A line that is no field is skipped when real fields follow it; when none does, the body begins there: its writer
    forgot the blank line.
    """
    found: list[Field] = []
    at = start
    match = _FIELD.match
    while at < end:
        field = match(raw, at, end)
        if field is not None:
            found.append((field[1].decode("ascii").lower(), field[2]))
            at = field.end()
            continue
        line = _LINE.match(raw, at, end)
        assert line is not None
        if not line[0].strip():
            return found, max(line.end(), at + 1)
        if not found:
            return found, at
        following = _KNOWN.search(raw, line.end(), caps.header_end(raw, at, min(end, at + 4096)))
        if following is None:
            return found, at
        at = following.start()
    return found, at


def head(raw: bytes) -> tuple[list[Field], int]:
    """Return the fields of a mail and where its body begins; leading blank lines, an mbox line, and a line or two that
    somebody put above the header are passed over.
    """
    leading = _LEADING.match(raw)
    start = leading.end() if leading is not None else 0
    lines = raw if b"\n" in raw else raw.replace(b"\r", b"\n")
    found, body = fields(lines, start, len(raw))
    if not found:
        found, body = fields(lines, _past_junk(lines, start), len(raw))
    return (found, body) if found else (found, 0 if start == len(raw) else start)


def _past_junk(raw: bytes, start: int) -> int:
    """Return where the header really begins: at a field that is known, with another one right below it, behind white
    space or a line or two that are none.
    """
    at = start
    for _ in range(_MOST_JUNK):
        while raw[at : at + 1] in (b" ", b"\t"):
            at += 1
        end = raw.find(b"\n", at)
        if end < 0 or end - at > caps.FIELD_BYTES or not raw[at:end].strip():
            return start
        if _KNOWN_HERE.match(raw, at) and _follows(raw, at):
            return at
        at = end + 1
    return start


def _follows(raw: bytes, at: int) -> bool:
    """Tell whether another known field stands below a field."""
    field = _FIELD.match(raw, at)
    return field is not None and _KNOWN.match(raw, field.end()) is not None


_LINE_ENDS = re.compile(rb"[\r\n]+")
_WORD = re.compile(
    r"=\?([^?\s]{1,60})\?(?:([bB])\?([^?]*?)(?:\?=|\?$|$)|([qQ])\?(.*?)(?:\?=(?![0-9A-F]{2})|\?$|$))", re.DOTALL
)


_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")


def text(value: bytes, hint: str | None = None, most: int = 2000) -> str:
    """Return the decoded, unfolded, clean value of an unstructured field, at most so many characters."""
    if value.isascii() and b"=?" not in value:
        line = (b" ".join(value.split()) if b"\n" in value else value).decode("ascii")
        return line if line.isprintable() and len(line) <= most else clean_line(line, most)
    return clean_line(words(value[: caps.FIELD_BYTES], hint), most)


def unfolded(value: bytes) -> bytes:
    """Return a value on one line: each fold, and the white space around it, is one space (RFC 5322 §2.2.3)."""
    if b"\n" not in value and b"\r" not in value:
        return value
    first, *middle = _LINE_ENDS.split(value)
    if not middle:
        return first
    last = middle.pop()
    return b" ".join((first.rstrip(b" \t"), *(line.strip(b" \t") for line in middle), last.lstrip(b" \t")))


def words(value: bytes, hint: str | None = None) -> str:
    """Decode encoded words in every form they come in, and undeclared 8-bit text around them (RFC 2047)."""
    line = undeclared(unfolded(value), hint)
    if "=?" not in line:
        return line
    found: list[str] = []
    run: list[tuple[str, str, str]] = []
    at = 0
    for match in _WORD.finditer(line):
        between = line[at : match.start()]
        if between.strip(" \t") or not run:
            found.append(_run(run, hint))
            run = []
            found.append(between)
        run.append((match[1].partition("*")[0], (match[2] or match[4]).lower(), match[3] or match[5] or ""))
        at = match.end()
    found.append(_run(run, hint))
    found.append(line[at:])
    return "".join(found)


def _run(run: list[tuple[str, str, str]], hint: str | None) -> str:
    """Decode adjacent encoded words; a letter cut in two by a border of same-charset words is made whole again."""
    if not run:
        return ""
    pieces: list[tuple[str, list[bytes]]] = []
    for charset, how, body in run:
        data = _base64(body) if how == "b" else _q(body)
        if pieces and pieces[-1][0].lower() == charset.lower():
            pieces[-1][1].append(data)
        else:
            pieces.append((charset, [data]))
    return "".join(decode(b"".join(data), charset, hint) for charset, data in pieces)


def _base64(body: str) -> bytes:
    data = _NO_BASE64.sub("", body)
    data = data[:-1] if len(data) % 4 == 1 else data
    return binascii.a2b_base64(data + "=" * (-len(data) % 4))


def _q(body: str) -> bytes:
    data = body.replace("_", " ").encode("utf-8", "surrogateescape")
    return _QUOTED.sub(lambda match: binascii.unhexlify(match[1]), data)


_PARAM = re.compile(
    rb';[\s]*([^\s=;*"]{1,80})(?:\*(\d{1,3}))?(\*)?[ \t]*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))', re.DOTALL
)


def parameters(value: bytes) -> tuple[str, Params]:
    """Return the word of a structured field and its parameters by lower-case name, decoded (RFC 2045 §5.1, RFC 2231).

    Understood beyond the rules: missing quotes, encoded words in values, bare 8-bit, continuations without ``*``.
    """
    return _remembered(value) if len(value) <= _MOST_REMEMBERED else _parameters(value)


def _parameters(value: bytes) -> tuple[str, Params]:
    value = value[: caps.FIELD_BYTES]
    first, mark, _ = value.partition(b";")
    word = first.strip().decode("ascii", "replace")
    if not mark:
        return (word, {}) if "=" not in word else _glued(value)
    plain: dict[str, bytes] = {}
    split: dict[str, list[tuple[int, bool, bytes]]] = {}
    for match in _PARAM.finditer(value):
        name = match[1].decode("ascii", "replace").lower()
        body = _unquoted(match[4]) if match[4] is not None else _bare(match[5])
        if match[2] is None and match[3] is None:
            plain.setdefault(name, body)
        else:
            split.setdefault(name, []).append((int(match[2] or 0), match[3] is not None, body))
    found = {name: _value(body) for name, body in plain.items()}
    found |= {name: joined for name, pieces in split.items() if (joined := _joined(pieces))}
    return word, found


_MOST_REMEMBERED = 100
_remembered = lru_cache(256)(_parameters)
"""``text/plain; charset=utf-8`` and a few others are what nearly every part says."""


def _glued(value: bytes) -> tuple[str, Params]:
    """``text/plain charset=utf-8``: the semicolon was forgotten."""
    pieces = value.split(None, 1)
    if len(pieces) == 2 and b"=" not in pieces[0]:
        return pieces[0].decode("ascii", "replace"), parameters(b"x;" + pieces[1])[1]
    return "", parameters(b"x;" + value)[1]


_ESCAPED = re.compile(rb'\\(["\\])')


def _unquoted(body: bytes) -> bytes:
    return _ESCAPED.sub(rb"\1", unfolded(body)) if b"\\" in body or b"\n" in body else body


def _bare(body: bytes) -> bytes:
    """A value without quotes, or with only its first one: up to the semicolon, less what is no part of it."""
    body = unfolded(body).strip()
    return body.strip(b'"') if body.startswith(b'"') or not body.count(b'"') % 2 else body


def _value(body: bytes) -> str:
    if b"=?" in body:
        return words(body)
    return body.decode("ascii") if body.isascii() else decode(body)


_CHARSET_AND_LANGUAGE = re.compile(rb"[\w.-]+'[\w-]*'")


def _joined(pieces: list[tuple[int, bool, bytes]]) -> str:
    """Put the pieces of a continued or encoded parameter together (RFC 2231 §3, §4)."""
    pieces = sorted(pieces[:200], key=lambda piece: piece[0])
    charset: str | None = None
    joined: list[bytes] = []
    encoded = False
    for index, (_, marked, body) in enumerate(pieces):
        if index == 0 and body.count(b"'") >= 2 and (marked or _CHARSET_AND_LANGUAGE.match(body)):
            name, _, body = body.split(b"'", 2)
            charset, marked = name.decode("ascii", "replace"), True
        encoded = encoded or marked
        joined.append(unquote_to_bytes(body) if marked or (encoded and b"%" in body) else body)
    data = b"".join(joined)
    return words(data) if b"=?" in data and not encoded else decode(data, charset)


_ID = re.compile(r"<[^<>]*>")
_NO_PART_OF_ID = re.compile(r"[\s\x00-\x1f\x7f]+")


def message_ids(value: bytes) -> tuple[str, ...]:
    """Return the Message-IDs of a field in order, each with its angle brackets and without spaces (RFC 5322 §3.6.4).

    Each has at most 998 octets, as a line of mail has: an index of the store takes no more than 2,700.
    """
    if not value:
        return ()
    line = value[: 4 * caps.FIELD_BYTES].decode("utf-8", "replace")
    found = [_NO_PART_OF_ID.sub("", match) for match in _ID.findall(line)]
    if not found and "<" not in line:
        found = [f"<{word.strip('>')}>" for word in line.split() if "@" in word]
    return tuple(dict.fromkeys(_cut(one) for one in found if len(one) > 2))[:200]


def _cut(one: str) -> str:
    return one if len(one) < 250 else one.encode()[:998].decode("utf-8", "ignore")


def date(value: bytes) -> datetime | None:
    """Return what a Date field says, aware, or None when it says nothing sensible (it is only ever shown)."""
    line = text(value, most=200)
    try:
        when = parsedate_to_datetime(line)
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
        return when if 1970 <= when.astimezone(UTC).year <= 2200 else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None

"""winmail.dat read: the files and the text in Outlook's own wrapping (MS-OXTNEF).

A small reader of our own, for it stands before hostile bytes: one pass, nothing copied but what is kept, every count
and length held against what is really there (a public one loops four billion times on a false count).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from maild.mail.mime import charset, rtf

SIGNATURE = b"\x78\x9f\x3e\x22"
_OBJECT = struct.Struct("<BHHI")
_PROPERTY = struct.Struct("<HH")
_LONG = struct.Struct("<I")
_MOST_OBJECTS = 5_000
_MOST_PROPERTIES = 500
_MOST_FILES = 100

_BODY, _TITLE, _DATA, _RENDERED, _MESSAGE, _FILE, _CODEPAGE = 0x800C, 0x8010, 0x800F, 0x9002, 0x9003, 0x9005, 0x9007
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8,
          0x0040: 8, 0x0048: 16, 0x0001: 4, 0x0000: 4}  # fmt: skip
_PR_BODY, _PR_HTML, _PR_LONG_NAME, _PR_NAME, _PR_MIME, _PR_DATA, _PR_CPID, _PR_RTF = (
    0x1000, 0x1013, 0x3707, 0x3704, 0x370E, 0x3701, 0x3FDE, 0x1009,
)  # fmt: skip


@dataclass(slots=True)
class Wrapped:
    """One file inside."""

    name: str = ""
    type: str = ""
    data: bytes = b""


@dataclass(slots=True)
class Opened:
    """What a winmail.dat holds."""

    text: str = ""
    html: str = ""
    files: list[Wrapped] = field(default_factory=list)


def read(data: bytes) -> Opened | None:
    """Return what is inside, as far as it is whole; None when it is no winmail.dat at all."""
    if not data.startswith(SIGNATURE):
        return None
    opened, codepage = Opened(), "cp1252"
    at = 6
    for _ in range(_MOST_OBJECTS):
        if at + _OBJECT.size > len(data):
            break
        _, name, _, length = _OBJECT.unpack_from(data, at)
        start = at + _OBJECT.size
        if start + length > len(data):
            break
        if name == _CODEPAGE and length >= 4:
            codepage = f"cp{_LONG.unpack_from(data, start)[0]}"
        elif name == _RENDERED and len(opened.files) < _MOST_FILES:
            opened.files.append(Wrapped())
        elif name == _BODY:
            opened.text = _string(data[start : start + length], codepage)
        elif name == _MESSAGE:
            _message(opened, data[start : start + length], codepage)
        elif opened.files:
            _into(opened.files[-1], name, data[start : start + length], codepage)
        at = start + length + 2
    opened.files = [one for one in opened.files if one.data or one.name]
    return opened


def _into(file: Wrapped, name: int, data: bytes, codepage: str) -> None:
    if name == _TITLE and not file.name:
        file.name = _string(data, codepage)
    elif name == _DATA:
        file.data = data
    elif name == _FILE:
        found = _properties(data, codepage)
        file.name = str(found.get(_PR_LONG_NAME) or file.name or found.get(_PR_NAME) or "")
        file.type = str(found.get(_PR_MIME) or file.type)
        inner = found.get(_PR_DATA)
        if isinstance(inner, bytes) and not file.data:
            file.data = inner[16:] if inner[16:20] == SIGNATURE else inner


def _message(opened: Opened, data: bytes, codepage: str) -> None:
    found = _properties(data, codepage)
    if isinstance(found.get(_PR_BODY), str):
        opened.text = str(found[_PR_BODY])
    html = found.get(_PR_HTML)
    if isinstance(html, bytes):
        page = found.get(_PR_CPID)
        opened.html = charset.decode(html.rstrip(b"\0"), f"cp{page}" if isinstance(page, int) else codepage)

    packed = found.get(_PR_RTF)
    if isinstance(packed, bytes) and not opened.html.strip() and not opened.text.strip():
        rich = rtf.read(rtf.decompressed(packed))
        if rich is not None and rich.is_page:
            opened.html = rich.text
        elif rich is not None:
            opened.text = rich.text


def _string(data: bytes, codepage: str) -> str:
    return charset.decode(data.rstrip(b"\0"), codepage)


Value = str | bytes | int


def _properties(data: bytes, codepage: str) -> dict[int, Value]:
    """Read a list of MAPI properties up to the first that is not whole (MS-OXTNEF §2.1.3.4)."""
    found: dict[int, Value] = {}
    try:
        at = 4
        for _ in range(min(_LONG.unpack_from(data, 0)[0], _MOST_PROPERTIES)):
            kind, name = _PROPERTY.unpack_from(data, at)
            at += 4
            if name >= 0x8000:
                at = _past_name(data, at)
            at = _property(found, data, at, kind, name, codepage)
    except (struct.error, ValueError):
        pass  # what was whole before it counts
    return found


def _past_name(data: bytes, at: int) -> int:
    (kind,) = _LONG.unpack_from(data, at + 16)
    if kind == 0:
        return at + 24
    (length,) = _LONG.unpack_from(data, at + 20)
    return _forward(data, at + 24, length)


def _forward(data: bytes, at: int, length: int) -> int:
    end = at + length + (-length % 4)
    if length > len(data) or end > len(data) + 3:
        raise ValueError("longer than what holds it")
    return end


def _property(found: dict[int, Value], data: bytes, at: int, kind: int, name: int, codepage: str) -> int:
    plain = kind & 0x0FFF
    count = 1
    if kind & 0x1000 or plain not in _FIXED:
        (count,) = _LONG.unpack_from(data, at)
        at += 4
    for _ in range(count):
        if plain in _FIXED:
            if plain in (0x0002, 0x0003):
                found.setdefault(name, _LONG.unpack_from(data, at)[0])
            at = _forward(data, at, _FIXED[plain])
            continue
        (length,) = _LONG.unpack_from(data, at)
        value = data[at + 4 : at + 4 + length]
        at = _forward(data, at + 4, length)
        if plain == 0x001F:
            found.setdefault(name, value.decode("utf-16-le", "replace").rstrip("\0"))
        else:
            found.setdefault(name, _string(value, codepage) if plain == 0x001E else value)
    return at

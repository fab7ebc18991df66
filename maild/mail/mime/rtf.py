"""The text of Outlook's rich text in a winmail.dat: decompressed (MS-OXRTFCP), and read as words or as the page that it
was made from (MS-OXRTFEX).

A small reader of our own, for it stands before hostile bytes: one pass, no recursion, every length held against what is
really there.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from maild.mail.mime import charset

MOST = 1_000_000
"""Octets of rich text that are read."""
_HEAD = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_KNOWN = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20"
    b"\\b\\i\\u\\tab\\tx"
)
"""What every text begins behind, so that it can be referred to (MS-OXRTFCP §2.1.2.1)."""
_WINDOW = 4096
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\",
    re.DOTALL,
)
_SKIPPED = frozenset({
    "colortbl", "stylesheet", "info", "pict", "header", "footer", "headerl", "headerr", "footerl", "footerr", "object",
    "fldinst", "themedata", "generator", "listtable", "listoverridetable", "datastore", "latentstyles", "xmlnstbl",
    "rsidtbl", "filetbl", "footnote", "annotation", "nonshppict",
})  # fmt: skip
_SIGNS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "tab": "\t", "cell": " | ", "emdash": "—",
    "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ",
    "enspace": " ",
}  # fmt: skip
_CHARSETS = {
    128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251,
    222: 874, 238: 1250, 0: 1252,
}  # fmt: skip
"""Code pages of the character sets that fonts name."""
_DEEPEST = 500


@dataclass(frozen=True, slots=True)
class Rich:
    """What a rich text says: a page, when it was made from one, else words."""

    text: str
    is_page: bool


def decompressed(data: bytes) -> bytes:
    """Return the rich text of Outlook's compressed form, as far as it is whole."""
    if len(data) < _HEAD.size:
        return b""
    _, size, kind, _ = _HEAD.unpack_from(data)
    if kind == _PLAIN:
        return data[_HEAD.size : _HEAD.size + min(size, MOST)]
    if kind != _COMPRESSED:
        return b""
    out = bytearray(_KNOWN)
    at, end, most = _HEAD.size, len(data), len(_KNOWN) + min(size, MOST)
    while at < end and len(out) < most:
        control = data[at]
        at += 1
        for bit in range(8):
            if at >= end:
                break
            if not control >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            if at + 2 > end:
                return bytes(out[len(_KNOWN) :])
            pair = data[at] << 8 | data[at + 1]
            at += 2
            back = (len(out) - (pair >> 4)) % _WINDOW
            if back == 0:
                return bytes(out[len(_KNOWN) :])
            length = (pair & 15) + 2
            start = len(out) - back
            piece = bytes(out[start : start + length]) if start >= 0 else bytes(length)
            out += (piece * (length // len(piece) + 1))[:length]
    return bytes(out[len(_KNOWN) : most])


@dataclass(slots=True)
class _Group:
    """What holds in a group of braces, and ends with it."""

    skip: bool = False
    tag: bool = False
    """Inside a tag of the page that the text was made from."""
    hidden: bool = False
    """Rich text that is no part of that page."""
    fonts: bool = False
    codepage: int = 0
    unicode_skip: int = 1


class _Reading:
    """One pass over the tokens."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.waiting = bytearray()
        self.waiting_page = 1252
        self.page = 1252
        self.fonts: dict[int, int] = {}
        self.font = 0
        self.group = _Group()
        self.stack: list[_Group] = []
        self.to_skip = 0
        self.is_page = False
        self.starred = False
        self.deeper = 0

    def flush(self) -> None:
        if self.waiting:
            self.out.append(charset.decode(bytes(self.waiting), f"cp{self.waiting_page}"))
            self.waiting.clear()

    def shows(self) -> bool:
        group = self.group
        return not (group.skip or group.fonts or (self.is_page and group.hidden and not group.tag))

    def octets(self, data: bytes) -> None:
        if self.to_skip:
            gone = min(self.to_skip, len(data))
            self.to_skip -= gone
            data = data[gone:]
        if data and self.shows():
            page = self.group.codepage or self.page
            if page != self.waiting_page:
                self.flush()
                self.waiting_page = page
            self.waiting += data

    def sign(self, text: str) -> None:
        if self.shows():
            self.flush()
            self.out.append(text)

    def brace(self, opens: bool) -> None:
        self.to_skip = 0
        self.starred = False
        if opens:
            if len(self.stack) >= _DEEPEST:
                self.deeper += 1
                return
            self.stack.append(self.group)
            old = self.group
            self.group = _Group(old.skip, old.tag, old.hidden, old.fonts, old.codepage, old.unicode_skip)
        elif self.deeper:
            self.deeper -= 1
        elif self.stack:
            if self.group.codepage != self.stack[-1].codepage:
                self.flush()
            self.group = self.stack.pop()

    def word(self, name: str, number: int | None) -> None:
        group = self.group
        starred, self.starred = self.starred, False
        if name == "htmltag":
            group.tag, group.skip = True, False
        elif name in _SKIPPED or (starred and name != "shppict"):
            group.skip = True
        elif name == "fonttbl":
            group.fonts = True
        elif name == "htmlrtf":
            group.hidden = number != 0
        elif name == "fromhtml":
            self.is_page = True
        elif name == "ansicpg" and number:
            self.page = number
        elif name == "f" and number is not None:
            self._font(number)
        elif name == "fcharset" and group.fonts and number is not None:
            self.fonts[self.font] = _CHARSETS.get(number, 0)
        elif name == "plain":
            group.codepage = 0
        elif name == "uc" and number is not None:
            group.unicode_skip = max(0, min(number, 10))
        elif name == "u" and number is not None:
            self.sign(chr(number & 0xFFFF))
            self.to_skip = group.unicode_skip
        elif name in _SIGNS and not (self.is_page and group.tag and name != "tab" and name != "par"):
            self.sign(_SIGNS[name])

    def _font(self, number: int) -> None:
        if self.group.fonts:
            self.font = number
        else:
            self.group.codepage = self.fonts.get(number, 0)


def read(data: bytes) -> Rich | None:
    """Return what a rich text says, or None when it is none."""
    if not data.startswith(b"{\\rtf"):
        return None
    state = _Reading()
    for match in _TOKEN.finditer(data[:MOST]):
        word, number, octet, sign, brace, run = match.groups()
        if run is not None:
            state.octets(run)
        elif word is not None:
            state.word(word.decode("ascii"), None if number is None else int(number))
        elif octet is not None:
            state.octets(bytes((int(octet, 16),)))
        elif brace is not None:
            state.brace(brace == b"{")
        elif sign is not None:
            _sign(state, sign)
    state.flush()
    text = "".join(state.out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return Rich(text.strip("\0"), state.is_page)


def _sign(state: _Reading, sign: bytes) -> None:
    """Read a backslash before a sign."""
    if sign == b"*":
        state.starred = True
    elif sign in (b"\\", b"{", b"}"):
        state.octets(sign)
    elif sign == b"~":
        state.sign("\u00a0")
    elif sign == b"_":
        state.sign("-")
    elif sign in (b"\r", b"\n"):
        state.sign("\n")

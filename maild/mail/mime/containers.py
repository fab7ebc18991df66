"""Containers that a mail program made, not the writer: winmail.dat, and Outlook items attached as .msg.

Archives are never unpacked (law R11): a zip is a file like any other. A .msg needs the extra ``outlook``; without it,
or when it is broken, it stays a closed file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from maild.mail.mime import tnef
from maild.mail.mime.text import clean_line

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_MSG = 10 * 1024 * 1024
_WRONG = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, LookupError, OSError, EOFError, AssertionError,
    ArithmeticError, NotImplementedError, RecursionError, struct.error,
)  # fmt: skip
"""What reading a broken .msg raises; anything else is for the one place in read.py."""


@dataclass(frozen=True, slots=True)
class Inside:
    """One file in a container."""

    name: str
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Contents:
    """What a container holds: its text (or HTML), its header as lines, its files in order."""

    text: str = ""
    html: str = ""
    summary: tuple[str, ...] = ()
    files: tuple[Inside, ...] = ()


def contents(data: bytes) -> Contents | None:
    """Open a container, or return None for anything else or a broken one."""
    if data.startswith(tnef.SIGNATURE):
        opened = tnef.read(data)
        if opened is None:
            return None
        files = tuple(Inside(one.name, one.type, one.data) for one in opened.files)
        return Contents(text=opened.text, html=opened.html, files=files)
    if data.startswith(_OLE) and len(data) <= _MOST_MSG and b"_\0_\0s\0u\0b\0s\0t\0g\0001\0.\0000\0_" in data:
        return _msg(data)
    return None


def _msg(data: bytes) -> Contents | None:
    try:
        from oxmsg import Message
    except ImportError:
        return None
    try:
        message = Message.load(data)
        headers = {name.lower(): value for name, value in message.message_headers.items()}
        told = (
            ("From", message.sender or headers.get("from", "")),
            ("Date", headers.get("date", "") or str(message.sent_date or "")),
            ("To", headers.get("to", "")),
            ("Subject", message.subject or ""),
        )
        files = [
            Inside(one.file_name or "", one.mime_type or "", one.file_bytes)
            for one in message.attachments[:100]
            if one.file_bytes is not None
        ]
    except _WRONG:
        return None
    summary = tuple(f"{label}: {clean_line(str(value), 300)}" for label, value in told if value)
    return Contents(summary=summary, files=tuple(files))

"""The envelope sender of a mail that was polled, as its last mail server wrote it down (RFC 5321 §4.4; law I7)."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^\s<>\"\x00-\x20\x7f-\x9f\u2028\u2029]{1,320}")
_FIELD = re.compile(rb"(?im)^return-path[ \t]*:[ \t]*((?:[^\r\n]|\r?\n[ \t])*)")
_MOST = 64 * 1024


def return_path(raw: bytes) -> str | None:
    """Return the topmost Return-Path: an address, "" for the null sender, None when there is none to read."""
    head = raw[:_MOST]
    end = min((place for place in (head.find(b"\r\n\r\n"), head.find(b"\n\n")) if place >= 0), default=len(head))
    found = _FIELD.search(head, 0, end + 1)
    if found is None:
        return None
    value = b" ".join(found[1].split()).decode("utf-8", "replace")
    if value == "<>":
        return ""
    address = value.removeprefix("<").removesuffix(">").strip()
    return address if _ADDRESS.fullmatch(address) and "@" in address else None

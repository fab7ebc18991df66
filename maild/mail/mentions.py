"""Strings that have the shape of our own signed addresses and Message-IDs, wherever they stand (MAIL §4 row 11)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from maild.core import tokens

_SIGNED = r"\d{1,18}\.[A-Za-z2-7]{16,48}(?:@|%40)"
_PLUS = re.compile(rf"\+{_SIGNED}")
_PLUS_IN_FILE = re.compile(rf"\+{_SIGNED}".encode())
_ESCAPED_PLUS = re.compile(rf"%[2][Bb]{_SIGNED}")
_ESCAPED_PLUS_IN_FILE = re.compile(rf"%[2][Bb]{_SIGNED}".encode())
"""With [2], so that ``re`` looks for the one sign % alone, which it does four times as fast as for %2."""
_OURS = re.compile(r"(?i)maild\.\d{1,18}\.\d{1,10}\.[caix]\.[a-z2-7]{16}(?:@|%40)")
_SHAPES = (tokens.ADDRESS_SHAPE, tokens.BOUNCE_SHAPE, tokens.MESSAGE_ID_SHAPE)
_NOTICE = re.compile(rb"(?i)\bx-maild-[a-z]{2,20}:")
_BEFORE, _AROUND = 24, 400
MOST = 200
MOST_HINTS = 2000
"""Places looked at more closely in one text. What has more of them was made for it; the rest is passed over."""


def find(texts: Iterable[str]) -> tuple[str, ...]:
    """Return what has such a shape, in order, each once, at most 200; nothing is verified here."""
    found: dict[str, None] = {}
    for text in texts:
        for hint in islice(_hints(text), MOST_HINTS):
            found |= dict.fromkeys(_at(text, hint))
            if len(found) > MOST:
                return tuple(found)[:MOST]
    return tuple(found)


def in_file(data: bytes) -> bool:
    """Tell whether a file shows such a string, or a field only our notices have: a mail of ours, saved and attached.

    NULs are passed over, for Outlook saves its mails (``.msg``) in UTF-16. What a file holds packed or encoded (in a
    zip, as base64) is not seen. A file with more hints than :data:`MOST_HINTS` counts as ours: nothing leaks by it.
    """
    text = data.replace(b"\0", b"") if b"\0" in data else data
    # Quick looks first: this reads every file of every mail. Backwards, bytes are searched in half the time.
    named = text.rfind(b"aild") != -1 or text.rfind(b"AILD") != -1
    if named and _NOTICE.search(text) is not None:
        return True
    if not (named or _PLUS_IN_FILE.search(text) is not None or _ESCAPED_PLUS_IN_FILE.search(text) is not None):
        return False
    shown = text.decode("latin-1")
    return any(count >= MOST_HINTS or next(_at(shown, hint), None) for count, hint in enumerate(_hints(shown)))


def _at(text: str, hint: re.Match[str]) -> Iterator[str]:
    """Find what a hint hinted at."""
    window = text[max(0, hint.start() - _BEFORE) : hint.end() + _AROUND]
    if "%" in window:
        window = re.sub("(?i)%2b", "+", re.sub("(?i)%40", "@", window))
    for shape in _SHAPES:
        for match in shape.finditer(window):
            yield match[0].strip("<>") if shape is not tokens.MESSAGE_ID_SHAPE else _bracketed(match[0])


def _hints(text: str) -> Iterator[re.Match[str]]:
    """Find where to look closer: three quick searches, for this reads every character of every mail."""
    if "+" in text:
        yield from _PLUS.finditer(text)
    if "%" in text and "%2" in text:  # a single sign is found thirty times as fast
        yield from _ESCAPED_PLUS.finditer(text)
    if "aild." in text or "AILD." in text:
        yield from _OURS.finditer(text)


def _bracketed(message_id: str) -> str:
    return f"<{message_id.strip('<>')}>"

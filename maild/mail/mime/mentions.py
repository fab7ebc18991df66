"""Strings that have the shape of our own signed addresses and Message-IDs, wherever they stand (law R19)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from maild.core.threads import tokens
from maild.mail.spending import Spending

_SIGNED = r"\d{1,18}\.[A-Za-z2-7]{16,48}(?:@|%40)"
_PLUS = re.compile(rf"\+{_SIGNED}")
_PLUS_IN_FILE = re.compile(rf"\+{_SIGNED}".encode())
_ESCAPED_PLUS = re.compile(rf"%[2][Bb]{_SIGNED}")
_ESCAPED_PLUS_IN_FILE = re.compile(rf"%[2][Bb]{_SIGNED}".encode())
"""With [2], so that ``re`` looks for the one sign % alone, which it does four times as fast as for %2."""
_OURS = re.compile(r"[Mm](?:aild|AILD)\.\d{1,18}\.\d{1,10}\.[CAIXcaix]\.[A-Za-z2-7]{16}(?:@|%40)")
_SHAPES = (tokens.ADDRESS_SHAPE, tokens.BOUNCE_SHAPE, tokens.MESSAGE_ID_SHAPE)
_NOTICE = re.compile(rb"(?i)\bx-maild-[a-z]{2,20}:")
_BEFORE, _AROUND = 24, 400
_WRITTEN_PLUS = re.compile("(?i)%2b")
_WRITTEN_AT = re.compile("(?i)%40")
MOST = 200
MOST_HINTS = 2000
"""Places looked at more closely for one mail's texts. What has more was made for it; the rest is passed over."""


def find(texts: Iterable[str], spending: Spending | None = None) -> tuple[str, ...]:
    """Return what has such a shape, in order, each once, at most 200; nothing is verified here."""
    spending = spending or Spending()
    found: dict[str, None] = {}
    looked_at = 0
    for text in texts:
        for hint in _hints(text):
            looked_at += 1
            if looked_at > MOST_HINTS or not spending.take_match() or len(found) > MOST:
                spending.cut("not every place where an address of ours may stand is looked at")
                return tuple(found)[:MOST]
            for one in _at(text, hint):
                found[one] = None
    return tuple(found)[:MOST]


def in_file(data: bytes, spending: Spending | None = None) -> bool:
    """Tell whether a file shows such a string, or a field only our notices have: a mail of ours, saved and attached.

    NULs are passed over, for Outlook saves its mails (``.msg``) in UTF-16. What a file holds packed or encoded (in a
    zip, as base64) is not seen. What a mail's files have of hints beyond what may be looked at, with enough left for
    its texts, counts as ours: nothing leaks by it.

    Speed code: a mail with a file of 10 MB is read in 70 ms of processor time, and in 180 with the plain search alone.
    """
    spending = spending or Spending()
    text = data.replace(b"\0", b"") if b"\0" in data else data
    # Quick looks first: this reads every file of every mail. Backwards, bytes are searched in half the time.
    named = text.rfind(b"aild") != -1 or text.rfind(b"AILD") != -1
    if named and _NOTICE.search(text) is not None:
        return True
    if not (named or _PLUS_IN_FILE.search(text) is not None or _ESCAPED_PLUS_IN_FILE.search(text) is not None):
        return False
    shown = text.decode("latin-1")
    for hint in _hints(shown):
        if spending.matches <= MOST_HINTS or not spending.take_match() or next(_at(shown, hint), None) is not None:
            return True
    return False


def _at(text: str, hint: re.Match[str]) -> Iterator[str]:
    """Find what a hint hinted at."""
    window = text[max(0, hint.start() - _BEFORE) : hint.end() + _AROUND]
    if "%" in window:
        window = _WRITTEN_PLUS.sub("+", _WRITTEN_AT.sub("@", window))
    for shape in _SHAPES:
        for match in shape.finditer(window):
            yield match[0].strip("<>") if shape is not tokens.MESSAGE_ID_SHAPE else _bracketed(match[0])


def _hints(text: str) -> Iterator[re.Match[str]]:
    """Find where to look closer.

    Speed code: three looks for fixed signs first, since this reads every character of every mail. The benchmark's mails
    of 2 and 15 KB are read in 5 % less time (``python benchmarks/reading.py``), the corpora's short ones in 2 % less.
    """
    if "+" in text:
        yield from _PLUS.finditer(text)
    if "%" in text and "%2" in text:  # a single sign is found thirty times as fast
        yield from _ESCAPED_PLUS.finditer(text)
    if "aild." in text or "AILD." in text:
        yield from _OURS.finditer(text)


def _bracketed(message_id: str) -> str:
    return f"<{message_id.strip('<>')}>"

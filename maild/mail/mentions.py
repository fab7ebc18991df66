"""Strings that have the shape of our own signed addresses and Message-IDs, wherever they stand (MAIL §4 row 11)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from maild.core import tokens

_HINT = re.compile(r"(?:\+|%2[Bb])\d{1,18}\.[A-Za-z2-7]{16}|[Mm][Aa][Ii][Ll][Dd]\.\d{1,18}\.\d{1,10}\.")
_SHAPES = (tokens.ADDRESS_SHAPE, tokens.BOUNCE_SHAPE, tokens.MESSAGE_ID_SHAPE)
_AROUND = 400
MOST = 200


def find(texts: Iterable[str]) -> tuple[str, ...]:
    """Return what has such a shape, in order, each once, at most 200; nothing is verified here."""
    found: dict[str, None] = {}
    for text in texts:
        for hint in _HINT.finditer(text):
            window = text[max(0, hint.start() - 24) : hint.end() + _AROUND]
            if "%" in window:
                window = re.sub("(?i)%2b", "+", re.sub("(?i)%40", "@", window))
            for shape in _SHAPES:
                for match in shape.finditer(window):
                    found[match[0].strip("<>") if shape is not tokens.MESSAGE_ID_SHAPE else _bracketed(match[0])] = None
            if len(found) > MOST:
                return tuple(found)[:MOST]
    return tuple(found)


def _bracketed(message_id: str) -> str:
    return f"<{message_id.strip('<>')}>"

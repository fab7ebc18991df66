"""Text from mail on a terminal: it obeys what it is sent, so every control is shown instead of sent."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

_SUSPECT = re.compile(r"[^\n\t -~\u00a0-\u00ac\u00ae-\u024f]")
"""Everything but what most text is made of, to be looked at one by one."""


def _is_harmless(sign: str) -> bool:
    return sign.isprintable() or unicodedata.category(sign) == "Zs"


def plain(text: str) -> str:
    """Return text in which every control (C0, C1, bidi, half a surrogate pair) is a visible dot, but for line ends."""
    return _SUSPECT.sub(lambda found: found[0] if _is_harmless(found[0]) else "·", text)


def one_line(text: str) -> str:
    """Return text as :func:`plain` does, on one line: what a stranger wrote never looks like a line of ours."""
    return plain(text).replace("\n", "·")


def as_json(value: Any, *, indent: int = 1) -> str:
    r"""Write a value as JSON for programs and for people: letters as they are, every control escaped (``\u0085``)."""
    written = json.dumps(value, ensure_ascii=False, indent=indent)
    return _SUSPECT.sub(lambda found: found[0] if _is_harmless(found[0]) else json.dumps(found[0])[1:-1], written)

"""Lines that people and programs draw: ``-----``, ``____``, and the frames around ``-----Original Message-----``."""

from __future__ import annotations

import re

_DRAWN = "-–—_=*~"
"""What lines are drawn of."""
_PAIR = re.compile(rf"[{_DRAWN}]{{2}}")
_WHITE = " \t\n\r\f\v\u00a0"
_LONGEST_PHRASE = 91


def is_rule(line: str) -> bool:
    """Tell whether a line is only a drawn line."""
    if len(line) > 200 or line.strip(f"{_DRAWN} \t"):
        return False
    pair = _PAIR.search(line)
    return pair is not None and not line[: pair.start()].strip(" \t*")


def framed(text: str) -> str | None:
    """Return what stands between drawn lines, each of two signs or more, on one line; None when nothing does so."""
    start = _past_frame(text, f"{_WHITE}*_>")
    if start is None:
        return None
    end = _past_frame(text[:start:-1], f"{_WHITE}*")
    if end is None:
        return None
    inner = text[start : len(text) - end].rstrip(f"{_WHITE}*:")
    return inner if 1 < len(inner) <= _LONGEST_PHRASE and inner[0] not in _DRAWN else None


def _past_frame(text: str, before: str) -> int | None:
    """Return where the first drawn signs, and those and white ones around, end; only ``before`` may stand before."""
    pair = _PAIR.search(text)
    if pair is None or text[: pair.start()].strip(before):
        return None
    after = text[pair.start() :].lstrip(_DRAWN)
    return len(text) - len(after.lstrip(f"{_WHITE}*"))

"""What a mail may be before it is parsed in full (law R5): beyond a cap it is still a case, by a safe scan."""

from __future__ import annotations

import re

SIZE = 35 * 1024 * 1024
HEADER_BYTES = 256 * 1024
HEADER_LINES = 1000
FIELD_BYTES = 16 * 1024
"""Of one structured field: the rest of it is not read."""
DEPTH = 50
PARTS = 500
TEXT = 1_000_000
"""Characters of text shown; the rest stays in the raw mail and in the attachment made of the part."""
HTML = 2_000_000
"""Characters of one HTML part turned into text."""
HTML_TOGETHER = 4_000_000
"""The same of all HTML parts of a mail; what lies beyond is kept as files."""

_BLANK = re.compile(rb"\n\r*\n")
_END = re.compile(rb"\n\r*\n|\r\r(?![\r\n])")


class Capped(Exception):
    """A mail is beyond a cap; the message says which, in words."""


def header_end(raw: bytes, start: int = 0, end: int | None = None) -> int:
    """Return where the blank line after a header block begins, or the end."""
    end = len(raw) if end is None else end
    match = _BLANK.search(raw, start, end)  # first, since re leaps from line end to line end
    if raw.find(b"\r\r", start, end if match is None else match.end()) != -1:
        match = _END.search(raw, start, end)
    return end if match is None else match.start() + 1


def header_problem(raw: bytes, start: int = 0, end: int | None = None) -> str | None:
    """Say which cap a header block is beyond, or None."""
    stop = header_end(raw, start, end)
    if stop - start > HEADER_BYTES:
        return f"header block of more than {HEADER_BYTES // 1024} KB"
    if max(raw.count(b"\n", start, stop), raw.count(b"\r", start, stop)) > HEADER_LINES:
        return f"header block of more than {HEADER_LINES} lines"
    return None


def check(raw: bytes) -> None:
    """Look at a mail from outside.

    Raises:
        Capped: when it must not be parsed.

    """
    if len(raw) > SIZE:
        raise Capped(f"mail of more than {SIZE // 1024 // 1024} MB")
    problem = header_problem(raw)
    if problem is not None:
        raise Capped(problem)


def count_part(parts: int, depth: int) -> None:
    """Count while walking the parts.

    Raises:
        Capped: when there are too many, or they are nested too deep.

    """
    if parts > PARTS:
        raise Capped(f"more than {PARTS} parts")
    if depth > DEPTH:
        raise Capped(f"parts nested more than {DEPTH} deep")

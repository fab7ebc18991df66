"""Form lines that a writer filled in inside a quote: ``> Rom/utstyr: B-214`` (SPEC F7).

Our letters ask with lines such as ``Siden når: ____``; a blank that is still blank is no answer.
"""

from __future__ import annotations

import re

from maild.mail.forward_headers import label_of
from maild.mail.lines import Lines
from maild.mail.quotes import is_rule, separator

_MOST = 200
_MOST_LINES = 5000
_BLANK = re.compile(r"[\s_.…\-–—*|\[\]()□☐]+")
_DECOR = " \t\u00a0*_|•·"


def form_line(line: str) -> tuple[str, str] | None:
    """Return the label and the value of a form line (the value may be empty), or None for any other line."""
    if len(line) > 400:
        return None
    text = line.strip(_DECOR)
    label, colon, value = text.partition(":")
    label, value = label.strip(_DECOR), value.strip()
    if not colon or not 1 < len(label) <= 120 or not label[0].isalpha() or value.startswith("//"):
        return None
    if label[-1].isdigit() and value[:2].isdigit():
        return None  # a time of day
    if "@" in label or len(label.split()) > 14:
        return None
    if _BLANK.fullmatch(value) or not value:
        return label, ""
    return label, value.strip("_ \t\u00a0*|…")


def filled_lines(text: Lines) -> tuple[tuple[str, str], ...]:
    """Return the filled form lines of the newest quoted mail, and blanks answered on the next line of one's own."""
    found: list[tuple[str, str]] = []
    asked: str | None = None
    headers = 0
    at = text.next_full(0)
    for _ in range(_MOST_LINES):
        if at >= len(text) or headers > 1 or len(found) >= _MOST:
            break
        line, kind = text.words[at], text.kind(at)
        if kind is None and asked is not None:
            found.append((asked, line.strip()[:400]))
        asked = None
        if kind in ("quote", "footer") and text.depth[at] <= 1:
            header = label_of(line)
            headers += header is not None and header[1] == "from"
            may_be = ":" in line and header is None
            form = form_line(line) if may_be and not separator(line) and not is_rule(line) else None
            if form is not None and form[1]:
                found.append(form)
            elif form is not None:
                asked = form[0]
        at = text.next_full(at + 1)
    return tuple(found)

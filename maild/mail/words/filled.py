"""Form lines that a writer filled in inside a quote: ``> Rom/utstyr: B-214`` (law R16).

Our letters ask with lines such as ``Siden når: ____``; a blank that is still blank is no answer.
"""

from __future__ import annotations

import re

from maild.mail.words.drawn import is_rule
from maild.mail.words.forward_headers import label_of
from maild.mail.words.lines import Lines
from maild.mail.words.quotes import separator

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
    headers = 0
    asking = [at for at, line in enumerate(text.words) if ":" in line or "：" in line]
    for at in asking[:_MOST_LINES]:
        if headers > 1 or len(found) >= _MOST:
            break
        if text.kind(at) not in ("quote", "footer") or text.depth[at] > 1:
            continue
        line = text.words[at]
        header = label_of(line)
        if header is not None:
            headers += header[1] == "from"
            continue
        form = form_line(line) if not separator(line) and not is_rule(line) else None
        if form is None:
            continue
        label, value = form
        below = text.next_full(at + 1)
        if value:
            found.append(form)
        elif below < len(text) and text.kind(below) is None:
            found.append((label, text.bare[below][:400]))
    return tuple(found)

"""The header of old Lotus Notes: the author, the date, and labels alone on their lines, without colons.

::

    Kari Moen/IT/FJORDVIK
    03.03.2026 10:15

    Til
    Ola Berg/HR/FJORDVIK@FJORDVIK
    Kopi

    Emne
    Sak
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from maild.mail.words.header_words import LABELS

LONE_LABELS = frozenset(LABELS["to"].split())
_SUBJECT = frozenset(LABELS["subject"].split())
_CC = frozenset(LABELS["cc"].split())
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}.{0,12}\d{1,2}[:.]\d{2}")
_REACH = 12


def is_lone_label(line: str) -> bool:
    """Tell whether a line is nothing but a label for recipients."""
    return len(line) <= 16 and line.strip().casefold() in LONE_LABELS


def notes_header(lines: Sequence[str], at: int) -> tuple[int, int] | None:
    """Return the half-open range of the header whose recipients' label stands alone at a line, or None."""
    below = [place for place in range(at + 1, min(at + _REACH, len(lines))) if lines[place].strip()]
    labels = {place: lines[place].strip().casefold() for place in below}
    copied = any(label in _CC for label in labels.values())
    subject = next((place for place in below if labels[place] in _SUBJECT), None)
    above = [place for place in range(max(0, at - 6), at) if lines[place].strip()]
    dated = next((place for place in reversed(above) if len(lines[place]) < 80 and _DATE.search(lines[place])), None)
    if subject is None or dated is None or not copied:
        return None
    author = next((place for place in reversed(above) if place < dated and len(lines[place]) < 120), None)
    alone = author is not None and (author == 0 or not lines[author - 1].strip())
    start = author if author is not None and alone else dated
    after = next((place for place in below if place > subject), subject)
    return start, after + 1

"""Whether a server's refusal is about the size of a message, or about something else (law W15)."""

from __future__ import annotations

import re

_STATUS = re.compile(r"(?<![0-9.])5[.]([0-9]{1,3})[.]([0-9]{1,3})(?![0-9.])")
_WORDS = re.compile(
    r"(?i)\btoo (?:large|big)\b|\bsize (?:limit|exceed)|\b(?:exceeds?|exceeded|maximum|max) [a-z' ]{0,40}\bsize\b"
)
SIZES = frozenset({(3, 4), (2, 3)})
"""Enhanced status that speaks of a message's size (RFC 3463): for the system, for the mailbox."""
_FULL = (2, 2)
"""The mailbox is full: whatever the size of the next one."""
MOST_ANSWER = 600


def speaks_of_size(answer: str) -> bool:
    """Tell whether a permanent refusal is about the size of a message (RFC 1870, RFC 3463 §3.3, §3.4)."""
    answer = answer[:MOST_ANSWER]
    found = [(int(subject), int(detail)) for subject, detail in _STATUS.findall(answer)]
    if any(status in SIZES for status in found):
        return True
    if _FULL in found or not answer.startswith("5"):
        return False
    return (answer.startswith("552") and not found) or _WORDS.search(answer) is not None

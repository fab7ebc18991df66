"""The line above which people answer: what we put into letters, and how we know it again in a reply."""

from __future__ import annotations

import re

SENTINEL_ID = "maild-reply-above"
"""In HTML as id, class and data attribute: Outlook rewrites ids to ``x_…``."""

SENTINELS = {
    "no": "— Svar over denne linjen —",
    "nn": "— Svar over denne lina —",
    "sv": "— Svara ovanför den här raden —",
    "da": "— Svar over denne linje —",
    "en": "— Reply above this line —",
}

_WORDS = "|".join(re.escape(line.strip("— ")) for line in SENTINELS.values())
SENTINEL_LINE = re.compile(rf"(?im)^[> \t\u00a0]*[—–-]+ ?(?:{_WORDS}) ?[—–-]+[ \t\u00a0]*$")
"""A whole line that is one of ours, quoted or not, whatever dash the client made of it."""


def holds_sentinel(text: str) -> bool:
    """Tell whether our line stands anywhere in a text, also where a client has joined it with others."""
    return any(line in text for line in SENTINELS.values())


def sentinel(language: str) -> str:
    """Return the line in a language (English when we have none)."""
    return SENTINELS.get(language, SENTINELS["en"])

"""Whose fault a refusal is: the letter's, or that of how the desk and its relay are set up.

A relay that was told to take nothing from here (*Relay access denied*) refuses every letter in the same words as one
that nobody may write to. What tells them apart is when it refused, what it said (RFC 3463, RFC 5321 §4.2.1), and how
other letters fared, of which :mod:`maild.channels.outgoing.standing` keeps count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from maild.core.deliveries.delivery import OURS, Blame
from maild.core.deliveries.size import speaks_of_size

Stage = Literal["mail", "rcpt", "data", "end"]
"""What was answered: MAIL, RCPT, DATA or the end of the message."""
RELAY = "relay"
"""The scope of a fault that keeps every letter: no connection, no greeting, no login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The relay refuses for good what it should take, whichever letter it is: somebody must set something right."""

    scope: str
    """What it refuses: RELAY, or in words: *mail from c.example*, *mail to other domains*."""
    since: datetime
    answer: str
    """The relay's words to the letter that showed it."""
    sender: str = ""
    recipient: str = ""
    """The envelope that was refused."""
    ask: bool = False
    """It was refused before the message, so the relay can be asked again without sending one."""


_STATUS = re.compile(r"(?:^|\(?#)[245]\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_DENIED = re.compile(
    r"\brelay(?:ing)?\b.{0,40}\b(?:denied|refused|rejected|prohibited|disabled|not (?:allowed|permitted|authori[sz]ed))"
    r"|\b(?:unable|cannot|can't|not (?:allowed|permitted|authori[sz]ed)|(?:do|does|will) not) (?:to )?relay"
    r"|\brcpthosts\b"
    r"|\bauthentication (?:is )?required\b",
    re.I,
)
_HOST = re.compile(r"\b(?:client host|helo command) rejected\b", re.I)
_SENDER = re.compile(r"\bsender address rejected\b|\bsend as this sender\b", re.I)
_QUOTED = re.compile(r"\bsaid:|\bundeliverable address\b", re.I)
"""The relay passes on what another server said about a recipient."""


def blame(code: int, text: str, stage: Stage) -> Blame:
    """Tell whose fault a refusal is, permanent or not.

    ``text`` is the reply without its code. An enhanced status is found at its beginning, or as qmail writes it.
    """
    found = _STATUS.search(text)
    subject, detail = (int(found[1]), int(found[2])) if found else (0, 0)
    if code == 552 or (subject, detail) == (3, 4) or subject == 6 or speaks_of_size(f"{code} {text}"):
        return "letter"  # too large, or in a form that the relay cannot carry
    if stage == "mail":
        return "all"
    quoted = _QUOTED.search(text) is not None
    if (subject == 1 and detail in (7, 8)) or _SENDER.search(text) is not None:
        return "doubt" if quoted else "all"  # who sends was refused, and all letters have a sender of ours
    if subject == 7 and detail >= 100:
        return "doubt"  # Exchange's own, mostly of a recipient with restrictions
    denied = code in OURS or _DENIED.search(text) is not None or (code >= 500 and _HOST.search(text) is not None)
    if stage != "end" and denied:
        return "doubt" if quoted else "denied"
    if subject in (3, 5, 7) or (subject == 0 and (code in OURS or code == 554 or stage == "end")):
        return "doubt"
    return "letter"

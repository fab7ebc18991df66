"""What the rows of the table of automatic replies look at, and what they say (MAIL §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from maild.core.facts import Asks, CapAsks, CaseFacts, Counts, Facts
from maild.core.mail import Mail
from maild.core.rules import Rulebook

Action = Literal["quarantine", "silent", "bounce", "unmatched", "file", "quiet", "spam", "held", "guarded", "ack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything the rows look at."""

    mail: Mail
    asks: Asks
    facts: Facts
    caps: CapAsks
    counts: Counts
    rulebook: Rulebook
    matched: CaseFacts | None
    """The case that evidence names, for a mail that files silently."""
    inside: bool
    """The author takes part in that case."""
    act: bool
    """The mail is an agent's act."""
    entry: bool
    """The mail goes into an existing case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The row that matched, its action and on what."""

    row: str
    action: Action
    detail: str

    def __str__(self) -> str:
        return f"MAIL §4 row {self.row}: {self.detail}"

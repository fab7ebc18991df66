"""One line of why a mail was decided as it was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLine:
    """One step of a decision: a rule (MAIL row, department default…), whether it hit, and on what."""

    rule: str
    hit: bool
    detail: str = ""

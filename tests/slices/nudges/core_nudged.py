"""What a nudge changes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CountNudge:
    """Count a nudge of a case."""

    case: int

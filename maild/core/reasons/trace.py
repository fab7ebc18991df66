"""One line of why a mail was decided as it was."""

from __future__ import annotations

from dataclasses import dataclass

from maild.core.reasons.reason import Reason, because


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLine:
    """One step of a decision: what was asked (a rule, evidence, a row of a table), whether it hit, and on what."""

    rule: Reason
    hit: bool
    detail: Reason | None = None

    @property
    def said(self) -> Reason:
        """The whole line, with the mark of a hit or a miss."""
        if self.detail is None:
            return because("hit" if self.hit else "miss", self.rule)
        return because("hit on" if self.hit else "miss on", self.rule, self.detail)

"""A routing rule: what it asks and what it says is to be done (rules/routing/*.toml)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from maild.core.reasons.reason import Reason
from maild.core.reasons.trace import TraceLine
from maild.core.rules.calendars import Period
from maild.core.rules.conditions import Condition

Strategy = Literal["round_robin", "least_open", "group"]
Preference = Literal["sticky", "language", "competence"]
Priority = Literal["low", "normal", "high", "urgent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What a rule says; None and empty say nothing."""

    type: str | None = None
    department: str | None = None
    """Move: the case is this department's."""
    group: str | None = None
    assignee: str | None = None
    assign: Strategy | None = None
    prefer: tuple[Preference, ...] | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    confidential: bool | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """``{name}`` stands for what a pattern of the rule captured."""
    template: str | None = None
    no_ack: str | None = None
    """No acknowledgement, and why."""
    watchers: tuple[str, ...] = ()
    """Agents who are told, too."""
    due: Period | None = None
    master: int | None = None
    """The case this one is linked to as one of many."""
    spam: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule."""

    name: str
    label: Reason
    """How the trace calls it: ``routing/it.toml:12 it-password``."""
    line: int
    when: Condition
    then: Actions
    must: frozenset[str | int] | None = None
    """Signals of which a mail must bear one, else the rule misses (core/rules/glance.py); None: no such quick look."""
    missed: TraceLine | None = None
    """What the trace says when it bears none."""
    go_on: bool = False
    """``continue``: the rules below are asked too."""
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day it holds."""

    @property
    def dated(self) -> bool:
        """Tell whether it holds only for a time."""
        return self.valid_from is not None or self.valid_until is not None

    def holds(self, day: date) -> bool:
        """Tell whether it is in force on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class Found(Protocol):
    """What a pattern found."""

    @property
    def text(self) -> str:
        """The text that matched."""
        ...

    @property
    def groups(self) -> Mapping[str, str]:
        """Its named groups."""
        ...


class Patterns(Protocol):
    """The rulebook's regular expressions, compiled (in linear time) by the rulebook room, addressed by number."""

    @property
    def sources(self) -> Sequence[str]:
        """What each was written as, by number."""
        ...

    def which(self, text: str) -> frozenset[int]:
        """Return the numbers of all patterns that match somewhere in a text."""
        ...

    def find(self, number: int, text: str) -> Found | None:
        """Return where one pattern matches first."""
        ...


@dataclass(frozen=True, slots=True)
class NoPatterns:
    """No regular expressions at all."""

    @property
    def sources(self) -> Sequence[str]:
        """Name none."""
        return ()

    def which(self, text: str) -> frozenset[int]:
        """Find none."""
        return frozenset()

    def find(self, number: int, text: str) -> Found | None:
        """Find nothing."""
        return None

"""What the rows of the table of automatic replies look at, and what they say (law A2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from maild.core.facts import Asks, CapAsks, CaseFacts, Counts, Facts
from maild.core.reasons.reason import Reason, because
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Mail

Row = Literal[
    "endless",  # it goes round for ever
    "guessing",  # it is sent to signed addresses that are not ours, one of many
    "many hops",
    "our own",  # a mail of ours that comes back
    "at a bounce address",
    "a delivery report",
    "a receipt",  # a read receipt or an abuse report
    "from nobody",  # null return path
    "answers our invitation",
    "auto-submitted",  # RFC 3834: an automatic answer
    "generated",  # RFC 3834: made by a machine that answers nothing, which may pass on what people write
    "nobody reads",  # its author's address is one that nobody reads
    "a list",  # mailing lists and bulk mail
    "suppresses answers",
    "a robot",  # by headers and subjects of automatic answers
    "a calendar answer",
    "ourselves",  # our own addresses and peer desks
    "an echo",  # our signed words, from somebody who takes no part
    "an act",  # an agent's
    "blocked",
    "not trusted",
    "a follow-up",
    "over a cap",
    "the breaker",
    "not proven",  # nothing proves who wrote it
    "a person",
]
"""The rows of the table of automatic replies, in order."""
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
    machine_to_agent: bool = False
    """It answers what only an agent was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The row that matched, its action and on what."""

    row: Row
    action: Action
    detail: Reason

    @property
    def reason(self) -> Reason:
        """The row and on what it matched."""
        return because("by row", because(self.row), self.detail)

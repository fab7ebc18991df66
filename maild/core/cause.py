"""What makes maild do something: a mail came, a promise fell due, the relay answered, or an admin said something.

Each walks the same corridor; there is no second way to change a case, to send a letter or to explain a decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from maild.core.facts import Status
from maild.core.reasons.reason import Reason
from maild.core.values.mail import Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCame:
    """A mail was accepted and read."""

    mail: Mail
    inbound: int
    """Id of its row."""


What = Literal[
    "desk",
    "letter",
    "cause",
    "case",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a promise is about: the whole desk, or one row."""

    what: What
    id: int = 0

    def __str__(self) -> str:
        return f"{self.what}:{self.id}" if self.id else self.what


DESK = About(what="desk")

Step = Literal[
    "half-open",  # the breaker has been open for a while: may it close?
    "drop held",  # an acknowledgement has been held for a day
    "late",  # a letter has not gone out for hours
    "give up",  # a letter has not gone out for days
    "summary",  # agents are yet to hear of mails that were not told one by one
    "go on",  # the rest of a plan that was too large for one transaction
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerDue:
    """A promise fell due: a row of the timer table."""

    timer: int
    """Id of its row."""
    about: About
    step: Step
    due: datetime
    """Aware."""
    data: str = ""
    """What was left with it (JSON), for the step that reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The relay answered for good, or put a letter off for the first time."""

    letter: int
    """Outbox id."""
    state: Literal["deferred", "failed"]
    answer: Reason
    """The relay's own words, or why there were none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCase:
    """Give a case a status."""

    case: int
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLetters:
    """Send held letters after all: the given ones, or (None) all of them."""

    letters: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropLetters:
    """Drop held letters: the given ones, or (None) all of them."""

    letters: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLetters:
    """Try deferred and failed letters again at once: the given ones, or (None) every deferred one."""

    letters: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOperator:
    """Tell the operator what no mail, promise or answer tells of: a refused rule file, a mailbox that is away.

    The desk says this to itself (``actor`` is "maild"), as an admin who watched it would.
    """

    title: Reason
    reason: Reason
    once_key: str


Said = MoveCase | ReleaseLetters | DropLetters | RetryLetters | TellOperator


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSaid:
    """An admin typed a command."""

    said: Said
    actor: str = "admin"


Cause = MailCame | TimerDue | Delivered | AdminSaid

"""How the relay treats our mail: whether what it refuses for good is one letter, or everything of a kind.

A letter that may have been refused for how things are set up is not given up at once. It is tried again; meanwhile
others are taken, and then it was about this one after all, or others elsewhere are refused too, and then it is a fault.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from maild.core.deliveries.delivery import Answer
from maild.core.deliveries.refusals import RELAY, Fault
from maild.storage.letters_out import ToSend

Verdict = Literal["letter", "doubt", "fault"]
"""What a permanent refusal is about: this letter, that is lost; nobody knows yet; or how things are set up."""

MANY = 2
"""Refusals at so many different places, and none taken since the first, are no longer about one recipient."""
TRIES = 3
"""So often a letter is tried, over 6 minutes, when nothing else goes out that would tell."""
MOST = 10_000
"""Refused letters that are remembered; one that was forgotten is looked at as if it were the first time."""
INSIDE, OUTSIDE = "mail to our own domains", "mail to other domains"


@dataclass(slots=True)
class _Doubt:
    """A letter that was refused: how many others of its scope had been taken then, and how often since."""

    scope: str
    taken: int
    refusals: int = 0


class Standing:
    """What the relay's answers of this run say about it, and the faults that stand.

    ``own`` tells our own domains: a relay takes mail to those from anybody, so that says nothing about the others.
    ``changed`` is told of each change of :attr:`faults`.
    """

    def __init__(self, *, own: Callable[[str], bool], changed: Callable[[], None], most: int = MOST) -> None:
        self.faults: dict[str, Fault] = {}
        self._own, self._changed, self._most = own, changed, most
        self._taken: Counter[str] = Counter()
        self._refused: defaultdict[str, set[str]] = defaultdict(set)
        self._doubts: dict[int, _Doubt] = {}

    def adopt(self, faults: Iterable[Fault]) -> None:
        """Know of faults that an earlier run, or another daemon, met and that nobody saw end."""
        for fault in faults:
            self.faults.setdefault(fault.scope, fault)

    def taken(self, mail: ToSend) -> None:
        """Take in that the relay has a letter."""
        for scope in (self._sender(mail), self._recipient(mail)):
            self._taken[scope] += 1
            self._refused[scope].clear()
            self.over(scope)
        self._doubts.pop(mail.id, None)
        self.over(RELAY)

    def over(self, scope: str) -> None:
        """Take in that a fault, if there was one, is no more."""
        if self.faults.pop(scope, None) is not None:
            self._changed()

    def away(self, answer: Answer, now: datetime) -> None:
        """Take in that the relay was not to be had; when it refused us for good, that is a fault."""
        if answer.blame == "all":
            self._begin(Fault(scope=RELAY, since=now, answer=answer.answer))

    def refused(self, mail: ToSend, answer: Answer, now: datetime) -> Verdict:
        """Take in that the relay was there and has not taken a letter; what that is about."""
        self.over(RELAY)
        doubt = self._doubts.pop(mail.id, None)
        if answer.blame == "letter":
            return "letter"
        scope = self._sender(mail) if answer.blame == "all" else self._recipient(mail)
        if doubt is None or doubt.scope != scope:
            doubt = _Doubt(scope, self._taken[scope])
        elif self._taken[scope] > doubt.taken:
            return "letter"  # the relay took others since
        doubt.refusals += 1
        if len(self._refused[scope]) < MANY:
            self._refused[scope].add(self._place(mail))
        fault = scope in self.faults or answer.blame != "doubt" or len(self._refused[scope]) >= MANY
        if fault:
            self._begin(_fault(scope, mail, answer, now))
        elif doubt.refusals >= TRIES:
            return "letter"  # nothing else went out that would tell
        self._doubts[mail.id] = doubt
        if len(self._doubts) > self._most:
            del self._doubts[next(iter(self._doubts))]
        return "fault" if fault else "doubt"

    def _begin(self, fault: Fault) -> None:
        if fault.scope not in self.faults:
            self.faults[fault.scope] = fault
            self._changed()

    def _sender(self, mail: ToSend) -> str:
        return f"mail from {mail.return_path.rpartition('@')[2] or '<>'}"

    def _recipient(self, mail: ToSend) -> str:
        return INSIDE if self._own(mail.recipient.rpartition("@")[2].lower()) else OUTSIDE

    def _place(self, mail: ToSend) -> str:
        """Return what may have its own reason to refuse: another organisation, or a colleague."""
        recipient = mail.recipient.lower()
        return recipient if self._recipient(mail) == INSIDE else recipient.rpartition("@")[2]


def _fault(scope: str, mail: ToSend, answer: Answer, now: datetime) -> Fault:
    return Fault(
        scope=scope,
        since=now,
        answer=answer.answer,
        sender=mail.return_path,
        recipient=mail.recipient,
        ask=not answer.message,
    )

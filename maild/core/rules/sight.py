"""One mail as rules see it: each view of it is made once, when the first rule asks, and kept for the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from maild.core.robots.robots import Robot, robot
from maild.core.rules.calendars import Calendar, is_open
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Attachment, Mail
from maild.core.values.people import addressed, department_of
from maild.core.values.words import Folded, folded

Signal = str | int
"""A word or its first letters, a pattern's number, or ``from:…``, ``domain:…``, ``header:…``: no word has a colon."""
NOBODY = "from:"
"""The signal of a mail whose From names nobody: whoever asks for an author cannot know."""
LONGEST = 64 * 1024
"""Characters of a text that rules look at: nobody routes by what stands further down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Signals by their kind, so that a mail need only be looked at where one can be."""

    words: frozenset[str]
    patterns: frozenset[int]
    named: frozenset[str]

    @classmethod
    def of(cls, signals: Iterable[Signal]) -> Signals:
        """Sort signals by their kind."""
        numbers, texts = set[int](), set[str]()
        for signal in signals:
            if isinstance(signal, int):
                numbers.add(signal)
            else:
                texts.add(signal)
        named = frozenset(text for text in texts if ":" in text)
        return cls(words=frozenset(texts) - named, patterns=frozenset(numbers), named=named)


class Sight:
    """One mail under the eyes of the rules."""

    def __init__(
        self,
        mail: Mail,
        rulebook: Rulebook,
        *,
        at: datetime,
        calendar: Calendar,
        tags: frozenset[str] = frozenset(),
    ) -> None:
        self.mail, self.rulebook, self.at = mail, rulebook, at
        self.calendar = calendar
        self.fields: dict[str, str] = {}
        """What rules that went on (``continue``) have set so far."""
        self._more_tags = tags

    @cached_property
    def subject(self) -> str:
        """The subject line."""
        return self.mail.subject[:LONGEST]

    @cached_property
    def text(self) -> str:
        """The writer's own words; of a forwarded mail what is passed on too, and what was filled into a form."""
        parts = [self.mail.own_text]
        parts += [f"{label}: {value}" for label, value in self.mail.filled]
        if self.mail.forwarded is not None:
            parts += [fold.text for fold in self.mail.folds if fold.kind == "forwarded"]
        return "\n".join(part for part in parts if part)[:LONGEST]

    @cached_property
    def subject_words(self) -> Folded:
        """The subject's words."""
        return folded(self.subject)

    @cached_property
    def text_words(self) -> Folded:
        """The text's words."""
        return folded(self.text)

    @cached_property
    def any_keys(self) -> frozenset[str]:
        """What words of subject or text begin with."""
        return self.subject_words.keys | self.text_words.keys

    @cached_property
    def signals(self) -> frozenset[Signal]:
        """What a rule may be unable to do without (core/rules/glance.py)."""
        words = self.subject_words.keys, self.text_words.keys
        return words[0].union(words[1], self.subject_patterns, self.text_patterns, self._named)

    def bears(self, signals: Signals) -> bool:
        """Tell whether it has one of some signals, looking at no more than they ask for."""
        return (
            (bool(signals.patterns) and not signals.patterns.isdisjoint(self.subject_patterns | self.text_patterns))
            or (bool(signals.words) and not signals.words.isdisjoint(self.any_keys))
            or (bool(signals.named) and not signals.named.isdisjoint(self._named))
        )

    @cached_property
    def _named(self) -> set[str]:
        """Who wrote it, and its headers, as signals."""
        author = self.author
        found = {f"header:{name}" for name in self.headers}
        if author is None:
            found.add(NOBODY)
        else:
            domain = author.casefold().rpartition("@")[2]
            found |= {f"from:{author.casefold()}", f"from:@{domain}"}
            domain = author.rpartition("@")[2]
            while domain:
                found.add(f"domain:{domain}")
                domain = domain.partition(".")[2]
        return found

    @cached_property
    def subject_patterns(self) -> frozenset[int]:
        """Numbers of the patterns that match the subject."""
        return self.rulebook.patterns.which(self.subject)

    @cached_property
    def text_patterns(self) -> frozenset[int]:
        """Numbers of the patterns that match the text."""
        return self.rulebook.patterns.which(self.text)

    @cached_property
    def to(self) -> tuple[str, ...]:
        """Whom it was sent to: To, and the envelope's recipients that are not in Cc."""
        cc = set(self.cc)
        named = [box.address.lower() for box in self.mail.to]
        return tuple(dict.fromkeys([*named, *(found for found in self._addressed if found not in cc)]))

    @cached_property
    def cc(self) -> tuple[str, ...]:
        """Whom it was copied to."""
        return tuple(box.address.lower() for box in self.mail.cc)

    @cached_property
    def _addressed(self) -> tuple[str, ...]:
        return addressed(self.mail)

    @cached_property
    def role(self) -> str:
        """Whether we stand in ``to`` or only in ``cc``."""
        if any(department_of(box.address, self.rulebook) is not None for box in self.mail.to):
            return "to"
        return "cc" if any(department_of(box.address, self.rulebook) is not None for box in self.mail.cc) else "to"

    @cached_property
    def author(self) -> str | None:
        """The strictly read author, or None."""
        address = self.mail.identity.address
        return None if address is None else address.lower()

    @cached_property
    def robot(self) -> Robot:
        """Whether a person or a program wrote it."""
        return robot(self.mail)

    @cached_property
    def headers(self) -> Mapping[str, tuple[str, ...]]:
        """Header values by lower-case name."""
        found: dict[str, list[str]] = {}
        for name, value in self.mail.headers:
            found.setdefault(name, []).append(value.strip())
        return {name: tuple(values) for name, values in found.items()}

    @cached_property
    def files(self) -> tuple[Attachment, ...]:
        """The files it came with, without decoration."""
        return tuple(file for file in self.mail.attachments if not file.decoration)

    @cached_property
    def recipients(self) -> int:
        """How many addresses stand in To and Cc."""
        return len({box.address.lower() for box in (*self.mail.to, *self.mail.cc)})

    @cached_property
    def is_open(self) -> bool:
        """Whether the department is at work."""
        return is_open(self.calendar, self.at)

    @cached_property
    def tags(self) -> frozenset[str]:
        """The author's tags, and those of the author's organisation."""
        found = set(self._more_tags)
        contact = self.rulebook.contacts.get(self.author or "")
        if contact is not None:
            found |= contact.tags
        if self.organisation is not None:
            found |= self.rulebook.organisations[self.organisation].tags
        return frozenset(tag.casefold() for tag in found)

    @cached_property
    def organisation(self) -> str | None:
        """The author's organisation: what the contact says, else by the domain or one above it."""
        contact = self.rulebook.contacts.get(self.author or "")
        if contact is not None and contact.organisation is not None:
            return contact.organisation
        domain = (self.author or "").rpartition("@")[2]
        while domain:
            if domain in self.rulebook.organisation_by_domain:
                return self.rulebook.organisation_by_domain[domain]
            domain = domain.partition(".")[2]
        return None

    @cached_property
    def agreements(self) -> tuple[str, ...]:
        """The agreements of the author's organisation that are in force."""
        if self.organisation is None:
            return ()
        today = self.at.astimezone(self.rulebook.zone).date()
        return tuple(one.name for one in self.rulebook.organisations[self.organisation].agreements if one.holds(today))

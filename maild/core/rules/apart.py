"""Over which mails two rulebooks can part, by a quick look: a change of rules touches few mails, and the many others
need not be decided twice.

Decisions read the lists of rules in one place only (:func:`maild.core.rules.routing.route`), and a rule that a mail
bears no signal of misses whatever the others say (core/rules/glance.py). So where everything but some rules is the same
in two rulebooks, both say the same of any mail that bears no signal of those rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from maild.core.reasons.reason import because
from maild.core.rules.actions import Rule
from maild.core.rules.organisation import Rulebook
from maild.core.rules.routing import groups_of
from maild.core.rules.sight import Sight, Signal, Signals
from maild.core.values.mail import Mail

_NOT_COMPARED = frozenset({"version", "lists", "patterns", "warnings"})
"""Names of the lists aside, what says nothing of any mail by itself: patterns count by the rules and fields using them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """The rules in which two rulebooks differ that are the same in everything else."""

    looks: tuple[tuple[Rulebook, Signals], ...]
    """What a mail must bear, as each rulebook numbers its patterns, for one of the rules to hit."""
    departments: frozenset[str]
    """A mail to one of these asks for other groups, so that another part of the desk would be known of."""

    def may_part(self, mail: Mail, departments: Iterable[str], at: datetime) -> bool:
        """Tell whether the rulebooks may say different things of a mail to these departments."""
        return not self.departments.isdisjoint(departments) or any(
            Sight(mail, book, at=at, calendar=book.hours(next(iter(book.departments.values())))).bears(signals)
            for book, signals in self.looks
        )


def apart(ours: Rulebook, theirs: Rulebook) -> Apart | None:
    """Compare two rulebooks; None when they may part over any mail."""
    if not _otherwise_the_same(ours, theirs):
        return None
    looks: list[tuple[Rulebook, Signals]] = []
    for book, other in ((ours, theirs), (theirs, ours)):
        signals: set[Signal] = set()
        for name, rules in book.lists.items():
            known = other.lists.get(name, ())
            for rule in _only(rules, known):
                if rule.must is None:
                    return None
                signals |= rule.must
            if _shared(rules, known) != _shared(known, rules):
                return None  # in another order
        if signals:
            looks.append((book, Signals.of(signals)))
    if len(looks) == 2 and looks[0][1] == looks[1][1] and ours.patterns.sources == theirs.patterns.sources:
        looks.pop()  # the same look twice
    groups = {name for name in ours.departments if groups_of(ours, name) != groups_of(theirs, name)}
    return Apart(looks=tuple(looks), departments=frozenset(groups))


def _otherwise_the_same(ours: Rulebook, theirs: Rulebook) -> bool:
    for name in (one.name for one in fields(Rulebook) if one.name not in _NOT_COMPARED):
        left, right = getattr(ours, name), getattr(theirs, name)
        if left != right or (isinstance(left, Mapping) and list(left) != list(right)):
            return False
    return _finds(ours) == _finds(theirs)


def _finds(book: Rulebook) -> list[str]:
    """Return the patterns that find values of fields: the types name them by number only."""
    numbers = [one.find for kind in book.types.values() for one in kind.fields if one.find is not None]
    return [book.patterns.sources[number] for number in numbers]


def _only(rules: tuple[Rule, ...], other: tuple[Rule, ...]) -> list[Rule]:
    """Return the rules that the other list does not have."""
    known = {rule.name: _bare(rule) for rule in other}
    return [rule for rule in rules if known.get(rule.name) != _bare(rule)]


def _shared(rules: tuple[Rule, ...], other: tuple[Rule, ...]) -> list[str]:
    """Return the names, in order, of the rules that the other list has as well."""
    known = {rule.name: _bare(rule) for rule in other}
    return [rule.name for rule in rules if known.get(rule.name) == _bare(rule)]


_NOWHERE = because("rule", "", "")


def _bare(rule: Rule) -> Rule:
    """Leave out where a rule stands: nothing but the trace tells."""
    return replace(rule, label=_NOWHERE, line=0, missed=None)

"""Which rules hit a new case's mail, and what they say together (law G1): pure, total, with every hit and miss.

Rules are asked in order: first those for every mail, then those of the department. The first that hits ends it,
unless it says ``continue``. Of several that hit, the first to say something is believed; tags, watchers and fields
add up. What no rule says, the department's defaults say: so any mail has exactly one department, type and group.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from maild.core.reasons.reason import Reason, because
from maild.core.reasons.reason import text as as_text
from maild.core.reasons.trace import TraceLine
from maild.core.rules.actions import Actions, Preference, Rule, Strategy
from maild.core.rules.calendars import Period
from maild.core.rules.casetypes import CaseType, value_of
from maild.core.rules.matching import Captures, answer
from maild.core.rules.organisation import Rulebook
from maild.core.rules.sight import Sight
from maild.core.values.mail import Mail

EVERY = ""
"""The list of rules that every mail is tried on first."""
MOST_TAGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What the rules (and the defaults) say about a new case."""

    department: str
    type: str
    group: str
    assignee: str | None = None
    assign: Strategy | None = None
    prefer: tuple[Preference, ...] | None = None
    priority: str = "normal"
    tags: tuple[str, ...] = ()
    confidential: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    template: str | None = None
    no_ack: str | None = None
    watchers: tuple[str, ...] = ()
    due: Period | None = None
    master: int | None = None
    spam: Reason | None = None
    """The rule that says so."""
    hits: tuple[str, ...] = ()
    """Names of the rules that hit."""
    trace: tuple[TraceLine, ...] = ()


def route(mail: Mail, rulebook: Rulebook, *, department: str, at: datetime) -> Routed:
    """Ask the rules about a mail that makes a new case in a department."""
    return _Way(mail, rulebook, department, at).go()


def groups_of(rulebook: Rulebook, department: str) -> frozenset[str]:
    """Return every group that a mail to a department may end in."""
    lists = [*rulebook.lists.get(EVERY, ()), *rulebook.lists.get(department, ())]
    moves = {rule.then.department for rule in lists if rule.then.department is not None}
    for moved in moves - {department}:
        lists += rulebook.lists.get(str(moved), ())
    groups = {rule.then.group for rule in lists if rule.then.group is not None}
    groups |= {rulebook.departments[str(name)].default_group for name in moves | {department}}
    return frozenset(str(group) for group in groups)


class _Way:
    """One mail's way through the rules: what has been said so far."""

    def __init__(self, mail: Mail, rulebook: Rulebook, department: str, at: datetime) -> None:
        self.rulebook, self.department = rulebook, department
        self.day: date = at.astimezone(rulebook.zone).date()
        calendar = rulebook.hours(rulebook.departments[department])
        self.sight = Sight(mail, rulebook, at=at, calendar=calendar)
        self.said: dict[str, object] = {}
        self.tags: list[str] = []
        self.watchers: list[str] = []
        self.hits: list[str] = []
        self.trace: list[TraceLine] = []

    def go(self) -> Routed:
        """Ask the lists in order."""
        if not self._ask(self.rulebook.lists.get(EVERY, ())):
            self._ask(self.rulebook.lists.get(self.department, ()))
        department = self.rulebook.departments[self.department]
        kind = str(self.said.get("type") or department.default_type)
        case_type = self.rulebook.types.get(kind)
        confidential = self.said.get("confidential")
        if confidential is None:
            confidential = department.confidential or (case_type is not None and case_type.confidential)
        fields = self._fields(case_type)
        return Routed(
            department=self.department,
            type=kind,
            group=str(self.said.get("group") or department.default_group),
            priority=str(self.said.get("priority") or "normal"),
            tags=tuple(dict.fromkeys(self.tags))[:MOST_TAGS],
            confidential=bool(confidential),
            fields=fields,
            watchers=tuple(dict.fromkeys(self.watchers)),
            hits=tuple(self.hits),
            trace=tuple(self.trace),
            **{name: self.said.get(name) for name in _PLAIN},  # type: ignore[arg-type]
        )

    def _ask(self, rules: tuple[Rule, ...]) -> bool:
        """Ask rules until one ends it; True when one did."""
        if not rules:
            return False
        captures, signals, trace = Captures(), self.sight.signals, self.trace
        for rule in rules:
            if rule.must is not None and rule.missed is not None and rule.must.isdisjoint(signals):
                trace.append(rule.missed)
                continue
            if rule.dated and not rule.holds(self.day):
                self.trace.append(_missed(rule.label, because("not in force", self.day.isoformat())))
                continue
            hit, detail = answer(rule.when, self.sight, captures)
            if hit:
                self.trace.append(TraceLine(rule=rule.label, hit=True, detail=detail))
                self._take(rule, captures.found)
                if not rule.go_on:
                    return True
            else:
                self.trace.append(_missed(rule.label, detail))
            if captures.found:
                captures = Captures()
        return False

    def _take(self, rule: Rule, captures: Mapping[str, str]) -> None:
        then = rule.then
        self.hits.append(rule.name)
        for name in _SAID:
            if (value := getattr(then, name)) is not None:
                self.said.setdefault(name, value)
        if then.spam:
            self.said.setdefault("spam", rule.label)
        if then.department is not None and "department" not in self.said:
            self.said["department"] = self.department = then.department
        self.tags += then.tags
        self.watchers += then.watchers
        for name, text in _filled(then, captures).items():
            self.sight.fields.setdefault(name, text)

    def _fields(self, case_type: CaseType | None) -> dict[str, str]:
        """Return the fields' values: what rules captured, then what the type's own patterns find; read by kind."""
        found: dict[str, str] = {}
        for name, text in self.sight.fields.items():
            one = None if case_type is None else case_type.field(name)
            value: str | None = text[:2000] if one is None else value_of(one, text, today=self.day)
            self._note_field(name, value is not None, value or text)
            if value is not None:
                found[name] = value
        for one in () if case_type is None else case_type.fields:
            if one.name in found or one.find is None:
                continue
            seen = self._find(one.find)
            value = None if seen is None else value_of(one, seen, today=self.day)
            self._note_field(one.name, value is not None, value or "")
            if value is not None:
                found[one.name] = value
        return found

    def _note_field(self, name: str, hit: bool, value: str) -> None:
        detail = as_text(_short(value)) if value else None
        self.trace.append(TraceLine(rule=because("field", name), hit=hit, detail=detail))

    def _find(self, number: int) -> str | None:
        """Look for a field's value in the subject, then in the text: its group, or all that matched."""
        for text, numbers in (
            (self.sight.subject, self.sight.subject_patterns),
            (self.sight.text, self.sight.text_patterns),
        ):
            if number in numbers and (found := self.rulebook.patterns.find(number, text)) is not None:
                return next(iter(found.groups.values()), found.text)
        return None


def _missed(rule: Reason, detail: Reason | None) -> TraceLine:
    return TraceLine(rule=rule, hit=False, detail=detail)


_PLAIN = ("assignee", "assign", "prefer", "template", "no_ack", "due", "master", "spam")
_SAID = ("type", "group", "priority", "confidential", *(name for name in _PLAIN if name != "spam"))


_CAPTURE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _filled(then: Actions, captures: Mapping[str, str]) -> dict[str, str]:
    """Put captures in place of ``{name}``; a field that comes out empty is not set."""
    found: dict[str, str] = {}
    for name, text in then.fields.items():
        for capture in _CAPTURE.findall(text):
            text = text.replace(f"{{{capture}}}", captures.get(capture, ""), 1)
        if text.strip():
            found[name] = text.strip()
    return found


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:60]}…"

"""routing/*.toml → the lists of rules, judged: names, captures, dates, order, and whether each can be reached.

``routing/all.toml`` holds the rules that every mail is tried on first; ``routing/DEPARTMENT.toml`` those of one
department, the last of which must take everything: so the file says itself what becomes of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from maild.config import values
from maild.config.toml_file import Document, unknown
from maild.config.toml_lines import Path as Keys
from maild.core.reasons.reason import because
from maild.core.reasons.trace import TraceLine
from maild.core.rules.actions import Actions, Rule
from maild.core.rules.calendars import Period
from maild.core.rules.conditions import AllOf
from maild.core.rules.glance import must
from maild.rulebook.conditions import Compiler
from maild.rulebook.files import Files
from maild.rulebook.names import Names
from maild.rulebook.patterns import Patterns
from maild.rulebook.reach import covers
from maild.rulebook.routing_shapes import ExampleShape, RoutingShape, RuleShape, ThenShape

EVERY = "all"
"""The file of rules for every mail."""
FOLDER = "routing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example of a rule, and where it stands."""

    rule: str
    department: str
    """The list the rule is in; empty for all.toml."""
    shape: ExampleShape
    document: Document
    keys: Keys


@dataclass(slots=True, kw_only=True)
class Routing:
    """What the files of routing/ say."""

    lists: dict[str, tuple[Rule, ...]] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)


def read(files: Files, names: Names, patterns: Patterns) -> Routing:
    """Read and judge the files; what is wrong is in ``files.problems``."""
    found = Routing()
    taken: dict[str, str] = {}
    for name, stem in _names(files, names):
        judged = files.judged(name, RoutingShape)
        if judged is None:
            continue
        document, shape = judged
        reader = _File(files, document, names, patterns, stem)
        rules = reader.rules(shape, taken)
        found.lists["" if stem == EVERY else stem] = rules
        found.examples += reader.examples(shape)
    return found


def _names(files: Files, names: Names) -> Iterator[tuple[str, str]]:
    folder = files.folder / FOLDER
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        stem = path.stem
        if stem != EVERY and names.departments is not None and stem not in names.departments:
            what = unknown(stem, [EVERY, *names.departments], kind="department")
            files.wrong_file(f"{FOLDER}/{path.name}", f"a file is called all.toml or after a department: {what}")
        yield f"{FOLDER}/{path.name}", stem


class _File:
    """One file of rules being judged."""

    def __init__(self, files: Files, document: Document, names: Names, patterns: Patterns, stem: str) -> None:
        self.files, self.document, self.names, self.stem = files, document, names, stem
        self.compiler = Compiler(names, patterns, self._wrong)

    def _wrong(self, keys: Keys, what: str) -> None:
        self.files.wrong(self.document, keys, what)

    def rules(self, shape: RoutingShape, taken: dict[str, str]) -> tuple[Rule, ...]:
        """Judge the rules in order."""
        made: list[Rule] = []
        for position, one in enumerate(shape.rule):
            keys: Keys = ("rule", position)
            if one.name in taken:
                self._wrong((*keys, "name"), f"the name is taken: {taken[one.name]} has it, too")
            taken.setdefault(one.name, self.document.where(*keys))
            made.append(self._rule(one, keys))
        self._reach(made)
        self._rest(made)
        return tuple(made)

    def examples(self, shape: RoutingShape) -> Iterator[Example]:
        """Gather the examples."""
        for position, one in enumerate(shape.rule):
            for place, example in enumerate(one.example):
                yield Example(
                    rule=one.name,
                    department="" if self.stem == EVERY else self.stem,
                    shape=example,
                    document=self.document,
                    keys=("rule", position, "example", place),
                )

    def _rule(self, one: RuleShape, keys: Keys) -> Rule:
        if one.valid_from is not None and one.valid_until is not None and one.valid_until < one.valid_from:
            self._wrong((*keys, "valid_until"), f"{one.valid_until} is before valid_from: the rule is never in force")
        self.compiler.captures, self.compiler.broken = set(), False
        when = self.compiler.condition(one.when, (*keys, "when"))
        line = self.document.where(*keys).rpartition(":")[2]
        label = because("rule", f"{FOLDER}/{self.document.path.name}:{line}", one.name)
        signals, without = must(when)
        dated = one.valid_from is not None or one.valid_until is not None
        return Rule(
            name=one.name,
            label=label,
            line=int(line),
            when=when,
            must=None if dated else signals,  # of a rule that is not in force the trace says that
            missed=TraceLine(rule=label, hit=False, detail=without),
            then=self._then(one.then, (*keys, "then"), one),
            go_on=one.go_on,
            valid_from=one.valid_from,
            valid_until=one.valid_until,
        )

    def _then(self, then: ThenShape, keys: Keys, rule: RuleShape) -> Actions:
        if not then.model_fields_set:
            self._wrong(keys, "the rule does nothing")
        if then.template is not None and then.template not in (self.names.templates or ()):
            self._wrong((*keys, "template"), f"there is no letter {then.template}.j2 in the templates of any language")
        for kind in ("type", "department", "group"):
            self.names.check(self._wrong, (*keys, kind), kind, getattr(then, kind))
        self.names.check(self._wrong, (*keys, "assignee"), "agent", then.assignee)
        for position, watcher in enumerate(then.watchers or ()):
            self.names.check(self._wrong, (*keys, "watchers", position), "agent", watcher)
        if then.assignee is not None and then.assign is not None:
            self._wrong((*keys, "assign"), "assignee names the person already; keep one of the two")
        for name, text in (then.fields or {}).items():
            self.names.check(self._wrong, (*keys, "fields", name), "field", name)
            self._captures(text, (*keys, "fields", name))
        return Actions(
            type=then.type,
            department=then.department,
            group=then.group,
            assignee=then.assignee,
            assign=then.assign,
            prefer=None if then.prefer is None else tuple(then.prefer),
            priority=then.priority,
            tags=tuple(then.tags or ()),
            confidential=then.confidential,
            fields=dict(then.fields or {}),
            template=then.template,
            no_ack=then.no_ack,
            watchers=tuple(then.watchers or ()),
            due=self._period((*keys, "due"), then.due),
            master=then.master,
            spam=bool(then.spam),
        )

    def _captures(self, text: str, keys: Keys) -> None:
        for name in () if self.compiler.broken else values.CAPTURE.findall(text):
            if name not in self.compiler.captures:
                known = sorted(self.compiler.captures)
                what = f"no pattern of this rule captures {{{name}}}"
                self._wrong(keys, f"{what}; it captures {', '.join(known)}" if known else what)

    def _period(self, keys: Keys, given: str | None) -> Period | None:
        if given is None:
            return None
        try:
            return values.period(given)
        except ValueError as error:
            self._wrong(keys, f'found "{given}", expected {error}')
            return None

    def _reach(self, rules: list[Rule]) -> None:
        """Note the rules that an earlier one always takes the mail from."""
        for position, rule in enumerate(rules):
            for earlier in rules[:position]:
                if earlier.go_on or not _in_force_whenever(earlier, rule) or not covers(earlier.when, rule.when):
                    continue
                said = f'rule "{earlier.name}" (line {earlier.line}) takes all of its mails before it'
                self._wrong(("rule", position), f"can never be reached: {said}")
                break

    def _rest(self, rules: list[Rule]) -> None:
        """See to it that a department's file says what becomes of the rest, and that all.toml does not."""
        last = rules[-1] if rules else None
        takes_all = (
            last is not None
            and last.when == AllOf()
            and not last.go_on
            and last.valid_from is None
            and last.valid_until is None
        )
        if self.stem == EVERY:
            for position, rule in enumerate(rules):
                if rule.when == AllOf() and not rule.go_on:
                    what = "takes every mail of every department, so no other file is ever asked"
                    self._wrong(("rule", position), f"{what}; give it a when, or continue = true")
        elif not takes_all:
            keys: Keys = ("rule", len(rules) - 1) if rules else ()
            what = "the last rule of a file takes what is left: add one without when, continue and dates"
            self._wrong(keys, what)


def _in_force_whenever(earlier: Rule, later: Rule) -> bool:
    starts = earlier.valid_from is None or (later.valid_from is not None and earlier.valid_from <= later.valid_from)
    ends = earlier.valid_until is None or (later.valid_until is not None and later.valid_until <= earlier.valid_until)
    return starts and ends

"""``when`` tables → frozen conditions; what cannot be one is a problem with its line."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar, cast

from maild.config import values
from maild.config.toml_file import tell, unknown
from maild.config.toml_lines import Path as Keys
from maild.core.reasons.reason import Reason, because
from maild.core.rules.conditions import (
    Address,
    AllOf,
    AnyOf,
    Condition,
    Domain,
    Fact,
    FieldIs,
    File,
    Globs,
    Header,
    Not,
    OneOf,
    Recipients,
    Regex,
    Where,
    Words,
)
from maild.core.values.words import Needle, needle
from maild.rulebook.names import Names
from maild.rulebook.patterns import Patterns
from maild.rulebook.routing_shapes import FileShape, WhenShape

T = TypeVar("T")
Wrong = Callable[[Keys, str], None]
_FACTS = ("has_attachment", "automatic", "bounce", "authenticated", "reply", "forward", "open_hours")
_DEEPEST = 20
_LONGEST_GLOB = 200


class Compiler:
    """Compiles the conditions of one file."""

    def __init__(self, names: Names, patterns: Patterns, wrong: Wrong) -> None:
        self.names, self.patterns, self.wrong = names, patterns, wrong
        self.captures: set[str] = set()
        """Names of groups in the patterns compiled since this was last emptied."""
        self.broken = False
        """One of those patterns could not be compiled, so it is not known what it would capture."""

    def condition(self, when: WhenShape | None, keys: Keys) -> Condition:
        """Compile a table."""
        if when is None:
            return AllOf()
        if len(keys) > _DEEPEST * 2:
            self.wrong(keys, "any, all and not are nested too deeply")
            return AllOf()
        if not when.model_fields_set:
            self.wrong(keys, "an empty table takes every mail; leave it out to mean that")
            return AnyOf(parts=())
        parts = tuple(self._parts(when, keys))
        return parts[0] if len(parts) == 1 else AllOf(parts=parts)

    def _parts(self, when: WhenShape, keys: Keys) -> Iterator[Condition]:
        yield from self._people(when, keys)
        yield from self._facts(when, keys)
        yield from self._texts(when, keys)
        for position, part in enumerate(when.all_of or ()):
            yield self.condition(part, (*keys, "all", position))
        if when.any_of is not None:
            parts = tuple(self.condition(part, (*keys, "any", n)) for n, part in enumerate(when.any_of))
            yield AnyOf(parts=parts)
        if when.none_of is not None:
            yield Not(part=self.condition(when.none_of, (*keys, "not")))

    def _people(self, when: WhenShape, keys: Keys) -> Iterator[Condition]:
        for what, given in (("to", when.to), ("cc", when.cc), ("from", when.sender)):
            if given is not None:
                globs = self._globs((*keys, what), given, self._address)
                kind = cast('Literal["to", "cc", "from"]', what)
                yield Address(what=kind, globs=globs, miss=_miss(what, given))
        if when.from_domain is not None:
            domains = [self._each(keys, "from_domain", n, values.domain, d) for n, d in enumerate(when.from_domain)]
            found = frozenset(domain for domain in domains if domain is not None)
            yield Domain(domains=found, miss=_miss("from_domain", when.from_domain))
        if when.role is not None:
            yield OneOf(what="role", names=frozenset({when.role}), miss=because("is not", "role", when.role))
        for what, given, known in (
            ("contact_tag", when.contact_tag, self.names.tags),
            ("organisation", when.organisation, self.names.organisations),
            ("agreement", when.agreement, self.names.agreements),
            ("language", when.language, self.names.languages),
        ):
            if given is not None:
                yield self._one_of(what, given, known, keys)

    def _one_of(self, what: str, given: list[str], known: Sequence[str] | None, keys: Keys) -> Condition:
        folded = {name.casefold() for name in known or ()}
        for position, name in enumerate(given):
            if known is not None and name.casefold() not in folded:
                kind = {"contact_tag": "tag"}.get(what, what)
                self.wrong((*keys, what, position), unknown(name, known, kind=kind))
        return OneOf(
            what=what,  # type: ignore[arg-type]
            names=frozenset(name.casefold() for name in given),
            miss=_miss(what, given),
        )

    def _facts(self, when: WhenShape, keys: Keys) -> Iterator[Condition]:
        for name in (*_FACTS, "list"):
            wanted = when.mailing_list if name == "list" else getattr(when, name)
            if wanted is not None:
                miss = because("is not so" if wanted else "is so", name)
                yield Fact(what=name, wanted=wanted, miss=miss)  # type: ignore[arg-type]
        if when.recipients is not None:
            most = when.recipients.most
            if most is not None and most < when.recipients.least:
                self.wrong((*keys, "recipients"), "most is less than least")
            yield Recipients(least=when.recipients.least, most=most, miss=because("is so", "recipients"))
        if when.attachment is not None:
            yield self._file(when.attachment, (*keys, "attachment"))

    def _file(self, shape: FileShape, keys: Keys) -> Condition:
        said = [*(shape.name or ()), *(shape.type or ())]
        return File(
            names=None if shape.name is None else self._globs((*keys, "name"), shape.name),
            types=None if shape.type is None else self._globs((*keys, "type"), shape.type),
            larger=None if shape.larger is None else self._one((*keys, "larger"), values.size, shape.larger),
            smaller=None if shape.smaller is None else self._one((*keys, "smaller"), values.size, shape.smaller),
            miss=_miss("attachment", said) if said else because("no file of that size"),
        )

    def _texts(self, when: WhenShape, keys: Keys) -> Iterator[Condition]:
        for name, given in (when.header or {}).items():
            yield self._header(name, given, (*keys, "header", name))
        for name, listed in (when.field or {}).items():
            place = (*keys, "field", name)
            self.names.check(self.wrong, place, "field", name)
            yield FieldIs(name=name, globs=self._globs(place, listed), miss=_miss(f"field {name}", listed))
        wheres: tuple[tuple[Where, str], ...] = (("subject", "subject_"), ("text", "text_"), ("any", ""))
        for where, prefix in wheres:
            if (words := getattr(when, f"{prefix}words")) is not None:
                yield self._words(where, f"{prefix}words", words, keys)
        for where, prefix in wheres:
            if (patterns := getattr(when, f"{prefix}regex")) is not None:
                yield self._regex(where, f"{prefix}regex", patterns, keys)

    def _header(self, name: str, given: bool | list[str], keys: Keys) -> Condition:
        lower = name.lower()
        if not re.fullmatch(r"[!-9;-~]+", name):
            self.wrong(keys, f"found {tell(name)}, expected a header's name like X-Priority")
        if lower.startswith("x-maild-") or lower in ("authentication-results", "arc-authentication-results"):
            self.wrong(keys, f"{name} may be forged by anybody, so no rule may ask for it; ask for authenticated")
        if isinstance(given, bool):
            return Header(
                name=lower, globs=None, present=given, miss=because("no header" if given else "header", lower)
            )
        return Header(name=lower, globs=self._globs(keys, given), miss=_miss(f"header {lower}", given))

    def _words(self, where: Where, key: str, given: list[str], keys: Keys) -> Condition:
        made = [self._each(keys, key, position, needle, word) for position, word in enumerate(given)]
        needles = tuple(one for one in made if isinstance(one, Needle))
        quick = {one.key for one in needles}
        return Words(
            where=where,
            needles=needles,
            singles=frozenset(one.text for one in needles if one.single),
            longer=tuple(one for one in needles if not one.single),
            keys=None if None in quick else frozenset(key for key in quick if key is not None),
            miss=_miss(key, given),
        )

    def _regex(self, where: Where, key: str, given: list[str], keys: Keys) -> Condition:
        parts: list[Condition] = []
        for position, source in enumerate(given):
            number = self._each(keys, key, position, self.patterns.add, source, said="")
            if number is None:
                self.broken = True
            else:
                self.captures |= self.patterns.groups(number)
                parts.append(
                    Regex(where=where, number=number, source=source, miss=because("is not", key, _cut(source)))
                )
        return parts[0] if len(parts) == 1 else AnyOf(parts=tuple(parts))

    def _address(self, given: str) -> str:
        return given if "*" in given or "?" in given else values.address(given)

    def _globs(self, keys: Keys, given: list[str], parse: Callable[[str], str] = str) -> Globs:
        exact: set[str] = set()
        patterns: list[re.Pattern[str]] = []
        for position, text in enumerate(given):
            parsed = self._one((*keys, position), parse, text)
            if parsed is None:
                continue
            folded = parsed.casefold()
            if "*" not in folded and "?" not in folded:
                exact.add(folded)
            elif len(folded) > _LONGEST_GLOB or folded.count("*") > 10:
                self.wrong((*keys, position), f"at most 10 stars and {_LONGEST_GLOB} characters can be used")
            else:
                patterns.append(re.compile(fnmatch.translate(re.sub(r"\*+", "*", folded.replace("[", "[[]")))))
        return Globs(said=tuple(given), exact=frozenset(exact), patterns=tuple(patterns))

    def _each(
        self, keys: Keys, key: str, position: int, parse: Callable[[str], T], given: str, said: str | None = None
    ) -> T | None:
        return self._one((*keys, key, position), parse, given, said)

    def _one(self, keys: Keys, parse: Callable[[Any], T], given: Any, said: str | None = None) -> T | None:
        try:
            return parse(given)
        except ValueError as error:
            self.wrong(keys, str(error) if said is not None else f"found {tell(given)}, expected {error}")
            return None


def _miss(what: str, given: Sequence[str]) -> Reason:
    return because("none of" if len(given) > 1 else "is not", what, _cut(", ".join(given)))


def _cut(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:120]}…"

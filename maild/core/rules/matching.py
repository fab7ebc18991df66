"""Whether a condition holds for a mail: yes, no, or None when it *cannot be known* (the header is missing, From names
nobody). None never makes a rule hit, and ``not`` of it is None again, so a missing header matches nothing unless the
rule asks for its absence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from maild.core.reasons.reason import Reason, because, both, listed
from maild.core.robots.robots import mailing_list
from maild.core.rules.conditions import (
    Address,
    AllOf,
    AnyOf,
    Condition,
    Domain,
    Fact,
    FieldIs,
    File,
    Header,
    Not,
    OneOf,
    Recipients,
    Regex,
    Words,
)
from maild.core.rules.sight import Sight
from maild.core.values.words import find

Answer = tuple[bool | None, Reason | None]
"""Yes, no or unknown; and on what, for the trace (None: there is nothing that it asks)."""


@dataclass(slots=True)
class Captures:
    """Named groups of the patterns that matched on the way."""

    found: dict[str, str] = field(default_factory=dict)

    def add(self, groups: Mapping[str, str]) -> None:
        """Keep what is new: the first capture of a name stays."""
        for name, text in groups.items():
            self.found.setdefault(name, text)


def answer(condition: Condition, sight: Sight, captures: Captures) -> Answer:
    """Answer a condition about a mail."""
    return _ANSWERS[type(condition)](condition, sight, captures)


def _address(condition: Address, sight: Sight, _captures: Captures) -> Answer:
    if condition.what == "from":
        if sight.author is None:
            return None, because("From names nobody", condition.miss)
        hit = condition.globs.match(sight.author)
        return hit, because("found", "from", sight.author) if hit else condition.miss
    for address in sight.to if condition.what == "to" else sight.cc:
        if condition.globs.match(address) or condition.globs.match(_without_tag(address)):
            return True, because("found", condition.what, address)
    return False, condition.miss


def _without_tag(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _domain(condition: Domain, sight: Sight, _captures: Captures) -> Answer:
    if sight.author is None:
        return None, because("From names nobody", condition.miss)
    domain = sight.author.rpartition("@")[2]
    while domain:
        if domain in condition.domains:
            return True, because("found", "from_domain", sight.author)
        domain = domain.partition(".")[2]
    return False, condition.miss


def _words(condition: Words, sight: Sight, _captures: Captures) -> Answer:
    where, keys = condition.where, condition.keys
    if keys is not None and keys.isdisjoint(
        sight.any_keys if where == "any" else sight.text_words.keys if where == "text" else sight.subject_words.keys
    ):
        return False, condition.miss
    for name in ("subject", "text") if where == "any" else (where,):
        inside = sight.subject_words if name == "subject" else sight.text_words
        if not condition.singles.isdisjoint(inside.words):
            return True, _stands_in(name, min(condition.singles & inside.words))
        for needle in condition.longer:
            if (found := find(needle, inside)) is not None:
                return True, _stands_in(name, found)
    return False, condition.miss


def _regex(condition: Regex, sight: Sight, captures: Captures) -> Answer:
    for name in ("subject", "text") if condition.where == "any" else (condition.where,):
        numbers = sight.subject_patterns if name == "subject" else sight.text_patterns
        if condition.number not in numbers:
            continue
        found = sight.rulebook.patterns.find(condition.number, sight.subject if name == "subject" else sight.text)
        if found is not None:
            captures.add(found.groups)
            return True, _stands_in(name, _short(found.text))
    return False, condition.miss


def _header(condition: Header, sight: Sight, _captures: Captures) -> Answer:
    values = sight.headers.get(condition.name)
    if values is None:
        return without_header(condition)
    if not condition.present:
        return False, condition.miss
    for value in values:
        if condition.globs is None or condition.globs.match(value):
            return True, because("header is", condition.name, _short(value))
    return False, condition.miss


def _file(condition: File, sight: Sight, _captures: Captures) -> Answer:
    for file in sight.files:
        if (
            (condition.names is None or condition.names.match(file.name))
            and (condition.types is None or condition.types.match(file.type))
            and (condition.larger is None or file.size > condition.larger)
            and (condition.smaller is None or file.size < condition.smaller)
        ):
            return True, because("attachment", _short(file.name))
    return False, condition.miss


def _fact(condition: Fact, sight: Sight, _captures: Captures) -> Answer:
    found = _FACTS[condition.what](sight)
    hit = bool(found) is condition.wanted
    if not hit:
        return False, condition.miss
    if not condition.wanted:
        return True, because("is not so", condition.what)
    return True, found if isinstance(found, Reason) else because("is so", condition.what)


_FACTS: Mapping[str, Callable[[Sight], bool | Reason]] = {
    "has_attachment": lambda sight: bool(sight.files),
    "automatic": lambda sight: sight.robot.said or False,
    "list": lambda sight: mailing_list(sight.mail) or False,
    "bounce": lambda sight: sight.robot.reason or True if sight.robot.kind == "bounce" else False,
    "authenticated": lambda sight: sight.mail.authentication.verdict == "pass",
    "reply": lambda sight: bool(sight.mail.in_reply_to or sight.mail.references),
    "forward": lambda sight: sight.mail.forwarded is not None,
    "open_hours": lambda sight: sight.is_open,
}


def _one_of(condition: OneOf, sight: Sight, _captures: Captures) -> Answer:
    found: tuple[str, ...]
    if condition.what == "language":
        if sight.mail.language is None:
            return None, because("not known", condition.miss)
        found = (sight.mail.language,)
    elif condition.what == "role":
        found = (sight.role,)
    elif condition.what == "contact_tag":
        found = tuple(sorted(sight.tags))
    elif condition.what == "organisation":
        found = () if sight.organisation is None else (sight.organisation,)
    else:
        found = sight.agreements
    hit = next((name for name in found if name.casefold() in condition.names), None)
    return hit is not None, condition.miss if hit is None else because("found", condition.what, hit)


def _field(condition: FieldIs, sight: Sight, _captures: Captures) -> Answer:
    value = sight.fields.get(condition.name)
    if value is None:
        return None, because("not set", condition.miss)
    hit = condition.globs.match(value)
    return hit, because("field is", condition.name, _short(value)) if hit else condition.miss


def _recipients(condition: Recipients, sight: Sight, _captures: Captures) -> Answer:
    count = sight.recipients
    hit = condition.least <= count and (condition.most is None or count <= condition.most)
    return hit, because("recipients", count) if hit else because("recipients are", count)


def _all(condition: AllOf, sight: Sight, captures: Captures) -> Answer:
    on: list[Reason | None] = []
    unknown: Reason | None = None
    for part in condition.parts:
        hit, detail = answer(part, sight, captures)
        if hit is False:
            return False, detail
        if hit is None:
            unknown = unknown or detail
        on.append(detail)
    return (True, all_of(on)) if unknown is None else (None, unknown)


def _any(condition: AnyOf, sight: Sight, captures: Captures) -> Answer:
    missed: list[Reason | None] = []
    unknown = False
    for part in condition.parts:
        hit, detail = answer(part, sight, captures)
        if hit:
            return True, detail
        unknown = unknown or hit is None
        missed.append(detail)
    return (None if unknown else False), none_of(missed)


def _not(condition: Not, sight: Sight, _captures: Captures) -> Answer:
    hit, detail = answer(condition.part, sight, Captures())
    return (None if hit is None else not hit), denied(detail)


def without_header(condition: Header) -> Answer:
    """Answer about a mail that has no such header."""
    return (
        (None, because("missing", condition.miss))
        if condition.present
        else (True, because("no header", condition.name))
    )


def all_of(on: list[Reason | None]) -> Reason | None:
    """Say on what all parts of a condition held."""
    parts = [part for part in on if part is not None]
    return listed(parts) if parts else None


def none_of(missed: list[Reason | None]) -> Reason:
    """Say on what every part of a condition missed."""
    parts = [part for part in missed if part is not None]
    return because("none of any", both(*parts)) if parts else because("none at all")


def denied(detail: Reason | None) -> Reason:
    """Say that the contrary was asked for."""
    return because("not", because("anything") if detail is None else detail)


def _stands_in(where: str, text: str) -> Reason:
    return because("in subject" if where == "subject" else "in text", text)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:60]}…"


_ANSWERS: Mapping[type, Callable[[Any, Sight, Captures], Answer]] = {
    Address: _address,
    Domain: _domain,
    Words: _words,
    Regex: _regex,
    Header: _header,
    File: _file,
    Fact: _fact,
    OneOf: _one_of,
    FieldIs: _field,
    Recipients: _recipients,
    AllOf: _all,
    AnyOf: _any,
    Not: _not,
}

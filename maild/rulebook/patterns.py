"""Regular expressions of rules, in RE2: linear time whatever the mail holds. The one home of google-re2.

RE2 has no look-around and no backreferences, and its ``\\b`` and ``\\w`` know ASCII only, so ``\\bøl\\b`` would find
nothing: such patterns are refused with what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import re2  # type: ignore[import-untyped]

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.case_sensitive = False
_OPTIONS.max_mem = 8 << 20

_WHERE = re2.Options()
_WHERE.log_errors = False
_WHERE.case_sensitive = False
_WHERE.max_mem = 8 << 20
_WHERE.never_capture = True
"""For finding where a match is: without groups RE2 is many times faster on hostile text."""

LONGEST = 1000
"""Characters of a pattern."""
LONGEST_CAPTURE = 4096
"""Characters of a match whose groups are looked at; nobody captures a name in more."""
_ALWAYS = ""
"""Matches everything: a set that does not even find this one ran out of memory, which it says in no other way."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_INSTEAD: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"\\[bB]"),
        r"\b knows only the letters a to z, so it fails beside æøåäö: ask for whole words with words = [...], or write "
        r"(^|[^\pL])ord([^\pL]|$)",
    ),
    (re.compile(r"\\[wW]"), r"\w knows only the letters a to z, so it misses æøåäö: write [\pL\pN_]"),
    (re.compile(r"\(\?<?[=!]"), "look-around is not there: write what may stand beside it, or use not = { ... }"),
    (re.compile(r"\\[1-9]|\(\?P=|\\k"), "a reference back to a group is not there: write the text out"),
    (re.compile(r"\(\?>|[*+?}]\+"), "possessive matching is not there and not needed: leave it out"),
)
_ESCAPED = re.compile(r"\\\\")


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern matched."""

    text: str
    groups: Mapping[str, str]


class Patterns:
    """All patterns of a rulebook: one pass tells which match, and only those are looked at more closely."""

    def __init__(self) -> None:
        self._sources: list[str] = []
        self._compiled: list[tuple[Any, Any]] = []
        """Each with groups, and without."""
        self._set: Any = None

    def add(self, source: str) -> int:
        """Take a pattern; its number.

        Raises:
            ValueError: with what is wrong and what to write.

        """
        compiled = compile_pattern(source)
        if source in self._sources:
            return self._sources.index(source)
        self._sources.append(source)
        self._compiled.append((compiled, re2.compile(source, _WHERE)))
        return len(self._sources) - 1

    @property
    def sources(self) -> Sequence[str]:
        """What each was written as, by number."""
        return self._sources

    def freeze(self) -> Patterns:
        """Make the set of all; nothing is added afterwards."""
        if self._sources:
            together = re2.Set.SearchSet(_OPTIONS)
            for source in (*self._sources, _ALWAYS):
                together.Add(source)
            together.Compile()
            self._set = together
        return self

    def groups(self, number: int) -> frozenset[str]:
        """Return the names of a pattern's groups."""
        return frozenset(self._compiled[number][0].groupindex)

    def which(self, text: str) -> frozenset[int]:
        """Return the numbers of all patterns that match somewhere in a text."""
        if self._set is None:
            return frozenset()
        text = _whole(text)
        found, always = frozenset(self._set.Match(text)), len(self._sources)
        if always in found:
            return found - {always}
        return frozenset(number for number, (_, one) in enumerate(self._compiled) if one.search(text) is not None)

    def find(self, number: int, text: str) -> Match | None:
        """Return where one pattern matches first, with its named groups that took part (else its first group)."""
        text = _whole(text)
        capturing, where = self._compiled[number]
        found = where.search(text)
        if found is None:
            return None
        start, end = found.span()
        if not capturing.groups or end - start > LONGEST_CAPTURE:
            return Match(text=found.group(0), groups={})
        found = capturing.search(text, start, end) or found
        groups = {name: value for name, value in found.groupdict().items() if value is not None}
        if not groups and not capturing.groupindex and found.re is capturing and (first := found.group(1)) is not None:
            groups = {"": first}
        return Match(text=found.group(0), groups=groups)


def _whole(text: str) -> str:
    """Put a sign in place of halves of characters, which RE2 cannot read; nearly no text has any."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def compile_pattern(source: str) -> Any:
    """Compile a pattern.

    Raises:
        ValueError: with what is wrong and what to write.

    """
    if len(source) > LONGEST:
        raise ValueError(f"the pattern is {len(source)} characters long; at most {LONGEST} are read")
    bare = _ESCAPED.sub("", source)
    for pattern, instead in _INSTEAD:
        if match := pattern.search(bare):
            raise ValueError(f"{match[0]} cannot be used: {instead}")
    try:
        compiled = re2.compile(source, _OPTIONS)
    except re2.error as error:
        said = error.args[0]
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"not a regular expression: {text}") from None
    except UnicodeEncodeError:
        raise ValueError("not a regular expression: half a character") from None
    if compiled.search("") is not None:
        raise ValueError("the pattern matches every text: it matches nothing at all, too")
    return compiled

"""What a rule may ask of a mail: frozen conditions; :mod:`maild.core.rules.matching` answers them.

``miss`` is how the trace says that a condition did not hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from maild.core.reasons.reason import Reason
from maild.core.values.words import Needle

Where = Literal["subject", "text", "any"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Globs:
    """Texts and patterns with ``*`` and ``?``, folded to lower case."""

    said: tuple[str, ...]
    exact: frozenset[str]
    patterns: tuple[re.Pattern[str], ...] = ()

    def match(self, text: str) -> bool:
        """Tell whether a text is one of them."""
        text = text.casefold()
        return text in self.exact or any(pattern.fullmatch(text) for pattern in self.patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """``to``, ``cc``, ``from``: an address is one of these."""

    what: Literal["to", "cc", "from"]
    globs: Globs
    miss: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """``from_domain``: the author's domain, or one above it, is one of these."""

    domains: frozenset[str]
    miss: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """``words``, ``subject_words``, ``text_words``: one of these stands there."""

    where: Where
    needles: tuple[Needle, ...]
    singles: frozenset[str]
    """The needles that are one whole word, for a quick look."""
    longer: tuple[Needle, ...]
    keys: frozenset[str] | None
    """One of these must be among the text's keys, else nothing can be found; None: no such quick look."""
    miss: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Regex:
    """``regex``, ``subject_regex``, ``text_regex``: the pattern of this number matches."""

    where: Where
    number: int
    source: str
    miss: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """``header``: a header is there (``present``), is not, or has one of these values."""

    name: str
    globs: Globs | None
    present: bool = True
    miss: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """``attachment``: one file is all of this."""

    names: Globs | None = None
    types: Globs | None = None
    larger: int | None = None
    """Bytes."""
    smaller: int | None = None
    miss: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that is or is not: ``automatic``, ``list``, ``reply``…"""

    what: Literal["has_attachment", "automatic", "list", "bounce", "authenticated", "reply", "forward", "open_hours"]
    wanted: bool
    miss: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """``language``, ``role``, ``contact_tag``, ``organisation``, ``agreement``: one of these names."""

    what: Literal["language", "role", "contact_tag", "organisation", "agreement"]
    names: frozenset[str]
    """Casefolded."""
    miss: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldIs:
    """``field``: an earlier rule set the field to one of these."""

    name: str
    globs: Globs
    miss: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """``recipients``: how many addresses stand in To and Cc."""

    least: int
    most: int | None
    miss: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Every part holds; without parts it always does."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The part is known not to hold."""

    part: Condition


Condition = Address | Domain | Words | Regex | Header | File | Fact | OneOf | FieldIs | Recipients | AllOf | AnyOf | Not

"""Case types and their typed fields (rules/types/*.toml), and reading a field's value from text (law G2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from maild.core.rules.calendars import Period
from maild.core.values.month_words import MONTH_NUMBER

Kind = Literal["text", "int", "decimal", "date", "datetime", "choice", "ref", "bool"]
Support = Literal["practical", "system", "professional", "guidance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a case type."""

    name: str
    kind: Kind = "text"
    label: Mapping[str, str] = field(default_factory=dict)
    """By language."""
    hint: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    """Other words for the label, as people write it."""
    find: int | None = None
    """The number of the pattern that finds its value in free text."""
    report: bool = True
    """Some report uses it."""

    def labelled(self, language: str, fallback: str) -> str:
        """Return its label in a language, else in the fallback, else its name."""
        return self.label.get(language) or self.label.get(fallback) or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseType:
    """What kind of thing a case is."""

    id: str
    """``it.incident``: file name and key."""
    label: Mapping[str, str] = field(default_factory=dict)
    support: Support = "practical"
    confidential: bool = False
    fields: tuple[Field, ...] = ()
    required_open: tuple[str, ...] = ()
    required_close: tuple[str, ...] = ()
    first_response: Period | None = None
    resolution: Period | None = None
    max_info_rounds: int = 2
    remind_days: tuple[int, ...] = (3, 7)
    autoclose_days: int | None = 14
    departments: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    """By department: fields it requires beside the type's own, at opening and at close."""

    def field(self, name: str) -> Field | None:
        """Return a field by its name."""
        return next((one for one in self.fields if one.name == name), None)

    def labelled(self, language: str, fallback: str) -> str:
        """Return its label in a language, else in the fallback, else its id."""
        return self.label.get(language) or self.label.get(fallback) or self.id

    def required(self, department: str, *, close: bool) -> tuple[str, ...]:
        """Return the names of the fields that must be there, in a department's view."""
        more = self.departments.get(department, ((), ()))[1 if close else 0]
        return tuple(dict.fromkeys([*(self.required_close if close else self.required_open), *more]))


MOST_VALUE = 200
"""Characters of a value that is no free text; a longer one is none, and is not searched."""
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,18}(?:\.\d{1,9})?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})[./](\s?\d{1,2})(?:[./]\s?(\d{4}|\d{2}))?\.?")
_NAMED = re.compile(r"(\d{1,2})\.?\s*([a-zæøåäö]+)\.?(?:\s+(\d{4}))?", re.IGNORECASE)
_TIME = re.compile(r"[\sT,]+(?:kl\.?\s*)?(\d{1,2})[:.](\d{2})\s*$", re.IGNORECASE)
_YES = frozenset({"ja", "yes", "true", "j", "y", "x", "1"})
_NO = frozenset({"nei", "nej", "no", "false", "n", "0"})


def value_of(field: Field, text: str, *, today: date) -> str | None:
    """Read a text as a field's value, in the form that is stored; None when it is none.

    A date without a year is the next such day from today on: "31. desember" on the first of December is this year's.
    """
    text = " ".join(text.split()).strip(" .,;:")
    if not text:
        return None
    if field.kind in ("text", "ref"):
        return text[:2000]
    if len(text) > MOST_VALUE:
        return None
    if field.kind == "choice":
        return next((choice for choice in field.choices if choice.casefold() == text.casefold()), None)
    if field.kind == "bool":
        word = text.casefold()
        return "true" if word in _YES else "false" if word in _NO else None
    if field.kind == "date":
        found = _date(text, today)
        return None if found is None else found.isoformat()
    if field.kind == "datetime":
        return _datetime(text, today)
    return _number(text, whole=field.kind == "int")


def _number(text: str, *, whole: bool) -> str | None:
    plain = text.replace(" ", "").replace("\u00a0", "").replace(",", ".")
    if whole:
        return str(int(plain)) if _WHOLE.fullmatch(plain) else None
    if not _DECIMAL.fullmatch(plain):
        return None
    try:
        return str(Decimal(plain))
    except InvalidOperation:
        return None


def _date(text: str, today: date) -> date | None:
    if match := _ISO.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := _DOTTED.fullmatch(text):
        year = match[3]
        return _year(int(match[1]), int(match[2]), None if year is None else int(year), today)
    if (match := _NAMED.fullmatch(text)) and (month := MONTH_NUMBER.get(match[2].casefold())) is not None:
        return _year(int(match[1]), month, None if match[3] is None else int(match[3]), today)
    return None


def _year(day: int, month: int, year: int | None, today: date) -> date | None:
    if year is not None:
        return _day(year + 2000 if year < 100 else year, month, day)
    found = _day(today.year, month, day)
    return found if found is None or found >= today else _day(today.year + 1, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _datetime(text: str, today: date) -> str | None:
    match = _TIME.search(text)
    day = None if match is None else _date(text[: match.start()].strip(" ,"), today)
    if match is None or day is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return datetime(day.year, day.month, day.day, int(match[1]), int(match[2])).isoformat(timespec="minutes")  # noqa: DTZ001 - local time, as people write it

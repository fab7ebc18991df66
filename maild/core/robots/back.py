"""The day somebody is back, as an absence message says it: Nordic languages, English, German."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from maild.core.robots.robot_words import INCLUSIVE, RETURN_WORDS, UNTIL_WORDS
from maild.core.values.month_words import MONTH_NUMBER

_MOST = 3000
_RETURN = tuple(sorted(RETURN_WORDS.split("|"), key=len, reverse=True))
_UNTIL = re.compile(
    r"(?:^|[^\w])("
    + "|".join(re.escape(word) for word in sorted(UNTIL_WORDS.split("|"), key=len, reverse=True))
    + r")\W*$"
)
_ISO = re.compile(r"(?<!\d)(20\d\d)-(\d{1,2})-(\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.?(?:\s?(20\d\d|\d\d)(?!\d))?(?![\d:])")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?:[/-](20\d\d))?(?![\d/])")
_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|:e|:nde|\.|:a)?\s(?:of\s|de\s)?([^\W\d_]{3,12})\.?(?:,?\s(20\d\d))?"
)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,12})\.?\s(\d{1,2})(?:st|nd|rd|th)?(?!\d|:)(?:,?\s(20\d\d))?")
_WEEKDAYS = (
    "mandag måndag monday montag maanantai maanantaina mánudag mánudaginn måndagen",
    "tirsdag tysdag tisdag tuesday dienstag tiistai tiistaina þriðjudag þriðjudaginn",
    "onsdag wednesday mittwoch keskiviikko keskiviikkona miðvikudag miðvikudaginn",
    "torsdag thursday donnerstag torstai torstaina fimmtudag fimmtudaginn",
    "fredag friday freitag perjantai perjantaina föstudag föstudaginn",
    "lørdag laurdag lördag saturday samstag lauantai lauantaina laugardag laugardaginn",
    "søndag sundag söndag sunday sonntag sunnuntai sunnuntaina sunnudag sunnudaginn",
)
_WEEKDAY = {word: number for number, words in enumerate(_WEEKDAYS) for word in words.split()}
_TRAILING_DAY = re.compile(r"(?:(?:den|the|zum|dem)\s)?(?:" + "|".join(_WEEKDAY) + r")?\W*(?:den\s|the\s|dem\s)?$")
_SENTENCE_BEFORE = re.compile(r"[.!?;]\s")
_SENTENCE_AFTER = re.compile(r"[.!?;,](?:\s|$)")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """A date in the text and where it stands."""

    day: date
    start: int
    end: int


def return_date(text: str, today: date) -> date | None:
    """Return the first day somebody is back, or None when the text does not say it clearly.

    A date without a year is the next such day from ``today`` on. "Back 7 December" is that day, "until 7 December" too;
    "through", "til og med" and "t.o.m." count the day in, so that the next one is meant.
    """
    fold = " ".join(text[:_MOST].casefold().split())
    days = sorted(_days(fold, today), key=lambda found: found.start)
    for found in days:
        if _near(fold, found, _RETURN):
            return found.day
    for found in reversed(days):
        until = _UNTIL.search(_TRAILING_DAY.sub("", fold[max(0, found.start - 60) : found.start]))
        after = fold[found.end : found.end + 12]
        inclusive = any(word in (until.group(1) if until else "") or word in after for word in INCLUSIVE)
        if until is not None or inclusive:
            return found.day + timedelta(days=1) if inclusive else found.day
    return _weekday(fold, today)


def _days(fold: str, today: date) -> Iterator[_Day]:
    taken: list[tuple[int, int]] = []
    for pattern, order in (
        (_ISO, "ymd"),
        (_DAY_MONTH, "dmy"),
        (_MONTH_DAY, "mdy"),
        (_DOTTED, "dmy"),
        (_SLASHED, "dmy"),
    ):
        for found in pattern.finditer(fold):
            if any(found.start() < end and start < found.end() for start, end in taken):
                continue
            day = _read(found, order, today)
            if day is not None:
                taken.append(found.span())
                yield _Day(day=day, start=found.start(), end=found.end())


def _read(found: re.Match[str], order: str, today: date) -> date | None:
    parts = dict(zip(order, found.groups(), strict=True))
    month = parts["m"] or ""
    number = int(month) if month.isdigit() else MONTH_NUMBER.get(month, 0)
    year = parts["y"]
    if order == "dmy" and "/" in found.group() and int(parts["d"] or 0) <= 12 and number <= 12:
        return None  # 3/4 is March to some and April to others
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), number, int(parts["d"] or 0))
        day = date(today.year, number, int(parts["d"] or 0))
        return day if day >= today - timedelta(days=60) else date(today.year + 1, number, int(parts["d"] or 0))
    except ValueError:
        return None


def _near(fold: str, found: _Day, words: tuple[str, ...]) -> bool:
    """Tell whether a word stands in the same sentence, within 40 characters of a date."""
    before = _SENTENCE_BEFORE.split(fold[max(0, found.start - 40) : found.start])[-1]
    after = _SENTENCE_AFTER.split(fold[found.end : found.end + 30])[0]
    return any(word in before for word in words) or any(word in after for word in words)


def _weekday(fold: str, today: date) -> date | None:
    """Return the coming weekday named right after a word of returning ("tilbake på mandag")."""
    for word in _RETURN:
        place = fold.find(word)
        if place < 0:
            continue
        for name in _WORD.findall(fold[place + len(word) : place + len(word) + 30])[:4]:
            if name in _WEEKDAY:
                return today + timedelta(days=(_WEEKDAY[name] - today.weekday() - 1) % 7 + 1)
    return None

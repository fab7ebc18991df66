"""calendar.toml → opening hours and closed days. The one home of holidays, which knows the public ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time, timedelta, tzinfo
from itertools import pairwise

import holidays

from maild.config.toml_file import Document, tell, unknown
from maild.config.toml_lines import Path as Keys
from maild.core.rules.calendars import Calendar, Span
from maild.rulebook.files import Files
from maild.rulebook.type_shapes import CalendarShape, ClosedShape

YEARS = range(2020, 2051)
"""Holidays of these years are known; a frozen calendar cannot ask for more."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_LANGUAGES = {"no": "no", "nn": "no", "sv": "sv", "da": "da", "fi": "fi", "en": "en_US"}
_LONGEST_RUN = 366


def read(files: Files, *, zone: tzinfo, language: str) -> dict[str, Calendar]:
    """Read and judge the file."""
    judged = files.judged("calendar.toml", dict[str, CalendarShape])
    if judged is None:
        return {}
    document, shapes = judged
    return {name: _Reader(files, document, name, zone, language).calendar(shape) for name, shape in shapes.items()}


class _Reader:
    def __init__(self, files: Files, document: Document, name: str, zone: tzinfo, language: str) -> None:
        self.files, self.document, self.name, self.zone, self.language = files, document, name, zone, language

    def _wrong(self, keys: Keys, what: str) -> None:
        self.files.wrong(self.document, (self.name, *keys), what)

    def calendar(self, shape: CalendarShape) -> Calendar:
        """Judge one calendar."""
        closed = self._holidays(shape)
        for position, one in enumerate(shape.closed):
            for day in self._days(("closed", position), one):
                closed[day] = one.name
        for day in shape.open:
            closed.pop(day, None)
        before = len(self.files.problems)
        week = self._week(shape.hours)
        if not any(week) and len(self.files.problems) == before:
            self._wrong(("hours",), "it is never open")
        return Calendar(id=self.name, zone=self.zone, week=week, closed=closed)

    def _holidays(self, shape: CalendarShape) -> dict[date, str]:
        if shape.country is None:
            if shape.subdivision is not None:
                self._wrong(("subdivision",), "a subdivision needs its country")
            return {}
        supported = holidays.list_supported_countries()
        country = shape.country.upper()
        if country not in supported:
            known = [code for code in supported if len(code) == 2]
            self._wrong(("country",), unknown(country, known, kind="country"))
            return {}
        if shape.subdivision is not None and shape.subdivision not in supported[country]:
            self._wrong(("subdivision",), unknown(shape.subdivision, supported[country], kind="subdivision"))
            return {}
        language = _LANGUAGES.get(self.language)
        try:
            days = holidays.country_holidays(country, subdiv=shape.subdivision, years=YEARS, language=language)
        except (NotImplementedError, ValueError) as error:
            self._wrong(("country",), f"no holidays are known: {error}")
            return {}
        return {day: name for day, name in days.items() if not _is_sunday_only(name)}

    def _days(self, keys: Keys, one: ClosedShape) -> Iterator[date]:
        if one.day is not None and one.first is None and one.last is None:
            yield one.day
            return
        if one.day is not None or one.first is None or one.last is None:
            self._wrong(keys, "expected either date, or from and until")
            return
        length = (one.last - one.first).days
        if not 0 <= length <= _LONGEST_RUN:
            self._wrong(keys, "until must lie at most a year after from")
            return
        yield from (one.first + timedelta(days=step) for step in range(length + 1))

    def _week(self, hours: dict[str, list[str]]) -> tuple[tuple[Span, ...], ...]:
        week: list[tuple[Span, ...]] = [()] * 7
        for key, spans in hours.items():
            first, _, last = key.partition("-")
            if first not in DAYS or (last or first) not in DAYS:
                self._wrong(("hours", key), f"found {tell(key)}, expected days like mon or mon-fri")
                continue
            start, end = DAYS.index(first), DAYS.index(last or first)
            if end < start:
                self._wrong(("hours", key), f"{last} is before {first}")
            read = tuple(filter(None, (self._span(key, place, text) for place, text in enumerate(spans))))
            ordered = tuple(sorted(read, key=lambda span: span.start))
            if any(one.end > other.start for one, other in pairwise(ordered)):
                self._wrong(("hours", key), "two spans overlap")
            for day in range(start, end + 1):
                if week[day]:
                    self._wrong(("hours", key), f"{DAYS[day]} stands there twice")
                week[day] = ordered
        return tuple(week)

    def _span(self, key: str, place: int, text: str) -> Span | None:
        match = _SPAN.fullmatch(text.strip())
        try:
            if match is None:
                raise ValueError
            start, end = time(int(match[1]), int(match[2])), _end(int(match[3]), int(match[4]))
        except ValueError:
            self._wrong(("hours", key, place), f'found {tell(text)}, expected hours like "08:00-15:30"')
            return None
        if end <= start:
            self._wrong(("hours", key, place), f"{text} ends before it begins")
            return None
        return Span(start=start, end=end)


def _end(hour: int, minute: int) -> time:
    return time.max if (hour, minute) == (24, 0) else time(hour, minute)


def _is_sunday_only(name: str) -> bool:
    """Tell whether a "holiday" is only that it is Sunday: some countries list each (Sweden)."""
    return name.strip().casefold() in ("søndag", "söndag", "sunday", "sunnuntai")

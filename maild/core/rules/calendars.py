"""Opening hours, and times counted in them: pure arithmetic over a frozen calendar (law G8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

FURTHEST = 400
"""Days ahead that are looked at: a calendar that is closed for longer is never open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Open from, until; both local time, the end outside. Midnight at the end is ``time.max``."""

    start: time
    end: time


ALL_DAY = (Span(start=time.min, end=time.max),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When somebody is there (rules/calendar.toml)."""

    id: str
    zone: tzinfo
    week: tuple[tuple[Span, ...], ...] = (ALL_DAY,) * 7
    """Spans by weekday, Monday first."""
    closed: Mapping[date, str] = field(default_factory=dict)
    """Closed days and why: holidays and the desk's own."""

    def spans(self, day: date) -> tuple[Span, ...]:
        """Return when it is open on a day."""
        return () if day in self.closed else self.week[day.weekday()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A length of time in words of an admin: ``4h`` and ``30m`` count opening hours, ``2d`` working days."""

    minutes: int = 0
    days: int = 0


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Tell whether it is open at a moment (aware)."""
    local = at.astimezone(calendar.zone)
    return any(span.start <= local.time() < span.end for span in calendar.spans(local.date()))


def why_closed(calendar: Calendar, at: datetime) -> str:
    """Say why it is closed: the day's name, or nothing when it is only the hour."""
    return calendar.closed.get(at.astimezone(calendar.zone).date(), "")


def next_open(calendar: Calendar, at: datetime) -> datetime | None:
    """Return the next moment it is open: now, when it is."""
    return next((max(start, at) for start, end in _spans(calendar, at) if end > at), None)


def due(calendar: Calendar, at: datetime, period: Period) -> datetime | None:
    """Return when a period that begins now is over; None when the calendar never opens.

    Hours run while it is open. Days are working days after today, until closing time: "1d" asked at nine on a Monday,
    or on the evening before, is over when Tuesday's work ends.
    """
    if period.days:
        return _after_days(calendar, at, period.days)
    left = timedelta(minutes=period.minutes)
    for start, end in _spans(calendar, at):
        begin = max(start, at)
        if end <= begin:
            continue
        if end - begin >= left:
            return (begin + left).astimezone(calendar.zone)
        left -= end - begin
    return None


def _after_days(calendar: Calendar, at: datetime, days: int) -> datetime | None:
    today, left = at.astimezone(calendar.zone).date(), days
    for ahead in range(1, FURTHEST):
        day = today + timedelta(days=ahead)
        spans = calendar.spans(day)
        left -= bool(spans)
        if spans and left == 0:
            return _moment(calendar, day, spans[-1].end)
    return None


def _spans(calendar: Calendar, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    today = at.astimezone(calendar.zone).date()
    for ahead in range(FURTHEST):
        day = today + timedelta(days=ahead)
        for span in calendar.spans(day):
            yield _moment(calendar, day, span.start), _moment(calendar, day, span.end)


def _moment(calendar: Calendar, day: date, at: time) -> datetime:
    """Return a local time as a moment; compared in UTC, so that clock changes neither lose nor double an hour."""
    if at == time.max:
        day, at = day + timedelta(days=1), time.min
    return datetime.combine(day, at, calendar.zone).astimezone(UTC)

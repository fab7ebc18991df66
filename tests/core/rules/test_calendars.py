"""Opening hours and what is counted in them, over holidays and clock changes (law G8)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.rules.calendars import Calendar, Period, Span, due, is_open, next_open, why_closed

OSLO = ZoneInfo("Europe/Oslo")
OFFICE = (Span(start=time(8), end=time(15, 30)),)
CALENDAR = Calendar(
    id="office",
    zone=OSLO,
    week=(OFFICE,) * 5 + ((),) * 2,
    closed={date(2026, 12, 24): "Julaften", date(2026, 12, 25): "Første juledag"},
)
NEVER = Calendar(id="never", zone=OSLO, week=((),) * 7)


def at(text: str) -> datetime:
    """A moment in Oslo."""
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


@pytest.mark.parametrize(
    ("moment", "there"),
    [
        ("2026-12-01T08:00", True),
        ("2026-12-01T07:59:59", False),
        ("2026-12-01T15:29:59", True),
        ("2026-12-01T15:30", False),
        ("2026-12-05T10:00", False),
        ("2026-12-24T10:00", False),
    ],
)
def test_when_it_is_open(moment: str, there: bool) -> None:
    """The first minute is inside, the last is not; weekends and closed days are closed."""
    assert is_open(CALENDAR, at(moment)) is there


def test_why_it_is_closed() -> None:
    """A closed day has a name, an evening has none."""
    assert why_closed(CALENDAR, at("2026-12-24T10:00")) == "Julaften"
    assert why_closed(CALENDAR, at("2026-12-01T20:00")) == ""


@pytest.mark.parametrize(
    ("moment", "period", "then"),
    [
        ("2026-12-01T09:00", Period(minutes=240), "2026-12-01T13:00"),
        ("2026-12-01T14:00", Period(minutes=240), "2026-12-02T10:30"),
        ("2026-12-01T06:00", Period(minutes=60), "2026-12-01T09:00"),
        ("2026-12-04T15:00", Period(minutes=60), "2026-12-07T08:30"),
        ("2026-12-23T15:00", Period(minutes=60), "2026-12-28T08:30"),
        ("2026-12-01T09:00", Period(days=1), "2026-12-02T15:30"),
        ("2026-12-04T09:00", Period(days=1), "2026-12-07T15:30"),
        ("2026-12-22T20:00", Period(days=2), "2026-12-28T15:30"),
        ("2026-12-01T09:00", Period(minutes=450), "2026-12-02T09:00"),
        ("2026-12-01T09:00", Period(minutes=390), "2026-12-01T15:30"),
        ("2026-12-01T09:00", Period(minutes=391), "2026-12-02T08:01"),
        ("2026-12-01T08:00", Period(minutes=450), "2026-12-01T15:30"),
        ("2026-12-01T15:30", Period(minutes=1), "2026-12-02T08:01"),
        ("2026-12-01T15:29", Period(minutes=1), "2026-12-01T15:30"),
        ("2026-12-01T15:30", Period(days=1), "2026-12-02T15:30"),
    ],
)
def test_due(moment: str, period: Period, then: str) -> None:
    """Hours run while it is open, days are working days until closing time."""
    assert due(CALENDAR, at(moment), period) == at(then)


def test_when_it_opens_next() -> None:
    """Now, when it is open; else the next opening."""
    assert next_open(CALENDAR, at("2026-12-01T09:00")) == at("2026-12-01T09:00")
    assert next_open(CALENDAR, at("2026-12-23T16:00")) == at("2026-12-28T08:00")
    assert next_open(CALENDAR, at("2026-12-01T15:29:59")) == at("2026-12-01T15:29:59")
    assert next_open(CALENDAR, at("2026-12-01T15:30")) == at("2026-12-02T08:00")
    assert next_open(CALENDAR, at("2026-12-01T07:59")) == at("2026-12-01T08:00")


def test_a_calendar_that_never_opens_promises_nothing() -> None:
    """There is no answer, rather than an endless search."""
    assert due(NEVER, at("2026-12-01T09:00"), Period(minutes=1)) is None
    assert due(NEVER, at("2026-12-01T09:00"), Period(days=1)) is None
    assert next_open(NEVER, at("2026-12-01T09:00")) is None


def test_the_clock_change_neither_loses_nor_doubles_an_hour() -> None:
    """Round the clock, 24 hours from noon on the day before end at 11 (autumn) and 13 (spring) on the wall."""
    always = Calendar(id="always", zone=OSLO)
    assert due(always, at("2026-10-24T12:00"), Period(minutes=24 * 60)) == at("2026-10-25T11:00")
    assert due(always, at("2026-03-28T12:00"), Period(minutes=24 * 60)) == at("2026-03-29T13:00")


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 5000),
    st.integers(1, 5000),
)
def test_longer_is_later(moment: datetime, one: int, other: int) -> None:
    """Due times never lie before now, are within opening hours, and grow with the period; parts add up."""
    first = due(CALENDAR, moment, Period(minutes=one))
    assert first is not None
    assert first >= moment
    assert is_open(CALENDAR, first - timedelta(microseconds=1))
    both = due(CALENDAR, moment, Period(minutes=one + other))
    assert both is not None
    assert both > first
    assert due(CALENDAR, first, Period(minutes=other)) == both

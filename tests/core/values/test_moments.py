"""Moments as people write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from maild.core.values.moments import moment

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "language", "said"),
    [
        (datetime(2026, 12, 1, 12, 0, tzinfo=UTC), "no", "i dag kl. 13:00"),
        (datetime(2026, 12, 1, 23, 30, tzinfo=UTC), "no", "onsdag 2. desember kl. 00:30"),
        (datetime(2027, 1, 4, 7, 0, tzinfo=UTC), "sv", "måndag 4 januari kl. 08:00"),
        (datetime(2026, 12, 1, 12, 0, tzinfo=UTC), "en", "today at 13:00"),
        (datetime(2026, 12, 4, 12, 0, tzinfo=UTC), "en", "Friday 4 December at 13:00"),
        (datetime(2026, 12, 5, 12, 0, tzinfo=UTC), "nn", "laurdag 5. desember kl. 13:00"),
        (datetime(2026, 12, 4, 12, 0, tzinfo=UTC), "fi", "2026-12-04 13:00"),
    ],
)
def test_moments(at: datetime, language: str, said: str) -> None:
    """In the reader's language and zone; in a language without words for it, as a date and time."""
    assert moment(at, now=NOW, zone=OSLO, language=language) == said

"""Days and times as people write them, in the languages letters are written in."""

from __future__ import annotations

from datetime import datetime, tzinfo

_DAYS = {
    "no": ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
    "nn": ("måndag", "tysdag", "onsdag", "torsdag", "fredag", "laurdag", "sundag"),
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
    "da": ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "no": (
        "januar",
        "februar",
        "mars",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "desember",
    ),
    "sv": (
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ),
    "da": (
        "januar",
        "februar",
        "marts",
        "april",
        "maj",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "december",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
_MONTHS["nn"] = _MONTHS["no"]
_TODAY = {"no": "i dag kl. {}", "nn": "i dag kl. {}", "sv": "i dag kl. {}", "da": "i dag kl. {}", "en": "today at {}"}
_SHAPE = {
    "no": "{} {}. {} kl. {}",
    "nn": "{} {}. {} kl. {}",
    "sv": "{} {} {} kl. {}",
    "da": "{} den {}. {} kl. {}",
    "en": "{} {} {} at {}",
}


def moment(at: datetime, *, now: datetime, zone: tzinfo, language: str) -> str:
    """Write a moment for a letter: ``i dag kl. 13:00``, ``tirsdag 1. desember kl. 15:30``; else ISO 8601."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    clock = f"{local:%H:%M}"
    if language not in _SHAPE:
        return f"{local:%Y-%m-%d %H:%M}"
    if local.date() == today:
        return _TODAY[language].format(clock)
    day, month = _DAYS[language][local.weekday()], _MONTHS[language][local.month - 1]
    return _SHAPE[language].format(day, local.day, month, clock)

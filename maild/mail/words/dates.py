"""Read the date that a client wrote above a quoted or forwarded mail, when it can be read in one way only.

``3. mars 2026 kl. 10:15``, ``Tue, 3 Mar 2026 10:15:00 +0100``, ``2026-03-03 10:15``, ``03.03.2026 10:15``. A date
such as ``03/04/2026`` is read only when one of its numbers is above 12: in doubt nothing is told.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from maild.core.values.month_words import MONTH_NUMBER

_TIME = re.compile(
    r"(?<![\d.])(\d{1,2}) ?[:.h時点시] ?(\d{2})(?: ?[:.分분] ?(\d{2}))?(?![\d.]\d)(?: ?([ap])\.?m\b)?", re.IGNORECASE
)
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)[-./年년] ?(\d{1,2})[-./月월] ?(\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(?<!\d)(\d{1,2})[./-] ?(\d{1,2})[./-] ?((?:19|20)\d\d)(?!\d)")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_CLOCK_AND_ZONE = re.compile(r"\d{1,2}:\d{2}(?::\d{2})? [+-]\d{4}")
_ZONE_NAME = re.compile(r"[A-Za-z]{2,5}")
_ZONE = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?(?!\d)")
_FIXED = {
    "utc": 0,
    "gmt": 0,
    "cet": 1,
    "cest": 2,
    "eet": 2,
    "eest": 3,
    "wet": 0,
    "west": 1,
    "bst": 1,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "mez": 1,
    "mesz": 2,
    "oesz": 3,
}


def read_date(text: str) -> datetime | None:
    """Return the date and time a text names, aware only when it names a zone; None when there is doubt."""
    text = " ".join(text[:300].split())
    if not text:
        return None
    mail = _rfc5322(text)
    if mail is not None:
        return mail
    day = _day(text)
    if day is None:
        return None
    year, month, number, rest = day
    hour, minute, second, after = _clock(rest)
    try:
        return datetime(year, month, number, hour, minute, second, tzinfo=_zone(after))
    except ValueError:
        return None


def _rfc5322(text: str) -> datetime | None:
    if not _CLOCK_AND_ZONE.search(text):
        return None
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None


def _day(text: str) -> tuple[int, int, int, str] | None:
    """Return year, month, day and the text without them."""
    iso = _ISO.search(text)
    if iso is not None:
        return int(iso.group(1)), int(iso.group(2)), int(iso.group(3)), text[: iso.start()] + " " + text[iso.end() :]
    dotted = _DOTTED.search(text)
    if dotted is not None:
        first, second, year = (int(part) for part in dotted.groups())
        rest = text[: dotted.start()] + " " + text[dotted.end() :]
        if "." in dotted.group() or first > 12 or first == second:
            return year, second, first, rest
        return (year, first, second, rest) if second > 12 else None
    return _worded(text)


def _worded(text: str) -> tuple[int, int, int, str] | None:
    tokens = [(found.group().casefold(), found) for found in _WORDS.finditer(text)]
    for place, (word, found) in enumerate(tokens):
        month = MONTH_NUMBER.get(word)
        if month is None:
            continue
        near = tokens[max(place - 2, 0) : place] + tokens[place + 1 : place + 5]
        days = [token for token in near if token[0].isdigit() and len(token[0]) <= 2 and 1 <= int(token[0]) <= 31]
        years = [token for token in near if token[0].isdigit() and len(token[0]) == 4 and token[0][:2] in ("19", "20")]
        before = [token for token in days if token[1].start() < found.start()]
        if not days or not years:
            continue
        day, year = (before or days)[-1 if before else 0], years[0]
        spans = sorted((match.span() for match in (found, day[1], year[1])), reverse=True)
        rest = text
        for start, end in spans:
            rest = f"{rest[:start]}\u0000{rest[end:]}"
        return int(year[0]), month, int(day[0]), rest
    return None


def _clock(text: str) -> tuple[int, int, int, str]:
    for found in _TIME.finditer(text):
        hour, minute, second = int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)
        half = (found.group(4) or "").lower()
        if half and hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
        if hour < 24 and minute < 60 and second < 60:
            return hour, minute, second, text[found.end() :]
    return 0, 0, 0, ""


def _zone(text: str) -> timezone | None:
    """Return the zone that follows a time, if any."""
    found = _ZONE.search(text[:30])
    if found is not None:
        delta = timedelta(hours=int(found.group(2)), minutes=int(found.group(3) or 0))
        return timezone(delta if found.group(1) == "+" else -delta) if delta < timedelta(hours=24) else None
    for word in _ZONE_NAME.findall(text[:30]):
        if word.casefold() in _FIXED:
            hours = _FIXED[word.casefold()]
            return UTC if hours == 0 else timezone(timedelta(hours=hours))
    return None

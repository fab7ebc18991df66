"""The calendar part of a mail: an invitation, or an answer to one (RFC 5545, RFC 6047)."""

from __future__ import annotations

import re

from maild.core.values.mail import Calendar
from maild.mail.mime.text import clean_line

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r'(?im)^(BEGIN|METHOD|UID|ATTENDEE|SUMMARY|DTSTART|DTEND|LOCATION|COMMENT)((?:;(?:"[^"\n]*"|[^:"\n])*)?):(.*)$'
)
_MAILTO = re.compile(r"(?i)^mailto:")
_ESCAPED_END = re.compile(r"\\[nN]")
_ESCAPED = re.compile(r"\\([,;\\])")
_PARTSTAT = re.compile(r'(?i);PARTSTAT="?([A-Z-]+)')
_MOST = 256 * 1024


def read(text: str, method: str = "") -> Calendar | None:
    """Return what a calendar part says, or None when it is none; ``method`` is the part's own parameter."""
    values = _values(text)
    if not values:
        return None
    attendee, partstat = "", ""
    for parameters, value in values.get("ATTENDEE", ()):
        found = _PARTSTAT.search(parameters)
        if not attendee or (found is not None and not partstat):
            attendee = _MAILTO.sub("", value.strip())
            partstat = found[1].upper() if found is not None else ""
    return Calendar(
        method=clean_line(_first(values, "METHOD") or method, 40).upper(),
        uid=clean_line(_first(values, "UID"), 255),
        attendee=clean_line(attendee, 320),
        partstat=clean_line(partstat, 40),
    )


def describe(text: str) -> str:
    """Return a calendar part as lines a person can read, for a mail that has no other text."""
    values = _values(text)
    labels = (("SUMMARY", ""), ("DTSTART", "Start: "), ("DTEND", "End: "), ("LOCATION", "Location: "), ("COMMENT", ""))
    return "\n".join(f"{label}{clean_line(value)}" for name, label in labels if (value := _plain(_first(values, name))))


def _values(text: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    inside = True
    for name, parameters, value in _LINE.findall(_FOLD.sub("", text[:_MOST]).replace("\r", "")):
        key = name.upper()
        if key == "BEGIN":
            inside = value.strip().upper() not in ("VALARM", "VTIMEZONE", "STANDARD", "DAYLIGHT")
        elif inside and len(found.setdefault(key, [])) < 200:
            found[key].append((parameters, value))
    return found


def _first(values: dict[str, list[tuple[str, str]]], name: str) -> str:
    return values[name][0][1] if values.get(name) else ""


def _plain(value: str) -> str:
    return _ESCAPED.sub(r"\1", _ESCAPED_END.sub(" ", value)).strip()

"""The header block that clients put above a quoted or forwarded mail: ``From: … Sent: … To: … Subject: …``.

A block counts only with enough evidence, since people write ``Fra: 1. desember`` and ``Til: 31. desember`` too.
Linear: a block is at most 40 lines, and each line is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from maild.mail.words.header_words import LABELS, PHRASES, Role

_LONGEST = 40
_LONGEST_LABEL = 24
_ONCE = ("from", "date", "subject")
_TRIM = " \t\u00a0*_•·\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff|"

ROLE_OF: dict[str, Role] = {
    label.strip(":： "): role
    for table, separator in ((LABELS, " "), (PHRASES, "|"))
    for role, labels in table.items()
    for label in labels.split(separator)
    if label.strip(":： ")
}

_TIME = re.compile(r"\d{1,2} ?[:.hH時点시] ?\d{2}|\d ?[ap]\.?m\b", re.IGNORECASE)
_MOST_LOCAL = 64
_AT = re.compile(r"@[^\s<>()\[\]\"':;,@]")
_ADDRESS = re.compile(rf"[^\s<>()\[\]\"':;,]{{1,{_MOST_LOCAL}}}@[^\s<>()\[\]\"':;,@]{{1,255}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A header block: the half-open range of its lines and what its fields say, in order."""

    start: int
    end: int
    fields: tuple[tuple[Role, str], ...]
    labels: tuple[str, ...]

    def value(self, role: Role) -> str:
        """Return the first value of a role, or the empty string."""
        return next((value for kind, value in self.fields if kind == role), "")


def address_in(text: str) -> re.Match[str] | None:
    """Find the first address in a text; nothing is looked for where no @ is near."""
    if "@" not in text:
        return None
    at = _AT.search(text)
    return None if at is None else _ADDRESS.search(text, max(0, at.start() - _MOST_LOCAL))


def begins_with_address(text: str) -> bool:
    """Tell whether an address stands at the beginning of a text."""
    return "@" in text and _ADDRESS.match(text) is not None


def label_of(line: str) -> tuple[str, Role, str] | None:
    """Return the label (casefolded), its role and the value of a header line, or None."""
    head = line[:48]
    place = head.find(":")
    wide = head.find("：")
    if place < 0 or 0 <= wide < place:
        place = wide
    if place <= 0:
        return None
    label = head[:place].strip(_TRIM).replace("\u00a0", " ").casefold()
    role = ROLE_OF.get(label)
    if role is None and label.endswith(")") and "(" in label:
        role = ROLE_OF.get(label.partition("(")[0].strip())
    if role is None and " / " in label:
        role = ROLE_OF.get(label.partition(" / ")[0].strip())
    return None if role is None else (label, role, line[place + 1 :].strip(_TRIM))


def _continues(role: Role, value: str, line: str) -> bool:
    """Tell whether a line without a label goes on with the value above it."""
    if not value:
        return True
    if role == "date":
        return False
    if role == "subject":
        return line[:1] in " \t" and len(value) > 40
    if line[:1] in " \t<" or value[-1] in ",;<" or value.count("<") > value.count(">"):
        return True
    return "@" not in value and "@" in line.split(" ", 1)[0]


def _unknown_label(line: str) -> tuple[str, Role, str] | None:
    """Return label, role and value of a line with a label that no table knows; what has a date and a time is a date."""
    label, colon, value = line[:300].strip(_TRIM).partition(":")
    label, value = label.strip(_TRIM), value.strip(_TRIM)
    if not colon or not 1 < len(label) <= _LONGEST_LABEL or len(label.split()) > 3 or not label[0].isalpha():
        return None
    if any(sign.isdigit() or sign in "@,;" for sign in label) or value.startswith("//"):
        return None
    return label.casefold(), "date" if _is_dated(value) and _TIME.search(value) else "other", value


def _is_dated(value: str) -> bool:
    return sum(map(str.isdigit, value)) >= 5 and len(value) <= 60


def _gather(lines: Sequence[str], start: int) -> tuple[int, list[tuple[Role, str]], list[str]]:
    fields: list[tuple[Role, str]] = []
    labels: list[str] = []
    end = at = start
    while at < len(lines) and at - start < _LONGEST:
        line = lines[at]
        if not line.strip(_TRIM):
            gap = at + 1
            after = label_of(lines[gap]) if gap < len(lines) else None
            if after is None or not fields or after[1] in dict(fields):
                break
            at = gap
            continue
        found = label_of(line)
        if found is None and at + 1 < len(lines) and (following := label_of(lines[at + 1])) is not None:
            found = _unknown_label(line) if following[0] not in labels and following[1] not in dict(fields) else None
            if found is not None and found[1] in dict(fields):
                found = (found[0], "other", found[2])
        if found is not None and (found[0] in labels or (found[1] in _ONCE and found[1] in dict(fields))):
            break
        if found is not None:
            labels.append(found[0])
            fields.append((found[1], found[2]))
        elif fields and _continues(*fields[-1], line):
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip(_TRIM)}".strip()[:2000])
        else:
            break
        at = end = at + 1
    return end, fields, labels


def block_at(lines: Sequence[str], start: int, *, announced: bool = False) -> Block | None:
    """Return the header block that begins at a line, or None.

    ``announced`` says that a separator such as ``-----Original Message-----`` stands above it: less evidence is
    enough then. Lines are without quote marks.
    """
    first = label_of(lines[start])
    if first is None:
        return _without_from(lines, start)
    if first[1] not in (("from", "date", "subject", "to") if announced else ("from", "date")):
        return None
    end, fields, labels = _gather(lines, start)
    values: dict[Role, str] = {}
    for role, value in fields:
        values.setdefault(role, value)
    sender = values.get("from", "")
    if not sender or len(sender) > 1000:
        return None
    drawn = all(line.lstrip().startswith("*") for line in lines[start:end] if line.strip())
    if _enough(values, sender, announced, drawn or _below_a_line(lines, start)):
        return Block(start=start, end=end, fields=tuple(fields), labels=tuple(labels))
    return None


def _below_a_line(lines: Sequence[str], start: int) -> bool:
    """Tell whether a drawn line stands right above."""
    return start > 0 and lines[start - 1].strip()[:5] in ("_____", "-----", "=====")


def _without_from(lines: Sequence[str], start: int) -> Block | None:
    """Return the block that begins with a label that no table knows, and has all the others: it names the sender."""
    below = label_of(lines[start + 1]) if start + 1 < len(lines) else None
    if below is None or below[1] not in ("date", "to"):
        return None
    first = _unknown_label(lines[start])
    if first is None or not first[2] or first[1] != "other":
        return None
    end, fields, labels = _gather(lines, start + 1)
    values: dict[Role, str] = dict(reversed(fields))
    if values.keys() >= {"date", "to", "subject"} and "from" not in values and _TIME.search(values["date"]):
        return Block(start=start, end=end, fields=(("from", first[2]), *fields), labels=(first[0], *labels))
    return None


def _enough(values: dict[Role, str], sender: str, announced: bool, drawn: bool = False) -> bool:
    """Tell whether fields are a program's; ``drawn`` says that they are bold, or stand below a drawn line."""
    kinds = len(values.keys() & {"from", "date", "to", "cc", "subject"})
    date = values.get("date", "")
    dated = any(sign.isdigit() for sign in date)
    if announced:
        return kinds >= 2
    if address_in(sender):
        return kinds >= 3 or (kinds == 2 and dated and _TIME.search(date) is not None)
    if sender[0].isdigit() or kinds < 3 or not dated or not (drawn or "subject" in values):
        return False
    return _TIME.search(date) is not None or (_is_dated(date) and (kinds >= 4 or (drawn and "subject" in values)))


def run_together(text: str) -> Block | None:
    """Read a header block that a client ran together into one line: ``From: A <a@b>To: C <c@d>Subject: X``."""
    fields: list[tuple[Role, str]] = []
    labels: list[str] = []
    since = 0
    for place, sign in enumerate(text[:2000]):
        if sign not in ":：":
            continue
        start, label = _label_before(text, place, since)
        if label in labels or not label:
            continue
        if fields:
            fields[-1] = (fields[-1][0], text[since:start].strip(_TRIM))
        labels.append(label)
        fields.append((ROLE_OF[label], ""))
        since = place + 1
    if not fields:
        return None
    fields[-1] = (fields[-1][0], text[since:2000].strip(_TRIM))
    values = dict(reversed(fields))
    sender = values.get("from", "")
    if not sender or not _enough(values, sender, True):
        return None
    return Block(start=0, end=0, fields=tuple(fields), labels=tuple(labels))


def _label_before(text: str, place: int, since: int) -> tuple[int, str]:
    """Return where the longest known label that ends at a colon begins, and the label; empty when there is none."""
    for start in range(max(since, place - 24), place):
        if text[start].islower() or not text[start].isalpha():
            continue
        label = text[start:place].strip(_TRIM).casefold()
        if label in ROLE_OF:
            return start, label
    return place, ""

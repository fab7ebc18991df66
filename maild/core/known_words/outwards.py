"""What of an agent's answer may leave (law E18): below the first line of ours only what certainly answers the customer.

A mail client may rewrite a notice beyond recognition: then a line that nobody knows is as likely a piece of the card or
of a note as it is the agent's. It goes out only where it stands between lines that the customer has seen. Else the
agent is asked, and sees what would go. Nothing that the agent may have written is cut without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maild.core.known_words.lines import KnownLine, Memory, known_lines
from maild.core.known_words.shown import BY_FORM, MOST_COMPARED, kinds, written
from maild.core.letters.reply_marker import SENTINEL_LINE
from maild.core.values.mail import FoldKind, Mail

MOST_NAMED = 12
"""Doubtful lines that are named to the agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outwards:
    """An answer as it would go out, and what is in doubt."""

    text: str
    doubtful: tuple[str, ...] = ()
    """Lines that only the agent can tell from ours; they stand in ``text``. Empty: it may go."""


def outwards(mail: Mail, memories: Sequence[Memory]) -> Outwards:
    """Judge an agent's answer line by line; where the case holds no word of it, reading's guess stands."""
    if not memories or len(mail.text) > MOST_COMPARED:
        return Outwards(text=mail.own_text)
    lines = mail.text.split("\n")
    told, made = known_lines(lines, memories), kinds(mail, lines)
    full = [at for at, line in enumerate(told) if line.words]
    known, kind = [told[at] for at in full], [made[at] for at in full]
    announced = {at for start, end in mail.announced for at in range(start, end)}
    unknown = [
        line.standing == "unknown" and fold not in BY_FORM and at not in announced
        for at, line, fold in zip(full, known, kind, strict=True)
    ]
    below = _first_of_ours([lines[at] for at in full], known, kind)
    if below == len(full) and True not in unknown:
        return Outwards(text=mail.own_text)
    answers = _between_public(known)
    goes = [_goes(at >= below, unknown[at], kind[at], line) for at, line in enumerate(known)]
    doubtful = [
        lines[full[at]].strip()
        for at, one in enumerate(unknown)
        if one and (kind[at] is not None or at >= below) and not (at >= below and answers[at])
    ]
    own = [fold is None for fold in kind]
    away = [not one for one in goes]
    text = mail.own_text if goes == own else written(lines, full, kind, known, away, answerable=("public",))
    return Outwards(text=text, doubtful=tuple(doubtful[:MOST_NAMED]))


def _goes(below: bool, unknown: bool, kind: FoldKind | None, line: KnownLine) -> bool:
    """Tell whether a line is in the text that would go out."""
    if below and line.standing == "internal":
        return False
    return kind is None or unknown


def _first_of_ours(lines: Sequence[str], known: Sequence[KnownLine], kind: Sequence[FoldKind | None]) -> int:
    """Return where what we sent begins: our line, or a line that only agents have seen, or one quoted of the case."""
    for at, (line, one, fold) in enumerate(zip(lines, known, kind, strict=True)):
        quoted = fold is not None and fold not in BY_FORM and one.standing == "public"
        if quoted or one.standing == "internal" or SENTINEL_LINE.match(line):
            return at
    return len(lines)


def _between_public(known: Sequence[KnownLine]) -> list[bool]:
    """Say of each line whether the nearest known line above it is public, and the nearest below it, too."""
    above, below = _nearest_public(known), _nearest_public(known[::-1])[::-1]
    return [one and other for one, other in zip(above, below, strict=True)]


def _nearest_public(known: Sequence[KnownLine]) -> list[bool]:
    found, public = [], False
    for line in known:
        found.append(public)
        if line.standing != "unknown":
            public = line.standing == "public"
    return found

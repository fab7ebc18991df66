"""What of an agent's answer may leave (law E18): below the first line of ours only what certainly answers the customer.

A mail client may rewrite a notice beyond recognition: then a line that nobody knows is as likely a piece of the card or
of a note as it is the agent's. It goes out only where it stands between lines that the customer has seen. Else the
agent is asked, and sees what would go. Nothing that the agent may have written is cut without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maild.core.known_words.lines import KnownLine, Memory, known_lines
from maild.core.known_words.shown import BY_FORM, ENOUGH_WORDS, hide_announcements, kinds, written
from maild.core.letters.reply_marker import SENTINEL_LINE
from maild.core.values.mail import FoldKind, Mail

MOST_JUDGED = 400_000
"""Characters of an answer that are judged; a longer one is always asked about."""
MOST_SECRET = 6
"""Words in a row of lines that only agents have seen: a line with so many is asked about, whatever else is on it."""
MOST_SAID = 200
MOST_NAMED = 12
"""Doubtful lines that are named to the agent."""


_THEIR_OWN = KnownLine(standing="unknown", words=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outwards:
    """An answer as it would go out, and what is in doubt."""

    text: str
    doubtful: tuple[str, ...] = ()
    """Lines that only the agent can tell from ours; they stand in ``text``. Empty: it may go."""


def outwards(mail: Mail, memories: Sequence[Memory], *, commands: int = 0) -> Outwards:
    """Judge an agent's answer line by line; where the case holds no word of it, reading's guess stands.

    ``commands`` is how many of its lines are for the desk: they stand at its top, and may be copied from a notice.
    """
    if not memories:
        return Outwards(text=mail.own_text)
    if len(mail.text) > MOST_JUDGED:
        return Outwards(text=mail.own_text, doubtful=(mail.own_text.strip()[:MOST_SAID],))
    lines = mail.text.split("\n")
    told, made = known_lines(lines, memories), kinds(mail, lines)
    full = [at for at, line in enumerate(told) if line.words]
    known, kind = [told[at] for at in full], [made[at] for at in full]
    announced = {at for start, end in mail.announced for at in range(start, end)}
    passed_over = announced | _banners(mail, lines)
    unknown = [
        line.standing == "unknown" and fold not in BY_FORM and at not in passed_over and not (fold and line.draft)
        for at, line, fold in zip(full, known, kind, strict=True)
    ]
    for at in range(min(commands, len(known))):
        if kind[at] is None:
            known[at], unknown[at] = _THEIR_OWN, True
    below = _first_of_ours([lines[at] for at in full], known, kind)
    if below == len(full) and True not in unknown:
        return Outwards(text=mail.own_text)
    answers, marks = _between_public(known), any(fold is not None and fold not in BY_FORM for fold in kind)
    away: list[bool] = []
    doubtful: list[str] = []
    for at, line in enumerate(known):
        own, quoted = kind[at] is None, at >= below
        # Without marks a client may quote the public lines that stand there; beside marked ones they are typed anew,
        # unless they go on with a marked one that the client broke in two.
        broken = at > 0 and away[-1] and full[at] == full[at - 1] + 1
        ours = line.standing == "internal" or (line.standing == "public" and (not marks or broken))
        away.append((quoted and ours) or full[at] in passed_over - announced or not (own or unknown[at]))
        copied = own and not quoted and line.standing == "internal"  # a line of ours, copied or typed anew
        joined = not away[-1] and line.secret >= MOST_SECRET and not copied
        doubted = unknown[at] and (not own or (quoted and not answers[at]))
        if copied or joined or doubted:
            doubtful.append(lines[full[at]].strip()[:MOST_SAID])
    hide_announcements(mail, full, away)
    if not any(_is_said(line, fold, gone) for line, fold, gone in zip(known, kind, away, strict=True)) and not doubtful:
        return Outwards(text="")
    as_read = away == [fold is not None for fold in kind]
    if as_read and not any(fold and line.standing == "internal" for line, fold in zip(known, kind, strict=True)):
        text = mail.own_text
    else:
        text = written(lines, full, kind, known, away, answerable=("public",))
    return Outwards(text=text, doubtful=tuple(doubtful[:MOST_NAMED]))


def _is_said(line: KnownLine, kind: FoldKind | None, away: bool) -> bool:
    """Tell whether a line that would go out is the agent's: new, or one of ours to the customer that is said again."""
    return kind is None and not away and (line.standing == "unknown" or line.ours)


def _banners(mail: Mail, lines: Sequence[str]) -> set[int]:
    """Return the lines between what announces a quote and our own line: a gateway wrote them into what it let in."""
    ours = next((at for at, line in enumerate(lines) if SENTINEL_LINE.match(line)), None)
    ends = [] if ours is None else [end for _, end in mail.announced if end <= ours]
    return set(range(max(ends), ours or 0)) if ends else set()


def _first_of_ours(lines: Sequence[str], known: Sequence[KnownLine], kind: Sequence[FoldKind | None]) -> int:
    """Return where what we sent begins: our line, or a line that only agents have seen, or one quoted of the case."""
    pasted = sum(
        one.words for one, fold in zip(known, kind, strict=True) if fold is None and one.standing == "internal"
    )
    for at, (line, one, fold) in enumerate(zip(lines, known, kind, strict=True)):
        quoted = fold is not None and fold not in BY_FORM and one.standing in ("public", "internal")
        if quoted or SENTINEL_LINE.match(line) or (one.standing == "internal" and pasted >= ENOUGH_WORDS):
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

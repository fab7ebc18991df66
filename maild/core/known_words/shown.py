"""What of a mail its readers are shown (law R27): all but what the desk knows, and signatures by their form.

Reading's guess (``Mail.own_text``) feeds rules, verbs and the language. Which lines people see is decided here, with
what the case holds: a folded line stays out of sight only if its words stand in the case already. Every other line is
shown where it stood, with the line that it answers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass

from maild.core.known_words.lines import KnownLine, Memory, Standing, known_lines
from maild.core.values.mail import FoldKind, Mail

MOST_COMPARED = 100_000
"""Characters of a text that are compared with its case; a longer one is shown as if nothing were known."""
MOST_HISTORY = 200
"""Lines of a first mail's history that follow its own words."""
_FAR = 40
"""Lines below an answer in which its quote goes on."""
ENOUGH_WORDS = 8
"""So many words of ours in a row, and the lines that hold them are a quote, whatever reading made of them."""
BY_FORM: frozenset[FoldKind | None] = frozenset({"signature", "disclaimer"})
"""What stays out of sight by its form, known or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A mail's text as its readers get it."""

    text: str
    history: str = ""
    """What follows the writer's own words under a heading of its own: older mail that no case holds."""
    left_out: int = 0
    """Lines with words on them that are not shown."""
    cut: bool = False
    """More history than fits: the whole mail goes with the letter."""

    @property
    def whole(self) -> str:
        """Return all that is shown, as one text."""
        return f"{self.text}\n\n{self.history}" if self.history else self.text


def kinds(mail: Mail, lines: Sequence[str]) -> list[FoldKind | None]:
    """Return what reading made of each line of a text; None is the writer's own."""
    found: list[FoldKind | None] = [None] * len(lines)
    for fold in mail.folds:
        at = fold.line
        while at < len(lines) and not lines[at]:
            at += 1  # a fold's text begins with its first line that is not empty
        for place in range(fold.line, min(at + fold.text.count("\n") + 1, len(lines))):
            found[place] = fold.kind
    return found


def first_shown(mail: Mail) -> Shown:
    """Return what is shown of a mail that opens a case: its own words, then the history that came with it."""
    if not mail.folds:
        return Shown(text=mail.own_text)
    history = [line for fold in mail.folds if fold.kind not in BY_FORM for line in [*fold.text.split("\n"), ""]]
    signed = sum(_full(fold.text.split("\n")) for fold in mail.folds if fold.kind in BY_FORM)
    kept, rest = history[:MOST_HISTORY], history[MOST_HISTORY:]
    if not mail.own_text.strip():  # nothing of the writer's would remain: nothing is folded
        return Shown(text=mail.text)
    return Shown(
        text=mail.own_text,
        history="\n".join(kept).strip("\n"),
        left_out=_full(rest) + signed,
        cut=_full(rest) > 0,
    )


def shown(mail: Mail, memories: Sequence[Memory]) -> Shown:
    """Return what is shown of a mail that enters a case."""
    if len(mail.text) > MOST_COMPARED:
        return first_shown(mail)
    if not mail.folds and not any(memory.ours for memory in memories):
        return Shown(text=mail.own_text)
    lines = mail.text.split("\n")
    told = known_lines(lines, memories)
    made = kinds(mail, lines)
    full = [at for at, line in enumerate(told) if line.words]
    """The lines with words on them; what stands between belongs to the one above."""
    known, kind = [told[at] for at in full], [made[at] for at in full]
    hidden = [_stays_away(line, fold) for line, fold in zip(known, kind, strict=True)]
    _show_lone_lines(kind, known, hidden)
    hide_announcements(mail, full, hidden)
    if all(hidden):  # nothing of the writer's would remain: nothing is folded
        return Shown(text=mail.text)
    return Shown(text=written(lines, full, kind, known, hidden), left_out=sum(hidden))


def _full(lines: Sequence[str]) -> int:
    return sum(1 for line in lines if line.strip())


def _stays_away(line: KnownLine, kind: FoldKind | None) -> bool:
    """Tell whether a line by itself stays out of sight."""
    return kind in BY_FORM or (line.standing != "unknown" and (kind is not None or line.ours))


def _show_lone_lines(kind: Sequence[FoldKind | None], known: Sequence[KnownLine], hidden: list[bool]) -> None:
    """Show what reading counts as the writer's own, unless enough of ours stands there in a row: it may be cited."""
    at = 0
    while at < len(known):
        end, words = at, 0
        while end < len(known) and hidden[end] and kind[end] not in BY_FORM:
            words += known[end].words
            end += 1
        if words < ENOUGH_WORDS:
            for place in range(at, end):
                hidden[place] = kind[place] is not None
        at = end + 1


def hide_announcements(mail: Mail, full: Sequence[int], hidden: list[bool]) -> None:
    """Hide what a client wrote above a quote, where the quote below it is hidden, or where nothing follows at all.

    ``full`` are the places of the lines with words, of which ``hidden`` tells.
    """
    for first, behind in reversed(mail.announced):
        start, end = bisect_left(full, first), bisect_left(full, behind)
        if (end < len(hidden) and hidden[end]) or (end == len(hidden) and _folded_at(mail, first)):
            hidden[start:end] = [True] * (end - start)


def _folded_at(mail: Mail, line: int) -> bool:
    return any(fold.line <= line <= fold.line + fold.text.count("\n") for fold in mail.folds)


def written(
    lines: Sequence[str],
    full: Sequence[int],
    kind: Sequence[FoldKind | None],
    known: Sequence[KnownLine],
    hidden: Sequence[bool],
    *,
    answerable: Container[Standing] = ("public", "internal"),
) -> str:
    """Write the visible lines in their order; above an answer inside a quote the line that it answers."""
    quoted = [
        away and fold not in BY_FORM and line.standing in answerable
        for away, fold, line in zip(hidden, kind, known, strict=True)
    ]
    inside = [
        at for at in range(1, len(hidden)) if not hidden[at] and quoted[at - 1] and any(quoted[at + 1 : at + _FAR])
    ]
    """Where answers begin that stand inside a quote. Whoever wrote one wrote the others so, too; where there is none,
    what stands below the quote answers all of it."""
    text = list(lines[: full[0]]) if not hidden[0] else []
    for at, away in enumerate(hidden):
        if away:
            continue
        if at > 0 and hidden[at - 1]:
            text.append("")
            if quoted[at - 1] and inside:
                text.append(f"> {lines[full[at - 1]].lstrip('> ').strip()}")
        text += lines[full[at] : full[at + 1] if at + 1 < len(full) else len(lines)]
    return _even(text)


def _even(lines: Sequence[str]) -> str:
    """Leave no more than one empty line in a row."""
    found: list[str] = []
    for line in lines:
        if line.strip() or (found and found[-1]):
            found.append(line if line.strip() else "")
    return "\n".join(found).strip("\n")

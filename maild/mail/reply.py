"""Divide a mail's text into the writer's own words and what is folded away: quotes, signatures, our footer (MAIL §1).

Keep beats cut: a line is folded only when it is certain that the writer did not write it. Answers written inside a
quote are the writer's words and are kept with the line they answer. Every line of the text is in ``own_text`` or in
a fold. The time is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from maild.core.mail import Fold, FoldKind
from maild.core.reply_marker import SENTINEL_LINE
from maild.mail.filled import filled_lines
from maild.mail.header_words import FORWARD_SUBJECTS
from maild.mail.quotes import Header, attributions, header_at, plain
from maild.mail.signatures import below_words
from maild.mail.text import Mark, Shown

_PREFIX = re.compile(r"[ \t\u00a0]{0,3}((?:>[ \t\u00a0]?)+)")
_SUBJECT = re.compile(r"^[\s\[(]*([^\s:：\[\]()]{1,18}\.?)\s?(?:[\[(]\d+[\])])?\s?[:：]")
_REPLY_SUBJECT = re.compile(
    r"(?i)^\s*(?:re|sv|svar|aw|antw|antwort|vs|rép|re\[\d+\]|odp|ynt|回复|答复|回覆|返信|отв|ref|rif|r)\s*:"
)
_FINNISH = frozenset({"lähettäjä", "lähetetty", "vastaanottaja", "aihe"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What :func:`split` found."""

    own_text: str
    folds: tuple[Fold, ...]
    filled: tuple[tuple[str, str], ...]
    """Form lines that the writer filled in inside a quote (SPEC F7)."""


def unquoted(lines: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return each line's depth of quote marks, and the lines without them."""
    depths, words = [0] * len(lines), list(lines)
    for at, line in enumerate(lines):
        if ">" in line[:4] and not line.startswith(">From "):
            prefix = _PREFIX.match(line)
            if prefix is not None:
                depths[at] = prefix.group(1).count(">")
                words[at] = line[prefix.end() :]
    return depths, words


class _Lines:
    """The lines of one text while they are being told apart: their quote depth, their words and their verdicts."""

    def __init__(self, shown: Shown) -> None:
        self.raw = shown.text.split("\n")
        self.depth, self.words = unquoted(self.raw)
        self.kinds: list[FoldKind | None] = [None] * len(self.raw)
        self.blank = [not line or line.isspace() for line in self.words]
        self.marks = {mark.start: mark for mark in shown.marks if mark.end > mark.start}

    def fold(self, start: int, end: int, kind: FoldKind) -> None:
        self.kinds[start:end] = [kind] * (end - start)

    def next_full(self, at: int) -> int:
        """Return the next line with anything on it, or the end."""
        while at < len(self.raw) and self.blank[at]:
            at += 1
        return at

    def has_own(self, end: int) -> bool:
        """Tell whether the writer said something above a line."""
        return any(kind is None and not blank for kind, blank in zip(self.kinds[:end], self.blank, strict=False))


def says_forward(subject: str) -> bool:
    """Tell whether a subject begins with a forward prefix of any language (``VS:``, ``WG:``, ``Fwd:``)."""
    found = _SUBJECT.match(subject[:80])
    return found is not None and found.group(1).casefold() in FORWARD_SUBJECTS


def is_answer_in_finnish(labels: Sequence[str]) -> bool:
    """Tell whether a header block is Finnish, where ``VS:`` marks an answer and not a forward."""
    return len(_FINNISH.intersection(labels)) >= 2


def split(shown: Shown, subject: str = "", answers: bool = False) -> Split:
    """Tell a writer's own words from the rest of a shown text.

    ``subject`` lets a forward prefix keep what is passed on; ``answers`` says that the mail names one it answers
    (In-Reply-To), so that a text of nothing but history may be folded whole.
    """
    text = _Lines(shown)
    keep_from = _walk(text, subject, answers)
    _device_and_signature(text, keep_from)
    _remnants(text)
    context = _answered_lines(text)
    return Split(
        own_text=_own(text, context),
        folds=_folds(text),
        filled=filled_lines(text.words, text.depth, text.kinds),
    )


def _walk(text: _Lines, subject: str, answers: bool) -> int:
    """Mark quoted history from the top down. Return the line from which everything is a forward, or the end."""
    known = attributions(text.words, text.depth)
    forwarded = says_forward(subject)
    at, total = 0, len(text.raw)
    while at < total:
        if text.blank[at]:
            at += 1
            continue
        mark = text.marks.get(at)
        if mark is not None and mark.kind in ("signature", "footer"):
            text.fold(at, mark.end, mark.kind if mark.kind == "footer" else "signature")
            at = mark.end
            continue
        header = _header(text, at, known)
        if mark is not None and mark.kind == "forwarded":
            return at
        if header is not None and _is_forward(text, header, forwarded):
            return at
        if text.depth[at] == 0 and SENTINEL_LINE.match(text.raw[at]):
            text.fold(at, total, "footer")
            return total
        if mark is not None and mark.kind == "quote":
            at = _marked(text, mark, header)
        elif text.depth[at] > 0:
            text.kinds[at] = "quote"
            at += 1
        elif header is not None:
            at = _announced(text, header, answers or _REPLY_SUBJECT.match(subject) is not None)
        else:
            at += 1
    return total


def _header(text: _Lines, at: int, known: dict[int, Header]) -> Header | None:
    """Return the header at a line; inside quote marks only the first line of the quote can have one."""
    if text.depth[at] > 0:
        above = at - 1
        while above >= 0 and text.blank[above]:
            above -= 1
        if above >= 0 and text.depth[above] > 0:
            return None
    return header_at(text.words, at, known)


def _is_forward(text: _Lines, header: Header, forwarded: bool) -> bool:
    if header.kind == "forwarded":
        return not _inside_history(text, header.start)
    if not forwarded:
        return False
    if header.block is not None and is_answer_in_finnish(header.block.labels):
        return False
    return header.sure or text.depth[header.start] > 0


def _inside_history(text: _Lines, at: int) -> bool:
    """Tell whether a quoted separator belongs to what an attribution right above it quotes."""
    above = at - 1
    while above >= 0 and text.blank[above]:
        above -= 1
    return text.depth[at] > 0 and above >= 0 and text.kinds[above] is not None


def _marked(text: _Lines, mark: Mark, header: Header | None) -> int:
    """Fold what the HTML structure calls a quote; words without quote marks between quoted lines stay."""
    inside = text.next_full(header.end if header is not None else mark.start)
    prefixed = inside < mark.end and text.depth[inside] > 0
    if not prefixed:
        text.fold(mark.start, mark.end, "quote")
        return mark.end
    text.fold(mark.start, inside, "quote")
    return max(inside, mark.start + 1)


def _announced(text: _Lines, header: Header, answers: bool) -> int:
    """Fold a header and, when the history below it has no quote marks, all of that too."""
    below = text.next_full(header.end)
    if below < len(text.raw) and text.depth[below] > 0:
        text.fold(header.start, header.end, "quote")
        return header.end
    if not header.sure:
        return header.start + 1
    if not answers and not text.has_own(header.start):
        return header.end
    text.fold(header.start, len(text.raw), "quote")
    return len(text.raw)


def _runs(text: _Lines, stop: int) -> list[tuple[int, int]]:
    """Return the half-open runs of own lines above a line."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for at in range(stop):
        if text.kinds[at] is None:
            start = at if start is None else start
        elif start is not None:
            runs.append((start, at))
            start = None
    if start is not None:
        runs.append((start, stop))
    return runs


def _device_and_signature(text: _Lines, stop: int) -> None:
    """Fold signatures, device lines, disclaimers and list footers in the writer's own runs."""
    for start, end in _runs(text, stop):
        if all(text.blank[start:end]):
            continue
        for first, after, kind in below_words(text.raw, start, end, last=end == stop or text.kinds[end] is not None):
            text.fold(first, after, kind)


def _remnants(text: _Lines) -> None:
    """Fold the end of a quoted line that a program wrapped without giving it a quote mark of its own."""
    for at in range(1, len(text.raw) - 1):
        if text.kinds[at] is not None or text.blank[at]:
            continue
        above, below = text.raw[at - 1], at + 1
        if text.depth[at - 1] > 0 and text.depth[below] > 0 and len(above.rstrip()) >= 66:
            ends = above.rstrip()[-1]
            if (ends.isalnum() or ends in ",-") and text.raw[at][:1].islower() and len(text.raw[at]) <= 40:
                text.kinds[at] = "quote"


def _answered_lines(text: _Lines) -> set[int]:
    """Return the quoted lines that an answer between two quotes stands below: shown with it (MAIL §1)."""
    context: set[int] = set()
    runs = [run for run in _runs(text, len(text.raw)) if not all(text.blank[run[0] : run[1]])]
    for start, end in runs:
        if end >= len(text.raw) or text.kinds[end] != "quote" or text.depth[end] == 0:
            continue
        above = start - 1
        while above >= 0 and text.blank[above] and text.kinds[above] == "quote":
            above -= 1
        if above >= 0 and text.kinds[above] == "quote" and text.depth[above] > 0 and len(text.raw[above]) <= 200:
            context.add(above)
    return context


def _own(text: _Lines, context: set[int]) -> str:
    kept: list[str] = []
    for at, line in enumerate(text.raw):
        if text.kinds[at] is None or at in context:
            if not text.blank[at]:
                kept.append(line.rstrip() if at not in context else f"> {plain(text.words[at])}")
            elif kept and kept[-1]:
                kept.append("")
        elif kept and kept[-1]:
            kept.append("")
    return "\n".join(kept).strip("\n")


def _folds(text: _Lines) -> tuple[Fold, ...]:
    folds: list[Fold] = []
    start = 0
    for at in range(1, len(text.raw) + 1):
        if at < len(text.raw) and text.kinds[at] == text.kinds[start]:
            continue
        kind = text.kinds[start]
        if kind is not None:
            folds.append(Fold(kind=kind, text="\n".join(text.raw[start:at]).rstrip("\n"), line=start))
        start = at
    return tuple(fold for fold in folds if fold.text.strip())

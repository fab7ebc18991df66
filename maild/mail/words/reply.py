"""Divide a mail's text into the writer's own words and what is folded away: quotes, signatures, our footer (law R14).

Keep beats cut: a line is folded only when it is certain that the writer did not write it. Answers written inside a
quote are the writer's words and are kept with the line they answer. Every line of the text is in ``own_text`` or in
a fold. The time is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from maild.core.letters.reply_marker import SENTINEL_LINE
from maild.core.values import subject_prefixes
from maild.core.values.mail import Fold, FoldKind
from maild.mail.mime.text import Mark, Shown
from maild.mail.words.answered import answered_lines
from maild.mail.words.filled import filled_lines
from maild.mail.words.forward_headers import address_in
from maild.mail.words.kept import give_back, is_pasted, is_typed, said_above, says_nothing
from maild.mail.words.lines import Lines
from maild.mail.words.quotes import Header, plain
from maild.mail.words.signatures import below_words, is_said

_FINNISH = frozenset({"lähettäjä", "lähetetty", "vastaanottaja", "aihe"})
_BLANKS = re.compile(r"\n(?:[ \t]*\n){2,}")
_MOST_HEADERS = 5000
_MOST_RUNS = 300
_MOST_LOOKS = 1000
"""Quotes above which a head is looked for."""
_MOST_QUOTES = 20_000
"""A text with more quotes than that between its lines is no mail that a person answered; the rest is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What :func:`split` found."""

    own_text: str
    folds: tuple[Fold, ...]
    filled: tuple[tuple[str, str], ...]
    """Form lines that the writer filled in inside a quote (law R16)."""


def is_answer_in_finnish(subject: str, header: Header) -> bool:
    """Tell whether a header block is Finnish below the prefix ``VS:``, which marks an answer there, not a forward."""
    if header.block is None or subject_prefixes.first(subject) != "vs":
        return False
    return len(_FINNISH.intersection(header.block.labels)) >= 2


def split(shown: Shown | Lines, subject: str = "", answers: bool = False, author: str = "") -> Split:
    """Tell a writer's own words from the rest of a shown text (or of its lines, which then know the verdicts).

    ``subject`` lets a forward prefix keep what is passed on; ``answers`` says that the mail names one it answers
    (In-Reply-To), so that a text of nothing but history may be folded whole; ``author`` is the writer's address.
    """
    text = Lines.of(shown)
    keep_from = _walk(text, subject, answers or subject_prefixes.is_answer(subject), author)
    text.fold_quoted_blanks(keep_from)
    _fold_signatures(text, keep_from)
    _fold_remnants(text)
    text.join_folds()
    runs = text.runs()
    if not any(kind is None and 1 in text.full[start:end] for start, end, kind in runs):
        _keep_what_may_be_said(text)
        text.join_folds()
        runs = text.runs()
    filled = filled_lines(text)
    if not filled and any(kind == "quote" for _, _, kind in runs) and says_nothing(text, author):
        give_back(text)
        runs = text.runs()
    return Split(
        own_text=_own(text, runs),
        folds=tuple(
            Fold(kind=kind, text="\n".join(text.raw[start:end]).strip("\n"), line=start)
            for start, end, kind in runs
            if kind is not None and any(line.strip() for line in text.raw[start:end])
        ),
        filled=filled,
    )


def _walk(text: Lines, subject: str, answers: bool, author: str) -> int:
    """Mark quoted history from the top down. Return the line from which everything is a forward, or the end."""
    forwarded = subject_prefixes.is_forward(subject)
    pasted = not answers and not text.known and not text.marks
    """Quote marks in a mail that answers nothing and quotes nobody: the writer pasted them."""
    tests, quotes, total = 0, 0, len(text)
    notable = _notable(text)
    at = notable.find(1)
    while 0 <= at < total:
        mark = text.marks.get(at)
        if mark is not None and mark.kind in ("signature", "footer"):
            text.fold(at, mark.end, "footer" if mark.kind == "footer" else "signature")
            at = notable.find(1, mark.end)
            continue
        header = None
        if text.announcing[at] and tests < _MOST_HEADERS:
            tests += 1
            header = text.header(at)
        if mark is not None and mark.kind == "forwarded" and not _is_history(text, at):
            return at
        if header is not None and _is_forward(text, header, forwarded and not is_answer_in_finnish(subject, header)):
            return at
        pasted = pasted and header is None
        if text.depth[at] == 0 and "—–-".find(text.raw[at].lstrip()[:1]) >= 0 and SENTINEL_LINE.match(text.raw[at]):
            text.fold(at, total, "footer")
            return total
        if mark is not None and mark.kind == "quote":
            at = _marked(text, at, mark, header, author)
        elif text.depth[at] > 0 and not pasted:
            quotes += 1
            if quotes > _MOST_QUOTES:
                return at
            at = _quoted(text, at, author, look=quotes <= _MOST_LOOKS)
        else:
            at = at + 1 if header is None else _announced(text, header, answers, author)
        at = notable.find(1, at)
    return total


def _notable(text: Lines) -> bytearray:
    """Return 1 for each line at which the walk may do anything; between those it leaps."""
    notable = bytearray(text.announcing)
    for at, depth in enumerate(text.depth):
        if depth and text.full[at]:
            notable[at] = 1
    for at in text.marks:
        notable[at] = 1
    return notable


def _quoted(text: Lines, start: int, author: str = "", *, look: bool = True) -> int:
    """Fold a run of quoted lines, blank ones among them, up to the next line without quote marks or with a mark; and
    what a program says above it. What the writer typed stays.
    """
    end = start + 1
    while end < len(text) and text.depth[end] > 0 and end not in text.marks:
        end += 1
    first = said_above(text, start, author) if look else start
    if look and first == start and is_typed(text, start, end):
        return end
    text.fold_head(first, start)
    text.fold(start, end, "quote")
    return end


def _is_forward(text: Lines, header: Header, forwarded: bool) -> bool:
    if header.kind == "forwarded":
        return not _is_history(text, header.start)
    return forwarded and (header.sure or text.depth[header.start] > 0)


def _is_history(text: Lines, at: int) -> bool:
    """Tell whether a quoted line belongs to what an attribution or a quote right above it quotes."""
    above = text.above(at)
    return text.depth[at] > 0 and above >= 0 and text.kind(above) is not None


def _marked(text: Lines, at: int, mark: Mark, header: Header | None, author: str) -> int:
    """Fold what the HTML structure calls a quote; words without quote marks between quoted lines stay, and so do those
    that the writer wrote above a quote but inside of what Gmail puts around it.
    """
    inside = text.next_full(header.end if header is not None else at)
    if header is not None:
        text.fold_head(header.start, header.end)
    if header is None and inside < mark.end and not text.depth[inside] and mark.why.startswith("gmail_quote"):
        quoted = next((line for line in range(inside, mark.end) if text.depth[line]), mark.end)
        if quoted < mark.end and not _ends_with_colon(text, inside, quoted):
            return _quoted(text, quoted, author)
    if inside >= mark.end or text.depth[inside] == 0:
        text.fold(mark.start, mark.end, "quote")
        return mark.end
    text.fold(mark.start, inside, "quote")
    return inside if inside > at else _quoted(text, at)


def _ends_with_colon(text: Lines, start: int, end: int) -> bool:
    """Tell whether a line or two, and no more, say with a colon what comes: an attribution, in whatever words."""
    return sum(text.full[start:end]) <= 2 and text.bare[text.above(end)].endswith((":", "："))


def _announced(text: Lines, header: Header, answers: bool, author: str) -> int:
    """Fold a header and, when the history below it has no quote marks, all of that too.

    A mail that answers nothing has no history: a header in it was pasted, and what stands below may be the writer's.
    """
    below = text.next_full(header.end)
    if below < len(text) and text.depth[below] > 0:
        text.fold_head(header.start, header.end)
        return header.end
    if not header.sure:
        return header.start + 1
    if not answers:
        return header.end
    end = len(text)
    if _is_a_note(text, header, author):
        end = header.end
    elif is_pasted(text, header):
        return header.end
    text.fold_head(header.start, header.end)
    text.fold(header.start, end, "quote")
    return end


def _is_a_note(text: Lines, header: Header, author: str) -> bool:
    """Tell whether a header block is one that the writer typed or pasted in between, and not his program's.

    No program leaves the date out, or begins with it and names no address. The writer's own earlier mail is pasted
    when the line above it says what comes.
    """
    block = header.block
    if header.kind != "block" or block is None or block.start != header.start:
        return False
    if all(role != "date" for role, _ in block.fields):
        return True
    sender = address_in(block.value("from"))
    if sender is None:
        return block.fields[0][0] == "date"
    above = text.above(header.start)
    return sender.group().casefold() == author.casefold() and above >= 0 and text.bare[above].endswith(":")


def _fold_signatures(text: Lines, stop: int) -> None:
    """Fold signatures, device lines, disclaimers and list footers in the writer's own runs."""
    for start, end in text.own_runs(stop)[:_MOST_RUNS]:
        for first, after, kind in below_words(text.raw, start, end):
            text.fold(first, after, kind)


def _keep_what_may_be_said(text: Lines) -> None:
    """Take back what was folded as a signature or a disclaimer in a text with no other words of the writer's."""
    for start, end, kind in text.runs():
        if kind in ("signature", "disclaimer") and is_said(text.raw[start:end]):
            text.keep(start, end)


def _fold_remnants(text: Lines) -> None:
    """Fold the ends of quoted lines that a program wrapped without giving them quote marks of their own.

    Each stands below a line too full to take its first word. One alone may be an answer, unless it ends a question
    or a quotation that the line above began.
    """
    found: list[int] = []
    for start, end in text.own_runs():
        if end - start != 1 or start == 0 or end >= len(text) or not text.depth[start - 1] or not text.depth[end]:
            continue
        above, line = text.raw[start - 1].rstrip(), text.raw[start]
        if len(above) >= 66 and (above[-1].isalnum() or above[-1] in ",-") and line[0].islower() and len(line) <= 60:
            found.append(start)
    if not found:
        return
    width = max(len(line.rstrip()) for line, depth in zip(text.raw, text.depth, strict=True) if depth)
    cut = [at for at in found if len(text.raw[at - 1].rstrip()) + 1 + len(text.raw[at].split()[0]) > width]
    if len(cut) > 1 or (cut and _ends_what_is_above(text, cut[0])):
        for at in cut:
            text.fold(at, at + 1, "quote")


def _ends_what_is_above(text: Lines, at: int) -> bool:
    """Tell whether a line asks or closes what the quoted line above it began, and the line below does not go on."""
    above, line, below = text.bare[at - 1], text.bare[at], text.bare[at + 1]
    if below[:1].islower():
        return False
    return line[-1] == "?" or (above.count('"') % 2 == 1 and line.count('"') == 1)


def _own(text: Lines, runs: Sequence[tuple[int, int, FoldKind | None]]) -> str:
    context = answered_lines(text, runs)
    pieces: list[str] = []
    for start, end, kind in runs:
        if kind is None:
            pieces.append("\n".join(map(str.rstrip, text.raw[start:end])))
            continue
        pieces.append("")
        answered = text.above(end) if context else -1
        if answered in context:
            pieces.append(f"> {plain(text.words[answered])}\n")
    return _BLANKS.sub("\n\n", "\n".join(pieces)).strip("\n")

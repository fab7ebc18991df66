"""The lines of one text while they are being told apart: quote depth, words, verdict.

Verdicts are kept in a bytearray, so that runs of them are found and counted at the speed of ``re`` over bytes and a
text of a million lines is still told apart in well under a second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from maild.core.values.mail import FoldKind
from maild.mail.mime.text import Mark, Shown
from maild.mail.words.quotes import Header, attributions, groupwise, header_at, may_announce

OWN = 0
_KINDS: tuple[FoldKind | None, ...] = (None, "quote", "signature", "disclaimer", "forwarded", "footer")
CODE: dict[FoldKind, int] = {kind: code for code, kind in enumerate(_KINDS) if kind is not None}
_RUNS = re.compile(rb"\x00+|\x01+|\x02+|\x03+|\x04+|\x05+")
_LONGEST_END = 60
"""Letters of what may stand behind an address on the last line of an attribution."""
_PREFIX = re.compile(r"[ \t\u00a0]{0,3}((?:>[ \t\u00a0]?)+)")


def unquoted(lines: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return each line's depth of quote marks, and the lines without them (``>From `` is mbox's escape)."""
    depths, words = [0] * len(lines), list(lines)
    for at, line in enumerate(lines):
        if ">" in line[:4] and line[:6] != ">From " and (line[:4] != ">>> " or not groupwise(line)):
            prefix = _PREFIX.match(line)
            if prefix is not None:
                depth = prefix[1].count(">")
                if (line[-1] == "<" or (at and "<" in lines[at - 1])) and _is_no_quote(lines, at, depth, depths):
                    continue
                depths[at] = depth
                words[at] = line[prefix.end() :]
    return depths, words


def _is_no_quote(lines: Sequence[str], at: int, depth: int, depths: Sequence[int]) -> bool:
    """Tell whether marks at the beginning of a line quote nobody: the first closes an address that the line above
    began, or the marks are drawn on both sides of the words.
    """
    line = lines[at].rstrip()
    if line[-1] == "<" and depth >= 2:
        return line.count("<") == depth
    if at == 0 or depth > 1 or depths[at - 1] or len(line) > _LONGEST_END or line[0] != ">":
        return False
    above = lines[at - 1].rstrip()
    opened = above.rfind("<")
    if opened < 0 or "@" not in above[opened:] or ">" in above[opened:] or " " in above[opened:]:
        return False
    return line == ">" or line[-1] in ":：៖" or (line[-1].isalpha() and len(line.split()) <= 4)


class Lines:
    """One text's lines, for all who ask about them: what is found out about a line is found out once.

    ``raw`` as shown, ``words`` without quote marks, ``bare`` also without white space around, ``depth`` how many
    quote marks there were.
    """

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.raw = shown.text.split("\n")
        self.depth, self.words = unquoted(self.raw) if ">" in shown.text else ([0] * len(self.raw), self.raw)
        self.bare = list(map(str.strip, self.words))
        self.verdicts = bytearray(len(self.raw))
        self.full = bytearray(map(bool, self.bare))
        self.heads = bytearray(len(self.raw))
        """1 for each folded line that says who wrote what stands below it."""
        self.known = attributions(self.words, self.depth, self.bare)
        """Every attribution by its first line."""
        self.announcing = bytearray(map(may_announce, self.bare))
        """1 for each line at which :meth:`header` may find anything: one in ten, so that the others cost nothing."""
        for at in self.known:
            self.announcing[at] = 1
        self.ours: bool | None = None
        """Whether our own line stands in it, once somebody has asked."""
        self._headers: dict[int, Header | None] = {}
        self.marks: dict[int, Mark] = {}
        for mark in sorted(shown.marks, key=lambda mark: (mark.start, -mark.end)):
            first = self.next_full(mark.start)  # an element may begin with a blank line
            if first < min(mark.end, len(self.raw)):
                self.marks.setdefault(first, replace(mark, end=min(mark.end, len(self.raw))))

    @classmethod
    def of(cls, shown: Shown | Lines) -> Lines:
        """Return the lines of a text; of its lines, themselves."""
        return shown if isinstance(shown, Lines) else cls(shown)

    def __len__(self) -> int:
        return len(self.raw)

    def header(self, at: int) -> Header | None:
        """Return the header at a line; inside quote marks only the first line of the quote can have one."""
        if at not in self._headers:
            above = self.above(at) if self.depth[at] > 0 else -1
            inside = above >= 0 and self.depth[above] > 0
            self._headers[at] = None if inside else header_at(self.words, at, self.known)
        return self._headers[at]

    def announced(self) -> tuple[tuple[int, int], ...]:
        """Return the half-open runs of lines that announce quoted mail, as far as they were looked for."""
        found = [*self.known.values(), *(header for header in self._headers.values() if header is not None)]
        return tuple(sorted({(header.start, header.end) for header in found}))

    def kind(self, at: int) -> FoldKind | None:
        """Return the verdict on a line; None is the writer's own."""
        return _KINDS[self.verdicts[at]]

    def fold(self, start: int, end: int, kind: FoldKind) -> None:
        """Fold a half-open range of lines away."""
        end = min(end, len(self.raw))
        self.verdicts[start:end] = bytes([CODE[kind]]) * max(end - start, 0)

    def fold_head(self, start: int, end: int) -> None:
        """Fold lines that say who wrote what stands below them."""
        self.fold(start, end, "quote")
        self.heads[start : min(end, len(self.raw))] = b"\1" * max(min(end, len(self.raw)) - start, 0)

    def keep(self, start: int, end: int) -> None:
        """Give a half-open range of lines back to the writer."""
        self.verdicts[start:end] = bytes(end - start)

    def fold_quoted_blanks(self, end: int) -> None:
        """Fold the lines above ``end`` that are nothing but quote marks."""
        if any(self.depth):
            for at, depth in enumerate(self.depth[:end]):
                if depth and not self.full[at]:
                    self.verdicts[at] = CODE["quote"]

    def next_full(self, at: int) -> int:
        """Return the next line from ``at`` on with anything on it, or the end."""
        found = self.full.find(1, at)
        return found if found >= 0 else len(self.raw)

    def above(self, at: int) -> int:
        """Return the nearest line above ``at`` with anything on it, or -1."""
        return self.full.rfind(1, 0, at)

    def join_folds(self) -> None:
        """Fold the blank lines between two folds of one kind with them."""
        runs = self.runs()
        for above, (start, end, kind), below in zip(runs, runs[1:], runs[2:], strict=False):
            if kind is None and above[2] == below[2] and above[2] is not None and 1 not in self.full[start:end]:
                self.fold(start, end, above[2])

    def runs(self, end: int | None = None) -> list[tuple[int, int, FoldKind | None]]:
        """Return the half-open runs of lines with one verdict, in order."""
        found = _RUNS.finditer(self.verdicts, 0, len(self.raw) if end is None else end)
        return [(run.start(), run.end(), _KINDS[self.verdicts[run.start()]]) for run in found]

    def own_runs(self, end: int | None = None) -> list[tuple[int, int]]:
        """Return the runs of the writer's own lines that have anything on them."""
        return [(start, stop) for start, stop, kind in self.runs(end) if kind is None and 1 in self.full[start:stop]]

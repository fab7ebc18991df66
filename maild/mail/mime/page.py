"""The page on which HTML is written as lines: paragraphs, lists, cells, links, and marks over ranges of lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from maild.mail import caps
from maild.mail.mime.text import Mark, MarkKind

_MOST_URL = 1000
IN_SIGNATURE = -1
"""The line of a picture inside what a mail program marked as a signature."""


@dataclass(slots=True)
class _Mark:
    kind: MarkKind
    why: str
    start: int
    end: int | None = None
    to_end: bool = False


@dataclass(slots=True)
class _Sheet:
    """Lines written so far, of the document or of one table cell."""

    lines: list[str] = field(default_factory=list)
    marks: list[_Mark] = field(default_factory=list)
    pictures: list[tuple[str, int]] = field(default_factory=list)
    prefix: str = ""


@dataclass(slots=True)
class _Table:
    row: list[_Sheet] | None = None


class Page:
    """Where the walk writes; lines are final once a break ends them."""

    __slots__ = (
        "_gap",
        "_items",
        "_line",
        "_lists",
        "_outer",
        "_sheet",
        "_signatures",
        "_space",
        "_tables",
        "pre",
        "prefix",
        "room",
    )

    def __init__(self) -> None:
        self._sheet = _Sheet()
        self._outer: list[_Sheet] = []
        self._tables: list[_Table] = []
        self._lists: list[tuple[str, int]] = []
        self._items: list[str] = []
        self._line: list[str] = []
        self._space = False
        self._gap = False
        self.prefix = ""
        self.pre = 0
        self._signatures = 0
        self.room = caps.TEXT
        """Characters that may still be written: quotes in quotes make many of few. Below 0 something was left out."""

    # -- text -----------------------------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Write running text; white space is one space, except in preformatted text."""
        if self.pre:
            self._write_lines(text)
            return
        # What is printable has no white space but the plain space.
        words = text.strip(" ") if text.isprintable() and "  " not in text else " ".join(text.split())
        if not words:
            if text:
                self._space = True
                if "\xa0" in text and not self._line:
                    self._line.append("")
            return
        line = self._line
        if line and line[-1] and (self._space or text[0].isspace()):
            line.append(" ")
        elif not line:
            self._open_line()
        line.append(words)
        self._space = text[-1].isspace()

    def _write_lines(self, text: str) -> None:
        pieces = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n")
        for index, piece in enumerate(pieces):
            if index:
                self.newline()
            if piece:
                if not self._line:
                    self._open_line()
                self._line.append(piece)

    def _open_line(self) -> None:
        lines = self._sheet.lines
        if self._gap and lines and lines[-1].strip("> "):
            depth = min(len(self.prefix), len(lines[-1]) - len(lines[-1].lstrip("> "))) // 2
            lines.append(("> " * depth).rstrip())
        self._gap = False
        if self._items:
            self._line.append(self._items.pop())

    def newline(self) -> None:
        """End the line, even an empty one."""
        line = "".join(self._line).rstrip()
        lines = self._sheet.lines
        self._line.clear()
        self._space = False
        self.room -= len(line) + len(self.prefix) + 1
        if self.room < 0:
            return
        if line:
            lines.append(self.prefix + line)
        elif lines and not (len(lines) > 1 and not lines[-1].strip("> ") and not lines[-2].strip("> ")):
            lines.append(self.prefix.rstrip())

    def block(self, spaced: bool) -> None:
        """Begin or end a block: a new line, with a blank one between when spaced."""
        if self._line:
            self.newline()
        self._space = False
        self._gap = self._gap or spaced

    def rule(self, line: str) -> None:
        """Write a line across."""
        self.block(False)
        self._line.append(line)
        self.newline()

    def image(self, source: str, alternative: str) -> None:
        """Write a picture's alternative text; remember one that the mail itself carries."""
        if source[:4].lower() == "cid:":
            line = max(len(self._sheet.lines) - (0 if self._line else 1), 0)
            self._sheet.pictures.append((source[4:], IN_SIGNATURE if self._signatures else line))
        words = " ".join(alternative.split())[:300]
        if words:
            self.write(f" [{words}] ")

    # -- links ----------------------------------------------------------------------------------------------------

    def here(self) -> tuple[int, int]:
        """Return the place now, for :meth:`link`."""
        return len(self._sheet.lines), len(self._line)

    def link(self, url: str, line: int, piece: int) -> None:
        """Write the URL of a link behind its text, unless the text says it already."""
        url = url.strip()
        scheme = url[:11].lower()
        if not url or url[0] == "#" or scheme.startswith(("javascript:", "cid:", "data:", "about:", "file:")):
            return
        inside = "".join(self._line[piece if line == len(self._sheet.lines) else 0 :])
        target = url[7:].partition("?")[0] if scheme.startswith("mailto:") else url
        plain = _bare(target)
        if not plain or plain in _bare(inside) or _bare(inside) == plain or not (inside.strip() or self._sheet.lines):
            return
        if not inside.strip() and line == len(self._sheet.lines):
            return
        self.write(f" <{''.join(target.split())[:_MOST_URL]}>")

    # -- lists ----------------------------------------------------------------------------------------------------

    def open_list(self, tag: str, start: str) -> None:
        """Begin a list."""
        first = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1
        self._lists.append((tag, first))

    def in_list(self) -> bool:
        """Tell whether a list is open."""
        return bool(self._lists)

    def item(self) -> None:
        """Begin an item of a list."""
        self.block(False)
        self._gap = self._gap and not self._items
        tag, number = self._lists[-1] if self._lists else ("ul", 1)
        if self._lists:
            self._lists[-1] = (tag, number + 1)
        indent = "  " * (len(self._lists) - 1)
        self._items = [f"{indent}{number}. " if tag == "ol" else f"{indent}- "]

    def close_item(self) -> None:
        """End an item."""
        self.block(False)
        self._gap = False

    def close_list(self) -> None:
        """End a list."""
        self.block(False)
        self._items = []
        if self._lists:
            self._lists.pop()

    # -- tables ---------------------------------------------------------------------------------------------------

    def open_table(self) -> None:
        """Begin a table."""
        self._tables.append(_Table())

    def open_row(self) -> None:
        """Begin a row."""
        self.block(False)
        if self._tables:
            self._tables[-1].row = []

    def open_cell(self) -> None:
        """Begin a cell: it is written on a sheet of its own."""
        if self._tables and self._tables[-1].row is not None:
            self.block(False)
            self._sheet.prefix, self.prefix = self.prefix, ""
            self._outer.append(self._sheet)
            self._sheet = _Sheet()

    def close_cell(self) -> None:
        """End a cell."""
        if self._outer and self._tables and self._tables[-1].row is not None:
            self.block(False)
            cell = self._sheet
            self._sheet = self._outer.pop()
            self.prefix = self._sheet.prefix
            self._tables[-1].row.append(cell)
            self._gap = False

    def close_row(self) -> None:
        """End a row: cells of one line each become one line, others follow each other."""
        row = self._tables[-1].row if self._tables else None
        if row is None:
            return
        self._tables[-1].row = None
        for cell in row:
            while cell.lines and not cell.lines[-1].strip():
                cell.lines.pop()
        full = [cell for cell in row if cell.lines]
        if len(full) > 1 and all(len(cell.lines) == 1 for cell in full):
            while not row[-1].lines:
                row.pop()
            start = len(self._sheet.lines)
            self._sheet.lines.append(self.prefix + " | ".join(cell.lines[0] if cell.lines else "" for cell in row))
            self._sheet.pictures.extend((name, _moved(at, start, 0)) for cell in row for name, at in cell.pictures)
            return
        for cell in row:
            self._append(cell)

    def _append(self, cell: _Sheet) -> None:
        start, lines = len(self._sheet.lines), cell.lines
        if self.prefix:
            again = len(self.prefix) * len(lines)
            if again > self.room:
                lines = lines[: max(self.room, 0) // len(self.prefix)]
            self.room -= again
            lines = [self.prefix + line for line in lines]
        self._sheet.lines.extend(lines)
        self._sheet.pictures.extend((name, _moved(line, start, line)) for name, line in cell.pictures)
        for mark in cell.marks:
            mark.start += start
            mark.end = None if mark.end is None else mark.end + start
        self._sheet.marks.extend(cell.marks)

    def close_table(self) -> None:
        """End a table."""
        if self._tables:
            self._tables.pop()

    # -- marks ----------------------------------------------------------------------------------------------------

    def open_mark(self, mark: tuple[str, str, bool]) -> _Mark:
        """Begin a range that a mail program marked."""
        if self._line and mark[0] != "signature":
            self.newline()
        opened = _Mark(kind=mark[0], why=mark[1], start=len(self._sheet.lines), to_end=mark[2])  # type: ignore[arg-type]
        self._sheet.marks.append(opened)
        self._signatures += mark[0] == "signature"
        return opened

    def close_mark(self, mark: object) -> None:
        """End it."""
        assert isinstance(mark, _Mark)
        self._signatures -= mark.kind == "signature"
        mark.end = len(self._sheet.lines) + (1 if self._line else 0)

    def finish(self) -> tuple[list[str], tuple[Mark, ...], tuple[tuple[str, int], ...]]:
        """Return the lines, the marks and the pictures."""
        while self._outer:
            self.close_cell()
            self.close_row()
            self.close_table()
        self.block(False)
        lines = self._sheet.lines
        while lines and not lines[-1].strip():
            lines.pop()
        marks = []
        for mark in self._sheet.marks:
            end = len(lines) if mark.to_end or mark.end is None else min(mark.end, len(lines))
            start = mark.start
            while start < end and not lines[start].strip("> "):
                start += 1
            if start < end:
                marks.append(Mark(mark.kind, start, end, mark.why))
        return lines, tuple(marks), tuple(self._sheet.pictures)


def _moved(line: int, start: int, offset: int) -> int:
    return line if line == IN_SIGNATURE else start + offset


def _bare(url: str) -> str:
    url = url.strip().lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
    return url.rstrip("/")

"""On which line each key of a TOML text stands; the standard parser does not say.

Only for text that ``tomllib`` has accepted: this scanner knows where values begin and end, not whether they are right.
"""

from __future__ import annotations

import bisect
import re

Path = tuple[str | int, ...]
"""Keys and array positions from the root, as in ``("rule", 2, "when", "to")``."""

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}\n#]*")
_STRINGS = (
    re.compile(r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']|'{1,2}(?!'))*'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)


def lines_of(text: str) -> dict[Path, int]:
    """Return the line (from 1) on which every key, table and array element of a valid TOML text begins."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    """A walk over the text; ``at`` is the place it has come to."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.lines: dict[Path, int] = {}
        self.last: dict[Path, int] = {}
        """Of every array of tables, the position of its newest element."""
        self._starts = [0, *(place + 1 for place, letter in enumerate(text) if letter == "\n")]

    def document(self) -> None:
        """Walk over the whole text."""
        table: Path = ()
        self._skip(_SPACE)
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_SPACE)

    def _header(self) -> Path:
        line, many = self._line(), self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        keys = self._keys()
        self.at += 2 if many else 1
        path: Path = ()
        for key in keys[:-1]:
            path = self._newest((*path, key))
            self.lines.setdefault(path, line)
        path = (*path, keys[-1])
        self.lines.setdefault(path, line)
        if not many:
            return self._newest(path)
        self.last[path] = self.last.get(path, -1) + 1
        path = (*path, self.last[path])
        self.lines[path] = line
        return path

    def _newest(self, path: Path) -> Path:
        return (*path, self.last[path]) if path in self.last else path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for key in self._keys():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self.at += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            keys.append(self._key())
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _key(self) -> str:
        if match := _BARE_KEY.match(self.text, self.at):
            self.at = match.end()
            return match[0]
        start = self.at
        self._string()
        return _unquoted(self.text[start : self.at])

    def _value(self, path: Path) -> None:
        if self.text.startswith("[", self.at):
            self._array(path)
        elif self.text.startswith("{", self.at):
            self._inline(path)
        elif not self._string():
            self._skip(_BARE_VALUE)

    def _array(self, path: Path) -> None:
        self.at += 1
        position = 0
        while True:
            self._skip(_SPACE)
            if self._over("]"):
                return
            self.lines[*path, position] = self._line()
            self._value((*path, position))
            position += 1
            self._skip(_SPACE)
            if self.text.startswith(",", self.at):
                self.at += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        while True:
            self._skip(_SPACE)
            if self._over("}"):
                return
            self._pair(path)
            self._skip(_SPACE)
            if self.text.startswith(",", self.at):
                self.at += 1

    def _over(self, end: str) -> bool:
        if self.at >= len(self.text):
            return True
        if self.text.startswith(end, self.at):
            self.at += 1
            return True
        return False

    def _string(self) -> bool:
        for pattern in _STRINGS:
            if match := pattern.match(self.text, self.at):
                self.at = match.end()
                return True
        return False

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _line(self) -> int:
        return bisect.bisect_right(self._starts, self.at)


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_LETTERS = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def _unquoted(key: str) -> str:
    if not key.startswith('"'):
        return key[1:-1]
    return _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else _LETTERS.get(m[3], m[3]), key[1:-1])

"""The folder of rule files: reads each once, keeps the parsed documents and gathers every problem."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from maild.config.toml_file import Document, judge, read, shown
from maild.core.errors import Problem


class Files:
    """The folder, and what has been found wrong in it so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.broken: set[str] = set()
        """The files that nothing could be taken from."""
        self._documents: dict[str, Document | None] = {}

    def document(self, name: str, *, needed: bool = False) -> Document | None:
        """Return a file of the folder, or None when it is not there or cannot be parsed (then that is a problem)."""
        if name not in self._documents:
            path = self.folder / name
            found: Document | Problem | None = None
            if path.exists():
                found = read(path)
            elif needed:
                found = Problem(where=shown(path), what="is missing")
            if isinstance(found, Problem):
                self.problems.append(found)
                self.broken.add(name)
            self._documents[name] = found if isinstance(found, Document) else None
        return self._documents[name]

    def judged(self, name: str, shape: Any, *, needed: bool = False) -> tuple[Document, Any] | None:
        """Return a file and its judged value, or None; what is wrong is among the problems."""
        document = self.document(name, needed=needed)
        if document is None:
            return None
        judged = judge(document, shape)
        self.problems += judged.problems
        if judged.value is None:
            self.broken.add(name)
            return None
        return document, judged.value

    def named(self, name: str, found: Iterable[str]) -> tuple[str, ...] | None:
        """Return the names that a file gives; None when it is broken, for then nobody has said which there are."""
        return None if name in self.broken else tuple(found)

    def wrong(self, document: Document, keys: tuple[str | int, ...], what: str, *, said: str | None = None) -> None:
        """Note a problem."""
        self.problems.append(document.problem(keys, what, said=said))

    def wrong_file(self, name: str, what: str) -> None:
        """Note a problem of a whole file."""
        self.problems.append(Problem(where=f"{shown(self.folder / name)}:1", what=what))

    def warn(self, document: Document, keys: tuple[str | int, ...], what: str) -> None:
        """Note what is allowed, yet probably not meant."""
        self.warnings.append(document.problem(keys, what))

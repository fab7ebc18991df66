"""Which SQLite keeps the file: the one that came with maild, else the system's; and whether it is a sound one.

SQLite 3.7.0 to 3.51.2 can damage a database in WAL mode when one connection checkpoints at the very moment at which
another commits and begins the journal anew (https://sqlite.org/wal.html, "WAL-reset bug"); 3.44.6 and 3.50.7 have the
mend too. Debian 12 ships 3.40.1. So maild brings a newer one where there is a wheel, and whatever the library is, only
one connection of all processes ever checkpoints (:meth:`maild.storage.engine.StoreLock.let_checkpoint`).

A process must open a file with one of the two libraries only: each knows its own locks, and closing a file gives up the
locks that the other holds on it (https://sqlite.org/howtocorrupt.html §2.2). So there is one choice for the process.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SOUND = (3, 51, 3)
"""From here on every version is sound."""
MENDED = {(3, 44): 6, (3, 50): 7}
"""Older branches that got the mend, and in which release."""

REMEDY = "Install the SQLite that maild brings (pip install 'pysqlite3>=0.6.1'), or a newer one of the system's."


def vulnerable(version: Sequence[int]) -> bool:
    """Tell whether a version of SQLite (major, minor, patch) may damage a store that two connections write to."""
    major, minor, patch = version
    return (major, minor, patch) < SOUND and patch < MENDED.get((major, minor), patch + 1)


@dataclass(frozen=True, slots=True)
class Library:
    """A SQLite, behind the DB-API module that it is linked to."""

    module: Any
    bundled: bool
    """It came with maild, whatever the system has."""

    @property
    def version(self) -> str:
        """Its version, as in 3.53.4."""
        return str(self.module.sqlite_version)

    @property
    def vulnerable(self) -> bool:
        """Whether it is one of those that may damage a store."""
        return vulnerable(self.module.sqlite_version_info)


def found() -> list[Library]:
    """Return the libraries of this machine, the one that came with maild first."""
    names = {"pysqlite3.dbapi2": True, "sqlite3": False}
    libraries = []
    for name, bundled in names.items():
        try:
            libraries.append(Library(importlib.import_module(name), bundled))
        except ImportError:  # no wheel for this machine, or a Python built without SQLite
            continue
    return libraries


def choose(libraries: Sequence[Library]) -> Library:
    """Return the first sound one, else the first.

    Raises:
        ImportError: when there is none at all.

    """
    if not libraries:
        raise ImportError("this Python has no SQLite")
    return next((one for one in libraries if not one.vulnerable), libraries[0])

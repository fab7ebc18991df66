"""Hot reload (law G4): new rules are read, judged and tried on their own examples beside the old ones, then swapped in.

Anything wrong leaves the old rulebook in force. The one home of watchfiles.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from watchfiles import Change, awatch

from maild.config.judge import Config
from maild.core.errors import Problem, Unusable
from maild.core.rules.organisation import Rulebook
from maild.rulebook.load import Read, load, version_of

DEBOUNCE_MS = 400
"""An editor saves in several steps; they are one change."""
PATIENCE = 3.0
"""Seconds between looks of its own."""


def reload(old: Rulebook, config: Config, read: Read) -> Rulebook | tuple[Problem, ...]:
    """Read the rules again: the new rulebook, or what is wrong with it.

    A folder that says what the old rulebook was read from gives the old one itself.
    """
    try:
        if version_of(config.rules, old.desk) == old.version:
            return old
        return load(config, instance=old.desk.instance, read=read)
    except Unusable as error:
        return error.problems
    except OSError as error:
        return (Problem(where=str(config.rules), what=f"cannot be read: {error.strerror}"),)


async def changes(folders: Iterable[Path], stop: asyncio.Event) -> AsyncIterator[None]:
    """Yield once after each burst of changes in the folders, until stopped.

    Beside being told, it looks for itself every few seconds: what changed before the watch began, on a network disk,
    or in a folder that was replaced whole (a checkout, a mounted map) is seen all the same.
    """
    seen: frozenset[tuple[str, int, int]] | None = None
    while not stop.is_set():
        there = [folder for folder in folders if folder.is_dir()]
        try:
            async for burst in awatch(
                *there,
                stop_event=stop,
                debounce=DEBOUNCE_MS,
                step=50,
                watch_filter=_matters,
                rust_timeout=int(PATIENCE * 1000),
                yield_on_timeout=True,
            ):
                now = await asyncio.to_thread(_fingerprint, there)
                if burst or now != seen:
                    seen = now
                    yield None
                if any(folder.is_dir() != (folder in there) for folder in folders):
                    break
        except (OSError, RuntimeError):
            await _pause(stop)


def _fingerprint(folders: list[Path]) -> frozenset[tuple[str, int, int]]:
    """Return name, time and size of every file that may matter."""
    found: set[tuple[str, int, int]] = set()
    for path in (path for folder in folders for path in folder.rglob("*")):
        try:
            state = path.stat()
        except OSError:
            continue
        found.add((str(path), state.st_mtime_ns, state.st_size))
    return frozenset(found)


async def _pause(stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await stop.wait()
    except TimeoutError:
        pass


def _matters(_change: Change, path: str) -> bool:
    """Leave out what editors write beside the file: hidden files, backups, swap files."""
    name = Path(path).name
    return not (name.startswith((".", "#")) or name.endswith(("~", ".swp", ".tmp", ".bak")))

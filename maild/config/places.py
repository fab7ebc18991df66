"""Files and folders: what stands in a folder's way, whether it may be written to, and that what maild makes is private.

All that maild writes is people's mail, or lets one act in its name. So every file it makes is its owner's alone (0600)
and every folder too (0700), whatever the umask. What is there already keeps the mode that somebody gave it:
:func:`open_to_others` finds what others may read, for a warning.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700
UMASK = 0o077
"""For the whole process: what a library makes on maild's behalf is private too."""


def in_the_way(*folders: Path) -> Iterator[Path]:
    """Find the files that stand where a folder, or a folder above it, must be; nothing is made."""
    for needed in dict.fromkeys(one for folder in folders for one in (*reversed(folder.parents), folder)):
        with contextlib.suppress(OSError):  # what may not be looked at is found out by making it
            if needed.exists() and not needed.is_dir():
                yield needed


def writable(folder: Path) -> bool:
    """Tell whether this process may write into a folder, or make it when it is not there."""
    try:
        return os.access(next(one for one in (folder, *folder.parents) if one.exists()), os.W_OK | os.X_OK)
    except OSError:
        return False


def private(path: str, flags: int) -> int:
    """Open a file so that a new one is its owner's alone: ``open(path, "w", opener=private)``."""
    return os.open(path, flags | os.O_CLOEXEC, FILE_MODE)


def write_private(path: Path, text: str) -> None:
    """Write a whole file; a new one is its owner's alone.

    Raises:
        OSError: when it cannot be written.

    """
    with open(path, "w", encoding="utf-8", opener=private) as file:
        file.write(text)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, their owner's alone.

    Raises:
        OSError: when one cannot be made; FileExistsError or NotADirectoryError when a file stands there.

    """
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    try:
        folder.mkdir(FOLDER_MODE)
    except FileExistsError:  # another process was quicker, or it is a file
        if not folder.is_dir():
            raise


def listed(found: Iterable[tuple[Path, int, int]]) -> tuple[str, str]:
    """Say what :func:`open_to_others` found, and the command that closes it; empty when nothing is open."""
    said, wanted = [], dict[int, list[str]]()
    for path, mode, right in found:
        said.append(f"{path} ({mode:04o})")
        wanted.setdefault(right, []).append(shlex.quote(str(path)))
    what = f"others than maild's own user may look at {', '.join(said)}" if said else ""
    return what, "; ".join(f"chmod {right:o} {' '.join(paths)}" for right, paths in wanted.items())


def open_to_others(paths: Iterable[Path]) -> Iterator[tuple[Path, int, int]]:
    """Find what group or others may look at: the path, its mode, and the one that it should have."""
    for path in dict.fromkeys(paths):
        try:
            found = path.stat().st_mode
        except OSError:  # it is not there (any more), or is not ours to see
            continue
        mode = stat.S_IMODE(found)
        if mode & UMASK:
            yield path, mode, FOLDER_MODE if stat.S_ISDIR(found) else FILE_MODE

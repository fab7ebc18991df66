"""Folders that the config names: what stands in their way, and whether they may be written to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


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

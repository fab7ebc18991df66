"""The signing keys: a file of ``id hex`` lines, newest last, readable by nobody else; made at the first start.

To rotate, append a line with a new id: the newest signs, all verify. Losing the file makes every reply address that
was ever sent a stranger's, so a backup of the store must hold it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from maild.config.places import FILE_MODE, make_folder
from maild.core.errors import Problem, Unusable
from maild.core.facts import Key

_EXPECTED = "expected a key id 0–255 and at least 32 hex digits"


def load(path: Path) -> tuple[Key, ...]:
    """Read the keys, newest first; make the file when there is none.

    Raises:
        Unusable: when a line is not ``<0–255> <at least 32 hex digits>``, or the file cannot be read.

    """
    try:
        if not path.exists():
            _make(path)
        lines = path.read_text("ascii", "replace").splitlines()  # what is not ASCII is no key id and no digit
    except OSError as error:
        raise Unusable(f"the key file {path} cannot be read: {error.strerror}") from error
    keys: list[Key] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            name, digits = line.split()
            key = Key(id=int(name), secret=bytes.fromhex(digits))
        except ValueError:
            key = None
        if key is None or not 0 <= key.id <= 255 or len(key.secret) < 16:
            problems.append(Problem(where=f"{path}:{number}", what=_EXPECTED))
        else:
            keys.append(key)
    if problems or not keys:
        raise Unusable(tuple(problems) or (Problem(where=str(path), what="holds no key"),))
    return tuple(reversed(keys))


def _make(path: Path) -> None:
    make_folder(path.parent)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"1 {secrets.token_hex(32)}\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)

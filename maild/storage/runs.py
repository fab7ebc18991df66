"""The runs of maild on this machine: a file each, locked while the run lives, of what it sent and did not yet record.

A relay's 250 is noted here before anything else happens: a write that a kill -9 cannot take back, though a power loss
may. The next run finds the file unlocked, records what was noted and frees the dead run's claims at once. So a kill
repeats only mails whose answer was still on its way (law W10), and no claim waits out its lease on this machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self
from urllib.parse import quote

from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from maild.config.places import FILE_MODE
from maild.storage import inbound, outbox
from maild.storage.engine import sqlite_path

LONGEST = 256 * 1024
"""Bytes after which a file whose notes are all recorded begins anew."""
_NOTE = re.compile(rb"(\d{1,18}) ([^\x00-\x1f\x7f]*)")
_WHO = re.compile(r"(.+?)-\d+(?:-[0-9a-f]+)?")


def place(url: str, keys: Path) -> Path:
    """Say what the files of the runs on a store begin with: beside a SQLite file, else beside the signing keys."""
    path = sqlite_path(url)
    if path is None:
        store = make_url(url)
        path = keys.with_name(f"{keys.name}.{quote(f'{store.host}-{store.port}-{store.database}', safe='')}")
    return path.with_name(path.name + ".run-")


class Run:
    """This run's file."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path, self._file = path, descriptor
        self._size = 0
        self._open = False

    @classmethod
    def begin(cls, place: Path, who: str) -> Self:
        """Make the file of the run called ``who``; it has its name only once it is locked, so it never looks dead.

        Raises:
            OSError: when the folder cannot be written to.

        """
        path = place.with_name(place.name + who)
        draft = path.with_name(f".{path.name}")
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            draft.rename(path)
        except OSError:
            os.close(file)
            draft.unlink(missing_ok=True)
            raise
        return cls(path, file)

    def sent(self, key: int, answer: str) -> None:
        """Note that the relay took an outgoing mail. A disk that is full costs only a possible repetition.

        A note begins and ends a line: one that was cut off is neither taken for another mail nor spoils the next.
        """
        self._open = True
        with contextlib.suppress(OSError):
            self._size += os.write(self._file, b"\n%d %s\n" % (key, answer.encode("utf-8", "replace")))

    def recorded(self, still_open: Sequence[tuple[int, str]] = ()) -> None:
        """Take in that the store knows what was noted but for these; a file that has grown long begins anew."""
        self._open = bool(still_open)
        if self._size > LONGEST:
            with contextlib.suppress(OSError):  # a disk that refuses costs a long file
                os.ftruncate(self._file, 0)
                self._size = 0
                for key, answer in still_open:
                    self.sent(key, answer)

    def keep(self) -> None:
        """Leave the file to the next run: the store could not be told everything."""
        self._open = True

    def end(self) -> None:
        """Remove the file, unless it holds what the store could not be told: then the next run does that."""
        if not self._open:
            self.path.unlink(missing_ok=True)
        os.close(self._file)


@dataclass(frozen=True, slots=True)
class Dead:
    """A run that ended without a word, and what its file says."""

    who: str
    sent: Sequence[outbox.Result]
    path: Path

    def forget(self) -> None:
        """Remove the file of a run whose claims are settled."""
        self.path.unlink(missing_ok=True)


def dead(place: Path, *, anywhere: bool) -> list[Dead]:
    """Find runs whose file nobody holds any more: of this machine, where alone a lock tells; or ``anywhere``.

    With SQLite it is anywhere: who holds the store's lock is alone, whatever the machine was called before.
    """
    found = []
    for path in sorted(place.parent.glob(glob.escape(place.name) + "*")):
        who = path.name.removeprefix(place.name)
        named = _WHO.fullmatch(who)
        if named is None or not (anywhere or named[1] == socket.gethostname()):
            continue
        try:
            with path.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found.append(Dead(who, _notes(file.read()), path))
        except OSError:  # it lives, or another run was quicker
            continue
    return found


def _notes(data: bytes) -> list[outbox.Result]:
    whole, _, _ = data.rpartition(b"\n")
    notes = (_NOTE.fullmatch(line) for line in whole.split(b"\n"))
    return [
        outbox.Result(id=int(note[1]), state="sent", answer=note[2].decode("utf-8", "replace"))
        for note in notes
        if note is not None
    ]


def take_over(connection: Connection, run: Dead, *, now: datetime) -> None:
    """Record what a dead run sent, and free everything else it had claimed; attempts it began count."""
    if run.sent:
        outbox.record(connection, run.sent, who=run.who, now=now)
    outbox.reclaim_own(connection, who=run.who, now=now)
    inbound.reclaim_own(connection, who=run.who)

"""Deliver into a maildir: the embedded default, to look at what would be sent."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import secrets
import socket
import time
from pathlib import Path

from maild.config.places import in_the_way, make_folder, private, writable
from maild.core.deliveries.delivery import Answer, Taken, flaw, untold

FOLDERS = ("tmp", "new", "cur")


def folders(path: Path) -> tuple[Path, ...]:
    """Return the folders that a maildir is made of."""
    return path, *(path / name for name in FOLDERS)


class Maildir:
    """A maildir (https://cr.yp.to/proto/maildir.html): tmp, fsync, new. Made when it is not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers = itertools.count()
        host = socket.gethostname().replace("/", r"\057").replace(":", r"\072")
        self._tail = f"P{os.getpid()}R{secrets.token_hex(4)}Q{{}}.{host}"

    async def send(self, sender: str, recipient: str, data: bytes, taken: Taken = untold) -> Answer:
        """Write one mail, byte for byte; sent when it is on disk. Never raises but cancellation."""
        found = flaw(data)
        if found is not None:
            return Answer(state="failed", answer=f"not sent: the mail holds {found}")
        name = self._name()
        try:
            await asyncio.to_thread(self._write, name, data)
        except OSError as error:
            return Answer(state="deferred", answer=f"maildir: {error.strerror}", relay=True)
        taken(answer := f"maildir new/{name}")
        return Answer(state="sent", answer=answer)

    def make(self) -> None:
        """Make the folders, so that a start fails rather than every mail.

        Raises:
            OSError: when they cannot be made or written to.

        """
        for name in FOLDERS:
            folder = self._path / name
            make_folder(folder)
            if not writable(folder):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))

    async def reachable(self) -> bool:
        """Tell whether the folder can be written now."""
        return await asyncio.to_thread(lambda: not any(in_the_way(*folders(self._path))) and writable(self._path))

    async def would_take(self, sender: str, recipient: str) -> bool:
        """A folder takes mail of anybody to anybody, when it can be written."""
        return await self.reachable()

    async def close(self) -> None:
        """Nothing is kept open."""

    def _name(self) -> str:
        seconds, rest = divmod(time.time_ns(), 1_000_000_000)
        return f"{seconds}.M{rest // 1000}" + self._tail.format(next(self._numbers))

    def _write(self, name: str, data: bytes) -> None:
        for folder in FOLDERS:
            make_folder(self._path / folder)
        temporary = self._path / "tmp" / name
        try:
            with open(temporary, "xb", opener=private) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(self._path / "new" / name)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        folder_fd = os.open(self._path / "new", os.O_RDONLY)
        try:
            os.fsync(folder_fd)
        finally:
            os.close(folder_fd)

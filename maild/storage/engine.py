"""Opening the store: one engine for SQLite or PostgreSQL, with the promises set on every connection.

SQLite: WAL, synchronous=FULL (250 means on disk), BEGIN IMMEDIATE for every writing transaction, and a lock file
so that a second daemon on the same file refuses to start. PostgreSQL: synchronous_commit=on.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import Connection as Connection
from sqlalchemy import Engine as Engine
from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from maild.core.errors import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_MILLISECONDS = 10_000


def open_engine(url: str) -> Engine:
    """Make an engine for ``sqlite:///path`` or ``postgresql://…``; nothing is connected yet.

    Raises:
        Unusable: when the folder of a SQLite file cannot be made.

    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database not in (None, "", ":memory:"):
            _make_folder(Path(str(parsed.database)).parent)
        engine = create_engine(url, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=8)
    event.listen(engine, "connect", _postgres_connect)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise Unusable(f"the store's folder {folder} cannot be made: a file stands there") from error
    except OSError as error:
        raise Unusable(f"the store's folder {folder} cannot be made: {error.strerror}") from error


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver would not before a SELECT
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=wal",
        "synchronous=full",
        "foreign_keys=on",
        "cache_size=-48000",  # 48 MB: indexes over random hashes are touched all over
        "temp_store=memory",
        "wal_autocheckpoint=8000",  # 32 MB: a page that many mails touch goes to the file once, not once a second
    ):
        connection.execute(f"pragma {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgres_connect(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = on")
    connection.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that only reads: it never waits for the writer on SQLite."""
    with engine.connect().execution_options(reading=True) as connection, connection.begin():
        yield connection


def sqlite_path(url: str) -> Path | None:
    """Return the file behind a SQLite url, or None for PostgreSQL or memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


class StoreLock:
    """The right to be the one process that works on a SQLite store; PostgreSQL needs none (rows are claimed)."""

    def __init__(self, url: str) -> None:
        path = sqlite_path(url)
        self.path = None if path is None else path.with_name(path.name + ".lock")
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Take the lock; False when another process holds it. It is freed when the process ends, however it ends.

        Raises:
            Unusable: when there is no place for the lock's file.

        """
        if self.path is None or self._file is not None:
            return True
        _make_folder(self.path.parent)
        try:
            file = self.path.open("a+", encoding="ascii")
        except OSError as error:
            raise Unusable(f"the store's lock {self.path} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return True

    def holder(self) -> str:
        """Return the process id of whoever holds the lock, for the message to the admin."""
        try:
            return self.path.read_text("ascii").strip() if self.path else ""
        except OSError:
            return ""

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def check_reachable(engine: Engine) -> None:
    """Raise Unusable with one sentence when the store cannot be opened at all."""
    try:
        with reading(engine):
            pass
    except (SQLAlchemyError, OSError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise Unusable(f"the store cannot be opened: {reason}") from error

"""Opening the store: one engine for SQLite or PostgreSQL, with the promises set on every connection.

SQLite: WAL, synchronous=FULL (250 means on disk), BEGIN IMMEDIATE for every writing transaction, and a lock file
so that a second daemon on the same file refuses to start. The holder of that lock has the one connection that
checkpoints (:meth:`StoreLock.let_checkpoint`). PostgreSQL: synchronous_commit=on.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from maild.config.places import FILE_MODE, make_folder, private
from maild.core.errors import Unusable
from maild.storage import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_MILLISECONDS = 10_000
FILES = ("", "-wal", "-shm", "-journal", ".lock")
"""What is added to the name of a SQLite file for each file that belongs to it."""
STATEMENTS = 512
"""Compiled statements that a connection keeps. With pysqlite3's own 100 a mail's statements took half as long again."""
CHECKPOINT_PAGES = 8000
"""32 MB of journal: a page that many mails touch goes to the file once, not once a second."""


@cache
def library() -> sqlite.Library:
    """Return the SQLite that this process keeps files with."""
    return sqlite.choose(sqlite.found())


def open_engine(url: str, *, using: sqlite.Library | None = None) -> Engine:
    """Make an engine for ``sqlite:///path`` or ``postgresql://…``; nothing is connected yet.

    ``using``: another SQLite than :func:`library`; a process must not open the same file with both.

    Raises:
        Unusable: when the folder of a SQLite file cannot be made.

    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database not in (None, "", ":memory:"):
            _make_folder(Path(str(parsed.database)).parent)
        module = (using or library()).module
        engine = create_engine(
            url, module=module, connect_args={"check_same_thread": False, "cached_statements": STATEMENTS}
        )
        if (path := sqlite_path(url)) is not None:
            event.listen(engine, "do_connect", partial(_private_file, path))
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "checkin", _sqlite_checkin)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=8)
    event.listen(engine, "connect", _postgres_connect)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        make_folder(folder)
    except (FileExistsError, NotADirectoryError) as error:
        raise Unusable(f"the store's folder {folder} cannot be made: a file stands there") from error
    except OSError as error:
        raise Unusable(f"the store's folder {folder} cannot be made: {error.strerror}") from error


def _private_file(path: Path, *_: Any) -> None:
    """Make the file before SQLite does: its journals get the file's own mode.

    A file that is there is not touched: to close it would give up the locks that SQLite holds on it in this process.
    """
    with suppress(OSError):  # it is there, or cannot be made: then SQLite says so
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver would not before a SELECT
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=wal",
        "synchronous=full",
        "foreign_keys=on",
        "cache_size=-48000",  # 48 MB: indexes over random hashes are touched all over
        "temp_store=memory",
        "wal_autocheckpoint=0",  # the lock's holder has one connection that does
        "mmap_size=0",  # a page read past the locks of a write is what damaged stores were seen with
        "secure_delete=on",  # as in Debian's own library: what is deleted leaves no bytes
    ):
        connection.execute(f"pragma {pragma}")


def _sqlite_checkin(connection: Any, _record: Any) -> None:
    """Whatever comes back to the pool checkpoints no more: the next one who takes it is somebody else."""
    if connection is not None:
        connection.execute("pragma wal_autocheckpoint=0")


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
            file = open(self.path, "a+", encoding="ascii", opener=private)  # noqa: SIM115 it stays open
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

    def let_checkpoint(self, connection: Connection) -> None:
        """Let this connection, and no other, bring the journal into the file as it grows.

        It does so after a commit of its own. What it committed is in the journal and not yet in the file, so nobody can
        begin the journal anew before it is done, and the fault of old versions (:mod:`maild.storage.sqlite`) has no
        room. The connection that closes a store as the last one checkpoints too, but with the file locked for itself.

        Raises:
            RuntimeError: when the lock is not held.

        """
        if self.path is None:
            return
        if self._file is None:
            raise RuntimeError("only who holds the store's lock may checkpoint")
        raw: Any = connection.connection.dbapi_connection  # past SQLAlchemy, which would begin a transaction
        raw.execute(f"pragma wal_autocheckpoint={CHECKPOINT_PAGES}")

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


@dataclass(frozen=True, slots=True)
class Database:
    """What the store is kept with."""

    name: str
    """SQLite or PostgreSQL."""
    version: str
    bundled: bool = False
    """It came with maild."""
    vulnerable: bool = False
    """It may damage the store (:mod:`maild.storage.sqlite`)."""

    @property
    def warning(self) -> str:
        """What it may do to the store, or nothing."""
        if not self.vulnerable:
            return ""
        return f"{self} can damage a store that another program writes to as well (mended in 3.51.3, 3.50.7 and 3.44.6)"

    def __str__(self) -> str:
        """Name it for people."""
        whose = "" if self.name != "SQLite" else " (came with maild)" if self.bundled else " (the system's)"
        return f"{self.name} {self.version}{whose}"


def database(engine: Engine) -> Database:
    """Say what keeps this store; it has been connected to."""
    if engine.dialect.name != "sqlite":
        return Database("PostgreSQL", ".".join(map(str, engine.dialect.server_version_info or ())))
    module: Any = engine.dialect.loaded_dbapi
    used = sqlite.Library(module, bundled=module.__name__.startswith("pysqlite3"))
    return Database("SQLite", used.version, used.bundled, used.vulnerable)

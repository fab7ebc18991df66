"""The library behind a file store, and who brings its journal into the file."""

from __future__ import annotations

import asyncio
import platform
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from maild.core.errors import StoreFull, StoreUnavailable
from maild.storage import sqlite, upgrade
from maild.storage.engine import CHECKPOINT_PAGES, StoreLock, database, library, open_engine
from maild.storage.faults import translate
from maild.storage.statements import Statement, at_most
from maild.storage.tables import State
from maild.storage.writer import Writer
from tests.conftest import LIBRARIES


@pytest.mark.parametrize(
    ("version", "hurt"),
    [
        ((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 44, 7), False), ((3, 45, 1), True),
        ((3, 50, 6), True), ((3, 50, 7), False), ((3, 50, 9), False), ((3, 51, 0), True), ((3, 51, 2), True),
        ((3, 51, 3), False), ((3, 52, 0), False), ((3, 53, 4), False), ((4, 0, 0), False),
    ],
)  # fmt: skip
def test_which_versions_may_damage_a_store(version: tuple[int, int, int], hurt: bool) -> None:
    """All before 3.51.3 may, but 3.44.6, 3.50.7 and what follows in those two branches."""
    assert sqlite.vulnerable(version) is hurt


def made_up(version: str, *, bundled: bool) -> sqlite.Library:
    """A library of some version that nobody opens a file with."""
    numbers = tuple(map(int, version.split(".")))
    return sqlite.Library(types.SimpleNamespace(sqlite_version=version, sqlite_version_info=numbers), bundled)


def test_a_sound_library_is_chosen_first_the_one_that_came_with_maild() -> None:
    """The bundled one when it is sound, a sound one of the system's before a vulnerable bundled one, else any."""
    old, new = made_up("3.40.1", bundled=False), made_up("3.54.0", bundled=False)
    ours, ours_old = made_up("3.53.4", bundled=True), made_up("3.51.1", bundled=True)
    assert sqlite.choose([ours, old]) is ours
    assert sqlite.choose([ours, new]) is ours
    assert sqlite.choose([ours_old, new]) is new
    assert sqlite.choose([ours_old, old]) is ours_old
    assert sqlite.choose([old]) is old
    with pytest.raises(ImportError):
        sqlite.choose([])


def test_the_library_of_this_installation_is_sound() -> None:
    """What maild was installed with is bundled and has the mend, where there is a wheel of it."""
    if platform.machine() != "x86_64":
        pytest.skip("no wheel of pysqlite3 for this machine")
    assert library().bundled and not library().vulnerable


@pytest.fixture(params=LIBRARIES, ids=lambda one: "bundled" if one.bundled else "system")
def file_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on an upgraded file, with each library of this machine."""
    engine = open_engine(f"sqlite:///{tmp_path}/store/maild.db", using=request.param)
    upgrade.upgrade(engine)
    yield engine
    engine.dispose()


def test_the_store_says_which_library_keeps_it(file_engine: Engine) -> None:
    """Its version as SQLite itself says it, whose it is, and whether it is vulnerable."""
    with file_engine.connect() as connection:
        version = connection.exec_driver_sql("select sqlite_version()").scalar()
    found = database(file_engine)
    assert (found.name, found.version) == ("SQLite", version)
    assert found.vulnerable is sqlite.vulnerable([int(part) for part in found.version.split(".")])
    assert str(found) == f"SQLite {version} ({'came with maild' if found.bundled else 'the system' + chr(39) + 's'})"


def pragma(connection: Connection, name: str) -> int:
    """Ask one, without a transaction."""
    raw: Any = connection.connection.dbapi_connection
    return int(raw.execute(f"pragma {name}").fetchone()[0])


def pragma_of(engine: Engine, name: str) -> int:
    """Ask one on some connection."""
    with engine.connect() as connection:
        return pragma(connection, name)


def test_no_connection_of_the_pool_checkpoints(file_engine: Engine) -> None:
    """wal_autocheckpoint is 0 on each, nothing is mapped into memory, and foreign keys are enforced."""
    connections = [file_engine.connect() for _ in range(4)]
    for connection in connections:
        names = ("wal_autocheckpoint", "mmap_size", "foreign_keys", "secure_delete", "busy_timeout")
        assert [pragma(connection, name) for name in names] == [0, 0, 1, 1, 10_000]
        connection.close()


def url_of(engine: Engine) -> str:
    """Return the url that an engine was opened with."""
    return engine.url.render_as_string(hide_password=False)


def file_of(engine: Engine) -> Path:
    """Return the file of a store."""
    return Path(str(engine.url.database))


def fill(connection: Connection, name: str, rows: int = 300) -> None:
    """Write about 40 KB a row."""
    for number in range(rows):
        row = {"name": f"{name}{number}", "value": "x" * 40_000}
        connection.execute(text("insert into state (name, value) values (:name, :value)"), row)


def test_only_the_writer_of_the_locks_holder_checkpoints(file_engine: Engine) -> None:
    """What others commit stays in the journal, however long it grows; the one writer's next commit brings it home."""
    lock = StoreLock(url_of(file_engine))
    assert lock.take()
    for name, rows in (("a", 1000), ("b", 10)):
        with file_engine.begin() as connection:
            fill(connection, name, rows=rows)
    pages, size = pragma_of(file_engine, "page_count"), file_of(file_engine).stat().st_size
    assert pages > CHECKPOINT_PAGES and size < 200 * 4096

    async def write(held: StoreLock | None) -> int:
        writer = Writer(file_engine, "store", lock=held)
        await writer.run(lambda c: fill(c, "writer" if held is None else "the one", rows=1))
        grown = file_of(file_engine).stat().st_size
        await writer.close()
        return grown

    assert asyncio.run(write(None)) == size
    assert asyncio.run(write(lock)) == pragma_of(file_engine, "page_count") * 4096
    assert pragma_of(file_engine, "wal_autocheckpoint") == 0
    lock.release()


def test_nobody_checkpoints_without_the_lock(file_engine: Engine) -> None:
    """Who does not hold the store's lock is refused, and its connection stays as it was."""
    lock, other = StoreLock(url_of(file_engine)), StoreLock(url_of(file_engine))
    assert lock.take() and not other.take()
    with file_engine.connect() as connection:
        with pytest.raises(RuntimeError, match="lock"):
            other.let_checkpoint(connection)
        assert pragma(connection, "wal_autocheckpoint") == 0
    lock.release()


def test_the_house_says_checkpoint_in_one_place() -> None:
    """No other file of maild names the pragmas that checkpoint or decide when."""
    house = Path(upgrade.__file__).parents[1]
    named = [
        path for path in house.rglob("*.py") if "autocheckpoint" in path.read_text() or "wal_check" in path.read_text()
    ]
    assert [path.name for path in named] == ["engine.py"]


def test_errors_of_each_library_are_told_apart(file_engine: Engine) -> None:
    """Full, locked and no SQL are full, unavailable and for ever, whichever library says it."""
    with file_engine.connect() as connection:
        with pytest.raises(DBAPIError) as refused:
            connection.exec_driver_sql("selec 1")
        assert translate(refused.value) is refused.value
        connection.rollback()
        connection.exec_driver_sql(f"pragma max_page_count={pragma_of(file_engine, 'page_count') + 5}")
        with pytest.raises(DBAPIError) as full:
            fill(connection, "full")
        assert isinstance(translate(full.value), StoreFull)
    with file_engine.connect() as holder, file_engine.connect() as other, holder.begin():
        raw = other.connection.dbapi_connection
        assert raw is not None
        raw.execute("pragma busy_timeout=10")  # type: ignore[attr-defined]
        with pytest.raises(DBAPIError) as locked:
            other.begin()
        assert isinstance(translate(locked.value), StoreUnavailable)
        raw.execute("pragma busy_timeout=10000")  # type: ignore[attr-defined]


def test_no_query_is_planned_anew_each_time(file_engine: Engine) -> None:
    """A compiled statement whose LIMIT is a bare parameter is refused; a number, or a parameter in a sum, is none."""
    names = select(col(State.name)).order_by(col(State.name))
    with file_engine.begin() as connection:
        fill(connection, "row", rows=5)
        with pytest.raises(ValueError, match="at_most"):
            Statement(names.limit(2)).all(connection)
        assert len(Statement(names.limit(at_most(2))).all(connection)) == 2
        assert len(Statement(names.limit(at_most("most"))).all(connection, most=3)) == 3


def test_a_connection_serves_one_thread_after_the_other(file_engine: Engine) -> None:
    """The writer's connection is used on the loop and in its thread by turns: each library allows it."""

    async def both() -> int:
        writer = Writer(file_engine, "store")
        await writer.run(lambda c: fill(c, "loop", rows=1))
        await writer.run(lambda c: fill(c, "thread", rows=1), large=True)
        found = await writer.run(lambda c: c.exec_driver_sql("select count(*) from state").scalar())
        await writer.close()
        return int(str(found))

    assert asyncio.run(both()) == 2

"""A store on each database and each SQLite, upgraded, with the writer's connection."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from maild.storage import sqlite, upgrade
from maild.storage.engine import open_engine
from tests.conftest import LIBRARIES, Postgres


def _name(library: sqlite.Library | None) -> str:
    return "postgresql" if library is None else "bundled" if library.bundled else "system"


@pytest.fixture(params=[*LIBRARIES, None], ids=_name)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a store without tables: a file kept by each SQLite of this machine, and PostgreSQL."""
    if request.param is None:
        server: Postgres = request.getfixturevalue("postgres")
        engine = open_engine(server.new_database())
    else:
        engine = open_engine(f"sqlite:///{tmp_path}/store/maild.db", using=request.param)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: Engine) -> Engine:
    """An engine on an empty, upgraded store."""
    upgrade.upgrade(empty)
    return empty


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection inside a writing transaction, rolled back at the end."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()

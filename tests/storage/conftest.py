"""A store on each database, upgraded, with the writer's connection."""

from collections.abc import Iterator

import pytest

from maild.storage import upgrade
from maild.storage.engine import Connection, Engine, open_engine


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """An engine on an empty, upgraded store."""
    engine = open_engine(store_url)
    upgrade.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection inside a writing transaction, rolled back at the end."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()

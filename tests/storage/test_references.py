"""What names a row of another table is checked by the database; an old store comes there with nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, Engine, Integer, LargeBinary, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

from maild.storage import references, upgrade
from maild.storage.columns import BigId
from maild.storage.tables import Row

KEYS = {
    (table.name, column.name): key
    for table in Row.metadata.tables.values()
    for column in table.columns
    for key in column.foreign_keys
}
"""Every reference, by table and column."""
NO_REFERENCE = {
    ("attachment", "position"), ("automatic_minute", "minute"), ("counter", "value"), ("lease", "fence"),
    ("mailbox_uid", "validity"), ("mailbox_uid", "uid"), ("mailbox_trouble", "validity"), ("mailbox_trouble", "uid"),
}  # fmt: skip
"""Large numbers that name no row of ours."""
OWN = {
    *{("cases", "number"), ("inbound", "id"), ("message", "id"), ("event", "id"), ("outbox", "id"), ("strike", "id")},
    *{("timer", "id"), ("paced_run", "id"), ("known_words", "id")},
}
NOWHERE = 999


def test_every_number_that_names_a_row_is_a_foreign_key() -> None:
    """A column for a key is a table's own, a reference, or said to be neither: none is forgotten."""
    columns = {(t.name, c.name) for t in Row.metadata.tables.values() for c in t.columns if c.type is BigId}
    assert columns == OWN | NO_REFERENCE | KEYS.keys()


def test_every_reference_is_indexed() -> None:
    """To delete a row is never to look through a table for those that name it."""
    for (name, column), key in KEYS.items():
        table = key.parent.table
        first = [next(iter(table.primary_key.columns)).name, *(next(iter(one.columns)).name for one in table.indexes)]
        assert column in first, f"{name}.{column}"


def rows(connection: Connection, metadata: MetaData) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that is in a store."""
    tables = [table for table in metadata.sorted_tables if table.name != "alembic_version"]
    return {t.name: sorted(map(tuple, connection.execute(select(t))), key=repr) for t in tables}


def filled(table: Table, number: int) -> dict[str, Any]:
    """Make a row of a table: every number in it is this one."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if isinstance(column.type, Boolean):
            row[column.name] = number % 2 == 0
        elif isinstance(column.type, Integer):
            row[column.name] = number
        elif isinstance(column.type, LargeBinary):
            row[column.name] = b"\x00raw%d" % number
        elif column.type.__visit_name__ == "JSON":
            row[column.name] = [f"j{number}"]
        else:
            row[column.name] = f"t{number}"
    return row


@pytest.fixture
def old(empty: Engine) -> tuple[Engine, MetaData]:
    """A store of the version before, two rows in each table that name each other, and its tables."""
    upgrade.upgrade(empty, to="0003")
    metadata = MetaData()
    with empty.begin() as connection:
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            if table.name != "alembic_version":
                connection.execute(insert(table), [filled(table, number) for number in (1, 2)])
    return empty, metadata


def test_an_old_store_keeps_every_row(old: tuple[Engine, MetaData]) -> None:
    """After the upgrade each table holds what it held, and what names nothing is refused from now on."""
    engine, metadata = old
    with engine.connect() as connection:
        before = rows(connection, metadata)
    assert upgrade.upgrade(engine, to="0004") and upgrade.version(engine) == "0004"
    with engine.connect() as connection:
        assert rows(connection, metadata) == before and len(before) > 20
        assert references.lost(connection) == {} and references.said(engine) == ""
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("pragma integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("pragma foreign_key_check").all() == []
        else:
            weak = "select conname from pg_constraint where contype = 'f' and not convalidated"
            assert connection.exec_driver_sql(weak).all() == []
    refuses_what_names_nothing(engine, metadata)


def test_rows_of_an_old_store_that_name_nothing_are_kept_and_told(old: tuple[Engine, MetaData]) -> None:
    """They stop no upgrade, are as they were and counted by reference; they may change, and no new ones come."""
    engine, metadata = old
    with engine.begin() as connection:
        for name in sorted({name for name, _ in KEYS if name in metadata.tables}):
            row = filled(metadata.tables[name], 3) | {column: NOWHERE for table, column in KEYS if table == name}
            connection.execute(insert(metadata.tables[name]), row)
        before = rows(connection, metadata)
    assert upgrade.upgrade(engine, to="0004")
    with engine.begin() as connection:
        assert rows(connection, metadata) == before
        found = references.lost(connection)
        assert found == dict.fromkeys((f"{table}.{column}" for table, column in KEYS if table in metadata.tables), 1)
        connection.execute(text("update message set note = 'seen' where id = 3"))
        connection.execute(text("update outbox set state = 'sent' where id = 3"))
    assert "1 of message.case" in references.said(engine)
    refuses_what_names_nothing(engine, metadata)


def refuses_what_names_nothing(engine: Engine, metadata: MetaData) -> None:
    """For each reference: a row that names nothing is refused by its very statement; one that is named cannot go."""
    for name, column in KEYS:
        if name not in metadata.tables:
            continue  # of a later version
        others = {other: 4 for table, other in KEYS if table == name}
        with refused(engine) as connection:
            for parent in ("cases", "inbound", "outbox", "message"):
                known = {other: 1 for table, other in KEYS if table == parent}
                connection.execute(insert(metadata.tables[parent]), filled(metadata.tables[parent], 4) | known)
            row = filled(metadata.tables[name], 5) | others
            with pytest.raises(IntegrityError, match=r"(?i)foreign key"), connection.begin_nested():
                connection.execute(insert(metadata.tables[name]), row | {column: NOWHERE + 1})
            connection.execute(insert(metadata.tables[name]), row)
    with refused(engine) as connection, pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        connection.execute(text("delete from cases where number = 1"))


@contextmanager
def refused(engine: Engine) -> Iterator[Connection]:
    """Give a transaction of which nothing stays."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()

"""Declare which columns name rows of other tables, and index those that were not.

No row is copied or changed. PostgreSQL takes a constraint that binds new rows only, and looks at the old ones after.
SQLite can add none to a table that is there; but what it checks stands in the table's own words alone, so those are
completed as https://sqlite.org/lang_altertable.html §7 says for changes that leave the content as it is. To copy each
table would need the store's size again in room and time, and a store is mostly mails as they came.

A row that names one which is not there stays as it is: only new ones are refused.
"""

from __future__ import annotations

from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REFERENCES = (
    ("absence", "inbound", "inbound", "id"),
    ("attachment", "message", "message", "id"),
    ("automatic_mail", "outbox", "outbox", "id"),
    ("automatic_mail", "number", "cases", "number"),
    ("cases", "parent", "cases", "number"),
    ("cases", "merged_into", "cases", "number"),
    ("event", "case", "cases", "number"),
    ("event", "inbound", "inbound", "id"),
    ("field_value", "case", "cases", "number"),
    ("field_value", "inbound", "inbound", "id"),
    ("inbound", "case", "cases", "number"),
    ("link", "case", "cases", "number"),
    ("link", "other", "cases", "number"),
    ("mailbox_uid", "inbound", "inbound", "id"),
    ("message", "case", "cases", "number"),
    ("message", "inbound", "inbound", "id"),
    ("message", "outbox", "outbox", "id"),
    ("outbox", "case", "cases", "number"),
    ("outbox_data", "outbox", "outbox", "id"),
    ("participant", "case", "cases", "number"),
    ("raw", "inbound", "inbound", "id"),
)
"""Table, column, the table that is named, its key; all of a table together."""
INDEXED = (("absence", "inbound"), ("field_value", "inbound"), ("mailbox_uid", "inbound"), ("outbox", "case"))
INDEXED_WHERE_SET = (
    ("automatic_mail", "number"), ("cases", "merged_into"), ("cases", "parent"), ("message", "outbox"),
)  # fmt: skip


def upgrade() -> None:
    """Apply this step."""
    for table, column in INDEXED:
        op.create_index(f"ix_{table}_{column}", table, [column], unique=False)
    for table, column in INDEXED_WHERE_SET:
        there = sa.text(f"{column} is not null")
        op.create_index(
            f"ix_{table}_{column}", table, [column], unique=False, sqlite_where=there, postgresql_where=there
        )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _on_sqlite(connection)
    else:
        _on_postgresql(connection)


def _on_postgresql(connection: sa.Connection) -> None:
    for table, column, parent, key in REFERENCES:
        name = f"fk_{table}_{column}"
        connection.exec_driver_sql(
            f'alter table {table} add constraint {name} foreign key ("{column}") references {parent} ({key}) not valid'
        )
        lost = (
            f'select 1 from {table} where "{column}" is not null and not exists '  # noqa: S608 names of this file
            f'(select 1 from {parent} as named where named.{key} = {table}."{column}") limit 1'
        )
        if connection.exec_driver_sql(lost).first() is None:
            connection.exec_driver_sql(f"alter table {table} validate constraint {name}")


def _on_sqlite(connection: sa.Connection) -> None:
    version = int(connection.exec_driver_sql("pragma schema_version").scalar_one())
    connection.exec_driver_sql("pragma writable_schema=on")
    for table, references in groupby(REFERENCES, key=lambda one: one[0]):
        row = "type = 'table' and name = ?"
        words = str(connection.exec_driver_sql(f"select sql from sqlite_master where {row}", (table,)).scalar_one())  # noqa: S608
        connection.exec_driver_sql(
            f"update sqlite_master set sql = ? where {row}",  # noqa: S608
            (_completed(words, [one[1:] for one in references], table), table),
        )
    connection.exec_driver_sql(f"pragma schema_version={version + 1}")
    connection.exec_driver_sql("pragma writable_schema=off")
    _look_again(connection)


def _completed(words: str, references: list[tuple[str, str, str]], table: str) -> str:
    """Return the words that make a table, with its references as the last of its constraints."""
    whole = words.rstrip()
    if not whole.endswith(")"):
        raise RuntimeError(f"the table {table} was not made by maild: {words}")
    added = (
        f'CONSTRAINT fk_{table}_{column} FOREIGN KEY("{column}") REFERENCES {parent} ({key})'
        for column, parent, key in references
    )
    return f"{whole[:-1].rstrip()}, \n\t{', '.join(added)}\n)"


def _look_again(connection: sa.Connection) -> None:
    """Let SQLite read the words anew, and say whether it found what was meant; else nothing of this is kept."""
    for table, references in groupby(REFERENCES, key=lambda one: one[0]):
        connection.exec_driver_sql(f"select * from {table} limit 1")  # noqa: S608
        found = {tuple(row[2:5]) for row in connection.exec_driver_sql(f"pragma foreign_key_list({table})")}
        if found != {(parent, column, key) for _, column, parent, key in references}:
            raise RuntimeError(f"the references of {table} could not be declared: {sorted(found)}")

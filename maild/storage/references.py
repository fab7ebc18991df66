"""Rows that name others which are not there: an old store may hold some, from before the database refused them."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, ForeignKey, func, inspect, select

from maild.storage.engine import reading
from maild.storage.tables import Row


def _all() -> list[ForeignKey]:
    keys = [key for table in Row.metadata.sorted_tables for column in table.columns for key in column.foreign_keys]
    return sorted(keys, key=lambda key: (key.parent.table.name, key.parent.name))


def lost(connection: Connection) -> dict[str, int]:
    """Count the rows whose reference leads nowhere, by table and column, as in ``message.case``; empty when none."""
    found = {}
    there_are = set(inspect(connection).get_table_names())
    for key in _all():
        if key.parent.table.name not in there_are:
            continue  # of a later version
        column, named = key.parent, key.column.table.alias("named")
        there = select(1).select_from(named).where(named.c[key.column.name] == column).exists()
        query = select(func.count()).select_from(column.table).where(column.is_not(None), ~there)
        if count := int(connection.execute(query).scalar_one()):
            found[f"{column.table.name}.{column.name}"] = count
    return found


def said(engine: Engine) -> str:
    """Say in a sentence what :func:`lost` finds in a store, or nothing."""
    with reading(engine) as connection:
        found = lost(connection)
    rows = ", ".join(f"{count} of {name}" for name, count in found.items())
    return f"rows name others that are not there ({rows}); they are kept as they are" if rows else ""

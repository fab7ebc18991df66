"""Constant statements, compiled once per database and run on the driver's own cursor.

SQLAlchemy writes the SQL and converts the values, so there is one code path for SQLite and PostgreSQL; running a
statement through it costs ten times what the database needs, and a mail takes some thirty of them. Errors come out as
SQLAlchemy's, so that storage/faults.py knows them.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    insert,
    literal_column,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import Executable
from sqlmodel import SQLModel, col

from maild.storage.columns import UTCDateTime, microseconds

Processor = Callable[[Any], Any]
_BARE_LIMIT = re.compile(r"LIMIT \?(?! \+)")
MOST = 64
"""Values of one ``among`` in one go; more are asked for in several."""


def at_most(count: int | str) -> ColumnElement[int]:
    """Say how many rows a statement may find, as a number or by the name of a parameter: ``limit(at_most(1))``.

    SQLite 3.53 looks at a bare parameter's value to plan the query, and so plans it anew each time it is given one:
    that takes three times as long as the query. A number stands in the SQL itself; a parameter is hidden in a sum.
    """
    if isinstance(count, int):
        return literal_column(str(count))
    return bindparam(count, type_=Integer) + literal_column("0", Integer)


def table(model: type[SQLModel]) -> Table:
    """Return the table behind a model."""
    return model.__table__  # type: ignore[attr-defined,no-any-return]


class _Compiled:
    """A statement as one database wants it."""

    def __init__(self, statement: Any, dialect: Dialect, keys: Sequence[str] | None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=keys)
        self.sql = str(compiled)
        if dialect.name == "sqlite" and _BARE_LIMIT.search(self.sql):
            raise ValueError(f"a bare parameter as LIMIT is planned anew each time; say at_most: {self.sql}")
        self.positional: list[str] | None = compiled.positiontup
        self.fixed = {name: value for name, value in compiled.params.items() if value is not None}
        processors = {name: _processor(parameter.type, dialect) for name, parameter in compiled.binds.items()}
        self.known = processors.keys()
        self.names = list(self.positional or compiled.binds)
        self.pick = _picker(self.names)
        found = [(at, processors[name]) for at, name in enumerate(self.names)]
        self.processed = [(at, processor) for at, processor in found if processor is not None]
        self.row: Any = None
        self.results: list[tuple[int, Processor]] = []
        if statement.is_select:
            columns = list(statement.selected_columns)
            names = [str(column.key) for column in columns]
            kind: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
            self.row = kind._make
            for position, column in enumerate(columns):
                result = _result(column.type, dialect)
                if result is not None:
                    self.results.append((position, result))

    def values(self, given: dict[str, Any]) -> Any:
        """Return the parameters in the driver's form."""
        whole = self.fixed | given if self.fixed else given
        if len(whole) != len(self.known):
            whole = self._filled(whole)
        try:
            row = list(self.pick(whole))
        except KeyError:
            row = list(self.pick(self._filled(whole)))
        for at, processor in self.processed:
            row[at] = processor(row[at])
        return row if self.positional is not None else dict(zip(self.names, row, strict=True))

    def _filled(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return values for every name: what is not given is NULL."""
        if not given.keys() <= self.known:
            raise KeyError(f"no such parameter: {', '.join(sorted(given.keys() - self.known))}")
        return dict.fromkeys(self.known) | given

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """Return rows with their values as Python has them."""
        if not self.results:
            return [self.row(row) for row in found]
        made = []
        for raw in found:
            row = list(raw)
            for position, result in self.results:
                row[position] = result(row[position])
            made.append(self.row(row))
        return made


def _picker(names: Sequence[str]) -> Callable[[dict[str, Any]], Sequence[Any]]:
    """Return what takes these values out of a dict, in this order; for one name itemgetter gives the bare value."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda given: [given[name] for name in names]


def _processor(kind: Any, dialect: Dialect) -> Processor | None:
    """Return what turns a value of a type into the driver's; most lists kept as JSON are empty or short."""
    if isinstance(kind, UTCDateTime):
        return microseconds
    if isinstance(kind, LargeBinary) and dialect.name == "sqlite":
        return None  # the driver takes bytes as they are
    processor: Processor | None = kind.dialect_impl(dialect).bind_processor(dialect)
    if isinstance(kind, JSON) and dialect.name == "sqlite":
        return lambda value: "[]" if value == [] else processor(value) if processor is not None else value
    return processor


def _result(kind: Any, dialect: Dialect) -> Processor | None:
    """Return what turns the driver's value into Python's."""
    processor: Processor | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    if isinstance(kind, JSON) and dialect.name == "sqlite":
        return lambda value: [] if value == "[]" else processor(value) if processor is not None else value
    return processor


class Statement:
    """One statement, or one per database dialect when ``build`` is a function of the dialect's name."""

    def __init__(self, build: Executable | Callable[[str], Any]) -> None:
        self._build = build
        self._compiled: dict[Any, _Compiled] = {}

    def all(self, connection: Connection, **values: Any) -> list[Any]:
        """Run a query; its rows as named tuples."""
        compiled = self._on(connection)
        cursor = _execute(connection, compiled.sql, compiled.values(values))
        found = cursor.fetchall()
        cursor.close()
        return compiled.rows(found)

    def first(self, connection: Connection, **values: Any) -> Any:
        """Run a query; its first row or None."""
        rows = self.all(connection, **values)
        return rows[0] if rows else None

    def scalar(self, connection: Connection, **values: Any) -> Any:
        """Run a query; the first value of its first row, or None."""
        rows = self.all(connection, **values)
        return rows[0][0] if rows else None

    def returned(self, connection: Connection, values: dict[str, Any]) -> Any:
        """Run a change that returns something; the first value of its first row."""
        compiled = self._on(connection)
        cursor = _execute(connection, compiled.sql, compiled.values(values))
        row = cursor.fetchone()
        cursor.close()
        return row[0]

    def run(self, connection: Connection, values: dict[str, Any]) -> int:
        """Run a change; how many rows it touched."""
        compiled = self._on(connection)
        cursor = _execute(connection, compiled.sql, compiled.values(values))
        count = int(cursor.rowcount)
        cursor.close()
        return count

    def many(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Run a change once for each set of values; all have the same keys."""
        if len(rows) == 1:
            self.run(connection, rows[0])
        elif rows:
            compiled = self._on(connection)
            _execute(connection, compiled.sql, [compiled.values(row) for row in rows], many=True).close()

    def _on(self, connection: Connection) -> _Compiled:
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            built = self._build(dialect.name) if callable(self._build) else self._build
            found = self._compiled[dialect.name] = _Compiled(built, dialect, None)
        return found


class Among:
    """A query for rows whose column is one of some values; ``build`` is given the condition."""

    def __init__(self, column: Any, build: Callable[[ColumnElement[bool]], Any]) -> None:
        self._column, self._build = col(column), build
        self._by_size: dict[int, Statement] = {}

    def all(self, connection: Connection, among: Sequence[Any], **values: Any) -> list[Any]:
        """Run the query; no rows for no values."""
        found: list[Any] = []
        for start in range(0, len(among), MOST):
            some = among[start : start + MOST]
            size = 1 << (len(some) - 1).bit_length()  # few sizes, so that few statements are compiled
            given = {f"among_{at}": some[min(at, len(some) - 1)] for at in range(size)}
            found += self._of(size).all(connection, **given, **values)
        return found

    def _of(self, size: int) -> Statement:
        if size not in self._by_size:
            names: list[Any] = [bindparam(f"among_{at}") for at in range(size)]
            self._by_size[size] = Statement(self._build(self._column.in_(names)))
        return self._by_size[size]


class Insert:
    """Insert rows into a table; every call names the same columns."""

    def __init__(self, model: type[SQLModel]) -> None:
        self._table = table(model)
        self._statement: Statement | None = None

    def many(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Insert these rows."""
        if not rows:
            return
        if self._statement is None:
            binds: dict[str, Any] = {name: bindparam(name) for name in rows[0]}
            self._statement = Statement(insert(self._table).values(binds))
        self._statement.many(connection, rows)

    def one(self, connection: Connection, row: dict[str, Any]) -> None:
        """Insert one row."""
        self.many(connection, [row])


def upserting(
    model: type[SQLModel],
    names: Sequence[str],
    *,
    replace: Sequence[str] = (),
    add: Sequence[str] = (),
) -> Statement:
    """Make "insert, or else": replace the columns of the row with that key, add to them, or leave it alone."""

    def build(dialect: str) -> Any:
        maker: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
        rows = table(model)
        query = maker(rows).values({name: bindparam(name) for name in names})
        keys = [column.name for column in rows.primary_key]
        changed = {name: query.excluded[name] for name in replace}
        changed |= {name: rows.c[name] + query.excluded[name] for name in add}
        if not changed:
            return query.on_conflict_do_nothing(index_elements=keys)
        return query.on_conflict_do_update(index_elements=keys, set_=changed)

    return Statement(build)


def plain(connection: Connection, sql: str) -> None:
    """Run SQL that has no values and no result, such as SAVEPOINT."""
    _execute(connection, sql, ())


def _execute(connection: Connection, sql: str, values: Any, *, many: bool = False) -> Any:
    raw: Any = connection.connection.dbapi_connection
    cursor: Any = None
    try:
        if not many:
            return raw.execute(sql, values)  # both drivers make the cursor themselves
        cursor = raw.cursor()
        cursor.executemany(sql, values)
    except connection.dialect.loaded_dbapi.Error as error:
        dialect = connection.dialect
        lost = dialect.is_disconnect(error, raw, cursor)
        base: Any = dialect.loaded_dbapi.Error
        raise DBAPIError.instance(
            sql, None, error, base, hide_parameters=True, connection_invalidated=lost, dialect=dialect
        ) from error
    return cursor

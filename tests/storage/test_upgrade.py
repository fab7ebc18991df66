"""The schema: an empty store is upgraded, a newer one refused; migrations match the tables."""

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, Table, Text, text

from maild.core.errors import Unusable
from maild.storage import upgrade
from maild.storage.engine import StoreLock, open_engine
from maild.storage.outbox import hurry
from maild.storage.tables import Row
from tests.conftest import Postgres


def test_migrations_make_the_tables_the_code_expects(engine: Engine) -> None:
    """After the upgrade, the store and the code's tables do not differ in anything."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


def test_a_store_made_of_the_tables_fills_in_what_an_upgraded_one_does(tmp_path: Path) -> None:
    """A replay's store is made of the code's tables at once: its columns have the same defaults."""
    found = []
    for name, make in (("upgraded", upgrade.upgrade), ("made", Row.metadata.create_all)):
        engine = open_engine(f"sqlite:///{tmp_path}/{name}.db")
        make(engine)
        with engine.connect() as connection:
            rows = {
                (table, row.name): (row.notnull, row.dflt_value)
                for table in Row.metadata.tables
                for row in connection.execute(text(f"pragma table_info({table})"))
            }
        engine.dispose()
        found.append(rows)
    assert found[0] == found[1]


def test_upgrade_is_done_once_and_refuses_newer(engine: Engine) -> None:
    """A second upgrade does nothing; a store of a newer maild is refused and not touched."""
    assert upgrade.version(engine) == upgrade.HEAD and not upgrade.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(Unusable, match=r"9999.*newer"):
        upgrade.upgrade(engine)


def test_every_connection_keeps_the_promises(store_url: str) -> None:
    """Each pooled connection commits durably: synchronous=FULL and WAL, or synchronous_commit=on."""
    engine = open_engine(store_url)
    connections = [engine.connect() for _ in range(3)]
    for connection in connections:
        if engine.dialect.name == "sqlite":
            answers = [
                connection.exec_driver_sql(f"pragma {name}").scalar() for name in ("synchronous", "journal_mode")
            ]
            assert answers == [2, "wal"]
        else:
            assert connection.exec_driver_sql("show synchronous_commit").scalar() == "on"
        connection.close()
    engine.dispose()


def test_a_server_that_does_not_wait_for_its_disk_is_told_to(postgres: Postgres) -> None:
    """Where the database is set to commit before the disk has it, ours do wait: on every connection and transaction."""
    url = postgres.new_database()
    name = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"alter database {name} set synchronous_commit = off")  # type: ignore[arg-type]
    engine = open_engine(url)
    for round_ in range(2):  # fresh connections, then those that the pool had back
        connections = [engine.connect() for _ in range(3)]
        for connection in connections:
            for end in ("rollback", "commit", "rollback"):
                with connection.begin() as transaction:
                    assert connection.exec_driver_sql("show synchronous_commit").scalar() == "on", (round_, end)
                    getattr(transaction, end)()
        for connection in connections:
            connection.close()
    engine.dispose()


def test_one_daemon_per_sqlite_store(store_url: str) -> None:
    """A SQLite store has one daemon at a time; PostgreSQL has any number."""
    first, second = StoreLock(store_url), StoreLock(store_url)
    assert first.take()
    if store_url.startswith("sqlite"):
        assert not second.take() and second.holder().isdigit()
        first.release()
    assert second.take()


def test_what_waited_for_the_relay_still_does_after_an_upgrade(store_url: str) -> None:
    """A version before said so in a piece of the error's text; now it is a value, and the text is shown as it was."""
    engine = open_engine(store_url)
    config = Config()
    config.set_main_option("script_location", str(Path(upgrade.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        outbox = Table("outbox", MetaData(), autoload_with=connection)
        for key, error in enumerate(("unreachable: refused", "450 unreachable: greylisted"), 1):
            values = {
                column.name: "" if isinstance(column.type, Text) else 0
                for column in outbox.columns
                if not column.nullable
            }
            values |= {"id": key, "state": "deferred", "error": error, "due": 2_000_000, "created": 1_000_000}
            values |= dict.fromkeys(("to_agent", "warned"), False)
            connection.execute(outbox.insert().values(values))
    assert upgrade.upgrade(engine)
    with engine.begin() as connection:
        found = connection.execute(text("select id, waits_for_relay, error from outbox order by id")).all()
        assert [(row.id, bool(row.waits_for_relay), row.error) for row in found] == [
            (1, True, "unreachable: refused"),
            (2, False, "450 unreachable: greylisted"),
        ]
        assert hurry(connection, now=datetime.fromtimestamp(0, UTC)) == 1
    engine.dispose()

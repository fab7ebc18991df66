"""What the commands that look at the store share: a store that is there, rows in a table, an admin's word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from maild.cli.harmless import as_json as to_json
from maild.cli.harmless import one_line
from maild.config import load as configs
from maild.config.judge import Config
from maild.core.cause import Said
from maild.core.errors import MaildError, Unusable
from maild.core.plan import Plan
from maild.core.reasons.words import in_words
from maild.journey.said import say
from maild.storage import engine as engines
from maild.storage import upgrade as upgrades

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


@contextmanager
def engine_of(config: Config) -> Iterator[Engine]:
    """Open a store that is there, at the schema of this maild."""
    sqlite = engines.sqlite_path(config.store.url)
    if sqlite is not None and not sqlite.exists():
        raise Unusable(f"there is no store yet at {sqlite}; start the daemon once, or run: maild db upgrade")
    engine = engines.open_engine(config.store.url)
    engines.check_reachable(engine)
    found = upgrades.version(engine)
    if found != upgrades.HEAD:
        what = f"the store has schema version {found or 'none'}, this maild needs {upgrades.HEAD}"
        raise Unusable(f"{what}; run: maild db upgrade")
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def opened(path: Path, *, writing: bool = False) -> Iterator[tuple[Config, Connection, ZoneInfo]]:
    """Open the store behind a config, to read or to write: config, connection, the desk's time zone."""
    config = configs.load(path)
    zone = ZoneInfo(config.desk.timezone)
    with engine_of(config) as engine, engine.begin() if writing else engines.reading(engine) as connection:
        yield config, connection, zone


def print_rows(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows: a table, or JSON."""
    if as_json:
        print(to_json(rows))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(column, row[column]) for column in columns))
    # Into a pipe every row is one line, however long: the next program cuts it.
    console = Console(markup=False, highlight=False)
    console.width = console.width if console.is_terminal else 1000
    console.print(table)


def _cell(column: str, value: Any) -> str:
    if value is None:
        return ""
    if column in ("received", "due", "created", "updated"):
        return str(value)[:16].replace("T", " ")
    return one_line(str(value))


def say_as_admin(path: Path, said: Said) -> Plan:
    """Say something as an admin: decided and carried out here, by the rules in force; the daemon delivers.

    Raises:
        MaildError: when it is not allowed, or other rules than those on disk are in force.

    """
    from maild.daemon.parts import corridor_for_command, now

    config = configs.load(path)
    with engine_of(config) as engine:
        corridor = corridor_for_command(config, engine)
        with engine.begin() as connection:
            plan = say(connection, corridor, said, now=now()).plan
    if plan.outcome == "not allowed":
        raise MaildError(in_words(plan.reason, "en"))
    return plan

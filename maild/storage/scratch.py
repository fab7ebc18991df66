"""A store in memory that lives as long as a question (``rules explain``, ``rules replay``), and what they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, create_engine, event, select, update
from sqlalchemy.pool import StaticPool
from sqlmodel import col

from maild.core.values.mail import Envelope
from maild.storage import inbound
from maild.storage.statements import Insert, table, upserting
from maild.storage.tables import Case, Counter, Inbound, Row

WHO = "scratch"
_CHUNK = 500
_STAND_FOR = Insert(Inbound)
_NUMBER = upserting(Counter, ("name", "value"), replace=("value",))


def open_scratch(copy: bytes | None = None) -> Engine:
    """Make an empty store in memory, or one that begins as a copy (:func:`as_bytes`); it is gone with its engine."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        if copy is not None:
            connection.deserialize(copy)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    if copy is None:
        Row.metadata.create_all(engine)
    return engine


def as_bytes(connection: Connection) -> bytes:
    """Return a whole scratch store, to begin another as its copy; no transaction may be open."""
    driver: Any = connection.connection.driver_connection
    return bytes(driver.serialize())


def stand_for(connection: Connection, envelope: Envelope, *, key: int) -> None:
    """Put a row in place of a mail that is being asked about, without its bytes."""
    row: dict[str, Any] = {
        "id": key,
        "state": "reading",
        "source": envelope.source,
        "sender": envelope.sender,
        "recipients": [],
        "peer": envelope.peer,
        "helo": "",
        "account": "",
        "quiet": envelope.quiet,
        "received": envelope.received,
        "size": 0,
        "sha256": "",
        "attempts": 1,
        "claimed_by": WHO,
        "named_departments": [],
        "outcome": "",
        "reason": "",
        "traceback": "",
    }
    _STAND_FOR.one(connection, row)


def change_case(connection: Connection, number: int, values: dict[str, Any]) -> None:
    """Let a case be otherwise in these columns."""
    connection.execute(update(table(Case)).where(col(Case.number) == number).values(values))


def next_number(connection: Connection, number: int) -> None:
    """Say which number the next case gets."""
    _NUMBER.run(connection, {"name": "case", "value": number})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A mail of the store that was decided."""

    id: int
    envelope: Envelope
    case: int | None
    outcome: str
    decided: datetime


def count(connection: Connection, since: datetime) -> int:
    """Return how many decided mails there are since a time."""
    return sum(1 for _ in connection.execute(_since(since).with_only_columns(col(Inbound.id))))


def stored(connection: Connection, since: datetime) -> Iterator[Stored]:
    """Yield every mail since a time that was decided, in the order they were accepted."""
    after = 0
    while True:
        query = _since(since).where(col(Inbound.id) > after).order_by(col(Inbound.id)).limit(_CHUNK)
        rows = connection.execute(query).all()
        for row in rows:
            yield Stored(
                id=row.id,
                envelope=inbound.envelope_of(row),
                case=row.case,
                outcome=row.outcome,
                decided=row.done_at or row.received,
            )
        if len(rows) < _CHUNK:
            return
        after = rows[-1].id


def _since(since: datetime) -> Select[Any]:
    return select(table(Inbound)).where(col(Inbound.received) >= since, col(Inbound.state) == "done")

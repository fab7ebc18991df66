"""Rows that wait to be written together, and the agents' load: what several storage modules share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from sqlmodel import SQLModel

from maild.storage.statements import Insert, upserting
from maild.storage.tables import (
    AgentLoad,
    Attachment,
    AutomaticMail,
    Case,
    Event,
    KnownWords,
    Message,
    Outbox,
    OutboxData,
    Strike,
    TokenUse,
)

"""A case in one of these is nobody's load."""

HISTORY = (Event, Attachment, OutboxData)
"""What no decision ever looks at."""

_INSERT: dict[type[SQLModel], Insert] = {
    model: Insert(model)
    for model in (TokenUse, Outbox, OutboxData, AutomaticMail, Message, Attachment, Strike, KnownWords, Event)
}
"""In this order, for a row must be there before another names it."""
_OPEN = Insert(Case)
_ADD_LOAD = upserting(AgentLoad, ("agent", "open"), add=("open",))


class Rows:
    """New rows of one plan, written table by table."""

    def __init__(self, *, history: bool = True) -> None:
        self._waiting: dict[type[SQLModel], list[dict[str, Any]]] = {}
        self._left_out = () if history else HISTORY

    def add(self, model: type[SQLModel], row: dict[str, Any]) -> None:
        """Keep a row for later; all rows of a table name the same columns."""
        if model not in self._left_out:
            self._waiting.setdefault(model, []).append(row)

    def write(self, connection: Connection) -> None:
        """Write them all."""
        for model, insert in _INSERT.items():
            insert.many(connection, self._waiting.get(model, ()))
        self._waiting.clear()


def open_case(connection: Connection, row: dict[str, Any]) -> None:
    """Write a case at once: what its plan writes next names it."""
    _OPEN.one(connection, row)


def add_load(connection: Connection, agent: str, delta: int) -> None:
    """Count an open case to (or from) an agent."""
    _ADD_LOAD.run(connection, {"agent": agent, "open": delta})

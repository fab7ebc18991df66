"""Small facts about the store itself: its instance name and which rules were in force."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection, select
from sqlmodel import col

from maild.storage.statements import upsert
from maild.storage.tables import RulesVersion, State


def instance(connection: Connection) -> str:
    """Return this store's random name, made once and kept for its life."""
    query = select(col(State.value)).where(col(State.name) == "instance")
    found = connection.execute(query).scalar()
    if found is None:
        upsert(connection, State, {"name": "instance", "value": secrets.token_hex(8)}, [])
        found = connection.execute(query).scalar_one()
    return str(found)


def record_rules(connection: Connection, version: str, *, now: datetime) -> None:
    """Remember that these rules came into force."""
    upsert(connection, RulesVersion, {"version": version, "at": now}, [])
    upsert(connection, State, {"name": "rules", "value": version}, ["value"])


def rules_in_force(connection: Connection) -> str | None:
    """Return the version of the rules that decide here; None before the first start."""
    return connection.execute(select(col(State.value)).where(col(State.name) == "rules")).scalar()

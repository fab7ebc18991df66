"""Faults of the set-up that keep letters here, in the store: for ``maild status``, and so that each is told once."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlmodel import col

from maild.core.deliveries.refusals import Fault
from maild.storage.statements import table, upsert
from maild.storage.tables import State

_NAME = "relay_fault:"


def known(connection: Connection) -> tuple[Fault, ...]:
    """Return the faults that stand, the oldest first."""
    query = select(col(State.value)).where(col(State.name).startswith(_NAME, autoescape=True))
    found = [json.loads(value) for value in connection.execute(query).scalars()]
    faults = [Fault(**values | {"since": datetime.fromisoformat(values["since"])}) for values in found]
    return tuple(sorted(faults, key=lambda fault: fault.since))


def begin(connection: Connection, fault: Fault) -> bool:
    """Record a fault; False when it stands already."""
    if any(fault.scope == one.scope for one in known(connection)):
        return False
    value = json.dumps(asdict(fault) | {"since": fault.since.isoformat()}, ensure_ascii=False)
    upsert(connection, State, {"name": _NAME + fault.scope, "value": value}, [])
    return True


def end(connection: Connection, scopes: Collection[str]) -> int:
    """Forget faults that are over; how many stood."""
    names = [_NAME + scope for scope in scopes]
    return connection.execute(delete(table(State)).where(col(State.name).in_(names))).rowcount

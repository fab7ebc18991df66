"""A mail whose way has ended, without deciding about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from maild.core.plan import EndMail, Outcome, Plan
from maild.core.reasons.reason import because
from maild.storage.carry_out import carry_out
from maild.storage.ids import Ids


def end(
    connection: Connection,
    inbound: int,
    *,
    who: str,
    outcome: Outcome,
    now: datetime,
    case: int | None = None,
    departments: tuple[str, ...] = (),
) -> None:
    """Bring a mail that ``who`` has claimed to its end, as a plan that does nothing else."""
    values: dict[str, Any] = {"outcome": outcome, "case": case, "reason": because("automatic")}
    change = EndMail(inbound=inbound, content_hash=None, departments=departments, **values)
    plan = Plan(inbound=inbound, changes=(change,), decided_at=now, **values)
    carry_out(connection, plan, written=(), ids=Ids(connection), who=who, claim_until=None, history=False)

"""An admin said something, or the desk says it to itself: the word walks the corridor like any cause."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from maild.core.cause import AdminSaid, Said, TellOperator
from maild.core.reasons.reason import Reason
from maild.journey.corridor import Corridor, Handled, walk

if TYPE_CHECKING:
    from sqlalchemy import Connection


def say(connection: Connection, corridor: Corridor, said: Said, *, actor: str = "admin", now: datetime) -> Handled:
    """Do what an admin says, in the caller's transaction; what the desk may not do is in the plan's outcome."""
    return walk(connection, corridor, AdminSaid(said=said, actor=actor), now=now)


def tell_operator(
    connection: Connection, corridor: Corridor, *, once_key: str, title: Reason, reason: Reason, now: datetime
) -> bool:
    """Tell the operator something, once; False when there is none or it was told before."""
    said = TellOperator(title=title, reason=reason, once_key=once_key)
    return say(connection, corridor, said, actor="maild", now=now).queued

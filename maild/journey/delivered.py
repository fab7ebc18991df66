"""What the relay said becomes known: its answers are recorded, and what follows from them walks the corridor.

A letter that went out is only recorded, many to a commit: nothing follows from it. One that failed, or is put off for
the first time, is a cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from maild.core.cause import Delivered
from maild.journey.corridor import Corridor, walk
from maild.storage import outbox, timers

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.storage.letters_out import ToSend


def settle(
    connection: Connection,
    corridor: Corridor,
    results: Sequence[tuple[ToSend, outbox.Result]],
    *,
    who: str,
    now: datetime,
) -> bool:
    """Record what became of attempts, and do what follows; True when that queued something."""
    outbox.record(connection, [result for _, result in results], who=who, now=now)
    put_off = [result.id for _, result in results if result.state == "deferred"]
    promised = timers.letters_promised(connection, put_off) if put_off else frozenset()
    queued = False
    for _, result in results:
        if result.state == "sent" or result.id in promised:
            continue
        cause = Delivered(letter=result.id, state=result.state, answer=result.reason)
        queued |= walk(connection, corridor, cause, now=now).queued
    return queued

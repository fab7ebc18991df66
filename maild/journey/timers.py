"""Which promise is kept when: what has fallen due walks the corridor, each promise in a transaction of its own.

A promise waits for the mails that were accepted before it was due, at most :data:`PATIENCE`: a reply that came in time
takes the reminder back. The clock only ticks; what is due stands in the timer table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from maild.core.errors import Temporary
from maild.journey.corridor import Corridor, Handled, walk
from maild.storage import inbound, timers

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.storage.writer import Writer

PATIENCE = timedelta(minutes=2)
"""How long a promise waits for mails that were accepted before it was due."""
AT_ONCE = 200
"""Promises looked for in one go."""


def keep(
    connection: Connection, corridor: Corridor, timer: int, *, now: datetime, wall: datetime | None = None
) -> Handled | None:
    """Keep one promise, in the caller's transaction; None when it is done, or in another's hands.

    ``wall`` is the time on the wall, when ``now`` is another that an admin has named.
    """
    cause = timers.claim(connection, timer)
    return None if cause is None else walk(connection, corridor, cause, now=now, wall=wall)


def due(connection: Connection, *, now: datetime, limit: int = AT_ONCE, but: tuple[int, ...] = ()) -> list[int]:
    """Return the promises that may be kept now, the oldest first."""
    oldest = inbound.oldest_waiting(connection, now)
    until = now if oldest is None else min(now, max(oldest, now - PATIENCE))
    return timers.due_ids(connection, now=until, limit=limit, but=but)


Opens = Callable[[], AbstractContextManager["Connection"]]
"""Opens a transaction, or a savepoint of one, that ends with the block."""


def keep_due(
    transaction: Opens, corridor: Corridor, *, now: datetime, wall: datetime
) -> Iterator[tuple[int, Handled | None, str]]:
    """Keep what is due, and what that promises for the same moment; each with what came of it, or with its error.

    For an admin's command: every promise is tried once, in a transaction of its own.
    """
    left: set[int] = set()
    while True:
        with transaction() as connection:
            ids = due(connection, now=now, but=tuple(left))
        if not ids:
            return
        for key in ids:
            try:
                with transaction() as connection:
                    handled = keep(connection, corridor, key, now=now, wall=wall)
            except Exception as error:  # noqa: BLE001 a promise with a bug must not keep the others from being kept
                left.add(key)
                yield key, None, f"{type(error).__name__}: {error}"
                continue
            if handled is None:  # another has it
                left.add(key)
            else:
                yield key, handled, ""


class Keeper:
    """Keeps what falls due, in the daemon."""

    def __init__(
        self,
        *,
        writer: Writer,
        corridor: Callable[[], Corridor],
        now: Callable[[], datetime],
        wake: Callable[[], None],
        trouble: Callable[[int, str], None],
    ) -> None:
        """``wake`` is called when letters were queued; ``trouble`` hears of a promise that could not be kept."""
        self._writer, self._corridor, self._now = writer, corridor, now
        self._wake, self._trouble = wake, trouble
        self._failed: dict[int, datetime] = {}
        """Promises that could not be kept, until when they are let rest: one must not hold up the others."""

    async def tick(self) -> None:
        """Keep all that is due now.

        Raises:
            Temporary: when the store cannot be used now; the next tick finds it all again.

        """
        while await self._some() == AT_ONCE:
            pass

    async def _some(self) -> int:
        """Keep what is due, as many as are looked for in one go; how many those were."""
        now = self._now()
        self._failed = {key: until for key, until in self._failed.items() if until > now}
        resting = tuple(self._failed)
        ids = await self._writer.run(lambda c: due(c, now=now, but=resting))
        kept = await asyncio.gather(*(self._keep(key, now) for key in ids))
        if any(kept):
            self._wake()
        return len(ids)

    async def _keep(self, key: int, now: datetime) -> bool:
        corridor = self._corridor()
        try:
            handled = await self._writer.run(lambda c: keep(c, corridor, key, now=now))
        except Temporary:
            raise
        except Exception as error:  # noqa: BLE001 a promise with a bug must not keep the others from being kept
            self._failed[key] = now + timedelta(minutes=10)
            self._trouble(key, f"{type(error).__name__}: {error}")
            return False
        return handled is not None and handled.queued

"""When the relay refuses everything, somebody who can set it right is told, once; ``status`` says so while it lasts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from maild import logs
from maild.core.deliveries.refusals import RELAY, Fault
from maild.core.errors import Temporary
from maild.core.reasons.reason import because, text
from maild.journey.corridor import Corridor
from maild.journey.said import tell_operator
from maild.storage import relay_faults

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.metrics import Metrics
    from maild.storage.writer import Writer

log = logs.get("maild")


class RelayFaults:
    """Takes in which faults stand and brings store, log, figures and operator up to date."""

    def __init__(
        self, *, writer: Writer, corridor: Callable[[], Corridor], metrics: Metrics, now: Callable[[], datetime]
    ) -> None:
        self._writer, self._corridor, self._metrics, self._now = writer, corridor, metrics, now
        self._standing: dict[str, Fault] = {}
        self._stored: set[str] = set()

    async def known(self) -> Sequence[Fault]:
        """Read the faults that an earlier run left, or another daemon met."""
        faults = await self._writer.run(relay_faults.known)
        self._stored |= {fault.scope for fault in faults}
        for fault in faults:
            self._standing.setdefault(fault.scope, fault)
        self._metrics.relay(ok=not self._standing)
        return faults

    def stand(self, faults: Sequence[Fault]) -> None:
        """Take in the faults that stand now; :meth:`record` must follow."""
        now = {fault.scope: fault for fault in faults}
        for scope in now.keys() - self._standing.keys():
            log.error("the relay refuses what it should take", what=_what(scope), answer=now[scope].answer)
        for scope in self._standing.keys() - now.keys():
            log.info("the relay takes mail again", what=_what(scope))
        self._standing = now
        self._metrics.relay(ok=not now)

    def __str__(self) -> str:
        """Say what the relay refuses, for the health answer; empty when all is well."""
        return "; ".join(f"{_what(scope)}: {fault.answer}" for scope, fault in self._standing.items())

    async def record(self) -> bool:
        """Write down what has changed, and tell the operator of what has begun; True when a letter was queued.

        When the store is away nothing is lost: the next call does it.
        """
        begun = [fault for scope, fault in self._standing.items() if scope not in self._stored]
        over = self._stored - self._standing.keys()
        if not begun and not over:
            return False
        try:
            told = await self._writer.run(partial(self._write, begun=begun, over=over))
        except Temporary as error:
            log.warning("faults of the relay are not recorded yet", reason=str(error))
            return False
        self._stored = (self._stored | {fault.scope for fault in begun}) - over
        return told

    def _write(self, connection: Connection, *, begun: Sequence[Fault], over: set[str]) -> bool:
        relay_faults.end(connection, over)
        told = False
        for fault in begun:
            if relay_faults.begin(connection, fault):
                told |= self._tell(connection, fault)
        return told

    def _tell(self, connection: Connection, fault: Fault) -> bool:
        what = because("all mail") if fault.scope == RELAY else because("all mail of kind", fault.scope)
        reason = because("relay refuses, what to do", what, text(fault.answer))
        # A relay that comes and goes is told of once an hour.
        once_key = f"relay:{fault.scope}:{fault.since:%Y-%m-%dT%H}"
        title = because("relay refuses")
        return tell_operator(
            connection, self._corridor(), once_key=once_key, title=title, reason=reason, now=self._now()
        )


def _what(scope: str) -> str:
    return "all mail" if scope == RELAY else f"all {scope}"

"""Looking out for a relay that is away or refuses everything, and sending on at once when it takes mail again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from maild.channels.outgoing.standing import Standing, Verdict
from maild.core.deliveries.delivery import Answer
from maild.core.deliveries.refusals import RELAY, Fault
from maild.core.errors import Temporary
from maild.storage import outbox
from maild.storage.letters_out import ToSend

if TYPE_CHECKING:
    from maild.storage.writer import Writer

LOOK = 30.0
"""Seconds between looks."""


class Asked(Protocol):
    """A channel that can be asked without sending anything."""

    async def reachable(self) -> bool:
        """Tell whether it is to be had now; asked only after an answer said that it was not."""
        ...

    async def would_take(self, sender: str, recipient: str) -> bool:
        """Tell whether it would take a mail with an envelope that it refused; asked only then."""
        ...


class Lookout:
    """What is known of the relay, and the two tasks that follow from it.

    ``own`` tells our own domains; ``faults`` is told all that stand whenever one begins or ends; ``wake`` is called
    when letters have become due.
    """

    def __init__(
        self,
        *,
        channel: Asked,
        writer: Writer,
        now: Callable[[], datetime],
        own: Callable[[str], bool],
        faults: Callable[[Sequence[Fault]], None],
        wake: Callable[[], None],
        look: float,
    ) -> None:
        self._channel, self._writer, self._now = channel, writer, now
        self._faults, self._wake, self._look = faults, wake, look
        self._standing = Standing(own=own, changed=self._changed)
        self._count = 0
        self._missed = False
        """The relay was not to be had when a letter needed it."""
        self._away, self._back = asyncio.Event(), asyncio.Event()

    def adopt(self, faults: Iterable[Fault]) -> None:
        """Look after faults that the store knows of."""
        self._standing.adopt(faults)
        self._count = len(self._standing.faults)
        if self._count:
            self._away.set()

    def heard(self, mail: ToSend, answer: Answer) -> Verdict:
        """Take in an answer; what a refusal in it is about."""
        if answer.relay:
            self._missed = True
            self._away.set()
            self._standing.away(answer, self._now())
            return "letter"
        if answer.state == "sent":
            self._standing.taken(mail)
            return "letter"
        return self._standing.refused(mail, answer, self._now())

    def _changed(self) -> None:
        """A fault began: it is looked after. Or it ended: what was held is let go."""
        faults = tuple(self._standing.faults.values())
        (self._back if len(faults) < self._count else self._away).set()
        self._count = len(faults)
        self._faults(faults)

    async def watch(self) -> None:
        """Ask a relay that is away, or that refused an envelope, again and again."""
        while True:
            await self._away.wait()
            await asyncio.sleep(self._look)
            if self._missed and await self._channel.reachable():
                self._missed = False
                self._standing.over(RELAY)
                self._back.set()
            asked = [fault for fault in self._standing.faults.values() if fault.ask]
            for fault in asked:
                if await self._channel.would_take(fault.sender, fault.recipient):
                    self._standing.over(fault.scope)
            if not self._missed and not any(fault.ask for fault in self._standing.faults.values()):
                self._away.clear()

    async def hurry(self) -> None:
        """When the relay takes mail again, what waited for that need not wait out its back-off."""
        while True:
            await self._back.wait()
            self._back.clear()
            try:
                await self._writer.run(lambda c: outbox.hurry(c, now=self._now()))
            except Temporary:
                self._back.set()
                await asyncio.sleep(1.0)
            self._wake()

"""Mails on their way in: who waits for the end of one, and how much memory all of a door's may take together."""

from __future__ import annotations

import asyncio

from maild.channels.smtp.data import Body

BIG = 1024 * 1024
"""Octets up to which a mail is never held up: with the cap on connections they are bounded already."""


class Memory:
    """What the mails coming in at one door hold together (law S7).

    Beyond the room, mails over 1 MiB are not read on, the network keeps their octets, but for the oldest of them: its
    turn ends when it does, and it is sent away when it stands still for so many seconds while others wait.
    """

    def __init__(self, room: int, patience: float) -> None:
        self.room, self.patience = room, patience
        self.held = 0
        self._receptions: dict[Reception, int] = {}  # octets each holds, oldest first
        self._watch: asyncio.TimerHandle | None = None

    def count(self, reception: Reception, octets: int) -> None:
        """Note how much a mail holds now."""
        self.held += octets - self._receptions.get(reception, 0)
        self._receptions[reception] = octets

    def forget(self, reception: Reception) -> None:
        """Give back what a mail held, and read those on that may."""
        self.held -= self._receptions.pop(reception, 0)
        for other in list(self._receptions):
            if other.paused and self.may_go_on(other):
                other.resume()

    def may_go_on(self, reception: Reception) -> bool:
        """Tell whether a mail may be read on."""
        return self.held <= self.room or self._receptions[reception] <= BIG or reception is self._oldest()

    def watch(self) -> None:
        """Begin to look whether the one whose turn it is comes on, for somebody waits."""
        if self._watch is None:
            oldest = self._oldest()
            octets = 0 if oldest is None else self._receptions[oldest]
            self._watch = asyncio.get_running_loop().call_later(self.patience, self._look, oldest, octets)

    def _look(self, oldest: Reception | None, octets: int) -> None:
        self._watch = None
        stands = oldest is not None and oldest is self._oldest() and self._receptions[oldest] == octets
        if oldest is not None and stands and not oldest.body.ended:  # while it is being stored it keeps its turn
            oldest.expire()
        if any(reception.paused for reception in self._receptions):
            self.watch()

    def _oldest(self) -> Reception | None:
        return next((r for r, octets in self._receptions.items() if octets > BIG), None)


class Reception:
    """One mail from 354 to its end; :meth:`close` when it is stored or given up."""

    __slots__ = ("_memory", "_transport", "_turn", "body", "expired", "gone", "paused")

    def __init__(self, limit: int, memory: Memory, transport: asyncio.Transport) -> None:
        self.body = Body(limit)
        self.gone = False
        self.expired = False
        """True when it stood still while others waited for its memory."""
        self.paused = False
        """True while there is no memory to read on."""
        self._memory, self._transport = memory, transport
        self._turn: asyncio.Future[None] | None = None

    def feed(self, octets: bytes) -> None:
        """Take what came."""
        body = self.body
        body.feed(octets)
        if body.ended or body.refused is not None:
            self._wake()
        if body.refused is not None:
            self.close()  # nothing is kept
            return
        self._memory.count(self, body.size)
        if not body.ended and not self.paused and not self._memory.may_go_on(self):
            self.paused = True
            self._transport.pause_reading()
            self._memory.watch()

    def resume(self) -> None:
        """Read on."""
        self.paused = False
        self._transport.resume_reading()

    def lost(self) -> None:
        """The client will send no more."""
        self.gone = True
        self._wake()

    def expire(self) -> None:
        """Give up a mail that stands still."""
        self.expired = True
        self.close()
        self.lost()

    async def whole(self) -> bool:
        """Wait for the end; False when the client went away, or the mail is refused before its end."""
        while not self.body.ended and self.body.refused is None and not self.gone:
            await self._next()
        return self.body.ended

    async def drained(self, seconds: float) -> bool:
        """Listen on to a refused mail for so long; True when its end came."""
        try:
            async with asyncio.timeout(seconds):
                while not self.body.ended and not self.gone:
                    await self._next()
        except TimeoutError:
            return False
        return self.body.ended

    def close(self) -> None:
        """Give the memory back."""
        if self.paused:
            self.resume()
        self._memory.forget(self)

    async def _next(self) -> None:
        self._turn = asyncio.get_running_loop().create_future()
        await self._turn

    def _wake(self) -> None:
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)

"""A mail on its way in: who waits for its end, and its place in memory when it is a big one."""

from __future__ import annotations

import asyncio

from maild.channels.smtp_data import Body

BIG = 1024 * 1024
"""Octets beyond which a mail needs one of the few places for big mails, so that memory stays bounded (P11)."""


def places(max_size: int, room: int) -> asyncio.Semaphore:
    """Return the places for big mails: as many as fit into the room, at least two."""
    return asyncio.Semaphore(max(2, room // max(max_size, 1)))


class Reception:
    """One mail from 354 to its end; :meth:`close` when it is stored or given up."""

    __slots__ = ("_has_place", "_places", "_turn", "body", "gone")

    def __init__(self, limit: int, big: asyncio.Semaphore) -> None:
        self.body = Body(limit)
        self.gone = False
        self._has_place = False
        self._places = big
        self._turn: asyncio.Future[None] | None = None

    def feed(self, octets: bytes) -> None:
        """Take what came."""
        body = self.body
        body.feed(octets)
        if body.ended or body.refused is not None or (body.size > BIG and not self._has_place):
            self._wake()

    def lost(self) -> None:
        """The client will send no more."""
        self.gone = True
        self._wake()

    async def whole(self, transport: asyncio.Transport) -> bool:
        """Wait for the end; False when the client went away, or the mail is refused before its end."""
        body = self.body
        while not body.ended and body.refused is None:
            if self.gone:
                return False
            if body.size > BIG and not self._has_place:
                transport.pause_reading()  # the network keeps what there is no room for
                await self._places.acquire()
                self._has_place = True
                transport.resume_reading()
                continue
            await self._next()
        return body.ended

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
        """Give the place back."""
        if self._has_place:
            self._has_place = False
            self._places.release()

    async def _next(self) -> None:
        self._turn = asyncio.get_running_loop().create_future()
        await self._turn

    def _wake(self) -> None:
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)

"""Outgoing mails in memory: one after the other within a lane, lanes side by side.

A lane is (case, recipient): nobody reads an answer before the mail it answers, and one dead address holds up nobody.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maild.storage.letters_out import ToSend

Lane = tuple[int | None, str]


class Lanes:
    """What waits and what is being sent; every mail added is handed out once, or is among :meth:`left`."""

    def __init__(self) -> None:
        self.count = 0
        self.bytes = 0
        self._lanes: dict[Lane, deque[ToSend]] = defaultdict(deque)
        self._ready: asyncio.Queue[ToSend | None] = asyncio.Queue()
        self._waiting: dict[int, datetime] = {}
        self._closed = False

    def add(self, mail: ToSend, now: datetime) -> None:
        """Take a mail in, behind what its lane already holds."""
        self.count += 1
        self.bytes += len(mail.data)
        self._waiting[mail.id] = now
        lane = self._lanes[mail.case, mail.recipient]
        lane.append(mail)
        if len(lane) == 1 and not self._closed:
            self._ready.put_nowait(mail)

    async def next(self) -> tuple[ToSend, datetime] | None:
        """Wait for a mail whose turn it is, and since when it is here; None when there will be no more."""
        mail = await self._ready.get()
        return None if mail is None else (mail, self._waiting.pop(mail.id))

    def done(self, mail: ToSend, *, go_on: bool) -> list[int]:
        """Let a mail go. With ``go_on`` the next one of its lane follows; else return those that are given up here."""
        key = (mail.case, mail.recipient)
        lane = self._lanes[key]
        self._forget(lane.popleft())
        given_up: list[int] = []
        if lane and not go_on:
            given_up = [waiting.id for waiting in lane]
            for waiting in lane:
                self._forget(waiting)
                del self._waiting[waiting.id]
            lane.clear()
        elif lane and not self._closed:
            self._ready.put_nowait(lane[0])
        if not lane:
            del self._lanes[key]
        return given_up

    def close(self, takers: int) -> None:
        """Hand out nothing more; tell each taker so."""
        self._closed = True
        while not self._ready.empty():
            self._ready.get_nowait()
        for _ in range(takers):
            self._ready.put_nowait(None)

    def left(self) -> list[int]:
        """Return the mails that were never handed out."""
        return list(self._waiting)

    def _forget(self, mail: ToSend) -> None:
        self.count -= 1
        self.bytes -= len(mail.data)

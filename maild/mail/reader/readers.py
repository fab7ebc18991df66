"""The lanes in which mails are read, and which way a mail takes through them (law R3, R4).

A mail has a little processor time in the *normal* lane. What takes more goes to the *slow* lane, one process that
gives way to everybody, with a budget for the whole ladder of readings; so does at once what comes from a source whose
mails are slow. A mail that killed its reader, or could not be read in time, is never tried the same way again: it is
read by its *header* alone, in a process of its own. Only what fails even there has failed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from maild import logs
from maild.core.reasons.reason import because
from maild.core.reasons.words import in_words
from maild.core.values.mail import Envelope, Mail, ReadingFailed
from maild.mail import budget
from maild.mail.options import ReadOptions
from maild.mail.reader import child, wire
from maild.mail.reader.lane import STOPPING, Lane, Shape
from maild.mail.reader.process import SLOW, Limits, Slow
from maild.mail.reader.sources import Sources

COMMAND = (sys.executable, "-m", "maild.mail.reader.child")
MOST_HELPERS = 6
log = logs.get("maild.mail")
_DEEP = 3
"""Mails in one child at a time, while they are small."""
LaneName = Literal["normal", "slow", "header"]


_ALONE = because("by its header alone")


class Readers:
    """The three lanes."""

    def __init__(
        self,
        options: ReadOptions,
        *,
        processes: int,
        wall: float = budget.WALL_SECONDS,
        memory: int,
        cpu: int = budget.CPU_SECONDS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """``wall`` and ``cpu`` in seconds for all readings of one mail, ``memory`` in octets of address space."""
        self.sources = Sources()
        limits = Limits(memory=memory, cpu=cpu, wall=wall, kill=budget.kill_after(wall))
        said = wire.to_json(options)
        self._header = Lane(
            Shape(lane=child.HEADER, standing=0, helpers=0, ahead=1), replace(limits, kill=wall), command, said
        )
        self._slow = Lane(
            Shape(lane=child.SLOW, standing=0, helpers=0, ahead=1),
            replace(limits, nice=19),
            command,
            said,
            takes_long=self._header.warm,
        )
        self._normal = Lane(
            Shape(lane=child.NORMAL, standing=processes, helpers=MOST_HELPERS, ahead=_DEEP), limits, command, said
        )

    async def start(self) -> None:
        """Start the normal lane; the others start with their first mail.

        Raises:
            Unusable: when no reader gets ready.

        """
        await self._normal.start()

    async def stop(self) -> None:
        """End all readers; mails still being read come back as failed."""
        await asyncio.gather(self._normal.stop(), self._slow.stop(), self._header.stop())

    async def read(self, raw: bytes, envelope: Envelope) -> Mail | ReadingFailed:
        """Read one mail, in whatever lanes it takes; what its bytes do to a reader is told, never raised."""
        result = await self.read_in("normal", raw, envelope)
        if result is SLOW:
            result = await self.read_in("slow", raw, envelope)
        assert not isinstance(result, Slow)
        return result

    async def read_in(
        self, lane: LaneName, raw: bytes, envelope: Envelope, held_up: Callable[[], None] | None = None
    ) -> Mail | ReadingFailed | Slow:
        """Read one mail in a lane; only the normal one may say :data:`SLOW`, and then the slow one is to be asked.

        ``held_up`` is called when nobody should wait for this mail any longer.
        """
        result: Mail | ReadingFailed | Slow
        if lane == "normal":
            if self.is_slow(envelope):
                return SLOW
            result = await self._normal.read(raw, envelope, held_up)
            if not isinstance(result, Mail):
                self.sources.was_slow(envelope)
        elif lane == "slow":
            result = await self._read_slowly(raw, envelope)
        else:  # no reader was lost over it: one that is ready will do
            return await self._normal.read(raw, envelope, how=child.HEADER)
        if isinstance(result, ReadingFailed) and result.reason != STOPPING:
            if held_up is not None:
                held_up()
            return await self._read_header(raw, envelope, result)
        return result

    def is_slow(self, envelope: Envelope) -> bool:
        """Tell whether mail from there goes to the slow lane at once."""
        return self.sources.is_slow(envelope)

    async def _read_slowly(self, raw: bytes, envelope: Envelope) -> Mail | ReadingFailed | Slow:
        began = time.monotonic()
        result = await self._slow.read(raw, envelope)
        if isinstance(result, Mail) and time.monotonic() - began < budget.LANE_SECONDS:
            self.sources.was_quick(envelope)
        else:
            self.sources.was_slow(envelope)
        return result

    async def _read_header(self, raw: bytes, envelope: Envelope, failed: ReadingFailed) -> Mail | ReadingFailed | Slow:
        """Read what no other reading could be made of by its header, and say why."""
        log.warning("a reader was lost", reason=in_words(failed.reason, "en"), traceback=failed.traceback[-2000:])
        result = await self._header.read(raw, envelope)
        if isinstance(result, Mail):
            why = in_words(failed.reason, "en")
            said = replace(result.identity, reason=why), replace(result.authentication, reason=why)
            return replace(result, identity=said[0], authentication=said[1], defects=(why,))
        if isinstance(result, ReadingFailed) and result.reason != STOPPING:
            reason = because("and by its header", failed.reason, result.reason)
            return ReadingFailed(reason=reason, traceback=result.traceback or failed.traceback)
        return result

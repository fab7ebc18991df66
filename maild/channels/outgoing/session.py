"""One SMTP connection, greeted, encrypted and logged in, over which mails are sent: the lean inner loop.

A mail costs two round trips: MAIL, RCPT and DATA go out in one write when the relay offers PIPELINING (RFC 2920),
then the message. Nothing is parsed but reply lines.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass

from maild.core.deliveries.delivery import Taken
from maild.core.deliveries.refusals import Stage

MOST_REPLY = 32 * 1024
"""Bytes of replies held at most; a relay that says more at once is not speaking SMTP."""
SMALL = 64 * 1024
"""Mails up to here are joined with their end into one write."""
_DOT_LINE = re.compile(rb"\r\n\.")  # bytes look for so short a needle twice as long as a pattern does
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: its code and its lines as one clean text of at most 500 characters."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


class Lost(Exception):
    """The connection broke, fell silent or stopped making sense.

    ``safe`` when the end of the message was not sent yet, so that nothing can have been delivered.
    """

    def __init__(self, why: str, *, safe: bool) -> None:
        super().__init__(why)
        self.safe = safe


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What the relay's EHLO offered (RFC 1870, 2920, 6152, 6531)."""

    pipelining: bool = False
    eight_bit: bool = False
    utf8: bool = False
    size: bool = False
    most: int = 0
    """Octets of a mail that it takes; 0 when it does not say."""


class Session(asyncio.Protocol):
    """An open connection; one mail at a time."""

    def __init__(self, transport: asyncio.Transport, offers: Offers, *, command: float, data: float) -> None:
        self.offers = offers
        self.used = 0
        self.closed = transport.is_closing()
        self._transport = transport
        self._command, self._data = command, data
        self._loop = asyncio.get_running_loop()
        self.opened = self.idle_since = self._loop.time()
        self._buffer = b""
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._expected = 0
        self._waiter: asyncio.Future[None] | None = None
        self._taken: Taken | None = None
        """Who is to hear of a good reply to the end of DATA; None while another reply is awaited."""
        self._why = ""
        transport.set_protocol(self)

    # -- what asyncio tells us ------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Cut replies out of what came; anything unasked for ends the connection (a 421 before the relay closes)."""
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            self._take_line(line)
        if len(self._buffer) + sum(map(len, self._lines)) > MOST_REPLY:
            self.abort("the relay's reply is too long")
        elif len(self._replies) > self._expected or (self._expected == 0 and (self._buffer or self._lines)):
            self.abort("the relay spoke unasked")
        elif self._expected and len(self._replies) == self._expected:
            taken, self._taken = self._taken, None
            if taken is not None and self._replies[0].code // 100 == 2:
                taken(str(self._replies[0]))
            self._wake()

    def _take_line(self, line: bytes) -> None:
        code, mark = line[:3], line[3:4]
        if not (len(code) == 3 and code.isdigit() and mark in (b" ", b"-", b"", b"\r")):
            self.abort("the relay's reply is not SMTP")
            return
        self._lines.append(line[4:].decode("utf-8", "replace").strip())
        if mark != b"-":
            text = _UNPRINTABLE.sub(" ", " ".join(self._lines))[:500]
            self._replies.append(Reply(int(code), text))
            self._lines.clear()

    def connection_lost(self, error: Exception | None) -> None:
        """Wake whoever waits: there will be no more."""
        self._why = self._why or (type(error).__name__ if error else "the relay closed the connection")
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # -- what the relay is asked ----------------------------------------------------------------------------------

    async def deliver(
        self, sender: str, recipient: str, options: bytes, data: bytes, taken: Taken
    ) -> tuple[Reply, Stage]:
        """Send one mail; the reply that decides, and what it answers.

        ``taken`` hears of a good one as it is read: a task's turn may come some milliseconds later.

        Raises:
            Lost: when there was none in time; the session is closed then.

        """
        self.used += 1
        refused = await self._envelope(sender.encode(), recipient.encode(), options)
        if refused is not None:
            return refused
        if data.startswith(b".") or _DOT_LINE.search(data) is not None:
            data = (b"." + data if data.startswith(b".") else data).replace(b"\r\n.", b"\r\n..")
        self._taken = taken
        end = b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"
        if len(data) <= SMALL:
            reply = await self._ask(1, data + end, within=self._data, safe=False)
        else:
            self._transport.write(data)
            reply = await self._ask(1, end, within=self._data, safe=False)
        self.idle_since = self._loop.time()
        if reply[0].code == 421:
            self.abort("the relay says goodbye")
        return reply[0], "end"

    async def would_take(self, sender: str, recipient: str) -> bool:
        """Ask whether the relay takes an envelope, and send nothing."""
        try:
            for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"):
                reply = await self._ask(1, command.encode() + b"\r\n", within=self._command, safe=True)
                if reply[0].code // 100 != 2:
                    return False
        except Lost:
            return False
        return await self.reset()

    async def _envelope(self, sender: bytes, recipient: bytes, options: bytes) -> tuple[Reply, Stage] | None:
        """Say the envelope up to DATA; the refusal and of what, or None when the message may follow."""
        commands = [b"MAIL FROM:<%s>%s\r\n" % (sender, options), b"RCPT TO:<%s>\r\n" % recipient, b"DATA\r\n"]
        if self.offers.pipelining:
            replies = await self._ask(3, b"".join(commands), within=self._command, safe=True)
        else:
            replies = []
            for command in commands:
                replies += await self._ask(1, command, within=self._command, safe=True)
                if replies[-1].code >= 400:
                    break
        wanted: tuple[tuple[Stage, int], ...] = (("mail", 2), ("rcpt", 2), ("data", 3))
        for reply, (stage, kind) in zip(replies, wanted, strict=False):
            if reply.code // 100 != kind:
                await self._back_out(replies)
                return reply, stage
        if len(replies) < 3 or self.closed:
            raise Lost(self._why, safe=True)
        return None

    async def _back_out(self, replies: list[Reply]) -> None:
        """Leave a refused envelope behind.

        When the relay wants the message all the same (354 after a refused RCPT, RFC 2920 §3.1), the connection is cut:
        without the end of data nothing can be delivered.
        """
        if replies[-1].code == 354 or any(reply.code == 421 for reply in replies):
            self.abort("the envelope was refused")
        elif not await self.reset():
            self.abort("the relay would not reset")

    async def reset(self, within: float | None = None) -> bool:
        """Ask for a clean slate (RSET); False when the connection is of no more use."""
        if self.closed:
            return False
        try:
            reply = await self._ask(1, b"RSET\r\n", within=within or self._command, safe=True)
        except Lost:
            return False
        return not self.closed and reply[0].code // 100 == 2

    async def _ask(self, count: int, data: bytes, *, within: float, safe: bool) -> list[Reply]:
        """Write and wait for replies: as many as asked, or those that came before the connection ended.

        Raises:
            Lost: when none came.

        """
        if self.closed or self._transport.is_closing():
            self.closed = True
            raise Lost(self._why or "the relay closed the connection", safe=True)
        self._expected = count
        self._waiter = self._loop.create_future()
        self._transport.write(data)
        alarm = self._loop.call_later(within, self.abort, "the relay did not answer in time")
        try:
            await self._waiter
        except asyncio.CancelledError:
            self.abort("given up")
            raise
        finally:
            alarm.cancel()
            self._expected, self._waiter = 0, None
        replies = list(self._replies)
        self._replies.clear()
        if not replies:
            raise Lost(self._why, safe=safe)
        return replies

    def abort(self, why: str) -> None:
        """Cut the connection now; nothing that was begun can be completed."""
        self._why = self._why or why
        self.closed = True
        self._transport.abort()
        self._wake()

    def quit(self) -> None:
        """Say goodbye and hang up, without waiting for an answer."""
        if not self.closed:
            self.closed = True
            self._transport.write(b"QUIT\r\n")
            self._transport.close()

"""The door for mail: SMTP, LMTP and submission, on aiosmtpd's protocol class.

What aiosmtpd leaves to its users is done here: our own fault is 451, never a 500 with an exception's text (law S3), the
250 comes after a durable commit (law D1) which a vanishing client cannot cancel, and nothing a client does takes more
than bounded memory (law S7). The way of a mail: :meth:`Conversation._handle_client` reads commands
(:mod:`smtp_commands`), DATA turns the stream over to a :class:`Reception`, whose :class:`Body` finds the end.
"""

from __future__ import annotations

import asyncio
import logging
import math
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import cast

from aiosmtpd.smtp import SMTP

from maild import logs
from maild.channels.smtp import replies
from maild.channels.smtp.commands import COMMANDS, LONGEST, LONGEST_OTHER
from maild.channels.smtp.door import Accept, Door, Knows, OpenDoor
from maild.channels.smtp.passwords import Login
from maild.channels.smtp.path import Malformed
from maild.channels.smtp.receive import Reception
from maild.channels.smtp.talk import State, wrong
from maild.channels.smtp.transaction import conclude, finish, refusal
from maild.core.errors import Temporary, Unusable

log = logs.get("smtp_in")

DRAIN_SECONDS = 1.0
"""How long a mail that was refused while it came is still listened to, so that its sender can read the reply."""
LINGER = 1.0
"""Seconds a client has to read our last words."""
MOST_COMMANDS = 2000
"""Commands without a mail after which a client is sent away."""
MOST_IDLE_COMMANDS = 100
"""NOOP, RSET, VRFY and HELP without a mail, the same."""
HANDSHAKE_SECONDS = 20.0


async def open_door(
    door: Door,
    *,
    accept: Accept,
    knows: Knows,
    login: Login | None = None,
    now: Callable[[], datetime],
    room: Callable[[], bool] | None = None,
) -> OpenDoor:
    """Listen on a door.

    Args:
        door: where, and how much a client may take.
        accept: stores a mail durably.
        knows: tells whether a recipient is ours; everybody else is refused at RCPT and never bounced later.
        login: checks a login and its secret (submission).
        now: the clock.
        room: False while there is no room for another mail.

    Raises:
        Unusable: when the door does not fit together.
        OSError: when it cannot listen.

    """
    if door.tls != "none" and door.ssl_context is None:
        raise Unusable(f"{door.kind}: tls needs a certificate")
    if door.kind == "submission" and (door.tls == "none" or login is None):
        raise Unusable("submission: agents log in, so it needs tls (starttls or tls), a certificate and passwords")
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # it logs every command: addresses and secrets
    opened = OpenDoor(door, accept=accept, knows=knows, login=login, now=now, room=room)
    await opened.listen(lambda: Conversation(opened))
    return opened


class Conversation(SMTP):
    """One client."""

    line_length_limit = LONGEST["AUTH"]  # the reader's: no command is longer
    transport: asyncio.Transport | None  # what it is, though uvloop's is none to isinstance

    def __init__(self, opened: OpenDoor) -> None:
        door = opened.door
        super().__init__(
            None,
            data_size_limit=door.max_size,
            enable_SMTPUTF8=True,
            hostname=door.hostname,
            ident="maild",
            timeout=door.idle,
            loop=opened.loop,
        )
        self.command_size_limits = LONGEST  # the class's own dict is shared, and cleared by each new connection
        self.opened, self.door = opened, door
        self.state = State()
        self.peer = ""
        self.waits, self.idle_since = False, 0.0
        self._entered = False
        self._hung_up = False
        self._shakes_hands = False
        self._out: list[bytes] = []
        self._reception: Reception | None = None
        self._deadline = math.inf
        self._until = 0.0

    def __dir__(self) -> list[str]:
        """Hide the methods from aiosmtpd, which looks through all of them for each client and takes 0.2 ms for it."""
        return []

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task that talks."""
        return self._handler_coroutine

    # -- the socket -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the client in, or send it away with 421."""
        transport = cast("asyncio.Transport", transport)
        name = transport.get_extra_info("peername")
        self.peer = name[0] if isinstance(name, tuple) else ""
        refusal = self.opened.enter(self)
        if refusal is not None:
            transport.write(refusal.encode() + b"\r\n")
            transport.close()
            return
        self._entered = True
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take octets: a mail's go straight to its body."""
        if self._reception is None:
            super().data_received(data)
        else:
            reception = self._reception
            self._feed(reception, data)
            left = self._until - self.loop.time()
            self._reset_timeout(max(0.001, left if reception.paused else min(self.door.chunk, left)))

    def _feed(self, reception: Reception, data: bytes) -> None:
        """Give octets to the mail; what follows its end is for the command reader."""
        reception.feed(data)
        if reception.body.ended:
            self._reception = None
            if reception.body.rest:
                self._reader.feed_data(reception.body.rest)

    def eof_received(self) -> bool | None:
        """Let a client that has said all still read our answers; TLS has no half-closed state."""
        self._reader.feed_eof()
        if self._reception is not None:
            self._reception.lost()
        return not self.state.secure

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the client; a commit of its mail goes on."""
        if self._entered:
            self._entered = False
            self.opened.leave(self)
            super().connection_lost(error)

    def hang_up(self, reply: str) -> None:
        """Say a last word and close."""
        if not self._hung_up and self.transport is not None:
            if not self._shakes_hands:
                self.transport.write(b"".join(self._out) + reply.encode() + b"\r\n")
            self._close()

    def _close(self) -> None:
        self._hung_up = True
        self._out.clear()
        transport = self.transport
        if transport is not None:
            if transport.get_write_buffer_size():
                self.loop.call_later(LINGER, transport.abort)  # a client that does not read does not keep us
            transport.close()

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Give the client so long; a timer that runs is left alone where it can be, it looks again when it ends."""
        self._deadline = self.loop.time() + (self.door.idle if duration is None else duration)
        timer = self._timeout_handle
        if timer is None or timer.when() > self._deadline:
            self._wake_at(self._deadline)

    def _wake_at(self, when: float) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        self._timeout_handle = self.loop.call_at(when, self._timeout_cb)

    def _timeout_cb(self) -> None:
        now = self.loop.time()
        if now < self._deadline:
            self._wake_at(min(self._deadline, now + self.door.idle))
        else:
            self.hang_up(replies.SLOW)

    async def start_tls(self) -> None:
        """Speak TLS from here; octets that came in plain text behind STARTTLS are dropped (CVE-2024-34083)."""
        await self._flush()
        plain, context = self.transport, self.door.ssl_context
        assert plain is not None and context is not None
        plain.pause_reading()
        if self.door.tls == "tls":
            self.loop.call_soon(_hand_on, plain, bytes(self._reader._buffer))  # type: ignore[attr-defined]
        self._reader._buffer.clear()  # type: ignore[attr-defined]
        self.waits = self._shakes_hands = True
        self.idle_since = self.loop.time()
        try:
            secured = await self.loop.start_tls(
                plain,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=LINGER,
            )
            if secured is None or self._hung_up:
                raise ConnectionResetError
        except BaseException:
            plain.abort()
            self.loop.call_soon(self.connection_lost, None)  # nobody else tells of a failed handshake
            raise
        finally:
            self.waits = self._shakes_hands = False
        self.transport = secured
        self._reader._transport = self._writer._transport = secured  # type: ignore[attr-defined]
        self._over_ssl = self.state.secure = True

    # -- talking --------------------------------------------------------------------------------------------------

    def say(self, reply: str) -> None:
        """Queue a reply; it goes out when no further command waits (RFC 2920 §3.2)."""
        self._out.append(reply.encode() + b"\r\n")

    async def ask(self, challenge: str) -> bytes:
        """Say something and read the next line.

        Raises:
            ConnectionResetError: when the client is gone.

        """
        self.say(challenge)
        line = await self._next_line()
        if line is None:
            raise ConnectionResetError
        return line

    async def push(self, status: str | bytes) -> None:
        """Say something at once (what aiosmtpd itself says goes this way)."""
        self._out.append((status.encode() if isinstance(status, str) else status) + b"\r\n")
        await self._flush()

    async def _flush(self) -> None:
        out, self._out = self._out, []
        if out and not self._hung_up:
            self._writer.write(out[0] if len(out) == 1 else b"".join(out))
            await self._writer.drain()

    async def handle_exception(self, error: Exception) -> str:
        """Answer an unexpected error of ours: temporary, and nothing of its text (law S3)."""
        return refusal(error)

    async def _handle_client(self) -> None:
        """Talk until one side ends it."""
        try:
            if self.door.tls == "tls":
                await self.start_tls()
            self.say(f"220 {self.door.hostname} {'LMTP' if self.door.kind == 'lmtp' else 'ESMTP'} maild")
            while not self._hung_up and (line := await self._next_line()) is not None:
                await self._answer(line)
        except (ConnectionError, ssl.SSLError, TimeoutError) as error:
            log.debug("client gone", door=self.door.kind, reason=type(error).__name__)
        finally:
            self._close()

    async def _answer(self, line: bytes) -> None:
        """Obey one command line; whatever goes wrong in us is temporary."""
        state = self.state
        try:
            await self._obey(line)
        except Malformed as error:
            wrong(self, str(error))
        except (ConnectionError, ssl.SSLError, TimeoutError):
            raise
        except Exception as error:  # the last guard before the wire: never a traceback, never a 5xx
            if not isinstance(error, Temporary):
                log.exception("command failed", door=self.door.kind)
            self.say(await self.handle_exception(error))
        if state.errors >= self.door.max_errors:
            self.hang_up(replies.ERRORS)
        elif state.commands > MOST_COMMANDS or state.idle_commands > MOST_IDLE_COMMANDS:
            self.hang_up(replies.COMMANDS)

    async def _obey(self, line: bytes) -> None:
        self.state.commands += 1
        word, _, rest = line.partition(b" ")
        name = word.decode("ascii", "replace").upper()
        command = COMMANDS[self.door.kind].get(name)
        if len(line) > LONGEST.get(name, LONGEST_OTHER):
            raise Malformed(replies.LONG_COMMAND)
        if command is None:
            raise Malformed(replies.UNKNOWN_COMMAND)
        await command(self, rest.decode("utf-8", "surrogateescape").strip(" \t"))

    async def _next_line(self) -> bytes | None:
        """Read a command line without its end; None when the client is done or we stop."""
        if b"\n" not in self._reader._buffer:  # type: ignore[attr-defined]
            await self._flush()
            self._reset_timeout()
        if self.opened.stopping:
            self.hang_up(replies.STOPPING)
            return None
        self.waits, self.idle_since = True, self.loop.time()
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            await self._flush()
            return None
        except asyncio.LimitOverrunError as error:
            return await self._skip_line(error.consumed)
        finally:
            self.waits = False
        return line[:-2] if line.endswith(b"\r\n") else line[:-1]

    async def _skip_line(self, consumed: int) -> bytes:
        """Read past a line beyond every limit, keeping only enough of it to be refused for its length."""
        while True:
            await self._reader.readexactly(consumed)
            try:
                await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                consumed = error.consumed
                continue
            return b"x" * (self.line_length_limit + 1)

    # -- a mail ---------------------------------------------------------------------------------------------------

    async def receive(self) -> None:
        """Say 354, take the mail and answer for it."""
        await self.push(replies.GO_ON)
        reception = await self._begin()
        try:
            if await reception.whole():
                self._deadline = math.inf  # what takes its time from here on is we
                conclude(self, await finish(self, reception.body))
            elif reception.expired:
                self.hang_up(replies.SLOW)
            elif reception.body.refused is not None:
                conclude(self, reception.body.refused)
                await self._flush()  # at once: a client that looks may stop sending
                if not await reception.drained(DRAIN_SECONDS):
                    self._close()
        finally:
            self._reception = None
            reception.close()

    async def _begin(self) -> Reception:
        """Turn the stream over to a new mail; what the client sent too early is its beginning."""
        self._until = self.loop.time() + self.door.whole
        self._reset_timeout(min(self.door.chunk, self.door.whole))
        assert self.transport is not None
        self._reception = reception = Reception(self.door.max_size, self.opened.memory, self.transport)
        if early := len(self._reader._buffer):  # type: ignore[attr-defined]
            self._feed(reception, await self._reader.readexactly(early))
        if self._reader.at_eof():
            reception.lost()
        return reception


def _hand_on(transport: asyncio.Transport, data: bytes) -> None:
    """Give what came before TLS was begun to it, as if it came now: a TLS door's client speaks TLS from the start."""
    protocol = cast("asyncio.BufferedProtocol", transport.get_protocol())  # TLS of asyncio and uvloop alike
    while data:
        buffer = memoryview(protocol.get_buffer(len(data)))
        taken = min(len(buffer), len(data))
        buffer[:taken] = data[:taken]
        protocol.buffer_updated(taken)
        data = data[taken:]

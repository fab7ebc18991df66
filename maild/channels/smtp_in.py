"""The door for mail: SMTP, LMTP and submission, on aiosmtpd's protocol class.

What aiosmtpd leaves to its users is done here: our own fault is 451 and never a 500 with an exception's text (P3), the
250 comes after a durable commit (P1) which a vanishing client cannot cancel, and nothing a client does takes more
than bounded memory (P11). 5xx is said for syntax, logins, unknown recipients, size and loops, and for nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aiosmtpd.smtp import SMTP

from maild.channels import smtp_auth, smtp_data, smtp_path
from maild.channels.passwords import Login
from maild.channels.smtp_caps import SLOWEST, Caps, Failures
from maild.channels.smtp_path import Malformed
from maild.channels.smtp_receive import Reception, places
from maild.core.errors import StoreFull, Temporary, Unusable
from maild.core.mail import Envelope

log = logging.getLogger("maild.smtp_in")

Accept = Callable[[Envelope, bytes], Awaitable[int]]
"""Store a mail durably; its id. Raises Temporary (StoreFull) when the sender shall keep it."""
Knows = Callable[[str], bool]

DRAIN_SECONDS = 1.5
"""How long a mail that was refused while it came is still listened to, so that its sender can read the reply."""
LINGER = 5.0
"""Seconds a client has to read our last words."""
MOST_COMMANDS = 2000
"""Commands without a mail after which a client is sent away."""
MOST_IDLE_COMMANDS = 100
"""NOOP, RSET, VRFY and HELP without a mail, the same."""
MOST_LOGINS = 3
"""Failed logins in one connection."""
HANDSHAKE_SECONDS = 20.0

OUR_FAULT = "451 4.3.0 Trouble on our side, try again later"
FULL = "452 4.3.1 No room to store mail now, try again later"
STOPPING = "421 4.3.2 Shutting down, try again later"
SLOW = "421 4.4.2 Too slow, goodbye"
ORDER = "503 5.5.1 That command comes at the wrong place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One listener: where, what it speaks, and how much a client may take."""

    kind: Literal["smtp", "lmtp", "submission"]
    host: str
    port: int
    hostname: str
    """The name we greet with."""
    max_size: int = 35 * 1024 * 1024
    """Octets of one mail."""
    tls: Literal["none", "starttls", "tls"] = "none"
    """``tls`` speaks TLS from the first octet (RFC 8314)."""
    ssl_context: ssl.SSLContext | None = None
    max_connections: int = 100
    per_ip: int = 10
    exempt_loopback: bool = False
    """True: clients on this machine are not held to ``per_ip`` (a local relay opens many)."""
    max_recipients: int = 100
    max_errors: int = 10
    """Errors without a mail between them after which the connection is closed; an unknown recipient is not one."""
    idle: float = 300.0
    """Seconds a client may wait before its next command (RFC 5321 §4.5.3.2.7)."""
    chunk: float = 180.0
    """Seconds between two pieces of a mail (RFC 5321 §4.5.3.2.5)."""
    whole: float = 600.0
    """Seconds a mail may take to come in."""
    login_delay: float = 1.0
    """Seconds the first failed login is answered late; the next ones later."""


class OpenDoor:
    """A door that listens; :func:`open_door` makes it."""

    def __init__(
        self,
        door: Door,
        *,
        accept: Accept,
        knows: Knows,
        login: Login | None,
        now: Callable[[], datetime],
        room: Callable[[], bool] | None,
    ) -> None:
        self.door, self.accept, self.knows, self.login, self.now, self.room = door, accept, knows, login, now, room
        self.loop = asyncio.get_running_loop()
        self.caps = Caps(most=door.max_connections, per_ip=door.per_ip, exempt_loopback=door.exempt_loopback)
        self.failures = Failures()
        self.big = places(door.max_size)
        self.conversations: set[Conversation] = set()
        self.commits: set[asyncio.Task[int]] = set()
        self.stopping = False
        self.port = door.port
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Open the socket.

        Raises:
            OSError: when it cannot be opened.

        """
        door = self.door
        self._server = await self.loop.create_server(lambda: Conversation(self), door.host, door.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    def commit(self, envelope: Envelope, raw: bytes) -> asyncio.Task[int]:
        """Store a mail in a task of its own, which goes on when the client vanishes."""
        task = asyncio.ensure_future(_stored(self.accept, envelope, raw))
        self.commits.add(task)
        task.add_done_callback(self._committed)
        return task

    def _committed(self, task: asyncio.Task[int]) -> None:
        self.commits.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Temporary):
            log.warning("%s mail deferred: %s", self.door.kind, error)
        elif error is not None:
            log.error("%s mail deferred by an unexpected error", self.door.kind, exc_info=error)

    async def stop(self, deadline: float) -> None:
        """Take no more connections, finish the mails under way, say 421 to the rest; within so many seconds."""
        self.stopping = True
        if self._server is not None:
            self._server.close()
        end = self.loop.time() + deadline
        for conversation in list(self.conversations):
            if conversation.waits:
                conversation.hang_up(STOPPING)
        tasks = [task for c in self.conversations if (task := c.task) is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=end - self.loop.time())
        for conversation in list(self.conversations):
            conversation.hang_up(STOPPING)
        if self.commits:
            await asyncio.wait(self.commits, timeout=max(0.0, end - self.loop.time()))


async def _stored(accept: Accept, envelope: Envelope, raw: bytes) -> int:
    return await accept(envelope, raw)


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
    await opened.listen()
    return opened


class Conversation(SMTP):
    """One client."""

    line_length_limit = 12288  # the reader's: the longest command line is an AUTH (RFC 4954 §4)

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
        self.command_size_limits = {"AUTH": 12288, "MAIL": 2048, "RCPT": 2048}  # the class's own is shared by all
        self.opened, self.door = opened, door
        self.peer = ""
        self.waits = False
        """True while the client is to speak and nothing of a mail has come."""
        self.secure = False
        self.login: str | None = None
        self.helo = ""
        self.sender: str | None = None
        self.recipients: list[str] = []
        self._entered = False
        self._hung_up = False
        self._out: list[bytes] = []
        self._reception: Reception | None = None
        self._until = 0.0
        self._errors = self._commands = self._idle_commands = self._logins = 0

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task that talks."""
        return self._handler_coroutine

    # -- the socket -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the client in, or send it away with 421."""
        assert isinstance(transport, asyncio.Transport)
        name = transport.get_extra_info("peername")
        self.peer = name[0] if isinstance(name, tuple) else ""
        refusal = STOPPING if self.opened.stopping else self.opened.caps.enter(self.peer)
        if refusal is not None:
            self._hung_up = True
            transport.write(refusal.encode() + b"\r\n")
            transport.close()
            return
        self._entered = True
        self.opened.conversations.add(self)
        if self.door.tls == "tls":
            transport.pause_reading()  # what comes is for TLS; start_tls reads on
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take octets: a mail's go straight to its body."""
        if self._reception is None:
            super().data_received(data)
        else:
            self._reset_timeout(max(0.001, min(self.door.chunk, self._until - self.loop.time())))
            self._feed(self._reception, data)

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
        return not self.secure

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the client; a commit of its mail goes on."""
        if not self._entered:
            return
        self._entered = False
        self.opened.caps.leave(self.peer)
        self.opened.conversations.discard(self)
        super().connection_lost(error)

    def hang_up(self, reply: str) -> None:
        """Say a last word and close."""
        if self._hung_up or self.transport is None:
            return
        self._hung_up = True
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(b"".join(self._out) + reply.encode() + b"\r\n")
        self._out.clear()
        self._close()

    def _close(self) -> None:
        transport = self.transport
        if isinstance(transport, asyncio.Transport):
            if transport.get_write_buffer_size():
                self.loop.call_later(LINGER, transport.abort)
            transport.close()

    def _timeout_cb(self) -> None:
        self.hang_up(SLOW)

    # -- talking --------------------------------------------------------------------------------------------------

    def _say(self, reply: str) -> None:
        """Queue a reply; it goes out when no further command waits (RFC 2920 §3.2)."""
        self._out.append(reply.encode() + b"\r\n")

    def _wrong(self, reply: str) -> None:
        """Say that the client erred, and count it."""
        self._say(reply)
        self._errors += 1

    async def _flush(self) -> None:
        out, self._out = self._out, []
        if out and not self._hung_up:
            self._writer.write(out[0] if len(out) == 1 else b"".join(out))
            await self._writer.drain()

    async def push(self, status: str | bytes) -> None:
        """Say something at once (what aiosmtpd itself says goes this way)."""
        self._out.append((status.encode() if isinstance(status, str) else status) + b"\r\n")
        await self._flush()

    async def handle_exception(self, error: Exception) -> str:
        """Answer an unexpected error of ours: temporary, and nothing of its text (P3)."""
        return OUR_FAULT

    async def _handle_client(self) -> None:
        """Talk until one side ends it."""
        try:
            if self.door.tls == "tls":
                await self._start_tls()
            protocol = "LMTP" if self.door.kind == "lmtp" else "ESMTP"
            self._say(f"220 {self.door.hostname} {protocol} maild")
            while not self._hung_up and (line := await self._next_line()) is not None:
                await self._answer(line)
        except (ConnectionError, ssl.SSLError, TimeoutError) as error:
            log.debug("%s client gone: %s", self.door.kind, type(error).__name__)
        finally:
            self._close()

    async def _answer(self, line: bytes) -> None:
        """Obey one command line; whatever goes wrong in us is temporary."""
        try:
            await self._obey(line)
        except Malformed as error:
            self._wrong(str(error))
        except Temporary as error:
            self._say(FULL if isinstance(error, StoreFull) else OUR_FAULT)
        except (ConnectionError, ssl.SSLError, TimeoutError):
            raise
        except Exception as error:  # the last guard before the wire: never a traceback, never a 5xx
            log.exception("%s session failed", self.door.kind)
            self._say(await self.handle_exception(error))
        if self._errors >= self.door.max_errors:
            self.hang_up("421 4.7.0 Too many errors, goodbye")
        elif self._commands > MOST_COMMANDS or self._idle_commands > MOST_IDLE_COMMANDS:
            self.hang_up("421 4.7.0 Too many commands without a mail, goodbye")

    async def _next_line(self) -> bytes | None:
        """Read a command line without its end; None when the client is done or we stop."""
        buffered = b"\n" in self._reader._buffer  # type: ignore[attr-defined]
        if not buffered:
            await self._flush()
        if self.opened.stopping:
            self.hang_up(STOPPING)
            return None
        if not buffered:
            self._reset_timeout()
        self.waits = True
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            await self._flush()
            return None
        except asyncio.LimitOverrunError as error:
            await self._skip_line(error.consumed)
            return b""
        finally:
            self.waits = False
        return line[:-2] if line.endswith(b"\r\n") else line[:-1]

    async def _skip_line(self, consumed: int) -> None:
        """Read past a line beyond every limit, keeping nothing."""
        while True:
            await self._reader.readexactly(consumed)
            try:
                await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                consumed = error.consumed
                continue
            return

    async def _obey(self, line: bytes) -> None:
        self._commands += 1
        word, _, rest = line.partition(b" ")
        name = word.decode("ascii", "replace").upper()
        command = _COMMANDS[self.door.kind].get(name)
        if command is None:
            self._wrong("500 5.5.2 Command not known")
        elif len(line) > self.command_size_limits.get(name, 1024):
            self._wrong("500 5.5.2 Command line too long")
        else:
            await command(self, rest.decode("utf-8", "surrogateescape").strip(" \t"))

    # -- greeting -------------------------------------------------------------------------------------------------

    async def _helo(self, argument: str) -> None:
        self._greeted(argument)
        self._say(f"250 {self.door.hostname}")

    async def _ehlo(self, argument: str) -> None:
        self._greeted(argument)
        door = self.door
        lines = [door.hostname, f"SIZE {door.max_size}", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"]
        if door.tls == "starttls" and not self.secure:
            lines.append("STARTTLS")
        if self._offers_auth():
            lines.append("AUTH " + " ".join(smtp_auth.MECHANISMS))
        for line in lines[:-1]:
            self._say(f"250-{line}")
        self._say(f"250 {lines[-1]}")

    def _greeted(self, argument: str) -> None:
        if not argument or not argument.isprintable() or len(argument) > 255:
            raise Malformed("501 5.5.4 Say who you are")
        self.helo = argument
        self._forget()

    def _forget(self) -> None:
        self.sender, self.recipients = None, []

    async def _starttls(self, argument: str) -> None:
        if argument:
            raise Malformed("501 5.5.4 STARTTLS has no argument")
        if self.door.tls != "starttls":
            raise Malformed("502 5.5.1 TLS is not offered")
        if self.secure:
            raise Malformed("503 5.5.1 TLS is on already")
        await self.push("220 2.0.0 Go ahead")
        await self._start_tls()
        self.helo, self.login = "", None  # RFC 3207 §4.2: nothing said before is known any more
        self._forget()

    async def _start_tls(self) -> None:
        """Speak TLS from here; octets that came in plain text behind STARTTLS are dropped (CVE-2024-34083)."""
        plain = self.transport
        assert isinstance(plain, asyncio.Transport)
        plain.pause_reading()
        self._reader._buffer.clear()  # type: ignore[attr-defined]
        context = self.door.ssl_context
        assert context is not None
        try:
            secured = await self.loop.start_tls(
                plain,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=LINGER,
            )
            if secured is None:
                raise ConnectionResetError
        except BaseException:
            plain.abort()
            self.loop.call_soon(self.connection_lost, None)  # asyncio tells nobody of a failed handshake
            raise
        self.transport = secured
        self._reader._transport = self._writer._transport = secured  # type: ignore[attr-defined]
        self._over_ssl = self.secure = True

    # -- login ----------------------------------------------------------------------------------------------------

    def _offers_auth(self) -> bool:
        """AUTH never goes over plain text: whoever listens would be an agent from then on (MAIL E4)."""
        return self.opened.login is not None and self.secure

    async def _auth(self, argument: str) -> None:
        if self.opened.login is None:
            raise Malformed("502 5.5.1 Logins are not taken here")
        if not self.secure:
            raise Malformed("538 5.7.11 Speak TLS first")
        if self.login is not None or self.sender is not None or not self.helo:
            raise Malformed(ORDER)
        if self.opened.failures.closed(self.peer, self.opened.now()):
            self._wrong("454 4.7.0 Too many failed logins, try again later")
            return
        login, secret = await self._credentials(argument.split(" "))
        name = await self.opened.login(login, secret)
        if name is not None:
            self.login = name
            self._say("235 2.7.0 Welcome")
            return
        failures = self.opened.failures.add(self.peer, self.opened.now())
        log.warning("login failed from %s (%d in ten minutes)", self.peer, failures)
        await asyncio.sleep(self.door.login_delay * min(failures, SLOWEST))
        self._logins += 1
        self._wrong("535 5.7.8 Login or password is wrong")
        if self._logins >= MOST_LOGINS:
            self.hang_up("421 4.7.0 Too many failed logins, goodbye")

    async def _credentials(self, words: list[str]) -> tuple[str, str]:
        mechanism, given = words[0].upper(), [word.encode() for word in words[1:]]
        if mechanism not in smtp_auth.MECHANISMS:
            raise Malformed("504 5.5.4 That mechanism is not offered")
        if len(given) > 1:
            raise Malformed("501 5.5.4 Syntax: AUTH mechanism [initial-response]")
        if mechanism == "PLAIN":
            return smtp_auth.name_and_secret(smtp_auth.decode(given[0] if given else await self._ask("334 ")))
        name = smtp_auth.decode(given[0] if given else await self._ask(smtp_auth.ASK_NAME))
        return smtp_auth.text(name), smtp_auth.text(smtp_auth.decode(await self._ask(smtp_auth.ASK_SECRET)))

    async def _ask(self, challenge: str) -> bytes:
        self._say(challenge)
        line = await self._next_line()
        if line is None:
            raise ConnectionResetError
        return line

    # -- envelope -------------------------------------------------------------------------------------------------

    async def _mail(self, argument: str) -> None:
        if self.sender is not None or not self.helo:
            raise Malformed(ORDER)
        if self.door.kind == "submission" and self.login is None:
            raise Malformed("530 5.7.0 Log in first")
        parsed = smtp_path.parse("FROM:", argument)
        smtp_path.check_mail(parsed.parameters, max_size=self.door.max_size, auth=self._offers_auth())
        if parsed.address.lower() == "postmaster":
            raise Malformed("501 5.1.7 The address has no domain")
        if self.opened.room is not None and not self.opened.room():
            self._say(FULL)
            return
        self.sender = parsed.address
        self._say("250 2.1.0 Sender taken")

    async def _rcpt(self, argument: str) -> None:
        if self.sender is None:
            raise Malformed(ORDER)
        parsed = smtp_path.parse("TO:", argument)
        if not parsed.address:
            raise Malformed("501 5.1.3 A mail needs somebody to go to")
        if parsed.parameters:
            raise Malformed("555 5.5.4 Parameter not known")
        if len(self.recipients) >= self.door.max_recipients:
            self._say("452 4.5.3 Too many recipients for one mail")
        elif not self.opened.knows(parsed.address):
            self._say("550 5.1.1 No such recipient here")
        elif self.sender == "" and self.recipients:
            self._say("452 4.5.3 A report goes to one recipient")
        else:
            self.recipients.append(parsed.address)
            self._say("250 2.1.5 Recipient taken")

    # -- data -----------------------------------------------------------------------------------------------------

    async def _data(self, argument: str) -> None:
        if argument:
            raise Malformed("501 5.5.4 DATA has no argument")
        if not self.recipients:
            raise Malformed("503 5.5.1 No recipient was taken")
        await self.push("354 Go on, a line with a dot ends it")
        reception = await self._begin()
        try:
            if await reception.whole(self.transport):  # type: ignore[arg-type]
                await self._finish(reception)
            elif reception.body.refused is not None:
                self._conclude(reception.body.refused)
                await self._flush()  # at once: a client that looks may stop sending
                if not await reception.drained(DRAIN_SECONDS):
                    self._hung_up = True
        finally:
            self._reception = None
            reception.close()

    async def _begin(self) -> Reception:
        """Turn the stream over to a new mail; what the client sent too early is its beginning."""
        self._until = self.loop.time() + self.door.whole
        self._reset_timeout(min(self.door.chunk, self.door.whole))
        self._reception = reception = Reception(self.door.max_size, self.opened.big)
        if waiting := len(self._reader._buffer):  # type: ignore[attr-defined]
            self._feed(reception, await self._reader.readexactly(waiting))
        if self._reader.at_eof():
            reception.lost()
        return reception

    async def _finish(self, reception: Reception) -> None:
        """Judge and store a mail that is whole."""
        body = reception.body
        if body.refused is not None:
            self._conclude(body.refused)
            return
        raw = body.take()
        looping = smtp_data.hops(raw) >= smtp_data.MOST_HOPS
        self._conclude(smtp_data.LOOPING if looping else await self._store(raw))

    def _conclude(self, reply: str) -> None:
        """Answer a mail: once, or on LMTP once for each recipient (RFC 2033 §4.2)."""
        for _ in self.recipients if self.door.kind == "lmtp" else (None,):
            self._say(reply)
        self._forget()
        if reply[0] == "2":
            self._errors = self._commands = self._idle_commands = 0
        elif reply[0] == "5":
            self._errors += 1

    async def _store(self, raw: bytes) -> str:
        """Commit, however long it takes us and whatever the client does meanwhile; the reply."""
        assert self._timeout_handle is not None and self.sender is not None
        self._timeout_handle.cancel()
        task = self.opened.commit(
            Envelope(
                source=self.door.kind,
                received=self.opened.now(),
                sender=self.sender,
                recipients=tuple(dict.fromkeys(self.recipients)),
                peer=self.peer,
                helo=self.helo,
                login=self.login,
            ),
            raw,
        )
        await asyncio.wait({task})  # cancelling this wait does not cancel the task
        error = None if task.cancelled() else task.exception()
        if error is None and not task.cancelled():
            return f"250 2.6.0 Stored as {task.result()}"
        return FULL if isinstance(error, StoreFull) else OUR_FAULT

    # -- small talk -----------------------------------------------------------------------------------------------

    async def _rset(self, _argument: str) -> None:
        self._idle_commands += 1
        self._forget()
        self._say("250 2.0.0 Forgotten")

    async def _noop(self, _argument: str) -> None:
        self._idle_commands += 1
        self._say("250 2.0.0 Fine")

    async def _vrfy(self, _argument: str) -> None:
        self._idle_commands += 1
        self._say("252 2.1.5 Send it and see")

    async def _help(self, _argument: str) -> None:
        self._idle_commands += 1
        self._say("214 2.0.0 See RFC 5321")

    async def _quit(self, _argument: str) -> None:
        self.hang_up("221 2.0.0 Bye")


_Command = Callable[[Conversation, str], Awaitable[None]]
_BOTH: dict[str, _Command] = {
    "MAIL": Conversation._mail,
    "RCPT": Conversation._rcpt,
    "DATA": Conversation._data,
    "RSET": Conversation._rset,
    "NOOP": Conversation._noop,
    "QUIT": Conversation._quit,
    "VRFY": Conversation._vrfy,
    "HELP": Conversation._help,
    "STARTTLS": Conversation._starttls,
    "AUTH": Conversation._auth,
}
_SMTP = _BOTH | {"EHLO": Conversation._ehlo, "HELO": Conversation._helo}
_COMMANDS = {"smtp": _SMTP, "submission": _SMTP, "lmtp": _BOTH | {"LHLO": Conversation._ehlo}}

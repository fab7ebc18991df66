"""A door as a whole: what it is told to be, what its conversations share, and how it closes."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from maild.channels import smtp_replies as replies
from maild.channels.passwords import Login
from maild.channels.smtp_caps import Caps, Failures
from maild.channels.smtp_receive import places
from maild.core.errors import Temporary
from maild.core.mail import Envelope

log = logging.getLogger("maild.smtp_in")

Accept = Callable[[Envelope, bytes], Awaitable[int]]
"""Store a mail durably; its id. Raises Temporary (StoreFull) when the sender shall keep it."""
Knows = Callable[[str], bool]
"""Tell whether a recipient is ours."""


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


class Client(Protocol):
    """A conversation as the door sees it."""

    waits: bool

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task that talks."""
        ...

    def hang_up(self, reply: str) -> None:
        """Say a last word and close."""
        ...


class OpenDoor:
    """A door that listens, and what its conversations share."""

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
        self.door, self.knows, self.login, self.now, self.room = door, knows, login, now, room
        self.loop = asyncio.get_running_loop()
        self.caps = Caps(most=door.max_connections, per_ip=door.per_ip, exempt_loopback=door.exempt_loopback)
        self.failures = Failures()
        self.big = places(door.max_size)
        self.clients: set[Client] = set()
        self.stopping = False
        self.port = door.port
        self._accept = accept
        self._commits: set[asyncio.Task[int]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, answer: Callable[[], asyncio.BaseProtocol]) -> None:
        """Open the socket.

        Raises:
            OSError: when it cannot be opened.

        """
        self._server = await self.loop.create_server(answer, self.door.host, self.door.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    def enter(self, client: Client, peer: str) -> str | None:
        """Let a client in; or the reply that sends it away."""
        refusal = replies.STOPPING if self.stopping else self.caps.enter(peer)
        if refusal is None:
            self.clients.add(client)
        return refusal

    def leave(self, client: Client, peer: str) -> None:
        """Forget a client that was let in."""
        self.clients.discard(client)
        self.caps.leave(peer)

    def commit(self, envelope: Envelope, raw: bytes) -> asyncio.Task[int]:
        """Store a mail in a task of its own, which goes on when the client vanishes."""
        task = asyncio.ensure_future(_stored(self._accept, envelope, raw))
        self._commits.add(task)
        task.add_done_callback(self._committed)
        return task

    def _committed(self, task: asyncio.Task[int]) -> None:
        self._commits.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Temporary):
            log.warning("%s: a mail is deferred: %s", self.door.kind, error)
        elif error is not None:
            log.error("%s: a mail is deferred by an unexpected error", self.door.kind, exc_info=error)

    async def stop(self, deadline: float) -> None:
        """Take no more connections, finish the mails under way, say 421 to the rest; within so many seconds."""
        self.stopping = True
        if self._server is not None:
            self._server.close()
        end = self.loop.time() + deadline
        for client in [client for client in self.clients if client.waits]:
            client.hang_up(replies.STOPPING)
        tasks = [task for client in self.clients if (task := client.task) is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=deadline)
        for client in list(self.clients):
            client.hang_up(replies.STOPPING)
        if self._commits:
            await asyncio.wait(self._commits, timeout=max(0.0, end - self.loop.time()))


async def _stored(accept: Accept, envelope: Envelope, raw: bytes) -> int:
    return await accept(envelope, raw)

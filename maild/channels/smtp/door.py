"""A door as a whole: what it is told to be, what its conversations share, and how it closes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from maild import logs
from maild.channels.smtp import replies
from maild.channels.smtp.caps import Caps, Failures, network
from maild.channels.smtp.passwords import Login
from maild.channels.smtp.receive import Memory
from maild.core.errors import Temporary
from maild.core.values.mail import Envelope

log = logs.get("smtp_in")

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
    crowded: float = 3.0
    """Seconds a client must have been idle to be sent away for a new one when there are too many."""
    memory: int = 128 * 1024 * 1024
    """Octets that mails may take together while they come in; beyond it those over 1 MiB take turns."""
    patience: float = 5.0
    """Seconds one of them may stand still while others wait for its memory."""
    login_delay: float = 1.0
    """Seconds the first failed login is answered late; the next ones later."""


class Client(Protocol):
    """A conversation as the door sees it."""

    waits: bool
    """True while it is the client's turn to speak a command."""
    idle_since: float
    """The loop's time when that began."""
    peer: str

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
        self.memory = Memory(door.memory, door.patience)
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

    def enter(self, client: Client) -> str | None:
        """Let a client in; or the reply that sends it away. A long idle one makes place when there are too many."""
        if self.stopping:
            return replies.STOPPING
        refusal = self.caps.enter(client.peer)
        if refusal is not None and (idle := self._idlest(client.peer, anyone=refusal == replies.TOO_MANY)) is not None:
            idle.hang_up(replies.CROWDED)
            self.leave(idle)
            refusal = self.caps.enter(client.peer)
        if refusal is None:
            self.clients.add(client)
        return refusal

    def _idlest(self, peer: str, *, anyone: bool) -> Client | None:
        """Find who has waited longest, of all or of the new client's network, and long enough."""
        before, key = self.loop.time() - self.door.crowded, network(peer)
        idle = (c for c in self.clients if c.waits and c.idle_since < before and (anyone or network(c.peer) == key))
        return min(idle, key=lambda client: client.idle_since, default=None)

    def leave(self, client: Client) -> None:
        """Forget a client; once is enough."""
        if client in self.clients:
            self.clients.remove(client)
            self.caps.leave(client.peer)

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
            log.warning("mail deferred", door=self.door.kind, reason=str(error))
        elif error is not None:
            log.error("mail deferred by an unexpected error", door=self.door.kind, exc_info=error)

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

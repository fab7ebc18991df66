"""A real SMTP server that takes what maild sends, and can misbehave in the ways relays do.

In a test: ``async with Sink() as sink: ... sink.port ... sink.mails``; beside blocking code: ``with in_thread(Sink())``
By hand: ``python -m tests.kit.sink --port 2626 --out mails.jsonl``.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import logging
import ssl
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

logging.getLogger("mail.log").setLevel(logging.WARNING)

DROP = "drop"
"""As an answer: close the connection without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One mail the sink answered 250 to: the envelope as said, the bytes as received (dots unstuffed)."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    options: tuple[str, ...] = ()
    login: str | None = None
    tls: bool = False
    connection: int = 0
    at: float = 0.0


@dataclass(slots=True, kw_only=True, eq=False)
class Sink:
    """What the server says; every field may be changed while it runs. An answer of None is the good one."""

    port: int = 0
    host: str = "127.0.0.1"
    greeting: str | None = None
    """Said instead of serving (``421 4.3.2 busy``), or DROP."""
    on_mail: Callable[[str], str | None] | None = None
    on_rcpt: Callable[[str], str | None] | None = None
    on_reset: str | None = None
    on_data: Callable[[Taken], str | None] | None = None
    """Asked before the answer to the end of DATA; a mail it refuses is not kept."""
    drop_in_data: bool = False
    """Close after 354 and the first bytes."""
    delay: float = 0.0
    """Seconds before each answer to DATA."""
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    require_tls: bool = False
    users: dict[str, str] | None = None
    """Logins that must be used; None asks for none."""
    tokens: set[str] = field(default_factory=set)
    """Access tokens that XOAUTH2 is let in with."""
    login_answer: str | None = None
    """Said to every login (``454 4.7.0 later``)."""
    most: int = 64 * 1024 * 1024
    """Octets that it takes, and says so."""
    utf8: bool = True
    pipelining: bool = True
    mails: list[Taken] = field(default_factory=list)
    attempts: int = 0
    """MAIL commands seen."""
    resets: int = 0
    connections: int = 0
    """Connections ever made; ``open`` is how many are, ``peak`` how many were at once."""
    peak: int = 0
    open: set[SMTP] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Sink:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Session(self, loop), self.host, self.port, ssl=self.tls if self.implicit_tls else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()
        await asyncio.sleep(0)
        self._server = None

    def hang_up(self) -> None:
        """Close every connection, as a relay does with idle ones."""
        for session in list(self.open):
            if session.transport is not None:
                session.transport.close()

    # -- aiosmtpd's hooks -----------------------------------------------------------------------------------------

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer what this sink offers."""
        session.host_name = hostname
        if self.pipelining:
            responses.insert(-1, "250-PIPELINING")
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender, or answer as told."""
        self.attempts += 1
        sender = "" if address == "<>" else address
        if (answer := self.on_mail(sender) if self.on_mail else None) is not None:
            return _drop(server) if answer == DROP else answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or answer as told."""
        if (answer := self.on_rcpt(address) if self.on_rcpt else None) is not None:
            return _drop(server) if answer == DROP else answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Count resets."""
        self.resets += 1
        if self.on_reset is not None:
            return _drop(server) if self.on_reset == DROP else self.on_reset
        return "250 2.0.0 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail, then say so; or answer as told."""
        taken = Taken(
            sender="" if envelope.mail_from in (None, "<>") else str(envelope.mail_from),
            recipients=tuple(envelope.rcpt_tos),
            data=bytes(envelope.original_content or b""),
            options=tuple(envelope.mail_options),
            login=session.auth_data if session.authenticated else None,
            tls=session.ssl is not None or self.implicit_tls,
            connection=server.number,  # type: ignore[attr-defined]
            at=time.time(),
        )
        if self.delay:
            await asyncio.sleep(self.delay)
        if (answer := self.on_data(taken) if self.on_data else None) is not None:
            return _drop(server) if answer == DROP else answer
        self.mails.append(taken)
        return "250 2.0.0 taken"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """Let a token in, or say what is wrong with it as Google does: a challenge first."""
        told = dict(part.partition("=")[::2] for part in base64.b64decode(args[1]).decode().split("\x01") if part)
        if told.get("auth", "").removeprefix("Bearer ") in self.tokens:
            return AuthResult(success=True, auth_data=told["user"])
        await server.push("334 eyJzdGF0dXMiOiI0MDAifQ==")
        await server._reader.readline()
        return AuthResult(success=False, handled=False)

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Check a login against ``users``."""
        if self.login_answer is not None:
            return AuthResult(success=False, handled=False, message=self.login_answer)
        assert isinstance(data, LoginPassword) and self.users is not None
        login = data.login.decode()
        good = self.users.get(login) == data.password.decode()
        return AuthResult(success=good, handled=False, auth_data=login)


class _Session(SMTP):
    """One connection: aiosmtpd with the sink's misbehaviour."""

    line_length_limit = 65536

    def __init__(self, sink: Sink, loop: asyncio.AbstractEventLoop) -> None:
        self.sink, self.number = sink, 0
        super().__init__(
            sink,
            hostname="sink.example",
            enable_SMTPUTF8=sink.utf8,
            data_size_limit=sink.most,
            tls_context=None if sink.implicit_tls else sink.tls,
            require_starttls=sink.require_tls,
            auth_required=sink.users is not None,
            auth_require_tls=sink.tls is not None and not sink.implicit_tls,
            authenticator=sink.authenticate if sink.users is not None else None,
            loop=loop,
        )
        self.command_size_limits = defaultdict(lambda: 4096)  # aiosmtpd keeps one for all connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it, then serve it or turn it away."""
        sink = self.sink
        if self not in sink.open:  # STARTTLS makes the connection a second time
            sink.connections += 1
            self.number = sink.connections
            sink.open.add(self)
            sink.peak = max(sink.peak, len(sink.open))
        if sink.greeting is not None:
            if sink.greeting != DROP:
                transport.write(sink.greeting.encode() + b"\r\n")
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget it."""
        self.sink.open.discard(self)
        if self.session is not None:
            super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:
        """Take the mail; or take a little of it and vanish."""
        if self.sink.drop_in_data and self.envelope is not None and self.envelope.rcpt_tos:
            await self.push("354 go on")
            await self._reader.read(64)
            _drop(self)
            return
        await super().smtp_DATA(arg)


def _drop(server: SMTP) -> str:
    if server.transport is not None:
        server.transport.abort()  # type: ignore[attr-defined]
    return "421 4.3.2 gone"


@contextlib.contextmanager
def in_thread(sink: Sink) -> Iterator[Sink]:
    """Run a sink on a loop of its own beside blocking code."""
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with sink:
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def certificate(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """Make a self-signed certificate for a server; its context and the file a client may trust."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name}"
    extra = ["-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *extra], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


async def _serve(host: str, port: int, out: Path | None) -> None:
    with contextlib.ExitStack() as stack:
        file = None if out is None else stack.enter_context(out.open("a", encoding="utf-8"))

        def keep(taken: Taken) -> None:
            if file is not None:
                data = base64.b64encode(taken.data).decode()
                line = {"at": taken.at, "sender": taken.sender, "recipients": taken.recipients, "data": data}
                file.write(json.dumps(line) + "\n")
                file.flush()

        async with Sink(host=host, port=port, on_data=keep) as sink:
            print(f"listening on {host}:{sink.port}", flush=True)
            while True:
                await asyncio.sleep(60)
                sink.mails.clear()


def main() -> None:
    """Run a sink until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--out", type=Path, help="one JSON line a mail: at, sender, recipients, data (base64)")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.host, arguments.port, arguments.out))


if __name__ == "__main__":
    main()

"""What the tests of the door share: an accept that is honest about durability, a raw client, a certificate."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from maild.channels.smtp.conversation import open_door
from maild.channels.smtp.door import Door, OpenDoor
from maild.channels.smtp.replies import PERMANENT
from maild.core.values.mail import Envelope

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


class Accepted:
    """Keeps a mail only at the end of its commit, and tells afterwards what was kept, never what was only asked."""

    def __init__(self, *, seconds: float = 0.0, error: BaseException | None = None) -> None:
        self.seconds, self.error = seconds, error
        self.begun = 0
        self.mails: list[tuple[Envelope, bytes]] = []

    async def __call__(self, envelope: Envelope, raw: bytes) -> int:
        """Store one mail, slowly or not at all when so told."""
        self.begun += 1
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        self.mails.append((envelope, bytes(raw)))
        return len(self.mails)

    def raws(self) -> list[bytes]:
        """Return what is kept."""
        return [raw for _, raw in self.mails]


def known(address: str) -> bool:
    """Tell whether a recipient is one of the test's desk."""
    local, _, domain = address.lower().rpartition("@")
    return (domain == "desk.example" and not local.startswith("no-")) or address.lower() == "postmaster"


@contextlib.asynccontextmanager
async def opened(
    accept: Any = None, *, kind: str = "smtp", login: Any = None, room: Callable[[], bool] | None = None, **fields: Any
) -> AsyncIterator[OpenDoor]:
    """Open a door on a free loopback port and stop it at the end."""
    door = Door(kind=kind, host="127.0.0.1", port=0, hostname="mx.desk.example", **fields)  # type: ignore[arg-type]
    door_open = await open_door(door, accept=accept or Accepted(), knows=known, login=login, now=lambda: NOW, room=room)
    try:
        yield door_open
    finally:
        await door_open.stop(2.0)


class Client:
    """A raw client: it sends octets and reads whole replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(
        cls, port: int, context: ssl.SSLContext | None = None, *, greeting: bool = True, source: str = "127.0.0.1"
    ) -> Client:
        """Connect, by TLS from the first octet when there is a context, and read the greeting."""
        name = None if context is None else "mx.desk.example"
        streams = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=name, limit=2**20, local_addr=(source, 0)
        )
        client = cls(*streams)
        if greeting:
            assert (await client.reply()).startswith("220 ")
        return client

    async def reply(self) -> str:
        """Read one reply, its lines joined by newlines; empty when the server closed."""
        lines = []
        while line := await asyncio.wait_for(self.reader.readline(), 10):
            lines.append(line.decode().rstrip("\r\n"))
            if line[3:4] != b"-":
                break
        if lines and lines[0].startswith("5"):  # law S3, on every reply of every test
            assert any(lines[0] in said for said in PERMANENT.values()), lines
        return "\n".join(lines)

    def send(self, octets: bytes) -> None:
        """Send octets."""
        self.writer.write(octets)

    async def say(self, *lines: str) -> list[str]:
        """Send command lines one by one; a reply for each."""
        replies = []
        for line in lines:
            self.send(line.encode("utf-8", "surrogateescape") + b"\r\n")
            replies.append(await self.reply())
        return replies

    async def begin(self, *recipients: str, sender: str = "kari@example.org", hello: str = "EHLO") -> None:
        """Go as far as 354."""
        lines = (f"{hello} me.example", f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{r}>" for r in recipients), "DATA")
        replies = await self.say(*lines)
        assert replies[-1].startswith("354"), replies

    async def starttls(self, context: ssl.SSLContext) -> None:
        """Say STARTTLS and speak TLS."""
        assert (await self.say("STARTTLS"))[0].startswith("220")
        await self.writer.start_tls(context, server_hostname="mx.desk.example")

    async def rest(self) -> str:
        """Read until the server closes."""
        said = b""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(10):
                while piece := await self.reader.read(65536):
                    said += piece
        return (said + bytes(self.reader._buffer)).decode()  # type: ignore[attr-defined]  # a reset hides what came before

    def close(self) -> None:
        """Go away without a word."""
        self.writer.transport.abort()


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a throw-away certificate: a server's and a client's context that trust it."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=mx.desk.example"
    names = ["-addext", "subjectAltName=DNS:mx.desk.example", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *options.split(), *names], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))

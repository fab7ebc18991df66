"""A lean SMTP client and sink for benchmarks: what they cost is taken from the same two cores, so they do little."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

_FIELD = re.compile(rb"(?im)^(To|Reply-To|Message-ID|In-Reply-To|Auto-Submitted|Subject): *(.*(?:\r\n[ \t].*)*)")
_ADDRESS = re.compile(rb"<?([^<>\s]+@[^<>\s]+?)>?\s*$")


@dataclass(frozen=True, slots=True)
class Arrived:
    """One mail at the sink."""

    at: float
    sender: bytes
    recipient: bytes
    head: bytes
    size: int

    def field(self, name: str) -> str:
        """Return a header's value, unfolded."""
        for found in _FIELD.finditer(self.head):
            if found[1].decode().lower() == name.lower():
                return re.sub(r"\r\n[ \t]+", " ", found[2].decode("utf-8", "replace")).strip()
        return ""

    def address(self, name: str) -> str:
        """Return the address in a header."""
        found = _ADDRESS.search(self.field(name).encode())
        return found[1].decode() if found else ""


class _SinkProtocol(asyncio.Protocol):
    def __init__(self, arrived: Callable[[Arrived], None]) -> None:
        self._arrived = arrived
        self._buffer = bytearray()
        self._data = False
        self._sender = self._recipient = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        if self._data:
            end = self._buffer.find(b"\r\n.\r\n")
            if end < 0:
                return False
            head = bytes(self._buffer[: self._buffer.find(b"\r\n\r\n") + 2])
            self._data = False
            del self._buffer[: end + 5]
            self._transport.write(b"250 2.0.0 taken\r\n")
            self._arrived(Arrived(time.perf_counter(), self._sender, self._recipient, head, end))
            return bool(self._buffer)
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._command(line)
        return bool(self._buffer)

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"EHLO":
            self._transport.write(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
        elif verb == b"DATA":
            self._data = True
            self._transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            if verb == b"MAIL":
                self._sender = line[10:].partition(b">")[0].strip(b"< ")
            elif verb == b"RCPT":
                self._recipient = line[8:].partition(b">")[0].strip(b"< ")
            self._transport.write(b"250 2.0.0 ok\r\n")


async def open_sink(arrived: Callable[[Arrived], None]) -> tuple[asyncio.Server, int]:
    """Listen on a free loopback port."""
    server = await asyncio.get_running_loop().create_server(lambda: _SinkProtocol(arrived), "127.0.0.1", 0)
    return server, int(server.sockets[0].getsockname()[1])


@dataclass(slots=True)
class Client:
    """One SMTP connection that sends mail after mail."""

    port: int
    seconds: list[float] = field(default_factory=list)
    """Of each mail, from the last byte of DATA to its 250."""
    _reader: asyncio.StreamReader = field(init=False)
    _writer: asyncio.StreamWriter = field(init=False)

    async def open(self) -> None:
        """Connect and greet."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 16)
        await self._reply()
        self._writer.write(b"EHLO bench.example\r\n")
        await self._reply()

    async def send(self, sender: str, recipients: list[str], data: bytes) -> float:
        """Send one mail (dot-stuffed by the caller); the moment its 250 came."""
        commands = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{recipient}>" for recipient in recipients), "DATA"]
        self._writer.write("".join(f"{line}\r\n" for line in commands).encode())
        for _ in commands:
            await self._reply()
        self._writer.write(data + b".\r\n")
        started = time.perf_counter()
        await self._reply()
        ended = time.perf_counter()
        self.seconds.append(ended - started)
        return ended

    async def _reply(self) -> None:
        while True:
            line = await self._reader.readline()
            if not line or line[:1] not in b"23":
                raise RuntimeError(f"unexpected reply: {line!r}")
            if line[3:4] != b"-":
                return

    async def close(self) -> None:
        """Say goodbye."""
        self._writer.write(b"QUIT\r\n")
        await self._reader.read()
        self._writer.close()

"""A filter as stands before Postfix in earnest: it strips verdicts that senders wrote, and writes its own.

It speaks as much of the milter protocol (version 6) as that takes. It does no cryptography: a test says which author
domains it vouches for.
"""

from __future__ import annotations

import socketserver
import struct
import threading
from dataclasses import dataclass, field
from typing import Any

_CHANGE_HEADERS, _ADD_HEADERS = 0x10, 0x01


@dataclass(slots=True)
class Filter:
    """What it vouches for, and what it saw."""

    name: str
    """The authserv-id it writes."""
    vouched: set[str] = field(default_factory=set)
    """Author domains with ``dmarc=pass``; all others get ``fail``."""
    seen: list[str] = field(default_factory=list)
    """Authors of the mails it looked at."""
    port: int = 0
    _server: Any = None

    def __enter__(self) -> Filter:
        """Listen on a loopback port."""
        mine = self

        class Connection(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                _Talk(mine, self.request).run()

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Talk:
    """One connection of Postfix's."""

    def __init__(self, filter_: Filter, connection: Any) -> None:
        self.filter, self.connection = filter_, connection
        self.headers: list[tuple[str, str]] = []

    def run(self) -> None:
        while (head := self._read(4)) is not None:
            packet = self._read(struct.unpack("!I", head)[0])
            if packet is None:
                return
            kind, data = packet[:1], packet[1:]
            if kind == b"Q":
                return
            if kind == b"O":
                self._say(b"O", struct.pack("!III", 6, _ADD_HEADERS | _CHANGE_HEADERS, 0))
            elif kind == b"E":
                self._judge()
            elif kind in b"DAK":
                self.headers = [] if kind in b"AK" else self.headers  # macros and aborts have no answer
            else:
                if kind == b"M":
                    self.headers = []
                if kind == b"L":
                    name, value, *_ = data.split(b"\0")
                    self.headers.append((name.decode("latin-1"), value.decode("latin-1")))
                self._say(b"c")

    def _judge(self) -> None:
        strip = [value for name, value in self.headers if name.lower() == "authentication-results"]
        for number in range(len(strip), 0, -1):  # from below: taking one away moves those that follow
            self._say(b"m", struct.pack("!I", number) + b"Authentication-Results\0\0")
        authors = [value for name, value in self.headers if name.lower() == "from"]
        domain = (authors or [""])[0].rpartition("@")[2].strip("> ").lower()
        verdict = "pass" if domain in self.filter.vouched else "fail (p=reject)"
        value = f"{self.filter.name}; dmarc={verdict} header.from={domain}"
        self._say(b"i", struct.pack("!I", 0) + b"Authentication-Results\0" + value.encode() + b"\0")
        self.filter.seen.append((authors or [""])[0])
        self._say(b"c")

    def _say(self, kind: bytes, data: bytes = b"") -> None:
        self.connection.sendall(struct.pack("!I", len(data) + 1) + kind + data)

    def _read(self, size: int) -> bytes | None:
        data = b""
        while len(data) < size:
            more = self.connection.recv(size - len(data))
            if not more:
                return None
            data += more
        return data

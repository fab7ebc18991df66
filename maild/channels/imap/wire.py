"""The octets of an IMAP connection: counted, lest a server fill our memory, and cut off from any thread (law B6)."""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from maild.core.errors import MaildError

CONNECT_SECONDS = 15.0
READ_SECONDS = 60.0
"""Silence of the server that ends a connection."""


class Flood(MaildError):
    """The server sends more than what was asked for can be."""


class Wire:
    """How much may still come in, and a second handle on the socket with which another thread can end the wait."""

    def __init__(self) -> None:
        self.left = 0
        """Octets that the answers of the present command may still have."""
        self._handle: socket.socket | None = None
        self._cut = False

    def connected(self, opened: socket.socket) -> None:
        """Keep a handle of our own: TLS takes the socket's number away from whoever had it."""
        self._handle = opened.dup()
        if self._cut:
            self.cut()

    def take(self, octets: int) -> None:
        """Spend a part of the budget.

        Raises:
            Flood: when it is used up; nothing has been read then.

        """
        if octets > self.left:
            raise Flood(f"the server sends {octets} octets more than it was asked for")
        self.left -= octets

    def cut(self) -> None:
        """End whatever the connection waits for, now and later."""
        self._cut = True
        handle = self._handle
        if handle is not None:
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the handle."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()


class _Counted(imaplib.IMAP4):
    def __init__(self, host: str, port: int, wire: Wire, context: ssl.SSLContext | None) -> None:
        self._wire, self._context = wire, context
        super().__init__(host, port)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        opened = socket.create_connection((self.host, self.port), timeout or CONNECT_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wire.connected(opened)
        if self._context is not None:
            opened = self._context.wrap_socket(opened, server_hostname=self.host)
        opened.settimeout(READ_SECONDS)
        return opened

    def read(self, size: int) -> bytes:
        """Read a literal whose size the server announced."""
        self._wire.take(size)
        return super().read(size)

    def readline(self) -> bytes:
        """Read a line."""
        line = super().readline()
        self._wire.take(len(line))
        return line


class Client(IMAPClient):  # type: ignore[misc] # the library has no types
    """The library's client on a counted wire."""

    def __init__(self, host: str, port: int, *, tls: bool, context: ssl.SSLContext | None, wire: Wire) -> None:
        self._wire = wire
        timeout = SocketTimeout(CONNECT_SECONDS, READ_SECONDS)
        super().__init__(host, port, ssl=tls, ssl_context=context, timeout=timeout)

    def _create_IMAP4(self) -> imaplib.IMAP4:
        return _Counted(self.host, self.port, self._wire, self.ssl_context if self.ssl else None)

    def idle(self) -> bool:
        """Ask to be told what comes; True when the server has said something of that already.

        The library takes any word before the agreement for a failure, but a server may speak unasked (RFC 9051 §7);
        and it waits for what comes in the same packet as the agreement.

        Raises:
            IMAPClientError: when the server refuses.

        """
        self._idle_tag = tag = self._imap._command("IDLE")
        came = False
        while (said := self._imap._get_response()) is not None:
            if self._imap.tagged_commands.get(tag) is not None:
                raise IMAPClientError(f"IDLE refused: {said!r}")
            came = came or said.endswith(b" EXISTS")
        return came or self._holds_more()

    def _holds_more(self) -> bool:
        """Tell whether more was read off the socket than used: waiting for the socket would miss it."""
        peek = getattr(self._imap.file, "peek", None)
        self.socket().settimeout(0.0)
        try:
            return peek is not None and bool(peek(1))
        except OSError:  # TLS has nothing whole yet
            return False
        finally:
            self.socket().settimeout(READ_SECONDS)

    def forget(self) -> None:
        """Drop what the server said unasked, which the library keeps for ever."""
        self._imap.untagged_responses = {}

"""An IMAP server of our own that can misbehave: it says what a test tells it to, and remembers what it was told."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Answer = Callable[["Talk", str, int, bytes], None]
"""Answer a FETCH of one mail: the connection, the command's tag, the UID, the mail."""


class Bye(Exception):
    """Close the connection."""


class Talk:
    """One connection of the server."""

    def __init__(self, server: Server, connection: socket.socket) -> None:
        self.server, self.socket = server, connection
        self.file = connection.makefile("rb")

    def say(self, text: str | bytes) -> None:
        """Send a line."""
        self.socket.sendall((text.encode() if isinstance(text, str) else text) + b"\r\n")

    def send(self, data: bytes) -> None:
        """Send octets as they are."""
        self.socket.sendall(data)

    def drip(self, data: bytes, seconds: float) -> None:
        """Send an octet now and then."""
        for octet in data:
            if self.server.closed:
                raise Bye
            self.socket.sendall(bytes([octet]))
            time.sleep(seconds)


def give(talk: Talk, tag: str, uid: int, raw: bytes) -> None:
    """Send a mail as one should."""
    talk.send(f"* {uid} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")


@dataclass(eq=False)
class Server:
    """The server; one folder."""

    mails: dict[int, bytes] = field(default_factory=dict)
    answers: dict[int, Answer] = field(default_factory=dict)
    """How a mail is sent, where it is not as one should."""
    accepts: Callable[[str, str], bool] = lambda mechanism, secret: True
    capabilities: str = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 MOVE UIDPLUS"
    greeting: str = "* OK ready"
    after: dict[str, Callable[[Talk, str], None]] = field(default_factory=dict)
    """What to do instead, by command."""
    heard: list[str] = field(default_factory=list)
    moved: dict[str, set[int]] = field(default_factory=dict)
    validity: int = 7
    """The folder's UIDVALIDITY."""
    tls: ssl.SSLContext | None = None
    """TLS from the first octet."""
    logins: int = 0
    closed: bool = False

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        if self.tls is not None:
            try:
                connection = self.tls.wrap_socket(connection, server_side=True)
            except OSError:
                return
        talk = Talk(self, connection)
        with connection, contextlib.suppress(OSError, Bye, ValueError):
            talk.say(self.greeting)
            while line := talk.file.readline():
                self._answer(talk, line.decode().rstrip("\r\n"))

    def _answer(self, talk: Talk, line: str) -> None:
        tag, _, rest = line.partition(" ")
        words = rest.split(" ")
        name = " ".join(words[:2]).upper() if words[0].upper() == "UID" else words[0].upper()
        self.heard.append(rest)
        if name in self.after:
            self.after[name](talk, tag)
            return
        match name:
            case "CAPABILITY":
                talk.say(f"* CAPABILITY {self.capabilities}")
            case "AUTHENTICATE":
                if not self._authenticate(talk, words[1].upper()):
                    talk.say(f"{tag} NO [AUTHENTICATIONFAILED] no")
                    return
            case "SELECT" | "EXAMINE":
                talk.say(f"* {len(self.mails)} EXISTS")
                talk.say(f"* OK [UIDVALIDITY {self.validity}] ok")
                talk.say(r"* OK [PERMANENTFLAGS (\Deleted \*)] ok")
            case "UID SEARCH":
                talk.say("* SEARCH " + " ".join(map(str, sorted(self.mails))))
            case "UID FETCH":
                self._fetch(talk, tag, _uids(words[2]), rest)
            case "UID MOVE":
                for uid in _uids(words[2]):
                    if self.mails.pop(uid, None) is not None:
                        self.moved.setdefault(words[3].strip('"'), set()).add(uid)
            case "LOGOUT":
                talk.say("* BYE")
        talk.say(f"{tag} OK done")

    def _fetch(self, talk: Talk, tag: str, uids: Sequence[int], what: str) -> None:
        for uid in uids:
            if uid in self.mails:
                raw = self.mails[uid]
                if "SIZE" in what:
                    talk.say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(raw)})")
                else:
                    self.answers.get(uid, give)(talk, tag, uid, raw)

    def _authenticate(self, talk: Talk, mechanism: str) -> bool:
        talk.say("+ ")
        secret = base64.b64decode(talk.file.readline()).decode()
        if self.accepts(mechanism, secret):
            self.logins += 1
            return True
        if mechanism == "XOAUTH2":
            talk.say("+ " + base64.b64encode(b'{"status":"401","schemes":"Bearer"}').decode())
            talk.file.readline()
        return False

    def drop_all(self) -> None:
        """Close every connection."""
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End."""
        self.closed = True
        self._listener.close()
        self.drop_all()


def _uids(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        found += range(int(first), int(last or first) + 1)
    return found


def bearer(secret: str) -> str:
    """Return the token of a XOAUTH2 answer."""
    found = re.fullmatch(r"user=[^\x01]*\x01auth=Bearer ([^\x01]*)\x01\x01", secret)
    return found[1] if found else ""

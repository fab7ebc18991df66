"""One connection to a mailbox: what maild asks of an IMAP server, and what it never believes (RFC 9051, FAULTS I1-I7).

Only UIDs are used, never sequence numbers; ``\\Seen`` means nothing here; EXPUNGE is only ever ``UID EXPUNGE``. Every
command has a deadline of its own, and no literal is read that is larger than what was asked for. A connection belongs
to one thread; only :meth:`Session.interrupt` may be called from another.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from maild.core.errors import MaildError

CONNECT_SECONDS = 15.0
READ_SECONDS = 60.0
"""Silence of the server that ends a connection."""
COMMAND_SECONDS = 120.0
"""A whole command, however slowly its answer drips."""
SLOWEST = 64 * 1024
"""Octets a second that a large mail may take at the least."""
SLACK = 64 * 1024
"""Octets beyond what a mail should have, for a server that counts differently."""
DONE_KEYWORD = b"$MaildDone"
_GONE = ("EXPUNGEISSUED", "NONEXISTENT", "NO LONGER EXIST", "NO SUCH MESSAGE", "NO MATCHING", "NO MESSAGE")


class Unreachable(MaildError):
    """The mailbox cannot be used now; the same may work later."""


class Refused(Unreachable):
    """The server does not let us in, or cannot do what the account asks: somebody must change something."""


class Broken(MaildError):
    """The server's answer about these mails makes no sense; others may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How to prove who we are, good for one connection."""

    user: str
    secret: str
    kind: Literal["password", "bearer"] = "password"
    """*bearer* is an OAuth2 access token (XOAUTH2)."""

    def __repr__(self) -> str:
        return f"Login({self.user!r}, {self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A mailbox to poll."""

    name: str
    """How listings and log call it."""
    host: str
    port: int
    tls: Literal["tls", "starttls", "none"]
    user: str
    folder: str = "INBOX"
    after: Literal["move", "flag", "delete", "keep"] = "move"
    """What becomes of a mail that is safely stored."""
    move_to: str = "Processed"
    failed: str | None = "Failed"
    """Where mails go that cannot be fetched or are too large; None leaves them where they are."""
    max_size: int = 35 * 1024 * 1024
    """Octets; a larger mail is listed, not fetched."""
    poll: float = 60.0
    """Seconds between looks."""
    idle: bool = True
    """Let the server say when something came; only ever a hint."""
    department: str | None = None
    ca_file: Path | None = None


class Session:
    """A connection with its folder open."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.validity = 0
        self._client: IMAPClient | None = None
        self._limit = SLACK
        self._socket: socket.socket | None = None

    # -- connect --------------------------------------------------------------------------------------------------

    def open(self, login: Callable[[], Login]) -> None:
        """Connect, log in, open the folder.

        Raises:
            Refused: when the server does not let us in or lacks what the account needs.
            Unreachable: when it cannot be reached now.

        """
        with self._command("connecting"):
            self._client = client = self._connect()
            self._socket = client.socket()
            _cap_literals(client, lambda: self._limit)
            self._log_in(client, login())
            self._open_folder(client)

    def _connect(self) -> IMAPClient:
        account = self.account
        context = ssl.create_default_context(cafile=account.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        client = IMAPClient(
            account.host,
            account.port,
            ssl=account.tls == "tls",
            ssl_context=context,
            timeout=SocketTimeout(CONNECT_SECONDS, READ_SECONDS),
        )
        if account.tls == "starttls":
            if not client.has_capability("STARTTLS"):
                client.shutdown()
                raise Refused(f"{account.host} offers no STARTTLS; no password is sent in the clear")
            client.starttls(context)
        return client

    def _log_in(self, client: IMAPClient, login: Login) -> None:
        try:
            if login.kind == "bearer":
                steps = iter([f"user={login.user}\1auth=Bearer {login.secret}\1\1".encode()])
                client.sasl_login("XOAUTH2", lambda _challenge: next(steps, b""))
            elif client.has_capability("AUTH=PLAIN"):
                client.plain_login(login.user, login.secret)
            else:
                client.login(login.user, login.secret)
        except LoginError as error:
            raise Refused(f"login of {login.user} refused: {_said(error)}") from None

    def _open_folder(self, client: IMAPClient) -> None:
        account = self.account
        try:
            opened = client.select_folder(account.folder)
        except IMAPClientError as error:
            raise Refused(f"the folder {account.folder} cannot be opened: {_said(error)}") from None
        self.validity = int(opened.get(b"UIDVALIDITY", 0))
        for folder in {account.move_to if account.after == "move" else None, account.failed} - {None}:
            if not client.folder_exists(folder):
                client.create_folder(folder)

    def close(self) -> None:
        """Say goodbye when the server listens; let go of the connection in any case."""
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(IMAPClientError, OSError):
            client.socket().settimeout(2.0)
            client.logout()
        with contextlib.suppress(IMAPClientError, OSError):
            client.shutdown()

    def interrupt(self) -> None:
        """End whatever the connection waits for; from any thread."""
        found = self._socket
        if found is not None:
            with contextlib.suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)

    # -- what the folder holds ------------------------------------------------------------------------------------

    def uids(self) -> list[int]:
        """Return the UIDs of the mails in the folder, oldest first."""
        with self._command("listing the folder") as client:
            client.noop()
            return sorted(int(uid) for uid in client.search(["UNDELETED"]))

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Return the size of each mail that is still there, octets."""
        with self._command("asking for sizes") as client:
            found = client.fetch(uids, ["RFC822.SIZE"])
            return {uid: int(parts[b"RFC822.SIZE"]) for uid, parts in found.items() if b"RFC822.SIZE" in parts}

    def fetch(self, sizes: dict[int, int]) -> dict[int, bytes]:
        """Return the raw bytes of mails (UID and expected size); one that has gone meanwhile is missing.

        Raises:
            Broken: when the answer makes no sense; the connection is then closed.

        """
        total = sum(sizes.values())
        self._limit = max(sizes.values(), default=0) * 2 + SLACK
        try:
            with self._command("fetching", COMMAND_SECONDS + total / SLOWEST) as client:
                found = client.fetch(list(sizes), ["BODY.PEEK[]"])
        finally:
            self._limit = SLACK
        raws = {uid: parts[b"BODY[]"] for uid, parts in found.items() if b"BODY[]" in parts}
        if any(not isinstance(raw, bytes) for raw in raws.values()):
            raise Broken("the server sent no bytes for a mail")
        return raws

    # -- what becomes of mails ------------------------------------------------------------------------------------

    def settle(self, uids: Sequence[int]) -> None:
        """Do with stored mails what the account says; what somebody else took meanwhile is theirs."""
        match self.account.after:
            case "move":
                self._move(uids, self.account.move_to)
            case "flag":
                with self._command("flagging") as client, _gone_is_fine():
                    client.add_flags(uids, [DONE_KEYWORD], silent=True)
            case "delete":
                self._delete(uids)
            case "keep":
                return

    def set_aside(self, uids: Sequence[int]) -> None:
        """Put mails that cannot be taken where the account says."""
        if self.account.failed is not None:
            self._move(uids, self.account.failed)

    def _move(self, uids: Sequence[int], folder: str) -> None:
        with self._command("moving") as client, _gone_is_fine():
            if client.has_capability("MOVE"):
                client.move(uids, folder)
                return
            client.copy(uids, folder)
        self._delete(uids)

    def _delete(self, uids: Sequence[int]) -> None:
        """Delete these and no others: without UIDPLUS they stay, marked, until the mailbox's owner expunges."""
        with self._command("deleting") as client, _gone_is_fine():
            client.delete_messages(uids, silent=True)
            if client.has_capability("UIDPLUS"):
                client.uid_expunge(uids)

    # -- waiting --------------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Wait for the server to say that something came, at most so long (RFC 2177).

        Raises:
            Unreachable: when the connection has ended; a closed one looks like silence, so it is asked.

        """
        client = self._need()
        if not self.account.idle or not client.has_capability("IDLE"):
            raise Unreachable("no IDLE here")
        with self._command("waiting", seconds + COMMAND_SECONDS) as client:
            started = time.monotonic()
            client.idle()
            heard = client.idle_check(timeout=seconds)
            client.idle_done()
            if not heard and time.monotonic() - started < seconds / 2:
                client.noop()

    @property
    def can_idle(self) -> bool:
        """Tell whether :meth:`wait` may be used."""
        return self.account.idle and self._client is not None and bool(self._client.has_capability("IDLE"))

    # -- inside ---------------------------------------------------------------------------------------------------

    def _need(self) -> IMAPClient:
        if self._client is None:
            raise Unreachable("not connected")
        return self._client

    @contextlib.contextmanager
    def _command(self, doing: str, seconds: float = COMMAND_SECONDS) -> Iterator[Any]:
        """Run a command with a deadline for all of it; whatever goes wrong ends the connection."""
        overrun = threading.Event()

        def end() -> None:
            overrun.set()
            self.interrupt()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield self._client if doing == "connecting" else self._need()
        except MaildError:
            self._drop()
            raise
        except (OSError, EOFError, IMAPClientAbortError) as error:
            self._drop()
            late = f"more than {seconds:.0f} seconds" if overrun.is_set() else None
            raise Unreachable(f"{doing}: {late or _said(error) or type(error).__name__}") from None
        except (IMAPClientError, ValueError, LookupError, TypeError, AssertionError, RecursionError) as error:
            self._drop()
            raise Broken(f"{doing}: {_said(error) or type(error).__name__}") from None
        finally:
            timer.cancel()

    def _drop(self) -> None:
        client, self._client, self._socket = self._client, None, None
        if client is not None:
            with contextlib.suppress(IMAPClientError, OSError):
                client.shutdown()


@contextlib.contextmanager
def _gone_is_fine() -> Iterator[None]:
    """Let it pass when the server says that the mails are no longer there: somebody else took them."""
    try:
        yield
    except IMAPClientError as error:
        if not any(sign in str(error).upper() for sign in _GONE):
            raise


def _cap_literals(client: IMAPClient, limit: Callable[[], int]) -> None:
    """Refuse a literal larger than what was asked for before a byte of it is read into memory (FAULTS I7)."""
    inner = client._imap
    read = inner.read

    def capped(size: int) -> bytes:
        if size > limit():
            raise Broken(f"the server announced {size} octets, which nobody asked for")
        return bytes(read(size))

    inner.read = capped


_UNFIT = re.compile(r"[^\x20-\x7e\xa0-\uffff]+")


def _said(error: BaseException) -> str:
    """Return what a server said, short and on one line."""
    return _UNFIT.sub(" ", str(error)).strip()[:200]

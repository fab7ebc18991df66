"""One connection to a mailbox: what maild asks of an IMAP server, and what it never believes (RFC 9051; law B6).

Only UIDs are used, never sequence numbers; ``\\Seen`` means nothing here; EXPUNGE is only ever ``UID EXPUNGE``. Every
command has a deadline of its own and a budget of octets that its answer may have. A connection belongs to one thread;
only :meth:`Session.interrupt` may be called from another.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError, ProtocolError

from maild.channels.imap.account import Account, Broken, Declined, Login, Refused, Unreachable
from maild.channels.imap.wire import Client, Flood, Wire
from maild.core.errors import MaildError

COMMAND_SECONDS = 120.0
"""A whole command, however slowly its answer drips."""
SLOWEST = 64 * 1024
"""Octets a second that a large mail may take at the least."""
SLACK = 64 * 1024
"""Octets beyond what a mail should have, for a server that counts differently."""
ANSWER = 4 * 1024 * 1024
"""Octets that the answer to any other command may have."""
MOST_NAMED = 80_000
"""UIDs in one answer at most: the library reads no line longer than a million octets."""
DONE_KEYWORD = b"$MaildDone"


class Session:
    """A connection with its folder open."""

    def __init__(self, account: Account, *, deadline: float = COMMAND_SECONDS) -> None:
        self.account, self._deadline = account, deadline
        self.validity = 0
        self._client: Client | None = None
        self._wire = Wire()
        self._ended = False
        self._holds = self._next = 0
        self._marks = self._looking = False
        self._idles = True

    # -- connect --------------------------------------------------------------------------------------------------

    def open(self, login: Callable[[], Login], *, looking: bool = False) -> None:
        """Connect, log in, open the folder (``looking``: read only, nothing is made).

        Raises:
            Refused: when the server does not let us in or lacks what the account needs.
            Unreachable: when it cannot be reached now.

        """
        proof = login()
        self.close()
        self._wire, self._looking, self._idles = Wire(), looking, True
        with self._command("connecting"):
            self._client = client = self._connect()
            self._log_in(client, proof)
            client.capabilities()
            self._open_folder(client)
            if not looking:
                self._make_folders(client)

    def _connect(self) -> Client:
        account = self.account
        context = None if account.tls == "none" else ssl.create_default_context(cafile=account.ca_file)
        if context is not None:
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        client = Client(account.host, account.port, tls=account.tls == "tls", context=context, wire=self._wire)
        if account.tls == "starttls":
            if not client.has_capability("STARTTLS"):
                client.shutdown()
                raise Refused(f"{account.host} offers no STARTTLS; no password is sent in the clear")
            client.starttls(context)
        return client

    def _log_in(self, client: Client, login: Login) -> None:
        said = b""

        def bearer(challenge: bytes) -> bytes:
            nonlocal said
            if challenge:  # the reason of a refusal; an empty answer lets the server say NO
                said = challenge
                return b""
            return f"user={login.user}\1auth=Bearer {login.secret}\1\1".encode()

        try:
            if login.kind == "bearer":
                client.sasl_login("XOAUTH2", bearer)
            elif client.has_capability("AUTH=PLAIN"):
                client.plain_login(login.user, login.secret)
            else:
                client.login(login.user, login.secret)
        except LoginError as error:
            if isinstance(error.__context__, IMAPClientAbortError):
                raise Unreachable(f"logging in: {_said(error)}") from None
            more = f" ({_said(said.decode('utf-8', 'replace'))})" if said else ""
            raise Refused(f"login of {login.user} refused: {_said(error)}{more}") from None

    def _open_folder(self, client: Client) -> None:
        """Open the folder, again before each look: only that shows for certain that it was made anew meanwhile."""
        account = self.account
        try:
            opened = client.select_folder(account.folder, readonly=self._looking)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            raise Refused(f"the folder {account.folder} cannot be opened: {_said(error)}") from None
        self.validity = int(opened.get(b"UIDVALIDITY", 0))
        if not self.validity:
            raise Refused(f"the server says no UIDVALIDITY of {account.folder}: mails there cannot be told apart")
        self._holds, self._next = int(opened.get(b"EXISTS", 0)), int(opened.get(b"UIDNEXT", 0))
        if not max(self.validity, self._next) < 2**32:
            raise Broken("the folder's UIDs are beyond 32 bits (RFC 9051 §2.3.1.1)")
        flags = opened.get(b"PERMANENTFLAGS", ())
        self._marks = b"\\*" in flags or DONE_KEYWORD in flags

    def _make_folders(self, client: Client) -> None:
        account = self.account
        for folder in sorted({account.move_to if account.after == "move" else "", account.failed or ""} - {""}):
            self._make(client, folder)

    def _make(self, client: Client, folder: str) -> None:
        try:
            if not client.folder_exists(folder):
                client.create_folder(folder)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            if not client.folder_exists(folder):  # another daemon may have made it meanwhile
                raise Refused(f"the folder {folder} cannot be made: {_said(error)}") from None

    @property
    def is_open(self) -> bool:
        """Tell whether there is a connection, as far as we know."""
        return self._client is not None

    def close(self) -> None:
        """Say goodbye when the server listens; let go of the connection in any case."""
        client = self._client
        if client is not None and not self._ended:
            with contextlib.suppress(IMAPClientError, OSError, Flood, ValueError):
                client.socket().settimeout(2.0)
                self._wire.left = SLACK
                client.logout()
        self._drop()

    def interrupt(self) -> None:
        """End whatever the connection waits for, and let no command begin any more; from any thread."""
        self._ended = True
        self._wire.cut()

    # -- what the folder holds ------------------------------------------------------------------------------------

    def uids(self) -> list[int]:
        """Return the UIDs of the mails in the folder that nobody has marked as done, oldest first."""
        criteria = ["UNDELETED"]
        if self.account.after == "flag" and self._marks:
            criteria += ["UNKEYWORD", DONE_KEYWORD.decode()]
        with self._command("listing the folder") as client:
            self._open_folder(client)
            if self._holds <= MOST_NAMED:
                return sorted(int(uid) for uid in client.search(criteria))
            found: set[int] = set()
            for start in range(1, max(self._next, 2), MOST_NAMED):  # a range, never a list: the server says its length
                self._wire.left = ANSWER
                after = start + MOST_NAMED
                end = "*" if after >= self._next else str(after - 1)
                found.update(int(uid) for uid in client.search([*criteria, "UID", f"{start}:{end}"]))
            return sorted(found)

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Return the size of each mail that is still there, octets."""
        return {uid: int(parts[b"RFC822.SIZE"]) for uid, parts in self._ask(uids, "RFC822.SIZE").items()}

    def arrivals(self, uids: Sequence[int]) -> dict[int, datetime]:
        """Return when each mail came into the mailbox (INTERNALDATE), aware."""
        found = self._ask(uids, "INTERNALDATE")
        return {uid: parts[b"INTERNALDATE"].astimezone() for uid, parts in found.items()}

    def _ask(self, uids: Sequence[int], what: str) -> dict[int, Any]:
        with self._command("asking about mails") as client:
            found = client.fetch(uids, [what])
            return {uid: parts for uid, parts in found.items() if parts.get(what.encode()) is not None}

    def fetch(self, sizes: dict[int, int]) -> dict[int, bytes]:
        """Return the raw bytes of mails (UID and expected size); one that has gone meanwhile is missing.

        Raises:
            Broken: when the answer makes no sense.
            Declined: when the server does not give them.
            Unreachable: when it gives nothing now; a throttled account must not have its mails put aside.

        """
        octets = sum(min(size * 2, self.account.max_size) + SLACK for size in sizes.values())
        try:
            with self._command("fetching", octets / SLOWEST, octets) as client:
                found = client.fetch(list(sizes), ["BODY.PEEK[]"])
        except Declined as error:
            if error.gone and len(sizes) == 1:
                return {}
            if error.passing:
                raise Unreachable(str(error)) from None
            raise
        raws = {uid: parts[b"BODY[]"] for uid, parts in found.items() if b"BODY[]" in parts and uid in sizes}
        empty = [uid for uid, raw in raws.items() if not raw and sizes[uid]]
        if not all(isinstance(raw, bytes) for uid, raw in raws.items() if uid not in empty) or self._are_there(empty):
            raise Broken("the server sent no bytes for a mail")
        return {uid: raw for uid, raw in raws.items() if uid not in empty}

    def _are_there(self, uids: Sequence[int]) -> bool:
        """Tell whether any of these still lies in the folder; of a mail another client took, Dovecot sends nothing."""
        if not uids:
            return False
        with self._command("asking what is new") as client:
            client.noop()  # only now does the server let go of what it had shown us
        return bool(self.sizes(uids))

    # -- what becomes of mails ------------------------------------------------------------------------------------

    def settle(self, uids: Sequence[int]) -> None:
        """Do with stored mails what the account says; what somebody else took meanwhile is theirs."""
        match self.account.after:
            case "move":
                self._move(uids, self.account.move_to)
            case "flag":
                if self._marks:
                    self._mark(uids, DONE_KEYWORD)
            case "delete":
                self._delete(uids)
            case "keep":
                return

    def set_aside(self, uids: Sequence[int]) -> None:
        """Put mails that cannot be taken where the account says."""
        if self.account.failed is not None:
            self._move(uids, self.account.failed)

    def _move(self, uids: Sequence[int], folder: str) -> None:
        """Move mails; without MOVE they are copied, and only what was copied is deleted (RFC 6851)."""
        try:
            with self._command("moving") as client:
                moves = bool(client.has_capability("MOVE"))
                (client.move if moves else client.copy)(uids, folder)
        except Declined as error:
            if error.gone:
                return  # some are gone, so the server moved none: the next look moves what is left
            if "TRYCREATE" not in str(error):
                raise
            with self._command("making a folder") as client:
                self._make(client, folder)
            raise
        if not moves:
            self._delete(uids)

    def _delete(self, uids: Sequence[int]) -> None:
        """Delete these and no others: without UIDPLUS they stay, marked, until the mailbox's owner expunges."""
        self._mark(uids, rb"\Deleted")
        with self._command("deleting") as client:
            if client.has_capability("UIDPLUS"):
                client.uid_expunge(uids)

    def _mark(self, uids: Sequence[int], flag: bytes) -> None:
        try:
            with self._command("marking") as client:
                client.add_flags(uids, [flag], silent=True)
        except Declined as error:
            if not error.gone:
                raise

    # -- waiting --------------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Wait for the server to say that something came, at most so long (RFC 2177).

        Raises:
            Unreachable: when the connection has ended; a closed one looks like silence, so it is asked.

        """
        try:
            with self._command("waiting", seconds) as client:
                started = time.monotonic()
                heard = client.idle() or client.idle_check(timeout=seconds)
                client.idle_done()
                if not heard and time.monotonic() - started < seconds / 2:
                    client.noop()
        except Declined:
            self._idles = False  # it offers what it refuses: then mail is looked for by the clock

    @property
    def can_idle(self) -> bool:
        """Tell whether :meth:`wait` may be used."""
        offered = self._client is not None and self._client.has_capability("IDLE")
        return self.account.idle and self._idles and bool(offered)

    # -- inside ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _command(self, doing: str, more: float = 0.0, octets: int = ANSWER) -> Iterator[Any]:
        """Run a command with a deadline and a budget for all of it; what leaves it unclear ends the connection."""
        client, seconds = self._client, self._deadline + more
        if self._ended or (client is None and doing != "connecting"):
            raise Unreachable("not connected")
        wire, wire_cut = self._wire, threading.Event()
        wire.left = octets
        if client is not None:
            client.forget()

        def end() -> None:
            wire_cut.set()
            wire.cut()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield client
        except MaildError as error:
            self._drop()
            raise (Broken(f"{doing}: {error}") if isinstance(error, Flood) else error) from None
        except (OSError, EOFError, IMAPClientError, *_NONSENSE) as error:
            late = f"{doing}: more than {seconds:.0f} seconds" if wire_cut.is_set() else None
            found = Unreachable(late) if late else _what(doing, error)
            if not isinstance(found, Declined) or doing == "connecting":
                self._drop()
            raise found from None
        finally:
            timer.cancel()

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._wire.cut()
        if client is not None:
            with contextlib.suppress(IMAPClientError, OSError):
                client.shutdown()
        self._wire.close()


_NONSENSE = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, OverflowError)
"""What the library raises over answers that it cannot read."""
_JUNK = ("unexpected response", "unexpected tagged response", "got more than")


def _what(doing: str, error: BaseException) -> MaildError:
    """Tell whose fault it is: the connection's, this answer's, or the server says NO."""
    said = f"{doing}: {_said(error) or type(error).__name__}"
    if isinstance(error, ssl.SSLError):  # some of its kinds are ValueErrors too
        return Unreachable(said)
    if isinstance(error, (ProtocolError, *_NONSENSE)) or any(sign in said for sign in _JUNK):
        return Broken(said)
    if isinstance(error, IMAPClientError) and not isinstance(error, IMAPClientAbortError):
        return Declined(said)
    return Unreachable(said)


_UNFIT = re.compile(r"[^\x20-\x7e\xa0-\uffff]+")


def _said(error: object) -> str:
    """Return what a server said, short and on one line."""
    return _UNFIT.sub(" ", str(error)).strip()[:200]

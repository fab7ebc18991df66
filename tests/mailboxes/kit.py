"""What the mailbox tests share: mails, a store that pollers fill, and a proxy that cuts connections."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select as sql_select

from maild.channels.imap.account import Account, Login
from maild.channels.imap.mailboxes import Poller
from maild.core.reasons.words import in_words
from maild.core.values.mail import Envelope
from maild.daemon.polling import StoreLedger
from maild.storage import engine as engines
from maild.storage import inbound, mailboxes, upgrade
from maild.storage.mailboxes import Place
from maild.storage.tables import Inbound
from maild.storage.writer import Writer


def mail(number: int, size: int = 300, subject: str = "") -> bytes:
    """Make a mail that tells itself apart from all others."""
    head = (
        f"Return-Path: <kari{number}@nordlys.example>\r\nFrom: Kari <kari{number}@nordlys.example>\r\n"
        f"To: it@desk.example\r\nSubject: {subject or f'Sak {number}'}\r\n"
        f"Message-ID: <{number}.{subject.replace(' ', '-')}@nordlys.example>\r\n"
        f"Date: Tue, 1 Dec 2026 10:00:00 +0100\r\n\r\n"
    )
    line = f"Det gjelder sak nummer {number}, skriveren i rom {number % 50}.\r\n"
    return (head + line * max(1, (size - len(head)) // len(line))).encode()


class Clock:
    """A clock that a test can set forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        """The time there."""
        return datetime.now(UTC) + self.ahead


class Shelf:
    """A real store that keeps what pollers bring, and reads nothing of it."""

    def __init__(self, engine: engines.Engine, writer: Writer, now: Clock) -> None:
        self.engine, self.writer, self.now = engine, writer, now
        self.alerts: list[tuple[str, str, str]] = []
        self.accepting: Callable[[bytes], None] = lambda raw: None
        """Called before each mail is stored; may raise."""

    async def accept(self, envelope: Envelope, raw: bytes, *, place: Place) -> int:
        """Store a mail as the intake does."""
        self.accepting(raw)
        return await self.writer.run(lambda c: mailboxes.accept(c, place, envelope, raw, claim_for=None))

    def poller(
        self,
        account: Account,
        *,
        who: str = "this",
        login: Callable[[], Login] | None = None,
        forget: Callable[[], None] = lambda: None,
        alert_after: timedelta = timedelta(0),
        deadline: float = 60.0,
    ) -> Poller:
        """Make a poller that fills this store."""
        ledger = StoreLedger(
            account,
            intake=self,  # type: ignore[arg-type]
            writer=self.writer,
            who=who,
            now=self.now,
            alert=lambda key, title, reason: self.alerts.append((key, in_words(title, "en"), in_words(reason, "en"))),
            alert_after=alert_after,
        )
        proof = login or (lambda: Login(user=account.user, secret="hemmelig"))
        return Poller(account, login=proof, forget_login=forget, ledger=ledger, now=self.now, deadline=deadline)

    def mails(self, after: int = 0) -> dict[int, bytes]:
        """Return what is stored, by id."""
        with engines.reading(self.engine) as connection:
            ids = connection.execute(sql_select(Inbound.id).where(Inbound.id > after).order_by(Inbound.id)).scalars()
            return {int(key): inbound.raw_of(connection, key) or b"" for key in ids}

    def states(self) -> dict[str, dict[str, Any]]:
        """Return how each account fares."""
        with engines.reading(self.engine) as connection:
            return {state["account"]: state for state in mailboxes.states(connection)}


@contextlib.asynccontextmanager
async def shelf(url: str) -> AsyncIterator[Shelf]:
    """Open an empty store."""
    engine = engines.open_engine(url)
    upgrade.upgrade(engine)
    writer = Writer(engine, "store")
    try:
        yield Shelf(engine, writer, Clock())
    finally:
        await writer.close()
        engine.dispose()


async def until(true: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(true):
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {seconds} s")
        await asyncio.sleep(0.05)


class Proxy:
    """Passes one connection after the other on, and cuts each after so many octets."""

    def __init__(self, port: int) -> None:
        self.limit: int | None = None
        self.passed = 0
        """Octets of the last connection, both ways."""
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            with here, socket.create_connection(("127.0.0.1", self._to)) as there:
                for one in (here, there):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.passed = 0
                with contextlib.suppress(OSError):
                    self._pass_on(here, there)

    def _pass_on(self, here: socket.socket, there: socket.socket) -> None:
        other = {here: there, there: here}
        while True:
            for one in select.select(list(other), [], [], 30)[0]:
                room = 65536 if self.limit is None else self.limit - self.passed
                data = one.recv(min(65536, room)) if room > 0 else b""
                if not data:
                    return
                other[one].sendall(data)
                self.passed += len(data)

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

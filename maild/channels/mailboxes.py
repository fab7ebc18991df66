"""Polling a mailbox: look, take what is new, store it, only then settle it in the mailbox; again and again.

Each account has a thread of its own, because an IMAP connection blocks; one that hangs holds up nobody else. The folder
is the work list. What is stored is asked from the store before anything is fetched, so a crash between storing and
settling, a second daemon, or a mailbox that was made anew cost nothing but a look.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from maild.channels.imap_in import Account, Broken, Login, Refused, Session, Unreachable
from maild.channels.return_path import return_path
from maild.core.errors import Temporary
from maild.core.mail import Envelope

MOST_FETCHED = 20
"""Mails in one FETCH."""
MOST_BYTES = 16 * 1024 * 1024
"""Octets in one FETCH: what a poller holds in memory."""
MOST_LISTED = 500
"""UIDs that one SIZE question or one settling names."""
LONGEST_IDLE = 540.0
"""Seconds: middle boxes forget a silent connection after ten minutes."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
"""Seconds before a broken connection is tried again."""
RECONNECT = timedelta(hours=12)
"""A connection is made anew now and then: the library keeps what a server says unasked."""
RENEW = 30.0


class Ledger(Protocol):
    """What the store knows about an account; every method runs on the daemon's loop."""

    async def take_lease(self) -> int | None:
        """Take or renew the right to poll; its number, or None while another daemon has it."""
        ...

    async def give_lease(self) -> None:
        """Give it back."""
        ...

    async def stored(self, validity: int, uids: Sequence[int]) -> set[int]:
        """Return those UIDs that are stored."""
        ...

    async def postponed(self, validity: int) -> set[int]:
        """Return UIDs not to be tried now."""
        ...

    async def accept(self, envelope: Envelope, raw: bytes, *, validity: int, uid: int, fence: int) -> bool:
        """Store a mail durably; False when it was stored before. Raises Temporary when it cannot be stored now."""
        ...

    async def trouble(self, validity: int, uid: int, reason: str) -> bool:
        """Note that a mail could not be taken; True when it is to be put aside."""
        ...

    async def solved(self, validity: int, uids: Sequence[int]) -> None:
        """Strike these off the list of troubles."""
        ...

    async def fares(self, backlog: int, error: str) -> None:
        """Record how the account fares."""
        ...


class Lost(Exception):
    """Another daemon polls this account now."""


class Stopped(Exception):
    """The poller is to end."""


@dataclass(slots=True)
class _Round:
    """One look at the folder."""

    session: Session
    fence: int
    renewed: float
    left: int = 0


class Poller:
    """One account, polled by a thread of its own."""

    def __init__(
        self,
        account: Account,
        *,
        login: Callable[[], Login],
        forget_login: Callable[[], None],
        ledger: Ledger,
        now: Callable[[], datetime],
    ) -> None:
        self.account = account
        self._login, self._forget_login, self._ledger, self._now = login, forget_login, ledger, now
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._session: Session | None = None
        self._thread = threading.Thread(target=self._work, name=f"imap-{account.name}", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    async def stop(self) -> None:
        """End: what is being stored is finished, the connection is cut, the lease given back."""
        self._stop.set()
        session = self._session
        if session is not None:
            session.interrupt()
        await asyncio.to_thread(self._thread.join, 30.0)

    # -- the thread -----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        wait = FIRST_WAIT
        while not self._stop.is_set():
            try:
                self._connected()
                wait = FIRST_WAIT
            except Stopped:
                break
            except Lost:
                self._pause(self.account.poll)
            except Refused as error:
                self._forget_login()
                self._fares(error)
                self._pause(wait * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
                wait = min(wait * 3, LONGEST_WAIT)
            except (Unreachable, Broken, Temporary) as error:
                self._fares(error)
                self._pause(wait * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
                wait = min(wait * 2, LONGEST_WAIT)
        with contextlib.suppress(Stopped, Temporary):
            self._ask(self._ledger.give_lease(), last=True)

    def _connected(self) -> None:
        """Keep one connection for as long as it is good."""
        self._lease()  # before the connection: a daemon without the right does not even log in
        session = Session(self.account)
        self._session = session
        started = time.monotonic()
        try:
            session.open(self._login)
            while not self._stop.is_set() and time.monotonic() - started < RECONNECT.total_seconds():
                self._look(session)
                self._rest(session)
        finally:
            self._session = None
            session.close()

    def _rest(self, session: Session) -> None:
        if session.can_idle:
            session.wait(min(self.account.poll, LONGEST_IDLE))
        else:
            self._pause(self.account.poll)

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped

    def _ask(self, question: Awaitable[Any], *, last: bool = False) -> Any:
        """Ask the daemon's loop and wait for the answer."""
        if self._stop.is_set() and not last:
            if asyncio.iscoroutine(question):
                question.close()
            raise Stopped
        return asyncio.run_coroutine_threadsafe(_whole(question), self._loop).result()

    def _lease(self) -> int:
        fence = self._ask(self._ledger.take_lease())
        if fence is None:
            raise Lost
        return int(fence)

    def _fares(self, error: Exception) -> None:
        with contextlib.suppress(Temporary):
            self._ask(self._ledger.fares(-1, str(error)))

    # -- one look -------------------------------------------------------------------------------------------------

    def _look(self, session: Session) -> None:
        look = _Round(session, self._lease(), time.monotonic())
        uids = session.uids()
        done = self._ask(self._ledger.stored(session.validity, uids))
        if self.account.after != "keep":
            for chunk in _chunks(sorted(done), MOST_LISTED):
                session.settle(chunk)
        later = self._ask(self._ledger.postponed(session.validity))
        todo = [uid for uid in uids if uid not in done and uid not in later]
        look.left = len(todo)
        self._report(look)
        for chunk in _chunks(todo, MOST_LISTED):
            self._take(look, chunk)
        self._report(look)

    def _report(self, look: _Round) -> None:
        self._ask(self._ledger.fares(look.left, ""))

    def _take(self, look: _Round, uids: list[int]) -> None:
        sizes = look.session.sizes(uids)
        look.left -= len(uids) - len(sizes)  # somebody took them meanwhile
        large = {uid: size for uid, size in sizes.items() if size > self.account.max_size}
        for uid, size in large.items():
            self._troubled(look, uid, f"{size} bytes, more than {self.account.max_size}")
        for batch in _batches({uid: sizes[uid] for uid in sorted(sizes) if uid not in large}):
            if time.monotonic() - look.renewed > RENEW:
                look.fence, look.renewed = self._lease(), time.monotonic()
                self._report(look)
            self._fetch(look, batch)

    def _fetch(self, look: _Round, batch: dict[int, int]) -> None:
        """Fetch some mails together; when the answer makes no sense, one by one, so that only the culprit fails."""
        try:
            raws = look.session.fetch(batch)
        except Broken as error:
            if len(batch) == 1:
                self._troubled(look, next(iter(batch)), str(error))
                raise
            self._one_by_one(look, batch)
            return
        look.left -= len(batch) - len(raws)
        self._store(look, raws)

    def _one_by_one(self, look: _Round, batch: dict[int, int]) -> None:
        for uid, size in batch.items():
            look.session.open(self._login)
            try:
                raws = look.session.fetch({uid: size})
            except Broken as error:
                self._troubled(look, uid, str(error))
                continue
            self._store(look, raws)
        look.session.open(self._login)

    def _store(self, look: _Round, raws: dict[int, bytes]) -> None:
        """Store mails, oldest first and many in one commit; settle those that are safe."""
        ledger, validity = self._ledger, look.session.validity

        async def store() -> list[BaseException | bool]:
            accepted = (
                ledger.accept(self._envelope(raw), raw, validity=validity, uid=uid, fence=look.fence)
                for uid, raw in sorted(raws.items())
            )
            return await asyncio.gather(*accepted, return_exceptions=True)

        results = self._ask(store())
        safe = [uid for uid, result in zip(sorted(raws), results, strict=True) if isinstance(result, bool)]
        failed = next((result for result in results if isinstance(result, BaseException)), None)
        look.left -= len(safe)
        if safe and not isinstance(failed, Lost):
            look.session.settle(safe)
            self._ask(ledger.solved(validity, safe))
        if failed is not None:
            raise failed

    def _envelope(self, raw: bytes) -> Envelope:
        return Envelope(
            source="imap",
            received=self._now(),
            sender=return_path(raw),
            recipients=(),
            account=self.account.name,
            department=self.account.department,
        )

    def _troubled(self, look: _Round, uid: int, reason: str) -> None:
        look.left -= 1
        if self._ask(self._ledger.trouble(look.session.validity, uid, reason)):
            with contextlib.suppress(Broken, Unreachable):
                look.session.set_aside([uid])


async def _whole(question: Awaitable[Any]) -> Any:
    return await question


def _chunks(uids: list[int], most: int) -> Iterator[list[int]]:
    for start in range(0, len(uids), most):
        yield uids[start : start + most]


def _batches(sizes: dict[int, int]) -> Iterator[dict[int, int]]:
    """Cut mails into batches small enough to hold in memory; one that is large alone is a batch of its own."""
    batch: dict[int, int] = {}
    total = 0
    for uid, size in sizes.items():
        if batch and (len(batch) >= MOST_FETCHED or total + size > MOST_BYTES):
            yield batch
            batch, total = {}, 0
        batch[uid] = size
        total += size
    if batch:
        yield batch

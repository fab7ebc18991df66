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
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from maild import logs
from maild.channels.imap.account import Account, Broken, Declined, Login, Refused, Unreachable
from maild.channels.imap.box import COMMAND_SECONDS, Session
from maild.channels.imap.return_path import return_path
from maild.core.errors import Temporary
from maild.core.values.mail import Envelope

log = logs.get("maild.mailboxes")

MOST_FETCHED = 20
"""Mails in one FETCH."""
MOST_BYTES = 8 * 1024 * 1024
"""Octets in one FETCH: what a poller holds in memory."""
MOST_LISTED = 500
"""UIDs that one SIZE question or one settling names."""
LONGEST_IDLE = 540.0
"""Seconds: middle boxes forget a silent connection after ten minutes."""
SHORTEST_REST = 1.0
"""Seconds between two looks, however often the server says that something came."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
"""Seconds before a broken connection is tried again."""
RECONNECT = timedelta(hours=12)
"""A connection is made anew now and then: middle boxes and servers age."""
RENEW = 10.0
"""Seconds between renewals of the lease; it holds three times as long."""
TELL = 3.0
"""Seconds between reports of progress while a backlog is taken."""
STRIKES = 5
"""Connections that may end over the same mail, fetched alone, before it is left for later."""

Trouble = Literal["broken", "large", "cut"]
"""Why a mail could not be taken: the answer about it makes no sense, it is too large, or the connection ends each
time. Broken ones are tried again and then put aside, large ones put aside at once, the last kind stays in the folder
for ever: it may be the network."""


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

    async def troubled(self, validity: int) -> dict[int, bool]:
        """Return the UIDs that could not be taken so far, and of each whether it may be tried again now."""
        ...

    async def accept(self, envelope: Envelope, raw: bytes, *, validity: int, uid: int, fence: int) -> bool:
        """Store a mail durably; False when it was stored before.

        Raises:
            Temporary: when it cannot be stored now.
            Lost: when another daemon polls this account now.

        """
        ...

    async def trouble(self, validity: int, uid: int, reason: str, how: Trouble) -> bool:
        """Note that a mail could not be taken; True when it is to be put aside."""
        ...

    async def solved(self, validity: int, uids: Sequence[int]) -> None:
        """Strike these off the list of troubles."""
        ...

    async def fares(self, backlog: int | None, error: str) -> None:
        """Record how the account fares; None = nobody knows how many mails are left."""
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
    validity: int
    told: float
    left: int = 0
    safe: list[int] = field(default_factory=list)
    """UIDs that are stored and not settled yet: a server settles many at once for the price of few."""
    unsettled: str = ""
    """Why stored mails cannot be moved or marked, if so."""
    troubled: dict[int, bool] = field(default_factory=dict)


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
        deadline: float = COMMAND_SECONDS,
    ) -> None:
        self.account = account
        self._deadline = deadline
        self._login, self._forget_login, self._ledger, self._now = login, forget_login, ledger, now
        self._loop = asyncio.get_running_loop()
        self._stop, self._lost = threading.Event(), threading.Event()
        self._session: Session | None = None
        self._strikes: dict[int, int] = {}
        """How often the connection ended while a mail was fetched; all of one UIDVALIDITY."""
        self._validity = 0
        self._looked = False
        """Whether the present connection has looked the folder through."""
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
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join, 30.0)

    def once(self) -> None:
        """Connect, look once and leave; for whoever does the waiting himself, in a thread.

        Raises:
            MaildError: as the mailbox or the store fails.
            Lost: when another daemon polls this account.

        """
        self._connected(looks=1)

    # -- the thread -----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        wait = FIRST_WAIT
        while not self._stop.is_set():
            wait = self._try(wait)
        with contextlib.suppress(Stopped, Temporary):
            self._ask(self._ledger.give_lease(), last=True)

    def _try(self, wait: float) -> float:
        """Keep a connection until it ends, then wait; how long to wait when the next one ends too."""
        try:
            self._connected()
            return FIRST_WAIT
        except Stopped:
            return wait
        except Lost:
            self._stop.wait(min(self.account.poll, RENEW))
            return FIRST_WAIT
        except Refused as error:
            self._forget_login()
            return self._failed(error, wait, 3)
        except (Unreachable, Broken, Declined, Temporary) as error:
            if self._lost.is_set():
                self._stop.wait(min(self.account.poll, RENEW))
                return FIRST_WAIT
            return self._failed(error, wait, 2)
        except Exception as error:  # a bug must not end the polling of a mailbox for good
            log.error("polling failed", account=self.account.name, exc_info=error)
            return self._failed(error, wait, 3)

    def _failed(self, error: Exception, wait: float, factor: int) -> float:
        if self._looked:  # this connection was good for something: what ended it is news
            wait = FIRST_WAIT
        if not self._stop.is_set():
            with contextlib.suppress(Temporary, Stopped):
                self._ask(self._ledger.fares(None, str(error) or type(error).__name__))
            self._stop.wait(wait * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
        return min(wait * factor, LONGEST_WAIT)

    def _connected(self, looks: int | None = None) -> None:
        """Keep one connection for as long as it is good."""
        self._looked = False
        self._lease()  # before the connection: a daemon without the right does not even log in
        self._lost.clear()
        keeper = asyncio.run_coroutine_threadsafe(self._keep_lease(), self._loop)
        session = Session(self.account, deadline=self._deadline)
        self._session = session
        started = time.monotonic()
        try:
            if self._stop.is_set():
                raise Stopped
            session.open(self._login)
            while not self._stop.is_set() and time.monotonic() - started < RECONNECT.total_seconds():
                looked = time.monotonic()
                self._look(session)
                if looks is not None and (looks := looks - 1) <= 0:
                    return
                self._rest(session, looked)
        finally:
            keeper.cancel()
            self._session = None
            session.close()

    def _rest(self, session: Session, looked: float) -> None:
        if session.can_idle:
            session.wait(min(self.account.poll, LONGEST_IDLE))
            self._pause(max(0.0, SHORTEST_REST - (time.monotonic() - looked)))
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

    async def _keep_lease(self) -> None:
        """Renew the lease while the thread waits for the server; cut the connection when it has become another's."""
        while True:
            await asyncio.sleep(RENEW)
            with contextlib.suppress(Temporary):
                if await self._ledger.take_lease() is None:
                    self._lost.set()
                    session = self._session
                    if session is not None:
                        session.interrupt()
                    return

    # -- one look -------------------------------------------------------------------------------------------------

    def _look(self, session: Session) -> None:
        fence, uids = self._lease(), session.uids()
        look = _Round(session, fence, session.validity, time.monotonic())
        if look.validity != self._validity:
            self._validity, self._strikes = look.validity, {}
        done = self._ask(self._ledger.stored(look.validity, uids))
        look.troubled = self._ask(self._ledger.troubled(look.validity))
        todo = [uid for uid in uids if uid not in done and look.troubled.get(uid, True)]
        look.left = len(todo)
        self._report(look)
        if self.account.after != "keep":
            self._done(look, sorted(done))
            self._settle(look, look.safe)
        todo.sort(key=lambda uid: (self._strikes.get(uid, 0) > 1, uid))
        for chunk in _chunks(todo, MOST_LISTED):
            self._take(look, chunk)
        self._settle(look, look.safe)
        self._report(look)
        self._looked = True

    def _report(self, look: _Round) -> None:
        look.told = time.monotonic()
        self._ask(self._ledger.fares(max(look.left, 0), look.unsettled))

    def _take(self, look: _Round, uids: list[int]) -> None:
        self._reopen(look)
        sizes = look.session.sizes(uids)
        look.left -= len(uids) - len(sizes)  # somebody took them meanwhile
        large = {uid: size for uid, size in sizes.items() if size > self.account.max_size}
        for uid, size in large.items():
            self._troubled(look, uid, f"{size} bytes, more than {self.account.max_size}", "large")
        fit = {uid: sizes[uid] for uid in uids if uid in sizes and uid not in large}
        for batch in _batches(fit, alone=self._strikes):
            if time.monotonic() - look.told > TELL:
                self._report(look)
            self._fetch(look, batch)
            if len(look.safe) >= MOST_LISTED:
                self._settle(look, look.safe)

    def _fetch(self, look: _Round, batch: dict[int, int]) -> None:
        """Fetch some mails together; when the answer makes no sense, one by one, so that only the culprit fails."""
        self._reopen(look)
        try:
            raws = look.session.fetch(batch)
        except (Broken, Declined) as error:
            if len(batch) > 1:
                for uid, size in batch.items():
                    self._fetch(look, {uid: size})
                return
            self._troubled(look, next(iter(batch)), str(error), "broken")
            return
        except Unreachable as error:
            self._struck(look, batch, str(error))
            raise
        look.left -= len(batch) - len(raws)
        self._missing(look, [uid for uid in batch if uid not in raws])
        self._store(look, raws)

    def _reopen(self, look: _Round) -> None:
        """Connect again after an answer that made no sense."""
        if look.session.is_open:
            return
        if self._stop.is_set():
            raise Stopped
        look.session.open(self._login)
        if look.session.validity != look.validity:
            raise Unreachable("the folder was made anew meanwhile")

    def _struck(self, look: _Round, batch: dict[int, int], reason: str) -> None:
        """Remember over which mails a connection ended: one may be the cause, as some servers die over a mail."""
        if self._stop.is_set() or self._lost.is_set():
            return
        for uid in batch:
            self._strikes[uid] = self._strikes.get(uid, 0) + 1
        uid = next(iter(batch))
        if len(batch) == 1 and self._strikes[uid] > STRIKES:
            self._strikes[uid] = 1
            self._troubled(look, uid, reason, "cut")

    def _missing(self, look: _Round, uids: list[int]) -> None:
        """Remember mails of which the server said nothing: most were taken by somebody else, and are gone for good."""
        for uid in uids:
            self._strikes[uid] = self._strikes.get(uid, 0) + 1
            if self._strikes[uid] > STRIKES:
                look.left += 1
                self._troubled(look, uid, "the server lists it and sends nothing", "cut")

    def _store(self, look: _Round, raws: dict[int, bytes]) -> None:
        """Store mails, oldest first and many in one commit; settle those that are safe."""
        ledger = self._ledger

        async def store() -> list[BaseException | bool]:
            accepted = (
                ledger.accept(self._envelope(raw), raw, validity=look.validity, uid=uid, fence=look.fence)
                for uid, raw in sorted(raws.items())
            )
            return await asyncio.gather(*accepted, return_exceptions=True)

        results = dict(zip(sorted(raws), self._ask(store()), strict=True))
        safe = [uid for uid, result in results.items() if isinstance(result, bool)]
        failed = {uid: result for uid, result in results.items() if isinstance(result, BaseException)}
        look.left -= len(safe)
        self._done(look, safe)
        for error in failed.values():
            if isinstance(error, Lost | Temporary) or not isinstance(error, Exception):
                raise error  # what is safe is settled by the next look
        for uid, error in failed.items():
            self._troubled(look, uid, f"it cannot be stored: {type(error).__name__}: {error}"[:300], "broken")

    def _done(self, look: _Round, uids: list[int]) -> None:
        """Strike stored mails off the lists of what gave trouble, and put them down to be settled."""
        for uid in uids:
            self._strikes.pop(uid, None)
        if solved := [uid for uid in uids if uid in look.troubled]:
            self._ask(self._ledger.solved(look.validity, solved))
        look.safe += uids

    def _settle(self, look: _Round, uids: list[int]) -> None:
        """Settle what is safe. A server that cannot (its archive is full, say) stops no mail coming in."""
        uids, look.safe = list(uids), []
        if uids and not look.unsettled:
            self._reopen(look)
        for chunk in _chunks(uids, MOST_LISTED):
            if look.unsettled:
                return
            try:
                look.session.settle(chunk)
            except (Broken, Declined) as error:
                look.unsettled = f"mails are stored, but stay in the mailbox: {error}"

    def _envelope(self, raw: bytes) -> Envelope:
        return Envelope(
            source="imap",
            received=self._now(),
            sender=return_path(raw),
            recipients=(),
            account=self.account.name,
            department=self.account.department,
        )

    def _troubled(self, look: _Round, uid: int, reason: str, how: Trouble) -> None:
        look.left -= 1
        if self._ask(self._ledger.trouble(look.validity, uid, reason, how)):
            with contextlib.suppress(Broken, Declined):
                self._reopen(look)
                look.session.set_aside([uid])


async def _whole(question: Awaitable[Any]) -> Any:
    return await question


def _chunks(uids: list[int], most: int) -> Iterator[list[int]]:
    for start in range(0, len(uids), most):
        yield uids[start : start + most]


def _batches(sizes: dict[int, int], *, alone: dict[int, int]) -> Iterator[dict[int, int]]:
    """Cut mails into batches small enough to hold in memory; one that is large or ended a connection goes alone."""
    batch: dict[int, int] = {}
    total = 0
    for uid, size in sizes.items():
        if batch and (len(batch) >= MOST_FETCHED or total + size > MOST_BYTES or uid in alone):
            yield batch
            batch, total = {}, 0
        if uid in alone:
            yield {uid: size}
            continue
        batch[uid] = size
        total += size
    if batch:
        yield batch

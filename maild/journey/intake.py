"""When and in which order mails walk the corridor: the window of mails in work, attempts, and what fails.

Mails are read side by side and decided in the order they were accepted. One that goes to the slow lane, takes more than
two seconds to read, or fails, is passed by and delays nobody. A mail's first attempt is counted in the commit that
accepts it (or in one claim for many after a backlog). Those for the slow reader wait in the store, and are taken from
there one at a time, outside the window.

After an unclean end all mails that were in work are *suspects*. They are read one at a time, so that only a mail over
which maild ends again and again is read by its header alone. They are older than what comes in now, so they go first;
newer ones wait for them in the store, but not for one that is slow, and not longer than ``CATCH_UP``.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback as tracebacks
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from maild import logs
from maild.core.cause import MailCame
from maild.core.errors import Temporary
from maild.core.reasons.codes import Code
from maild.core.reasons.reason import Reason, because
from maild.core.values.mail import Envelope, Mail, ReadingFailed
from maild.journey.corridor import Corridor, Handled, walk
from maild.mail.reader.process import Slow
from maild.storage import inbound, mailboxes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.mail.reader.readers import LaneName
    from maild.storage.letters_out import ToSend
    from maild.storage.mailboxes import Place
    from maild.storage.writer import Writer

log = logs.get("maild")
WINDOW_MAILS = 256
WINDOW_BYTES = 48 * 1024 * 1024
"""Raw bytes of mails in work held in memory; beyond it mails wait in the store (law D11)."""
PASS_BY = 2.0
"""Seconds of reading after which a mail no longer holds up the ones behind it."""
POLL = 1.0
"""Seconds between looks for mails that somebody else put into the store."""
CATCH_UP = 20.0
"""Seconds after a start that newer mails wait for those an earlier run left in work, at most."""
MOST_DEATHS = 5
"""Attempts that may end with the daemon itself. The last of them is by the header alone, and after it a mail is put
aside unread, or one mail could keep maild down for ever. More than inbound.MOST_ATTEMPTS, because whoever kills a
daemon again and again need not be a mail."""
MOST_BLAMED = 4
"""Faults of the store that come with one mail while it does other work; then it is the mail's, and ends an attempt."""


class Reader(Protocol):
    """Whoever turns raw bytes into a Mail."""

    async def read_in(
        self, lane: LaneName, raw: bytes, envelope: Envelope, held_up: Callable[[], None] | None = None
    ) -> Mail | ReadingFailed | Slow:
        """Read one mail in a lane; never raises for what the mail holds. Only the normal one may say that it is slow.

        ``held_up`` is called when nobody should wait for this mail any longer.
        A failure is the last word: whatever way there was to make something of the mail has been tried.
        """
        ...

    def is_slow(self, envelope: Envelope) -> bool:
        """Tell whether mail from there goes to the slow lane at once."""
        ...


class Sender(Protocol):
    """Whoever takes outgoing mails whose attempt is recorded."""

    def room(self) -> datetime | None:
        """Until when outgoing mails may be claimed for sending at once; None when there is no room for them."""
        ...

    def take(self, mails: list[ToSend]) -> None:
        """Send these."""
        ...

    def wake(self) -> None:
        """Look into the store for more."""
        ...


@dataclass(slots=True)
class _Item:
    id: int
    envelope: Envelope
    raw: bytes
    attempts: int
    started: float
    mail: Mail | None = None
    failed: ReadingFailed | None = None
    unreadable: bool = False
    """Reading it has failed, which no further attempt would change."""
    passed_by: bool = False
    tries: int = 0
    blamed: int = 0
    """How often the store was away for this mail alone: it did other work since the time before."""
    worked: int = 0
    """How much it had done by then."""
    alone: asyncio.Event | None = None
    """Set when a mail that is read by itself, outside the window, is done with."""
    lane: LaneName = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One line for the log: what became of a mail."""

    id: int
    case: int | None
    outcome: str
    reason: Reason
    seconds: float
    troubles: tuple[str, ...] = ()


class Intake:
    """The mails in work."""

    def __init__(
        self,
        *,
        accepting: Writer,
        deciding: Writer,
        reader: Reader,
        sender: Sender,
        corridor: Callable[[], Corridor],
        now: Callable[[], datetime],
        report: Callable[[Report], None],
        quarantined: Callable[[Connection, int, Reason], bool],
    ) -> None:
        self._accepting, self._deciding = accepting, deciding
        self._reader, self._sender = reader, sender
        self._corridor, self._now, self._report = corridor, now, report
        self._quarantined = quarantined
        """Queues the notice of a mail put aside, in the transaction that does so; True when something was queued."""
        self._order: deque[_Item] = deque()
        self._working: dict[int, _Item] = {}
        self._bytes = 0
        self._storing = 0
        self._worked = 0
        """How often the store has claimed or decided something."""
        self._passing = 0
        """Mails on their way past the window into the store: no later one may be claimed before them."""
        self._backlog = True
        self._slow = True
        """Whether a mail may be waiting for the slow reader."""
        self._wake = asyncio.Event()
        self._slow_wake = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []

    # -- accept ---------------------------------------------------------------------------------------------------

    async def accept(
        self, envelope: Envelope, raw: bytes | bytearray | memoryview, *, place: Place | None = None
    ) -> int:
        """Store a mail durably and put it to work; its id, once a crash can no longer lose it.

        ``place`` says where in a polled mailbox it lies.

        Raises:
            Temporary: when it cannot be stored now; the sender keeps it.
            AlreadyStored: when that place in the mailbox was taken before.
            LeaseLost: when the mailbox is another daemon's now.

        """
        data = bytes(raw)
        large = len(data) > inbound.LARGE
        packed = data if large else inbound.pack(data)  # a large one is hashed where it is stored, in a thread
        slow = self._reader.is_slow(envelope)
        free = not self._backlog and not self._passing and not self._stopping
        claim = free and not slow and self._has_room(len(data))
        who = self._corridor().who if claim else None
        if claim:
            self._storing += 1
            self._bytes += len(data)
        elif not slow:
            self._passing += 1
        try:
            if place is None:
                key = await self._accepting.run(
                    lambda c: inbound.accept(c, envelope, packed, claim_for=who, slow=slow), large
                )
            else:
                key = await self._accepting.run(
                    lambda c: mailboxes.accept(c, place, envelope, packed, claim_for=who, slow=slow), large
                )
        except BaseException:
            if claim:
                self._bytes -= len(data)
            raise
        finally:
            if claim:
                self._storing -= 1
            elif slow:
                self._look_for_slow()
            else:
                self._passing -= 1
                self._backlog = True
                self._wake.set()
        if slow:
            log.info("mail.slow", id=key)
        if claim:
            self._begin(_Item(key, envelope, data, 1, time.monotonic()))
        return key

    def _has_room(self, size: int) -> bool:
        busy = len(self._working) + self._storing
        return busy < WINDOW_MAILS and (busy == 0 or self._bytes + size <= WINDOW_BYTES)

    def waiting(self) -> int:
        """Return how many mails are in work."""
        return len(self._working)

    # -- start and stop -------------------------------------------------------------------------------------------

    async def start(self, *, alone: bool) -> None:
        """Take up what an earlier run left (``alone``: no other daemon can be at work), then keep taking."""
        who = self._corridor().who
        await self._deciding.run(lambda c: inbound.reclaim_own(c, who=None if alone else who))
        self._loops = [asyncio.create_task(work) for work in (self._fill(), self._suspects(), self._read_slow())]

    async def stop(self) -> None:
        """Finish what is being decided; give the rest back uncounted."""
        self._stopping = True
        for task in [*self._loops, *self._tasks]:
            task.cancel()
        await asyncio.gather(*self._loops, *self._tasks, return_exceptions=True)
        who = self._corridor().who
        with contextlib.suppress(Temporary):  # a store that is away finds them as after a crash
            # all of ours: a claim under way may have taken some after its task was cancelled
            await self._deciding.run(lambda c: inbound.put_back(c, None, who=who))

    def busy(self) -> bool:
        """Tell whether something is in work, or may still be in the store."""
        return bool(self._working) or self._backlog or self._slow or self._storing > 0

    # -- claim ----------------------------------------------------------------------------------------------------

    async def _fill(self) -> None:
        """Claim mails from the store whenever there is room: a backlog, or what another process put there."""
        await _wait(self._caught_up, CATCH_UP)
        while not self._stopping:
            self._wake.clear()
            full = not self._has_room(1)
            try:
                claimed = await self._claim(WINDOW_MAILS - len(self._working) - self._storing, "fresh")
            except Temporary:
                await asyncio.sleep(POLL)
                continue
            self._backlog = bool(claimed) or full or self._wake.is_set()
            if not claimed:
                if self._backlog:
                    await asyncio.sleep(0.02)
                else:
                    await _wait(self._wake, POLL)

    async def _claim(self, limit: int, kind: inbound.Kind) -> list[_Item]:
        """Claim mails; those that are read alone are outside the window, so that they never fill it."""
        room = WINDOW_BYTES - self._bytes if kind == "fresh" else 1
        if limit <= 0 or (room <= 0 and self._working):
            return []
        who, now = self._corridor().who, self._now()
        claimed = await self._deciding.run(
            lambda c: inbound.claim(c, who=who, now=now, limit=limit, kind=kind, room=max(room, 1)), large=True
        )
        self._worked += 1
        items = [_Item(mail.id, mail.envelope, mail.raw, mail.attempts, time.monotonic()) for mail in claimed]
        for item in items:
            if kind == "fresh":
                self._bytes += len(item.raw)
            else:
                item.alone, item.passed_by = asyncio.Event(), True
            if item.attempts >= MOST_DEATHS:
                item.lane = "header"
            elif kind == "slow":
                item.lane = "slow"
            self._begin(item)
        return items

    async def _suspects(self) -> None:
        """Read mails over which maild has ended, one at a time, each attempt in a commit of its own."""
        while not self._stopping:
            try:
                items = await self._claim(1, "suspects")
            except Temporary:
                await asyncio.sleep(POLL)
                continue
            for item in items:
                assert item.alone is not None
                await _wait(item.alone, PASS_BY)
                if not item.alone.is_set():
                    self._caught_up.set()
                    await item.alone.wait()
            if not items:
                self._caught_up.set()
                await asyncio.sleep(POLL)

    async def _read_slow(self) -> None:
        """Read the mails that wait for the slow reader, one at a time, in their order."""
        while not self._stopping:
            self._slow_wake.clear()
            try:
                items = await self._claim(1, "slow")
            except Temporary:
                await asyncio.sleep(POLL)
                continue
            for item in items:
                assert item.alone is not None
                await item.alone.wait()
            self._slow = bool(items) or self._slow_wake.is_set()
            if not self._slow:
                await _wait(self._slow_wake, POLL)

    def _look_for_slow(self) -> None:
        self._slow = True
        self._slow_wake.set()

    # -- read -----------------------------------------------------------------------------------------------------

    def _begin(self, item: _Item) -> None:
        self._working[item.id] = item
        if item.alone is None:
            self._order.append(item)
            asyncio.get_running_loop().call_later(PASS_BY, self._overdue, item)
        self._spawn(self._read(item))

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, item: _Item) -> None:
        if item.attempts > MOST_DEATHS:
            reason = because("ended during attempts", item.attempts - 1)
            await self._fail(item, ReadingFailed(reason=reason))
            return
        try:
            result = await self._reader.read_in(item.lane, item.raw, item.envelope, lambda: self._overdue(item))
        except Exception as error:  # noqa: BLE001 a bug in a reader's owner must not leave a mail in work for ever
            item.failed = _failure("reading failed", error)
            result = item.failed
        if isinstance(result, Slow):
            item.passed_by = True
            self._advance()
            await self._leave(item)
            return
        if isinstance(result, Mail):
            item.mail = result
        else:
            item.unreadable = item.failed is None
            item.failed = result
        if item.passed_by:
            self._next(item)
        else:
            self._advance()

    def _overdue(self, item: _Item) -> None:
        if item.id in self._working and item.mail is None and item.failed is None:
            item.passed_by = True
            self._advance()

    def _advance(self) -> None:
        """Let mails go on in the order they were accepted, as far as they have been read."""
        while self._order:
            head = self._order[0]
            if head.mail is None and head.failed is None:
                if not head.passed_by:
                    return
                self._order.popleft()
            else:
                self._order.popleft()
                self._next(head)

    def _next(self, item: _Item) -> None:
        if item.failed is not None:
            self._spawn(self._fail(item, item.failed))
        else:
            self._decide(item)

    # -- decide ---------------------------------------------------------------------------------------------------

    def _decide(self, item: _Item) -> None:
        corridor, mail, now, send = self._corridor(), item.mail, self._now(), self._sender.room()
        assert mail is not None
        cause = MailCame(mail=mail, inbound=item.id)
        future = self._deciding.submit(
            lambda c: walk(c, corridor, cause, now=now, send=send, raw={item.id: item.raw}),
            large=len(item.raw) > inbound.LARGE,
        )
        future.add_done_callback(lambda done: self._decided(item, done))

    def _decided(self, item: _Item, done: asyncio.Future[Handled]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is None and not done.cancelled():
            self._worked += 1
            handled = done.result()
            if handled.to_send:
                self._sender.take(handled.to_send)
            if handled.queued:
                self._sender.wake()
            plan = handled.plan
            self._end(
                item,
                Report(
                    id=item.id,
                    case=plan.case,
                    outcome=plan.outcome,
                    reason=plan.reason,
                    seconds=time.monotonic() - item.started,
                    troubles=handled.troubles,
                ),
            )
        elif isinstance(error, Temporary) and self._still_trusted(item):
            self._again(item, 0.5)
        elif isinstance(error, inbound.ClaimLost):
            self._end(item, None)
        elif error is not None and not isinstance(error, Temporary) and item.tries < 2:
            item.tries += 1
            self._again(item, 0.0)
        else:
            self._spawn(self._fail(item, _failure("deciding failed", error)))

    def _still_trusted(self, item: _Item) -> bool:
        """Take a fault of the store for one, until it has often come with this mail while the store did other work."""
        item.blamed += self._worked > item.worked
        item.worked = self._worked
        return item.blamed <= MOST_BLAMED

    def _again(self, item: _Item, delay: float) -> None:
        if not self._stopping:
            asyncio.get_running_loop().call_later(delay, self._decide, item)

    async def _fail(self, item: _Item, failure: ReadingFailed) -> None:
        """Give a mail back for another attempt, or put it aside when none would help."""
        last = item.unreadable or item.attempts >= inbound.MOST_ATTEMPTS
        who, now = self._corridor().who, self._now()
        later = now + timedelta(seconds=item.attempts)

        def record(connection: Connection) -> bool:
            if not last:
                inbound.retry_later(connection, item.id, who=who, reason=failure.reason, not_before=later)
                return False
            reason, traceback = failure.reason, failure.traceback
            aside = inbound.quarantine(connection, item.id, who=who, reason=reason, traceback=traceback, now=now)
            return aside and tell and self._quarantined(connection, item.id, reason)

        told, tell = None, True
        while told is None:
            try:
                told = await self._deciding.run(record)
            except Temporary:
                await asyncio.sleep(0.5)
            except Exception:  # a notice that cannot be written must not keep the mail in work for ever
                if not tell:
                    raise
                tell = False
        if told:
            self._sender.wake()
        seconds = time.monotonic() - item.started
        report = Report(id=item.id, case=None, outcome="quarantined", reason=failure.reason, seconds=seconds)
        self._end(item, report if last else None)

    async def _leave(self, item: _Item) -> None:
        """Let a mail wait in the store for the slow reader."""
        log.info("mail.slow", id=item.id)
        who, left = self._corridor().who, False
        while not left:
            try:
                await self._deciding.run(lambda c: inbound.leave_to_the_slow(c, item.id, who=who))
                left = True
            except Temporary:
                await asyncio.sleep(0.5)
        self._look_for_slow()  # before it is no longer in work: something is busy all the time
        self._end(item, None)

    def _end(self, item: _Item, report: Report | None) -> None:
        if self._working.pop(item.id, None) is not None and item.alone is None:
            self._bytes -= len(item.raw)
        if item.alone is not None:
            item.alone.set()
        if self._backlog:
            self._wake.set()
        if report is not None:
            self._report(report)


def _failure(what: Code, error: BaseException | None) -> ReadingFailed:
    text = "".join(tracebacks.format_exception(error)) if error else ""
    return ReadingFailed(reason=because(what, type(error).__name__), traceback=text)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, at most so long."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return

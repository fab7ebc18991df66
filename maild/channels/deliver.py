"""Send what the outbox holds: several mails at a time, in order within a lane, each attempt recorded first.

A lane is (case, recipient). Results are recorded many to a commit. A mail that cannot go out now is deferred with
back-off; one that never will is failed, and somebody is told by the same commit that says so.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from maild.core.delivery import next_try
from maild.core.errors import Temporary
from maild.storage import outbox
from maild.storage.carry_out import ToSend

if TYPE_CHECKING:
    from maild.storage.engine import Connection
    from maild.storage.writer import Writer

MOST_IN_MEMORY = 512
"""Outgoing mails held in memory; beyond it they wait in the store (P11)."""
MOST_BYTES = 32 * 1024 * 1024
POLL = 1.0
WARN_AFTER = timedelta(hours=4)
"""An agent is told when a mail has not gone out for this long."""

Lane = tuple[int | None, str]
Settle = Callable[["Connection", Sequence[tuple[ToSend, outbox.Result]]], bool]
"""Record results in one transaction and tell whoever must be told; True when that queued something."""


class Channel(Protocol):
    """A relay or a maildir."""

    async def send(self, sender: str, recipient: str, data: bytes) -> Any:
        """Try once; the answer has ``state`` (sent, deferred, failed) and ``answer``."""
        ...


class Deliverer:
    """The outgoing mails in work."""

    def __init__(
        self,
        *,
        channel: Channel,
        writer: Writer,
        who: str,
        now: Callable[[], datetime],
        settle: Settle,
        connections: int,
        sent: Callable[[ToSend, outbox.Result], None],
    ) -> None:
        self._channel, self._writer, self._who, self._now = channel, writer, who, now
        self._settle, self._sent = settle, sent
        self._ready: asyncio.Queue[ToSend] = asyncio.Queue()
        self._lanes: dict[Lane, deque[ToSend]] = defaultdict(deque)
        self._held = 0
        self._bytes = 0
        self._results: list[tuple[ToSend, outbox.Result]] = []
        self._unstarted: dict[int, ToSend] = {}
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._backlog = True
        self._stopping = False
        self._connections = connections
        self._tasks: list[asyncio.Task[None]] = []

    def room(self) -> datetime | None:
        """Until when outgoing mails may be claimed at once; None when this deliverer is full or behind."""
        if self._backlog or self._stopping or self._held >= MOST_IN_MEMORY or self._bytes >= MOST_BYTES:
            return None
        return self._now() + outbox.LEASE

    def take(self, mails: list[ToSend]) -> None:
        """Send mails whose attempt is recorded."""
        for mail in mails:
            self._held += 1
            self._bytes += len(mail.data)
            self._unstarted[mail.id] = mail
            lane = (mail.case, mail.recipient)
            queue = self._lanes[lane]
            queue.append(mail)
            if len(queue) == 1:
                self._ready.put_nowait(mail)

    def wake(self) -> None:
        """Look into the store for more."""
        self._backlog = True
        self._wake.set()

    async def start(self, *, alone: bool) -> None:
        """Take up attempts an earlier run left unfinished, then send."""
        who, now = None if alone else self._who, self._now()
        await self._writer.run(lambda c: outbox.reclaim_own(c, who=who, now=now))
        self._tasks = [asyncio.create_task(self._poll()), asyncio.create_task(self._record())]
        self._tasks += [asyncio.create_task(self._work()) for _ in range(self._connections)]

    async def stop(self, deadline: float) -> None:
        """Finish the attempts that have begun, record them, give the rest back."""
        self._stopping = True
        while not self._ready.empty():
            self._ready.get_nowait()
        poll, record, *workers = self._tasks
        poll.cancel()
        for _ in workers:
            self._ready.put_nowait(_END)
        await asyncio.wait(workers, timeout=deadline)
        for task in [record, *workers]:
            task.cancel()
        await asyncio.gather(poll, record, *workers, return_exceptions=True)
        results, self._results = self._results, []
        left, now = list(self._unstarted), self._now()
        if results:
            await self._writer.run(lambda c: self._settle(c, results))
        if left:
            await self._writer.run(lambda c: outbox.put_back(c, left, who=self._who, now=now))

    def busy(self) -> bool:
        """Tell whether something is in work or may be due."""
        return self._held > 0 or self._backlog or bool(self._results)

    async def _poll(self) -> None:
        """Claim what is due whenever there is room: a backlog, retries, what another process queued."""
        while True:
            claimed: list[ToSend] = []
            room = MOST_IN_MEMORY - self._held
            if room > 0 and self._bytes < MOST_BYTES:
                self._wake.clear()
                claim = partial(outbox.claim_due, who=self._who, now=self._now(), limit=min(room, 64))
                try:
                    claimed = await self._writer.run(claim)
                except Temporary:
                    await asyncio.sleep(POLL)
                    continue
                self.take(claimed)
                self._backlog = bool(claimed) or self._wake.is_set()
            if not claimed:
                try:
                    await asyncio.wait_for(self._wake.wait(), POLL if self._held < MOST_IN_MEMORY else 0.02)
                except TimeoutError:
                    continue

    async def _work(self) -> None:
        while (mail := await self._ready.get()) is not _END:
            self._unstarted.pop(mail.id, None)
            answer = await self._channel.send(mail.return_path, mail.recipient, mail.data)
            self._done(mail, self._judge(mail, answer.state, answer.answer))

    def _judge(self, mail: ToSend, state: str, answer: str) -> outbox.Result:
        now = self._now()
        if state == "deferred":
            due = next_try(mail.attempts, mail.created, now)
            if due is not None:
                late = mail.warned or now - mail.created >= WARN_AFTER
                return outbox.Result(id=mail.id, state="deferred", answer=answer, due=due, warn=late)
            return outbox.Result(id=mail.id, state="failed", answer=f"given up: {answer}", warn=True)
        if state == "failed":
            return outbox.Result(id=mail.id, state="failed", answer=answer, warn=True)
        return outbox.Result(id=mail.id, state="sent", answer=answer, warn=mail.warned)

    def _done(self, mail: ToSend, result: outbox.Result) -> None:
        self._results.append((mail, result))
        self._settled.set()
        self._release(mail)
        lane = (mail.case, mail.recipient)
        queue = self._lanes[lane]
        queue.popleft()
        if result.state == "deferred" and queue:
            self._hand_back(lane)
        elif queue and not self._stopping:
            self._ready.put_nowait(queue[0])
        if not queue:
            self._lanes.pop(lane, None)
        self._sent(mail, result)

    def _hand_back(self, lane: Lane) -> None:
        """What waits behind a deferred mail goes back to the store, to be claimed again after it."""
        waiting = list(self._lanes[lane])
        self._lanes[lane].clear()
        ids, now = [mail.id for mail in waiting], self._now()
        for mail in waiting:
            self._release(mail)
            self._unstarted.pop(mail.id, None)
        self._writer.submit(lambda c: outbox.put_back(c, ids, who=self._who, now=now)).add_done_callback(_look)

    def _release(self, mail: ToSend) -> None:
        self._held -= 1
        self._bytes -= len(mail.data)

    def _settle_all(self, results: list[tuple[ToSend, outbox.Result]], connection: Connection) -> bool:
        return self._settle(connection, results)

    async def _record(self) -> None:
        """Record results, many to a commit."""
        while True:
            await self._settled.wait()
            self._settled.clear()
            while self._results:
                results = self._results[:]
                try:
                    more = await self._writer.run(partial(self._settle_all, results))
                except Temporary:
                    await asyncio.sleep(0.5)
                    continue
                del self._results[: len(results)]
                if more or self._backlog:
                    self.wake()


def _look(done: asyncio.Future[None]) -> None:
    """Look at a result nobody waits for; a failure leaves a claim that expires by itself."""
    if not done.cancelled():
        done.exception()


_END = ToSend(
    id=0,
    case=None,
    recipient="",
    return_path="",
    message_id="",
    data=b"",
    attempts=0,
    created=datetime.fromtimestamp(0).astimezone(),
    kind="",
    to_agent=True,
)

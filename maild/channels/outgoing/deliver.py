"""Send what the outbox holds: several mails at a time, in order within a lane, each attempt recorded first.

Results are recorded many to a commit. A mail that cannot go out now is deferred with back-off; one that never will is
failed, and somebody is told by the same commit that says so. While the relay is away, or refuses everything, what it
did not take waits, and it is looked out for (:mod:`maild.channels.outgoing.lookout`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from maild.channels.outgoing.lanes import Lane, Lanes
from maild.channels.outgoing.lookout import LOOK, Asked, Lookout
from maild.core.deliveries.delivery import Answer, Taken, next_try
from maild.core.deliveries.refusals import Fault
from maild.core.errors import Temporary
from maild.storage import outbox
from maild.storage.letters_out import ToSend

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.storage.writer import Writer

MOST_IN_MEMORY = 512
"""Outgoing mails held in memory; beyond it they wait in the store (law D11)."""
MOST_BYTES = 32 * 1024 * 1024
CLAIM = 64
"""Mails claimed in one transaction."""
POLL = 1.0
"""Seconds between looks for mails that somebody else queued."""
RENEW = timedelta(minutes=2)
"""Age at which a claim is renewed before its mail is sent: an attempt takes less than the rest of a lease."""

Settle = Callable[["Connection", Sequence[tuple[ToSend, outbox.Result]]], bool]
"""Record results in one transaction and tell whoever must be told; True when that queued something."""


class Channel(Asked, Protocol):
    """A relay or a maildir."""

    async def send(self, sender: str, recipient: str, data: bytes, taken: Taken) -> Answer:
        """Try once; never raises. ``taken`` is told the answer the moment the mail is no longer ours."""
        ...


class Notes(Protocol):
    """Where it is noted at once that a mail has gone out, until the store knows (:class:`maild.storage.runs.Run`)."""

    def sent(self, key: int, answer: str) -> None:
        """Note that the relay took an outgoing mail."""
        ...

    def recorded(self, still_open: Sequence[tuple[int, str]] = ()) -> None:
        """Take in that the store knows all that was noted but for these."""
        ...

    def keep(self) -> None:
        """Leave the notes to the next run."""
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
        notes: Notes,
        sent: Callable[[ToSend, outbox.Result], None],
        trouble: Callable[[str], None] = lambda _: None,
        own: Callable[[str], bool] = lambda _: False,
        faults: Callable[[Sequence[Fault]], None] = lambda _: None,
        look: float = LOOK,
    ) -> None:
        self._channel, self._writer, self._who, self._now = channel, writer, who, now
        self._settle, self._notes, self._sent, self._trouble = settle, notes, sent, trouble
        self.lookout = Lookout(
            channel=channel, writer=writer, now=now, own=own, faults=faults, wake=self.wake, look=look
        )
        self._lanes = Lanes()
        self._results: list[tuple[ToSend, outbox.Result]] = []
        self._noted: dict[int, str] = {}
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._deferred: set[Lane] = set()
        self._backlog = True
        self._stopping = False
        self._connections = connections
        self._tasks: list[asyncio.Task[None]] = []

    def room(self) -> datetime | None:
        """Until when outgoing mails may be claimed at once; None when this deliverer is full or behind."""
        if self._backlog or self._stopping or self._full():
            return None
        return self._now() + outbox.LEASE

    def take(self, mails: list[ToSend]) -> None:
        """Send mails whose attempt is recorded."""
        now = self._now()
        for mail in mails:
            self._lanes.add(mail, now)

    def wake(self) -> None:
        """Look into the store for more."""
        self._backlog = True
        self._wake.set()

    async def start(self, *, alone: bool) -> None:
        """Take up attempts an earlier run left unfinished and what waited for the relay, then send."""
        who, now = None if alone else self._who, self._now()
        await self._writer.run(lambda c: outbox.reclaim_own(c, who=who, now=now))
        await self._writer.run(lambda c: outbox.hurry(c, now=now))
        looking = (self.lookout.watch, self.lookout.hurry)
        self._tasks = [asyncio.create_task(work()) for work in (self._poll, self._record, *looking)]
        self._tasks += [asyncio.create_task(self._work()) for _ in range(self._connections)]

    async def stop(self, deadline: float) -> None:
        """Finish the attempts that have begun, record them, give the rest back.

        What is still under way after ``deadline`` seconds is cut off; the next run tries it again.
        """
        self._stopping = True
        self._lanes.close(self._connections)
        self._wake.set()
        poll, _, watch, hurry, *workers = self._tasks
        watch.cancel()
        hurry.cancel()
        await asyncio.wait([poll, *workers], timeout=deadline)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        results = self._results[:]
        left, now = self._lanes.left(), self._now()
        try:
            if results:
                await self._record_some(results)
            self._recorded(results)
            if left:
                await self._writer.run(lambda c: outbox.put_back(c, left, who=self._who, now=now))
            # what was cut off is due at once, for whoever comes next
            await self._writer.run(lambda c: outbox.reclaim_own(c, who=self._who, now=now))
        except Temporary as error:
            self._notes.keep()
            self._trouble(f"results of the last attempts were not recorded, they are tried again: {error}")

    def busy(self) -> bool:
        """Tell whether something is in work or may be due."""
        return self._lanes.count > 0 or self._backlog or bool(self._results)

    def _full(self) -> bool:
        return self._lanes.count >= MOST_IN_MEMORY or self._lanes.bytes >= MOST_BYTES

    async def _poll(self) -> None:
        """Claim what is due whenever there is room: a backlog, retries, what another process queued."""
        while not self._stopping:
            claimed: list[ToSend] = []
            self._wake.clear()
            if not self._full():
                limit = min(MOST_IN_MEMORY - self._lanes.count, CLAIM)
                room = MOST_BYTES - self._lanes.bytes
                self._deferred = {_lane(mail) for mail, result in self._results if result.state == "deferred"}
                claim = partial(outbox.claim_due, who=self._who, now=self._now(), limit=limit, room=room)
                try:
                    claimed = await self._writer.run(claim, large=True)
                except Temporary:
                    await asyncio.sleep(POLL)
                    continue
                self._take_claimed(claimed)
                self._backlog = bool(claimed) or self._wake.is_set()
            if not claimed and not self._stopping:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._wake.wait()

    def _take_claimed(self, mails: list[ToSend]) -> None:
        """Take what the store gave, but for mails whose lane met a deferral that the store did not know of then."""
        back = [mail.id for mail in mails if _lane(mail) in self._deferred]
        self.take([mail for mail in mails if _lane(mail) not in self._deferred])
        self._give_back(back)

    async def _work(self) -> None:
        while (handed := await self._lanes.next()) is not None:
            mail, since = handed
            if not await self._still_ours(mail, since):
                self._end_lane(mail)
                continue
            self._done(mail, self._judge(mail, await self._attempt(mail)))

    async def _still_ours(self, mail: ToSend, since: datetime) -> bool:
        """Renew a claim that has waited long: a slow relay or a frozen process must not let two send the same mail."""
        now = self._now()
        if abs(now - since) < RENEW:
            return True
        try:
            return await self._writer.run(lambda c: outbox.renew(c, mail.id, who=self._who, now=now))
        except Temporary:
            return False

    async def _attempt(self, mail: ToSend) -> Answer:
        """Try once. What was taken is noted before anything else runs, so that hardly a kill comes between."""

        def taken(answer: str) -> None:
            self._notes.sent(mail.id, answer)
            self._noted[mail.id] = answer

        try:
            answer = await self._channel.send(mail.return_path, mail.recipient, mail.data, taken)
        except asyncio.CancelledError:
            if mail.id not in self._noted:
                raise
        except Exception as error:  # noqa: BLE001 a bug in a channel must not end this worker and hold up its lane
            answer = Answer(state="deferred", answer=f"maild's own fault: {type(error).__name__}")
        else:
            if answer.state == "sent" and mail.id not in self._noted:
                taken(answer.answer)
        noted = self._noted.get(mail.id)
        return answer if noted is None else Answer(state="sent", answer=noted)

    def _judge(self, mail: ToSend, answer: Answer) -> outbox.Result:
        now, about = self._now(), self.lookout.heard(mail, answer)
        if answer.state == "sent":
            return outbox.Result(id=mail.id, state="sent", answer=answer.answer)
        if answer.state == "failed" and about == "letter":
            return outbox.Result(id=mail.id, state="failed", answer=answer.answer)
        due = next_try(mail.attempts, mail.created, now)
        return outbox.Result(
            id=mail.id,
            state="failed" if due is None else "deferred",
            answer=answer.answer,
            due=due,
            waits_for_relay=answer.relay or about == "fault",
            refused=about == "fault" and not answer.relay,
            given_up=due is None,
        )

    def _done(self, mail: ToSend, result: outbox.Result) -> None:
        self._results.append((mail, result))
        self._settled.set()
        if result.state == "deferred":
            self._end_lane(mail)
        else:
            self._lanes.done(mail, go_on=True)
        if self._backlog and self._lanes.count <= MOST_IN_MEMORY // 2:
            self._wake.set()
        self._sent(mail, result)

    def _end_lane(self, mail: ToSend) -> None:
        """What waits behind a mail that did not go out goes back to the store, to be claimed again after it."""
        self._deferred.add(_lane(mail))
        self._give_back(self._lanes.done(mail, go_on=False))

    def _give_back(self, ids: list[int]) -> None:
        if ids:
            back = partial(outbox.put_back, ids=ids, who=self._who, now=self._now())
            self._writer.submit(back).add_done_callback(_look)

    async def _record(self) -> None:
        """Record results, many to a commit."""
        while True:
            await self._settled.wait()
            self._settled.clear()
            while self._results:
                results = self._results[:]
                recording = asyncio.ensure_future(self._record_some(results))
                try:
                    more = await asyncio.shield(recording)
                except Temporary:
                    await asyncio.sleep(0.5)
                    continue
                except asyncio.CancelledError:
                    await asyncio.wait({recording})  # a stop: it is done all the same, and must not be done twice
                    if recording.exception() is None:
                        self._recorded(results)
                    raise
                self._recorded(results)
                if more or self._backlog:
                    self.wake()

    def _recorded(self, results: Sequence[tuple[ToSend, outbox.Result]]) -> None:
        del self._results[: len(results)]
        for _, result in results:
            self._noted.pop(result.id, None)
        self._notes.recorded(list(self._noted.items()))

    async def _record_some(self, results: list[tuple[ToSend, outbox.Result]]) -> bool:
        """Record results together; when that meets a bug, each by itself, and the one with the bug without a notice.

        A result that is never recorded would be sent again and again.

        Raises:
            Temporary: when the store cannot be used now.

        """
        try:
            return await self._writer.run(lambda c: self._settle(c, results))
        except Temporary:
            raise
        except Exception as error:  # noqa: BLE001 see above: whatever it was, the mail has gone out
            if len(results) > 1:
                return any([await self._record_some([one]) for one in results])
            result, now = results[0][1], self._now()
            self._trouble(f"outgoing mail {result.id} is {result.state}, and telling so failed: {type(error).__name__}")
            try:
                await self._writer.run(lambda c: outbox.record(c, [result], who=self._who, now=now))
            except Temporary:
                raise
            except Exception as again:  # noqa: BLE001 nothing may end the recording of the others
                self._trouble(
                    f"outgoing mail {result.id} is {result.state}, which cannot be recorded: {type(again).__name__}"
                )
            return False


def _lane(mail: ToSend) -> Lane:
    return mail.case, mail.recipient


def _look(done: asyncio.Future[None]) -> None:
    """Look at a result nobody waits for; a failure leaves a claim that expires by itself."""
    if not done.cancelled():
        done.exception()

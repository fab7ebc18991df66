"""Ask the corridor what it would do: for one mail (``rules explain``), or for stored mail again (``rules replay``).

It is the daemon's own corridor on a scratch store in memory, with nothing delivered (law G5): no second way.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from maild.config import keys as key_file
from maild.core.cause import MailCame
from maild.core.errors import MaildError
from maild.core.plan import Plan, SetField
from maild.core.reasons.words import in_words
from maild.core.values.mail import Mail, ReadingFailed
from maild.journey.corridor import Corridor, consider
from maild.replay.side_by_side import Beside, Parted, opened_by
from maild.storage import inbound, scratch
from maild.storage.carry_out import carry_out
from maild.storage.gather import Settings
from maild.storage.ids import Ids
from maild.storage.letters_out import Written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection as Pipe

    from sqlalchemy import Connection, Engine

    from maild.config.judge import Config
    from maild.core.rules.organisation import Rulebook
    from maild.core.values.mail import Envelope
    from maild.letters.templates import Letters
    from maild.mail.reader.readers import Readers
    from maild.storage.scratch import Stored

AHEAD = 32
"""Mails being read while others are decided."""
COMMIT_EVERY = 200
FAR = 1 << 40
"""Ids of the scratch store begin here: no signed address of the real store may ever mean one of them."""
FAR_NUMBER = 900_000_000
"""Numbers of cases that only the candidate rules open begin here, for the same reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A scratch store to go on from, in another process."""

    data: bytes
    mails: int
    """Decided in it so far."""
    cases: Mapping[int, Mapping[str, Any]]
    """Cases that stand otherwise by the candidate rules, and how."""
    numbers: frozenset[int]
    """Numbers of all cases in it."""


class Scratch:
    """The corridor over an empty store in memory; with ``beside`` for two rulebooks, as long as one store does."""

    def __init__(
        self,
        config: Config,
        rulebook: Rulebook,
        letters: Letters,
        *,
        beside: Rulebook | None = None,
        copy: Copy | None = None,
    ) -> None:
        self._engine = scratch.open_scratch(None if copy is None else copy.data)
        self.connection = self._engine.connect()
        self.connection.begin()
        for number, values in ({} if copy is None else copy.cases).items():
            scratch.change_case(self.connection, number, dict(values))
        settings = Settings(keys=key_file.load(config.keys), caps=config.caps, first_number=config.desk.first_number)
        ids = Ids(self.connection, after=FAR)
        self.corridor = Corridor(rulebook=rulebook, letters=letters, settings=settings, ids=ids, who=scratch.WHO)
        self._beside = None if beside is None else Beside(self.corridor, beside)
        self._done = 0 if copy is None else copy.mails
        self._numbers = set[int]() if copy is None else set(copy.numbers)

    def close(self) -> None:
        """Throw the store away."""
        self.connection.close()
        self._engine.dispose()

    def copy(self) -> Copy:
        """Copy the store as the candidate rules would have it."""
        self._commit()
        data = scratch.as_bytes(self.connection)
        self.connection.begin()
        cases = {} if self._beside is None else self._beside.cases
        return Copy(data=data, mails=self._done, cases=cases, numbers=frozenset(self._numbers))

    def decide(self, mail: Mail, *, now: datetime, number: int | None = None) -> Plan:
        """Decide a mail and carry it out in memory, so that the next one finds it; ``number`` is a new case's."""
        return self._decide(mail, now, number, None)[0]

    def decide_both(self, mail: Mail, *, now: datetime, number: int | None) -> tuple[Plan, Plan] | None:
        """Decide a mail by both rulebooks, or None when one store no longer does for what comes of it."""
        try:
            return self._decide(mail, now, number, self._beside)
        except Parted:
            return None

    def _decide(self, mail: Mail, now: datetime, number: int | None, beside: Beside | None) -> tuple[Plan, Plan]:
        key = self._done + 1
        plans = self._walk(mail, key, now, number, beside)
        self._done = key
        if key % COMMIT_EVERY == 0:
            self._commit()
            self.connection.begin()
        return plans

    def _commit(self) -> None:
        transaction = self.connection.get_transaction()
        if transaction is not None:
            transaction.commit()

    def _walk(
        self, mail: Mail, key: int, now: datetime, number: int | None, beside: Beside | None
    ) -> tuple[Plan, Plan]:
        """Take a mail's way; nothing is written before it is certain that all of it can be.

        So no savepoint is needed, of which SQLite would copy every page that a mail touches.
        """
        connection, corridor = self.connection, self.corridor
        if number is not None:
            scratch.next_number(connection, number)
        cause = MailCame(mail=mail, inbound=key)
        asks, facts, plan = consider(connection, corridor, cause, now=now)
        opened = {case.number for case in opened_by(plan)}
        if not opened.isdisjoint(self._numbers):  # other rules opened other cases before
            corridor.ids.give_back(facts.outbox_ids, used=0)
            return self._walk(mail, key, now, max(FAR_NUMBER + key, *(taken + 1 for taken in self._numbers)), beside)
        other = plan if beside is None else beside.plan(connection, cause, asks, facts, plan)
        scratch.stand_for(connection, mail.envelope, key=key)
        counted = [notice for notice in plan.notices if notice.author_key is not None]
        written = [Written(notice=notice, subject=notice.subject, data=b"") for notice in counted]
        corridor.ids.give_back(facts.outbox_ids, used=len(plan.notices))
        carry_out(
            connection,
            plan,
            written=written,
            ids=corridor.ids,
            who=corridor.who,
            claim_until=None,
            history=False,
        )
        self._numbers |= opened
        return plan, other


@contextmanager
def beside(engine: Engine, corridor: Corridor) -> Iterator[Callable[[Mail, datetime], Plan]]:
    """Give a function that decides a mail on the state of a real store, and takes everything back."""
    with engine.connect() as connection, connection.begin() as transaction:

        def ask(mail: Mail, now: datetime) -> Plan:
            return consider(connection, corridor, MailCame(mail=mail, inbound=0), now=now)[2]

        yield ask
        transaction.rollback()


# -- replay -----------------------------------------------------------------------------------------------------------

SAID = ("outcome", "department", "type", "group", "assignee", "priority", "confidential", "tags", "fields", "ack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A mail that candidate rules would decide otherwise."""

    id: int
    case: int | None
    subject: str
    department: str
    changes: tuple[tuple[str, str, str], ...]
    """What, before, after."""


@dataclass(slots=True, kw_only=True)
class Summary:
    """What came of a replay."""

    mails: int = 0
    unread: int = 0
    changed: int = 0
    departments: Counter[str] = field(default_factory=Counter)
    """Changed mails by department."""


def verdict(plan: Plan) -> dict[str, str]:
    """Return what a plan says of a mail, in comparable words."""
    opened = next(iter(opened_by(plan)), None)
    ack = "sent" if plan.acked else in_words(plan.no_ack, "en")
    values = dict.fromkeys(SAID, "") | {"outcome": plan.outcome, "ack": ack}
    if opened is not None:
        fields = [f"{one.name}={one.value}" for one in plan.changes if isinstance(one, SetField)]
        values |= {
            "department": opened.department,
            "type": opened.type,
            "group": opened.group,
            "assignee": opened.assignee or "nobody",
            "priority": opened.priority,
            "confidential": str(opened.confidential).lower(),
            "tags": ", ".join(opened.tags),
            "fields": ", ".join(sorted(fields)),
        }
    return values


class Candidate:
    """The candidate rules at work in a process and on a store of their own, once one store no longer does for both."""

    def __init__(self, config: Config, rulebook: Rulebook, letters: Letters) -> None:
        ours, theirs = multiprocessing.Pipe()
        fork = multiprocessing.get_context("fork")
        self._process = fork.Process(target=_serve, args=(theirs, ours, config, rulebook, letters), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe = ours

    def begin(self, copy: Copy) -> None:
        """Hand over the store that they go on from, once and first."""
        self._pipe.send(copy)

    def ask(self, mail: Mail, now: datetime, number: int | None) -> None:
        """Hand over a mail; :meth:`answer` tells what they say."""
        with suppress(BrokenPipeError, ConnectionResetError):  # answer says so
            self._pipe.send((mail, now, number))

    def answer(self) -> dict[str, str]:
        """Return the verdict on the mail handed over last.

        Raises:
            MaildError: when the process is gone.

        """
        try:
            found: dict[str, str] = self._pipe.recv()
        except (EOFError, ConnectionResetError):  # the latter when it ended with a mail unread
            raise MaildError("the process that tried the candidate rules ended unexpectedly") from None
        return found

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(5)
        self._process.kill()


def _serve(pipe: Pipe, other_end: Pipe, config: Config, rulebook: Rulebook, letters: Letters) -> None:
    other_end.close()  # inherited by the fork: kept open, the end of the parent's would never be seen
    with suppress(EOFError, KeyboardInterrupt):
        store = Scratch(config, rulebook, letters, copy=pipe.recv())
        while True:
            mail, now, number = pipe.recv()
            pipe.send(verdict(store.decide(mail, now=now, number=number)))


async def replay(
    connection: Connection,
    before: Scratch,
    candidate: Candidate,
    readers: Readers,
    *,
    since: datetime,
    report: Callable[[Difference], None],
    tick: Callable[[], None],
) -> Summary:
    """Decide stored mail again by two rulebooks side by side, each with its own state, and report where they differ.

    As long as what they say differs in nothing that later mails depend on, one store does for both.
    Each mail that opened a case opens it with the same number in both, so that the signed addresses people answered
    to mean the same cases as then.
    """
    summary, parted = Summary(), False
    async for one, mail in _reading(connection, readers, scratch.stored(connection, since)):
        summary.mails += 1
        tick()
        if isinstance(mail, ReadingFailed):
            summary.unread += 1
            continue
        number = one.case if one.outcome == "new" else FAR_NUMBER + one.id
        plans = None if parted else before.decide_both(mail, now=one.decided, number=number)
        if plans is None and not parted:
            parted = True
            candidate.begin(before.copy())
        if plans is not None and plans[0] is plans[1]:
            continue  # they cannot but agree
        if plans is None:
            candidate.ask(mail, one.decided, number)
            old = verdict(before.decide(mail, now=one.decided, number=number))
            new = candidate.answer()
        else:
            old, new = verdict(plans[0]), verdict(plans[1])
        difference = _difference(one, mail, old, new)
        if difference is not None:
            summary.changed += 1
            summary.departments[difference.department] += 1
            report(difference)
    return summary


def _difference(one: Stored, mail: Mail, was: dict[str, str], now: dict[str, str]) -> Difference | None:
    if was == now:
        return None
    return Difference(
        id=one.id,
        case=one.case,
        subject=mail.subject,
        department=was["department"] or now["department"] or "–",
        changes=tuple((name, was[name], now[name]) for name in SAID if was[name] != now[name]),
    )


async def _reading(
    connection: Connection, readers: Readers, mails: Iterable[Stored]
) -> AsyncIterator[tuple[Stored, Mail | ReadingFailed]]:
    """Read mails in the child processes, some ahead of the one that is asked for, in order."""
    ahead: deque[tuple[Stored, asyncio.Task[Mail | ReadingFailed]]] = deque()
    for one in mails:
        raw = inbound.raw_of(connection, one.id)
        if raw is None:
            continue
        ahead.append((one, asyncio.ensure_future(_read(readers, raw, one.envelope))))
        if len(ahead) >= AHEAD:
            first, task = ahead.popleft()
            yield first, await task
    for one, task in ahead:
        yield one, await task


async def _read(readers: Readers, raw: bytes, envelope: Envelope) -> Mail | ReadingFailed:
    return await readers.read(raw, envelope)


def read_since(text: str) -> timedelta:
    """Read "30d" or "12h".

    Raises:
        ValueError: with what is expected.

    """
    unit = {"d": "days", "h": "hours", "w": "weeks"}.get(text[-1:])
    if unit is None or not text[:-1].isdigit() or not 0 < int(text[:-1]) <= 5000:
        raise ValueError('a time like "30d", "12h" or "2w"')
    return timedelta(**{unit: int(text[:-1])})

"""Outgoing mails: claim what is due, record what became of it. See tables.py for the legal states.

A lane is (case, recipient): within it mails go out in the order they were queued, so nobody reads an answer before
the mail it answers; one dead address never holds up another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Literal

from sqlalchemy import Connection, and_, bindparam, exists, func, null, or_, select, text, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from maild.core.reasons.reason import Reason, because, dump
from maild.core.reasons.reason import text as text_of
from maild.storage import events
from maild.storage.columns import UTCDateTime
from maild.storage.counts import minute
from maild.storage.letters_out import ToSend
from maild.storage.statements import Statement, at_most, table, upsert
from maild.storage.tables import AutomaticMinute, Outbox, OutboxData, Participant, State

LEASE = timedelta(minutes=15)
"""How long an attempt may take before another daemon may believe its owner dead."""
HURRIED = 30
"""Attempts after which a mail keeps to its back-off even when the relay comes back: a relay that comes and goes every
minute must not use a mail up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one attempt."""

    id: int
    state: Literal["sent", "deferred", "failed"]
    answer: str
    """The relay's own words, or why there were none."""
    due: datetime | None = None
    """When to try again, for deferred."""
    waits_for_relay: bool = False
    """Nothing is wrong but that the relay itself was not to be had, or takes nothing at all."""
    refused: bool = False
    """The relay was to be had, and refused more than this letter."""
    given_up: bool = False
    """It failed because nobody took it for days."""

    @property
    def reason(self) -> Reason:
        """Why it has come no further."""
        said = text_of(self.answer)
        if self.waits_for_relay:
            said = because("refused by the set-up" if self.refused else "unreachable", said)
        return because("given up", said) if self.given_up else said


def claim_due(
    connection: Connection, *, who: str, now: datetime, limit: int, room: int = 32 * 1024 * 1024
) -> list[ToSend]:
    """Claim outgoing mails that are due, oldest first, and record the attempt; at most one of a lane at a time.

    What stands in front of a mail in its lane must be done, or be in the hands of ``who``, who keeps the order.
    At most ``limit`` mails and ``room`` bytes are claimed, but always one when any is due, however large.
    """
    _drop_unwanted(connection, now)
    earlier = aliased(Outbox)
    blocked = exists().where(
        col(earlier.done_at).is_(None),
        col(earlier.id) < col(Outbox.id),
        col(earlier.case) == col(Outbox.case),
        col(earlier.recipient) == col(Outbox.recipient),
        col(earlier.state) != "held",
        or_(col(earlier.state) != "sending", col(earlier.claimed_by) != who, col(earlier.claimed_until) < now),
    )
    free = or_(
        col(Outbox.state).in_(["queued", "deferred"]),
        and_(col(Outbox.state) == "sending", col(Outbox.claimed_until) < now),
    )
    rows = connection.execute(
        select(table(Outbox))
        .where(col(Outbox.done_at).is_(None), free, col(Outbox.due) <= now, ~blocked)
        .order_by(col(Outbox.due), col(Outbox.id))
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    if not rows:
        return []
    sizes = _sizes(connection, [row.id for row in rows])
    rows = [
        row
        for row, before in zip(rows, accumulate((sizes.get(row.id, 0) for row in rows), initial=0), strict=False)
        if before < room or not before
    ]
    ids = [row.id for row in rows]
    connection.execute(
        update(table(Outbox))
        .where(col(Outbox.id).in_(ids))
        .values(state="sending", attempts=Outbox.attempts + 1, claimed_by=who, claimed_until=now + LEASE)
    )
    data = dict(
        connection.execute(
            select(col(OutboxData.outbox), col(OutboxData.data)).where(col(OutboxData.outbox).in_(ids))
        ).all()
    )
    return [
        ToSend(
            id=row.id,
            case=row.case,
            recipient=row.recipient,
            return_path=row.return_path,
            message_id=row.message_id,
            data=bytes(data.get(row.id, b"")),
            attempts=row.attempts + 1,
            created=row.created,
            kind=row.kind,
            to_agent=row.to_agent,
            warned=row.warned,
        )
        for row in rows
    ]


def _drop_unwanted(connection: Connection, now: datetime) -> None:
    """Drop answers that wait for somebody who takes part in the case no more (law T18): asked again at each sending."""
    somebody = exists().where(col(Participant.case) == col(Outbox.case))
    spelled = col(Outbox.recipient)
    takes_part = somebody.where(
        or_(col(Participant.address) == spelled, col(Participant.address) == func.lower(spelled))
    )
    query = select(col(Outbox.id), col(Outbox.case), col(Outbox.recipient)).where(
        col(Outbox.done_at).is_(None),
        col(Outbox.due) <= now,
        col(Outbox.kind) == "answer",
        or_(
            col(Outbox.state).in_(["queued", "deferred"]),
            and_(col(Outbox.state) == "sending", col(Outbox.claimed_until) < now),
        ),
        somebody,
        ~takes_part,
    )
    for key, case, recipient in connection.execute(query).all():
        values = {"state": "dropped", "done_at": now}
        connection.execute(update(table(Outbox)).where(col(Outbox.id) == key).values(values))
        reason = because("takes no part any more", recipient)
        events.add(connection, "answer dropped", now=now, case=case, before="queued", after="dropped", reason=reason)


def _sizes(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Return how many bytes each mail has, without reading them."""
    query = select(col(OutboxData.outbox), func.length(col(OutboxData.data))).where(col(OutboxData.outbox).in_(ids))
    return {outbox: int(size) for outbox, size in connection.execute(query)}


_RECORD = Statement(
    update(table(Outbox))
    .where(col(Outbox.id) == bindparam("b_id"), col(Outbox.claimed_by) == bindparam("b_who"))
    .values(
        state=bindparam("b_state"),
        answer=bindparam("b_answer"),
        error=bindparam("b_error"),
        waits_for_relay=bindparam("b_waits"),
        due=bindparam("b_due"),
        done_at=bindparam("b_done"),
        claimed_by=null(),
        claimed_until=null(),
    )
)


def record(connection: Connection, results: Sequence[Result], *, who: str, now: datetime) -> None:
    """Record what became of attempts; a result of a claim that was lost is ignored (its new owner tells)."""
    rows = [
        {
            "b_id": result.id,
            "b_who": who,
            "b_state": result.state,
            "b_answer": result.answer if result.state == "sent" else "",
            "b_error": "" if result.state == "sent" else dump(result.reason),
            "b_waits": result.state == "deferred" and result.waits_for_relay,
            "b_due": result.due or now,
            "b_done": None if result.state == "deferred" else now,
        }
        for result in results
    ]
    _RECORD.many(connection, rows)


def stand(connection: Connection, key: int, state: str, error: str) -> bool:
    """Let a mail stand as if the relay had answered so, for a question that is taken back; False when there is none."""
    values = {"state": state, "error": error}
    return connection.execute(update(table(Outbox)).where(col(Outbox.id) == key).values(values)).rowcount == 1


def lane_busy(connection: Connection, case: int) -> bool:
    """Tell whether something of a case still waits to go out: what comes after it must wait its turn."""
    return _LANE.first(connection, case=case) is not None


_LANE = Statement(
    select(col(Outbox.id))
    .where(col(Outbox.case) == bindparam("case"), col(Outbox.done_at).is_(None), col(Outbox.state) != text("'held'"))
    .limit(at_most(1))
)


def reclaim_own(connection: Connection, *, who: str | None, now: datetime) -> int:
    """After an unclean end: attempts that nobody finished are tried again, with the same Message-ID."""
    query = update(table(Outbox)).where(col(Outbox.done_at).is_(None), col(Outbox.state) == "sending")
    if who is not None:
        query = query.where(col(Outbox.claimed_by) == who)
    return connection.execute(query.values(state="deferred", due=now, claimed_by=None, claimed_until=None)).rowcount


def renew(connection: Connection, key: int, *, who: str, now: datetime) -> bool:
    """Begin a claim's lease anew just before sending; False when it is no longer ours (another process sends it)."""
    mine = (col(Outbox.id) == key, col(Outbox.claimed_by) == who, col(Outbox.state) == "sending")
    query = update(table(Outbox)).where(*mine).values(claimed_until=now + LEASE)
    return connection.execute(query).rowcount == 1


def hurry(connection: Connection, *, now: datetime) -> int:
    """The relay is back: what waited only for it is due at once."""
    waits = (
        col(Outbox.done_at).is_(None),
        col(Outbox.state) == "deferred",
        col(Outbox.waits_for_relay),
        col(Outbox.due) > now,
        col(Outbox.attempts) < HURRIED,
    )
    return connection.execute(update(table(Outbox)).where(*waits).values(due=now)).rowcount


def put_back(connection: Connection, ids: Sequence[int], *, who: str, now: datetime) -> None:
    """Give back mails whose sending never began: a clean stop is not an attempt."""
    connection.execute(
        update(table(Outbox))
        .where(col(Outbox.id).in_(ids), col(Outbox.claimed_by) == who, col(Outbox.state) == "sending")
        .values(state="queued", attempts=Outbox.attempts - 1, due=now, claimed_by=None, claimed_until=None)
    )


def waiting(connection: Connection) -> dict[str, int]:
    """Count the mails that are not done, by state."""
    rows = connection.execute(
        select(col(Outbox.state), func.count()).where(col(Outbox.done_at).is_(None)).group_by(col(Outbox.state))
    )
    return {str(state): int(count) for state, count in rows}


def next_due(connection: Connection) -> datetime | None:
    """Return when the next waiting mail is due, or None when none waits."""
    return connection.execute(
        select(func.min(col(Outbox.due), type_=UTCDateTime)).where(
            col(Outbox.done_at).is_(None), col(Outbox.state).in_(["queued", "deferred"])
        )
    ).scalar()


def refresh_median(connection: Connection, *, now: datetime) -> float:
    """Work out the breaker's yardstick: the median of automatic mails per 10 minutes over the last 7 days."""
    this = minute(now)
    since = this - 7 * 24 * 60
    rows = connection.execute(
        select(col(AutomaticMinute.minute), col(AutomaticMinute.count)).where(col(AutomaticMinute.minute) > since)
    )
    buckets: dict[int, int] = {}
    for at, count in rows:
        buckets[at // 10] = buckets.get(at // 10, 0) + count
    counts = sorted(buckets.values())
    total = 7 * 24 * 6
    zeros = total - len(counts)
    middle = total // 2
    median = 0.0 if middle < zeros else float(counts[min(middle - zeros, len(counts) - 1)])
    upsert(connection, State, {"name": "median_10min", "value": str(median)}, ["value"])
    return median

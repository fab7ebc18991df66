"""Inbound mails: accept, claim, put back, quarantine, requeue. See tables.py for the legal states."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, and_, bindparam, func, insert, not_, or_, select, update
from sqlmodel import col

from maild.core.plan import EndMail
from maild.core.reasons.reason import Reason, because, dump
from maild.core.values.mail import Envelope
from maild.storage import events
from maild.storage.columns import UTCDateTime
from maild.storage.statements import Insert, Statement, table
from maild.storage.tables import Inbound, Raw
from maild.storage.work import Work

LEASE = timedelta(minutes=10)
"""How long a claim holds when its daemon is never heard of again (PostgreSQL, several daemons)."""
SLOW = timedelta(seconds=10)
"""A mail that has been in a reader's hands for so long is slow: promises wait for it no more."""
COMPRESS_BELOW = 64 * 1024
"""Larger mails are mostly base64 attachments: compressing them costs more time than it saves room."""
LARGE = 1024 * 1024
"""Bytes from which hashing and storing a mail would stop the event loop for too long."""
MOST_ATTEMPTS = 3
Kind = Literal["fresh", "suspects", "slow"]

_ACCEPTED = (
    "state", "source", "sender", "recipients", "peer", "helo", "login", "department", "account", "quiet", "received",
    "size",
    "sha256", "attempts", "claimed_by", "claimed_until", "named_departments", "outcome", "reason", "traceback",
)  # fmt: skip
_ACCEPT = Statement(
    insert(table(Inbound)).values({name: bindparam(name) for name in _ACCEPTED}).returning(col(Inbound.id))
)
_KEEP_RAW = Insert(Raw)
_RAW = Statement(select(col(Raw.codec), col(Raw.data)).where(col(Raw.inbound) == bindparam("inbound")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An inbound mail that this daemon is to read."""

    id: int
    envelope: Envelope
    raw: bytes
    attempts: int
    """Including the one this claim counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Raw bytes made ready to be stored: what takes time is done before the writing transaction."""

    sha256: str
    codec: str
    data: bytes
    size: int


def pack(raw: bytes) -> Packed:
    """Make raw bytes ready to be stored."""
    codec, data = ("zlib", zlib.compress(raw, 1)) if len(raw) < COMPRESS_BELOW else ("identity", raw)
    return Packed(sha256=hashlib.sha256(raw).hexdigest(), codec=codec, data=data, size=len(raw))


def accept(
    connection: Connection, envelope: Envelope, raw: bytes | Packed, *, claim_for: str | None, slow: bool = False
) -> int:
    """Store a mail, byte for byte; with ``claim_for`` its first reading attempt is counted in the same commit.

    ``slow``: it is to wait for the slow reader.
    """
    packed = raw if isinstance(raw, Packed) else pack(raw)
    key = _ACCEPT.returned(
        connection,
        {
            "state": "reading" if claim_for else "slow" if slow else "accepted",
            "source": envelope.source,
            "sender": envelope.sender,
            "recipients": list(envelope.recipients),
            "peer": envelope.peer,
            "helo": envelope.helo,
            "login": envelope.login,
            "department": envelope.department,
            "account": envelope.account,
            "quiet": envelope.quiet,
            "received": envelope.received,
            "size": packed.size,
            "sha256": packed.sha256,
            "attempts": 1 if claim_for else 0,
            "claimed_by": claim_for,
            "claimed_until": envelope.received + LEASE if claim_for else None,
            "named_departments": [],
            "outcome": "",
            "reason": "",
            "traceback": "",
        },
    )
    _KEEP_RAW.one(connection, {"inbound": key, "codec": packed.codec, "data": packed.data})
    return int(key)


def raw_of(connection: Connection, inbound: int) -> bytes | None:
    """Return the raw bytes of a mail, exactly as they came, or None when there is no such mail."""
    row = _RAW.first(connection, inbound=inbound)
    if row is None:
        return None
    return zlib.decompress(row.data) if row.codec == "zlib" else bytes(row.data)


def claim(connection: Connection, *, who: str, now: datetime, limit: int, kind: Kind, room: int) -> list[Claimed]:
    """Claim the oldest mails nobody reads, at most ``limit`` and about ``room`` bytes, and count the attempt.

    *Suspects* have an attempt behind them, over which a daemon ended: the caller reads them one at a time, so that only
    the culprit ever reaches three. *Slow* ones wait for the slow reader; all others are *fresh*.
    """
    free = or_(
        col(Inbound.state) == "accepted",
        and_(col(Inbound.state) == "reading", col(Inbound.claimed_until) < now),
    )
    wanted = {
        "fresh": and_(free, col(Inbound.attempts) == 0),
        "suspects": and_(free, col(Inbound.attempts) > 0),
        "slow": col(Inbound.state) == "slow",
    }
    rows = connection.execute(
        select(table(Inbound))
        .where(col(Inbound.done_at).is_(None), wanted[kind])
        .where(or_(col(Inbound.not_before).is_(None), col(Inbound.not_before) <= now))
        .order_by(col(Inbound.id))
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    claimed: list[Claimed] = []
    for row in rows:
        if claimed and room < row.size:
            break
        room -= row.size
        raw = raw_of(connection, row.id)
        claimed.append(Claimed(id=row.id, envelope=envelope_of(row), raw=raw or b"", attempts=row.attempts + 1))
    if claimed:
        connection.execute(
            update(Inbound)
            .where(col(Inbound.id).in_([mail.id for mail in claimed]))
            .values(state="reading", attempts=Inbound.attempts + 1, claimed_by=who, claimed_until=now + LEASE)
        )
    return claimed


def envelope_of(row: object) -> Envelope:
    """Return the envelope that a row holds."""
    names = ("source", "received", "sender", "peer", "helo", "login", "department", "account", "quiet")
    return Envelope(recipients=tuple(row.recipients), **{name: getattr(row, name) for name in names})  # type: ignore[attr-defined]


def reclaim_own(connection: Connection, *, who: str | None) -> int:
    """After an unclean end: make claims free again, keeping the attempts they cost. None = everybody's (SQLite)."""
    query = update(Inbound).where(col(Inbound.done_at).is_(None), col(Inbound.state) == "reading")
    if who is not None:
        query = query.where(col(Inbound.claimed_by) == who)
    return connection.execute(query.values(state="accepted", claimed_by=None, claimed_until=None)).rowcount


def put_back(connection: Connection, ids: list[int] | None, *, who: str) -> None:
    """Give unread mails (None: all of ours) back uncounted: a clean stop is not an attempt."""
    mine = [col(Inbound.done_at).is_(None), col(Inbound.claimed_by) == who, col(Inbound.state) == "reading"]
    if ids is not None:
        mine.append(col(Inbound.id).in_(ids))
    connection.execute(
        update(Inbound)
        .where(*mine)
        .values(state="accepted", attempts=Inbound.attempts - 1, claimed_by=None, claimed_until=None)
    )


def leave_to_the_slow(connection: Connection, inbound: int, *, who: str) -> None:
    """Let a mail wait for the slow reader; what it has had was no attempt of its own."""
    connection.execute(
        update(Inbound)
        .where(col(Inbound.id) == inbound, col(Inbound.claimed_by) == who, col(Inbound.state) == "reading")
        .values(state="slow", attempts=Inbound.attempts - 1, claimed_by=None, claimed_until=None)
    )


def retry_later(connection: Connection, inbound: int, *, who: str, reason: Reason, not_before: datetime) -> None:
    """Give a mail back that could not be read or decided; its attempt stays counted."""
    connection.execute(
        update(Inbound)
        .where(col(Inbound.id) == inbound, col(Inbound.claimed_by) == who)
        .values(state="accepted", claimed_by=None, claimed_until=None, reason=dump(reason), not_before=not_before)
    )


def quarantine(
    connection: Connection, inbound: int, *, who: str, reason: Reason, traceback: str, now: datetime
) -> bool:
    """Put a mail aside after its last attempt, with why; ``requeue`` runs it again. False when it is no longer ours."""
    changed = connection.execute(
        update(Inbound)
        .where(col(Inbound.id) == inbound, col(Inbound.claimed_by) == who)
        .values(
            state="quarantined",
            outcome="quarantined",
            reason=dump(reason),
            traceback=traceback,
            claimed_by=None,
            claimed_until=None,
            done_at=now,
        )
    ).rowcount
    if changed:
        events.add(connection, "quarantined", now=now, inbound=inbound, reason=reason)
    return bool(changed)


def requeue(connection: Connection, inbound: int, *, now: datetime) -> bool:
    """Let a quarantined mail run again from the start; False when it is not in quarantine."""
    changed = connection.execute(
        update(Inbound)
        .where(col(Inbound.id) == inbound, col(Inbound.state) == "quarantined")
        .values(state="accepted", outcome="", reason="", traceback="", attempts=0, not_before=None, done_at=None)
    ).rowcount
    if changed:
        events.add(connection, "requeued", now=now, inbound=inbound, reason=because("by an admin"))
    return bool(changed)


_FINISH = Statement(
    update(table(Inbound))
    .where(col(Inbound.id) == bindparam("b_id"), col(Inbound.claimed_by) == bindparam("b_who"))
    .values(
        state=bindparam("b_state"),
        outcome=bindparam("b_outcome"),
        reason=bindparam("b_reason"),
        case=bindparam("b_case"),
        content_hash=bindparam("b_hash"),
        named_departments=bindparam("b_departments"),
        done_at=bindparam("b_now"),
        claimed_by=None,
        claimed_until=None,
    )
)


class ClaimLost(Exception):
    """Another daemon took this mail over: what we did must not be kept."""


def end(work: Work, change: EndMail) -> None:
    """Mark a mail as done (or put aside by a decision), in the transaction of its effects.

    Raises:
        ClaimLost: when the claim is no longer ours (the fence: our effects are rolled back with it).

    """
    changed = _FINISH.run(
        work.connection,
        {
            "b_id": change.inbound,
            "b_state": "quarantined" if change.outcome == "quarantined" else "done",
            "b_who": work.who,
            "b_outcome": change.outcome,
            "b_reason": dump(change.reason),
            "b_case": change.case,
            "b_hash": change.content_hash,
            "b_departments": list(change.departments),
            "b_now": work.now,
        },
    )
    if changed != 1:
        raise ClaimLost(f"inbound {change.inbound} is no longer claimed by {work.who}")


def oldest_waiting(connection: Connection, now: datetime) -> datetime | None:
    """Return when the oldest mail came that is still to be decided; slow ones and those that failed are passed by."""
    slow = and_(col(Inbound.state) == "reading", col(Inbound.claimed_until) < now + LEASE - SLOW)
    query = select(func.min(col(Inbound.received), type_=UTCDateTime)).where(
        col(Inbound.done_at).is_(None),
        col(Inbound.state).in_(["accepted", "reading"]),
        col(Inbound.attempts) < 2,
        not_(slow),
    )
    return connection.execute(query).scalar()


def waiting(connection: Connection) -> dict[str, int]:
    """Count the mails that are not done, by state."""
    rows = connection.execute(
        select(col(Inbound.state), func.count()).where(col(Inbound.done_at).is_(None)).group_by(col(Inbound.state))
    )
    return {str(state): int(count) for state, count in rows}


def undone(connection: Connection) -> tuple[int, int] | None:
    """Return the oldest and the newest mail that is not done; quick, however many there are."""
    query = select(col(Inbound.id)).where(col(Inbound.done_at).is_(None)).limit(1)
    first = connection.execute(query.order_by(col(Inbound.id))).scalar()
    last = connection.execute(query.order_by(col(Inbound.id).desc())).scalar()
    return None if first is None or last is None else (int(first), int(last))


def left(connection: Connection, *, first: int, last: int) -> int:
    """Count the injected mails of a range of ids that have not been handled or put aside."""
    query = select(func.count()).where(
        col(Inbound.done_at).is_(None), col(Inbound.id).between(first, last), col(Inbound.source) == "inject"
    )
    return int(connection.execute(query).scalar_one())


def outcomes(connection: Connection, ids: Sequence[int]) -> dict[str, int]:
    """Count what became of these mails: their outcome, or how far they have come."""
    found: dict[str, int] = {}
    what = (col(Inbound.outcome), col(Inbound.state))
    for start in range(0, len(ids), 1000):
        query = select(*what, func.count()).where(col(Inbound.id).in_(ids[start : start + 1000])).group_by(*what)
        for outcome, state, count in connection.execute(query):
            found[outcome or state] = found.get(outcome or state, 0) + int(count)
    return found


def hashes(connection: Connection) -> set[bytes]:
    """Return the SHA-256 of every mail there is."""
    return {bytes.fromhex(text) for text in connection.execute(select(col(Inbound.sha256))).scalars()}


def all_done(connection: Connection, ids: list[int]) -> bool:
    """Tell whether these mails have all been handled or put aside."""
    query = select(func.count()).where(col(Inbound.id).in_(ids), col(Inbound.done_at).is_(None))
    return connection.execute(query).scalar_one() == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A mail that came in, in short."""

    id: int
    source: str
    account: str
    state: str
    done: bool


def newest(connection: Connection) -> int:
    """Return the id of the newest mail, 0 when there is none."""
    return int(connection.execute(select(func.max(col(Inbound.id)))).scalar() or 0)


def since(connection: Connection, after: int) -> list[Came]:
    """Return the mails that came in after one, oldest first."""
    query = select(table(Inbound)).where(col(Inbound.id) > after).order_by(col(Inbound.id))
    return [
        Came(id=row.id, source=row.source, account=row.account, state=row.state, done=row.done_at is not None)
        for row in connection.execute(query)
    ]

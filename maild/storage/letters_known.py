"""Outgoing mails as decisions see them: which a mail names, how far one has come, and what a plan changes about it."""

from __future__ import annotations

from typing import Any, assert_never

from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import col

from maild.core.facts import LetterAsks, LetterFacts, OutgoingFacts
from maild.core.plan import KeepIds, RecordBounce, SettleLetter
from maild.core.reasons.reason import because, dump, load
from maild.storage.statements import Among, Statement, table
from maild.storage.tables import Outbox, OutboxData
from maild.storage.work import Work

LetterChange = RecordBounce | SettleLetter | KeepIds

_OUTGOING = Among(
    Outbox.id,
    lambda among: select(
        col(Outbox.id),
        col(Outbox.case),
        col(Outbox.kind),
        col(Outbox.recipient),
        col(Outbox.message_id),
        col(Outbox.bounced),
        col(Outbox.to_agent),
        col(Outbox.created),
    ).where(among),
)
_COLUMNS = [
    table(Outbox).c[name]
    for name in ("id", "case", "kind", "recipient", "once_key", "state", "attempts", "created", "error", "warned")
]
_LETTERS = Among(Outbox.id, lambda among: select(*_COLUMNS).where(among).order_by("id").with_for_update(key_share=True))
_IN_STATE = Statement(
    select(*_COLUMNS)
    .where(col(Outbox.state) == bindparam("state"), col(Outbox.done_at).is_(None))
    .order_by("id")
    .with_for_update(key_share=True)
)
_DATA = Among(OutboxData.outbox, lambda among: select(table(OutboxData)).where(among))
_ONCE = Among(Outbox.once_key, lambda among: select(col(Outbox.id)).where(among))
_BOUNCED = Statement(
    update(table(Outbox))
    .where(col(Outbox.id) == bindparam("b_id"))
    .values(error=bindparam("b_error"), bounced=bindparam("b_bounced"))
)
_SOFT_BOUNCED = Statement(
    update(table(Outbox)).where(col(Outbox.id) == bindparam("b_id")).values(error=bindparam("b_error"))
)


def outgoing(connection: Connection, ids: frozenset[int]) -> dict[int, OutgoingFacts]:
    """Return the outgoing mails that a mail names."""
    return {
        row.id: OutgoingFacts(
            id=row.id,
            case=row.case,
            kind=row.kind,
            to=row.recipient,
            message_id=row.message_id,
            bounced=bool(row.bounced),
            to_agent=row.to_agent,
            created=row.created,
        )
        for row in _OUTGOING.all(connection, sorted(ids))
    }


def letters(connection: Connection, asks: LetterAsks | None) -> dict[int, LetterFacts]:
    """Read and lock the outgoing mails that a cause is about."""
    if asks is None:
        return {}
    rows = list(_LETTERS.all(connection, sorted(asks.ids)))
    if asks.held:
        rows += _IN_STATE.all(connection, state="held")
    if asks.deferred:
        rows += _IN_STATE.all(connection, state="deferred")
    return {
        row.id: LetterFacts(
            id=row.id,
            case=row.case,
            kind=row.kind,
            to=row.recipient,
            once_key=row.once_key,
            state=row.state,
            attempts=row.attempts,
            created=row.created,
            error=load(row.error),
            warned=row.warned,
        )
        for row in rows
    }


def data(connection: Connection, asks: LetterAsks | None) -> dict[int, bytes]:
    """Return the bytes of the outgoing mails that a cause is about, where it asks for them."""
    if asks is None or not asks.data:
        return {}
    return {row.outbox: bytes(row.data) for row in _DATA.all(connection, sorted(asks.ids))}


def told_before(connection: Connection, asks: LetterAsks | None) -> bool:
    """Tell whether what is to be told once was told before."""
    return asks is not None and asks.once_key is not None and bool(_ONCE.all(connection, [asks.once_key]))


def do(work: Work, change: LetterChange) -> None:
    """Do what a plan changes about an outgoing mail."""
    match change:
        case RecordBounce():
            values = {"b_id": change.outbox, "b_error": dump(because("bounced with", change.status))}
            if change.permanent:
                _BOUNCED.run(work.connection, values | {"b_bounced": change.status or "5"})
            else:
                _SOFT_BOUNCED.run(work.connection, values)
        case SettleLetter():
            _settle(work, change)
        case KeepIds():
            work.ids.keep(work.connection, change.last)
        case _:
            assert_never(change)


def _settle(work: Work, change: SettleLetter) -> None:
    """Bring a letter to another state.

    Raises:
        RuntimeError: when it is not as the plan saw it any more; the plan is taken back.

    """
    values: dict[str, Any] = {}
    if change.state != change.before or change.anew:
        over = change.state in ("failed", "dropped")
        values |= {"state": change.state, "done_at": work.now if over else None, "due": change.due or work.now}
    if change.anew:
        values["created"] = work.now
    values |= {} if change.error is None else {"error": dump(change.error)}
    values |= {} if change.warned is None else {"warned": change.warned}
    query = update(table(Outbox)).where(col(Outbox.id) == change.letter, col(Outbox.state) == change.before)
    if work.connection.execute(query.values(values)).rowcount != 1:
        raise RuntimeError(f"outgoing mail {change.letter} is not {change.before} any more")

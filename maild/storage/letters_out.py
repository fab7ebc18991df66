"""Composed letters become outbox rows, entries of the case's history, and counts for the caps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from maild.core.plan import ACKS, Notice
from maild.storage.counts import minute
from maild.storage.rows import Rows
from maild.storage.statements import upserting
from maild.storage.tables import AutomaticMail, AutomaticMinute, Message, Outbox, OutboxData

_COUNT_MINUTE = upserting(AutomaticMinute, ("minute", "count"), add=("count",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A notice that has been composed."""

    notice: Notice
    subject: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSend:
    """An outgoing mail whose attempt is recorded: it may go out once the transaction is durable."""

    id: int
    case: int | None
    recipient: str
    return_path: str
    message_id: str
    data: bytes
    attempts: int
    created: datetime
    kind: str
    to_agent: bool
    warned: bool = False


def queue(
    connection: Connection,
    rows: Rows,
    written: Sequence[Written],
    *,
    now: datetime,
    who: str,
    claim_until: datetime | None,
    new_id: Callable[[], int],
) -> list[ToSend]:
    """Add the rows of these letters; return those that are claimed for sending at once."""
    sent: list[ToSend] = []
    automatic = 0
    for letter in written:
        notice = letter.notice
        at_once = claim_until is not None and not notice.held and notice.due is None
        rows.add(Outbox, _row(letter, now, who if at_once else None, claim_until if at_once else None))
        rows.add(OutboxData, {"outbox": notice.outbox_id, "data": letter.data})
        if notice.author_key is not None and notice.automatic is not None and not notice.paced:
            automatic += 1
            rows.add(AutomaticMail, _automatic(notice, now))
        if notice.kind in ACKS and notice.case is not None:
            rows.add(Message, _entry(letter, now, new_id()))
        if at_once:
            sent.append(_to_send(letter, now))
    if automatic:
        _COUNT_MINUTE.run(connection, {"minute": minute(now), "count": automatic})
    return sent


def _row(letter: Written, now: datetime, who: str | None, until: datetime | None) -> dict[str, Any]:
    notice = letter.notice
    return {
        "id": notice.outbox_id,
        "once_key": notice.once_key,
        "case": notice.case,
        "kind": notice.kind,
        "counts_as": notice.counts_as,
        "recipient": notice.to,
        "return_path": notice.return_path,
        "message_id": notice.message_id,
        "subject": letter.subject,
        "to_agent": notice.to_agent,
        "state": "held" if notice.held else "queued" if who is None else "sending",
        "attempts": 0 if who is None else 1,
        "due": now if notice.due is None else max(now, notice.due),
        "created": now,
        "claimed_by": who,
        "claimed_until": until,
        "error": "",
        "waits_for_relay": False,
        "answer": "",
        "bounced": "",
        "warned": False,
    }


def _to_send(letter: Written, now: datetime) -> ToSend:
    notice = letter.notice
    return ToSend(
        id=notice.outbox_id,
        case=notice.case,
        recipient=notice.to,
        return_path=notice.return_path,
        message_id=notice.message_id,
        data=letter.data,
        attempts=1,
        created=now,
        kind=notice.kind,
        to_agent=notice.to_agent,
    )


def _automatic(notice: Notice, now: datetime) -> dict[str, Any]:
    return {
        "outbox": notice.outbox_id,
        "at": now,
        "address_key": notice.author_key,
        "domain": notice.to.rpartition("@")[2],
        "unauthenticated": notice.counts_as_unauthenticated,
        "number": notice.names_number,
    }


def _entry(letter: Written, now: datetime, key: int) -> dict[str, Any]:
    """Enter what the requester was sent into the case's own history (an answer's words are there already)."""
    notice = letter.notice
    return {
        "id": key,
        "case": notice.case,
        "direction": "out",
        "kind": "auto",
        "visibility": "public",
        "agent": None,
        "author": notice.from_address,
        "author_shown": notice.from_name,
        "author_key": None,
        "to": [notice.to],
        "cc": [],
        "subject": letter.subject,
        "text": "",
        "folded": "",
        "note": notice.kind,
        "message_id": notice.message_id,
        "in_reply_to": [notice.in_reply_to] if notice.in_reply_to else [],
        "references": list(notice.references),
        "date": now,
        "at": now,
        "language": notice.language,
        "verdict": "pass",
        "subject_shape": "",
        "text_shape": [],
        "untold": False,
        "inbound": None,
        "outbox": notice.outbox_id,
    }

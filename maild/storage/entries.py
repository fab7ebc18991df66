"""Entries of cases: the messages that stand in one, their files, its thread, and what was held until confirmed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_never

from sqlalchemy import Connection, bindparam, select, text, update
from sqlmodel import col

from maild.core.facts import Arrival, Contact, HeldMessage, LastAnswer, RelatedCase, SeenMessage
from maild.core.plan import AddMessage, DropHeld, FollowThread, NoteContact, ReleaseHeld, UseToken
from maild.core.reasons.reason import because, dump
from maild.core.reasons.trace import TraceLine
from maild.core.values.mail import Attachment
from maild.core.values.people import caseless
from maild.storage.counts import BURST_WINDOW
from maild.storage.statements import Among, Statement, at_most, table, upserting
from maild.storage.tables import Attachment as AttachmentRow
from maild.storage.tables import Case, Event, Message, TokenUse
from maild.storage.tables import Contact as ContactRow
from maild.storage.traces import of_rows
from maild.storage.work import Work

EntryChange = AddMessage | FollowThread | ReleaseHeld | DropHeld | NoteContact | UseToken
FILE = ("name", "type", "size", "sha256", "start", "end", "encoding", "inline", "content_id", "inside", "decoration")
"""What is kept of an attachment."""
MOST_ARRIVALS = 50
MOST_RELATED = 10

_KNOWN = Among(
    Message.message_id,
    lambda among: (
        select(
            col(Message.message_id),
            col(Message.case),
            col(Message.direction),
            col(Message.visibility),
            col(Message.author),
            col(Message.to),
            col(Message.cc),
            col(Message.verdict),
        )
        .where(among)
        .order_by(col(Message.id))
    ),
)
_CONTACT = Statement(select(table(ContactRow)).where(col(ContactRow.address) == bindparam("address")))
_CONTACTS = Among(ContactRow.address, lambda among: select(col(ContactRow.address)).where(among))
_RELATED = Statement(
    select(
        col(Case.number),
        col(Case.subject),
        col(Case.conversation),
        col(Case.group),
        col(Case.assignee),
    )
    .where(col(Case.requester) == bindparam("address"))
    .order_by(col(Case.number).desc())
    .limit(at_most(MOST_RELATED))
)
_ARRIVALS = Statement(
    select(col(Message.case), col(Message.at), col(Message.subject_shape), col(Message.text_shape))
    .where(col(Message.author_key) == bindparam("author"), col(Message.at) > bindparam("since"))
    .order_by(col(Message.at), col(Message.id))
    .limit(at_most(MOST_ARRIVALS))
)
_HELD = Among(
    Message.inbound, lambda among: select(table(Message)).where(among, col(Message.agent).is_not(None)).order_by("id")
)
_FILES = Among(
    AttachmentRow.message,
    lambda among: select(table(AttachmentRow)).where(among).order_by(col(AttachmentRow.position)),
)
_USED = Among(TokenUse.digest, lambda among: select(col(TokenUse.digest)).where(among))
_DECIDED = Statement(
    select(col(Event.trace))
    .where(col(Event.case) == bindparam("case"), col(Event.what) == text("'decided'"))
    .order_by(col(Event.id))
    .limit(at_most(1))
)
_LAST_ANSWER = Statement(
    select(col(Message.agent), col(Message.at))
    .where(
        col(Message.case) == bindparam("case"),
        col(Message.kind) == text("'reply'"),
        col(Message.visibility) == text("'public'"),
    )
    .order_by(col(Message.id).desc())
    .limit(at_most(1))
)
_SAVE_CONTACT = upserting(
    ContactRow, ("address", "name", "language", "last_seen"), replace=("name", "language", "last_seen")
)
_CASE = update(table(Case)).where(col(Case.number) == bindparam("b_case"))
_TOUCH = Statement(_CASE.values(updated=bindparam("b_now")))
_THREAD: dict[str, Any] = {
    "updated": bindparam("b_now"),
    "last_message_id": bindparam("b_id"),
    "thread": bindparam("b_thread"),
}
_TOUCH_THREAD = Statement(_CASE.values(**_THREAD))
_TOUCH_CUSTOMER = Statement(_CASE.values(last_customer_at=bindparam("b_now"), **_THREAD))
_FIRST_RESPONSE = Statement(_CASE.where(col(Case.first_response).is_(None)).values(first_response=bindparam("b_now")))
_RELEASE = Statement(
    update(table(Message))
    .where(col(Message.id) == bindparam("b_id"), col(Message.visibility) == text("'held'"))
    .values(visibility=bindparam("b_visibility"), kind=bindparam("b_kind"), direction=bindparam("b_direction"))
)
_RELEASED_TEXT = Statement(
    update(table(Message)).where(col(Message.id) == bindparam("b_id")).values(text=bindparam("b_text"))
)
_DROP = Statement(
    update(table(Message))
    .where(col(Message.id) == bindparam("b_id"), col(Message.visibility) == text("'held'"))
    .values(visibility=text("'silent'"))
)


# -- gather -----------------------------------------------------------------------------------------------------------


def known(connection: Connection, message_ids: tuple[str, ...]) -> tuple[SeenMessage, ...]:
    """Return what we hold of these Message-IDs."""
    return tuple(
        SeenMessage(
            message_id=row.message_id,
            case=row.case,
            direction=row.direction,
            visibility=row.visibility,
            addressees=frozenset(map(caseless, (*row.to, *row.cc))),
            author=row.author,
            verdict=row.verdict,
        )
        for row in _KNOWN.all(connection, message_ids)
    )


def contact(connection: Connection, address: str | None) -> Contact | None:
    """Return what is known of an address."""
    row = None if address is None else _CONTACT.first(connection, address=address)
    return None if row is None else Contact(address=row.address, name=row.name, language=row.language)


def known_addresses(connection: Connection, addresses: tuple[str, ...]) -> frozenset[str]:
    """Return those of the addresses that are somebody's."""
    return frozenset(row.address for row in _CONTACTS.all(connection, addresses))


def related(connection: Connection, author: str | None) -> tuple[RelatedCase, ...]:
    """Return the newest cases of a requester."""
    return tuple(
        RelatedCase(
            number=row.number,
            title=row.subject,
            conversation=row.conversation,
            group=row.group,
            assignee=row.assignee,
        )
        for row in _RELATED.all(connection, address=author)
    )


def arrivals(connection: Connection, author_key: str | None, now: datetime) -> tuple[Arrival, ...]:
    """Return the mails of one sender within the last minutes, oldest first."""
    if author_key is None:
        return ()
    return tuple(
        Arrival(case=row.case, at=row.at, subject_shape=row.subject_shape, text_shape=tuple(row.text_shape))
        for row in _ARRIVALS.all(connection, author=author_key, since=now - BURST_WINDOW)
    )


def used(connection: Connection, digest: str) -> bool:
    """Tell whether something that may happen once has happened."""
    return bool(_USED.all(connection, [digest]))


def held_digest(inbound: int) -> str:
    """Name the one use of a confirmation."""
    return f"held:{inbound}"


def held(connection: Connection, inbound_ids: frozenset[int]) -> dict[int, HeldMessage]:
    """Return the agents' mails that wait (or waited) for a confirmation, by inbound id."""
    if not inbound_ids:
        return {}
    wanted = sorted(inbound_ids)
    released = {row.digest for row in _USED.all(connection, [held_digest(inbound) for inbound in wanted])}
    rows = _HELD.all(connection, wanted)
    files: dict[int, list[Attachment]] = {}
    for row in _FILES.all(connection, [row.id for row in rows]):
        values = {name: getattr(row, name) for name in FILE}
        files.setdefault(row.message, []).append(Attachment(**values))
    return {
        row.inbound: HeldMessage(
            id=row.id,
            case=row.case,
            agent=row.agent or "",
            text=row.text,
            subject=row.subject,
            message_id=row.message_id,
            references=tuple(row.references),
            inbound=row.inbound,
            done=held_digest(row.inbound) in released or row.visibility != "held",
            dropped=row.visibility == "silent",
            internal=row.kind == "note",
            attachments=tuple(files.get(row.id, ())),
        )
        for row in rows
    }


def traces(connection: Connection, cases: list[int]) -> dict[int, tuple[TraceLine, ...]]:
    """Return the trace of the first decision about each case: the one that opened it."""
    found = {number: _DECIDED.first(connection, case=number) for number in cases}
    return {n: of_rows(row.trace) for n, row in found.items() if row is not None}


def last_answers(connection: Connection, cases: list[int]) -> dict[int, LastAnswer]:
    """Return each case's newest answer."""
    found = {number: _LAST_ANSWER.first(connection, case=number) for number in cases}
    return {n: LastAnswer(agent=row.agent or "", at=row.at) for n, row in found.items() if row is not None}


# -- carry out --------------------------------------------------------------------------------------------------------


def do(work: Work, change: EntryChange) -> None:
    """Do what a plan changes about a case's entries."""
    match change:
        case AddMessage():
            _add(work, change)
        case FollowThread():
            _follow(work, change)
        case NoteContact():
            row = {"address": change.address, "name": change.name, "language": change.language}
            _SAVE_CONTACT.run(work.connection, row | {"last_seen": work.now})
        case UseToken():
            work.rows.add(TokenUse, {"digest": change.digest, "at": work.now})
        case ReleaseHeld():
            _release(work, change)
        case DropHeld():
            _drop(work, change)
        case _:
            assert_never(change)


def _add(work: Work, change: AddMessage) -> None:
    entry, key = change.entry, work.new_id()
    work.rows.add(
        Message,
        {
            "id": key,
            "case": change.case,
            "direction": "out" if change.kind == "reply" and change.visibility == "public" else "in",
            "kind": change.kind,
            "visibility": change.visibility,
            "agent": change.agent,
            "author": entry.author,
            "author_shown": entry.author_shown,
            "author_key": entry.author_key,
            "to": list(entry.to),
            "cc": list(entry.cc),
            "subject": entry.subject,
            "text": entry.text,
            "folded": entry.folded,
            "note": dump(change.note),
            "message_id": entry.message_id,
            "in_reply_to": list(entry.in_reply_to),
            "references": list(entry.references),
            "date": entry.date,
            "at": entry.at,
            "language": entry.language,
            "verdict": entry.verdict,
            "subject_shape": entry.subject_shape,
            "text_shape": list(entry.text_shape),
            "untold": change.untold,
            "inbound": entry.inbound,
            "outbox": None,
        },
    )
    for position, file in enumerate(entry.attachments):
        row = {"message": key, "position": position} | {name: getattr(file, name) for name in FILE}
        work.rows.add(AttachmentRow, row)


def _follow(work: Work, change: FollowThread) -> None:
    if change.thread is None:
        _TOUCH.run(work.connection, {"b_case": change.case, "b_now": work.now})
        return
    values = {
        "b_case": change.case,
        "b_now": work.now,
        "b_id": change.last_message_id,
        "b_thread": list(change.thread),
    }
    (_TOUCH_CUSTOMER if change.by == "customer" else _TOUCH_THREAD).run(work.connection, values)
    if change.by == "agent":
        _FIRST_RESPONSE.run(work.connection, {"b_case": change.case, "b_now": work.now})


def _release(work: Work, change: ReleaseHeld) -> None:
    """Let a held message be what it was meant to be.

    Raises:
        RuntimeError: when it is not held any more; the plan is taken back.

    """
    values = {
        "b_id": change.message,
        "b_visibility": "internal" if change.internal else "public",
        "b_kind": "note" if change.internal else "reply",
        "b_direction": "in" if change.internal else "out",
    }
    if _RELEASE.run(work.connection, values) != 1:
        raise RuntimeError(f"message {change.message} is not held")
    if change.text is not None:
        _RELEASED_TEXT.run(work.connection, {"b_id": change.message, "b_text": change.text})
    work.event("released", change.case, because("confirmed by the agent"), before="\n".join(change.cut))
    if not change.internal:
        _FIRST_RESPONSE.run(work.connection, {"b_case": change.case, "b_now": work.now})


def _drop(work: Work, change: DropHeld) -> None:
    """Let a held message rest where it is, read by agents only.

    Raises:
        RuntimeError: when it is not held any more; the plan is taken back.

    """
    if _DROP.run(work.connection, {"b_id": change.message}) != 1:
        raise RuntimeError(f"message {change.message} is not held")
    work.event("discarded", change.case, because("the agent said no"), actor=change.agent, before="held")

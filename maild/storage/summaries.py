"""Entries that no agent has heard of yet: the next summary of their case names them."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select, text, update
from sqlmodel import col

from maild.core.facts import Untold
from maild.core.plan import MarkTold
from maild.storage.statements import Among, Statement, at_most, table
from maild.storage.tables import Attachment, Message
from maild.storage.work import Work

MOST_UNTOLD = 200

_UNTOLD = Statement(
    select(col(Message.id), col(Message.at), col(Message.author_shown), col(Message.subject), col(Message.text))
    .where(col(Message.case) == bindparam("case"), text("untold"))
    .order_by(col(Message.at), col(Message.id))
    .limit(at_most(MOST_UNTOLD))
)
_FILES = Among(
    Attachment.message,
    lambda among: (
        select(col(Attachment.message), col(Attachment.name), col(Attachment.decoration))
        .where(among)
        .order_by(col(Attachment.message), col(Attachment.position))
    ),
)
_TOLD = Statement(update(table(Message)).where(col(Message.id) == bindparam("b_id")).values(untold=False))


def untold(connection: Connection, case: int | None) -> tuple[Untold, ...]:
    """Return the entries of a case that agents are yet to be told of, the oldest first."""
    rows = [] if case is None else _UNTOLD.all(connection, case=case)
    files: dict[int, list[str]] = {}
    for row in _FILES.all(connection, [row.id for row in rows]):
        if not row.decoration:
            files.setdefault(row.message, []).append(row.name)
    return tuple(
        Untold(
            message=row.id,
            at=row.at,
            author=row.author_shown,
            subject=row.subject,
            text=row.text,
            files=tuple(files.get(row.id, ())),
        )
        for row in rows
    )


def do(work: Work, change: MarkTold) -> None:
    """Remember that agents have heard of these."""
    for message in change.messages:
        _TOLD.run(work.connection, {"b_id": message})

"""The mail that an agent asks to see whole: the one whose notice was answered, else the newest of its case."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select, text
from sqlmodel import col

from maild.core.facts import WholeMail
from maild.storage.statements import Among, Statement, at_most
from maild.storage.tables import Message, Outbox

_COLUMNS = (col(Message.inbound), col(Message.author_shown), col(Message.text), col(Message.folded))
_FROM_CUSTOMERS = (
    col(Message.case) == bindparam("case"),
    col(Message.kind) == text("'customer'"),
    col(Message.inbound).is_not(None),
)
_NEWEST = Statement(select(*_COLUMNS).where(*_FROM_CUSTOMERS).order_by(col(Message.id).desc()).limit(at_most(1)))
_FIRST = Statement(select(*_COLUMNS).where(*_FROM_CUSTOMERS).order_by(col(Message.id)).limit(at_most(1)))
_THAT = Statement(
    select(*_COLUMNS).where(*_FROM_CUSTOMERS, col(Message.inbound) == bindparam("inbound")).limit(at_most(1))
)
_NOTICES = Among(Outbox.id, lambda among: select(col(Outbox.case), col(Outbox.once_key)).where(among).order_by("id"))


def whole(connection: Connection, cases: list[int], letters: list[int]) -> dict[int, WholeMail]:
    """Return, by case, the mail to be shown; ``letters`` are those of ours that the agent's mail names."""
    about = {row.case: (*row.once_key.split(":"), "")[:2] for row in _NOTICES.all(connection, letters)}
    found: dict[int, WholeMail] = {}
    for case in cases:
        kind, key = about.get(case, ("", ""))
        row = None
        inbound = key.partition(".")[0]
        if kind in ("follow-up", "pending", "noted") and inbound.isdigit():
            row = _THAT.first(connection, case=case, inbound=int(inbound))
        elif kind == "assignment":
            row = _FIRST.first(connection, case=case)
        row = row or _NEWEST.first(connection, case=case)
        if row is not None:
            found[case] = WholeMail(
                inbound=row.inbound, author_shown=row.author_shown, text=row.text, folded=row.folded
            )
    return found

"""Queue one outgoing mail for a test, as a plan's letters are queued."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection

from maild.core.plan import Notice
from maild.storage import letters_out
from maild.storage.letters_out import Written
from maild.storage.rows import Rows
from tests.kit.a_case import a_case


def put(
    connection: Connection,
    key: int,
    *,
    now: datetime,
    case: int | None = 1,
    to: str = "k@a.example",
    data: bytes = b"x\r\n",
    sender: str = "",
    **changes: Any,
) -> int:
    """Queue one mail; ``changes`` are fields of its notice."""
    made: dict[str, Any] = {
        "outbox_id": key,
        "kind": "answer",
        "once_key": f"test:{key}",
        "to": to,
        "case": case,
        "department": None,
        "language": "no",
        "from_address": "it@c.example",
        "from_name": "IT",
        "subject": "x",
        "message_id": f"<{key}@c.example>",
        "return_path": sender,
    }
    a_case(connection, case)
    rows, ids = Rows(), count(10_000 + key)
    written = Written(notice=Notice(**(made | changes)), subject="x", data=data)
    letters_out.queue(connection, rows, [written], now=now, who="", claim_until=None, new_id=lambda: next(ids))
    rows.write(connection)
    return key

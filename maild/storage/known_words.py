"""What cases hold, as runs of words: taken down with each plan, read to know quoted lines again (law R20)."""

from __future__ import annotations

import email
import email.policy
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, text
from sqlmodel import col

from maild.core.facts import Key, KnownWords
from maild.core.known_words.runs import MOST_WORDS, packed, runs, unpacked, words_of
from maild.core.plan import AddMessage
from maild.storage.letters_out import Written
from maild.storage.statements import Among, Statement, at_most, table
from maild.storage.tables import KnownWords as Row
from maild.storage.tables import Message, Outbox, OutboxData
from maild.storage.work import Work

COLUMNS = ("ours_public", "ours_internal", "theirs_public", "theirs_internal")
NOT_TAKEN = -1
"""Stands for the key in the row of a case that is older than the table."""
_AT_ONCE = 50
_MOST_OCTETS = 400_000
"""Octets of an old letter that are looked at: its words stand before its files."""

_KNOWN = Among(Row.case, lambda among: select(table(Row)).where(among, col(Row.key) >= 0).order_by(col(Row.id)))
_OLD = Statement(
    select(col(Row.id), col(Row.case)).where(text("key < 0")).order_by(col(Row.case).desc()).limit(at_most(_AT_ONCE))
)
_FORGET = Statement(table(Row).delete().where(col(Row.case) == bindparam("b_case")))
_TAKEN = Statement(
    table(Row)
    .update()
    .where(col(Row.id) == bindparam("b_id"))
    .values(key=bindparam("b_key"), **{name: bindparam(f"b_{name}") for name in COLUMNS})
)


# -- gather -----------------------------------------------------------------------------------------------------------


def known(connection: Connection, cases: Iterable[int]) -> tuple[KnownWords, ...]:
    """Return what cases hold, oldest first."""
    return tuple(
        KnownWords(case=row.case, key=row.key, **{name: bytes(getattr(row, name)) for name in COLUMNS})
        for row in _KNOWN.all(connection, sorted(cases))
    )


# -- carry out --------------------------------------------------------------------------------------------------------


def take(work: Work, written: Sequence[Written], key: Key) -> None:
    """Take down the words of what a plan brings into cases: mails that become entries, and letters."""
    texts: dict[int, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for change in work.plan.changes:
        if isinstance(change, AddMessage):
            public = change.kind == "customer" and change.visibility == "public"
            texts[change.case]["theirs_public" if public else "theirs_internal"][change.entry.whole] = None
    for letter in written:
        if letter.notice.case is not None:
            name = "ours_internal" if letter.notice.to_agent else "ours_public"
            texts[letter.notice.case][name] |= dict.fromkeys(letter.frame)
    for case, by_name in texts.items():
        work.rows.add(Row, {"case": case, "key": key.id} | _packed(by_name, key, case))


def _packed(texts: dict[str, dict[str, None]], key: Key, case: int) -> dict[str, Any]:
    """Return the columns of a row; a text that came several times counts once."""
    found: dict[str, Any] = dict.fromkeys(COLUMNS, b"")
    for name, several in texts.items():
        found[name] = b"".join(packed(runs(words_of(text)[:MOST_WORDS], key, case)) for text in several)
    return found


def forget(connection: Connection, case: int) -> None:
    """Erase what is known of a case's words, for who erases the case."""
    _FORGET.run(connection, {"b_case": case})


# -- cases of before --------------------------------------------------------------------------------------------------


def take_old(engine: Engine, key: Key) -> int:
    """Take down the words of cases that are older than this table, the newest first, some at a time; how many."""
    count = 0
    while True:
        with engine.begin() as connection:
            rows = _OLD.all(connection)
            for row in rows:
                taken = _packed(_old(connection, row.case), key, row.case)
                # what an old letter passed on to agents is the customer's, and not ours
                theirs = {*unpacked(taken["theirs_public"]), *unpacked(taken["theirs_internal"])}
                taken["ours_internal"] = packed([run for run in unpacked(taken["ours_internal"]) if run not in theirs])
                named = {f"b_{name}": value for name, value in taken.items()}
                _TAKEN.run(connection, {"b_id": row.id, "b_key": key.id} | named)
        count += len(rows)
        if len(rows) < _AT_ONCE:
            return count


def _old(connection: Connection, case: int) -> dict[str, dict[str, None]]:
    """Return the texts of an old case: its entries, and its letters from their bytes."""
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    entries = select(col(Message.kind), col(Message.visibility), col(Message.text), col(Message.folded))
    for entry in connection.execute(entries.where(col(Message.case) == case)):
        public = entry.visibility == "public" and entry.kind in ("customer", "reply")
        ours = "ours" if entry.kind == "reply" else "theirs"
        texts[f"{ours}_public" if public else "theirs_internal"][entry.text] = None
        texts["theirs_public" if public and ours == "theirs" else "theirs_internal"][entry.folded] = None
    sent = select(col(Outbox.to_agent), col(OutboxData.data)).join(OutboxData, col(OutboxData.outbox) == col(Outbox.id))
    for letter in connection.execute(sent.where(col(Outbox.case) == case)):
        texts["ours_internal" if letter.to_agent else "ours_public"][_words_of_letter(bytes(letter.data))] = None
    return texts


def _words_of_letter(data: bytes) -> str:
    """Read the plain text of a letter that we wrote ourselves."""
    body = email.message_from_bytes(data[:_MOST_OCTETS], policy=email.policy.default).get_body(("plain",))
    return "" if body is None else str(body.get_content())

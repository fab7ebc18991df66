"""What cases hold, as runs of words, to know quoted lines again (law R27).

They are taken down from a case's entries and letters when a mail comes that may quote them, and kept by that mail's
plan: most cases have one mail, and pay nothing. An entry or a letter is read for it once, however old it is.
"""

from __future__ import annotations

import email
from collections import defaultdict
from collections.abc import Iterable
from email.message import Message as Part
from typing import Any

from sqlalchemy import Connection, bindparam, false, func, select, update
from sqlmodel import col

from maild.core.facts import Key, KnownWords
from maild.core.known_words.runs import MOST_WORDS, packed, runs, words_of
from maild.core.plan import KeepWords
from maild.storage.statements import Among, Statement, at_most, table
from maild.storage.tables import KnownWords as Row
from maild.storage.tables import Message, Outbox, OutboxData
from maild.storage.work import Work

COLUMNS = ("ours_public", "ours_internal", "theirs_public", "theirs_internal", "drafts")
MOST_AT_ONCE = 500
"""Entries, and letters, that one mail takes down, the newest first; the next mail goes on."""
_OF_AGENTS = frozenset({"reply", "note", "system"})
_MOST_TEXT = 200_000
"""Characters of an entry, and octets of a letter, that are looked at: its words stand before its files."""

_KNOWN = Among(Row.case, lambda among: select(table(Row)).where(among).order_by(col(Row.id)))
_ENTRIES = Among(
    Message.case,
    lambda among: (
        select(
            col(Message.id),
            col(Message.case),
            col(Message.kind),
            col(Message.visibility),
            col(Message.text),
            col(Message.folded),
        )
        .where(among, col(Message.known) == false())
        .order_by(col(Message.id).desc())
        .limit(at_most(MOST_AT_ONCE))
    ),
)
_LETTERS = Among(
    Outbox.case,
    lambda among: (
        select(
            col(Outbox.id),
            col(Outbox.case),
            col(Outbox.to_agent),
            func.substr(col(OutboxData.data), 1, _MOST_TEXT).label("data"),
        )
        .join(OutboxData, col(OutboxData.outbox) == col(Outbox.id))
        .where(among, col(Outbox.known) == false())
        .order_by(col(Outbox.id).desc())
        .limit(at_most(MOST_AT_ONCE))
    ),
)
_FORGET = Statement(table(Row).delete().where(col(Row.case) == bindparam("b_case")))
_ENTRY_KNOWN = Statement(update(table(Message)).where(col(Message.id) == bindparam("b_id")).values(known=True))
_LETTER_KNOWN = Statement(update(table(Outbox)).where(col(Outbox.id) == bindparam("b_id")).values(known=True))


def known(connection: Connection, cases: Iterable[int], key: Key) -> tuple[KnownWords, ...]:
    """Return what cases hold, oldest first: what is kept, and what is taken down just now."""
    numbers = sorted(cases)
    new: dict[int, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for entry in _ENTRIES.all(connection, numbers):
        new[entry.case][0].append(entry)
    for letter in _LETTERS.all(connection, numbers):
        new[letter.case][1].append(letter)
    kept = [
        KnownWords(
            case=row.case,
            key=row.key,
            ours_public=bytes(row.ours_public),
            ours_internal=bytes(row.ours_internal),
            theirs_public=bytes(row.theirs_public),
            theirs_internal=bytes(row.theirs_internal),
            drafts=bytes(row.drafts),
        )
        for row in _KNOWN.all(connection, numbers)
    ]
    return (*kept, *(_taken(case, entries, letters, key) for case, (entries, letters) in new.items()))


def keep(work: Work, change: KeepWords) -> None:
    """Keep what was taken down, and note from what."""
    words = change.words
    columns = {name: getattr(words, name) for name in COLUMNS}
    work.rows.add(Row, {"case": words.case, "key": words.key} | columns)
    for key in words.entries:
        _ENTRY_KNOWN.run(work.connection, {"b_id": key})
    for key in words.letters:
        _LETTER_KNOWN.run(work.connection, {"b_id": key})


def forget(connection: Connection, case: int) -> None:
    """Erase what was taken down of a case's words, for who erases the case."""
    _FORGET.run(connection, {"b_case": case})


def _taken(case: int, entries: list[Any], letters: list[Any], key: Key) -> KnownWords:
    """Take down what is new in a case."""
    found: dict[str, dict[int, None]] = defaultdict(dict)

    def take(name: str, text: str) -> None:
        found[name] |= dict.fromkeys(runs(words_of(text[:_MOST_TEXT])[:MOST_WORDS], key, case))

    for entry in entries:
        public = entry.visibility == "public" and entry.kind in ("customer", "reply")
        if not public and entry.kind in _OF_AGENTS:
            take("drafts", entry.text)  # what an agent wrote and nobody got may be written again, and sent
            continue
        take(f"{'ours' if entry.kind == 'reply' else 'theirs'}_{'public' if public else 'internal'}", entry.text)
        take(f"theirs_{'public' if public and entry.kind == 'customer' else 'internal'}", entry.folded)
    for letter in letters:
        take("ours_internal" if letter.to_agent else "ours_public", _words_of_letter(bytes(letter.data)))
    return KnownWords(
        case=case,
        key=key.id,
        ours_public=packed(list(found["ours_public"])),
        ours_internal=packed(list(found["ours_internal"])),
        theirs_public=packed(list(found["theirs_public"])),
        theirs_internal=packed(list(found["theirs_internal"])),
        drafts=packed(list(found["drafts"])),
        entries=tuple(entry.id for entry in entries),
        letters=tuple(letter.id for letter in letters),
    )


def _words_of_letter(data: bytes) -> str:
    """Read the plain text of a letter that we wrote ourselves."""
    parts: Iterable[Part] = email.message_from_bytes(data).walk()
    text = next((part for part in parts if part.get_content_type() == "text/plain"), None)
    content = None if text is None else text.get_payload(decode=True)
    return content.decode(errors="replace") if isinstance(content, bytes) else ""

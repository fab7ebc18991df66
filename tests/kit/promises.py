"""A desk whose promises fall due in a test: the daemon's corridor on a real store, time passed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert, text

from maild.core.cause import About, AdminSaid, Cause, Said, Step
from maild.core.plan import Plan
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Mail
from maild.journey.corridor import Corridor, Handled, walk
from maild.journey.timers import due, keep
from maild.letters import templates
from maild.storage import inbound
from maild.storage.engine import reading
from maild.storage.gather import Settings
from maild.storage.ids import Ids
from maild.storage.statements import table
from maild.storage.tables import Outbox, Timer
from tests.kit import make

ROOT = Path(__file__).resolve().parents[2]
LETTERS = templates.load(ROOT / "templates", ("no", "sv", "en"))
ME = "me"
NOW = make.NOW
FIRST = 1_000_000
"""Ids of letters that a test puts into the outbox begin here."""


class Promises:
    """One store under test, and a corridor to it."""

    def __init__(self, engine: Engine, rulebook: Rulebook = make.RULEBOOK) -> None:
        self.engine = engine
        with engine.begin() as connection:
            ids = Ids(connection)
        settings = Settings(keys=make.KEYS, caps=rulebook.desk.caps, first_number=1000)
        self.corridor = Corridor(rulebook=rulebook, letters=LETTERS, settings=settings, ids=ids, who=ME)

    def restarted(self) -> Promises:
        """Return the same desk as a new process would have it."""
        return Promises(self.engine, self.corridor.rulebook)

    def take(self, mail: Mail, now: datetime = NOW) -> Plan:
        """Take a mail the whole way."""
        mail = replace(mail, envelope=replace(mail.envelope, received=now))
        with self.engine.begin() as connection:
            key = inbound.accept(connection, mail.envelope, mail.own_text.encode(), claim_for=ME)
            raw = {key: mail.own_text.encode()}
            return walk(connection, self.corridor, make.came(mail, key), now=now, raw=raw).plan

    def walk(self, cause: Cause, now: datetime = NOW) -> Handled:
        """Take any cause the whole way."""
        with self.engine.begin() as connection:
            return walk(connection, self.corridor, cause, now=now)

    def say(self, said: Said, now: datetime = NOW) -> Plan:
        """Take an admin's word the whole way."""
        return self.walk(AdminSaid(said=said), now).plan

    def keep(self, now: datetime) -> list[Handled]:
        """Keep everything that is due, each promise in a transaction of its own."""
        kept: list[Handled] = []
        while True:
            with reading(self.engine) as connection:
                ids = due(connection, now=now)
            if not ids:
                return kept
            for key in ids:
                with self.engine.begin() as connection:
                    handled = keep(connection, self.corridor, key, now=now)
                kept += [] if handled is None else [handled]

    def late_letters(
        self, count: int, *, case: int, dues: Sequence[datetime], step: Step = "late", at: datetime | None = None
    ) -> list[int]:
        """Put letters that have not gone out into the outbox, each with a promise to tell an agent of it.

        ``at``: when that was promised and the letters were put off. A daemon that starts brings back whatever was
        promised later than now, and whatever was put off for longer than anything is: the clock was ahead, it thinks.
        """
        put_off = {} if at is None else {"due": at + timedelta(hours=3)}
        made = {} if at is None else {"set_at": at}
        ids = list(range(FIRST, FIRST + count))
        with self.engine.begin() as connection:
            due = due_of(dues)
            letters = [_letter(key, case, due(place) - timedelta(hours=4)) | put_off for place, key in enumerate(ids)]
            connection.execute(insert(table(Outbox)), letters)
            promises = [promise(About(what="letter", id=key), step, due(place)) | made for place, key in enumerate(ids)]
            connection.execute(insert(table(Timer)), promises)
        return ids

    def promise(self, about: About, step: Step, due: datetime, data: str = "") -> int:
        """Promise something, past all plans; the id."""
        with self.engine.begin() as connection:
            query = insert(table(Timer)).values(promise(about, step, due, data)).returning(table(Timer).c.id)
            return int(connection.execute(query).scalar_one())

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Ask the store."""
        with reading(self.engine) as connection:
            return list(connection.execute(text(query), values).all())

    def value(self, query: str, **values: Any) -> Any:
        """Return the first value of a query."""
        return self.rows(query, **values)[0][0]

    def told_of(self) -> list[int]:
        """Return the letters that an agent was told of, one for each time."""
        keys = self.rows("select once_key from outbox where kind = 'undelivered'")
        return sorted(int(key.split(":")[1]) for (key,) in keys)


def due_of(dues: Sequence[datetime]) -> Any:
    """Return a function that gives each letter a moment, all of them in turn."""
    return lambda place: dues[place % len(dues)]


def promise(about: About, step: Step, due: datetime, data: str = "") -> dict[str, Any]:
    """Make the row of a promise."""
    return {"object": str(about), "step": step, "due": due, "state": "pending", "data": data, "set_at": due, "said": ""}


def _letter(key: int, case: int, created: datetime) -> dict[str, Any]:
    return {
        "id": key,
        "once_key": f"test:{key}",
        "case": case,
        "kind": "answer",
        "counts_as": "",
        "recipient": f"kunde{key}@epost.example",
        "return_path": "",
        "message_id": f"<{key}@c.example>",
        "subject": "x",
        "to_agent": False,
        "state": "deferred",
        "attempts": 3,
        "due": created + timedelta(days=4000),
        "created": created,
        "error": "451 later",
        "answer": "",
        "bounced": "",
        "warned": False,
    }


def set_timer(connection: Connection, **values: Any) -> None:
    """Change one promise, past all plans."""
    names = ", ".join(f"{name} = :{name}" for name in values if name != "id")
    connection.execute(text(f"update timer set {names} where id = :id"), values)

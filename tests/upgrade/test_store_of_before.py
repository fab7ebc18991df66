"""A store that the version before made is taken over whole, on both databases, and its promises stand."""

from __future__ import annotations

import email
import email.policy
import lzma
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import Engine, inspect, text

from maild.core.acknowledgement.caps import HALF_OPEN, HELD_FOR
from maild.core.deliveries.delivery import GIVE_UP, LATE
from maild.journey.timers import due, keep
from maild.storage import timers, upgrade
from maild.storage.engine import open_engine, reading
from tests.kit.desk import Desk, mail

if TYPE_CHECKING:
    pass

HERE = Path(__file__).parent
VERSIONS = sorted({path.name[7:11] for path in HERE.glob("before-*.xz")})
IT = "it@fjordvik.example"
KARI, CAMILLA = "kari.moen@fjordvik.example", "camilla.dahl@fjordvik.example"
GIVEN_NEW_FORM = {("strike", "source")}
"""Columns whose words became values of their own."""
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Before:
    """The store as the version before left it."""

    url: str
    rows: Rows


@pytest.fixture(params=VERSIONS)
def before(request: pytest.FixtureRequest, store_url: str) -> Before:
    """A store of the version before, on each database."""
    if request.param not in upgrade.VERSIONS:
        pytest.skip(f"schema {request.param} is not known to this checkout")
    if store_url.startswith("sqlite"):
        path = Path(store_url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True)
        path.write_bytes(lzma.decompress((HERE / f"before-{request.param}.db.xz").read_bytes()))
    else:
        dump = lzma.decompress((HERE / f"before-{request.param}.sql.xz").read_bytes()).decode()
        said = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))
        with psycopg.connect(store_url, autocommit=True) as connection:
            connection.execute(said)  # type: ignore[call-overload]
    engine = open_engine(store_url)
    assert upgrade.version(engine) == request.param
    found = everything(engine)
    engine.dispose()
    return Before(store_url, found)


@pytest.fixture
def engine(before: Before) -> Iterator[Engine]:
    """The store, upgraded."""
    engine = open_engine(before.url)
    assert upgrade.upgrade(engine)
    yield engine
    engine.dispose()


def everything(engine: Engine) -> Rows:
    """Return every row of every table."""
    with reading(engine) as connection:
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return {
            name: [dict(row) for row in connection.execute(text(f"select * from {name}")).mappings()] for name in names
        }


def at(row: dict[str, Any], name: str) -> datetime:
    """Return a time of a row."""
    return datetime.fromtimestamp(row[name] / 1_000_000, UTC)


def test_nothing_is_lost(before: Before, engine: Engine) -> None:
    """Every row of every table is there after the upgrade, with all that it said."""
    assert upgrade.version(engine) == upgrade.HEAD
    after = everything(engine)
    assert {"cases", "raw", "event", "outbox_data", "strike", "token_use"} <= before.rows.keys()
    for name, rows in before.rows.items():
        assert len(rows) == len(after[name]) or name == "counter"
        kept = [column for column in (rows[0] if rows else {}) if (name, column) not in GIVEN_NEW_FORM]
        old = sorted(repr([row[column] for column in kept]) for row in rows)
        new = sorted(repr([row[column] for column in kept]) for row in after[name])
        assert old == new, name
    assert Counter(row["state"] for row in before.rows["outbox"]).keys() == {"held", "deferred", "sent"}
    assert before.rows["message"] and before.rows["inbound"] and before.rows["agent_load"]


def test_its_promises_stand(before: Before, engine: Engine) -> None:
    """What the version before looked for itself is promised: held letters, late ones, an open breaker; nothing else."""
    expected = set()
    for row in before.rows["outbox"]:
        about = f"letter:{row['id']}"
        if row["state"] == "held":
            expected.add((about, "drop held", at(row, "created") + HELD_FOR))
        if row["state"] == "deferred":
            expected.add((about, "give up", at(row, "created") + GIVE_UP))
            expected |= set() if row["warned"] else {(about, "late", at(row, "created") + LATE)}
    opened = next(row["value"] for row in before.rows["state"] if row["name"] == "breaker_open_since")
    expected.add(("desk", "half-open", datetime.fromisoformat(opened) + HALF_OPEN))
    with reading(engine) as connection:
        found = timers.listing(connection)
    assert {(one["about"], one["step"], one["due"]) for one in found} == expected
    assert Counter(one["step"] for one in found) == {"drop held": 6, "give up": 4, "late": 3, "half-open": 1}


def test_what_was_a_part_of_a_name_is_a_value(engine: Engine) -> None:
    """Questions to agents and what counts against a source count on: neither is forgotten by the caps."""
    with reading(engine) as connection:
        asked = connection.execute(text("select recipient from outbox where counts_as = 'question'")).all()
        strikes = connection.execute(text("select kind, source from strike order by kind")).all()
    assert list(map(tuple, asked)) == [(CAMILLA,)]
    assert list(map(tuple, strikes)) == [("burst", "ole@kunde.example"), ("token", "elsewhere.example")]


def test_the_desk_goes_on(before: Before, engine: Engine) -> None:
    """The promises are kept, each once; a held answer is confirmed as before; a new case gets the next number."""
    (question,) = [row for row in before.rows["outbox"] if row["kind"] == "confirmation"]
    highest = max(row["number"] for row in before.rows["cases"])
    start = max(at(row, "created") for row in before.rows["outbox"])
    desk = Desk(before.url, now=start + timedelta(minutes=1))
    data = next(bytes(row["data"]) for row in before.rows["outbox_data"] if row["outbox"] == question["id"])
    letter: Any = email.message_from_bytes(data, policy=email.policy.default)
    address = str(letter["Reply-To"].addresses[0].addr_spec)
    yes = mail(CAMILLA, address, "Re: x", "JA", key="yes", answers=str(letter["Message-ID"]))
    got = desk.write(yes, address, vouched="none")
    assert (got.plan.outcome, got.to(KARI).text.strip()) == ("answer", "Passordet er nullstilt.")
    new = desk.write(mail("ny@kunde.example", IT, "Ny", "Noe nytt.", key="ny"), IT)
    assert new.plan.case == highest + 1
    desk.later(days=6)
    while True:
        with engine.begin() as connection:
            connection.execute(text("update inbound set attempts = 2 where done_at is null"))
            ids = due(connection, now=desk.now)
            kept = [keep(connection, desk.corridor, key, now=desk.now) for key in ids]
        if not kept:
            break
    with reading(engine) as connection:
        states = Counter(row[0] for row in connection.execute(text("select state from outbox")))
        told = connection.execute(text("select count(*) from outbox where kind = 'undelivered'")).scalar()
    assert (states["held"], states["dropped"]) == (0, 7), "the six, and the new case's: the breaker was open still"
    assert (states["deferred"], states["failed"], told) == (0, 4, 7), (
        "three are late, four are given up: each told once"
    )
    desk.close()


def test_its_letters_are_known_when_they_are_quoted(before: Before, engine: Engine) -> None:
    """What a case held before the upgrade is known in an answer to it: only what is new is shown (law R27)."""
    data = {row["outbox"]: bytes(row["data"]) for row in before.rows["outbox_data"]}
    (sent, *_) = [row for row in before.rows["outbox"] if row["kind"] == "ack" and row["state"] == "sent"]
    letter: Any = email.message_from_bytes(data[sent["id"]], policy=email.policy.default)
    quoted = "\n".join(f"> {line}" for line in letter.get_body(("plain",)).get_content().strip().splitlines())
    start = max(at(row, "created") for row in before.rows["outbox"])
    desk = Desk(before.url, now=start + timedelta(minutes=1))
    text_ = f"Det haster nå.\n\nDen 1. des. 2026 kl. 10:15 skrev IT <{IT}>:\n{quoted}"
    reply = mail(sent["recipient"], IT, f"SV: {letter['Subject']}", text_, key="old", answers=str(letter["Message-ID"]))
    got = desk.write(reply, IT)
    assert (got.plan.outcome, got.plan.case) == ("entry", sent["case"])
    (told, *_) = [one for one in got.letters if one.kind == "follow-up"]
    assert "Det haster nå." in told.text and "linjer sitat" in told.text
    assert not any(line[2:] in told.text for line in quoted.splitlines() if len(line) > 30)
    desk.close()

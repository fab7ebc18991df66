"""Gathering: what a decision stands on is exact, also when two happen at once; statements mean what they say."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, bindparam, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError
from sqlmodel import col

from maild.core.errors import Temporary
from maild.core.plan import NoteDepartment, OpenCase
from maild.core.rules.organisation import Absence
from maild.storage.faults import translate
from maild.storage.statements import Among, Insert, Statement, table, upserting
from maild.storage.tables import AgentLoad, Case, Message, State
from tests.kit import make
from tests.kit.make import DOMAIN, KARI, NOW, mail, of
from tests.storage.corridor import Store


def test_an_empty_store(connection: Connection) -> None:
    """The very first mail gets the first number, no facts, and leaves a counter to lock."""
    store = Store(connection)
    asks, found = store.facts(mail(in_reply_to=("<x@y>",), to=(make.signed_address(), f"it@{DOMAIN}")), 1)
    assert (
        found.number == 1000 and not found.threads.cases and not found.threads.known and found.threads.duplicate is None
    )
    assert found.caps.all_10min == 0 and found.caps.breaker_open_since is None and found.threads.arrivals == ()
    assert store.value("select value from counter where name = 'case'") == 1000
    assert asks.threads.case_numbers == {1042}
    store.settings = replace(store.settings, first_number=5000)
    assert store.facts(mail(), 1)[1].number == 5000, "a raised first number counts from there"


@pytest.mark.parametrize(
    ("minutes", "ten", "day"), [(0, 1, 1), (9, 1, 1), (10, 0, 1), (60 * 24 - 1, 0, 1), (60 * 24, 0, 0)]
)
def test_windows_slide(connection: Connection, minutes: int, ten: int, day: int) -> None:
    """An ack leaves the 10-minute and the 24-hour window exactly when it is that old."""
    store = Store(connection)
    store.take(mail())
    store.now = NOW + timedelta(minutes=minutes)
    counts = store.facts(mail("andre"), 0)[1].caps
    assert (counts.address_10min, counts.address_day) == (ten, day)


def test_only_what_matters_is_read(connection: Connection) -> None:
    """Hints are for mails that name nothing, caps per domain for foreign domains, answers for agents."""
    store = Store(connection)
    store.take(mail())
    assert store.facts(mail("andre"), 0)[1].threads.related[0].number == 1000
    assert store.facts(mail("andre", in_reply_to=("<x@y>",)), 0)[1].threads.related == ()
    store.take(mail("fremmed", author="a@ext.example"))
    assert store.facts(mail("fremmed 2", author="b@ext.example"), 0)[1].caps.domain_hour == 1
    assert store.facts(mail("egen"), 0)[1].caps.domain_hour == 0


@pytest.mark.parametrize(("hours", "known"), [(0, True), (23, True), (36, True), (71, False)])
def test_an_absence_is_known_until_it_is_over_everywhere(connection: Connection, hours: int, known: bool) -> None:
    """A day's grace: at the end of an absence's last day in Greenwich it is that day still in other time zones."""
    store = Store(connection)
    line = mail("borte 1.12 stedfortreder david", author=make.CAMILLA)
    store.take(line)
    store.now = NOW.replace(hour=0) + timedelta(hours=hours)
    away = store.facts(mail("andre"), 0)[1].absences
    day = NOW.date()
    assert away == ({"camilla": (Absence(start=day, end=day, substitute="david"),)} if known else {})


def run_beside(engine: Engine, first: Any, second: Any) -> list[Any]:
    """Take two mails in two transactions at the same time."""
    results: list[Any] = [None, None]
    ready = threading.Barrier(2)

    def work(at: int, given: Any) -> None:
        with engine.connect() as connection:
            ready.wait()
            with connection.begin():
                results[at] = Store(connection).take(given)

    threads = [threading.Thread(target=work, args=(at, given)) for at, given in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_the_same_content_by_two_daemons_at_once_is_once(engine: Engine) -> None:
    """Two transactions that decide the same content at the same time make one case, the other department noted."""
    for at in range(5):
        here = mail(f"sak {at}", author=f"p{at}@ext.example")
        there = replace(here, envelope=replace(here.envelope, recipients=(f"hr@{DOMAIN}",)))
        plans = run_beside(engine, here, there)
        assert sorted(plan.outcome for plan in plans) == ["duplicate", "new"]
        assert sum(len(of(plan, NoteDepartment)) for plan in plans) == 1


def test_numbers_and_caps_are_exact_at_once(engine: Engine) -> None:
    """Ten mails in two transactions at a time: ten numbers without a gap, and never more acks than the cap."""
    acked, numbers = 0, []
    for at in range(5):
        pair = [mail(f"{at} {side}", author="one@ext.example", subject=f"{at}{side}") for side in "ab"]
        for plan in run_beside(
            engine, *(replace(m, text_shape=(at, i), subject_shape=f"{at}{i}") for i, m in enumerate(pair))
        ):
            numbers += [change.number for change in of(plan, OpenCase)]
            acked += len(make.acks(plan))
    assert sorted(numbers) == list(range(1000, 1000 + len(numbers))) and acked == 3


# -- statements -----------------------------------------------------------------------------------------------------


def test_values_come_back_as_they_went(connection: Connection) -> None:
    """Times, lists, truth values, empty and odd text are the same after a round trip, on both databases."""
    store = Store(connection)
    odd = "æøå ' \" % :x ? \\ 😀 \u2028"
    store.take(mail(odd, subject=odd, references=("<a@b>", odd), text_shape=(1, 2**31), name=odd, date=None))
    row = Statement(select(table(Message)).where(col(Message.kind) == bindparam("kind"))).first(
        connection, kind="customer"
    )
    assert (row.text, row.subject, row.author_shown) == (odd, odd, f'"{odd}" <{KARI}>')
    assert (row.references, row.text_shape, row.cc, row.date, row.at) == (["<a@b>", odd], [1, 2**31], [], None, NOW)
    assert Statement(select(col(Case.confidential))).scalar(connection) is False


def test_among_asks_for_any_number_of_values(connection: Connection) -> None:
    """No value asks nothing, a few and many find each row once."""
    rows = [{"name": f"n{at}", "value": str(at)} for at in range(150)]
    Insert(State).many(connection, rows)
    among = Among(State.name, lambda condition: select(table(State)).where(condition))
    for count in (0, 1, 2, 3, 63, 64, 65, 150):
        found = among.all(connection, [row["name"] for row in rows[:count]])
        assert sorted(row.value for row in found) == sorted(str(at) for at in range(count))


def test_upserts_replace_add_or_leave_alone(connection: Connection) -> None:
    """Each kind of "insert, or else" does what it says."""
    add = upserting(AgentLoad, ("agent", "open"), add=("open",))
    leave = upserting(AgentLoad, ("agent", "open"))
    replace_ = upserting(AgentLoad, ("agent", "open"), replace=("open",))
    for statement, value, expected in ((add, 2, 2), (add, 3, 5), (leave, 9, 5), (replace_, 7, 7)):
        statement.run(connection, {"agent": "x", "open": value})
        assert Statement(select(col(AgentLoad.open))).scalar(connection) == expected


def test_a_parameter_nobody_knows_is_refused(connection: Connection) -> None:
    """A misspelt column is an error, never silently dropped."""
    statement = Statement(update(table(State)).values(value=bindparam("v")))
    with pytest.raises(KeyError, match="w"):
        statement.run(connection, {"v": "x", "w": "y"})
    insert = Insert(State)
    insert.one(connection, {"name": "a", "value": "b"})
    with pytest.raises(KeyError):
        insert.one(connection, {"name": "c", "value": "d", "extra": 1})


def test_errors_are_sqlalchemys_and_carry_no_values(connection: Connection) -> None:
    """What the driver raises is known to faults.py, and no mail's text is in it."""
    with pytest.raises(IntegrityError) as raised, connection.begin_nested():
        Insert(State).many(connection, [{"name": "canary", "value": "x"}, {"name": "canary", "value": "x"}])
    assert not isinstance(translate(raised.value), Temporary)
    assert "[parameters" not in str(raised.value)
    with pytest.raises(SQLAlchemyError), connection.begin_nested():
        Statement(select(text("nothing from nowhere"))).all(connection)


def test_a_lost_connection_is_temporary(engine: Engine) -> None:
    """A connection that died under a statement is our own fault for the moment: the mail waits."""
    connection = engine.connect()
    connection.begin()
    connection.connection.dbapi_connection.close()  # type: ignore[union-attr]
    with pytest.raises(SQLAlchemyError) as raised:
        Statement(select(col(State.value))).all(connection)
    if engine.dialect.name == "postgresql":
        assert isinstance(translate(raised.value), Temporary)
    else:
        assert isinstance(raised.value, ProgrammingError)
    connection.invalidate()

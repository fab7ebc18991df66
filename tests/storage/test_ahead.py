"""A store that was written while the clock was ahead delays nothing and holds nobody back."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from maild.storage import ahead
from maild.storage.columns import microseconds
from maild.storage.counts import minute
from tests.storage.test_outbox import put

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def due(connection: Connection) -> dict[int, timedelta]:
    """Return how long each mail is put off."""
    rows = connection.execute(text("select id, due from outbox order by id")).all()
    return {row[0]: timedelta(microseconds=row[1] - (microseconds(NOW) or 0)) for row in rows}


def defer(connection: Connection, key: int, by: timedelta) -> None:
    """Put a mail off, seen from now."""
    values = {"id": key, "due": microseconds(NOW + by)}
    connection.execute(text("update outbox set state = 'deferred', due = :due where id = :id"), values)


def test_what_was_put_off_moves_with_the_clock(connection: Connection) -> None:
    """What is due ahead comes nearer by the step, what is due already and what is done stay."""
    for key, by in enumerate((-SECOND, SECOND, HOUR + 5 * SECOND, HOUR * 9000), 1):
        defer(connection, put(connection, key), by)
    defer(connection, put(connection, 5), HOUR)
    connection.execute(text("update outbox set state = 'sent', done_at = 1 where id = 5"))
    assert ahead.set_back(connection, now=NOW, step=HOUR) == 3
    assert due(connection) == {1: -SECOND, 2: SECOND - HOUR, 3: 5 * SECOND, 4: HOUR * 8999, 5: HOUR}


def test_what_the_caps_count_moves_with_the_clock(connection: Connection) -> None:
    """Letters counted in the hour that is to come again count as written when they were; no minute counts twice."""
    queued = put(connection, 1)
    for at, counted in ((NOW - SECOND, 3), (NOW + HOUR, 200)):
        values = {"outbox": put(connection, counted), "at": microseconds(at), "no": False}
        connection.execute(
            text(
                "insert into automatic_mail (outbox, at, address_key, domain, unauthenticated) "
                "values (:outbox, :at, 'a', 'a.example', :no)"
            ),
            values,
        )
        connection.execute(
            text("insert into automatic_minute (minute, count) values (:minute, :count)"),
            {"minute": minute(at), "count": counted},
        )
    connection.execute(text("update outbox set created = :at"), {"at": microseconds(NOW + HOUR)})
    ahead.set_back(connection, now=NOW, step=2 * HOUR)
    at = connection.execute(text("select at from automatic_mail order by at")).scalars().all()
    assert at == [microseconds(NOW - HOUR), microseconds(NOW - SECOND)]
    assert connection.execute(text("select sum(count) from automatic_minute")).scalar_one() == 3
    created = connection.execute(text(f"select created from outbox where id = {queued}")).scalar_one()
    assert created == microseconds(NOW - HOUR)


def test_a_start_brings_back_what_no_clock_of_ours_put_off(connection: Connection) -> None:
    """At the start nobody knows the step: what is due later than anything is put off is due now; a pause stays."""
    for key, by in enumerate((4 * HOUR, 4 * HOUR + SECOND, HOUR * 9000), 1):
        defer(connection, put(connection, key), by)
    assert ahead.at_start(connection, now=NOW) == 2
    assert due(connection) == {1: 4 * HOUR, 2: timedelta(0), 3: timedelta(0)}

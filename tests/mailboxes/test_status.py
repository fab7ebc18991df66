"""What an admin sees of mailboxes: `maild status`, and `maild check` of the config."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from maild.core.values.mail import Envelope
from maild.storage import engine as engines
from maild.storage import inbound, mailboxes, show, upgrade
from tests.kit.running import RunningDesk
from tests.mailboxes.kit import mail
from tests.storage.ended import end

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def connection(store_url: str) -> Iterator[Connection]:
    """A connection to an empty store."""
    engine = engines.open_engine(store_url)
    upgrade.upgrade(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_status_says_how_each_mailbox_fares(connection: Connection) -> None:
    """Account, last success, backlog, error and the mails not taken; times carry their offset."""
    mailboxes.fares(connection, "it", now=NOW, backlog=7)
    mailboxes.fares(connection, "it", now=NOW + timedelta(minutes=1), backlog=None, error="login refused")
    mailboxes.trouble(connection, "it", "INBOX", 7, 12, reason="nonsense", now=NOW)
    (found,) = show.status(connection, ZoneInfo("Europe/Oslo"))["mailboxes"]
    assert found == {
        "account": "it",
        "last_success": "2026-12-01T09:00:00+01:00",
        "looked": "2026-12-01T09:01:00+01:00",
        "failing_since": "2026-12-01T09:01:00+01:00",
        "backlog": 7,
        "error": "login refused",
        "stored": 0,
        "troubles": [
            {"folder": "INBOX", "uid": 12, "attempts": 1, "reason": "nonsense", "at": "2026-12-01T09:00:00+01:00"}
        ],
    }


def test_a_lease_has_one_holder_and_a_number_that_grows(connection: Connection) -> None:
    """While it holds nobody else gets it; after half a minute it changes hands, with a new number."""
    first = mailboxes.take_lease(connection, "it", who="a", now=NOW)
    assert mailboxes.take_lease(connection, "it", who="b", now=NOW + timedelta(seconds=29)) is None
    assert mailboxes.take_lease(connection, "it", who="a", now=NOW + timedelta(seconds=29)) == first
    second = mailboxes.take_lease(connection, "it", who="b", now=NOW + timedelta(seconds=60))
    assert second is not None and first is not None and second > first
    mailboxes.give_lease(connection, "it", who="b", now=NOW + timedelta(seconds=61))
    assert mailboxes.take_lease(connection, "it", who="a", now=NOW + timedelta(seconds=61)) == second + 1


def test_what_became_of_an_import_is_counted(connection: Connection) -> None:
    """Mails by outcome, or by state while they have none; and from where to where some are not done, in any number."""
    assert inbound.undone(connection) is None
    envelope = Envelope(source="inject", received=NOW, sender=None, recipients=())
    ids = [inbound.accept(connection, envelope, mail(number), claim_for="us") for number in range(2100)]
    assert inbound.undone(connection) == (ids[0], ids[-1])
    for key, outcome in zip(ids[:2050], ["new", "entry"] * 1025, strict=True):
        end(connection, key, who="us", outcome=outcome, now=NOW)  # type: ignore[arg-type]
    assert inbound.outcomes(connection, ids[1:]) == {"new": 1024, "entry": 1025, "reading": 50}
    assert inbound.undone(connection) == (ids[2050], ids[-1])


def test_an_unknown_department_is_an_error_with_its_line(tmp_path: Path) -> None:
    """A [[imap]] department that the rules do not know is refused by check and at the start, with file and line."""
    extra = (
        '[[imap]]\nhost = "127.0.0.1"\nport = 1\ntls = "none"\nuser = "it"\npassword_file = "pw"\ndepartment = "ti"\n'
    )
    desk = RunningDesk(folder=tmp_path, relay=1, extra=extra)
    (tmp_path / "pw").write_text("x")
    line = desk.config.read_text().splitlines().index('department = "ti"') + 1
    done = desk.run("check")
    assert done.returncode == 1
    assert f'config.toml:{line}: imap "it": unknown department ti' in done.stderr, done.stderr
    with pytest.raises(RuntimeError, match="department"):
        desk.start()
    desk.config.write_text(desk.config.read_text().replace('"ti"', '"it"'))
    assert desk.run("check").returncode == 0

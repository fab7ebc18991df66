"""Inbound rows walk only the legal states, and the raw bytes never change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from maild.core.plan import EndMail, Plan
from maild.core.reasons.reason import because
from maild.core.values.mail import Envelope
from maild.storage import inbound
from maild.storage.carry_out import carry_out
from maild.storage.ids import Ids

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
ENVELOPE = Envelope(source="smtp", received=NOW, sender=None, recipients=("it@c.example", "hr@c.example"), quiet=True)
DIED = because("reading failed", "Died")
HOUR = timedelta(hours=1)


def take(
    connection: Connection, *, kind: inbound.Kind = "fresh", now: datetime = NOW, limit: int = 10
) -> list[inbound.Claimed]:
    """Claim as daemon "me"."""
    return inbound.claim(connection, who="me", now=now, limit=limit, kind=kind, room=10**9)


@settings(suppress_health_check=list(HealthCheck), max_examples=50)
@given(raw=st.binary(max_size=500) | st.binary(min_size=350, max_size=400).map(lambda some: some * 200))
def test_raw_bytes_come_back_unchanged(connection: Connection, raw: bytes) -> None:
    """Whatever bytes are accepted, the very same bytes are claimed (law D5)."""
    key = inbound.accept(connection, ENVELOPE, raw, claim_for=None)
    assert inbound.raw_of(connection, key) == raw
    claimed = take(connection)
    assert [(mail.id, mail.raw, mail.envelope, mail.attempts) for mail in claimed] == [(key, raw, ENVELOPE, 1)]


def test_claims_are_in_order_and_exclusive(connection: Connection) -> None:
    """Mails are claimed oldest first, once, and not beyond the room in memory (law D11)."""
    keys = [inbound.accept(connection, ENVELOPE, b"x" * 100, claim_for=None) for _ in range(5)]
    assert [mail.id for mail in take(connection, limit=2)] == keys[:2]
    some = inbound.claim(connection, who="me", now=NOW, limit=9, kind="fresh", room=150)
    assert [mail.id for mail in some] == keys[2:3], "the second would not fit"
    assert [mail.id for mail in take(connection)] == keys[3:]
    assert take(connection) == []


def test_daemons_claim_without_waiting_for_each_other(engine: Engine) -> None:
    """On PostgreSQL a second claim takes what the first, not yet committed, has left; SQLite has one writer."""
    with engine.begin() as connection:
        keys = [inbound.accept(connection, ENVELOPE, b"x", claim_for=None) for _ in range(4)]
    if engine.dialect.name == "sqlite":
        return
    with engine.connect() as one, engine.connect() as other, one.begin(), other.begin():
        other.execute(text("set local lock_timeout = '3s'"))
        assert [mail.id for mail in take(one, limit=2)] == keys[:2]
        assert [mail.id for mail in take(other, limit=4)] == keys[2:]


def test_an_accepting_claim_counts_the_attempt(connection: Connection) -> None:
    """A mail accepted with a claim is being read, attempt counted; after a crash it is a suspect."""
    key = inbound.accept(connection, ENVELOPE, b"x", claim_for="me")
    assert take(connection) == [] and take(connection, kind="suspects") == []
    inbound.reclaim_own(connection, who=None)
    assert take(connection) == []
    assert [(mail.id, mail.attempts) for mail in take(connection, kind="suspects")] == [(key, 2)]


def test_a_clean_stop_is_no_attempt(connection: Connection) -> None:
    """Mails given back by a clean stop are fresh again."""
    key = inbound.accept(connection, ENVELOPE, b"x", claim_for="me")
    inbound.put_back(connection, [key], who="me")
    assert [mail.attempts for mail in take(connection)] == [1]


def test_three_strikes_then_quarantine_then_requeue(connection: Connection) -> None:
    """A failing mail waits before each retry, ends in quarantine with its bytes, and can be run again."""
    key = inbound.accept(connection, ENVELOPE, b"poison", claim_for="me")
    for attempt in (2, 3):
        inbound.retry_later(connection, key, who="me", reason=DIED, not_before=NOW + HOUR * attempt)
        assert take(connection, kind="suspects", now=NOW + HOUR * attempt - HOUR / 2) == []
        assert [mail.attempts for mail in take(connection, kind="suspects", now=NOW + HOUR * attempt)] == [attempt]
    assert not inbound.quarantine(connection, key, who="somebody else", reason=DIED, traceback="…", now=NOW)
    assert inbound.quarantine(connection, key, who="me", reason=DIED, traceback="…", now=NOW)
    assert take(connection, kind="suspects", now=NOW + HOUR * 99) == []
    assert inbound.raw_of(connection, key) == b"poison"
    assert inbound.requeue(connection, key, now=NOW) and not inbound.requeue(connection, key, now=NOW)
    assert [mail.attempts for mail in take(connection)] == [1]


def test_an_expired_claim_can_be_taken_and_its_owner_is_fenced(connection: Connection) -> None:
    """When a daemon froze, another takes its mail over; the first one's effects are then refused."""
    key = inbound.accept(connection, ENVELOPE, b"x", claim_for="frozen")
    assert take(connection, kind="suspects", now=NOW) == []
    assert [mail.id for mail in take(connection, kind="suspects", now=NOW + inbound.LEASE * 2)] == [key]
    end = EndMail(
        inbound=key, outcome="new", reason=because("automatic"), case=None, content_hash="h", departments=("it",)
    )
    plan = Plan(outcome="new", case=None, reason=end.reason, decided_at=NOW, changes=(end,))
    with pytest.raises(inbound.ClaimLost):
        carry_out(connection, plan, written=[], ids=Ids(connection), who="frozen", claim_until=None)
    carry_out(connection, plan, written=[], ids=Ids(connection), who="me", claim_until=None)
    assert inbound.all_done(connection, [key]) and inbound.waiting(connection) == {}

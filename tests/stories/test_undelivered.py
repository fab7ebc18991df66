"""A mail that cannot be delivered is told of once in each round of tries; an admin's retry begins another."""

from datetime import timedelta

from sqlalchemy import text

from maild import notify
from maild.storage import outbox
from maild.storage.engine import reading
from tests.stories.desk import Desk

KARI, CAMILLA = "kari.moen@fjordvik.example", "camilla.dahl@fjordvik.example"


def fail(desk: Desk, key: int, state: str = "failed") -> bool:
    """Let one attempt of a mail that is due end badly; tell whether somebody hears of it."""
    with desk.engine.begin() as connection:
        (mail,) = [one for one in outbox.claim_due(connection, who="story", now=desk.now, limit=64) if one.id == key]
        due = None if state == "failed" else desk.now + timedelta(minutes=1)
        result = outbox.Result(id=key, state=state, answer="550 no such user", due=due, warn=True)  # type: ignore[arg-type]
        outbox.record(connection, [result], who="story", now=desk.now)
        if mail.warned and state == "deferred":
            return False  # as the daemon does
        return notify.undelivered(connection, desk.corridor, mail, result, now=desk.now)


def told(desk: Desk) -> int:
    """Count the letters about mails that were not delivered."""
    with reading(desk.engine) as connection:
        return int(connection.execute(text("select count(*) from outbox where kind = 'undelivered'")).scalar_one())


def retry(desk: Desk, key: int) -> None:
    """Do what ``maild outbox retry`` does, some time later."""
    desk.later(hours=1)
    with desk.engine.begin() as connection:
        assert outbox.retry_now(connection, [key], now=desk.now) == 1


def test_a_retried_mail_that_fails_again_is_told_of_again(desk: Desk) -> None:
    """Each retry that fails is news to the agent, and so is a retried mail that is late; the same failure is not."""
    desk.send("M01", "it@fjordvik.example")
    with desk.engine.begin() as connection:
        key = connection.execute(text("select id from outbox where kind = 'ack'")).scalar_one()
        connection.execute(text("update outbox set state = 'failed' where id = :id"), {"id": key})
    for count in (1, 2, 3):
        retry(desk, key)
        assert fail(desk, key) and told(desk) == count
    retry(desk, key)
    assert fail(desk, key, "deferred") and told(desk) == 4
    desk.later(minutes=2)
    assert not fail(desk, key, "deferred") and told(desk) == 4, "late was said already"
    retry(desk, key)
    assert not fail(desk, key, "deferred") and told(desk) == 4, "and a retry of what is only late does not repeat it"
    desk.later(minutes=2)
    assert fail(desk, key) and told(desk) == 5

"""A mail that cannot be delivered is told of once in each round of tries; an admin's retry begins another."""

from datetime import timedelta

from sqlalchemy import text

from maild.core.cause import RetryLetters
from maild.core.reasons.reason import because, load
from maild.core.reasons.reason import text as as_text
from maild.journey import delivered
from maild.journey.said import say
from maild.storage import outbox
from maild.storage.engine import reading
from tests.kit.desk import Desk

KARI, CAMILLA = "kari.moen@fjordvik.example", "camilla.dahl@fjordvik.example"


def fail(desk: Desk, key: int, state: str = "failed") -> None:
    """Let one attempt of a mail that is due end badly."""
    with desk.engine.begin() as connection:
        (mail,) = [one for one in outbox.claim_due(connection, who="story", now=desk.now, limit=64) if one.id == key]
        due = None if state == "failed" else desk.now + timedelta(minutes=1)
        result = outbox.Result(id=key, state=state, answer="550 no such user", due=due)  # type: ignore[arg-type]
        delivered.settle(connection, desk.corridor, [(mail, result)], who="story", now=desk.now)


def told(desk: Desk) -> int:
    """Count the letters about mails that were not delivered."""
    with reading(desk.engine) as connection:
        return int(connection.execute(text("select count(*) from outbox where kind = 'undelivered'")).scalar_one())


def retry(desk: Desk, key: int) -> None:
    """Do what ``maild outbox retry`` does, some time later."""
    desk.later(hours=1)
    with desk.engine.begin() as connection:
        said = RetryLetters(letters=frozenset({key}))
        assert say(connection, desk.corridor, said, now=desk.now).plan.outcome == "done"


def late(desk: Desk) -> int:
    """Let four hours pass and keep what has fallen due; how many letters about it there are then."""
    desk.later(hours=4)
    desk.keep_promises()
    return told(desk)


def acknowledged(desk: Desk) -> int:
    """Open a case; the id of its acknowledgement, which has failed."""
    desk.send("M01", "it@fjordvik.example")
    with desk.engine.begin() as connection:
        key = int(connection.execute(text("select id from outbox where kind = 'ack'")).scalar_one())
        connection.execute(text("update outbox set state = 'failed' where id = :id"), {"id": key})
    return key


def test_a_retried_mail_that_fails_again_is_told_of_again(desk: Desk) -> None:
    """Each retry that fails is news to the agent, and so is a retried mail that is late; the same failure is not."""
    key = acknowledged(desk)
    for count in (1, 2, 3):
        retry(desk, key)
        fail(desk, key)
        assert told(desk) == count
    retry(desk, key)
    fail(desk, key, "deferred")
    assert told(desk) == 3, "put off, not late"
    assert late(desk) == 4 and late(desk) == 4, "late is said once"
    retry(desk, key)
    fail(desk, key, "deferred")
    assert late(desk) == 4, "and a retry of what is only late does not repeat it"
    fail(desk, key)
    assert told(desk) == 5
    assert late(desk) == 5, "what has failed is not late as well"


def test_what_nobody_takes_is_given_up_after_five_days(desk: Desk) -> None:
    """A letter that is put off and never tried again is late after 4 hours, and failed after 5 days: each told once."""
    key = acknowledged(desk)
    retry(desk, key)
    fail(desk, key, "deferred")
    assert late(desk) == 1
    desk.later(days=5)
    desk.keep_promises()
    with reading(desk.engine) as connection:
        found = connection.execute(text("select state, error from outbox where id = :id"), {"id": key}).one()
    assert (
        found.state == "failed"
        and load(found.error) == because("given up", as_text("550 no such user"))
        and told(desk) == 2
    )
    assert desk.keep_promises() == []


def test_a_letter_that_went_out_is_never_late(desk: Desk) -> None:
    """What was put off and then sent ends its promises without a word."""
    key = acknowledged(desk)
    retry(desk, key)
    fail(desk, key, "deferred")
    with desk.engine.begin() as connection:
        connection.execute(text("update outbox set state = 'sent' where id = :id"), {"id": key})
    desk.later(days=6)
    assert {plan.outcome for plan in desk.keep_promises()} == {"nothing"} and told(desk) == 0


def test_an_absent_agent_is_not_the_one_who_hears(desk: Desk) -> None:
    """When the assignee is away, the others of the group hear that a letter failed."""
    key = acknowledged(desk)
    number = desk.numbers()[-1]
    assignee = desk.case(number)["assignee"]
    assert assignee is not None
    today = desk.now.date()
    with desk.engine.begin() as connection:
        row = {"agent": assignee, "first": today.isoformat(), "last": (today + timedelta(days=3)).isoformat()}
        connection.execute(
            text(
                'insert into absence (agent, "first", "last", substitute, inbound, at)'
                " values (:agent, :first, :last, null, null, 0)"
            ),
            row,
        )
    retry(desk, key)
    fail(desk, key)
    with reading(desk.engine) as connection:
        heard = connection.execute(text("select recipient from outbox where kind = 'undelivered'")).scalars().all()
    away = desk.rules.agents[assignee].addresses[0]
    assert heard and away not in heard

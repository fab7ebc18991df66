"""The corridor: which letters a decision may send at once, and which wait their turn."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Literal

import pytest

from maild.core.cause import MailCame
from maild.core.values.mail import Envelope
from maild.journey.corridor import Handled, walk
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.storage import inbound, outbox
from tests.kit.desk import Desk, mail

KARI, LIV, IT = "kari.moen@fjordvik.example", "liv.berg@fjordvik.example", "it@fjordvik.example"


@pytest.fixture
def desk(store_url: str) -> Iterator[Desk]:
    """A desk on an empty store."""
    made = Desk(store_url)
    yield made
    made.close()


def take(desk: Desk, text: str) -> Handled:
    """Take a mail as the daemon does: what may go out at once is claimed with the decision."""
    raw = text.replace("\n", "\r\n").encode()
    envelope = Envelope(source="smtp", received=desk.now, sender=None, recipients=(IT,))
    with desk.engine.begin() as connection:
        key = inbound.accept(connection, envelope, raw, claim_for="story")
        cause = MailCame(mail=read(raw, envelope, ReadOptions()), inbound=key)
        return walk(connection, desk.corridor, cause, now=desk.now, send=desk.now + outbox.LEASE, raw={key: raw})


def answered(desk: Desk, letters: Iterable[outbox.ToSend], state: Literal["sent", "deferred"]) -> None:
    """Let the relay take these letters, or put them off for an hour."""
    due = desk.now + timedelta(hours=1)
    results = [outbox.Result(id=one.id, state=state, answer="said", due=due) for one in letters]
    with desk.engine.begin() as connection:
        outbox.record(connection, results, who="story", now=desk.now)


def test_a_letter_goes_at_once_unless_an_earlier_one_of_its_case_waits(desk: Desk) -> None:
    """A new case's letters are claimed with it; those of a follow-up wait for what was put off, other cases do not."""
    first = take(desk, mail(KARI, IT, "Skriver", "Skriveren virker ikke.", key="a"))
    assert len(first.to_send) == len(first.letters) == 2 and not first.queued
    answered(desk, first.to_send, "deferred")
    desk.later(minutes=1)
    more = take(desk, mail(KARI, IT, "Re: [FK#1042] Skriver", "Den gjør det fortsatt ikke.", key="b"))
    assert more.plan.outcome == "entry" and (more.to_send, len(more.letters), more.queued) == ([], 1, True)
    other = take(desk, mail(LIV, IT, "Passord", "Jeg har glemt passordet.", key="c"))
    assert len(other.to_send) == len(other.letters) == 2
    answered(desk, other.to_send, "sent")
    desk.later(hours=1)
    for expected in ([one.id for one in first.to_send], [more.letters[0].notice.outbox_id]):
        with desk.engine.begin() as connection:
            waited = outbox.claim_due(connection, who="story", now=desk.now, limit=64)
        assert [one.id for one in waited] == expected
        answered(desk, waited, "sent")
    last = take(desk, mail(KARI, IT, "Re: [FK#1042] Skriver", "Nå virker den, men saken er en annen.", key="d"))
    assert len(last.to_send) == len(last.letters) == 1

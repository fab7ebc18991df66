"""A daemon whose wall clock is set back goes on: nothing waits for the hour to come again (law D9)."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.daemon.senders import Senders, post
from tests.kit.faketime import WallClock
from tests.kit.running import Desks
from tests.kit.sink import Sink


@pytest.mark.slow
def test_a_letter_put_off_before_the_clock_was_set_back(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """Put off by a minute, then the clock goes back 400 days and on by a minute: the letter goes then, once."""
    wall = WallClock(tmp_path)
    desk = desks(sink.port, before=wall.before())
    sink.on_rcpt = lambda to: "450 4.2.1 later" if "kunde" in to else None
    desk.start()
    senders = Senders(port=desk.port)
    senders.send([post("kari")])
    while not desk.rows("select id from outbox where state = 'deferred'"):
        time.sleep(0.05)
    sink.on_rcpt = None
    wall.jump(timedelta(days=-400))
    while not any(line["event"] == "the clock was set back" for line in desk.lines()):
        time.sleep(0.05)
    wall.jump(timedelta(seconds=61))
    desk.settle()
    senders.send([post("ola")])
    desk.settle()
    kunder = [mail.recipients[0] for mail in sink.mails if "kunde" in mail.recipients[0]]
    assert kunder == ["kari@kunde.example", "ola@kunde.example"]

"""Many senders at once: numbers are unique and follow the order of acceptance (law D10)."""

import pytest

from tests.daemon.history import check
from tests.daemon.senders import Senders, post
from tests.kit.running import Desks
from tests.kit.sink import Sink


@pytest.mark.parametrize("mails", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_numbers_follow_the_order_of_acceptance(desks: Desks, sink: Sink, store_url: str, mails: int) -> None:
    """50 connections to 2 departments: every mail has its own number, and who was accepted first has the lower one."""
    desk = desks(sink.port, store=store_url)
    desk.start()
    senders = Senders(port=desk.port, timeout=120.0)
    chains = [
        [post(f"c{n}-{m}", to=(("it@desk.example", "hr@desk.example")[m % 2],)) for m in range(mails // 50)]
        for n in range(50)
    ]
    senders.send_all(chains, threads=50).wait(1200)
    desk.settle(mails / 5)
    history = senders.history(desk, sink)
    check(history)
    numbers = [row.case or 0 for row in sorted(history.stored, key=lambda row: row.id)]
    assert len(numbers) == mails == len(set(numbers))
    assert numbers == sorted(numbers)

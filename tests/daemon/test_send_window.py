"""A crash between the relay's 250 and our record of it sends a mail again, the very same one (law W10)."""

import threading
import time
from collections import Counter

import pytest

from tests.daemon.history import check
from tests.daemon.senders import Senders, post
from tests.kit.running import Desks, RunningDesk
from tests.kit.sink import Sink, Taken


class Killer:
    """A relay's hook that has the desk killed around the answer to a mail's data, once per armed delay."""

    def __init__(self, desk: RunningDesk) -> None:
        self.desk = desk
        self.delay: float | None = None
        self.killed = threading.Event()

    def arm(self, delay: float) -> None:
        """Kill so many seconds after the next mail was taken; 0 is before the relay answers."""
        self.delay = delay
        self.killed.clear()

    def __call__(self, taken: Taken) -> None:
        """Look at a mail whose data has come."""
        delay, self.delay = self.delay, None
        if delay is None:
            return
        if delay == 0:
            self._kill()
        else:
            threading.Timer(delay, self._kill).start()

    def _kill(self) -> None:
        self.desk.kill()
        self.killed.set()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kills", [4, pytest.param(200, marks=pytest.mark.slow)])
def test_a_crash_in_the_send_window_repeats_the_same_mail(desks: Desks, sink: Sink, kills: int) -> None:
    """Killed just before or after the relay's 250: each mail arrives once or twice, with the same bytes."""
    desk = desks(sink.port, extra="[reading]\nprocesses = 1\n")
    killer = Killer(desk)
    sink.on_data = killer
    senders = Senders(port=desk.port)
    desk.start()
    for number in range(kills):
        killer.arm((0, 0.0005, 0.001, 0.002)[number % 4])
        senders.send([post(f"w{number}")])
        assert killer.killed.wait(20)
        desk.start()
        desk.settle()
    time.sleep(0.1)
    history = senders.history(desk, sink, kills=kills, window=2)  # an ack and a notice are on the wire side by side
    check(history)
    copies = Counter(mail.message_id for mail in history.sunk)
    assert len(copies) == 2 * kills and set(copies.values()) == {1, 2}

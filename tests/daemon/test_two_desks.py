"""Two desks that acknowledge each other fall silent (law A14), whatever the road between them strips off."""

import re
import smtplib
import time

import pytest

from tests.daemon.senders import Senders, post
from tests.kit.running import Desks, RunningDesk
from tests.kit.sink import Sink, Taken

MARKS = re.compile(
    rb"^(?:auto-submitted|x-auto-response-suppress|x-maild-[a-z-]+|references|in-reply-to|precedence):.*\r\n"
    rb"(?:[ \t].*\r\n)*",
    re.MULTILINE | re.IGNORECASE,
)
MESSAGE_ID = re.compile(rb"^message-id:.*\r\n(?:[ \t].*\r\n)*", re.MULTILINE | re.IGNORECASE)


class Road:
    """A relay's hook that carries mail between desks; ``strips`` makes it one that hides every mark of a robot."""

    def __init__(self, *, strips: bool) -> None:
        self.desks: dict[str, RunningDesk] = {}
        self.strips = strips
        self.carried: list[tuple[str, bytes]] = []

    def __call__(self, taken: Taken) -> None:
        """Pass a mail on to the desk of its recipient, if that is one."""
        recipient = taken.recipients[0]
        desk = self.desks.get(recipient.rpartition("@")[2].removeprefix("sak."))
        if desk is None or not recipient.startswith(("it@", "hr@", "it+", "hr+", "b+")):
            return
        sender, data = taken.sender, taken.data
        if self.strips:
            sender = sender or "it@" + ("b.example" if desk.domain == "a.example" else "a.example")
            head, _, body = data.partition(b"\r\n\r\n")
            head = MESSAGE_ID.sub(b"", MARKS.sub(b"", head + b"\r\n"))
            data = head + f"Message-ID: <{len(self.carried)}@road.example>\r\n".encode() + b"\r\n" + body
        with smtplib.SMTP("127.0.0.1", desk.port, local_hostname="road.example", timeout=20) as client:
            client.ehlo()
            assert client.mail(sender)[0] == 250
            if client.rcpt(recipient)[0] == 250:
                assert client.data(data)[0] == 250
                self.carried.append((recipient, data))


@pytest.mark.parametrize("strips", [False, True], ids=["honest road", "road that strips every mark"])
def test_two_desks_fall_silent(desks: Desks, sink: Sink, strips: bool) -> None:
    """One desk's department writes to the other: at most two mails between them, then nothing more, and no loop."""
    road = Road(strips=strips)
    sink.on_data = road
    pair = [desks(sink.port, domain=domain, caps="") for domain in ("a.example", "b.example")]
    for desk in pair:
        road.desks[desk.domain] = desk
        desk.start()
    Senders(port=pair[0].port).send([post("loop", sender="it@b.example", to=["it@a.example"])])
    until, seen = time.monotonic() + 2, -1
    while time.monotonic() < until:
        if len(road.carried) != seen:
            seen, until = len(road.carried), time.monotonic() + 2
        time.sleep(0.1)
    for desk in pair:
        desk.settle(20)
    assert 1 <= len(road.carried) <= 2, [recipient for recipient, _ in road.carried]
    assert sum(len(desk.rows("select 1 as one from cases")) for desk in pair) <= 3

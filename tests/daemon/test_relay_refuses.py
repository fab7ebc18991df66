"""A desk whose relay takes nothing for others: nobody's letter is lost, the operator hears of it once."""

import json
import time
import urllib.request

import pytest

from tests.daemon.senders import Senders, post
from tests.kit.running import Desks, RunningDesk
from tests.kit.sink import Sink

FAULTS = "select count(*) as n from outbox where once_key like 'relay:%'"


def outside(to: str) -> str | None:
    """Take mail for the desk's own domain only."""
    return None if to.endswith("desk.example") else f"554 5.7.1 <{to}>: Relay access denied"


def get(desk: RunningDesk, page: str) -> str:
    """Read a page of the running desk."""
    (listening,) = [line for line in desk.lines() if line["event"] == "listening" and line["door"] == "http"][-1:]
    with urllib.request.urlopen(f"http://127.0.0.1:{listening['port']}{page}", timeout=20) as answer:
        return str(answer.read().decode())


def held(desk: RunningDesk, count: int) -> list[str]:
    """Wait until so many letters wait; why they do."""
    while len(found := desk.rows("select error from outbox where state = 'deferred'")) < count:
        time.sleep(0.05)
    return [row["error"] for row in found]


@pytest.mark.parametrize("restarts", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_the_operator_is_told_once_and_letters_go_when_it_is_mended(desks: Desks, sink: Sink, restarts: int) -> None:
    """Five acks are held and say why; status, log, figures and one mail tell; a restart tells nothing anew."""
    desk = desks(sink.port)
    sink.on_rcpt = outside
    desk.start()
    senders = Senders(port=desk.port)
    senders.send([post(f"k{n}", sender=f"kari@{n}.kunde.example") for n in range(5)])
    errors = held(desk, 5)
    assert all("refused by the set-up" in why and "554 5.7.1 <kari@" in why for why in errors), errors
    while not any(mail.recipients == ("operator@desk.example",) for mail in sink.mails):
        time.sleep(0.05)
    said = " ".join(desk.run("status").stdout.split())
    assert "refuses mail to other domains since" in said and "Relay access denied" in said
    assert "maild_relay_ok 0.0" in get(desk, "/metrics")
    assert "Relay access denied" in json.loads(get(desk, "/healthz"))["relay"]
    for _ in range(restarts):
        assert desk.stop() == 0
        desk.start()
    senders.port = desk.port
    senders.send([post("k5", sender="kari@5.kunde.example")])
    held(desk, 6)
    assert desk.rows(FAULTS) == [{"n": 1}]
    sink.on_rcpt = None
    senders.send([post("k6", sender="kari@6.kunde.example")])
    desk.settle()
    arrived = sorted(mail.recipients[0] for mail in sink.mails if "kunde" in mail.recipients[0])
    assert arrived == [f"kari@{n}.kunde.example" for n in range(7)]
    while desk.rows("select value from state where name like 'relay_fault:%'"):
        time.sleep(0.05)
    assert "maild_relay_ok 1.0" in get(desk, "/metrics")
    assert json.loads(get(desk, "/healthz"))["relay"] == "takes mail"
    told = [mail for mail in sink.mails if mail.recipients == ("operator@desk.example",)]
    assert len(told) == 1 and b"relayet avviser" in told[0].data
    said = [line["event"] for line in desk.lines() if "relay" in line["event"]]
    assert said == ["the relay refuses what it should take", "the relay takes mail again"]
    assert desk.rows("select id from outbox where state = 'failed'") == []

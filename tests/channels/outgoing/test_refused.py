"""A relay that refuses everything is a fault of the set-up; one that refuses a letter is about that one (law W13)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from maild.channels.outgoing.relay import Relay
from maild.core.deliveries.refusals import RELAY, Fault
from maild.core.reasons.reason import because, load, text
from maild.storage import upgrade
from maild.storage.engine import open_engine
from tests.channels.outgoing.test_smtp_out import relayed, scripted, send
from tests.kit.sending import START, Sending, delivering, idle, number, story, until
from tests.kit.sink import DROP, Sink

DENIED = "554 5.7.1 <kari@a.example>: Relay access denied"
ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """An engine on an empty, upgraded store."""
    engine = open_engine(store_url)
    upgrade.upgrade(engine)
    yield engine
    engine.dispose()


# -- connections ------------------------------------------------------------------------------------------------------


def refusing_on(sink: Sink, said: str, connections: set[int]) -> None:
    """Let a sink refuse recipients on some connections; it serves one at a time."""
    sink.on_rcpt = lambda _: said if sink.connections in connections else None


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_kept_connection_of_an_old_set_up_is_left_within_the_attempt(pipelining: bool) -> None:
    """A server process keeps to the set-up it began with: what it refuses goes over a new connection at once."""

    async def tell() -> None:
        async with relayed(Sink(pipelining=pipelining)) as (sink, relay):
            assert (await send(relay)).state == "sent"
            refusing_on(sink, DENIED, {1})
            assert (await send(relay)).state == "sent"
            assert sink.connections == 2

    asyncio.run(tell())


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("on_rcpt", DENIED),
        ("on_rcpt", "454 4.7.1 <kari@a.example>: Relay access denied"),
        ("on_rcpt", "530 5.7.0 Authentication required"),
        ("on_mail", "550 5.7.1 not from there"),
        ("on_mail", "421 4.3.2 going down"),
        ("on_data", "550 5.7.1 not today"),
        ("on_data", DROP),
    ],
)
def test_the_next_try_after_a_refusal_is_on_a_new_connection(where: str, said: str) -> None:
    """Whatever was refused as if by the set-up is asked again on a connection of its own, once in each attempt."""

    async def tell() -> None:
        async with relayed(Sink()) as (sink, relay):
            setattr(sink, where, lambda _: said)
            for count in (1, 2, 3):
                assert (await send(relay)).state != "sent"
                assert sink.connections == count
            setattr(sink, where, None)
            assert (await send(relay)).state == "sent"
            assert sink.connections == 4

    asyncio.run(tell())


def test_a_refused_recipient_costs_no_connection() -> None:
    """An unknown or full mailbox says nothing about the connection."""

    async def tell() -> None:
        async with relayed(Sink()) as (sink, relay):
            for said in ("550 5.1.1 unknown", "552 5.2.2 full", "450 4.2.1 later", "550 no such user"):
                sink.on_rcpt = lambda _, said=said: said
                assert not (await send(relay)).relay
            sink.on_rcpt = None
            assert (await send(relay)).state == "sent"
            assert sink.connections == 1

    asyncio.run(tell())


def test_after_a_refusal_no_older_connection_is_used() -> None:
    """Connections that were open when one was refused may be of the same old set-up: none is used again."""

    async def tell() -> None:
        async with relayed(Sink(delay=0.05), connections=4) as (sink, relay):
            await asyncio.gather(*(send(relay) for _ in range(4)))
            assert sink.connections == 4
            sink.on_rcpt = lambda _: DENIED
            assert (await send(relay)).blame == "denied"
            sink.on_rcpt = None
            first = sink.connections
            await asyncio.gather(*(send(relay) for _ in range(4)))
            assert min(mail.connection for mail in sink.mails[4:]) > first
            await until(lambda: len(sink.open) <= 4)

    asyncio.run(tell())


@pytest.mark.parametrize("greeting", ["421 4.3.2 busy", "554 5.7.1 no service for you", DROP])
def test_a_relay_that_turned_us_away_is_asked_anew(greeting: str) -> None:
    """That it was away a moment ago keeps nobody from finding that it is back, and then letters go at once."""

    async def tell() -> None:
        async with relayed(Sink(greeting=greeting)) as (sink, relay):
            answer = await send(relay)
            assert (answer.relay, answer.blame) == (True, "all" if greeting.startswith("5") else "letter")
            assert not await relay.reachable()
            assert not await relay.would_take("", "kari@a.example")
            sink.greeting = None
            assert await relay.reachable()
            assert (await send(relay)).state == "sent"

    asyncio.run(tell())


def test_a_relay_can_be_asked_without_sending() -> None:
    """It is asked for the envelope on a connection of its own, which is closed; nothing is sent."""

    async def tell() -> None:
        async with relayed(Sink()) as (sink, relay):
            assert (await send(relay)).state == "sent"
            assert await relay.would_take("b+1@c.example", "kari@a.example")
            for where, said in (("on_rcpt", DENIED), ("on_mail", "550 5.7.1 no"), ("on_mail", DROP)):
                setattr(sink, where, lambda _, said=said: said)
                assert not await relay.would_take("b+1@c.example", "kari@a.example")
                setattr(sink, where, None)
            assert len(sink.mails) == 1
            assert (await send(relay)).state == "sent"

    asyncio.run(tell())


# -- letters ----------------------------------------------------------------------------------------------------------


class Faults:
    """What the deliverer said of faults, each time."""

    def __init__(self) -> None:
        self.said: list[list[str]] = []
        self.last: Sequence[Fault] = ()

    def __call__(self, faults: Sequence[Fault]) -> None:
        """Take in the faults that stand."""
        self.last = faults
        self.said.append([fault.scope for fault in faults])


def own(domain: str) -> bool:
    """Tell the desk's own domain."""
    return domain == "c.example"


def states(desk: Sending) -> list[str]:
    """Return the states of all letters."""
    return [row["state"] for row in desk.rows().values()]


def outside(to: str) -> str | None:
    """Take mail for one's own domain only, as a relay does that does not know us."""
    return None if to.endswith("@c.example") else f"554 5.7.1 <{to}>: Relay access denied"


def test_a_relay_that_takes_nothing_for_others_fails_no_letter(engine: Engine) -> None:
    """Twelve letters outside and two inside: these go, those are held, one fault; mended, all go by themselves."""
    faults = Faults()

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        sink.on_rcpt = outside
        for n in range(12):
            await desk.put(n, f"k@{n}.example")
        for n in range(2):
            await desk.put(100 + n, f"agent{n}@c.example")
        async with delivering(desk, relay, own=own, faults=faults, look=0.05) as deliverer:
            await idle(deliverer)
            assert sorted(number(mail) for mail in sink.mails) == [13, 14]
            held = [row for row in desk.rows().values() if row["state"] != "sent"]
            assert len(held) == 12
            assert {(row["state"], row["due"]) for row in held} == {("deferred", START + timedelta(minutes=1))}
            assert all(row["waits_for_relay"] and "554 5.7.1 <k@" in row["error"] for row in held)
            assert faults.said == [["mail to other domains"]]
            desk.wait()
            await idle(deliverer)
            assert set(states(desk)) == {"sent", "deferred"}
            sink.on_rcpt = None
            await until(lambda: len(sink.mails) == 14)
            await idle(deliverer)
        assert faults.said == [["mail to other domains"], []]
        assert desk.now == START + timedelta(minutes=1), "the clock stood still meanwhile"

    desk = story(engine, tell)
    assert set(states(desk)) == {"sent"}
    assert not desk.told


@ON_SQLITE
@pytest.mark.parametrize(
    ("set_", "scope"),
    [
        ({"on_mail": lambda _: "550 5.7.1 not from you"}, "mail from c.example"),
        ({"on_mail": lambda _: "530 5.7.57 log in first"}, "mail from c.example"),
        ({"greeting": "554 5.7.1 no service for 127.0.0.1"}, RELAY),
        ({"on_rcpt": lambda _: "550 5.1.8 bad sender's system address"}, "mail from c.example"),
        ({"on_rcpt": lambda _: "554 5.7.1 we do not want this"}, "mail to other domains"),
        ({"on_rcpt": lambda _: "454 4.7.1 Relay access denied"}, "mail to other domains"),
        ({"on_data": lambda _: "554 Message rejected: Email address is not verified."}, "mail to other domains"),
    ],
    ids=["MAIL", "login", "greeting", "sender at RCPT", "policy", "454", "message"],
)
def test_wherever_everything_is_refused(engine: Engine, set_: dict[str, Any], scope: str) -> None:
    """At the greeting, MAIL, RCPT or the end: nothing fails, one fault is told, and mended, letters go."""
    faults = Faults()

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        for name, value in set_.items():
            setattr(sink, name, value)
        for n in range(8):
            await desk.put(n, f"k@{n}.example", sender=f"b+{n}@c.example")
        async with delivering(desk, relay, own=own, faults=faults, look=0.05) as deliverer:
            for _ in range(4):
                await idle(deliverer)
                desk.wait()
            assert set(states(desk)) == {"deferred"}
            assert faults.said == [[scope]]
            if "on_data" in set_:
                asked = sink.attempts
                await asyncio.sleep(0.3)
                assert sink.attempts == asked, "only sending would tell, and that keeps to its back-off"
            for name in set_:
                setattr(sink, name, None)
            if "on_data" in set_:
                first = min(desk.rows().values(), key=lambda row: row["due"])
                desk.now = first["due"]
            await until(lambda: len(sink.mails) == 8)
            await idle(deliverer)
        assert faults.said == [[scope], []]

    desk = story(engine, tell)
    assert set(states(desk)) == {"sent"}
    assert not desk.told


@ON_SQLITE
def test_a_refused_greeting_of_ours(engine: Engine) -> None:
    """A relay that answers 5xx to EHLO and HELO is a fault too, with its words."""
    faults = Faults()

    async def run() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            raise AssertionError("it never came to MAIL")

        async with scripted(script, hello=b"550 5.7.1 go away, desk\r\n") as relay:
            desk = Sending(engine)
            await desk.put(1)
            async with delivering(desk, relay, own=own, faults=faults) as deliverer:
                await idle(deliverer)
            assert faults.said == [[RELAY]]
            assert "go away, desk" in faults.last[0].answer
            assert desk.rows()[1]["waits_for_relay"]
            await desk.writer.close()

    asyncio.run(run())


def test_one_letter_that_is_refused_fails_as_ever(engine: Engine) -> None:
    """An unknown mailbox fails at once; one with a policy fails when the relay has taken others since. No fault."""
    faults = Faults()

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        policy = {"gone@a.example": "550 5.1.1 unknown", "closed@b.example": "550 5.7.1 members only"}
        sink.on_rcpt = policy.get
        gone, closed = await desk.put(1, "gone@a.example"), await desk.put(2, "closed@b.example")
        async with delivering(desk, relay, own=own, faults=faults) as deliverer:
            await idle(deliverer)
            assert (desk.rows()[gone]["state"], desk.rows()[closed]["state"]) == ("failed", "deferred")
            assert desk.rows()[closed]["error"] == "550 5.7.1 members only"
            await desk.put(3, "kari@d.example")
            await idle(deliverer)
            desk.wait()
            await idle(deliverer)
            assert desk.rows()[closed]["state"] == "failed"
        assert desk.told == [(gone, "failed", "550 5.1.1 unknown"), (closed, "failed", "550 5.7.1 members only")]
        assert not faults.said

    story(engine, tell)


@ON_SQLITE
def test_a_lone_letter_is_not_kept_for_days(engine: Engine) -> None:
    """When nothing else goes out that would tell, a policy's no is believed at the third time."""
    faults = Faults()

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        sink.on_rcpt = lambda _: "550 5.7.1 members only"
        await desk.put(1, "closed@b.example")
        async with delivering(desk, relay, own=own, faults=faults) as deliverer:
            for _ in range(3):
                assert states(desk) != ["failed"]
                await idle(deliverer)
                desk.wait()
        assert desk.now == START + timedelta(minutes=6)
        assert desk.told == [(1, "failed", "550 5.7.1 members only")]
        assert not faults.said

    story(engine, tell)


@ON_SQLITE
def test_a_fault_does_not_hide_what_is_about_one_letter(engine: Engine) -> None:
    """While the relay refuses all others, an unknown mailbox inside fails at once and an agent hears of it."""
    faults = Faults()

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        sink.on_rcpt = lambda to: "550 5.1.1 unknown" if to == "gone@c.example" else outside(to)
        await desk.put(1, "kari@a.example")
        gone = await desk.put(2, "gone@c.example")
        async with delivering(desk, relay, own=own, faults=faults) as deliverer:
            await idle(deliverer)
            assert desk.told == [(gone, "failed", "550 5.1.1 unknown")]
            assert states(desk) == ["deferred", "failed"]
        assert faults.said == [["mail to other domains"]]

    story(engine, tell)


@ON_SQLITE
def test_a_relay_denied_for_one_is_believed_when_others_go(engine: Engine) -> None:
    """*Relay access denied* holds a letter; when others outside are taken since, it is that letter's after all."""
    faults = Faults()

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        sink.on_rcpt = lambda to: DENIED if to == "kari@a.example" else None
        await desk.put(1, "kari@a.example")
        async with delivering(desk, relay, own=own, faults=faults) as deliverer:
            await idle(deliverer)
            await desk.put(2, "agent@c.example")
            await idle(deliverer)
            assert faults.said == [["mail to other domains"]], "that a relay takes mail for its own says nothing"
            await desk.put(3, "ola@b.example")
            await idle(deliverer)
            await until(lambda: states(desk)[0] == "failed")
        assert faults.said == [["mail to other domains"], []]
        assert desk.told == [(1, "failed", DENIED)]

    story(engine, tell)


@ON_SQLITE
def test_a_fault_outlives_a_restart_and_is_told_once(engine: Engine) -> None:
    """The next run knows of it: it says nothing while it stands, and that it is over when it is."""
    faults = Faults()

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        sink.on_rcpt = outside
        await desk.put(1, "kari@a.example")
        async with delivering(desk, relay, own=own, faults=faults) as deliverer:
            await idle(deliverer)
        known, sink.on_rcpt = faults.last, outside
        for mended in (False, True):
            sink.on_rcpt = None if mended else outside
            deliverer = desk.deliverer(relay, own=own, faults=faults)
            deliverer.lookout.adopt(known)
            await deliverer.start(alone=True)
            await idle(deliverer)
            await deliverer.stop(5.0)
            assert len(faults.said) == 1 + mended
        assert faults.said[-1] == []

    desk = story(engine, tell)
    assert states(desk) == ["sent"]


@ON_SQLITE
@pytest.mark.parametrize("said", ["550 5.7.1 no", pytest.param(DENIED, marks=pytest.mark.slow)])
def test_five_days_of_a_fault(engine: Engine, said: str) -> None:
    """A set-up that nobody mends: 40 tries a letter at most, told late once, given up after five days and told."""

    async def tell(desk: Sending, sink: Sink, relay: Relay) -> None:
        sink.on_rcpt = lambda _: said
        await desk.put(1, "kari@a.example")
        await desk.put(2, "ola@b.example")
        async with delivering(desk, relay, own=own) as deliverer:
            while "deferred" in states(desk) or "queued" in states(desk):
                await idle(deliverer)
                desk.wait()
        assert desk.now >= START + timedelta(days=5)
        assert max(row["attempts"] for row in desk.rows().values()) <= 40

    desk = story(engine, tell)
    assert sorted(state for _, state, _ in desk.told) == ["failed", "failed"] and desk.put_off == {1, 2}
    errors = [load(str(row["error"])) for row in desk.rows().values()]
    assert errors == [because("given up", because("refused by the set-up", text(said)))] * 2

"""No client takes more than its share: memory, connections, time, errors (law S7)."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest

from maild.channels.smtp.caps import FAILURES_KEPT, MOST_FAILURES, Caps, Failures, network
from maild.channels.smtp.conversation import MOST_COMMANDS, MOST_IDLE_COMMANDS
from maild.channels.smtp.receive import BIG, Memory, Reception
from maild.core.values.mail import Envelope
from tests.kit.smtp import NOW, Accepted, Client, known, opened

TOO_MANY_OF_YOURS = "421 4.7.0 Too many connections from your address, try again later"


def peak() -> int:
    """Return the most memory this process has had in octets since :func:`forget_peak`."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


def forget_peak() -> None:
    """Begin to measure anew."""
    Path("/proc/self/clear_refs").write_text("5")


async def pour(client: Client, chunk: bytes, times: int) -> None:
    """Send a chunk many times, as fast as it goes, until the server closes."""
    try:
        for _ in range(times):
            client.send(chunk)
            await client.writer.drain()
    except ConnectionError:
        return


async def null(_envelope: Envelope, _raw: bytes) -> int:
    """Take a mail and keep nothing."""
    return 1


@pytest.mark.parametrize(
    ("chunk", "reply"),
    [(b"x" * 65_536, "500 5.5.2 A line of the mail"), (b"short\r\n" * 9362, "552 5.3.4 The mail is larger")],
    ids=["no line end", "lines"],
)
def test_a_flood_of_data_is_cut_off_in_bounded_memory(chunk: bytes, reply: str) -> None:
    """4 times 64 MiB without an end: refused, closed within 2 s of the limit, and memory stays at the size cap."""

    async def one(port: int) -> float:
        client = await Client.connect(port)
        await client.begin("it@desk.example")
        sending = asyncio.create_task(pour(client, chunk, 1024))
        assert (await client.reply()).startswith(reply)
        refused = time.monotonic()
        await client.rest()
        sending.cancel()
        return time.monotonic() - refused

    async def story() -> list[float]:
        async with opened(null, max_size=4 * 2**20) as door:
            return await asyncio.gather(*(one(door.port) for _ in range(4)))

    forget_peak()
    before = peak()
    assert max(asyncio.run(story())) < 2.0
    assert peak() - before < 40 * 2**20


class Pausable:
    """A transport as far as a reception knows one."""

    paused = False

    def pause_reading(self) -> None:
        """Read no more."""
        self.paused = True

    def resume_reading(self) -> None:
        """Read on."""
        self.paused = False


def test_big_mails_take_turns_when_memory_is_short() -> None:
    """Beyond the room the oldest big mail is read on and small ones are, the others when memory is given back."""
    half = b"x\r\n" * (BIG // 2)  # 1.5 MiB
    transports = [Pausable() for _ in range(4)]

    def paused() -> list[bool]:
        return [transport.paused for transport in transports]

    async def story() -> None:
        memory = Memory(3 * BIG + 1000, 0.03)
        receptions = [Reception(10 * BIG, memory, transport) for transport in transports]  # type: ignore[arg-type]
        oldest, second, small, third = receptions
        for reception in receptions:
            reception.feed(b"x\r\n" * 10)
        oldest.feed(half)
        second.feed(half)
        assert paused() == [False, False, False, False]
        third.feed(half)
        assert paused() == [False, False, False, True]
        second.feed(b"x\r\n")
        small.feed(b"x\r\n")
        oldest.feed(half)
        assert paused() == [False, True, False, True]
        oldest.feed(b".\r\n")
        await asyncio.sleep(0.1)  # it is being stored, however long that takes
        assert not oldest.expired
        assert paused() == [False, True, False, True]
        oldest.close()
        assert paused() == [False, False, False, False]
        third.feed(half)
        assert paused() == [False, False, False, True]
        second.feed(b"x" * 70_000)  # refused: nothing of it is kept
        assert paused() == [False, False, False, False]
        for reception in receptions:
            reception.close()
        assert memory.held == 0

    asyncio.run(story())


def test_many_big_mails_at_once_all_arrive() -> None:
    """8 mails of 3 MiB with memory for two are all stored whole; one that stands still meanwhile is sent away."""
    mail = b"0123456789abcdef" * 64 + b"\r\n"
    mail *= 3 * 2**20 // len(mail)

    async def one(port: int) -> None:
        client = await Client.connect(port)
        await client.begin("it@desk.example")
        client.send(mail + b".\r\n")
        assert (await client.reply()).startswith("250")

    async def story() -> Accepted:
        accepted = Accepted(seconds=0.01)
        async with opened(accepted, max_size=2**22, memory=2**23, patience=0.3, per_ip=20) as door:
            stalled = await Client.connect(door.port)
            await stalled.begin("it@desk.example")
            stalled.send(mail)
            await asyncio.sleep(0.05)
            await asyncio.gather(*(one(door.port) for _ in range(8)))
            assert (await stalled.rest()).startswith("421 4.4.2")
            assert door.memory.held == 0
        return accepted

    assert asyncio.run(story()).raws() == [mail] * 8


@pytest.mark.parametrize("length", [998, 1000, 5000, 60_000])
def test_long_lines_are_stored(length: int) -> None:
    """Lines that real mail has come through octet by octet (law S5)."""
    mail = b"Subject: " + b"s" * length + b"\r\n\r\n" + b"b" * length + b"\r\n"

    async def story() -> Accepted:
        accepted = Accepted()
        async with opened(accepted) as door:
            client = await Client.connect(door.port)
            await client.begin("it@desk.example")
            client.send(mail + b".\r\n")
            assert (await client.reply()).startswith("250")
        return accepted

    assert asyncio.run(story()).raws() == [mail]


def test_idle_connections_keep_nobody_out() -> None:
    """500 idle clients from one address: ten are let in, and a sender from elsewhere is served at once."""

    async def story() -> None:
        accepted = Accepted()
        async with opened(accepted) as door:
            idle = await asyncio.gather(*(Client.connect(door.port, greeting=False) for _ in range(500)))
            said = [await client.reply() for client in idle]
            assert said.count("220 mx.desk.example ESMTP maild") == 10
            assert said.count(TOO_MANY_OF_YOURS) == 490
            began = time.monotonic()
            sender = await Client.connect(door.port, source="127.0.0.2")
            await sender.begin("it@desk.example")
            assert (await sender.say("hei\r\n."))[0].startswith("250")
            assert time.monotonic() - began < 5
            for client in idle:
                client.close()

    asyncio.run(story())


def test_a_long_idle_client_makes_place() -> None:
    """At the caps a new client is let in when one has been idle for long; the longest idle is told 421, not another."""

    async def story() -> None:
        async with opened(per_ip=2, max_connections=3, crowded=0.6) as door:
            first, second = await Client.connect(door.port), await Client.connect(door.port)
            await asyncio.sleep(0.7)
            await second.say("NOOP")
            third = await Client.connect(door.port)
            assert await first.rest() == "421 4.3.2 Idle while others wait, goodbye\r\n"
            refused = await Client.connect(door.port, greeting=False)
            assert await refused.reply() == TOO_MANY_OF_YOURS
            elsewhere = await Client.connect(door.port, source="127.0.0.2")
            refused = await Client.connect(door.port, greeting=False, source="127.0.0.3")
            assert await refused.reply() == "421 4.3.2 Too many connections, try again later"
            await asyncio.sleep(0.7)
            await third.say("NOOP")
            await elsewhere.say("NOOP")
            await Client.connect(door.port, source="127.0.0.3")
            assert (await second.rest()).startswith("421 4.3.2 Idle")
            assert door.caps.total() == 3
        assert door.caps.total() == 0

    asyncio.run(story())


def test_places_are_given_back() -> None:
    """However a client leaves, its place is free for the next one."""

    async def story() -> None:
        async with opened(per_ip=1, max_connections=1) as door:
            for number in range(20):
                client = await Client.connect(door.port)
                if number % 3 == 0:
                    await client.say("QUIT")
                elif number % 3 == 1:
                    await client.begin("it@desk.example")
                    client.close()
                else:
                    client.writer.close()
                for _ in range(200):
                    if door.caps.total() == 0:
                        break
                    await asyncio.sleep(0.005)
                assert door.caps.total() == 0

    asyncio.run(story())


def test_loopback_is_exempt_when_the_door_says_so() -> None:
    """A relay on this machine may open more than others, up to the total."""

    async def story() -> None:
        async with opened(per_ip=1, max_connections=3, exempt_loopback=True) as door:
            clients = [await Client.connect(door.port) for _ in range(3)]
            refused = await Client.connect(door.port, greeting=False)
            assert (await refused.reply()).startswith("421 4.3.2")
            for client in clients:
                client.close()

    asyncio.run(story())


@pytest.mark.parametrize("limits", [{"idle": 0.2}, {"chunk": 0.2}, {"whole": 0.3}], ids=str)
def test_slow_clients_are_sent_away(limits: dict[str, float]) -> None:
    """Silence before a command, silence within a mail, and a mail that trickles for too long all end in 421."""

    async def story() -> None:
        accepted = Accepted()
        async with opened(accepted, **limits) as door:
            client = await Client.connect(door.port)
            if "idle" not in limits:
                await client.begin("it@desk.example")
            began = time.monotonic()
            said = client.reader._buffer  # type: ignore[attr-defined]  # a reset may follow: read what has come
            while not said and time.monotonic() - began < 3.0:
                if "whole" in limits:
                    client.send(b"x")
                await asyncio.sleep(0.02)
            assert bytes(said) == b"421 4.4.2 Too slow, goodbye\r\n"
            assert time.monotonic() - began < 3.0
        assert accepted.begun == 0

    asyncio.run(story())


def test_a_slow_upload_and_a_slow_store_are_no_reason_to_hang_up() -> None:
    """A mail may take longer than the time between two commands, and so may our commit."""

    async def story() -> None:
        async with opened(Accepted(seconds=0.4), idle=0.2, chunk=0.2) as door:
            client = await Client.connect(door.port)
            await client.begin("it@desk.example")
            for _ in range(6):
                client.send(b"x\r\n")
                await asyncio.sleep(0.1)
            client.send(b".\r\n")
            assert (await client.reply()).startswith("250")

    asyncio.run(story())


def test_endless_command_lines_are_thrown_away() -> None:
    """A command line of a megabyte is refused for its length and the next command is obeyed."""

    async def story() -> None:
        async with opened() as door:
            client = await Client.connect(door.port)
            for length in (1025, 12_288, 12_289, 24_577, 10**6):
                assert (await client.say("N" * length))[0] == "500 5.5.2 Command line too long"
                assert (await client.say("NOOP"))[0].startswith("250")
            assert (await client.say("MAIL FROM:<" + "a" * 2048 + "@b>"))[0] == "500 5.5.2 Command line too long"

    asyncio.run(story())


def test_commands_without_a_mail_come_to_an_end() -> None:
    """Idle commands and all commands are bounded between two mails, and a mail begins the count anew."""

    async def story() -> None:
        async with opened() as door:
            client = await Client.connect(door.port)
            for _ in range(2):
                for _ in range(MOST_IDLE_COMMANDS):
                    assert (await client.say("NOOP"))[0].startswith("250")
                await client.begin("it@desk.example")
                await client.say("hei\r\n.")
            client.send(b"NOOP\r\n" * (MOST_IDLE_COMMANDS + 1))
            assert (await client.rest()).endswith("421 4.7.0 Too many commands without a mail, goodbye\r\n")
            client = await Client.connect(door.port)
            client.send(b"EHLO me\r\n" * (MOST_COMMANDS + 1))
            assert (await client.rest()).endswith("421 4.7.0 Too many commands without a mail, goodbye\r\n")

    asyncio.run(story())


def test_networks_are_what_one_client_has() -> None:
    """An IPv6 host counts with its /64, a mapped IPv4 address as itself, and what is no address as it is."""
    assert network("2001:db8::1") == network("2001:db8::ffff:2") != network("2001:db8:0:1::1")
    assert network("fe80::1%eth0") == "fe80::/64"
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") == "192.0.2.1"
    assert network("") == ""
    caps = Caps(most=3, per_ip=1, exempt_loopback=True)
    assert [caps.enter(ip) is None for ip in ("2001:db8::1", "2001:db8::2", "::1", "::1")] == [True, False, True, True]


def test_failed_logins_are_forgotten_after_ten_minutes() -> None:
    """Twenty failures close the door to a network's logins; the passing of time opens it."""
    failures = Failures()
    for number in range(MOST_FAILURES):
        assert not failures.closed("192.0.2.1", NOW)
        assert failures.add("192.0.2.1", NOW) == number + 1
    assert failures.closed("192.0.2.1", NOW + FAILURES_KEPT)
    assert not failures.closed("192.0.2.2", NOW)
    assert not failures.closed("192.0.2.1", NOW + FAILURES_KEPT + timedelta(seconds=1))


def test_nobody_unknown_is_known_here() -> None:
    """The tests' desk knows its own addresses only (a check of the kit)."""
    assert known("it@desk.example") and known("Postmaster") and not known("it@other.example")


def test_each_failed_login_is_forgotten_when_its_own_ten_minutes_are_over() -> None:
    """One failure every minute never closes a door: those of more than ten minutes ago count no more."""
    failures = Failures()
    for minute in range(40):
        now = NOW + timedelta(minutes=minute)
        assert failures.add("192.0.2.1", now) == min(minute + 1, 11)
        assert not failures.closed("192.0.2.1", now)

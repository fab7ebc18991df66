"""Our own faults are temporary and say nothing of themselves; a mail whose end came is stored (law S3, D4)."""

from __future__ import annotations

import asyncio
import random

import pytest
from structlog.testing import capture_logs

from maild.core.errors import StoreFull, StoreUnavailable
from tests.kit.smtp import Accepted, Client, opened

SECRET = "postgresql://user:secret@host"


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (RuntimeError(SECRET), "451 4.3.0"),
        (MemoryError(), "451 4.3.0"),
        (OSError(28, SECRET), "451 4.3.0"),
        (StoreUnavailable("locked"), "451 4.3.0"),
        (StoreFull("disk"), "452 4.3.1"),
        (TimeoutError(SECRET), "451 4.3.0"),
        (ConnectionResetError(SECRET), "451 4.3.0"),
        (asyncio.CancelledError(), "451 4.3.0"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
@pytest.mark.parametrize("kind", ["smtp", "lmtp"])
def test_a_failing_store_is_a_temporary_refusal(error: BaseException, reply: str, kind: str) -> None:
    """Whatever goes wrong in us, the sender is asked to try again, sees nothing of the reason, and may go on."""

    async def story() -> list[str]:
        accepted = Accepted(error=error)
        async with opened(accepted, kind=kind) as door:
            client = await Client.connect(door.port)
            await client.begin("it@desk.example", "hr@desk.example", hello="LHLO" if kind == "lmtp" else "EHLO")
            replies = await client.say("hei\r\n.")
            if kind == "lmtp":
                replies.append(await client.reply())
            accepted.error = None
            more = await client.say("MAIL FROM:<k@example.org>", "RCPT TO:<it@desk.example>", "DATA", "hei\r\n.")
            assert more[-1].startswith("250")
            return replies

    replies = asyncio.run(story())
    assert len(replies) == (2 if kind == "lmtp" else 1)
    for said in replies:
        assert said.startswith(reply)
        assert "secret" not in said


def test_a_failing_recipient_check_or_room_is_temporary() -> None:
    """An unexpected error in a command is 451, is logged, and the conversation goes on."""

    def broken() -> bool:
        raise RuntimeError(SECRET)

    async def story() -> list[str]:
        async with opened(room=broken) as door:
            client = await Client.connect(door.port)
            return await client.say("EHLO me", "MAIL FROM:<k@example.org>", "NOOP")

    with capture_logs() as lines:
        replies = asyncio.run(story())
    assert replies[1:] == ["451 4.3.0 Trouble on our side, try again later", "250 2.0.0 Fine"]
    assert [(line["event"], line["log_level"]) for line in lines] == [("command failed", "error")]


def test_a_client_that_vanishes_after_the_dot_leaves_its_mail() -> None:
    """300 clients are cut off 0 to 50 ms after the dot and send again: each mail is stored once or, resent, twice."""

    async def one(port: int, number: int, seed: random.Random) -> None:
        client = await Client.connect(port)
        await client.begin("it@desk.example")
        client.send(b"mail %d\r\n.\r\n" % number)
        await asyncio.sleep(seed.random() * 0.05)
        client.close()
        client = await Client.connect(port)
        await client.begin("it@desk.example")
        assert (await client.say(f"mail {number}\r\n."))[0].startswith("250")
        client.close()

    async def story() -> Accepted:
        accepted = Accepted(seconds=0.03)
        seed = random.Random(6)
        async with opened(accepted, per_ip=100) as door:
            for start in range(0, 300, 30):
                await asyncio.gather(*(one(door.port, number, seed) for number in range(start, start + 30)))
        return accepted

    with capture_logs() as lines:
        accepted = asyncio.run(story())
    assert accepted.begun == len(accepted.mails)  # what was begun was finished
    stored = [int(raw.split()[1]) for raw in accepted.raws()]
    assert set(stored) == set(range(300))
    assert max(map(stored.count, range(300))) <= 2
    assert len(stored) > 400  # most cuts came after the whole mail had, and those mails are there
    assert not [line for line in lines if line["log_level"] != "debug"]


def test_half_closed_clients_get_their_answers() -> None:
    """A client that says everything and closes its side (as ``nc`` does) still reads every reply."""

    async def story() -> tuple[str, Accepted]:
        accepted = Accepted(seconds=0.05)
        async with opened(accepted) as door:
            client = await Client.connect(door.port)
            await client.begin("it@desk.example")
            client.send(b"hei\r\n.\r\nQUIT\r\n")
            client.writer.write_eof()
            return await client.rest(), accepted

    said, accepted = asyncio.run(story())
    assert said == "250 2.6.0 Stored as 1\r\n221 2.0.0 Bye\r\n"
    assert accepted.raws() == [b"hei\r\n"]


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n.", b"\r\n.\r"])
def test_a_mail_without_its_end_is_not_stored(end: bytes) -> None:
    """A client that goes away before the final dot was whole has sent nothing."""

    async def story() -> Accepted:
        accepted = Accepted()
        async with opened(accepted) as door:
            for half in (True, False):
                client = await Client.connect(door.port)
                await client.begin("it@desk.example")
                client.send(b"hei" + end)
                await asyncio.sleep(0.01)
                if half:
                    client.writer.write_eof()
                    assert await client.rest() == ""
                else:
                    client.close()
        return accepted

    assert asyncio.run(story()).begun == 0


def test_a_stop_finishes_mails_and_says_421_to_the_rest() -> None:
    """At a stop: a mail being stored or sent is finished, the idle are told 421, new ones find nobody."""

    async def story() -> None:
        accepted = Accepted(seconds=0.2)
        async with opened(accepted) as door:
            idle, midway, sending, storing = [await Client.connect(door.port) for _ in range(4)]
            await midway.say("EHLO me", "MAIL FROM:<k@example.org>")
            await sending.begin("it@desk.example")
            sending.send(b"first half, ")
            await storing.begin("it@desk.example")
            storing.send(b"storing\r\n.\r\nNOOP\r\n")
            await asyncio.sleep(0.05)
            stop = asyncio.create_task(door.stop(5.0))
            farewell = "421 4.3.2 Shutting down, try again later\r\n"
            assert await idle.rest() == await midway.rest() == farewell
            with pytest.raises(ConnectionError):
                await Client.connect(door.port)
            sending.send(b"second half\r\n.\r\n")
            assert await sending.rest() == "250 2.6.0 Stored as 2\r\n" + farewell
            assert await storing.rest() == "250 2.6.0 Stored as 1\r\n" + farewell
            await stop
            assert accepted.raws() == [b"storing\r\n", b"first half, second half\r\n"]

    asyncio.run(story())


def test_a_stop_ends_by_its_deadline() -> None:
    """A client that never ends its mail does not keep us: 421 at the deadline; a commit is waited for no longer."""

    async def story() -> float:
        accepted = Accepted(seconds=1.0)
        async with opened(accepted) as door:
            endless, storing = await Client.connect(door.port), await Client.connect(door.port)
            await endless.begin("it@desk.example")
            await storing.begin("it@desk.example")
            storing.send(b"hei\r\n.\r\n")
            loop = asyncio.get_running_loop()
            began = loop.time()
            await door.stop(0.3)
            took = loop.time() - began
            assert (await endless.rest()).startswith("421 4.3.2")
            assert (await storing.rest()).startswith("421 4.3.2")
            await asyncio.sleep(1.0)
            assert len(accepted.mails) == 1  # not cancelled: whoever closes the store waits for it
        return took

    assert asyncio.run(story()) < 0.9

"""The lanes and the processes that read: whatever a mail does to one, it is read another way and delays nobody."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maild.core.values.mail import Envelope, Mail, ReadingFailed
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.mail.reader.process import SLOW
from maild.mail.reader.readers import COMMAND, Readers
from maild.mail.reader.sources import MOST, REMEMBERED, Sources

CHILD = (sys.executable, str(Path(__file__).parent / "poisoned_child.py"))
ENVELOPE = Envelope(
    source="smtp",
    received=datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
    sender="kari@x.example",
    recipients=("it@y.example",),
    login="ola",
    quiet=True,
)
MEMORY = 512 * 1024 * 1024
KILLERS = {
    "segv": "SIGSEGV",
    "exit": "exit status 3",
    "fork-and-stay": "exit status 4",
    "abort": "SIGABRT",
    "nonsense": "nonsense",
    "close": "socket",
    "deaf": "reading took more than",
    "deaf sleep": "reading took more than",
}
"""What a mail does to its reader so that no answer comes, and what is then said of it: it is read by its header."""
SPENDERS = {
    "raise": "RuntimeError: a secret reason",
    "memory": "too much memory",
    "recursion": "RecursionError",
    "sleep": "too much time",
    "loop": "too much processor time",
    "pattern": "too much processor time",
    "stderr": "too much time",
    "long answer": "TooLong",
}
"""What a mail does so that reading it in full comes to nothing, while its reader lives on: it is read safely."""
PATIENT = {"loop", "pattern", "memory"}
"""What ends by its processor time or memory, however long a busy machine takes over that."""


def mail(subject: str, size: int = 100) -> bytes:
    """Make a mail."""
    return f"Subject: {subject}\r\nFrom: Kari <kari@x.example>\r\n\r\n{'Hei på deg. ' * (size // 12)}\r\n".encode()


def sender(name: str) -> Envelope:
    """Return an envelope of somebody."""
    return replace(ENVELOPE, login=None, sender=f"{name}@x.example")


def run(main: Coroutine[None, None, None], seconds: float = 100.0) -> None:
    """Run a test's coroutine."""
    asyncio.run(asyncio.wait_for(main, seconds))


@asynccontextmanager
async def readers(**changes: object) -> AsyncIterator[Readers]:
    """Run two readers with the poisoned child."""
    settings = {"processes": 2, "wall": 2.5, "memory": MEMORY, "command": CHILD} | changes
    pool = Readers(ReadOptions(), **settings)  # type: ignore[arg-type]
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


def children_of(pid: int) -> set[int]:
    """Return the living processes whose parent is this one."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(parent) == pid and state != "Z":
                found.add(int(entry.name))
    return found


def test_a_mail_read_by_a_child_is_the_mail_read_here() -> None:
    """A Mail comes back from a child exactly as reading it in this process makes it, small or large (law R1)."""

    async def main() -> None:
        async with readers(wall=50.0, command=COMMAND) as pool:
            for raw in (mail("hei"), mail("stor", 3_000_000), mail("tom", 0), b""):
                assert await pool.read(raw, ENVELOPE) == read(raw, ENVELOPE, ReadOptions())

    run(main())


@pytest.mark.parametrize("poison", sorted(KILLERS | SPENDERS))
def test_poison_is_read_another_way_and_harms_nobody_else(poison: str) -> None:
    """Of 41 mails a poisonous one is partial, whole as a file, and says why; the good ones are read (law R2, R3)."""

    async def main() -> None:
        async with readers(wall=60.0 if poison in PATIENT else 2.5) as pool:
            raw = mail(f"poison {poison}")
            before = [pool.read(mail(f"good {number}"), sender(f"b{number}")) for number in range(20)]
            bad = pool.read(raw, ENVELOPE)
            after = [pool.read(mail(f"good {number}"), sender(f"a{number}")) for number in range(20)]
            *good, other = await asyncio.gather(*before, *after, bad)
            assert all(isinstance(one, Mail) and one.subject.startswith("good") for one in good)
            assert isinstance(other, Mail) and other.partial
            assert other.subject == f"poison {poison}" and other.identity.shown == '"Kari" <kari@x.example>'
            assert [(file.type, file.start, file.end) for file in other.attachments] == [
                ("message/rfc822", 0, len(raw))
            ]
            assert (KILLERS | SPENDERS)[poison] in other.defects[0]
            assert other.identity.address is None and other.identity.reason == other.defects[0]
            assert bool(other.text) == (poison in SPENDERS)
            assert isinstance(await pool.read(mail("good again"), sender("c")), Mail)

    run(main())


@pytest.mark.parametrize("poison", ["segv", "exit", "loop", "memory"])
def test_what_harms_every_reading_has_failed(poison: str) -> None:
    """A mail that is poison for the reading by the header too fails with both reasons; the next one is read."""

    async def main() -> None:
        async with readers() as pool:
            failed = await pool.read(mail(f"poison all {poison}"), ENVELOPE)
            assert isinstance(failed, ReadingFailed)
            assert failed.reason.code == "and by its header"
            assert "MemoryError" in failed.traceback or poison != "memory"
            assert isinstance(await pool.read(mail("good again"), sender("c")), Mail)

    run(main())


@pytest.mark.parametrize("poison", ["fork", "stdout"])
def test_noise_is_no_answer(poison: str) -> None:
    """Copies a mail brings about answer nothing and go; what is printed never reaches the answers."""

    async def main() -> None:
        async with readers() as pool:
            results = await asyncio.gather(*(pool.read(mail(f"poison {poison}"), ENVELOPE) for _ in range(2)))
            assert all(isinstance(one, Mail) for one in results)
            assert isinstance(await pool.read(mail("good"), ENVELOPE), Mail)

    before = children_of(os.getpid())
    run(main())
    deadline = time.monotonic() + 5
    while children_of(os.getpid()) - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not children_of(os.getpid()) - before


def test_a_slow_mail_leaves_the_normal_lane_and_its_reader_lives() -> None:
    """Half a second of processor time: the normal lane says so, the slow one reads it whole and gives way (law R4)."""

    async def main() -> None:
        async with readers(processes=1, wall=50.0) as pool:
            before = children_of(os.getpid())
            raw = mail("poison half a second")
            assert await pool.read_in("normal", raw, ENVELOPE) is SLOW
            assert isinstance(await pool.read_in("normal", mail("good"), ENVELOPE), Mail)
            assert before <= children_of(os.getpid())
            found = await pool.read_in("slow", raw, ENVELOPE)
            assert isinstance(found, Mail) and not found.partial
            ours = os.getpriority(os.PRIO_PROCESS, 0)
            assert {os.getpriority(os.PRIO_PROCESS, child) for child in before} == {ours}
            later = {os.getpriority(os.PRIO_PROCESS, child) for child in children_of(os.getpid()) - before}
            assert min(ours + 19, 19) in later

    run(main())


def test_a_reader_that_does_not_give_a_mail_up_is_replaced() -> None:
    """Code that never comes back to the interpreter does not keep a normal reader, and the mail is then a slow one."""

    async def main() -> None:
        async with readers(wall=50.0) as pool:
            assert await pool.read_in("normal", mail("poison deaf"), ENVELOPE) is SLOW
            assert isinstance(await pool.read_in("normal", mail("good"), ENVELOPE), Mail)

    run(main())


def test_a_source_of_slow_mails_goes_to_the_slow_lane_at_once() -> None:
    """After two slow mails of one sender its next goes there unread, others' do not; a quick one there undoes that."""

    async def main() -> None:
        async with readers(wall=50.0) as pool:
            for _ in range(2):
                assert await pool.read_in("normal", mail("poison half a second"), sender("eve")) is SLOW
            assert await pool.read_in("normal", mail("good"), sender("eve")) is SLOW
            assert isinstance(await pool.read_in("normal", mail("good"), sender("kari")), Mail)
            while pool.is_slow(sender("eve")):  # on a busy machine one may not be quick
                assert isinstance(await pool.read_in("slow", mail("good"), sender("eve")), Mail)
            assert isinstance(await pool.read_in("normal", mail("good"), sender("eve")), Mail)

    run(main())


def test_sources_are_forgotten_and_few() -> None:
    """A slow source is one for an hour; addresses differ by where they come from; those remembered are bounded."""
    clock = [0.0]
    sources = Sources(now=lambda: clock[0])
    eve = replace(sender("eve"), peer="192.0.2.1")
    for _ in range(2):
        assert not sources.is_slow(eve)
        sources.was_slow(eve)
    assert sources.is_slow(eve) and sources.is_slow(replace(eve, sender="EVE@x.example"))
    assert not sources.is_slow(replace(eve, peer="192.0.2.2")) and not sources.is_slow(replace(eve, sender=""))
    clock[0] = REMEMBERED
    assert not sources.is_slow(eve)
    sources.was_slow(eve)
    assert not sources.is_slow(eve), "one slow mail an hour is none too many"
    sources.was_slow(eve)
    for number in range(MOST):
        sources.was_slow(sender(f"s{number}"))
    assert not sources.is_slow(eve)
    for _ in range(3):
        sources.was_slow(replace(eve, sender=""))
    assert not sources.is_slow(replace(eve, sender="")), "bounces of everybody are nobody's"


def test_hanging_mails_do_not_hold_up_the_others() -> None:
    """While more mails hang than there may be readers, good mails are read, by helpers and by what is given up."""

    async def main() -> None:
        async with readers(wall=100.0) as pool:
            bad = [asyncio.ensure_future(pool.read(mail("poison sleep"), sender(f"e{n}"))) for n in range(12)]
            good = await asyncio.gather(*(pool.read(mail(f"good {n}"), sender(f"g{n}")) for n in range(30)))
            assert all(isinstance(one, Mail) and not one.partial for one in good)
            assert not any(one.done() for one in bad)
        assert all(isinstance(one, ReadingFailed) for one in await asyncio.gather(*bad))

    run(main())


def test_burning_mails_do_not_hold_up_the_others() -> None:
    """Mails that burn the processor leave the normal lane; good ones among them are all read before one of those."""

    async def main() -> None:
        async with readers(wall=50.0) as pool:
            bad = [asyncio.ensure_future(pool.read(mail("poison loop"), sender(f"e{n}"))) for n in range(6)]
            good = await asyncio.gather(*(pool.read(mail(f"good {n}"), sender(f"g{n}")) for n in range(30)))
            assert all(isinstance(one, Mail) and not one.partial for one in good)
            assert not any(one.done() for one in bad)

    run(main())


def test_the_kernel_ends_what_nothing_else_does() -> None:
    """A mail that burns the processor, deaf to its timers, is ended by the kernel's limit when the clock is patient."""

    async def main() -> None:
        async with readers(wall=80.0, cpu=1) as pool:
            found = await pool.read_in("slow", mail("poison deaf"), ENVELOPE)
            assert isinstance(found, Mail) and "processor time" in found.defects[0]

    run(main())


def test_stopping_leaves_no_process_and_no_waiting_mail() -> None:
    """After stop no child lives, and mails that were waiting have an answer."""

    async def main() -> None:
        async with readers() as pool:
            waiting = [asyncio.ensure_future(pool.read(mail("poison sleep"), ENVELOPE)) for _ in range(6)]
            await asyncio.sleep(0.3)
            await pool.stop()
            assert all(isinstance(one, ReadingFailed) for one in await asyncio.gather(*waiting))

    before = children_of(os.getpid())
    run(main())
    assert not children_of(os.getpid()) - before

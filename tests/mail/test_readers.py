"""The child processes that read: whatever a mail does to one, only that mail is lost to reading, and only once."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maild.core.mail import Envelope, Mail, ReadingFailed
from maild.core.reason import because
from maild.core.reason_words import in_words
from maild.mail.read import ReadOptions, read
from maild.mail.readers import COMMAND, Readers

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
POISONS = {
    "segv": "SIGSEGV",
    "exit": "exit status 3",
    "raise": "exit status 1",
    "memory": "exit status 1",
    "recursion": "exit status 1",
    "sleep": "more than",
    "loop": "",
    "fork-and-stay": "exit status 4",
    "stderr": "",
    "abort": "SIGABRT",
    "nonsense": "nonsense",
    "close": "socket",
}
"""What a mail does to its reader, and what the failure says."""


def mail(subject: str, size: int = 100) -> bytes:
    """Make a mail."""
    return f"Subject: {subject}\r\nFrom: Kari <kari@x.example>\r\n\r\n{'Hei på deg. ' * (size // 12)}\r\n".encode()


def run(main: Coroutine[None, None, None]) -> None:
    """Run a test's coroutine."""
    asyncio.run(asyncio.wait_for(main, 60))


@asynccontextmanager
async def readers(**changes: object) -> AsyncIterator[Readers]:
    """Run two readers with the poisoned child."""
    settings = {"processes": 2, "wall": 5.0, "memory": MEMORY, "cpu": 1, "command": CHILD} | changes
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
    """A Mail comes back from a child exactly as reading it in this process makes it, small or large."""

    async def main() -> None:
        async with readers(wall=30.0, command=COMMAND) as pool:
            for raw in (mail("hei"), mail("stor", 3_000_000), mail("tom", 0), b""):
                assert await pool.read(raw, ENVELOPE) == read(raw, ENVELOPE, ReadOptions())

    run(main())


@pytest.mark.parametrize("poison", sorted(POISONS))
def test_poison_harms_nobody_else(poison: str) -> None:
    """Among 40 good mails a poisonous one fails with its reason; the good ones are read, also those behind it."""

    async def main() -> None:
        async with readers() as pool:
            before = [pool.read(mail(f"good {number}"), ENVELOPE) for number in range(20)]
            bad = pool.read(mail(f"poison {poison}"), ENVELOPE)
            after = [pool.read(mail(f"good {number}"), ENVELOPE) for number in range(20)]
            *good, failed = await asyncio.gather(*before, *after, bad)
            assert all(isinstance(one, Mail) and one.subject.startswith("good") for one in good)
            if poison != "stderr":
                assert isinstance(failed, ReadingFailed)
                assert POISONS[poison] in in_words(failed.reason, "en")
                if poison == "raise":
                    assert "a secret reason" in failed.traceback and len(failed.traceback) < 10_000
            assert isinstance(await pool.read(mail("good again"), ENVELOPE), Mail)

    run(main())


@pytest.mark.parametrize("poison", ["fork", "stdout"])
def test_noise_is_no_answer(poison: str) -> None:
    """Copies a mail brings about answer nothing and go; what is printed never reaches the answers."""

    async def main() -> None:
        async with readers() as pool:
            results = await asyncio.gather(*(pool.read(mail(f"poison {poison}"), ENVELOPE) for _ in range(2)))
            assert all(isinstance(one, Mail) for one in results)
            assert isinstance(await pool.read(mail("good"), ENVELOPE), Mail)

    run(main())
    deadline = time.monotonic() + 5
    while children_of(os.getpid()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not children_of(os.getpid())


def test_hanging_mails_do_not_hold_up_the_others() -> None:
    """While as many mails hang as there are readers, good mails are read by helpers long before the deadline."""

    async def main() -> None:
        async with readers(wall=15.0) as pool:
            bad = [asyncio.ensure_future(pool.read(mail("poison sleep"), ENVELOPE)) for _ in range(3)]
            began = time.monotonic()
            good = await asyncio.gather(*(pool.read(mail(f"good {number}"), ENVELOPE) for number in range(30)))
            assert time.monotonic() - began < 12.0
            assert all(isinstance(one, Mail) for one in good)
            assert not any(one.done() for one in bad)
        assert all(isinstance(one, ReadingFailed) for one in await asyncio.gather(*bad))

    run(main())


def test_a_loop_ends_by_processor_time() -> None:
    """A mail that burns the processor is ended by the kernel's limit, not only by the clock."""

    async def main() -> None:
        async with readers(wall=30.0, cpu=1) as pool:
            failed = await pool.read(mail("poison loop"), ENVELOPE)
            assert isinstance(failed, ReadingFailed) and failed.reason == because(
                "reader ended", because("too much processor time")
            )

    run(main())


def test_stopping_leaves_no_process_and_no_waiting_mail() -> None:
    """After stop no child lives, and mails that were waiting have an answer."""

    async def main() -> None:
        async with readers() as pool:
            waiting = [asyncio.ensure_future(pool.read(mail("poison sleep"), ENVELOPE)) for _ in range(6)]
            await asyncio.sleep(0.3)
            await pool.stop()
            assert all(isinstance(one, ReadingFailed) for one in await asyncio.gather(*waiting))

    run(main())
    assert not children_of(os.getpid())

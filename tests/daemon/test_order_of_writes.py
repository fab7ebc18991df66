"""250 means on disk: seen from outside the process by strace (law D2), and a laxer store is found out."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.daemon.senders import Senders, post
from tests.kit.running import Desks, RunningDesk, mutated
from tests.kit.sink import Sink

CALL = re.compile(r"^(\d+) +(?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))$")


SAYING = ("sendto", "write", "writev")
"""The calls by which an event loop may write to a socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One completed system call."""

    name: str
    arguments: str
    begun: int
    """The line of the trace it began at; it ended at ``ended``."""
    ended: int


def calls(trace: str) -> Iterator[Seen]:
    """Read strace -f output: calls that were interrupted by another thread's are put together again."""
    open_calls: dict[str, tuple[str, str, int]] = {}
    for number, line in enumerate(trace.splitlines()):
        found = CALL.match(line)
        if found is None:
            continue
        thread, name, arguments, resumed, rest = found.groups()
        if resumed:
            begun = open_calls.pop(thread, None)
            if begun is not None:
                yield Seen(name=begun[0], arguments=begun[1] + rest, begun=begun[2], ended=number)
        elif arguments.endswith("<unfinished ...>"):
            open_calls[thread] = (name, arguments, number)
        else:
            yield Seen(name=name, arguments=arguments, begun=number, ended=number)


def unsafe(trace: str) -> tuple[int, list[str]]:
    """Count the mails that were answered 250 after 354, and say which of them were not on disk by then.

    On disk: between the two, the log (WAL) was written and then synced. What is written after that sync belongs to
    the next step, which may begin before the 250 has left.
    """
    waiting: int | None = None
    written: int | None = None
    synced = False
    good, bad = 0, []
    for call in sorted(calls(trace), key=lambda call: call.ended):
        if call.name in SAYING and '"354 ' in call.arguments:
            waiting, written, synced = call.begun, None, False
        elif waiting is None or call.begun < waiting:
            continue
        elif call.name == "pwrite64" and "maild.db-wal>" in call.arguments:
            written = call.ended if written is None else written
        elif call.name in ("fdatasync", "fsync") and "maild.db-wal>" in call.arguments:
            synced = synced or (written is not None and written < call.begun)
        elif call.name in SAYING and '"250 ' in call.arguments:
            good += synced
            bad += [] if synced else [f"line {call.begun}: {call.arguments}"]
            waiting = None
    return good, bad


TRACED = ",".join(("trace=fdatasync,fsync,pwrite64", *SAYING))


def traced(desks: Desks, sink: Sink, folder: Path, mails: int, **options: Path) -> tuple[int, list[str]]:
    """Send mails one by one to a traced desk, each when the one before is all done, so that no other commit helps."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.fail("the tests need strace: sudo apt-get install strace")
    out = folder / "trace"
    desk: RunningDesk = desks(
        sink.port, before=(strace, "-f", "--seccomp-bpf", "-y", "-s", "12", "-e", TRACED, "-o", str(out)), **options
    )
    desk.start()
    senders = Senders(port=desk.port)
    for number in range(mails):
        senders.send([post(f"t{number}")])
        desk.settle()
    desk.kill()
    return unsafe(out.read_text(errors="replace"))


@pytest.mark.timeout(120)
def test_every_250_comes_after_a_sync(desks: Desks, sink: Sink, tmp_path: Path) -> None:
    """200 of 200 mails: the store's log is written and synced between 354 and 250."""
    assert traced(desks, sink, tmp_path, 200) == (200, [])


@pytest.mark.parametrize(
    "bug",
    [
        ("storage/engine.py", '"synchronous=full"', '"synchronous=normal"'),
        (
            "daemon/service.py",
            "key = await self.intake.accept(envelope, raw)",
            "key = 0; asyncio.ensure_future(self.intake.accept(envelope, raw))",
        ),
    ],
    ids=["synchronous=NORMAL", "250 before commit"],
)
def test_a_lax_store_is_found_out(desks: Desks, sink: Sink, tmp_path: Path, bug: tuple[str, str, str]) -> None:
    """A copy that does not wait for the disk fails the same test."""
    good, bad = traced(desks, sink, tmp_path, 20, package=mutated(tmp_path, [bug]))
    assert good < 20 and bad != []

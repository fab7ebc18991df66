"""Floods of mails that are slow to read, beside people who write as always, and what came of both."""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.daemon.poisons import poison
from tests.daemon.senders import Post, Senders, post
from tests.kit.running import RunningDesk
from tests.mail.bombs import BOMBS, large

PLANTED = ("slow", "spin", "sleep", "memory", "recursion", "segv")
REAL: dict[str, Callable[[], bytes]] = {
    "a run after text/plain": BOMBS["a run after text/plain"],
    "110,000 attributes": BOMBS["110,000 attributes"],
    "100,000 parts": BOMBS["100,000 parts"],
    "4 MB of files": lambda: large(2, 1_500_000),
}
"""Together ten kinds."""
CONTROL = 3.0
"""Seconds of the same mail without bombs, for comparison."""


def bomb(key: str, raw: bytes, sender: str) -> Post:
    """Make a mail of its own of a bomb's bytes; its last line is whole, as every mail's is."""
    head = f"X-Test-Key: {key}\r\nMessage-ID: <{key}@bombe.example>\r\n".encode()
    return Post(
        key=key, sender=sender, recipients=("it@desk.example",), data=head + raw.removesuffix(b"\r\n") + b"\r\n"
    )


def bombs(sender: str) -> Iterator[Post]:
    """Yield bombs of ten kinds in turn, for ever; ``{}`` in the sender is a number."""
    raws = {name: make() for name, make in REAL.items()}
    for number in itertools.count():
        name = [*PLANTED, *REAL][number % (len(PLANTED) + len(REAL))]
        who, key = sender.format(number), f"b{number}"
        yield poison(name, key, sender=who) if name in PLANTED else bomb(key, raws[name], who)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flooded:
    """What came of a flood."""

    control: float
    """Seconds from accepting a normal mail to its case, the 95th percentile without bombs."""
    normal: float
    """The same with bombs."""
    memory: tuple[int, int]
    """Octets of the daemon's own memory in the middle and at the end of the flood."""
    bombs: int
    stretch: float
    """How much longer a piece of work took meanwhile than the processor time it needed: others use the machine too."""


STRETCH = """
import time
while True:
    wall, cpu = time.perf_counter(), time.process_time()
    while time.process_time() - cpu < 0.05:
        pass
    print((time.perf_counter() - wall) / 0.05, flush=True)
    time.sleep(0.5)
"""


def flood(desk: RunningDesk, senders: Senders, *, seconds: float, sender: str) -> Flooded:
    """Send 5 normal mails a second, and 2 bombs a second beside them; wait until everything is handled."""
    _at_rate(senders, (post(f"c{n}") for n in itertools.count()), rate=5, seconds=CONTROL)
    desk.settle()
    middle: list[int] = []
    assert desk.process is not None
    pid = desk.process.pid
    timer = threading.Timer(seconds / 2, lambda: middle.append(resident(pid)))
    timer.start()
    burner = subprocess.Popen([sys.executable, "-c", STRETCH], stdout=subprocess.PIPE, text=True)
    bad = threading.Thread(target=_at_rate, args=(senders, bombs(sender)), kwargs={"rate": 2, "seconds": seconds})
    bad.start()
    _at_rate(senders, (post(f"g{n}") for n in itertools.count()), rate=5, seconds=seconds)
    end = resident(pid)
    burner.terminate()
    stretches = [float(line) for line in burner.communicate()[0].split()]
    bad.join()
    timer.join()
    desk.settle(60 + 10 * seconds)
    sent = sum(key.startswith("b") for key in senders.posts)
    return Flooded(
        control=p95(desk, "c"),
        normal=p95(desk, "g"),
        memory=(middle[0], end),
        bombs=sent,
        stretch=max(1.0, statistics.mean(stretches)),
    )


def _at_rate(senders: Senders, posts: Iterator[Post], *, rate: float, seconds: float) -> None:
    """Send mails at times that do not depend on how long a mail took."""
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        senders.send([next(posts)])


def p95(desk: RunningDesk, prefix: str) -> float:
    """Return the 95th percentile of the seconds from accepting to deciding the mails of these senders."""
    query = f"select (done_at - received) / 1e6 as took from inbound where sender like '{prefix}%@kunde.example'"
    took = [row["took"] for row in desk.rows(query)]
    return statistics.quantiles(took, n=20)[-1]


def resident(pid: int) -> int:
    """Return the octets of memory a process has."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024

"""End to end: mails over real SMTP into the real daemon process, acks and notices delivered to a real SMTP sink.

    python -m benchmarks.journey                      the whole table (about six minutes)
    python -m benchmarks.journey --mails 4000         one run: rate, latencies, CPU and memory
    python -m benchmarks.journey --rate 50            latencies at a steady 50 mails/s
    python -m benchmarks.journey --existing 100000    on a store that already holds so many cases
    python -m benchmarks.journey --by-kind            new cases, then as many follow-ups, each to a case of its own

The mix: 2 KB text 70 %, 15 KB HTML 20 %, 200 KB attachment 10 %; 40 % of the mails are follow-ups to cases opened
before; every new case is acknowledged and its agent notified. The caps on automatic mail are raised for the run.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.grow import grow
from benchmarks.load import Arrived, Client, open_sink
from benchmarks.mails import Mix
from benchmarks.processes import cpu_seconds, peak_megabytes
from maild.storage.engine import open_engine

ROOT = Path(__file__).resolve().parents[1]
FOLLOW_UPS = 0.4
BY_KIND = (0.0, 1.0)
"""Shares of follow-ups: new cases alone, then follow-ups alone, one to each of those."""

CONFIG = """
[desk]
name = "Benchmark"
number_prefix = "FK"
timezone = "Europe/Oslo"
languages = ["no", "sv", "en"]
reply_domain = "sak.bench.example"
hostname = "mx.bench.example"
[store]
url = "{store}"
[smtp]
listen = "127.0.0.1:{port}"
max_connections = 200
per_ip = 200
[outgoing]
relay = "smtp://127.0.0.1:{sink}"
[http]
listen = "127.0.0.1:0"
[caps]
per_address_10min = 1000000
per_address_day = 1000000
per_domain_hour = 1000000
breaker_floor = 1000000
[log]
format = "json"
"""
DEPARTMENTS = """
[it]
address = "it@bench.example"
sender_name = "IT-support"
default_type = "it.incident"
default_group = "it-1"
language = "no"
[hr]
address = "hr@bench.example"
sender_name = "HR"
default_type = "hr.leave"
default_group = "hr-1"
language = "no"
"""
GROUPS = """
[it-1]
department = "it"
members = ["a1", "a2", "a3"]
[hr-1]
department = "hr"
members = ["b1", "b2"]
"""


@dataclass(slots=True)
class Result:
    """The figures of one run."""

    mails: int
    seconds: float
    data_to_250: list[float]
    accepted_to_ack: list[float]
    cpu: tuple[float, float]
    """Seconds of the daemon's own process, and of its readers."""
    peak: float
    share: float
    new: int
    follow_ups: int
    load: float
    """Seconds that the client and the sink took, on the same cores."""

    def kinds(self) -> str:
        """Say how many mails opened a case and how many followed up."""
        return f"{self.new} new cases, {self.follow_ups} follow-ups"

    def row(self, name: str) -> str:
        """Show them as a row of the table."""
        reply, ack = _percentiles(self.data_to_250), _percentiles(self.accepted_to_ack)
        own, readers = (1000 * part / self.mails for part in self.cpu)
        return (
            f"| {name} | {self.mails / self.seconds:.0f} | {reply} | {ack} | "
            f"{own + readers:.2f} ({own:.2f} + {readers:.2f}) | {self.peak:.0f} ({self.share:.0f}) |"
        )


HEAD = (
    "| run | mails/s | DATA→250 p50 / p99 ms | accepted→ack p50 / p99 ms | "
    "CPU ms/mail (daemon + readers) | peak RSS MB (shared once) |\n"
    "|---|---|---|---|---|---|"
)


def _percentiles(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return "–"
    cuts = statistics.quantiles(seconds, n=100)
    return f"{1000 * cuts[49]:.1f} / {1000 * cuts[98]:.1f}"


@dataclass(slots=True)
class Conversation:
    """What a requester needs to write again: where to, and what is answered."""

    sender: str
    to: str
    subject: str
    answers: str


@dataclass(slots=True)
class Load:
    """Sends the mix and watches the sink."""

    port: int
    rng: random.Random
    mix: Mix
    share: float = FOLLOW_UPS
    """Of the mails, how many follow up."""
    open: deque[Conversation] = field(default_factory=deque)
    accepted: dict[str, float] = field(default_factory=dict)
    acked: dict[str, float] = field(default_factory=dict)
    arrived: int = 0
    new: int = 0
    follow_ups: int = 0
    serial: int = 0

    def at_sink(self, mail: Arrived) -> None:
        """Take note of a mail that maild sent."""
        self.arrived += 1
        if mail.field("Auto-Submitted") == "auto-replied":
            answered = mail.field("In-Reply-To")
            self.acked[answered] = mail.at
            self.open.append(
                Conversation(
                    sender=mail.recipient.decode(),
                    to=mail.address("Reply-To"),
                    subject=mail.field("Subject"),
                    answers=mail.field("Message-ID"),
                )
            )

    def next(self) -> tuple[str, str, str, bytes]:
        """Make the next mail: sender, recipient, Message-ID, bytes."""
        self.serial += 1
        sample, talk = self.mix.draw(), None
        if self.open and self.rng.random() < self.share / (1 - 0.02):
            talk = self.open.popleft()
        message_id = f"<{self.serial}.{self.rng.getrandbits(40):x}@client.example>"
        if talk is None:
            self.new += 1
            sender, to = f"person{self.serial}@d{self.serial % 997}.example", "it@bench.example"
            if self.serial % 4 == 0:
                to = "hr@bench.example"
            head = f"Subject: Sak {self.serial} om {self.serial % 53}\r\n"
        else:
            self.follow_ups += 1
            sender, to = talk.sender, talk.to
            head = f"Subject: SV: {talk.subject}\r\nIn-Reply-To: {talk.answers}\r\nReferences: {talk.answers}\r\n"
        common = (
            f"Received: from client.example by mx.bench.example; Tue, 1 Dec 2026 09:00:00 +0100\r\n"
            f"From: {sender.partition('@')[0].title()} <{sender}>\r\nTo: {to}\r\n"
            f"Date: Tue, 1 Dec 2026 09:00:00 +0100\r\n"
            f"Message-ID: {message_id}\r\n{head}"
        )
        return sender, to, message_id, common.encode() + sample.headers + b"\r\n" + sample.body

    @property
    def expected(self) -> int:
        """How many mails the sink must get: ack and notice for a new case, notice for a follow-up."""
        return 2 * self.new + self.follow_ups


async def _drive(load: Load, clients: list[Client], mails: int, rate: float | None) -> None:
    left = iter(range(mails))
    started = time.perf_counter()

    async def work(client: Client) -> None:
        for number in left:
            if rate is not None:
                await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
            sender, to, message_id, data = load.next()
            load.accepted[message_id] = await client.send(sender, [to], data)

    await asyncio.gather(*(work(client) for client in clients))


async def _settled(load: Load, seconds: float = 120.0) -> None:
    deadline = time.perf_counter() + seconds
    while load.arrived < load.expected:
        if time.perf_counter() > deadline:
            raise RuntimeError(f"only {load.arrived} of {load.expected} mails reached the sink")
        await asyncio.sleep(0.005)


class Desk:
    """A daemon of the benchmark's own."""

    def __init__(self, folder: Path, sink: int, store: str | None) -> None:
        self.folder = folder
        self.store = store or f"sqlite:///{folder}/store/maild.db"
        self._sink = sink

    async def start(self) -> int:
        """Start the process; the port it listens on."""
        port = _free_port()
        rules = self.folder / "rules"
        rules.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.toml").write_text(CONFIG.format(store=self.store, port=port, sink=self._sink))
        (rules / "departments.toml").write_text(DEPARTMENTS)
        (rules / "groups.toml").write_text(GROUPS)
        people = "\n".join(
            f'[[agent]]\nid = "{name}"\nname = "Agent {name}"\naddress = "{name}@bench.example"'
            for name in ("a1", "a2", "a3", "b1", "b2")
        )
        (rules / "people.toml").write_text(people)
        if not (self.folder / "templates").exists():
            shutil.copytree(ROOT / "templates", self.folder / "templates")
        self._log = (self.folder / "log").open("a")
        command = [sys.executable, "-m", "maild", "run", "--config", str(self.folder / "config.toml")]
        self.process = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd=ROOT)
        for _ in range(300):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return port
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                await asyncio.sleep(0.1)
        raise RuntimeError("the daemon did not start")

    def stop(self) -> None:
        """Stop it in order."""
        self.process.terminate()
        self.process.wait(60)
        self._log.close()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def measure(
    *,
    mails: int,
    connections: int,
    rate: float | None,
    existing: int,
    store: str | None,
    keep: Path | None = None,
    shares: Sequence[float] = (FOLLOW_UPS,),
) -> list[Result]:
    """Start a daemon, grow its store, send the mix once for each share of follow-ups, stop it."""
    folder = keep or Path(tempfile.mkdtemp(prefix="maild-bench-"))
    load = Load(0, random.Random(7), Mix())
    server, sink = await open_sink(load.at_sink)
    desk = Desk(folder, sink, store)
    try:
        load.port = await desk.start()
        if existing:
            await _prepare(load, desk, existing)
        results = []
        for load.share in shares:
            results.append(await _measure(load, desk, mails, connections, rate))
        return results
    finally:
        desk.stop()
        server.close()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


async def _open(port: int, connections: int) -> list[Client]:
    clients = [Client(port) for _ in range(connections)]
    for client in clients:
        await client.open()
    return clients


async def _prepare(load: Load, desk: Desk, existing: int) -> None:
    """Let the daemon make some real cases, then copy them with the daemon stopped."""
    clients = await _open(load.port, 8)
    await _drive(load, clients, 400, None)
    await _settled(load)
    desk.stop()
    engine = open_engine(desk.store)
    with engine.begin() as connection:
        grow(connection, existing, with_bytes=existing <= 20_000)
    engine.dispose()
    load.open.clear()
    load.port = await desk.start()


async def _measure(load: Load, desk: Desk, mails: int, connections: int, rate: float | None) -> Result:
    clients = await _open(load.port, connections)
    warm = min(200, mails // 5) if load.share < 1 else 0
    await _drive(load, clients, warm, None)
    await _settled(load)
    load.accepted.clear()
    for client in clients:
        client.seconds.clear()
    new, follow_ups = load.new, load.follow_ups
    pid = desk.process.pid
    own = time.process_time()
    cpu, started = cpu_seconds(pid), time.perf_counter()
    await _drive(load, clients, mails, rate)
    await _settled(load)
    seconds, after = time.perf_counter() - started, cpu_seconds(pid)
    peak, share = peak_megabytes(pid)
    for client in clients:
        await client.close()
    return Result(
        mails=mails,
        seconds=seconds,
        data_to_250=[value for client in clients for value in client.seconds],
        accepted_to_ack=[load.acked[key] - at for key, at in load.accepted.items() if key in load.acked],
        cpu=(after[0] - cpu[0], after[1] - cpu[1]),
        peak=peak,
        share=share,
        new=load.new - new,
        follow_ups=load.follow_ups - follow_ups,
        load=time.process_time() - own,
    )


NULL = """
import asyncio, sys
from aiosmtpd.smtp import SMTP
class Null:
    async def handle_DATA(self, server, session, envelope):
        return "250 2.0.0 taken"
async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Null(), hostname="null.example", enable_SMTPUTF8=True, data_size_limit=40_000_000), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


async def null_rate(mails: int, connections: int) -> float:
    """Send the same mix at an aiosmtpd server whose handler does nothing; mails/s."""
    process = subprocess.Popen([sys.executable, "-c", NULL], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        load = Load(int(process.stdout.readline()), random.Random(7), Mix())
        clients = await _open(load.port, connections)
        started = time.perf_counter()
        await _drive(load, clients, mails, None)
        return mails / (time.perf_counter() - started)
    finally:
        process.kill()
        process.wait()


async def table(store: str | None, mails: int, connections: int) -> None:
    """Print the whole table of benchmarks/README.md."""
    null = await null_rate(mails, connections)
    print(HEAD, flush=True)
    rates: dict[int, float] = {}
    for existing in (0, 1_000, 20_000, 100_000):
        [result] = await measure(mails=mails, connections=connections, rate=None, existing=existing, store=store)
        rates[existing] = result.mails / result.seconds
        print(result.row(f"{connections} connections, {existing:,} cases"), flush=True)
    [slow] = await measure(mails=1500, connections=connections, rate=50, existing=0, store=store)
    print(slow.row("steady 50 mails/s"), flush=True)
    [many] = await measure(mails=mails, connections=50, rate=None, existing=0, store=store)
    print(many.row("50 connections, empty"), flush=True)
    alone = await measure(
        mails=mails, connections=connections, rate=None, existing=100_000, store=store, shares=BY_KIND
    )
    for result in alone:
        print(result.row(f"{connections} connections, 100,000 cases, {result.kinds()}"), flush=True)
    print(f"\nnull aiosmtpd handler in the same run: {null:.0f} mails/s; maild is {rates[0] / null:.2f} of it")
    print(f"at 100,000 cases: {rates[100_000] / rates[0]:.2f} of the empty store's rate")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--existing", type=int, default=0)
    parser.add_argument("--by-kind", action="store_true", help="new cases first, then follow-ups to them")
    parser.add_argument("--store", help="a database url, for example of an empty PostgreSQL database")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it there")
    given = parser.parse_args()
    if given.mails is None and given.rate is None and not given.existing and not given.by_kind:
        asyncio.run(table(given.store, 4000, given.connections))
        return
    results = asyncio.run(
        measure(
            mails=given.mails or 4000,
            connections=given.connections,
            rate=given.rate,
            existing=given.existing,
            store=given.store,
            keep=given.keep,
            shares=BY_KIND if given.by_kind else (FOLLOW_UPS,),
        )
    )
    print(HEAD)
    for result in results:
        print(result.row(f"{given.connections} connections, {given.existing:,} cases"))
        print(f"{result.kinds()}; client and sink took", end=" ")
        print(f"{1000 * result.load / result.mails:.2f} ms CPU a mail on the same cores")


if __name__ == "__main__":
    main()

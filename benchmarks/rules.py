"""How long deciding takes with many rules, and how many stored mails a replay decides again in a second.

python -m benchmarks.rules [--rules 500] [--mails 300] [--replay 10000]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from maild.config import load as configs
from maild.config.judge import Config
from maild.core.plan import EndMail, Plan
from maild.core.reasons.reason import because
from maild.core.rules.routing import route
from maild.core.values.mail import Envelope
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.rulebook import load
from maild.rulebook.examples import decide_alone
from maild.storage import inbound, store, upgrade
from maild.storage.carry_out import carry_out
from maild.storage.engine import open_engine
from maild.storage.ids import Ids
from maild.storage.statements import upsert
from maild.storage.tables import Case

ROOT = Path(__file__).resolve().parents[1]
WORDS = [f"ord{n}" for n in range(2000)] + ["skriver", "nettet", "rommet", "passordet", "faktura", "hei", "ikke", "på"]


def rules(count: int) -> str:
    """Write so many rules: words, beginnings, phrases, patterns, addresses, headers and combinations, then the rest."""
    kinds = (
        'when = {{ words = ["tema{n}", "sak{n}*", "to ord{n}"] }}',
        'when = {{ subject_words = ["emne{n}", "emne{n}a"], from_domain = "d{n}.example" }}',
        "when = {{ regex = 'referanse {n}-(?P<nr>[0-9]{{3,9}})' }}",
        'when = {{ from = ["*@kunde{n}.example", "a{n}@x.example"] }}',
        'when = {{ any = [{{ text_words = "vare{n}" }}, {{ header = {{ X-S = "{n}" }} }}], not = {{ words = "n" }} }}',
    )
    made = []
    for n in range(count):
        when = kinds[n % len(kinds)].format(n=n)
        go_on = "continue = true\n" if n % 10 == 0 else ""
        made.append(f'[[rule]]\nname = "r{n}"\n{go_on}{when}\nthen = {{ tags = ["t{n}"] }}\n')
    return "\n".join([*made, '[[rule]]\nname = "rest"\nthen = { type = "general" }\n'])


def raw_mail(chance: random.Random, n: int, size: int) -> bytes:
    """Write a mail of about so many bytes."""
    text: list[str] = []
    while sum(map(len, text)) + len(text) < size:
        text.append(chance.choice(WORDS))
    hit = f" referanse {chance.randrange(400)}-{n}" if n % 3 == 0 else ""
    lines = "\n".join(" ".join(text[at : at + 12]) for at in range(0, len(text), 12))
    head = f"From: Kunde {n} <kunde{n}@epost{n % 500}.example>\nTo: it@small.example\nSubject: Hei {n}{hit}\n"
    head += f"Message-ID: <m{n}@epost.example>\nDate: Tue, 01 Dec 2026 09:00:00 +0100\nMIME-Version: 1.0\n"
    return (head + f"Content-Type: text/plain; charset=utf-8\n\n{lines}\n").encode().replace(b"\n", b"\r\n")


def desk(folder: Path, count: int) -> Config:
    """Lay out a small desk with so many rules."""
    shutil.copytree(ROOT / "tests" / "rulebook" / "valid", folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / "templates", folder / "templates", dirs_exist_ok=True)
    (folder / "rules" / "routing" / "it.toml").write_text(rules(count), "utf-8")
    return configs.load(folder / "config.toml")


def envelope(n: int, at: datetime) -> Envelope:
    """Return where a mail came from."""
    return Envelope(
        source="smtp", received=at, sender=f"kunde{n}@epost{n % 500}.example", recipients=("it@small.example",)
    )


def decisions(folder: Path, count: int, mails: int) -> None:
    """Time routing and whole decisions, one mail each."""
    begin = time.perf_counter()
    book = load.load(desk(folder, count), instance="benchmark")
    loaded = time.perf_counter() - begin
    chance, at = random.Random(1), datetime(2026, 12, 1, 9, tzinfo=UTC)
    read_mails = [read(raw_mail(chance, n, 5000), envelope(n, at), ReadOptions()) for n in range(mails)]
    for name, work in (
        ("routing", lambda mail: route(mail, book, department="it", at=at)),
        ("decision", lambda mail: decide_alone(mail, book, at=at)),
    ):
        taken = []
        for mail in read_mails:
            begin = time.process_time()
            work(mail)
            taken.append((time.process_time() - begin) * 1000)
        taken.sort()
        print(
            f"{name:9} {count} rules × 5 KB: median {statistics.median(taken):.2f} ms of CPU, p99 "
            f"{taken[int(len(taken) * 0.99)]:.2f} ms"
        )
    print(f"loading   {count} rules: {loaded * 1000:.0f} ms")


def fill(config: Config, mails: int) -> None:
    """Store mails as if they had been decided."""
    engine = open_engine(config.store.url)
    upgrade.upgrade(engine)
    chance, at = random.Random(2), datetime.now(UTC) - timedelta(days=1)
    with engine.begin() as connection:
        store.instance(connection)
        ids = Ids(connection)
        for n in range(mails):
            raw = raw_mail(chance, n, 2000)
            key = inbound.accept(connection, envelope(n, at + timedelta(seconds=n)), raw, claim_for="fill")
            case = Case(number=n + 1, requester="k@x.example", created=at, updated=at)
            upsert(connection, Case, case.model_dump(), [])
            done: dict[str, Any] = {"outcome": "new", "case": n + 1, "reason": because("automatic")}
            end = EndMail(inbound=key, content_hash=None, departments=("it",), **done)
            plan = Plan(inbound=key, changes=(end,), decided_at=at + timedelta(seconds=n), **done)
            carry_out(connection, plan, written=(), ids=ids, who="fill", claim_until=None, history=False)
    engine.dispose()


def replay(folder: Path, mails: int) -> None:
    """Time the real command over stored mails; the candidate rule r2 changes the few that say ``referanse 2-…``."""
    config = desk(folder, 50)
    fill(config, mails)
    candidate = folder / "candidate"
    shutil.copytree(folder / "rules", candidate)
    path = candidate / "routing" / "it.toml"
    path.write_text(path.read_text("utf-8").replace('tags = ["t2"]', 'priority = "high"'), "utf-8")
    command = [sys.executable, "-m", "maild", "rules", "replay", "--since", "2d", "--rules", str(candidate)]
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command, "--config", str(folder / "config.toml")], capture_output=True, text=True, check=True, cwd=ROOT
    )
    taken = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"replay    {mails} mails: {mails / taken:.0f}/s ({taken:.1f} s with start), {used * 1000 / mails:.2f} ms "
        f"of CPU each in all processes, with start; {done.stdout.splitlines()[-1:]}"
    )


async def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=500)
    parser.add_argument("--mails", type=int, default=300)
    parser.add_argument("--replay", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        decisions(Path(folder) / "decisions", given.rules, given.mails)
        replay(Path(folder) / "replay", given.replay)


if __name__ == "__main__":
    asyncio.run(main())

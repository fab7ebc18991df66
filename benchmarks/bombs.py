"""Mails made to choke a reader, into the real daemon: how long each takes to its case, and what the agent then has.

    python -m benchmarks.bombs                        one after the other, each alone
    python -m benchmarks.bombs --flood 60             2 a second of ten kinds beside 5 normal mails a second, from many
    python -m benchmarks.bombs --flood 60 --from eve@bombe.example    and from one sender

The flood's reader is a copy with planted bugs: mails that burn, hang, eat memory or kill it, whatever gets mended.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.daemon.floods import bomb, flood
from tests.daemon.poisons import buggy, poison
from tests.daemon.senders import Post, Senders
from tests.kit.running import RunningDesk
from tests.kit.sink import Sink, in_thread
from tests.mail.bombs import BOMBS

PLANTED = ("slow", "spin", "sleep", "memory", "recursion", "segv", "stop")


def alone(desk: RunningDesk, mails: dict[str, Callable[[], Post]]) -> None:
    """Send one after the other and print a line of a table for each."""
    senders = Senders(port=desk.port, timeout=60.0, give_up=1.0)
    print("| bomb | size | time to its case | in which lane | what the agent has |\n|---|---|---|---|---|")
    for name, make in mails.items():
        mail = make()
        try:
            senders.send([mail])
        except TimeoutError:
            print(f"| {name} | {size(len(mail.data))} | – | – | refused at the door: {senders.ops[-1].text[:60]} |")
            continue
        while not (row := newest(desk))["done_at"]:
            time.sleep(0.01)
        slowed = any(line["event"] == "mail.slow" and line["id"] == row["id"] for line in desk.lines())
        lane = "slow" if slowed else "normal"
        took = (row["done_at"] - row["received"]) / 1e6
        print(f"| {name} | {size(len(mail.data))} | {took:.2f} s | {lane} | {agent_has(desk, row)} |", flush=True)


def newest(desk: RunningDesk) -> dict[str, object]:
    """Return the row of the mail that was sent last."""
    return desk.rows("select * from inbound order by id desc limit 1")[0]


def agent_has(desk: RunningDesk, row: dict[str, object]) -> str:
    """Say what of a mail has come into its case."""
    if row["case"] is None:
        return f"no case: {row['state']}, {row['reason']}"
    message = desk.rows(f"select id, length(text) as text from message where inbound = {row['id']}")[0]
    files = desk.rows(f"select * from attachment where message = {message['id']}")
    whole = any(file["type"] == "message/rfc822" and file["size"] == row["size"] for file in files)
    if not whole:
        return f"the mail: {message['text']:,} characters, {len(files)} files"
    return (
        f"{message['text']:,} characters, and the whole mail attached" if message["text"] else "header, mail attached"
    )


def size(octets: int) -> str:
    """Say a size shortly."""
    return f"{octets / 1e6:.1f} MB" if octets >= 1e6 else f"{octets / 1e3:.0f} KB"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flood", type=float, metavar="SECONDS")
    parser.add_argument("--from", dest="sender", default="eve{}@bombe.example")
    arguments = parser.parse_args()
    real = {n: (lambda name=n, at=i: bomb(f"r{at}", BOMBS[name](), f"r{at}@b.example")) for i, n in enumerate(BOMBS)}
    planted = {f"planted: {n}": (lambda name=n: poison(name, sender=f"{name}@b.example")) for n in PLANTED}
    with in_thread(Sink()) as sink, tempfile.TemporaryDirectory() as folder:
        package = buggy(Path(folder))
        desk = RunningDesk(folder=Path(folder), relay=sink.port, package=package)
        desk.start()
        try:
            print(f"load {os.getloadavg()[0]:.1f}")
            if arguments.flood is None:
                alone(desk, real | planted)
            else:
                senders = Senders(port=desk.port, timeout=60.0)
                found = flood(desk, senders, seconds=arguments.flood, sender=arguments.sender)
                states = desk.rows("select state, count(*) as n from inbound group by state")
                print(found, {row["state"]: row["n"] for row in states})
        finally:
            desk.close()


if __name__ == "__main__":
    main()

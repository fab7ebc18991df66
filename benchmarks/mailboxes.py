"""A backlog in a polled mailbox: a real Dovecot, the real daemon, a sink that takes the acks; all on this machine.

    python -m benchmarks.mailboxes                    20,000 mails of 2 KB
    python -m benchmarks.mailboxes --mails 2000       fewer

What is measured: mails a second from the daemon's start until the last mail is handled and moved, memory at a quarter
and at the end of the backlog, whether mails came in in the mailbox's order, and what `maild status` said meanwhile. The
caps on automatic mail are raised for the run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

from benchmarks.load import Arrived, open_sink
from benchmarks.processes import cpu_seconds, peak_megabytes
from tests.kit.running import RunningDesk
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.kit import mail

IMAP = """
[[imap]]
name = "it"
host = "127.0.0.1"
port = {port}
tls = "none"
user = "backlog"
password_file = "imap-password"
"""


def fill(dovecot: Dovecot, mails: int) -> None:
    """Lay mails into the mailbox's folder, as a mail server delivers them; their names give them their order."""
    new = dovecot.folder / "mail" / "backlog" / "new"
    owner = (dovecot.folder / "mail").stat()
    for folder in (new, new.with_name("cur"), new.with_name("tmp")):
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, owner.st_uid, owner.st_gid)
    os.chown(new.parent, owner.st_uid, owner.st_gid)
    for number in range(mails):
        path = new / f"{1_700_000_000 + number}.M{number}P1.bench"
        path.write_bytes(mail(number, size=2000))
        os.chown(path, owner.st_uid, owner.st_gid)


def handled(desk: RunningDesk) -> int:
    """Count the mails that are done."""
    return int(desk.rows("select count(*) as n from inbound where done_at is not null")[0]["n"])


async def measure(desk: RunningDesk, mails: int) -> dict[str, object]:
    """Run the daemon until the backlog is gone."""
    started = time.monotonic()
    await asyncio.to_thread(desk.start)
    ready = time.monotonic()
    assert desk.process is not None
    quarter, said, done = 0.0, [], 0
    while done < mails:
        await asyncio.sleep(1.0)
        done = await asyncio.to_thread(handled, desk)
        if not quarter and done > mails // 4:
            quarter = peak_megabytes(desk.process.pid)[1]
            said = (await asyncio.to_thread(desk.maild, "status"))["mailboxes"]
    seconds = time.monotonic() - ready
    own, children = cpu_seconds(desk.process.pid)
    ids = [row["subject"] for row in desk.rows("select subject from cases order by number")]
    found = {
        "mails": mails,
        "seconds": round(seconds, 1),
        "mails/s": round(mails / seconds),
        "start": round(ready - started, 1),
        "MB at a quarter": round(quarter),
        "MB at the end": round(peak_megabytes(desk.process.pid)[1]),
        "CPU s daemon + readers": (round(own), round(children)),
        "in order": ids == sorted(ids, key=lambda subject: int(subject.rpartition(" ")[2])),
        "each once": len(ids) == len(set(ids)) == mails,
        "backlog shown at a quarter": said[0]["backlog"] if said else None,
    }
    await asyncio.to_thread(desk.stop)
    return found


async def run(mails: int) -> None:
    """Make everything, measure, print."""
    taken = 0

    def count(_: Arrived) -> None:
        nonlocal taken
        taken += 1

    dovecot = Dovecot()
    with tempfile.TemporaryDirectory(prefix="maild-bench-") as folder:
        server, port = await open_sink(count)
        desk = RunningDesk(folder=Path(folder), relay=port, extra=IMAP.format(port=dovecot.port))
        (desk.folder / "imap-password").write_text("hemmelig\n")
        try:
            await asyncio.to_thread(fill, dovecot, mails)
            found = await measure(desk, mails)
            found["left in the mailbox"] = dovecot.counts("backlog")
            found["mails the sink took"] = taken
            print(json.dumps(found, indent=1))
        finally:
            desk.close()
            server.close()
            dovecot.close()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=20_000)
    asyncio.run(run(parser.parse_args().mails))


if __name__ == "__main__":
    main()

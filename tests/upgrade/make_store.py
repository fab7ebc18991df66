"""Make the stores that tests/upgrade begins with. It runs on the code of the version before, from a checkout of it:

    PYTHONPATH=<that checkout> python tests/upgrade/make_store.py <folder for the files>

It leaves ``before.db.xz`` (SQLite) and ``before.sql.xz`` (a dump of PostgreSQL) of a desk on an unquiet morning: cases,
an answer held until its agent confirms it, guesses at signed addresses, a burst, an open breaker with held
acknowledgements, letters that the relay puts off (one told of already), and a mail in quarantine.
"""

from __future__ import annotations

import lzma
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from maild.core.rules.organisation import Caps
from maild.core.values.mail import Envelope
from maild.storage import inbound, outbox
from tests.conftest import Postgres
from tests.kit.desk import Desk, Letter, mail, rulebook

KARI, CAMILLA = "kari.moen@fjordvik.example", "camilla.dahl@fjordvik.example"
IT = "it@fjordvik.example"


class Cut(Desk):
    """A desk whose relay can be away."""

    away = False

    def _deliver(self) -> Iterator[Letter]:
        """Send everything, or have all of it put off."""
        if not self.away:
            yield from super()._deliver()
            return
        with self.engine.begin() as connection:
            claimed = outbox.claim_due(connection, who="story", now=self.now, limit=64)
            later = self.now + timedelta(days=2)
            results = [outbox.Result(id=one.id, state="deferred", answer="451 later", due=later) for one in claimed]
            if results:
                outbox.record(connection, results, who="story", now=self.now)


def morning(url: str) -> None:
    """Let a desk live through it."""
    desk = Cut(url, rules=rulebook(caps=Caps(breaker_floor=12)))
    first = desk.send("M01", IT)
    assignment, ack = first.to(CAMILLA), first.to(KARI)
    assert desk.answer(assignment, "Passordet er nullstilt.", vouched="none").plan.outcome == "held"
    guessed = ack.reply_to.replace("+1042.", "+1043.")
    desk.write(mail("x@elsewhere.example", guessed, "Hei", "Hva skjer?", key="guess"), guessed, vouched="none")
    desk.later(hours=2)
    desk.away = True
    for n in range(2):
        desk.write(mail(f"a{n}@kunde.example", IT, f"Sak {n}", f"Dette er sak {n}, om noe nytt.", key=f"late{n}"), IT)
    with desk.engine.begin() as connection:
        oldest = "select min(id) from outbox where state = 'deferred'"
        connection.execute(text(f"update outbox set warned = true where id = ({oldest})"))
    desk.away = False
    desk.later(hours=2)
    for n in range(12):  # the tenth is a burst
        words = f"Ulik tekst nummer {n} om {n * 7} ting."
        desk.write(mail("ole@kunde.example", IT, f"Alarm {n}", words, key=f"o{n}"), IT)
    for n in range(16):  # more than the breaker lets through
        desk.write(mail(f"b{n}@firma{n}.example", IT, f"Nr {n}", f"Hilsen kunde {n}: {'ord ' * n}", key=f"b{n}"), IT)
    quarantine(desk)
    desk.close()


def quarantine(desk: Desk) -> None:
    """Put a mail aside that nobody could read, and leave one that nobody has read yet."""
    envelope = Envelope(source="smtp", received=desk.now, sender=KARI, recipients=(IT,))
    with desk.engine.begin() as connection:
        key = inbound.accept(connection, envelope, b"Subject: bad\r\n\r\nx\r\n", claim_for="story")
        assert inbound.quarantine(connection, key, who="story", reason="its reader died", traceback="?", now=desk.now)
        inbound.accept(connection, envelope, b"From: kari.moen@fjordvik.example\r\n\r\nny\r\n", claim_for=None)


def main(folder: Path) -> None:
    """Make both."""
    path = folder / "before.db"
    morning(f"sqlite:///{path}")
    with sqlite3.connect(path, isolation_level=None) as store:
        store.execute("pragma journal_mode=delete")
        store.execute("vacuum")
    (folder / "before.db.xz").write_bytes(lzma.compress(path.read_bytes(), preset=9))
    server = Postgres()
    try:
        url = server.new_database()
        morning(url)
        dump = subprocess.run(
            [server.bin / "pg_dump", "--inserts", "--no-owner", "--no-privileges", url], check=True, capture_output=True
        )
    finally:
        server.close()
    (folder / "before.sql.xz").write_bytes(lzma.compress(dump.stdout, preset=9))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

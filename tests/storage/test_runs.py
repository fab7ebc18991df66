"""What a run that was killed had sent is known to the next one, and what it had claimed is free at once (law W10)."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Connection, text

from maild.storage import inbound, outbox, runs
from tests.storage.test_inbound import ENVELOPE
from tests.storage.test_outbox import NOW, claim, put, row

ME = f"{socket.gethostname()}-1-aa"
OTHER = f"{socket.gethostname()}-2-bb"


def killed(place: Path, who: str, *sent: tuple[int, str]) -> None:
    """Let a process note what it sent and die without a word."""
    script = (
        "import os, sys; from pathlib import Path; from maild.storage.runs import Run\n"
        f"run = Run.begin(Path({str(place)!r}), {who!r})\n"
        f"for note in {sent!r}: run.sent(*note)\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9


def test_what_a_killed_run_sent_is_found(tmp_path: Path) -> None:
    """Its notes survive kill -9, and its file is gone once it is forgotten."""
    place = tmp_path / "store.db.run-"
    killed(place, OTHER, (7, "250 2.0.0 ok æ"), (9, ""))
    [dead] = runs.dead(place, anywhere=False)
    assert dead.who == OTHER
    assert [(result.id, result.state, result.answer) for result in dead.sent] == [
        (7, "sent", "250 2.0.0 ok æ"),
        (9, "sent", ""),
    ]
    dead.forget()
    assert runs.dead(place, anywhere=False) == [] and list(tmp_path.iterdir()) == []


def test_a_living_run_is_not_dead(tmp_path: Path) -> None:
    """The file of a run that is still there is left alone; a clean end removes it."""
    run = runs.Run.begin(tmp_path / "x.run-", ME)
    run.sent(1, "250 ok")
    assert runs.dead(tmp_path / "x.run-", anywhere=False) == []
    run.recorded()
    run.end()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_could_not_record_leaves_its_notes(tmp_path: Path) -> None:
    """When the store was away until the end, the next run records what was sent."""
    run = runs.Run.begin(tmp_path / "x.run-", ME)
    run.sent(1, "250 ok")
    run.end()
    [dead] = runs.dead(tmp_path / "x.run-", anywhere=False)
    assert [result.id for result in dead.sent] == [1]


def test_runs_of_other_stores_and_machines_are_not_ours(tmp_path: Path) -> None:
    """Only files of the same store and the same machine are looked at: elsewhere nobody knows whether it lives."""
    for name in (f"y.run-{OTHER}", "x.run-elsewhere-3-cc", f"x.run-[{OTHER}"):
        (tmp_path / name).write_bytes(b"\n1 250 ok\n")
    assert runs.dead(tmp_path / "x.run-", anywhere=False) == []


def test_with_sqlite_a_run_of_a_machine_that_was_renamed_is_found(tmp_path: Path) -> None:
    """Whoever holds the store's lock is alone: what the machine was called when it died does not matter."""
    (tmp_path / "x.run-elsewhere-3-cc").write_bytes(b"\n1 250 ok\n")
    assert [dead.who for dead in runs.dead(tmp_path / "x.run-", anywhere=True)] == ["elsewhere-3-cc"]


def test_a_machine_whose_name_begins_like_ours_is_another(tmp_path: Path) -> None:
    """A shared folder whose locks are each machine's own must not make the living dead."""
    (tmp_path / f"x.run-{socket.gethostname()}-2-host-7-ab").write_bytes(b"\n1 250 ok\n")
    assert runs.dead(tmp_path / "x.run-", anywhere=False) == []


def test_two_databases_beside_one_key_have_files_of_their_own() -> None:
    """The host counts, too: one desk must not clear away what another's run noted."""
    one, two = (runs.place(f"postgresql://u:p@{host}/maild", Path("secret.key")) for host in ("h1", "h2"))
    assert one != two and "p@" not in one.name


def test_what_is_not_recorded_yet_survives_a_new_beginning(tmp_path: Path) -> None:
    """When a long file begins anew in the middle of a backlog, notes that the store does not know are kept."""
    run = runs.Run.begin(tmp_path / "x.run-", OTHER)
    for key in range(20_000):
        run.sent(key, "250 2.0.0 queued as ABCDEF")
    run.recorded([(19_999, "250 ok")])
    run.end()
    [dead] = runs.dead(tmp_path / "x.run-", anywhere=False)
    assert [result.id for result in dead.sent] == [19_999]


def test_notes_that_a_disk_cut_or_garbled_name_no_other_mail(tmp_path: Path) -> None:
    """A note cut off within its number, or zeroes after a power loss, never make a mail that waits look sent."""
    path = tmp_path / f"x.run-{OTHER}"
    odd = b"\n-8 250\n\n 9 250\n\n99999999999999999999 250\n"
    path.write_bytes(b"\n12\n34 250 ok\n\0\0\0\n5 \0\n\n77 250\n" + odd + b"\n123 25")
    [dead] = runs.dead(tmp_path / "x.run-", anywhere=False)
    assert [result.id for result in dead.sent] == [34, 77]


def test_the_file_stays_small(tmp_path: Path) -> None:
    """Once all is recorded a long file begins anew, and what is noted afterwards is there."""
    place = tmp_path / "x.run-"
    run = runs.Run.begin(place, OTHER)
    for key in range(20_000):
        run.sent(key, "250 2.0.0 queued as ABCDEF")
    run.recorded()
    assert run.path.stat().st_size == 0
    run.sent(5, "250 ok")
    assert run.path.read_bytes() == b"\n5 250 ok\n"
    run.end()
    assert [[result.id for result in dead.sent] for dead in runs.dead(place, anywhere=False)] == [[5]]


def test_taking_over_records_and_frees(connection: Connection, tmp_path: Path) -> None:
    """What was sent is sent; what else the dead run had claimed is due again; claims of the living stay."""
    for key in (1, 2, 3):
        put(connection, key, to=f"k{key}@a.example")
    assert claim(connection, who=OTHER, limit=2) == [1, 2] and claim(connection, who="living") == [3]
    theirs = inbound.accept(connection, ENVELOPE, b"a", claim_for=OTHER)
    livings = inbound.accept(connection, ENVELOPE, b"b", claim_for="living")
    dead = runs.Dead(OTHER, [outbox.Result(id=1, state="sent", answer="250 ok")], tmp_path / "none")
    runs.take_over(connection, dead, now=NOW)
    assert [(row(connection, key)["state"], row(connection, key)["attempts"]) for key in (1, 2, 3)] == [
        ("sent", 1),
        ("deferred", 1),
        ("sending", 1),
    ]
    states = dict(connection.execute(text("select id, state from inbound")).all())
    assert (states[theirs], states[livings]) == ("accepted", "reading")


def test_a_mail_that_somebody_else_took_over_meanwhile_is_theirs(connection: Connection, tmp_path: Path) -> None:
    """A note on a claim that was lost records nothing: its new owner tells what became of it."""
    put(connection, 1)
    late = NOW + outbox.LEASE * 2
    assert claim(connection, who=OTHER) == claim(connection, who="quicker", now=late) == [1]
    dead = runs.Dead(OTHER, [outbox.Result(id=1, state="sent", answer="250 ok")], tmp_path / "none")
    runs.take_over(connection, dead, now=late)
    assert (row(connection, 1)["state"], row(connection, 1)["claimed_by"]) == ("sending", "quicker")

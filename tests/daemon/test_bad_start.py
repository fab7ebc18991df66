"""What stands in the way of a start is said in one clear message: exit 2, and nothing is left half started."""

import contextlib
import os
import resource
import socket
import sqlite3
import time
from collections.abc import Callable

import pytest

from tests.kit.running import Desks, RunningDesk
from tests.kit.sink import Sink


def refusal(desk: RunningDesk) -> str:
    """Start a desk that cannot start; what it said about why. Nothing of it may be left running."""
    desk.start(wait=False)
    assert desk.process is not None
    assert desk.process.wait(20) == 2, desk.said()
    time.sleep(0.1)
    with pytest.raises(ProcessLookupError):
        os.killpg(desk.process.pid, 0)
    said = desk.said()
    assert "Traceback" not in said
    problems = [line for line in said.splitlines() if not line.startswith("{")]
    assert len(problems) == 1 and problems[0].startswith("maild: "), said
    return problems[0]


def change(desk: RunningDesk, old: str, new: str) -> None:
    """Change the config file."""
    text = desk.config.read_text()
    assert old in text
    desk.config.write_text(text.replace(old, new, 1))


def unknown_key(desk: RunningDesk) -> None:
    """Misspell a key."""
    change(desk, "max_connections", "max_conections")


def unknown_group(desk: RunningDesk) -> None:
    """Name a group that does not exist."""
    path = desk.folder / "rules" / "departments.toml"
    path.write_text(path.read_text().replace('"it-1"', '"it-9"'))


def missing_letter(desk: RunningDesk) -> None:
    """Lack a template."""
    templates = desk.folder / "templates"
    source = templates.resolve()
    templates.unlink()
    templates.mkdir()
    for folder in source.iterdir():
        (templates / folder.name).mkdir()
        for file in folder.iterdir():
            if folder.name != "sv" or not file.name.startswith("ack."):
                (templates / folder.name / file.name).write_bytes(file.read_bytes())


def bad_certificate(desk: RunningDesk) -> None:
    """Give a certificate that is none."""
    (desk.folder / "cert.pem").write_text("not a certificate\n")
    change(desk, "max_connections", 'certificate = "cert.pem"\nmax_connections')


def bad_keys(desk: RunningDesk) -> None:
    """Spoil the file of signing keys."""
    (desk.folder / "store").mkdir()
    (desk.folder / "store" / "secret.key").write_text("1 zz\n")


def unmakeable_maildir(desk: RunningDesk) -> None:
    """Send into a folder that the file system refuses to make."""
    change(desk, f"smtp://127.0.0.1:{desk.relay}", f"maildir:{'x' * 300}")


def foreign_keys(desk: RunningDesk) -> None:
    """Fill the file of signing keys with letters that no key has."""
    (desk.folder / "store").mkdir()
    (desk.folder / "store" / "secret.key").write_bytes("1 blåbær\n".encode("latin-1"))


def unreachable_store(desk: RunningDesk) -> None:
    """Point to a database server that is not there."""
    change(desk, desk.store, "postgresql://maild@127.0.0.1:1/none")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (unknown_key, ("config.toml:", "max_conections", "max_connections")),
        (unknown_group, ("departments.toml:", "it-9")),
        (missing_letter, ("ack", "sv")),
        (bad_certificate, ("smtp.certificate", "cannot be used")),
        (bad_keys, ("secret.key:1", "key id")),
        (foreign_keys, ("secret.key:1", "key id")),
        (unmakeable_maildir, ("config.toml:", "outgoing.relay", "cannot be used", "name too long")),
        (unreachable_store, ("store cannot be opened",)),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_bad_file_is_named(
    desks: Desks, sink: Sink, spoil: Callable[[RunningDesk], None], expected: tuple[str, ...]
) -> None:
    """A wrong config, rule, letter, certificate, key file or store: one message that names it."""
    desk = desks(sink.port)
    spoil(desk)
    said = refusal(desk)
    for word in expected:
        assert word in said


def test_a_port_in_use_is_named(desks: Desks, sink: Sink) -> None:
    """The port is somebody else's: the message names door, port and reason, and the store is free afterwards."""
    desk = desks(sink.port)
    with socket.create_server(("127.0.0.1", desk.port)):
        said = refusal(desk)
        assert f"127.0.0.1:{desk.port}" in said and "smtp" in said and "in use" in said
    desk.start()
    assert desk.stop() == 0


def test_a_newer_store_is_left_alone(desks: Desks, sink: Sink) -> None:
    """A store that a newer maild wrote is refused and not touched."""
    desk = desks(sink.port)
    assert desk.run("db", "upgrade").returncode == 0
    with contextlib.closing(sqlite3.connect(desk.database)) as store, store:
        store.execute("update alembic_version set version_num = '9999'")
    assert "9999" in refusal(desk)
    assert desk.rows("select version_num from alembic_version") == [{"version_num": "9999"}]


def test_a_second_daemon_on_the_same_file_is_refused(desks: Desks, sink: Sink) -> None:
    """Within 5 s of computing it says who is at work there, and the first one works on (law D8)."""
    first = desks(sink.port)
    first.start()
    second = desks(sink.port, store=first.store)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = refusal(second)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
    assert first.process is not None and str(first.process.pid) in said and "already" in said
    assert first.process.poll() is None and first.stop() == 0
    second.start()
    assert second.stop() == 0


def test_killed_daemons_leave_no_lock(desks: Desks, sink: Sink) -> None:
    """After a kill the next start finds the store free, and no child process is left."""
    desk = desks(sink.port)
    desk.start()
    assert desk.process is not None
    os.kill(desk.process.pid, 9)  # the daemon alone: its readers must notice by themselves
    desk.process.wait(5)
    deadline = time.monotonic() + 5
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(desk.process.pid, 0)
            time.sleep(0.05)
    desk.start()
    assert desk.stop() == 0

"""Every file that maild makes is its owner's alone, whatever the umask; what others opened is told and left alone."""

from __future__ import annotations

import json
import smtplib
import stat
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from maild.config.places import listed, open_to_others
from tests.kit.running import Desks, RunningDesk
from tests.kit.sink import Sink

MAIL = "From: Kari Moen <kari{n}@a.example>\r\nTo: it@desk.example\r\nSubject: Skriver {n}\r\n\r\nDen er tom.\r\n"


def in_maildir(desks: Desks) -> RunningDesk:
    """Make a desk whose mail lands in a maildir, in a world where nothing is masked."""
    desk = desks(0, umask=0, extra="[reading]\nprocesses = 1\n")
    desk.config.write_text(desk.config.read_text().replace("smtp://127.0.0.1:0", "maildir:store/sent"))
    return desk


def made(desk: RunningDesk, before: set[Path]) -> dict[str, int]:
    """Return the mode of all that came since, by its path in the desk's folder."""
    found = {}
    for path in set(desk.folder.rglob("*")) - before:
        try:
            found[str(path.relative_to(desk.folder))] = stat.S_IMODE(path.lstat().st_mode)
        except FileNotFoundError:  # the last one closed the journal
            continue
    return found


def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


QUICK = (("case", "1", "--status", "open"), ("doctor", "--wait", "0.1"))
"""Commands that write beside a running daemon, or open everything."""
EVERY = (
    *QUICK,
    *(("check",), ("cases",), ("status",), ("reload",), ("rules", "test"), ("rules", "replay")),
    *(("rules", "explain", "0.eml"), ("rules", "explain", "1.eml", "--live"), ("inject", "1.eml"), ("db", "upgrade")),
    *(("inbound", "list"), ("inbound", "show", "1"), ("inbound", "requeue", "1")),
    *(("outbox", "list"), ("outbox", "retry"), ("outbox", "release"), ("outbox", "drop")),
)
"""All that may touch the disk, but ``run``, ``inject`` and ``schema``, which the test begins with, and ``demo``, whose
folder is mkdtemp's."""


def made_by(desk: RunningDesk, commands: Sequence[tuple[str, ...]]) -> dict[str, int]:
    """Let the daemon and commands work, alone and beside each other, through a kill; the modes seen meanwhile."""
    for number in range(2):
        (desk.folder / f"{number}.eml").write_text(MAIL.format(n=number))
    desk.log.touch()
    before = set(desk.folder.rglob("*"))
    assert desk.typed("rules", "schema", "--out", "export/schemas").returncode == 0
    assert desk.run("inject", "0.eml").returncode == 0
    seen = made(desk, before)
    desk.start()
    with smtplib.SMTP("127.0.0.1", desk.port) as client:
        client.sendmail("kari9@a.example", ["it@desk.example"], MAIL.format(n=9))
    until(lambda: len(list((desk.folder / "store" / "sent" / "new").iterdir())) >= 4)
    seen |= made(desk, before)
    for words in commands:
        desk.run(*words)
        seen |= made(desk, before)
    desk.kill()
    seen |= made(desk, before)
    for words in commands[:1]:
        desk.run(*words)
        seen |= made(desk, before)
    desk.start()
    desk.stop()
    return seen | made(desk, before)


def all_private(desk: RunningDesk, seen: dict[str, int]) -> None:
    """Files are 0600 and folders 0700, and all that maild is known to make was seen."""
    wrong = {
        name: oct(mode) for name, mode in seen.items() if mode != (0o700 if (desk.folder / name).is_dir() else 0o600)
    }
    assert not wrong
    files = ("maild.db", "maild.db-wal", "maild.db-shm", "maild.db.lock", "secret.key", "maild.pid")
    names = {"store", "export/schemas", "export/schemas/config.schema.json"} | {f"store/{name}" for name in files}
    assert names | {"store/sent/new", "store/sent/tmp"} <= set(seen)
    assert any(".run-" in name for name in seen) and sum(name.startswith("store/sent/new/") for name in seen) >= 4


def test_all_that_maild_makes_is_private(desks: Desks) -> None:
    """Under umask 000 the real daemon and the real commands make files of 0600 and folders of 0700 only."""
    desk = in_maildir(desks)
    all_private(desk, made_by(desk, QUICK))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_that_any_command_makes_is_private(desks: Desks) -> None:
    """The same, with every command there is."""
    desk = in_maildir(desks)
    all_private(desk, made_by(desk, EVERY))


def test_what_is_open_to_others_is_told_and_left_alone(desks: Desks, sink: Sink) -> None:
    """A folder and a file that an admin opened stay so; start and doctor name them, and how to close them."""
    desk = desks(sink.port, umask=0o022)
    store = desk.folder / "store"
    store.mkdir(0o755)
    desk.start()
    assert stat.S_IMODE(desk.database.stat().st_mode) == 0o600
    desk.stop()
    desk.database.chmod(0o640)
    desk.start()
    [told] = [
        line["problem"] for line in desk.lines() if line["event"] == "check" and "0640" in line.get("problem", "")
    ]
    assert f"{desk.database} (0640)" in told and f"{store} (0755)" in told
    done = desk.run("doctor", "--json", "--wait", "0.1")
    [finding] = [one for one in json.loads(done.stdout) if one["about"] == "files"]
    assert finding["level"] == "warning"
    assert f"chmod 700 {store}" in finding["do"] and f"chmod 600 {desk.database}" in finding["do"]
    desk.stop()
    assert stat.S_IMODE(store.stat().st_mode) == 0o755 and stat.S_IMODE(desk.database.stat().st_mode) == 0o640
    store.chmod(0o700)
    desk.database.chmod(0o600)
    done = desk.run("doctor", "--json", "--wait", "0.1")
    assert [one["level"] for one in json.loads(done.stdout) if one["about"] == "files"] == ["ok"]


@pytest.mark.parametrize(
    ("mode", "wanted"), [(0o601, 0o600), (0o640, 0o600), (0o660, 0o600), (0o600, None), (0o400, None)]
)
def test_a_file_that_group_or_others_may_touch_is_found(tmp_path: Path, mode: int, wanted: int | None) -> None:
    """One bit for group or others is enough, fewer bits for the owner are no fault; what is not there is no matter."""
    path = tmp_path / "a file"
    path.touch()
    path.chmod(mode)
    found = list(open_to_others([path, tmp_path / "not there"]))
    assert found == ([] if wanted is None else [(path, mode, wanted)])
    assert listed(found)[1] == ("" if wanted is None else f"chmod 600 '{path}'")

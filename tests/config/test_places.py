"""What maild makes on the disk is private by the code itself, not only by the process's umask."""

from __future__ import annotations

import ast
import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from maild.channels.outgoing.maildir import Maildir
from maild.config import keys
from maild.config.places import make_folder, open_to_others, write_private
from maild.storage import runs, sqlite, upgrade
from maild.storage.engine import StoreLock, open_engine
from tests.conftest import LIBRARIES
from tests.test_walls import ROOT, files, tree

ELSEWHERE = {"maild/config/places.py", "maild/cli/demo.py"}
"""Where they are made; and the demo, whose folder is mkdtemp's."""
MAKES = {
    "write_text",
    "write_bytes",
    "mkdir",
    "makedirs",
    "touch",
    "mkstemp",
    "NamedTemporaryFile",
    "copyfile",
    "copytree",
}


@pytest.fixture
def unmasked() -> Iterator[None]:
    """A process whose umask takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Return the mode of all there is below a folder."""
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda one: "bundled" if one.bundled else "system")
def test_a_store_is_private_whatever_the_umask(tmp_path: Path, library: sqlite.Library, unmasked: None) -> None:
    """File, journals, lock, run, keys and a sent mail are 0600, all folders 0700, those above the store's too."""
    url = f"sqlite:///{tmp_path}/a/store/maild.db"
    lock = StoreLock(url)
    assert lock.take()
    engine = open_engine(url, using=library)
    upgrade.upgrade(engine)
    keys.load(tmp_path / "a" / "keys" / "secret.key")
    run = runs.Run.begin(runs.place(url, tmp_path / "secret.key"), "host-1-aa")
    maildir = Maildir(tmp_path / "a" / "sent")
    assert asyncio.run(maildir.send("", "k@a.example", b"Subject: x\r\n\r\nhei\r\n")).state == "sent"
    with engine.connect() as connection:
        connection.exec_driver_sql("select * from state")
        found = modes(tmp_path)
    assert {"a/store/maild.db-wal", "a/store/maild.db-shm", "a/store/maild.db.run-host-1-aa"} <= set(found)
    wrong = {name: oct(mode) for name, mode in found.items() if mode not in (0o600, 0o700)}
    assert not wrong and all((mode == 0o700) == (tmp_path / name).is_dir() for name, mode in found.items())
    run.end()
    engine.dispose()
    lock.release()


def test_what_is_there_keeps_its_mode(tmp_path: Path, unmasked: None) -> None:
    """A folder or file that somebody made otherwise is used as it is; a file in a folder's place is refused."""
    (tmp_path / "open").mkdir(0o755)
    (tmp_path / "open" / "pid").write_text("1")
    (tmp_path / "open" / "pid").chmod(0o644)
    make_folder(tmp_path / "open" / "new" / "newer")
    write_private(tmp_path / "open" / "pid", "2")
    assert modes(tmp_path) == {"open": 0o755, "open/pid": 0o644, "open/new": 0o700, "open/new/newer": 0o700}
    with pytest.raises(OSError, match=r"(?i)exists|directory"):
        make_folder(tmp_path / "open" / "pid")
    with pytest.raises(OSError, match=r"(?i)exists|directory"):
        make_folder(tmp_path / "open" / "pid" / "below")


@pytest.mark.parametrize("right", [0o040, 0o020, 0o010, 0o004, 0o002, 0o001])
def test_whatever_group_or_others_may_do_is_told(tmp_path: Path, right: int) -> None:
    """One right for the group or for others is enough, on a file or a folder; the owner's own say nothing."""
    file, folder, own = tmp_path / "key", tmp_path / "store", tmp_path / "own"
    file.write_text("x")
    folder.mkdir()
    own.write_text("x")
    for path, mode in ((file, 0o600 | right), (folder, 0o700 | right), (own, 0o700)):
        path.chmod(mode)
    expected = [(file, 0o600 | right, 0o600), (folder, 0o700 | right, 0o700)]
    assert list(open_to_others([file, folder, own, file, tmp_path / "gone"])) == expected


def test_nothing_in_the_house_makes_a_file_otherwise() -> None:
    """Files are made with ``opener=private`` or FILE_MODE, folders by ``make_folder``; nothing else makes any."""
    wrong = []
    for path in files():
        name = str(path.relative_to(ROOT))
        for node in ast.walk(tree(path)):
            if name not in ELSEWHERE and isinstance(node, ast.Call) and (why := _makes(node)):
                wrong.append(f"{name}:{node.lineno}: {why}")
    assert not wrong, "\n".join(wrong)


def _makes(call: ast.Call) -> str:
    function = call.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    said = ast.unparse(call)
    if called in MAKES:
        return f"{called} makes what others may read"
    if called == "open" and "O_CREAT" in said and "FILE_MODE" not in said:
        return "os.open without FILE_MODE"
    writes = any(
        isinstance(value, ast.Constant) and isinstance(value.value, str) and set(value.value) & set("wax")
        and set(value.value) <= set("rwaxbt+")
        for value in (*call.args, *(word.value for word in call.keywords if word.arg == "mode"))
    )  # fmt: skip
    if called == "open" and writes and "opener=private" not in said:
        return "open without opener=private"
    return ""

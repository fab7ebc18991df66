"""The gallery of broken set-ups: each is refused for the reason written beside it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from maild import logs
from maild.cli.check import print_check
from maild.cli.run import run_daemon
from maild.core.errors import Unusable

HERE = Path(__file__).parent
GALLERY = HERE / "bad_configs"
TEMPLATES = HERE.parents[1] / "templates"
NAMES = sorted(path.name for path in GALLERY.iterdir() if path.name != "_valid")
THROUGH_THE_COMMAND = ("unknown-key", "unknown-group", "certificate-is-none", "many-at-once")


def lay_out(name: str, folder: Path) -> Path:
    """Lay a broken set-up over the valid one."""
    for source in ("_valid", name):
        shutil.copytree(GALLERY / source, folder, dirs_exist_ok=True)
    removed = GALLERY / name / "removed"
    if removed.exists():
        for line in removed.read_text().split():
            (folder / line).unlink()
    (folder / "templates").symlink_to(TEMPLATES)
    return folder


@pytest.fixture
def at(tmp_path: Path) -> "Path":
    """An empty folder that is the working directory."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def test_the_gallery_is_large() -> None:
    """There are at least twenty ways to get it wrong in the gallery, each with what maild says."""
    assert len(NAMES) >= 20
    assert all((GALLERY / name / "expected-error").exists() for name in NAMES)


def test_the_set_up_they_all_break_is_valid(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What each entry breaks is itself accepted."""
    lay_out("_valid", at)
    assert print_check(Path("config.toml")) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", NAMES)
def test_check_names_every_error(name: str, at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``maild check`` prints all that is wrong, by file and line, and ends with 1."""
    lay_out(name, at)
    assert print_check(Path("config.toml")) == 1
    assert capsys.readouterr().err == (GALLERY / name / "expected-error").read_text()


@pytest.mark.parametrize("name", NAMES[::4])
def test_run_refuses_before_anything_is_begun(name: str, at: Path) -> None:
    """The daemon does not start on a broken set-up, says the same, and makes no store."""
    lay_out(name, at)
    with pytest.raises(Unusable) as refused:
        run_daemon(Path("config.toml"))
    said = "".join(f"{problem}\n" for problem in refused.value.problems)
    assert said == "".join((GALLERY / name / "expected-error").read_text().splitlines(keepends=True)[:-1])
    assert not (at / "store").exists()
    logs.configure()


@pytest.mark.parametrize("name", THROUGH_THE_COMMAND)
def test_the_real_commands_agree(name: str, at: Path) -> None:
    """The commands an admin types: ``check`` ends with 1, ``run`` with 2, both without a traceback."""
    lay_out(name, at)
    expected = (GALLERY / name / "expected-error").read_text()
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    for command, code in (("check", 1), ("run", 2)):
        done = subprocess.run(
            [sys.executable, "-m", "maild", command], capture_output=True, text=True, timeout=60, env=environment
        )
        assert done.returncode == code
        assert expected.splitlines()[0] in done.stderr
        assert "Traceback" not in done.stderr


def test_a_login_in_the_clear_may_stay_on_this_machine(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the gallery refuses of a relay elsewhere is fine of one on loopback: nothing crosses a network."""
    lay_out("relay-login-in-the-clear", at)
    for host in ("127.0.0.1", "[::1]", "localhost"):
        text = (GALLERY / "relay-login-in-the-clear" / "config.toml").read_text()
        (at / "config.toml").write_text(text.replace("relay.example", host))
        assert print_check(Path("config.toml")) == 0
        assert capsys.readouterr().err == ""


WITHOUT_DKIM = """
import sys
from pathlib import Path
sys.modules["dkim"] = None  # as Python marks a module that cannot be imported
from maild.cli.check import print_check
print_check(Path("config.toml"))
"""


@pytest.mark.parametrize("where", ["trust", "smtp.trust"])
def test_own_checks_without_their_extra_are_warned_of(where: str, at: Path) -> None:
    """``mode = "own"`` without the dkim extra proves nobody: check says so and how to mend it; with it, nothing."""
    lay_out("_valid", at)
    text = (at / "config.toml").read_text()
    if where == "trust":
        text += '\n[trust]\nmode = "own"\n'
    else:
        text = text.replace('listen = "127.0.0.1:0"', 'listen = "127.0.0.1:0"\ntrust = { mode = "own" }')
    (at / "config.toml").write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    for arguments, warned in ((["-c", WITHOUT_DKIM], True), (["-m", "maild", "check"], False)):
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, timeout=60, env=environment, check=True
        )
        lines = [line for line in done.stdout.splitlines() if "maild[dkim]" in line]
        assert len(lines) == warned
        assert all(line.startswith(f"warning: config.toml: {where}: mode is own") for line in lines)

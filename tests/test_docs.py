"""The documents are true: every command they show runs, and every file they name exists."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
RUN_ELSEWHERE = {
    "make demo": "tests/daemon/test_demo.py runs the demo",
    "make test": "you are in it",
    "make lint": ".ci/run calls it",
    "maild run": "tests/daemon run the daemon",
}


def commands(page: Path) -> list[str]:
    """Return the shell lines of a page's sh blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text("utf-8"), re.S | re.M)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip() and line[0] != "#"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the shipped one, with a case in its store."""
    folder = tmp_path_factory.mktemp("docs")
    for name in ("rules", "templates", "demo"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "config.toml", folder)
    done = run("maild inject demo/mails/M01.eml", folder)
    assert done.returncode == 0, done.stderr
    return folder


def run(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line as an admin would, in a folder."""
    words = shlex.split(line)
    assert words[0] == "maild", f"a document may show make and maild commands only: {line}"
    command = [sys.executable, "-m", "maild", *words[1:]]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False, env={"PYTHONPATH": str(ROOT)}
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_runs(page: Path, desk: Path) -> None:
    """Each maild command in a document ends with exit code 0 on a desk that has the sample organisation."""
    for line in commands(page):
        if line in RUN_ELSEWHERE or line.startswith("make "):
            continue
        done = run(line, desk)
        assert done.returncode == 0, f"{page.name}: {line}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_exists(page: Path) -> None:
    """Each make target a document names is in the Makefile."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    for name in re.findall(r"`?make ([a-z-]+)`?", page.read_text("utf-8")):
        assert name in targets, f"{page.name}: make {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_named_exists(page: Path) -> None:
    """Links between documents, and files of the tree named in code style, exist."""
    text = page.read_text("utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / link).exists(), f"{page.name} links to {link}"
    for name in re.findall(r"`((?:maild|tests|docs|benchmarks)/[\w/.-]+)`", text):
        assert (ROOT / name).exists(), f"{page.name} names {name}"

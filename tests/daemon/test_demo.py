"""The demo tells the truth: it ends well when the day goes as told, and badly when it does not."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def demo(root: Path) -> subprocess.CompletedProcess[str]:
    """Run ``maild demo`` of a checkout."""
    command = [sys.executable, "-m", "maild", "demo"]
    environment = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False, env=environment)


def test_the_day_goes_as_told() -> None:
    """The demo ends by itself with exit code 0 and names the case, its agent and its letters."""
    started = time.monotonic()
    done = demo(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - started < 60
    for word in ("FK#1042", "Kari Moen", "acknowledgement", "✓"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("maild/core/acknowledgement/table.py", '("a person", "ack",', '("a person", "quiet",'),
        ("maild/core/threads/threading.py", 'strength="signed"', 'strength="subject"'),
    ],
    ids=["no acknowledgement is sent", "signed addresses weigh nothing"],
)
def test_a_broken_maild_fails_the_demo(tmp_path: Path, file: str, old: str, new: str) -> None:
    """When a part of maild is broken on purpose, the demo says what did not happen and ends with exit code 1."""
    for name in ("maild", "rules", "templates", "demo"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    source = (tmp_path / file).read_text("utf-8")
    assert old in source
    (tmp_path / file).write_text(source.replace(old, new), "utf-8")
    done = demo(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗" in done.stdout

"""Broken rule files: each is refused, all of its errors named by file and line, as the golden file says (law G4)."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from maild.config import load as configs
from maild.rulebook import load
from tests.rulebook.kit import HERE, ROOT, said

CASES = sorted((HERE / "broken").glob("*.txt"))


def sections(path: Path) -> dict[str, str]:
    """Split a golden file into the rule files it lays over the valid desk, and what is expected."""
    found: dict[str, str] = {}
    name = ""
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.startswith("== "):
            name = line[3:].strip()
            found[name] = ""
        else:
            found[name] += line
    return found


def test_the_gallery_is_large_and_the_desk_it_breaks_is_valid(tmp_path: Path) -> None:
    """There are at least sixty broken rule sets, and what they break is right by itself."""
    assert len(CASES) >= 60
    assert said(tmp_path) == []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_error_is_named(path: Path, tmp_path: Path) -> None:
    """Each broken set is refused with exactly the messages beside it, and each names a line."""
    files = sections(path)
    expected = files.pop("expected").splitlines()
    assert said(tmp_path, files) == expected
    assert expected
    assert all(line.split(": ")[0].rpartition(":")[2].isdigit() for line in expected)


@pytest.mark.parametrize("name", ["departments", "groups", "people", "types/it", "calendar", "contacts"])
def test_a_broken_file_is_one_mistake(name: str, tmp_path: Path) -> None:
    """When one file of the shipped rules cannot be parsed, only that is said: nothing about the names it would give."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    path = tmp_path / "rules" / f"{name}.toml"
    text = path.read_text("utf-8")
    path.write_text(f"[broken\n{text}", "utf-8")
    config = replace(configs.load(ROOT / "config.toml"), rules=tmp_path / "rules")
    problems = load.judge(config, instance="test").problems
    assert [problem.where for problem in problems] == [f"{path}:1"]

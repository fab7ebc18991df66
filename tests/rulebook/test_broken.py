"""Broken rule files: each is refused, all of its errors named by file and line, as the golden file says."""

from pathlib import Path

import pytest

from tests.rulebook.kit import HERE, said

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

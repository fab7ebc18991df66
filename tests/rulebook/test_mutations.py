"""Damaged rule files: whatever happens to valid ones, they load or every problem names a file and a line."""

import random
import tomllib
from pathlib import Path
from typing import Any

import pytest

from maild.config import load as configs
from maild.config.judge import Config
from maild.core.errors import Unusable
from maild.rulebook import load
from tests.rulebook.kit import ROOT, lay_out, working_in

PIECES = ["", "\n", '"', "'", "[", "]", "{", "}", "=", "#", ",", ".", "[[", "]]", "\x00", "å", "0", "true", "nan", "*"]
PIECES += ["[[rule]]\n", "name", "when", '"""', "-1", "9" * 30, "\\", "\\b", "x = 1\n", "1979-05-27", "(", "a{1001}"]
VALUES: list[Any] = [
    "",
    "x",
    0,
    -1,
    1.5,
    True,
    [],
    [[]],
    ["x", 1],
    {},
    {"x": 1},
    "it@fjordvik.example",
    "\\w+",
    "*",
    10**20,
]
FILES = sorted(path.relative_to(ROOT / "rules").as_posix() for path in (ROOT / "rules").rglob("*.toml"))


def written(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {written(inner)}' for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\") + '"'
    return str(value)


def damaged(text: str, chance: random.Random) -> str:
    """Damage a file: a cut, a piece put in, a line lost, doubled or moved, or a value of another kind."""
    lines = text.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    kind = chance.randrange(6)
    if kind == 0:
        place = chance.randrange(len(text))
        return text[:place] + chance.choice(PIECES) + text[place + chance.randrange(10) :]
    if kind == 1:
        del lines[at]
    elif kind == 2:
        lines.insert(chance.randrange(len(lines)), lines[at])
    elif kind == 3:
        lines.insert(chance.randrange(len(lines)), lines.pop(at))
    elif "=" in lines[at]:
        key = lines[at].partition("=")[0]
        key = key if kind == 4 else key.strip()[:-1] or "x"
        lines[at] = f"{key}= {written(chance.choice(VALUES))}\n"
    return "".join(lines)


def judge(folder: Path, name: str, text: str, config: Config) -> None:
    """Load the folder with one damaged file and hold the promise."""
    path = folder / "rules" / name
    before = path.read_text("utf-8")
    path.write_text(text, "utf-8")
    try:
        loaded = load.judge(config, instance="test")
        for problem in loaded.problems:
            where, _, line = problem.where.rpartition(":")
            lines = (folder / where).read_text("utf-8").count("\n") + 1
            assert 1 <= int(line) <= lines, str(problem)
            assert problem.what
            assert "\n" not in problem.what
        assert (loaded.rulebook is None) == bool(loaded.problems)
    except Unusable as error:
        pytest.fail(f"judging raised {error}")
    finally:
        path.write_text(before, "utf-8")


def run(folder: Path, count: int, seed: int) -> int:
    """Damage the sample organisation so many times; how many of them were refused."""
    lay_out(folder)
    for name in FILES:
        target = folder / "rules" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((ROOT / "rules" / name).read_text("utf-8"), "utf-8")
    (folder / "config.toml").write_text((ROOT / "config.toml").read_text("utf-8"), "utf-8")
    chance = random.Random(seed)
    refused = 0
    with working_in(folder):
        config = configs.load(Path("config.toml"))
        for _ in range(count):
            name = chance.choice(FILES)
            text = (folder / "rules" / name).read_text("utf-8")
            for _ in range(chance.randint(1, 2)):
                text = damaged(text, chance) or text
            judge(folder, name, text, config)
            try:
                refused += text != "" and tomllib.loads(text) is None
            except (tomllib.TOMLDecodeError, ValueError, RecursionError):
                refused += 1
    return refused


def test_damaged_files_are_read_or_refused_by_line(tmp_path: Path) -> None:
    """Three hundred damages, the same every time."""
    assert run(tmp_path, 300, 20261201) > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_many_damaged_files_are_read_or_refused_by_line(seed: int, tmp_path: Path) -> None:
    """Five hundred more from each of ten seeds."""
    assert run(tmp_path, 500, seed) > 20

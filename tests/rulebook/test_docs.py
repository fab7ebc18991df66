"""docs/rules.md: every block in it works as it stands."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maild.cli import app
from maild.config import load as configs
from maild.config.judge import Config
from maild.rulebook import load
from tests.rulebook.kit import ROOT, read_mail, working_in

TEXT = (ROOT / "docs" / "rules.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
FILES = [block for kind, block in BLOCKS if kind == "toml"]
CONSOLES = [block for kind, block in BLOCKS if kind == "console"]


def name_of(block: str) -> str:
    """The file that a block is."""
    return block.partition("\n")[0].removeprefix("# file: ")


def test_every_block_is_one_of_those_tested() -> None:
    """There are no blocks but whole files and commands, and at least six files of rules or who they go to."""
    assert {kind for kind, _ in BLOCKS} == {"toml", "console"}
    assert all(name_of(block).startswith("rules/") for block in FILES)
    assert len({name_of(block) for block in FILES}) >= 6


def lay_out(folder: Path) -> Config:
    """Lay the sample organisation into a folder."""
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "config.toml", folder)
    return configs.load(folder / "config.toml")


@pytest.mark.parametrize("block", FILES, ids=name_of)
def test_a_file_can_be_copied_into_the_sample_organisation(block: str, tmp_path: Path) -> None:
    """Each file is right, its own examples included, when it takes its place in the sample organisation."""
    config = lay_out(tmp_path)
    path = tmp_path / name_of(block)
    if path.name == "people.toml":
        kept = re.split(r"(?=^\[\[agent\]\])", path.read_text("utf-8"), flags=re.MULTILINE)
        block += "".join(part for part in kept[1:] if 'id = "camilla' not in part and 'id = "david' not in part)
    path.write_text(block, "utf-8")
    load.load(config, instance="test", read=read_mail)


@pytest.mark.parametrize("block", CONSOLES)
def test_commands_say_what_the_page_says(block: str) -> None:
    """Each command prints the lines shown below it, in order; … stands for what may differ."""
    for part in block.split("$ ")[1:]:
        command, _, expected = part.partition("\n")
        with working_in(ROOT):
            done = CliRunner().invoke(app, shlex.split(command.removeprefix("maild ")))
        assert done.exit_code == 0, done.output
        pattern = "".join(
            ".*?" if line.strip() == "…" else re.escape(line).replace("…", ".*?") + r"\n"
            for line in expected.splitlines()
        )
        assert re.fullmatch(pattern + r"\s*", done.stdout, re.DOTALL), done.stdout


def test_every_condition_and_action_is_explained() -> None:
    """The two tables name every key that a rule may use."""
    from maild.rulebook.routing_shapes import ThenShape, WhenShape

    asked, said = TEXT.split("## Everything a rule can say")
    for shape, text in ((WhenShape, asked.split("## Everything a rule can ask")[1]), (ThenShape, said)):
        for key, field in shape.model_fields.items():
            assert f"`{field.alias or key}`" in text, key

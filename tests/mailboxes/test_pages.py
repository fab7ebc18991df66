"""docs/mailboxes.md is true: each configuration it shows is accepted as it stands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from maild.config import load as configs

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"^```toml\n(.*?)^```", (ROOT / "docs" / "mailboxes.md").read_text("utf-8"), re.S | re.M)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_each_configuration_shown_is_accepted(number: int, tmp_path: Path) -> None:
    """With the files it names beside it, and the shipped config's other tables, `maild check` finds nothing wrong."""
    block, base = BLOCKS[number], (ROOT / "config.toml").read_text("utf-8")
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    if "[outgoing]" in block:
        base = re.sub(r"(?ms)^\[outgoing\].*?(?=^\[|\Z)", "", base)
    for path in re.findall(r'"/etc/maild/([^"]+)"', block):
        (tmp_path / path).write_text("x")
    (tmp_path / "config.toml").write_text(f"{base}\n{block.replace('/etc/maild', str(tmp_path))}")
    config = configs.load(tmp_path / "config.toml")
    assert [box.department for box in config.imap] == ["it"]
    assert len(BLOCKS) == 3

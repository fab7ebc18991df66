"""What the tests of the rulebook share: a small valid desk to break, and loading it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maild.config import load as configs
from maild.core.errors import Unusable
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Envelope, Mail
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.rulebook import load

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
VALID = HERE / "valid"


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Make a folder the working directory for a while: messages name files as seen from there."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def lay_out(folder: Path, files: dict[str, str] | None = None) -> Path:
    """Lay the small desk into a folder, with files over it; its config."""
    shutil.copytree(VALID, folder, dirs_exist_ok=True)
    (folder / "templates").mkdir(exist_ok=True)
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / "config.toml"


def read_mail(raw: bytes, envelope: Envelope) -> Mail:
    """Read a mail as the daemon's readers do, in this process."""
    return read(raw, envelope, ReadOptions())


def rulebook(folder: Path, files: dict[str, str] | None = None) -> Rulebook:
    """Load the small desk with files over it."""
    return load.load(configs.load(lay_out(folder, files)), instance="test", read=read_mail)


def said(folder: Path, files: dict[str, str] | None = None) -> list[str]:
    """What is said when the small desk with these files is loaded: nothing when it is right."""
    path = lay_out(folder, files)
    with working_in(folder):
        try:
            load.load(configs.load(Path(path.name)), instance="test", read=read_mail)
        except Unusable as error:
            return [str(problem) for problem in error.problems]
    return []


def sample() -> Rulebook:
    """The sample organisation that is shipped."""
    return load.load(configs.load(ROOT / "config.toml"), instance="test")

"""What docs/deploy.md shows, for running it: the documented set-up is what is tested, not a copy of it."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "deploy.md"


def block(after: str, kind: str = "", page: str = "") -> str:
    """Return the first code block of a kind that follows some words of the page.

    Raises:
        AssertionError: when the page has no such words, or no such block.

    """
    text = page or PAGE.read_text("utf-8")
    _, found, rest = text.partition(after)
    assert found, f"docs/deploy.md no longer says {after!r}"
    match = re.search(rf"^```{kind}\n(.*?)^```$", rest, re.S | re.M)
    assert match is not None, f"no block of kind {kind!r} after {after!r}"
    return match[1]


def settings(text: str) -> dict[str, str]:
    """Read lines of a main.cf: names and values, continued lines joined, comments left out (postconf(5))."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    pairs = [line.partition("=") for line in lines]
    return {name.strip(): value.strip() for name, _, value in pairs}

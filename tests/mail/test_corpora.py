"""The public corpora beside the project, read with our adapter and judged by their own checker."""

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ADAPTER = Path(__file__).parent / "corpora_adapter.py"


@cache
def _rows(shared: Path, *options: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rows.json"
        command = [sys.executable, str(shared / "corpora" / "check.py"), str(ADAPTER), "--json", str(out), *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, done.stderr
        return list(json.loads(out.read_text(encoding="utf-8")))


def _share(rows: list[dict[str, Any]], check: str, corpus: str | None = None) -> float:
    """Return the share of rows that pass a check, of those that have it."""
    marks = [row["r"][check] for row in rows if check in row["r"] and corpus in (None, row["corpus"])]
    return sum(marks) / len(marks) if marks else 1.0


@pytest.fixture
def rows(shared: Path) -> list[dict[str, Any]]:
    """Every mail of the corpora, read once."""
    return _rows(shared)


def test_no_mail_of_the_corpora_crashes_the_reader(rows: list[dict[str, Any]]) -> None:
    """Not one exception and not one time-out."""
    assert [row["id"] for row in rows if not row["r"]["ok"]] == []


@pytest.mark.parametrize(
    ("check", "least"),
    [
        ("subject", 1.0),
        ("from", 1.0),
        ("text", 0.98),
        ("keep", 0.99),
        ("cut", 0.85),
        ("fwd_from", 0.97),
        ("auto", 1.0),
        ("bounce", 0.99),
        ("rcpts", 0.97),
        ("ids", 1.0),
    ],
)
def test_a_check_passes_on_nearly_every_mail(rows: list[dict[str, Any]], check: str, least: float) -> None:
    """Each at the share the project promises; words are kept before quotes are cut."""
    assert _share(rows, check) >= least


def test_forwards_are_kept(rows: list[dict[str, Any]]) -> None:
    """The content of a forward is the message."""
    assert _share(rows, "keep", "fwd") >= 0.98


def test_no_persons_mail_is_called_a_bounce(rows: list[dict[str, Any]], shared: Path) -> None:
    """In the corpora of people's mails."""
    from corpora_adapter import parse

    people = ("crisp", "willdurand", "fwd", "tb_l10n")
    wrong = [
        row["id"]
        for corpus in people
        for row in map(json.loads, (shared / "corpora" / f"{corpus}.jsonl").read_text(encoding="utf-8").splitlines())
        if (read := parse((shared / "corpora" / row["file"]).read_bytes()))["bounce"] or read["auto"]
    ]
    assert rows
    assert wrong == []


def test_nordic_quotes_are_cut(shared: Path) -> None:
    """Norwegian, Swedish, Danish, Finnish and Icelandic clients first."""
    found = _rows(shared, "--lang", "no,nn,sv,da,fi,is")
    assert _share(found, "cut") >= 0.85
    assert _share(found, "keep") >= 0.99

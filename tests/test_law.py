"""The law of docs/law.md is alive: what is cited exists, what exists is shown, and the table of rows is the code's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from maild.core.acknowledgement.table import ROWS

ROOT = Path(__file__).resolve().parents[1]
LAW = ROOT / "docs" / "law.md"
PLACES = (
    "maild", "tests", "benchmarks", "fuzz", "docs", "demo", "rules", "templates", "scripts", "deploy", "README.md",
    "CHANGELOG.md", "Makefile", "config.toml", "pyproject.toml",
)  # fmt: skip
ENDINGS = {"", ".md", ".py", ".toml", ".j2", ".txt", ".sh", ".json", ".service", ".cf"}

RULE = re.compile(r"^- \*\*([A-Z]\d+)\*\* ", re.M)
CITED = re.compile(r"\blaw\s+([A-Z]\d+(?:,\s+[A-Z]\d+)*)(?!\w)")
TABLE_ROW = re.compile(r"^\| `([^`]+)` \| .+ \| `(\w+)` \|$", re.M)
GONE = re.compile(
    r"\b(?:MAIL|SPEC|FAULTS|DESIGN|SAMPLE|ANCHORS|LIBRARIES|DOMAIN|STYLE)"
    r"(?:\.md|'s)?,? (?:§|[A-Z]{1,2}\d|\d[A-Z]\b|notes? \d|habit|Conventions)"
    r"|\b(?:SPEC|FAULTS|ANCHORS)\b(?! =|\))"
    r"|\((?:DESIGN|LIBRARIES|DOMAIN|STYLE)[):]"
    r"|[\"( ](?:MAIL|DESIGN|SAMPLE|LIBRARIES|DOMAIN|STYLE)\.md\b"
)
"""Documents that the project does not hold. ``MAIL FROM``, the verb MAIL and names of constants are none of them."""
BARE = re.compile(
    r"(?<!\w)\((?:[A-DF-LN-Z]\d{1,2})(?:, [A-Z]\d{1,2})*\)"
    r"|^\s*\"\"\"[A-DF-LN-Z]\d{1,2}(?:, [A-Z]\d+)*[:,] "
)
"""A number alone, which says nothing of where it leads. E1 to E6 are kinds of evidence, M01 and on the demo's mails."""


def texts() -> Iterator[tuple[str, str]]:
    """Yield every text of the project, but this file, with its name."""
    for place in PLACES:
        path = ROOT / place
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix in ENDINGS and file != Path(__file__) and "__pycache__" not in file.parts:
                yield str(file.relative_to(ROOT)), file.read_text("utf-8", "replace")


def rules() -> list[str]:
    """Return the numbers of the law's rules, in order."""
    return RULE.findall(LAW.read_text("utf-8"))


def cited(text: str) -> Iterator[str]:
    """Yield the numbers of the law that a text cites."""
    for several in CITED.findall(text):
        yield from re.findall(r"[A-Z]\d+", several)


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Return the project's lines in which something stands, by file and line."""
    return [
        f"{name}:{at}: {line.strip()[:120]}"
        for name, text in texts()
        for at, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_every_rule_has_one_number() -> None:
    """No number stands twice, and those of a chapter go up."""
    found = rules()
    assert len(found) > 100 and len(set(found)) == len(found)
    assert found == sorted(found, key=lambda number: (["RITAEWSBDG".index(number[0])], int(number[1:])))


def test_every_citation_leads_somewhere() -> None:
    """Whatever cites the law names a rule that stands there."""
    known = set(rules())
    lost = [f"{name}: law {number}" for name, text in texts() for number in cited(text) if number not in known]
    assert not lost, "\n".join(lost)


def test_every_rule_is_shown_by_a_test() -> None:
    """Each rule is cited by a test, in a docstring of its own or of its file."""
    shown: set[str] = set()
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        code = ast.parse(path.read_text("utf-8"))
        for node in (code, *ast.walk(code)):
            if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
                shown |= set(cited(ast.get_docstring(node) or ""))
    unshown = [number for number in rules() if number not in shown]
    assert not unshown, f"no test cites {', '.join(unshown)}"


def test_no_document_is_cited_that_is_not_here() -> None:
    """Nothing refers to a document outside the project, or to a number without saying whose it is."""
    found = [*lines_with(GONE), *lines_with(BARE)]
    assert not found, "\n".join(found)


def test_the_table_of_automatic_replies_is_the_code_s() -> None:
    """The law lists the rows of the table in the order in which they are asked, each with its action."""
    assert TABLE_ROW.findall(LAW.read_text("utf-8")) == [(row, action) for row, action, _ in ROWS]

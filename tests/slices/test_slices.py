"""A feature is a slice: new files, and a line where each list of features is; nothing else is touched.

The tiny feature of ``tests/slices/nudges`` is laid into a copy of the package and tells its story there.
"""

from __future__ import annotations

import ast
import difflib
import os
import subprocess
import sys
from pathlib import Path

from tests.kit.running import ROOT, mutated

HERE = Path(__file__).parent / "nudges"
FILES = {
    "core_nudges.py": "core/nudges.py",
    "core_nudged.py": "core/nudged.py",
    "storage_nudges.py": "storage/nudges.py",
}
LISTS = {
    "core/timers/timers.py": (('    "go on": GOES_ON,', '    "nudge": NUDGES,'),),
    "storage/gather.py": (
        (
            "        pace=paces.pace(connection, now) if asks.pace else None,",
            "        nudges=nudges.nudges(connection, asks.nudges),",
        ),
    ),
    "storage/carry_out.py": (
        (
            "        counts.do(work, change)",
            "    elif isinstance(change, CountNudge):\n        nudges.do(work, change)",
        ),
    ),
}
"""The four lists: for promises, what is asked and what is decided stand in one table; then gather, then carry out."""
TYPES = {
    "core/cause.py": (('    "go on",', '    "nudge",'),),
    "core/facts.py": (
        ("    pace: bool = False", "    nudges: int | None = None"),
        ("    pace: Pace | None = None", "    nudges: int = 0"),
    ),
    "core/plan.py": (("    | KeepPace", "    | CountNudge"),),
}
"""What the type checker knows a feature by, so that a forgotten line is found before it runs."""
IMPORTS = {
    "core/timers/timers.py": "from maild.core.nudges import NUDGES",
    "core/plan.py": "from maild.core.nudged import CountNudge",
    "storage/gather.py": "from maild.storage import nudges",
    "storage/carry_out.py": "from maild.core.nudged import CountNudge\nfrom maild.storage import nudges",
}
LENGTHENED = {"gather": 1, "_do": 2}
"""The two lists that are functions, and by how many lines the feature stands in them."""


def with_the_feature(folder: Path) -> Path:
    """Copy the package and add the feature; where the copy is."""
    package = mutated(folder)
    for source, target in FILES.items():
        (package / "maild" / target).write_text((HERE / source).read_text())
    for name in {*LISTS, *TYPES, *IMPORTS}:
        path = package / "maild" / name
        text = path.read_text()
        for anchor, line in (*LISTS.get(name, ()), *TYPES.get(name, ())):
            assert text.count(f"\n{anchor}") == 1, f"{name} no longer holds exactly one line {anchor!r}"
            begin = text.index(f"\n{anchor}") + 1
            end = text.index("\n", begin) + 1
            text = f"{text[:end]}{line}\n{text[end:]}"
        if name in IMPORTS:
            text = text.replace("\nfrom maild.", f"\n{IMPORTS[name]}\nfrom maild.", 1)
        path.write_text(text)
    return package


def lengths(path: Path) -> dict[str, int]:
    """Return how many lines each function of a file has."""
    code = ast.parse(path.read_text())
    found = [node for node in ast.walk(code) if isinstance(node, ast.FunctionDef)]
    return {node.name: (node.end_lineno or 0) - node.lineno for node in found}


def test_a_feature_is_new_files_and_a_line_in_each_list(tmp_path: Path) -> None:
    """No line that was there is changed, and no function grows but the lists themselves, by the feature's own line."""
    package = with_the_feature(tmp_path)
    grown: dict[str, int] = {}
    for path in sorted((ROOT / "maild").rglob("*.py")):
        copy = package / "maild" / path.relative_to(ROOT / "maild")
        old, new = path.read_text().splitlines(), copy.read_text().splitlines()
        assert not [line for line in difflib.unified_diff(old, new, n=0) if line[0] == "-" and line[:3] != "---"]
        after = lengths(copy)
        grown |= {name: after[name] - was for name, was in lengths(path).items() if after[name] != was}
    assert grown == LENGTHENED


def test_the_feature_lives(tmp_path: Path, store_url: str) -> None:
    """70 people are nudged twice each, and no third time: the letters are paced, and the breaker counts none."""
    package = with_the_feature(tmp_path)
    environment = os.environ | {"PYTHONPATH": f"{package}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-P", str(HERE / "story.py"), store_url],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=package,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    where, letters, dues, said, counted = done.stdout.splitlines()
    assert where == str(package / "maild" / "__init__.py")
    assert letters == "[(140, 70)]"
    assert dues == "[(60,), (10,), (60,), (10,)]"
    assert said == "[('nudge 1', 70), ('nudge 2', 70), ('nudged 2 times', 70)]"
    assert counted == "[(70,)]", "the acknowledgements alone"

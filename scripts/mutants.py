"""Plant small mistakes in the core, one at a time, and see whether the tests notice: ``make mutants COUNT=40 SEED=1``.

Each is made in a copy of the tree, never in the tree itself. A mistake that no test notices is printed as survived:
either it changes nothing that anybody could see, or a test is missing.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE = Path("maild/core")
DATA = ("reasons/words", "month_words.py", "robot_words.py", "verb_words.py")
"""Files of words: nothing in them decides."""
BESIDE = {"maild/core/rules": ("tests/rulebook/test_routing.py", "tests/rulebook/test_stories.py")}
"""Tests that lie elsewhere and test these files: the conditions of rules are written as rule files."""
SECONDS = 400
"""After so long a mutant counts as killed: it runs for ever."""
LEFT_OUT = (".git", ".venv", "__pycache__", "store", ".hypothesis", ".mypy_cache", ".ruff_cache")
FLIPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One mistake: in which file, and what stands where in place of what."""

    path: Path
    tree: ast.Module
    parent: ast.AST
    field: str
    index: int | None
    before: ast.AST
    after: ast.AST

    def __str__(self) -> str:
        """Say where it is and what it changes."""
        return f"{self.path}:{getattr(self.before, 'lineno', 0)}  {shown(self.before)}  ->  {shown(self.after)}"

    def source(self) -> str:
        """Return the file with the mistake in it."""
        self._put(ast.copy_location(copy.copy(self.after), self.before))
        text = ast.unparse(ast.fix_missing_locations(self.tree))
        self._put(self.before)
        return text

    def _put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Yield the parent, the field and the index of each node that runs; not annotations, decorators and assertions."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list") or isinstance(value, ast.Assert):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.Assert):
                yield node, name, index
                yield from places(child)


def changed(node: ast.AST, field: str) -> Iterator[ast.AST]:
    """Yield what may stand in a node's place by mistake."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in FLIPS:
            yield ast.Compare(node.left, [FLIPS[type(op)]()], node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            yield ast.BinOp(node.left, ast.Sub() if isinstance(node.op, ast.Add) else ast.Add(), node.right)
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value - 1)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
    if field in ("test", "ifs") and isinstance(node, ast.expr):
        yield ast.UnaryOp(ast.Not(), node)


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    for parent, field, index in places(tree):
        before = getattr(parent, field) if index is None else getattr(parent, field)[index]
        for after in changed(before, field):
            yield Mutant(path, tree, parent, field, index, before, after)


def shown(node: ast.AST) -> str:
    """Return a node as one short line."""
    text = " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())
    return text if len(text) <= 70 else f"{text[:70]}…"


def fails(tree: Path, path: Path | None = None) -> str:
    """Run the tests in a tree, those beside a file first; how they fail. One database is enough."""
    folder = "" if path is None else path.parent.as_posix()
    wanted = [f"tests/{folder.removeprefix('maild/')}", *BESIDE.get(folder, ()), "tests/core", "tests/stories"]
    folders = [one for one in wanted[path is None :] if (tree / one).exists()]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow", "-k", "not postgresql"]
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [*command, *dict.fromkeys(folders)],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "they never end"
    return "" if done.returncode == 0 else done.stdout[-2000:] or done.stderr[-2000:]


def main() -> int:
    """Plant, test, report."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=int, default=40)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    files = [path.relative_to(ROOT) for path in sorted((ROOT / CORE).rglob("*.py"))]
    every = [one for path in files if not any(name in str(path) for name in DATA) for one in mutants(path)]
    chosen = random.Random(given.seed).sample(every, min(given.count, len(every)))
    survived = 0
    with tempfile.TemporaryDirectory(prefix="maild-mutants-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        if failure := fails(tree):
            print(f"{failure}\nthe tests fail as it is: mend that first")
            return 1
        for one in chosen:
            right = (tree / one.path).read_bytes()
            (tree / one.path).write_text(one.source(), "utf-8")
            alive = not fails(tree, one.path)
            (tree / one.path).write_bytes(right)
            survived += alive
            print(f"{'survived' if alive else 'killed  '}  {one}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} killed (seed {given.seed}, {len(every)} possible)")
    return 0


if __name__ == "__main__":
    sys.exit(main())

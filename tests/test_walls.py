"""The walls of the house: imports go down only, core is pure, each library has one home, every test states a truth."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ROOT / "maild"

FLOORS = [
    "cli",
    "daemon doctor replay",
    "channels clock journey",
    "rulebook letters storage",
    "mail config",
    "core",
]
"""From the roof down: a room may import rooms of lower floors only; rooms side by side do not import each other."""
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms.split()}
LOOSE_FILES = {"__init__", "__main__", "clock", "logs", "metrics"}
"""The only files that stand in no folder."""
HANDY = {"logs", "metrics"}
"""They know nobody in the house and anybody above core may use them."""
HOMES = {
    "aiosmtpd": "channels.smtp",
    "aiosmtplib": "channels.outgoing",
    "imapclient": "channels.imap",
    "apscheduler": "clock",
    "sqlmodel": "storage",
    "sqlalchemy": "storage",
    "alembic": "storage",
    "jinja2": "letters.templates",
    "markupsafe": "letters.templates",
    "mailparser": "mail.author",
    "selectolax": "mail.mime",
    "dkim": "mail.author",
    "spf": "mail.author",
    "dns": "mail.author",
    "publicsuffixlist": "mail.author",
    "oxmsg": "mail.mime",
    "pycld2": "mail.words",
    "re2": "rulebook",
    "holidays": "rulebook",
    "watchfiles": "rulebook",
    "cryptography": "channels.oauth2",
    "typer": "cli",
    "rich": "cli",
    "structlog": "logs",
    "uvloop": "cli",
    "prometheus_client": "metrics",
}
"""Where each third-party library may be imported: a room, one in it, or a file."""
ANYWHERE = {"pydantic"}
NAMED_ANYWHERE = {"sqlalchemy"}
"""What all may name for the type checker alone: they hand a connection on and never use it."""

PURE = {
    "__future__", "abc", "base64", "bisect", "calendar", "collections", "copy", "dataclasses", "datetime", "difflib",
    "enum", "functools", "hashlib", "heapq", "hmac", "itertools", "json", "math", "operator", "re", "statistics",
    "string", "struct", "textwrap", "types", "typing", "unicodedata", "zlib", "pydantic", "decimal", "zoneinfo",
}  # fmt: skip
"""All that core may import: nothing that reads a clock, a file, a socket or chance."""
IMPURE_CALLS = {"open", "print", "input", "eval", "exec", "__import__"}
IMPURE_METHODS = {"now", "today", "utcnow", "random"}

CATCH_ALL = {
    "maild/journey/intake.py": "a mail whose handling fails is given back, then quarantined, and delays nobody",
    "maild/channels/outgoing/deliver.py": "a channel's bug must not end a worker and hold up its lane",
    "maild/channels/imap/mailboxes.py": "a bug over one mailbox must not end the thread that polls it",
    "maild/channels/smtp/conversation.py": "the last guard before the wire: never a traceback, never a 5xx",
    "maild/journey/timers.py": "a promise that cannot be kept must not hold up the others",
    "maild/mail/read.py": "the safe reading of a mail that nothing else could read",
    "maild/storage/writer.py": "a job's bug must not take the other jobs of its commit with it",
}
"""The places that may catch everything, and why."""


@lru_cache
def tree(path: Path) -> ast.Module:
    """Parse a file once."""
    return ast.parse(path.read_text("utf-8"), str(path))


def files(folder: Path = HOUSE) -> list[Path]:
    """Return the Python files below a folder."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def module(path: Path) -> str:
    """Return the dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(name: str) -> str:
    """Return the room of a module of the house: the folder it is in."""
    parts = name.split(".")
    return "" if len(parts) == 1 else "cli" if parts[1] == "__main__" else parts[1]


def imports(path: Path, *, running: bool = False) -> Iterator[tuple[str, int]]:
    """Yield what a file imports, by full name; ``running`` leaves out what only the type checker sees."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree(path)):
        if running and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped |= {inner for statement in node.body for inner in ast.walk(statement)}
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: say the whole name"
            base = str(node.module)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield (whole if _is_module(whole) else base), node.lineno


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def test_imports_point_down() -> None:
    """A room imports only rooms on lower floors (or itself); what knows nobody may be used from anywhere above core."""
    wrong = []
    for path in files():
        here = room(module(path))
        for name, line in imports(path):
            there = room(name) if name.startswith("maild") else ""
            if not there or here in ("", there) or (there in HANDY and here != "core"):
                continue
            if here in HANDY:
                wrong.append(f"{path}:{line}: {here} knows {there}")
            elif LEVEL[here] >= LEVEL[there]:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {here} imports {there}")
    assert not wrong, "\n".join(wrong)


def test_every_file_is_in_a_room() -> None:
    """Each folder is a room that has a floor, and few files stand in none."""
    assert {path.stem for path in HOUSE.glob("*.py")} == LOOSE_FILES
    for path in files():
        here = room(module(path))
        assert here in LEVEL or here in HANDY or here == "", f"{path}: which room?"


def test_no_import_goes_round() -> None:
    """No module imports itself over others when it runs."""
    graph = {module(p): {n for n, _ in imports(p, running=True) if n.startswith("maild.")} for p in files()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name in done:
            return
        for other in sorted(graph.get(name, ())):
            visit(other, (*way, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_core_is_pure() -> None:
    """Core imports an allow-list only, and calls nothing that reads a clock, a file or chance."""
    wrong = []
    for path in files(HOUSE / "core"):
        for name, line in imports(path):
            if not name.startswith("maild.core") and name.split(".")[0] not in PURE and name != "maild":
                wrong.append(f"{path.name}:{line}: imports {name}")
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            if isinstance(function, ast.Name) and function.id in IMPURE_CALLS:
                wrong.append(f"{path.name}:{node.lineno}: calls {function.id}")
            if isinstance(function, ast.Attribute) and function.attr in IMPURE_METHODS:
                wrong.append(f"{path.name}:{node.lineno}: calls .{function.attr}")
    assert not wrong, "\n".join(wrong)


def test_each_library_has_one_home() -> None:
    """Third-party libraries are imported in their own rooms only; the table names each, and none in vain."""
    wrong, used = [], set()
    for path in files():
        here = module(path).removeprefix("maild.")
        running = set(imports(path, running=True))
        for name, line in imports(path):
            top = name.split(".")[0]
            if top in NAMED_ANYWHERE and (name, line) not in running:
                continue
            if top == "maild" or top in sys.stdlib_module_names or top in ANYWHERE:
                continue
            used.add(top)
            home = HOMES.get(top)
            if home is None:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {top} has no home in the table")
            elif here != home and not here.startswith(f"{home}.") and (home, here) != ("cli", "__main__"):
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {top} belongs in {home}")
    assert not wrong, "\n".join(wrong)
    assert used == set(HOMES)


def test_a_name_is_imported_from_where_it_is_made() -> None:
    """No file passes on what it has imported itself: each name has one place to be imported from."""
    wrong = []
    for path in [*files(), *files(ROOT / "tests" / "kit"), *files(ROOT / "benchmarks")]:
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.ImportFrom) or str(node.module).split(".")[0] not in ("maild", "tests"):
                continue
            for alias in node.names:
                base = str(node.module)
                if not _is_module(f"{base}.{alias.name}") and alias.name in _passed_on(base):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {base} did not make {alias.name}")
    assert not wrong, "\n".join(wrong)


@lru_cache
def _passed_on(name: str) -> frozenset[str]:
    """Return what a module has from others and does not make itself."""
    path = ROOT.joinpath(*name.split("."))
    if not _is_module(name):  # of the slice that tests lay in
        return frozenset()
    parsed = tree(path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py")
    taken = {a.asname or a.name for node in ast.walk(parsed) if isinstance(node, ast.ImportFrom) for a in node.names}
    made = {getattr(node, "name", "") for node in parsed.body}
    made |= {n.id for n in ast.walk(parsed) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return frozenset(taken - made)


def test_everything_is_caught_in_named_places_only() -> None:
    """``except Exception`` (or wider) stands only where the table says why, and the table names no place in vain."""
    used = set()
    for path in files():
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = "" if node.type is None else ast.unparse(node.type)
            swallows = caught in ("", "Exception", "BaseException") and not _raises_again(node)
            name = str(path.relative_to(ROOT))
            assert not swallows or name in CATCH_ALL, f"{name}:{node.lineno}: catches {caught or 'everything'}"
            used |= {name} if swallows else set()
    assert used == set(CATCH_ALL)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None


def stated() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every test function."""
    for path in files(ROOT / "tests"):
        if path.name.startswith("test_"):
            for node in ast.walk(tree(path)):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
                    yield path, node


def test_every_test_states_a_truth() -> None:
    """Every test has a docstring: one sentence that is true when it passes."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}" for path, node in stated() if not ast.get_docstring(node)
    ]
    assert not silent, "\n".join(silent)


def test_tests_patch_nothing() -> None:
    """Fakes are small honest classes: no mock.patch, no MagicMock, no monkeypatch of the house."""
    word = re.compile(r"\b(?:mock\.patch|MagicMock|unittest\.mock|monkeypatch\.setattr)\b")
    for path in files(ROOT / "tests"):
        if path == Path(__file__):
            continue
        found = word.search(path.read_text("utf-8"))
        assert found is None, f"{path.relative_to(ROOT)}: {found.group() if found else ''}"


def test_public_names_say_what_they_are_for() -> None:
    """Every module, public class and public function of the house has a docstring."""
    silent = []
    for path in files():
        code = tree(path)
        if code.body and not ast.get_docstring(code):
            silent.append(str(path.relative_to(ROOT)))
        for node in ast.walk(code):
            public = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            if public and not node.name.startswith("_") and _at_top(code, node) and not ast.get_docstring(node):  # type: ignore[attr-defined,arg-type]
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")  # type: ignore[attr-defined]
    assert not silent, "\n".join(silent)


def _at_top(code: ast.Module, node: ast.AST) -> bool:
    classes = [other for other in code.body if isinstance(other, ast.ClassDef) and not other.name.startswith("_")]
    return node in code.body or any(node in other.body for other in classes)


LOOSE = {"NoPatterns": "has no fields", "Captures": "a note pad of one walk through the rules"}
"""Dataclasses of core that need not be frozen values, and why."""


@pytest.mark.parametrize("path", files(HOUSE / "core"), ids=lambda path: path.name)
def test_core_values_are_frozen(path: Path) -> None:
    """Every dataclass in core is frozen, with slots and keywords only."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef) and node.name not in LOOSE:
            for decorator in node.decorator_list:
                said = ast.unparse(decorator)
                if said.startswith("dataclass"):
                    assert all(word in said for word in ("frozen=True", "slots=True", "kw_only=True")), node.name

"""Find the patterns of ``re`` that text from mail meets, and attack each with what it is made of.

A pattern that takes more than linear time does so on text that it almost matches: on one of its own letters or classes
again and again, perhaps below what it begins with. All of that is in the pattern, so the attack is made from it.
"""

from __future__ import annotations

import ast
import importlib
import re
import re._constants as kinds  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[2] / "maild"
ROOMS = ("core", "mail", "letters", "storage", "channels", "journey", "replay")
FILES = ("doctor/proof", "rulebook/conditions", "rulebook/patterns")
"""Where text from mail is matched; the rest of the house reads the operator's own files and words."""
CALLS = frozenset({"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"})
SMALL, LARGE = 5_000, 20_000
FLOOR = 0.1
"""Seconds below which no attack is of interest."""
ENOUGH = 1.0
"""Seconds after which a search is given up."""
HOPELESS = 0.8
"""Seconds for the smaller text with which nothing more need be measured."""
FACTOR = 8.0
"""How much longer four times the text may take: twice the four, since clocks shake; quadratic is sixteen."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place that compiles or uses a pattern."""

    key: str
    """``mail/mime/headers.py _FIELD``, or for one that has no name of its own ``letters/prove.py _header()``."""
    named: bool


def sources() -> list[Path]:
    """Return the files in which text from mail is matched."""
    rooms = [path for room in ROOMS for path in sorted((HOUSE / room).rglob("*.py")) if "migrations" not in path.parts]
    return rooms + [HOUSE / f"{name}.py" for name in FILES]


def uses(path: Path) -> Iterator[Use]:
    """Yield every call of ``re`` in a file."""
    tree = ast.parse(path.read_text("utf-8"))
    short = path.relative_to(HOUSE).as_posix()
    named = {
        node.value: node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {inner: function.name for function in functions for inner in ast.walk(function)}
    whole = {inner: name for value, name in named.items() for inner in ast.walk(value)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_of_re(node.func):
            if node in inside:
                yield Use(f"{short} {inside[node]}()", named=False)
            else:
                yield Use(f"{short} {whole.get(node, '?')}", named=node in whole)


def _is_of_re(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and isinstance(called.value, ast.Name)
        and called.value.id == "re"
        and called.attr in CALLS
    )


def compiled(key: str) -> list[re.Pattern[Any]]:
    """Return the patterns that a name of a module stands for."""
    path, _, name = key.partition(" ")
    module = importlib.import_module("maild." + path.removesuffix(".py").replace("/", "."))
    return list(_patterns(getattr(module, name)))


def _patterns(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _patterns(one)


@cache
def methods(key: str) -> frozenset[str]:
    """Return how the patterns of a name are used: ``search``, ``match`` …"""
    found = set()
    short, _, name = key.partition(" ")
    for path in [HOUSE / short] if name.startswith("_") else sources():
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Attribute) and node.attr in CALLS:
                owner = node.value
                called = (
                    owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
                )
                if called == name:
                    found.add(node.attr)
    return frozenset(found)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


# -- attacks ----------------------------------------------------------------------------------------------------------


def attacks(pattern: re.Pattern[Any], *, pairs: bool) -> Iterator[tuple[str, str, str]]:
    """Yield (beginning, what is repeated, end) made of a pattern's own letters and classes."""
    tree = parser.parse(
        pattern.pattern, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    )
    atoms = list(dict.fromkeys([*_atoms(tree), "a", " ", "\n", "0"]))
    begins = list(dict.fromkeys(["", *_beginnings(tree, "")]))[:8]
    for begin, atom in product(begins, atoms[:30]):
        yield begin, atom, "\x01"
    if pairs:
        short = [atom for atom in atoms if len(atom) <= 8][:14]
        for one, two in product(short, short):
            if one != two:
                yield "", one + two, "\x01"
        for begin in begins[1:]:
            for atom in short:
                yield "", begin + atom, "\x01"


def _atoms(tree: Any) -> Iterator[str]:
    """Yield the literal words of a pattern, and some members of each class and some that are not."""
    word = ""
    for kind, value in tree:
        if kind is kinds.LITERAL:
            word += chr(value)
            continue
        if word:
            yield word
            yield word[0]
            word = ""
        if kind is kinds.IN:
            yield from _members(value)
        elif kind is kinds.ANY:
            yield from ("a", " ")
        elif kind is kinds.NOT_LITERAL:
            yield chr(value)
        elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            yield from _atoms(value[2])
            yield _sample(value[2])
        elif kind is kinds.SUBPATTERN:
            yield from _atoms(value[3])
        elif kind is kinds.BRANCH:
            for branch in value[1][:40]:
                yield from _atoms(branch)
        elif kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            yield from _atoms(value[1])
        elif kind is kinds.ATOMIC_GROUP:
            yield from _atoms(value)
    if word:
        yield word
        yield word[0]


_CATEGORY = {
    kinds.CATEGORY_DIGIT: "1", kinds.CATEGORY_NOT_DIGIT: "a", kinds.CATEGORY_SPACE: " ", kinds.CATEGORY_NOT_SPACE: "a",
    kinds.CATEGORY_WORD: "a", kinds.CATEGORY_NOT_WORD: "-",
}  # fmt: skip


def _members(items: Any) -> list[str]:
    """Return some members of a class, or of one that is negated what it leaves out and one that it holds."""
    found: list[str] = []
    for kind, value in items:
        if kind is kinds.LITERAL:
            found.append(chr(value))
        elif kind is kinds.RANGE:
            found += [chr(value[0]), chr(value[1])]
        elif kind is kinds.CATEGORY:
            found.append(_CATEGORY[value])
    found = [sign for sign in found if not "\ud800" <= sign <= "\udfff"][:12]
    return [*_held(items), *found]


def _held(items: Any) -> list[str]:
    """Return a sign that a class holds, if one of the plain ones does."""
    source = [(kinds.IN, items)]
    pattern = _compiled_class(source)
    return [next((sign for sign in "a1 -.@:;>\nA\t~=\xe6\u2014" if pattern(sign)), "")] if source else []


def _compiled_class(source: Any) -> Any:
    items = source[0][1]
    negated = items[0][0] is kinds.NEGATE

    def holds(sign: str) -> bool:
        inside = False
        for kind, value in items:
            if kind is kinds.LITERAL:
                inside = inside or ord(sign) == value
            elif kind is kinds.RANGE:
                inside = inside or value[0] <= ord(sign) <= value[1]
            elif kind is kinds.CATEGORY:
                inside = inside or _in_category(value, sign)
        return inside is not negated

    return holds


def _in_category(category: Any, sign: str) -> bool:
    plain = {
        kinds.CATEGORY_DIGIT: sign.isdigit(), kinds.CATEGORY_SPACE: sign.isspace(),
        kinds.CATEGORY_WORD: sign.isalnum() or sign == "_",
    }  # fmt: skip
    opposite = {
        kinds.CATEGORY_NOT_DIGIT: kinds.CATEGORY_DIGIT,
        kinds.CATEGORY_NOT_SPACE: kinds.CATEGORY_SPACE,
        kinds.CATEGORY_NOT_WORD: kinds.CATEGORY_WORD,
    }
    return plain[category] if category in plain else not plain[opposite[category]]


def _sample(tree: Any) -> str:
    """Return a short text that a pattern matches, more or less: look-around is passed over."""
    found = ""
    for kind, value in tree:
        if kind is kinds.LITERAL:
            found += chr(value)
        elif kind is kinds.IN:
            found += (_held(value) or ["a"])[0]
        elif kind is kinds.ANY:
            found += "a"
        elif kind is kinds.NOT_LITERAL:
            found += "b" if value == ord("a") else "a"
        elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            found += _sample(value[2]) * min(value[0], 64)
        elif kind is kinds.SUBPATTERN:
            found += _sample(value[3])
        elif kind is kinds.BRANCH:
            found += _sample(value[1][0])
        elif kind is kinds.ATOMIC_GROUP:
            found += _sample(value)
    return found


def _beginnings(tree: Any, before: str) -> Iterator[str]:
    """Yield what a pattern matches up to each of its repeats, and to its end."""
    for at, (kind, value) in enumerate(tree):
        here = before + _sample(tree[:at])
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            yield here
            yield from _beginnings(value[2], here)
        elif kind is kinds.SUBPATTERN:
            yield from _beginnings(value[3], here)
        elif kind is kinds.BRANCH:
            for branch in value[1][:3]:
                yield from _beginnings(branch, here)
    yield before + _sample(tree)


# -- measuring --------------------------------------------------------------------------------------------------------


class TooLong(BaseException):
    """A single search took seconds."""


def _ring(_number: int, _frame: object) -> None:
    raise TooLong


def seconds(pattern: re.Pattern[Any], text: str, how: frozenset[str]) -> float:
    """Return what looking through a text costs of the processor, as the pattern is used; 60 when it does not end."""
    given: Any = text.encode("utf-8", "ignore") if isinstance(pattern.pattern, bytes) else text
    anchored = bool(how) and how <= {"match", "fullmatch"}
    old = signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, ENOUGH)
    began = time.process_time()
    try:
        if anchored:
            for method in how:
                getattr(pattern, method)(given)
        else:
            for _ in pattern.finditer(given):
                pass
        return time.process_time() - began
    except TooLong:
        return 60.0
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, old)


def text_of(attack: tuple[str, str, str], size: int) -> str:
    """Return so many letters of an attack."""
    begin, unit, end = attack
    return begin + unit * max(1, (size - len(begin)) // max(1, len(unit))) + end


def weakness(pattern: re.Pattern[Any], how: frozenset[str], *, pairs: bool) -> str | None:
    """Return the attack under which a pattern takes more than linear time, or None."""
    for attack in attacks(pattern, pairs=pairs):
        if not attack[1]:
            continue
        small, large = text_of(attack, SMALL), text_of(attack, LARGE)
        if seconds(pattern, small, how) < FLOOR / FACTOR and seconds(pattern, large, how) < FLOOR:
            continue
        one = min(seconds(pattern, small, how) for _ in range(2))
        four = 60.0 if one > HOPELESS else min(seconds(pattern, large, how) for _ in range(2))
        if one > HOPELESS or four > max(FLOOR, FACTOR * one):
            return f"{attack!r}: {len(small)} letters take {one:.3f} s, {len(large)} take {four:.3f} s"
    return None


def slowest(pattern: re.Pattern[Any], how: frozenset[str], most: int, *, pairs: bool) -> tuple[float, str]:
    """Return the longest time that a pattern takes for a text of its greatest length, and the attack."""
    worst = (0.0, "")
    for attack in attacks(pattern, pairs=pairs):
        text = text_of(attack, most)[:most]
        taken = seconds(pattern, text, how)
        if taken > worst[0]:
            worst = min((seconds(pattern, text, how), repr(attack)) for _ in range(3)) if taken > 0.001 else (taken, "")
    return worst

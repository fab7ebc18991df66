"""Files that an admin writes, read and judged: every problem names file and line, what was found, what was expected.

Used for config.toml and for every rule file. The shape of a file is a pydantic model that forbids unknown keys.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from maild.config.toml_lines import Path as Keys
from maild.config.toml_lines import lines_of
from maild.core.errors import Problem, decoded

T = TypeVar("T")

LARGEST = 4 * 1024 * 1024
"""Bytes; a file of an admin is never so large, so a larger one is a mistake (a mailbox, a device)."""


class Shape(BaseModel):
    """The base of every file's shape: unknown keys and silent conversions are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A TOML file that could be parsed."""

    path: Path
    name: str
    """How messages call it."""
    text: str
    data: Mapping[str, Any]
    lines: Mapping[Keys, int]

    def where(self, *keys: str | int) -> str:
        """Return ``file:line`` of a key, or of the nearest thing around it."""
        path = keys
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.name}:{self.lines[path]}" if path else f"{self.name}:1"

    def problem(self, keys: Keys, what: str, *, said: str | None = None) -> Problem:
        """Make a problem at a key; ``said`` is how the message calls the place when the keys do not say it well."""
        place = self.place(keys) if said is None else said
        return Problem(where=self.where(*keys), what=f"{place}: {what}" if place else what)

    def place(self, keys: Keys) -> str:
        """Call a place by its keys, and an element of an array of tables by its own name: ``rule "vpn" (when.to)``."""
        if len(keys) < 2 or not isinstance(keys[1], int):
            return dotted(keys)
        element = self.data[str(keys[0])][keys[1]] if isinstance(self.data.get(str(keys[0])), list) else None
        name = next((element[key] for key in ("id", "name") if key in element), "") if isinstance(element, dict) else ""
        if not name or not isinstance(name, str):
            return dotted(keys)
        rest = dotted(keys[2:])
        return f"{keys[0]} {json.dumps(name, ensure_ascii=False)}" + (f" ({rest})" if rest else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Generic[T]):
    """A judged document: its value, or the problems that left none."""

    value: T | None
    problems: tuple[Problem, ...]


def shown(path: Path) -> str:
    """Name a file as the admin would: from the working directory when it lies in there."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def read(path: Path) -> Document | Problem:
    """Read and parse a file."""
    name = shown(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        return Problem(where=name, what=f"cannot be read: {error.strerror}")
    if len(data) > LARGEST:
        return Problem(where=name, what=f"is {len(data)} bytes large; at most {LARGEST} are read")
    found = decoded(data, name)
    if isinstance(found, Problem):
        return found
    text = found.replace("\r\n", "\n")
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _syntax(name, text, str(error))
    except (RecursionError, ValueError, OverflowError) as error:
        return Problem(where=f"{name}:1", what=f"cannot be read as TOML: {_first_line(str(error))}")
    return Document(path=path, name=name, text=text, data=parsed, lines=lines_of(text))


_AT = re.compile(r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)


def _syntax(name: str, text: str, message: str) -> Problem:
    match = _AT.match(message)
    line = int(match[2]) if match and match[2] else text.rstrip().count("\n") + 1
    column = f" (column {match[3]})" if match and match[3] else " (at the end of the file)"
    said = match[1] if match else message
    return Problem(where=f"{name}:{line}", what=f"not valid TOML: {_first_line(said)}{column}")


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:200] if text.strip() else "no reason given"


def judge(document: Document, shape: Any) -> Judged[Any]:
    """Judge a document by its shape."""
    try:
        return Judged(value=TypeAdapter(shape).validate_python(document.data), problems=())
    except ValidationError as error:
        details = error.errors(include_url=False)
    misspelt = {
        (*path[:-1], _close(str(path[-1]), keys_at(shape, path[:-1])))
        for path in (_inside(document.data, detail["loc"])[0] for detail in details if _is_extra(detail))
    }
    found = [_problem(document, shape, detail) for detail in details if _target(document, detail) not in misspelt]
    return Judged(value=None, problems=tuple(dict.fromkeys(found)))


def _is_extra(detail: Any) -> bool:
    return bool(detail["type"] == "extra_forbidden")


def _target(document: Document, detail: Any) -> Keys | None:
    """Return the keys that a "missing" error is about: nothing to say when a misspelt key stands there instead."""
    if detail["type"] != "missing":
        return None
    path, missing = _inside(document.data, detail["loc"])
    return (*path, missing) if missing is not None else None


def _problem(document: Document, shape: Any, detail: Any) -> Problem:
    kind, location = detail["type"], detail["loc"]
    path, missing = _inside(document.data, location)
    context = detail.get("ctx", {})
    if kind == "missing":
        keys, what = path, f"{missing or location[-1]} is missing{_expecting(shape, path, missing)}"
    elif kind == "extra_forbidden":
        keys, what = path, f"unknown key{_nearest(str(path[-1]), keys_at(shape, path[:-1]))}"
    elif kind in ("value_error", "assertion_error"):
        keys, what = path, str(context.get("error", detail["msg"]))
    elif kind == "literal_error":
        names = [name.strip("'") for name in re.split(r", | or ", str(context.get("expected", "")))]
        keys, what = path, unknown(str(detail["input"]), names, found=tell(detail["input"]))
    else:
        keys, what = path, f"found {tell(detail['input'])}, expected {_expected(kind, detail['msg'], context)}"
    return document.problem(keys, what)


def _inside(data: Any, location: Sequence[str | int]) -> tuple[Keys, str | None]:
    """Follow an error's location through the data; names that are not in the data are tags of the shape."""
    path: list[str | int] = []
    missing: str | None = None
    for part in location:
        known = part in data if isinstance(data, Mapping) else isinstance(data, list) and part in range(len(data))
        if known:
            data = data[part]
            path.append(part)
        else:
            missing = str(part)
    return tuple(path), missing


def keys_at(shape: Any, path: Keys) -> list[str]:
    """Return the keys that a shape knows at a place."""
    shapes = [shape]
    for part in path:
        shapes = [inner for outer in shapes for inner in _step(outer, part)]
    names: list[str] = []
    for found in (inner for outer in shapes for inner in _plain(outer)):
        if isinstance(found, type) and issubclass(found, BaseModel):
            names += [field.alias or name for name, field in found.model_fields.items()]
    return names


def _step(shape: Any, part: str | int) -> Iterable[Any]:
    for found in _plain(shape):
        if isinstance(found, type) and issubclass(found, BaseModel):
            for name, field in found.model_fields.items():
                if part in (name, field.alias):
                    yield field.annotation
        elif (origin := get_origin(found)) in (dict, list, tuple):
            yield get_args(found)[1 if origin is dict else 0]


def _plain(shape: Any) -> Iterable[Any]:
    if hasattr(shape, "__value__"):
        yield from _plain(shape.__value__)
    elif get_origin(shape) is Annotated:
        yield from _plain(get_args(shape)[0])
    elif get_origin(shape) in (Union, UnionType):
        for option in get_args(shape):
            yield from _plain(option)
    else:
        yield shape


def _expecting(shape: Any, path: Keys, name: str | None) -> str:
    for found in [inner for outer in _all_steps(shape, path) for inner in _plain(outer)]:
        if isinstance(found, type) and issubclass(found, BaseModel) and name in found.model_fields:
            said = found.model_fields[name].description
            return f" ({said})" if said else ""
    return ""


def _all_steps(shape: Any, path: Keys) -> list[Any]:
    shapes = [shape]
    for part in path:
        shapes = [inner for outer in shapes for inner in _step(outer, part)]
    return shapes


_EXPECTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list in [ ]",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "date_type": "a date like 2026-12-31, without quotes",
    "date_from_datetime_inexact": "a date like 2026-12-31, without quotes",
    "time_type": "a time like 08:00:00, without quotes",
    "datetime_type": "a date and time like 2026-12-31 15:00:00, without quotes",
}


def _expected(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        words = {"ge": "at least", "le": "at most", "gt": "more than", "lt": "less than"}
        return " and ".join(f"{words[key]} {value}" for key, value in context.items() if key in words)
    if kind == "too_short":
        return f"at least {context.get('min_length', 1)} of them"
    if kind == "string_too_short":
        return "text that is not empty"
    return _first_line(message)[:1].lower() + _first_line(message)[1:]


def tell(value: Any) -> str:
    """Say what was found, shortly."""
    if isinstance(value, str):
        return json.dumps(value if len(value) <= 60 else f"{value[:60]}…", ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return str(value)[:60]


def _close(name: str, valid: Sequence[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, valid, n=1, cutoff=0.6)), None)


def _nearest(name: str, valid: Sequence[str]) -> str:
    close = _close(name, valid)
    if close is not None:
        return f", did you mean {close}?"
    return f"; known here: {', '.join(valid)}" if valid and len(valid) <= 30 else ""


MOST_NAMED = 40
"""Names that a message lists; more are no help."""


def unknown(name: str, valid: Iterable[str], *, kind: str = "", found: str | None = None) -> str:
    """Say that a name is none of the valid ones, and which is the nearest."""
    names = list(valid)
    what = f"unknown {kind} {name}" if kind else f"found {found or name}"
    close = _close(name, names)
    if close is not None:
        return f"{what}, did you mean {close}?"
    return f"{what}, expected one of {', '.join(names)}" if names and len(names) <= MOST_NAMED else what


def dotted(keys: Keys) -> str:
    """Write keys as an admin would: ``smtp.listen``, ``rule 2 (when.to)``."""
    text = ""
    for key in keys:
        text += f"[{key + 1}]" if isinstance(key, int) else (f".{key}" if text else key)
    return text

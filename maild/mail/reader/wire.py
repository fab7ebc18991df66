"""Mail to JSON and back, between the daemon and a reader: never pickle, for the other end has touched hostile bytes."""

from __future__ import annotations

import dataclasses
import json
import operator
import types
import typing
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from maild.core.values.mail import Envelope, Mail
from maild.mail.options import ReadOptions

Make = Callable[..., Any]


def to_json(value: Any) -> bytes:
    """Write a frozen value (a Mail, an Envelope, ReadOptions) as JSON: each dataclass as the list of its fields.

    A Mail goes without its envelope: the daemon has it.
    """
    return _ENCODER.encode(value).encode("ascii")


def _plain(value: Any) -> Any:
    """Return what stands in JSON for a value that JSON does not know."""
    if isinstance(value, frozenset):
        return list(value)
    if isinstance(value, datetime):
        return value.isoformat()
    kind: type = type(value)
    return _values(kind)(value)


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_plain, check_circular=False)


@cache
def _values(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    """Return what takes the fields out of a dataclass, all at once."""
    return operator.attrgetter(*_names(kind))


@cache
def _names(kind: type) -> tuple[str, ...]:
    names = tuple(found.name for found in dataclasses.fields(kind))
    return tuple(name for name in names if name != "envelope") if kind is Mail else names


def mail_from(data: bytes | bytearray, envelope: Envelope) -> Mail:
    """Read a Mail; its envelope is the daemon's own.

    Raises:
        ValueError: when it is not exactly a Mail.

    """
    try:
        mail: Mail = _dataclass(Mail)(json.loads(data), envelope=envelope)
        return mail
    except (TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise ValueError(f"not a Mail: {type(error).__name__}") from error


def envelope_from(data: bytes) -> Envelope:
    """Read an Envelope."""
    made: Envelope = _dataclass(Envelope)(json.loads(data))
    return made


def options_from(data: bytes) -> ReadOptions:
    """Read ReadOptions."""
    made: ReadOptions = _dataclass(ReadOptions)(json.loads(data))
    return made


@cache
def _dataclass(kind: type) -> Make:
    hints = typing.get_type_hints(kind)
    makers = [(name, _field(hints[name])) for name in _names(kind)]
    count = len(makers)
    names = [name for name, _ in makers]
    makes = [make for _, make in makers]

    def make(values: Any, **known: Any) -> Any:
        if type(values) is not list or len(values) != count:
            raise ValueError(f"not a {kind.__name__}")
        made = [make(value) for make, value in zip(makes, values, strict=True)]
        return kind(**known, **dict(zip(names, made, strict=True)))

    return make


def _field(hint: Any) -> Make:
    """Return what makes a value of a type out of JSON, and refuses any other."""
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        inner = _field(next(one for one in typing.get_args(hint) if one is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin in (tuple, frozenset):
        return _sequence(origin, typing.get_args(hint))
    if origin is typing.Literal:
        return _one_of(frozenset(typing.get_args(hint)))
    if dataclasses.is_dataclass(hint):
        return _dataclass(typing.cast(type, hint))
    if hint is datetime:
        return datetime.fromisoformat
    return _exactly(hint)


def _sequence(origin: Any, arguments: tuple[Any, ...]) -> Make:
    length = None if origin is frozenset or arguments[-1] is Ellipsis else len(arguments)
    if arguments[0] in (str, int) and (length is None or len(set(arguments)) == 1):
        return _alike(origin, arguments[0], length)
    if length is None:
        one = _field(arguments[0])
        return lambda value: origin(map(one, _list(value)))
    each = [_field(argument) for argument in arguments]
    return lambda value: tuple(make(one) for make, one in zip(each, _list(value), strict=True))


def _alike(origin: Any, kind: type, length: int | None) -> Make:
    """Make a tuple or frozenset of strings or numbers, checked together and not one by one: a mail has hundreds."""
    allowed = frozenset({kind})

    def make(value: Any) -> Any:
        wrong = type(value) is not list or not allowed.issuperset(map(type, value))
        if wrong or (length is not None and len(value) != length):
            raise ValueError(f"not all {kind.__name__}, or not {length} of them")
        return origin(value)

    return make


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise ValueError("not a list")
    return value


def _one_of(known: frozenset[Any]) -> Make:
    def make(value: Any) -> Any:
        if value not in known:
            raise ValueError("not a known word")
        return value

    return make


def _exactly(kind: type) -> Make:
    def make(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"not {kind.__name__}")
        return value

    return make

"""Why something is decided, as a value: a code with arguments, put into words only where somebody reads it.

Whatever decides gives a :class:`Reason`. Letters, logs and commands put it into words in the reader's language
(``reason_words``), and nothing is ever read back out of words. What a stranger wrote is an argument: it is cleaned
where it is shown, and can be mistaken for no sentence of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

from maild.core.reasons.codes import JOINS, TAKES, Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A code and what it is about, in the order of :data:`maild.core.reasons.codes.TAKES`."""

    code: Code
    args: tuple[str | int | Reason, ...] = ()


_BARE: dict[Code, Reason] = {code: Reason(code=code) for code in get_args(Code)}

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def because(code: Code, *args: str | int | Reason) -> Reason:
    """Make a reason."""
    return Reason(code=code, args=args) if args else _BARE[code]


def text(value: str) -> Reason:
    """Make a reason of words that are not ours: a server's, an admin's, or those of an older store."""
    return Reason(code="text", args=(value,))


def both(first: Reason | None, *others: Reason | None) -> Reason:
    """Join reasons that all hold; those that are None are left out.

    Raises:
        ValueError: when there is none at all.

    """
    parts = [part for reason in (first, *others) if reason is not None for part in _parts(reason)]
    if not parts:
        raise ValueError("nothing to join")
    return parts[0] if len(parts) == 1 else Reason(code="both", args=tuple(parts))


def _parts(reason: Reason) -> tuple[Reason, ...]:
    return tuple(part for part in reason.args if isinstance(part, Reason)) if reason.code == "both" else (reason,)


def listed(reasons: Iterable[Reason]) -> Reason:
    """Join reasons in one line, with commas."""
    found = tuple(reasons)
    return found[0] if len(found) == 1 else Reason(code="list", args=found)


def lines(reasons: Iterable[Reason]) -> Reason:
    """Join reasons, one a line."""
    return Reason(code="lines", args=tuple(reasons))


# -- as data ----------------------------------------------------------------------------------------------------------


def as_data(reason: Reason | None) -> list[Any] | str:
    """Return a reason as plain lists, for JSON; words that are not ours are a text, and no reason is an empty one."""
    if reason is None:
        return ""
    if reason.code == "text":
        return str(reason.args[0])
    return [reason.code, *(_argument(arg) for arg in reason.args)]


def _argument(arg: str | int | Reason) -> list[Any] | str | int:
    """Return an argument as data: a list is a reason, so that a text is never taken for one."""
    if isinstance(arg, Reason):
        return [arg.code, *(_argument(part) for part in arg.args)]
    return arg


def of_data(data: object) -> Reason | None:
    """Return the reason that data stands for; what is none (an older store's words) is a text."""
    if isinstance(data, str):
        return text(data) if data else None
    return _reason(data) or text(json.dumps(data, ensure_ascii=False))


def _reason(data: object) -> Reason | None:
    if not isinstance(data, list) or not data or data[0] not in _BARE:
        return None
    args = tuple(_reason(arg) if isinstance(arg, list) else arg for arg in data[1:])
    if any(isinstance(arg, bool) or not isinstance(arg, (str, int, Reason)) for arg in args):
        return None
    fits = (
        all(isinstance(arg, Reason) for arg in args) if data[0] in JOINS else len(args) == len(TAKES.get(data[0], ()))
    )
    return Reason(code=data[0], args=args) if fits else None  # type: ignore[arg-type]


def dump(reason: Reason | None) -> str:
    """Return a reason as one text, for a column: JSON, or words that are not ours as they stand."""
    data = as_data(reason)
    if isinstance(data, str) and not data.startswith("["):
        return data
    # A text that begins as JSON does is written out, so that no stranger's words are ever read as a reason of ours.
    return _JSON.encode(["text", data] if isinstance(data, str) else data)


def load(stored: str) -> Reason | None:
    """Return the reason in a column; None when it is empty, a text when it is words of an older store."""
    if stored.startswith("["):
        try:
            found = _reason(json.loads(stored))
        except (ValueError, RecursionError):
            found = None
        return found or text(stored)
    return text(stored) if stored else None

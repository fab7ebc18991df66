"""Read Authentication-Results fields (RFC 8601 §2.2), strictly: what is not well formed says nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST = 8192
"""Longest field read; real ones have a few hundred characters."""
_TOKEN = re.compile(r'\s+|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<sign>[;=])|(?P<word>[^\s;="()\\]+)')
_ESCAPED = re.compile(r"\\(.)")
_BRACKET = re.compile(r"[()]|\\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One method's result: ``dmarc=pass (p=reject) header.from=a.example``."""

    method: str
    value: str
    properties: tuple[tuple[str, str], ...] = ()
    comment: str = ""

    def get(self, name: str) -> str | None:
        """Return the one value of a property, lower case; None when it is absent or said twice."""
        found = [value for key, value in self.properties if key == name]
        return found[0].lower() if len(found) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A whole field: who says it, and what."""

    authserv_id: str
    results: tuple[Result, ...]

    def of(self, method: str) -> tuple[Result, ...]:
        """Return the results of one method."""
        return tuple(result for result in self.results if result.method == method)


def parse(value: str, *, nameless: bool = False) -> Results | None:
    """Read the value of a field; None when it does not follow the grammar.

    With ``nameless`` it begins with a result at once, as Microsoft 365 writes it, and must not name anybody.
    """
    segments = _segments(value)
    if segments is None:
        return None
    if nameless:
        authserv_id = ""
    else:
        words = [token for token, _ in segments.pop(0)]
        if not words or words[0] in "=" or words[0].startswith('"') or words[1:] not in ([], ["1"]):
            return None
        authserv_id = words[0].lower()
    results: list[Result] = []
    for segment in segments:
        words = [token.lower() for token, _ in segment]
        if words == ["none"] or not words:
            continue
        result = _result(segment)
        if result is None:
            return None
        results.append(result)
    return Results(authserv_id=authserv_id, results=tuple(results))


def without_comments(value: str) -> str | None:
    """Return a structured value with its comments (nested, RFC 5322 §3.2.2) taken out; None when they do not match."""
    tokens = _segments(value)
    return None if tokens is None else " ; ".join(" ".join(token for token, _ in segment) for segment in tokens)


def _segments(value: str) -> list[list[tuple[str, str]]] | None:
    """Split at ``;`` into tokens, each with the comment that follows it; None when something does not match."""
    if len(value) > MOST:
        return None
    segments: list[list[tuple[str, str]]] = [[]]
    at = 0
    while at < len(value):
        if value[at] == "(":
            end = _comment_end(value, at)
            if end is None:
                return None
            if segments[-1]:
                token, comment = segments[-1][-1]
                segments[-1][-1] = (token, f"{comment} {value[at + 1 : end - 1]}".strip())
            at = end
            continue
        match = _TOKEN.match(value, at)
        if match is None:
            return None
        at = match.end()
        if match["sign"] == ";":
            segments.append([])
        elif match.lastgroup is not None:
            segments[-1].append((match[0], ""))
    return segments


def _comment_end(value: str, start: int) -> int | None:
    depth = 0
    for match in _BRACKET.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return None


def _result(segment: list[tuple[str, str]]) -> Result | None:
    """Read ``method=value *(ptype.property=pvalue)``."""
    if len(segment) % 3:
        return None
    pairs: list[tuple[str, str]] = []
    for position in range(0, len(segment), 3):
        (name, _), (sign, _), (given, _) = segment[position : position + 3]
        if sign != "=" or given == "=" or name.startswith('"') or name == "=":
            return None
        pairs.append((name.lower(), _ESCAPED.sub(r"\1", given[1:-1]) if given.startswith('"') else given))
    method, _, version = pairs[0][0].partition("/")
    if version not in ("", "1"):
        return None
    return Result(method=method, value=pairs[0][1].lower(), properties=tuple(pairs[1:]), comment=segment[2][1])

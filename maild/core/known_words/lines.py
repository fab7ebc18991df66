"""Which lines of a mail stand in its case already: known by their words, wherever a client wrapped or marked them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from maild.core.facts import Key, KnownWords
from maild.core.known_words.runs import LENGTH, MOST_WORDS, runs, unpacked, words_of

_LONGEST_SIGN = 40
COVERAGE = 0.8
"""So much of a line's words must stand in runs that are known, the first and the last among them, and no two together
may be new: they answer what the rest asks. A line of fewer than four words must be known whole, by runs that reach into
its neighbours: a typed "Nei" is not hidden by an old one that stood elsewhere."""

Standing = Literal["no words", "unknown", "internal", "public"]
"""Of a line: it holds no word, stands nowhere in the case, stands there for agents only, or for all who take part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLine:
    """What is known of one line."""

    standing: Standing
    ours: bool = False
    """We wrote it: it stands in a letter of ours."""
    draft: bool = False
    """An agent wrote it and nobody got it."""
    words: int = 0
    secret: int = 0
    """How many of its words stand in the case for agents only, also where the line as a whole is unknown."""


_WORDLESS = KnownLine(standing="no words")
_SIGN = KnownLine(standing="unknown", words=1)
_DRAWN = range(0x2500, 0x25A0)
"""Lines and blocks (U+2500 to U+259F), which only draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a case holds, as runs that can be looked up."""

    case: int
    key: Key
    public: frozenset[int]
    internal: frozenset[int]
    ours: frozenset[int]
    drafts: frozenset[int]


def memories(known: Iterable[KnownWords], keys: Iterable[Key]) -> tuple[Memory, ...]:
    """Make what the store holds of cases ready to be asked; what was made with a key that is gone is not known."""
    by_id = {key.id: key for key in keys}
    rows: dict[tuple[int, int], list[KnownWords]] = {}
    for one in known:
        if one.key in by_id:
            rows.setdefault((one.case, one.key), []).append(one)
    return tuple(_memory(case, by_id[key], group) for (case, key), group in rows.items())


def _memory(case: int, key: Key, kept: Sequence[KnownWords]) -> Memory:
    """Gather what was taken down of a case; what letters to agents cite, of others or of drafts, is not ours."""
    theirs, drafts = _set(one.theirs_public for one in kept), _set(one.drafts for one in kept)
    theirs_internal = _set(one.theirs_internal for one in kept)
    ours_public = _set(one.ours_public for one in kept)
    ours_internal = _set(one.ours_internal for one in kept) - theirs - theirs_internal - drafts
    return Memory(
        case=case,
        key=key,
        public=ours_public | theirs,
        internal=ours_internal | theirs_internal,
        ours=ours_public | ours_internal,
        drafts=drafts,
    )


def _set(stored: Iterable[bytes]) -> frozenset[int]:
    return frozenset(unpacked(b"".join(stored)))


def known_lines(lines: Sequence[str], memories: Sequence[Memory]) -> list[KnownLine]:
    """Say of each line whether its words stand in the case; of a text too long to compare, nothing is known."""
    by_line = [words_of(line) for line in lines]
    words = [word for line in by_line for word in line]
    total = len(words)
    public, internal, ours, drafts = (bytearray(total) for _ in range(4))
    if total <= MOST_WORDS:
        for memory in memories:
            numbers = runs(words, memory.key, memory.case)
            for known, covered in (
                (memory.public, public),
                (memory.internal, internal),
                (memory.ours, ours),
                (memory.drafts, drafts),
            ):
                if known:
                    _cover(numbers, known, covered)
    found, at = [], 0
    for text, line in zip(lines, by_line, strict=True):
        end = at + len(line)
        if line:
            found.append(_line(public[at:end], internal[at:end], ours[at:end], drafts[at:end]))
        else:
            found.append(_SIGN if _says_something(text) else _WORDLESS)
        at = end
    return found


def _says_something(line: str) -> bool:
    """Tell whether a line without a word says something all the same: ``?``, a sign such as a thumb, a link alone."""
    return "://" in line or any(
        sign in "?!" or (sign > "\u2000" and unicodedata.category(sign) == "So" and ord(sign) not in _DRAWN)
        for sign in line[:_LONGEST_SIGN]
    )


def _cover(numbers: Sequence[int], known: frozenset[int], covered: bytearray) -> None:
    """Mark the words of each run that is known."""
    run = b"\x01" * LENGTH
    for at, number in enumerate(numbers):
        if number in known:
            covered[at : at + LENGTH] = run


def _line(public: bytearray, internal: bytearray, ours: bytearray, drafts: bytearray) -> KnownLine:
    total = len(public)
    secret = sum(one > other for one, other in zip(internal, public, strict=True))
    if not _is_covered(bytearray(map(max, public, internal))):
        return KnownLine(standing="unknown", words=total, draft=_is_covered(drafts), secret=secret)
    standing: Standing = "public" if _is_covered(public) else "internal"
    return KnownLine(standing=standing, ours=_is_covered(ours), words=total, secret=secret)


def _is_covered(covered: bytearray) -> bool:
    """Tell whether a line is known: a word at its beginning or end, or two together, may be an answer on its line."""
    total, known = len(covered), sum(covered)
    if known == total:
        return True
    return total >= LENGTH and known >= total * COVERAGE and bool(covered[0] and covered[-1]) and b"\0\0" not in covered

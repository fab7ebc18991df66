"""Whole words, whatever their case and form: what rules mean by ``words = ["lösenord", "pass*", "logge inn"]``.

Regular expressions cannot do it (in RE2 ``\\b`` and ``\\w`` know ASCII only: ``\\bøl\\b`` finds nothing), so words are
split and folded here: NFC, casefolded, soft hyphens gone. ``#`` is a word of its own: ``#webinar`` can be asked for.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

_MARKS = "".join(chr(number) for number in range(0x300, 0x1F000) if unicodedata.combining(chr(number)))
_PILE = re.compile(rf"([{_MARKS}]{{30}})[{_MARKS}]+")
"""More marks on one letter than any writing has (UAX #15, stream-safe text). Normalizing sorts them: a pile of some ten
thousand takes the interpreter, and with it the whole desk, seconds."""
_WORD = re.compile(r"[\w\u0300-\u036f]+|#")
HEAD = 3
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_GONE = dict.fromkeys(map(ord, _INVISIBLE))
_BETWEEN = {number: " " for number in range(128) if not _WORD.match(chr(number))}
"""What stands between words of ASCII."""
_head = itemgetter(slice(HEAD))


def fold(text: str) -> str:
    """Return the words of a text, folded, with one space around each."""
    return f" {' '.join(split(text))} "


def split(text: str) -> list[str]:
    """Return the words of a text, folded; a text of ASCII alone is in its form already, and quicker to take apart."""
    if text.isascii():
        return text.lower().replace("#", " # ").translate(_BETWEEN).split()
    if any(letter in text for letter in _INVISIBLE):
        text = text.translate(_GONE)
    try:
        text.encode("latin-1")  # most texts; quicker than looking for marks
    except UnicodeEncodeError:
        text = _PILE.sub(r"\1", text)
    return _WORD.findall(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A text as its folded words."""

    text: str
    words: frozenset[str]
    keys: frozenset[str]
    """Every word, and the first letters of each: what a needle may begin with at all."""


@lru_cache(maxsize=4)
def folded(text: str) -> Folded:
    """Fold a text once, to be searched many times; the last few are kept, for two rulebooks may ask of one mail."""
    found = split(text)
    words = frozenset(found)
    return Folded(text=f" {' '.join(found)} ", words=words, keys=words.union(map(_head, found)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Needle:
    """A word, a phrase, or with ``*`` at its end the beginning of one."""

    said: str
    """As the rule writes it."""
    text: str
    """Folded, with a space on the sides where a word must end."""
    single: bool
    """One whole word: looking it up in the set of words is enough."""
    key: str | None
    """Its first word, or the first letters of it when that may go on: what must be among a text's keys. None: any."""


def needle(said: str) -> Needle:
    """Make a needle of what a rule says.

    Raises:
        ValueError: with what is expected, when it holds no word.

    """
    prefix = said.rstrip().endswith("*")
    text = fold(said.rstrip().removesuffix("*"))
    if text.strip() in ("", "#") or "*" in said.rstrip()[:-1]:
        raise ValueError("a word like passord, a phrase like logge inn, or with * at the end a beginning like pass*")
    words = text.split()
    if prefix:
        key = words[0] if len(words) > 1 else words[0][:HEAD]
        short = len(words) == 1 and len(key) < HEAD
        return Needle(said=said, text=text.rstrip(), single=False, key=None if short else key)
    single = len(words) == 1
    return Needle(said=said, text=words[0] if single else text, single=single, key=words[0])


def find(needle: Needle, inside: Folded) -> str | None:
    """Return the words found, or None."""
    if needle.single:
        return needle.text if needle.text in inside.words else None
    start = inside.text.find(needle.text)
    if start < 0:
        return None
    end = inside.text.find(" ", start + len(needle.text.rstrip()))
    return inside.text[start:end].strip()

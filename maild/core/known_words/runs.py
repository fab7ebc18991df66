"""Runs of four words as keyed numbers: what stands in a case is known again, whatever a mail client made of it.

Wraps, quote marks, bold and lost line breaks do not matter, for only words count. What is kept of a text are numbers
that nobody can make without the desk's key and the case's number: they give no word away, and those of two cases have
nothing in common. A run's number is a sum of its words' numbers, each times a factor of its place, modulo a prime: two
runs that differ have the same one by chance only (Carter and Wegman, *Universal classes of hash functions*).
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Sequence
from functools import lru_cache

from maild.core.facts import Key
from maild.core.values.words import split

LENGTH = 4
"""Words in a run."""
MOST_WORDS = 50_000
"""Words of one text that are kept (400 KB). What stands beyond is not known again, and so is always shown."""
_PRIME = (1 << 61) - 1
_MOST_NUMBERS = 200_000
_ADDED = re.compile(r"<(?:mailto|https?|tel):[^<>\s]{1,2000}>|\[(?:cid|image|bilde|bild|inline):[^\[\]\n]{0,300}\]")
"""What mail clients write into a quoted text by themselves: the target of a link behind it, a place for a picture."""


_REWRITTEN = re.compile(
    r"https://[\w.-]{1,60}\.safelinks\.protection\.outlook\.com/[^\s?]{0,40}\?url=(?P<safe>[^&\s<>]{1,2000})[^\s<>]{0,2000}"
    r"|https://urldefense(?:\.proofpoint)?\.com/v2/url\?u=(?P<v2>[^&\s<>]{1,2000})[^\s<>]{0,2000}"
    r"|https://urldefense\.com/v3/__(?P<v3>[^\s<>]{1,2000}?)__;[^\s<>]{0,2000}"
)
"""What mail gateways make of a link."""
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: folded, without what clients and gateways do to links."""
    if "https://" in text:
        text = unwrapped(text)
    if "<" in text or "[" in text:
        text = _ADDED.sub(" ", text)
    return split(text)


def unwrapped(text: str) -> str:
    """Return a text with the links that a gateway rewrote as they were."""
    return _REWRITTEN.sub(_target, text) if "safelinks" in text or "urldefense" in text else text


def _target(link: re.Match[str]) -> str:
    """Return what a rewritten link leads to."""
    if link["v3"]:
        return link["v3"]
    written = link["safe"] or link["v2"].replace("-", "%").replace("_", "/")
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), written)


def runs(words: Sequence[str], key: Key, case: int) -> list[int]:
    """Return the number of each run, in order: ``len(words) - 3`` of them, or none."""
    if len(words) < LENGTH:
        return []
    a, b, c, d = _factors(key.secret, case)
    of = _numbers(key.secret)
    numbers = list(map(of.__getitem__, words))
    following = zip(numbers, numbers[1:], numbers[2:], numbers[3:], strict=False)
    return [(a * first + b * second + c * third + d * fourth) % _PRIME for first, second, third, fourth in following]


def packed(numbers: Sequence[int]) -> bytes:
    """Return runs as they are stored: eight octets each, little-endian."""
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def unpacked(data: bytes) -> tuple[int, ...]:
    """Return stored runs."""
    return struct.unpack(f"<{len(data) // 8}Q", data)


class _Numbers(dict[str, int]):
    """Words' numbers under one key, each made once; a mapping and not ``lru_cache``, which takes thrice the time."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._key = key

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_NUMBERS:
            self.clear()
        made = hashlib.blake2b(word.encode(errors="replace"), digest_size=4, key=self._key).digest()
        number = self[word] = int.from_bytes(made) >> 2
        return number


@lru_cache(maxsize=16)
def _numbers(secret: bytes) -> _Numbers:
    return _Numbers(_own(secret))


@lru_cache(maxsize=1024)
def _factors(secret: bytes, case: int) -> tuple[int, ...]:
    """Return what a case multiplies the four words of a run with."""
    drawn = hashlib.blake2b(b"runs of case %d" % case, digest_size=64, key=_own(secret)).digest()
    return tuple(int.from_bytes(drawn[at : at + 16]) % (_PRIME - 1) + 1 for at in range(0, 64, 16))


@lru_cache(maxsize=16)
def _own(secret: bytes) -> bytes:
    """Return a key of the length that the hash takes, and that signs nothing else."""
    return hashlib.blake2b(b"known words\0" + secret, digest_size=32).digest()

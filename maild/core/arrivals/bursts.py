"""Telling "nearly the same mail": the same subject, nearly the same words, the same numbers and files (law A7).

Numbers and files count whole: another telephone number, device or recording is another matter, and often they are all
that tells the mails of one robot apart.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence

from maild.core.facts import Arrival
from maild.core.reasons.reason import Reason, because

_DIGITS = re.compile(r"\d+")
_WORDS = re.compile(r"[^\W_]+")
_BLANKED = bytes(octet if octet in b"0123456789" else ord(" ") for octet in range(256))
_SKETCH = 8
_MOST_WORDS = 60
_LOOKED_AT = 700
"""Characters in which so many words are found; reading every mail pays for more."""
_NUMBERS_IN = 4000
"""Characters in which numbers are found."""
SIMILAR_COUNT = 2
"""So many earlier mails that look the same make the next one a burst: the third folds."""


def subject_shape(subject: str) -> str:
    """Return a short name for subjects that differ only in case and space."""
    plain = " ".join(subject.casefold().split())
    return f"{zlib.crc32(plain.encode()):08x}" if plain else ""


def text_shape(text: str, files: Iterable[str] = ()) -> tuple[int, ...]:
    """Return a small sketch of a text and its files: a hash of what must be equal, then the words'.

    These are the lowest hashes of the first pairs of words, numbers masked. ``files`` are hashes of the files' bytes.
    """
    exact = [*numbers(text[:_NUMBERS_IN]), "/", *sorted(files)]
    words = _WORDS.findall(_DIGITS.sub("0", text[:_LOOKED_AT].casefold()))[:_MOST_WORDS]
    if not words and len(exact) == 1:
        return ()
    pairs = {zlib.crc32(f"{one} {two}".encode()) for one, two in zip(words, words[1:] or [""], strict=False)}
    return (zlib.crc32(" ".join(exact).encode()), *sorted(pairs)[:_SKETCH])


def numbers(text: str) -> list[str]:
    """Return the runs of digits in a text.

    Speed code: most texts fit one octet a letter, and blanking octets takes a tenth of what the pattern takes, which
    reads every mail: reading is 3 % quicker (``python benchmarks/reading.py``).
    """
    try:
        return text.encode("latin-1").translate(_BLANKED).decode("ascii").split()
    except UnicodeEncodeError:
        return _DIGITS.findall(text)


def similar(one: Sequence[int], two: Sequence[int]) -> bool:
    """Tell whether two sketches come from nearly the same mail; two empty ones are the same."""
    if not one or not two or one[0] != two[0]:
        return not one and not two
    return _nearly(one[1:], two[1:])


def _nearly(one: Sequence[int], two: Sequence[int]) -> bool:
    if not one or not two:
        return not one and not two
    lowest = sorted(set(one) | set(two))[:_SKETCH]
    common = set(one) & set(two)
    return sum(1 for value in lowest if value in common) * 4 >= len(lowest) * 3


def burst(arrivals: Sequence[Arrival], *, limit: int, subject: str, text: Sequence[int]) -> tuple[int, Reason] | None:
    """Return the case this mail folds into and why, or None when it is no burst.

    ``arrivals`` are the author's mails of the last 10 minutes, oldest first; ``limit`` 0 means never.
    """
    if limit == 0:
        return None
    with_case = [arrival for arrival in arrivals if arrival.case is not None]
    alike = [a for a in with_case if a.subject_shape == subject and similar(a.text_shape, text)]
    if len(alike) >= SIMILAR_COUNT and alike[0].case is not None:
        return alike[0].case, because("mails look the same", len(alike))
    if len(arrivals) + 1 >= limit and with_case and with_case[0].case is not None:
        return with_case[0].case, because("mails in 10 minutes", len(arrivals) + 1)
    return None

"""What a case holds, for tests: texts as the store takes them down."""

from __future__ import annotations

from maild.core.facts import Key, KnownWords
from maild.core.known_words.runs import packed, runs, words_of
from tests.kit.make import KEYS


def held(case: int, *, key: Key = KEYS[0], **texts: str) -> KnownWords:
    """Return what a case holds after one plan: texts by who wrote them and who may see them (``ours_public=…``)."""
    return KnownWords(
        case=case, key=key.id, **{name: packed(runs(words_of(text), key, case)) for name, text in texts.items()}
    )

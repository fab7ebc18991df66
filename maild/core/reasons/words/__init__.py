"""Reasons in words: one sentence a code and language, with its arguments filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from maild.core.reasons.codes import JOINS, TAKES, Code
from maild.core.reasons.reason import Reason
from maild.core.reasons.words.en import EN
from maild.core.reasons.words.no import NO
from maild.core.reasons.words.sv import SV

WORDS: Mapping[str, Mapping[Code, str]] = {"en": EN, "no": NO, "sv": SV}
KIN = {"nn": "no", "nb": "no", "da": "no"}
"""Whose words a language without its own is given; all others get English."""
_GAP = re.compile(r"\{(\w+)\}")


def _pieces(code: Code, sentence: str) -> tuple[str | int, ...]:
    """Return a sentence in pieces: its own words, and the numbers of the arguments between them."""
    names = TAKES.get(code, ())
    return tuple(
        names.index(piece) if place % 2 else piece for place, piece in enumerate(_GAP.split(sentence)) if piece
    )


_PIECES = {lang: {code: _pieces(code, words) for code, words in table.items()} for lang, table in WORDS.items()}


def in_words(reason: Reason | None, language: str) -> str:
    """Put a reason into words; None is no words at all. What is not ours in it is not cleaned yet.

    An argument is kept on the line of its sentence; only words that are a whole reason keep their lines.
    """
    if reason is None:
        return ""
    if reason.code == "text":
        return str(reason.args[0])
    return _said(reason, _PIECES[language if language in _PIECES else KIN.get(language, "en")])


def _said(reason: Reason, table: Mapping[Code, tuple[str | int, ...]]) -> str:
    args = [_said(arg, table) if isinstance(arg, Reason) else " ".join(str(arg).split()) for arg in reason.args]
    if (between := JOINS.get(reason.code)) is not None:
        return between.join(args)
    return "".join(args[piece] if isinstance(piece, int) else piece for piece in table[reason.code])

"""Which language a text is in: CLD2 (its one home), its commonest words where CLD2 is unsure.

A hint would ruin CLD2's answer, so it gets none; control characters would make it fail, so they are taken out.
"""

from __future__ import annotations

import re

import pycld2  # type: ignore[import-untyped]

_WORDS = {
    "no": "jeg ikke og det er på av til som med har kan vi noe hva fra etter være også eller vil hvordan min må "
    "få blir når hei hilsen mvh fått bare dere denne noen takk vennlig ut opp inn mer enn får gjøre skal ",
    "nn": "eg ikkje og det er på av til som med har kan vi noko kva frå etter vere også eller vil korleis min "
    "må få blir når hei helsing fått berre dykk denne nokon takk venleg dei ho her kor kvifor gjere skal "
    "meir vert ",
    "sv": "jag inte och det är på av till som med har kan vi något vad från efter vara också eller vill hur min "
    "måste få blir när hej hälsningar fått bara ni denna någon tack vänliga mvh ut upp in mer än får göra "
    "ska ",
    "da": "jeg ikke og det er på af til som med har kan vi noget hvad fra efter være også eller vil hvordan min "
    "må få bliver når hej hilsen mvh fået kun i denne nogen tak venlig ud op ind mere end får gøre skal ",
    "en": "i not and the is on of to as with have can we something what from after be also or will how my must "
    "get when hello hi regards only you this thanks please are it for in that do would ",
    "de": "ich nicht und das ist auf von zu als mit haben kann wir etwas was aus nach sein auch oder will wie "
    "mein muss wenn hallo grüße nur sie dieser danke bitte die der den für ein eine ",
    "fi": "minä ei ja se on että tai kun mutta myös voi olen ole kiitos terveisin hei mitä miten minun joka "
    "ovat nyt vain kuin sitä tämä ",
}
_TABLE: dict[str, tuple[str, ...]] = {
    word: tuple(language for language, words in _WORDS.items() if word in words.split())
    for word in {word for words in _WORDS.values() for word in words.split()}
}
LONGEST = 800
"""Characters looked at: the first paragraphs show the language."""
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ADDRESSES = re.compile(r"https?://\S+|\S+@\S+")
_SWEDISH, _DANISH, _RING = "äöÄÖ", "æøÆØ", "åÅ"
_NORDIC = ("no", "nn", "sv", "da", "fi", "is", "fo")
_LETTERS = re.compile(r"[^\W\d_]+")
_LEAST = 2
_SHARE = 12
"""One word in so many must be a common word of the language; Latin filler has fewer."""


def language_of(text: str) -> str | None:
    """Return the language of a text as a code (no, nn, sv, da, en…) when the text shows it clearly, else None."""
    text = text[:LONGEST]
    if not text.replace("\n", " ").isprintable():
        text = _UNREADABLE.sub(" ", text)
    if "@" in text or "://" in text:
        text = _ADDRESSES.sub(" ", text)
    return _by_model(text) or _by_words(text)


def _by_model(text: str) -> str | None:
    """Ask CLD2; it takes short Swedish for Danish or Norwegian, which the letters tell apart."""
    try:
        reliable, _, found = pycld2.detect(text, isPlainText=True, bestEffort=True)
    except pycld2.error:
        return None
    language = str(found[0][1])
    if not reliable or language == "un":
        return None
    swedish, danish = _has(text, _SWEDISH), _has(text, _DANISH)
    if language in ("no", "nn", "da") and swedish and not danish:
        return "sv"
    if language == "sv" and danish and not swedish:
        return None
    if language not in _NORDIC and (danish or _has(text, _RING)):
        return None
    return language


def _has(text: str, letters: str) -> bool:
    return any(letter in text for letter in letters)


def _by_words(text: str) -> str | None:
    """Count the commonest words of each language."""
    words = _LETTERS.findall(text[:500].lower())
    scores = dict.fromkeys(_WORDS, 0)
    for word in words:
        for language in _TABLE.get(word, ()):
            scores[language] += 1
    best = max(scores, key=scores.__getitem__)
    top = scores.pop(best)
    if top < _LEAST or top * _SHARE < len(words) or top == max(scores.values()):
        return None
    return best

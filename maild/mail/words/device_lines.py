"""Recognise the line that a telephone or a mail program adds below a mail (``Sendt fra min iPhone``).

Every word of it must be one that such lines have: a beginning and a name alone stand in sentences, too.
"""

from __future__ import annotations

import re

from maild.mail.words import device_words as table
from maild.mail.words.quotes import plain

STARTS = tuple(
    sorted({start for starts in table.DEVICE.values() for start in starts.split("|")}, key=len, reverse=True)
)
ENDS = tuple(table.DEVICE_ENDS.split("|"))
_HEADS = frozenset(start[:2] for start in STARTS)
_AROUND = "*_.-–—[]()<> "
START = re.compile(rf"\n[{re.escape(_AROUND)}]*+(?:{'|'.join(map(re.escape, STARTS))})")
"""Begins with a line end, and not with ``^``, since ``re`` leaps from one to the next."""
_BEGINS = re.compile("|".join(map(re.escape, STARTS)))
"""The longest beginning comes first."""
_MEANS = tuple(f" {word}" for word in table.MEANS.split("|"))
_NEEDS_END = tuple(table.NEEDS_END.split("|"))
_ALONE = frozenset(table.OUTLOOK_ALONE.split("|"))
_CASES = {start: tuple(endings.split("|")) for start, endings in table.CASES.items()}
_BRANDS = tuple(table.BRANDS.split())
_NAMING = frozenset(start for start in STARTS if "unterwegs" in start or any(map(start.__contains__, _BRANDS)))
_COMMON = frozenset(table.COMMON.split())
_MAKERS = tuple(table.MAKERS.split())
_DEVICES = tuple(table.DEVICES.split())
_APPS = frozenset(table.APPS.split())
_POSSESSIVES = frozenset(table.POSSESSIVES.split())
_LITTLE = frozenset(f"{table.LITTLE} {table.APPS}".split())
_DOWNLOAD = frozenset(table.DOWNLOAD.split())
_PLATFORMS = tuple(table.PLATFORMS.split())
_LONGEST_ENDING = 7
_WORDS = re.compile(r"[^\W_]+(?:[-'’.&][^\W_]+)*(?::[^\W\d_]{1,4}\b)?")
"""A Finnish case may follow a colon (``iOS:lle``)."""
_MODEL = re.compile(r"[a-z]{0,4}-?\d{1,4}[a-z+]{0,3}(?:\.\d{1,2})?(?::[^\W\d_]{1,4})?")
_LINK = re.compile(r"[<(\[]?(?:https?://|mailto:)[^\s>)\]]*[>)\]]?")


def is_device_line(line: str, above: str = "", below: str = "") -> bool:
    """Tell whether a whole line is what a telephone or a mail program adds; the lines around it show when it is not:
    a sentence goes on in them.
    """
    if not 8 < len(line) <= 240:
        return False
    if "://" not in line and "mailto:" not in line and line.isprintable():
        bare = line.strip(_AROUND)
        if bare[:2].casefold()[:2] not in _HEADS and not bare[-16:].casefold().endswith(ENDS):
            return False  # nearly every line
    shown = plain(_LINK.sub(" ", line))
    text = shown.strip(_AROUND)
    fold = text.casefold()
    if not text or len(fold) > 90 or shown[-1] in "!:" or any(sign in fold for sign in ",;?"):
        return False
    begins = _BEGINS.match(fold)
    start = begins.group() if begins is not None else ""
    if not start and not fold.endswith(ENDS):
        return False
    linked = _LINK.search(line) is not None
    if not (_offers(start, fold, linked) if "outlook" in start else _adds(start, text, fold, linked)):
        return False
    if below.strip() and (below.lstrip()[0].islower() or not (linked or _said_by_programs(start))):
        return False
    return not (text[0].islower() and not fold.startswith(_BRANDS)) or not (above.strip() or below.strip())


def _said_by_programs(start: str) -> bool:
    """Tell whether a beginning is one that persons hardly use: not "Sent by", and not "Get Outlook"."""
    return "outlook" not in start and not start.endswith(_MEANS)


def _offers(start: str, fold: str, linked: bool) -> bool:
    """Tell whether a line offers Outlook for a kind of telephone, and nothing else is said."""
    words = _WORDS.findall(fold[len(start) :])
    if start in _ALONE and not linked and _DOWNLOAD.isdisjoint(words):
        return False
    platforms = [word for word in words if _is_one_of(word, _PLATFORMS)]
    return bool(platforms) and all(word in platforms or word in _LITTLE or word in _DOWNLOAD for word in words)


def _adds(start: str, text: str, fold: str, linked: bool) -> bool:
    """Tell whether every word below a beginning is one of a device line, and one of them names the device."""
    if start in _NEEDS_END and not fold.endswith(ENDS):
        return False
    words = _WORDS.findall(fold[len(start) :])
    if start.endswith(_MEANS) and not linked and len(words) == 1 and words[0] in _COMMON:
        return False
    if not start or start in _CASES:
        cases = next((endings for word, endings in _CASES.items() if start == word or fold.endswith(word)), ())
        if cases and not any(word.endswith(cases) for word in _WORDS.findall(fold)):
            return False
    mine = not _POSSESSIVES.isdisjoint([*start.split()[-1:], *words])
    named = start in _NAMING
    devices, makers = 0, 0
    branded = False  # whether a model may follow
    for at, word in enumerate(words):
        if word.startswith(_MAKERS) and _is_one_of(word, _MAKERS):
            makers += 1
            devices += word.endswith(_DEVICES)
            branded = True
        elif word.startswith(_BRANDS) and _is_one_of(word, _BRANDS):
            named = branded = True
        elif word.endswith(_DEVICES):
            devices += 1
        elif not (word in _LITTLE or word in _POSSESSIVES):
            if not branded or not (
                _MODEL.fullmatch(word) or (makers and mine and _is_capitalised(text, at - len(words)))
            ):
                return False
            continue
        elif word in _APPS:
            named = named or linked
        branded = branded and (word not in _LITTLE or bool(makers))
    by_kind = devices and (mine or not start.endswith(_MEANS))
    return bool(named or by_kind or (makers and (mine or devices)))


def _is_capitalised(text: str, at: int) -> bool:
    """Tell whether a word of a line, counted from its end, begins with a capital."""
    words = _WORDS.findall(text)
    return -at <= len(words) and bool(words[at][0].isupper())


def _is_one_of(word: str, names: tuple[str, ...]) -> bool:
    """Tell whether a word is a name, with another ending or as the first part of a longer word ("Galaxy-enhet")."""
    return any(
        word.startswith(name) and (len(word) - len(name) <= _LONGEST_ENDING or word[len(name)] in "-'’")
        for name in names
    )

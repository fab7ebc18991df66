"""Whether a mail is one click on an emoji below a letter: such a click is thanks (law T19).

Gmail says so by a part of its own, and by a link; Outlook by nothing but a line. Both write, in any language, the emoji
and then about the writer as of somebody else: no person begins an answer with a picture and the own name.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from maild.core.values.mail import Mail

_LINK = "emojireactionemail"
_MOST = 160
"""Characters of such a mail, its links apart."""
_MOST_LINES = 3
_SAD = frozenset("👎😠😡😞😢😭💔🤬😤❌🚫❓❔⁉‼🤔😕🙁☹😟🆘⚠😱😖😩😫🙄🤦🤷😒😣😔😧😨😰🤨😐😑✋🛑⛔🤢🤮💩🖕")
_SAD_WORDS = frozenset({"sad", "angry", "dislike", "trist", "sint", "ledsen", "arg", "surullinen", "traurig"})
_JOINERS = frozenset("\ufe0f\ufe0e\u200d\u20e3")
_PHONE_WORDS = (
    "liked loved laughed emphasized emphasised likte elsket lo fremhevet gillade älskade skrattade betonade syntes"
    " elskede grinede fremhævede tykkäsi rakasti nauroi liebt"
)
_PHONE = frozenset(_PHONE_WORDS.split())
"""How a telephone's message begins that quotes what was reacted to: ``Liked “Kabelen er byttet.”``"""
_QUOTES = '“”„«»"”'


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One click on an emoji, or an answer that is nothing else."""

    glad: bool
    """It says nothing that somebody should hear of."""
    clicked: bool
    """A program wrote it, not the person: it says in words who clicked."""


def reaction(mail: Mail) -> Reaction | None:
    """Return the reaction that a mail is, or None when somebody wrote words, or it answers nothing."""
    if not (mail.in_reply_to or mail.references) or len(mail.own_text) > 4 * _MOST:
        return None
    lines = [line for line in (_plain(line) for line in mail.own_text.splitlines()) if line]
    text = " ".join(lines)
    if not text or len(text) > _MOST or len(lines) > _MOST_LINES or "?" in text:
        return None
    if any(not (file.decoration or file.inline) for file in mail.attachments):
        return None
    emoji, rest = _taken_apart(text)
    if not rest:
        return Reaction(glad=not _is_sad(emoji), clicked=mail.reaction) if emoji else None
    if mail.reaction or _LINK in mail.own_text or _says_who(emoji, rest, mail):
        return Reaction(glad=not _is_sad(emoji), clicked=True)
    return Reaction(glad=True, clicked=True) if _by_telephone(text) else None


def _plain(line: str) -> str:
    """Return a line without links, lines drawn and the borders of a table."""
    words = [word for word in line.split() if "://" not in word and word.strip("-_=|*")]
    return " ".join(words)


def _taken_apart(text: str) -> tuple[str, str]:
    """Return the emoji that a text begins with (or what stands for it in brackets), and the rest."""
    at = 0
    while at < len(text) and (_is_emoji(text[at]) or text[at].isspace() or (text[at] in "[]" and at < 4)):
        at += 1
    if any(map(_is_emoji, text[:at])):
        return text[:at].strip(" []"), text[at:].lstrip("] ").strip()
    if text.startswith("[") and 0 < (end := text.find("]")) <= 30:
        return text[1:end], text[end + 1 :].strip()
    return "", text


def _is_emoji(sign: str) -> bool:
    return sign in _JOINERS or (not sign.isascii() and unicodedata.category(sign) in ("So", "Sk"))


def _is_sad(emoji: str) -> bool:
    return bool(_SAD & set(emoji)) or emoji.casefold() in _SAD_WORDS


def _says_who(emoji: str, rest: str, mail: Mail) -> bool:
    """Tell whether the words beside an emoji are a program's about the writer: the name, and nothing after the end."""
    name = [word.casefold() for word in mail.identity.name.replace(",", " ").split() if len(word) > 1]
    begins = rest.casefold().replace(",", " ").split()[:3]
    ends = rest.endswith(":") or rest.rstrip(".").casefold().endswith("gmail")
    return bool(emoji) and ends and len(rest.split()) <= 14 and any(word in name for word in begins)


def _by_telephone(text: str) -> bool:
    first, _, quoted = text.partition(" ")
    quoted = quoted.strip()
    at = next((at for at, sign in enumerate(quoted) if sign in _QUOTES), -1)
    return first.casefold() in _PHONE and 0 <= at <= 12 and len(quoted) > at + 2 and quoted[-1] in _QUOTES

"""What an unproven writer's words may carry to a third party (law A9): nothing that leads anywhere.

Anybody can write in another's name, and the acknowledgement goes to that other: a desk whose letters show the writer's
subject and name would deliver advertisements for him. So those are shown only when they are short and hold no link,
domain, address, long number or other sign of an advertisement, however it is disguised.
"""

from __future__ import annotations

import re
import unicodedata

MOST = 60
"""Characters of a subject or a name."""
LONG_NUMBER = 5
"""Digits of a number that may be dialled or paid to; whatever but letters stands between them, they are one number."""
_UNSEEN = frozenset({"Cf", "Cc", "Cn", "Co", "Cs", "Mn", "Me"})
"""Kinds of characters that are not seen by themselves: format, control, unassigned, private, marks on letters."""
_SIGNS = frozenset({"Sc", "So", "Zl", "Zp"})
"""Currencies, pictures, line ends."""
_HARMLESS_SIGNS = frozenset("°")
_SIMPLE = re.compile(r"[ -#%-~À-ÖØ-öø-ÿ–—’«»]*")
_DOTS = str.maketrans("。｡․", "...")
_LEADS = re.compile(
    r"@|://|www|\bh(?:tt|xx)ps?\b|\bmailto\b|\\\\|\+\d|%"
    r"|[^\W_][.·‧∙⋅•][^\W\d_]{2}"  # a domain: a letter or digit, a dot, letters
    r"|[^\W_]\s\.\s?[^\W\d_]{2}"  # the same, spaced out
    r"|[\[({<]\s?(?:\.|at|dot|d0t|punkt|prikk|punktum|krøllalfa|alfakrøll|snabel-?a)\s?[\])}>]"
    r"|\b(?:dot|punktum|prikk|punkt)\s(?:com|net|org|info|no|se|dk|fi|eu|io|me|co|ru|cn|xyz|top|shop|online|site)\b"
    r"|\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}:(?:[0-9a-f]{0,4}:)+"  # addresses of machines
)
_ADVERTISES = re.compile(
    r"\b(?:whatsapp|telegram|wechat|viber|casino|kasino|viagra|cialis|bitcoin|btc|crypto|krypto|porno?|xxx"
    r"|unsubscribe)\b"
    r"|\b(?:click|klikk|klick|klicka|trykk|tryck|tryk)\s(?:here|her|här|på len|på län|på linket|the link)"
)


def may_show(text: str) -> bool:
    """Tell whether words of somebody unproven may stand in a letter to whoever they claim to be; no words may."""
    if len(text) > MOST:
        return False
    if _SIMPLE.fullmatch(text) is not None:  # most of them: nothing in it is unseen, a sign, or looks like another
        plain = " ".join(text.split()).casefold()
    elif any(unicodedata.category(one) in _SIGNS and one not in _HARMLESS_SIGNS for one in text):
        return False
    else:
        plain = _plain(_plain(text).translate(_DOTS)).casefold()  # twice: what one look brings out the next one sees
    if len(plain) > MOST:
        return False
    return _LEADS.search(plain) is None and _ADVERTISES.search(plain) is None and not _has_long_number(plain)


def _plain(text: str) -> str:
    """Return a text without what is not seen, in the letters that it looks like, on one line."""
    whole = unicodedata.normalize("NFKC", text)
    seen = "".join(one for one in whole if one.isspace() or unicodedata.category(one) not in _UNSEEN)
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def _has_long_number(plain: str) -> bool:
    digits = 0
    for one in plain if any(map(str.isnumeric, plain)) else ():
        if one.isalpha():
            digits = 0
        elif one.isnumeric():
            digits += 1
            if digits >= LONG_NUMBER:
                return True
    return False

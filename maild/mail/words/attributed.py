"""Judge by their words whether lines are an attribution, such as "On … X wrote:": who, when, and the verb.

Every test is on one line or on a few joined ones of at most 600 characters.
"""

from __future__ import annotations

import re
from typing import Literal

from maild.core.values.month_words import MONTH_NUMBER
from maild.mail.words.forward_headers import address_in, begins_with_address
from maild.mail.words.quote_words import MONTHS, OPENERS, SAID_TO, WEEKDAYS, WROTE, YOU_WROTE
from maild.mail.words.quote_words import words as table

_UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u9fff\uac00-\ud7ff]")
"""Letters of scripts that put no space between words."""
_PHRASES = tuple(dict.fromkeys(phrase for phrases in WROTE.values() for phrase in phrases.split("|")))
_VERBS = frozenset(phrase for phrase in _PHRASES if phrase.isalpha() and phrase.isascii()) | frozenset(
    phrase for phrase in _PHRASES if " " not in phrase and not _UNSPACED.search(phrase)
)
_LONG_VERBS = tuple(phrase for phrase in _PHRASES if phrase not in _VERBS)
_OF_PHRASES = frozenset(word for phrase in _PHRASES for word in phrase.split(" "))
LAST_WORDS = frozenset(phrase.split(" ")[-1] for phrase in _PHRASES)
_CLOCK_WORDS = "giorno at kl klo a alle ore om las um uhr г de v às dne u ob o am pm"
_DATE_WORDS = OPENERS | WEEKDAYS | MONTHS | MONTH_NUMBER.keys() | set(_CLOCK_WORDS.split())

_WORD = re.compile(r"[^\W\d_]+(?:\([^\W\d_]+\)|/-?[^\W\d_]+)?")
YEAR = re.compile(r"(?<!\d)(?:19|20|١٩|٢٠|۱۹|۲۰)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|[年년]")
TIME = re.compile(
    r"(?<!\d)\d{1,2} ?[:.hH時点시] ?\d{2}(?!\d)|\d ?[ap]\.?m\b|上午|下午|午前|午後|오전|오후", re.IGNORECASE
)
_SAID_TO = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(SAID_TO))})(?!\w)(?! *\d)")
"""In small letters only, and not "at 10:15"."""
_DIGIT = re.compile(r"\d")

_I = table("i we jeg eg vi jag ich wir je nous yo io ik wij ja my minä ég")
_GREETED = table("hei hej hallo heisann hi hello dear moi hæ takk tack tak kiitos thanks danke ja nei nej yes no ok")
_MOST_SENTENCES = 3
_TITLES = table("dr mr mrs ms st prof ing inc ltd jr sr co nr kl dept avd")
_SAID = (_I - {"i", "ja", "my", "je", "io"}) | table("du dere ni you meg mig me oss ikke inte ikkje")
"""Words of a sentence, which no program writes above a quote."""
_JOINTS = "von van der den de af av og och ja und and via på vegne behalf of for the vegna"
_NEEDED = _DATE_WORDS | _VERBS | LAST_WORDS | set(_JOINTS.split())


def _verb(words: list[str], text: str) -> tuple[int, bool] | None:
    """Return the place of the verb among the words (or -1), and whether a pronoun stands beside it."""
    for place, word in enumerate(words):
        if word in _VERBS:
            beside = words[max(place - 1, 0) : place] + words[place + 1 : place + 2]
            return place, any(other in YOU_WROTE for other in beside)
    return (-1, False) if any(map(text.__contains__, _LONG_VERBS)) else None


def opens(text: str) -> bool:
    """Tell whether a line can be the first of an attribution: it begins with a date."""
    head = text[:40].lstrip("-–—*>«\"' ")
    if not _DIGIT.search(text[:60]) and not any(sign in text[:60] for sign in "年년"):
        return False
    if head[:1].isdigit():
        return True
    first = head.split(" ", 1)[0].casefold().rstrip(",.:")
    return first in OPENERS or first in WEEKDAYS or first in MONTHS or head[:1] in "在于於"


def _dated(text: str, words: list[str]) -> bool:
    return YEAR.search(text) is not None or (_DIGIT.search(text) is not None and any(word in MONTHS for word in words))


def judge(text: str) -> Literal["sure", "weak"] | None:
    """Judge joined lines: a sure attribution, one that needs quote marks below it, or none."""
    framed = text[:2] in ("--", "——", "––") and text[-1] in "-—–"
    core = text.strip("-–—* ")
    ends = core.endswith((":", "：", "៖"))
    fold = core.casefold()
    words = _WORD.findall(fold)
    verb = _verb(words, fold)
    if verb is None and not ends:
        return None
    address = address_in(core) is not None
    dated, timed = _dated(core, words), TIME.search(core) is not None
    if verb is not None:
        if verb[1] and not (dated and timed and opens(core)):
            return None
        if not framed and not address and _tells(core, len(words), verb[0]):
            return "weak" if ends and len(words) <= 14 else None
        if framed or ((address or timed) and (dated or address) and (opens(core) or address)):
            bare = not (framed or dated or timed or opens(core))
            return "sure" if not bare or strangers(core) <= 1 else "weak"
        if ends and timed and YEAR.search(core) and len(words) <= 14:
            return "sure"
        return "weak" if ends and len(words) <= 14 else None
    if address and dated and timed and opens(core) and core.rstrip(":： ").endswith((">", ")", "]", '"')):
        return "sure"
    return "weak" if dated and timed and opens(core) and (address or len(words) <= 12) else None


def strangers(text: str) -> int:
    """Count the words that no attribution needs: in small letters, and neither of a date nor the verb of one."""
    place = address_in(text)
    if place is not None:
        text = f"{text[: place.start()]} {text[place.end() :]}"
    return sum(word[0].islower() and word.casefold() not in _NEEDED for word in _WORD.findall(text))


def spoken_first(text: str) -> int:
    """Return where an attribution begins behind words of the writer's on the same line; 0 when none stand before it.

    ``Skjermen er knust. Den 3. mars 2026 kl. 10:15 skrev IT <it@x.example>:``
    """
    tokens = text.split(" ")
    last = len(tokens) - 1
    ends = [
        at for at in range(1, last) if tokens[at - 1].endswith((".", "!", "?")) and _ends_a_sentence(tokens[at - 1])
    ]
    ends = ends[-_MOST_SENTENCES:]
    for at in range(1, last):
        if at not in ends and not _begins_a_date(tokens[at], tokens[at + 1]):
            continue  # nearly every word
        place = len(" ".join(tokens[:at])) + 1
        before = text[:place].rstrip()
        fold = before.casefold()
        words = _WORD.findall(fold)
        if at in ends and judge(text[place:]) is not None:
            return 0 if "@" in before or _verb(words, fold) is not None else place
        if _begins_a_date(tokens[at], tokens[at + 1]) and opens(text[place:]):
            if "@" in before or _verb(words, fold) is not None:
                return 0
            if not all(map(_is_of_a_date, tokens[:at])):
                named = all(one[:1].isupper() for one in tokens[:at]) and before[-1:].isalnum()
                return 0 if named and len(words) <= 4 and words[:1] and words[0] not in _GREETED else place
    return 0


def _begins_a_date(token: str, below: str) -> bool:
    """Tell whether a word opens a date, and a number or a day of the week follows."""
    if not (below[:1].isdigit() or below.casefold().rstrip(",.:") in WEEKDAYS):
        return False
    return len(token) > 1 and token.casefold().rstrip(",.:") in OPENERS


def _ends_a_sentence(token: str) -> bool:
    """Tell whether a word ends a sentence, and is no number, part of a date, initial or title."""
    if token[-1:] not in ".!?" or len(token) < 3 or not token[-2].isalpha():
        return False
    return not is_date_word(token) and token.casefold().rstrip(".") not in _TITLES


def _is_of_a_date(word: str) -> bool:
    return is_date_word(word) or not any(map(str.isalpha, word))


def is_whole(text: str) -> bool:
    """Tell whether a line says by itself who wrote when: what stands above it is then no part of it."""
    head = text.lstrip("-–—*> ")
    first = head.split(" ", 1)[0]
    words = _WORD.findall(text.casefold())
    if not words or head[:1] in "<([>)],:" or is_date_word(first) or first.casefold().rstrip(":,") in _OF_PHRASES:
        return False
    return _verb(words, text.casefold()) is not None and _dated(text, words)


def goes_on(above: str, text: str) -> bool:
    """Tell whether a line above what may be an attribution belongs to it, too: it says when, or who."""
    if is_whole(text):
        return False
    if opens(above):
        return True
    fold = above.casefold()
    words = _WORD.findall(fold)
    if has_verb(text) and strangers(above) > 1:
        return False
    if _dated(above, words) or TIME.search(above) or address_in(above) or _verb(words, fold) is not None:
        return True
    tokens = above.split()
    return not text[:1].isupper() and len(tokens) <= 5 and all(one[0].isupper() for one in tokens)


def has_verb(text: str) -> bool:
    """Tell whether a text has the verb of an attribution."""
    fold = text.casefold()
    return _verb(_WORD.findall(fold), fold) is not None


def introduces(text: str, author: str, alone: bool = False) -> bool:
    """Tell whether lines right above quoted ones are what a program writes there, in whatever language and form: a
    name, an address or a date, and next to nothing else. ``author`` is the writer, whose address ends a signature;
    ``alone`` says that the lines are a paragraph.
    """
    core = text.strip("-–—* ")
    if not core or core[-1] in ".!?…" or len(core) > 400:
        return False
    fold = core.casefold()
    words = _WORD.findall(fold)
    place = address_in(core)
    if spoken_first(core) or not _SAID.isdisjoint(words) or (place is not None and _is(place.group(), author)):
        return False
    verb, dated, timed = _verb(words, fold), _dated(core, words), TIME.search(core) is not None
    if verb is not None and (verb[1] or _tells(core, len(words), verb[0])):
        return False
    ends, others = core[-1] in ":：៖", strangers(core)
    if place is not None:
        if dated or timed or verb is not None:
            return others <= 3
        return others == 0 and (ends or core[-1] in ">)]")
    named = any(one[:1].isupper() and not is_date_word(one) for one in core.split()) or not core.isascii()
    return (
        dated and named and others <= 2 and (verb is not None or (ends and timed) or (alone and timed and opens(core)))
    )


def _is(address: str, author: str) -> bool:
    return bool(author) and address.strip(".").casefold() == author.casefold()


def _tells(core: str, count: int, verb: int) -> bool:
    """Tell whether words below the verb say to whom somebody wrote, or what: "skrev IT til meg og sa:"."""
    words = list(_WORD.finditer(core))
    return verb >= 0 and len(words) == count and _SAID_TO.search(core, words[verb].end()) is not None


def complete(text: str, first: str) -> bool:
    """Tell whether joined lines begin where an attribution begins, not in its middle."""
    if opens(first):
        return True
    head = first.lstrip("-–—* ")
    if head[:1] in "<([>)]," or head[:1].islower() or text.count(">") > text.count("<"):
        return False
    word = head.split(" ", 1)[0].casefold().rstrip(":,")
    return word not in LAST_WORDS and not begins_with_address(head)


def dates(text: str) -> bool:
    """Tell whether a text names a day."""
    return _dated(text, _WORD.findall(text.casefold()))


def is_date_word(word: str) -> bool:
    """Tell whether a word is one that dates are made of."""
    word = word.strip(".,:()،").casefold().replace(":", "").replace(".", "")
    return word in _DATE_WORDS or word.isdigit()

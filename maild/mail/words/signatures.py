"""Find what stands below a writer's words: signature, device line, disclaimer, list footer.

Losing a writer's word is the worst fault, so each of these is folded only on evidence that prose does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal

from maild.mail.words.device_lines import ENDS, START, is_device_line
from maild.mail.words.quotes import plain
from maild.mail.words.signature_words import CLOSINGS, DISCLAIMER, FIRST_PERSON, FOOTNOTES, LIST_WORDS, PAPER_NOTES

Below = Literal["signature", "disclaimer"]

_MOST_PARAGRAPHS = 2000
_CLOSING = frozenset(CLOSINGS.split("|"))
_SHORTEST_DISCLAIMER = 100
_WIDEST_CLOSING = 2 * max(map(len, _CLOSING))
"""Of a line that may be one: as much again for spaces between its words and invisible signs."""
_SPOKEN_OF = sorted(DISCLAIMER, key=len)
"""What a disclaimer speaks of, the fewest words first: prose is done with after two of them."""
_POSTSCRIPTS = frozenset({"ps", "p.s", "pps", "es", "e.s", "nb", "obs", "edit"})
_LIST = tuple(LIST_WORDS.split("|"))
_PAPER = tuple(PAPER_NOTES.split("|"))
_FOOTNOTE = (*_PAPER, *FOOTNOTES.split("|"))
_FIRST_PERSON = re.compile(rf"(?<![\w.-])(?:{FIRST_PERSON})(?![\w-])")
_WWW = re.compile(r"\bwww\.")
_CONTACT = re.compile(
    r"(?i)\b(?:tlf|tel|telefon|phone|mob|mobil|mobile|gsm|fax|puh|puhelin|sími|farsími|handy|direkte|e-?post|e-?mail"
    r"|växel|sentralbord|org\.? ?nr)\b\.?|https?://|\bwww\.|@[\w-]+\.|\+?\d[\d ()/.-]{6,}\d"
)
_PARTS = re.compile(r"\s*[,|(/•]|\s[-–—]+\s")
"""What stands between a name and a title on one line."""
_PARTICLES = frozenset({"von", "van", "der", "den", "de", "af", "av", "og", "och", "ja", "und"})
_GREETINGS = frozenset(
    {"hei", "hej", "hallo", "heisann", "hi", "hello", "dear", "moi", "hæ", "sæl", "kjære", "kära"}
    | {"takk", "tack", "tak", "kiitos", "thanks", "danke", "ring", "call"}
)
_SHORTEST_RULE = 20
_LIST_RULE = re.compile(rf"\s*(_{{2,}}|-{{{_SHORTEST_RULE},}})\s*$")
_TALLEST = 40
"""More lines than any signature has, or any paragraph that is a disclaimer."""
_LABEL = 40
"""Letters of what a link or an address is said to be for, at most."""
_LONGEST_FOOTER = 4000
_BEFORE_A_PLACE = " \t\n\r\f\v\u00a0<("


def _is_a_place(line: str) -> bool:
    """Tell whether a line is nothing but a link or an address, and perhaps what it is for."""
    text = line.lstrip(f"{_BEFORE_A_PLACE}[*")
    label, colon, _ = text[: _LABEL + 2].partition(": ")
    if colon and label and not any(sign in label for sign in ":@/") and _is_one_place(text[len(label) + 2 :]):
        return True
    return _is_one_place(text)


def _is_one_place(text: str) -> bool:
    text = text.lstrip(_BEFORE_A_PLACE).rstrip()
    if not text or len(text.split(None, 1)) > 1:
        return False
    scheme, mark, rest = text.partition("://")
    if mark and scheme in ("http", "https") and rest:
        return True
    local, at, domain = text.partition("@")
    return bool(at and local) and "@" not in domain and "." in domain[1:-1]


def _sentence(line: str) -> bool:
    return line.rstrip().endswith(("?", "!")) or (len(line.split()) >= 9 and line.rstrip().endswith("."))


def _delimiter(lines: Sequence[str], start: int, end: int) -> int | None:
    """Return the line of the signature delimiter (RFC 3676 §4.3) in a run of own lines, if what follows is one."""
    for at in range(end - 1, max(start, end - 30) - 1, -1):
        line = lines[at].replace("\u00a0", " ")
        if line not in ("-- ", "--", "--  ") and line.strip() != "--":
            continue
        below = [text for text in lines[at + 1 : end] if text.strip()]
        exact = line == "-- "
        if not below:
            return at
        if len(below) > (20 if exact else 10) or any(len(text) > 200 for text in below):
            return None
        if exact and any(text.rstrip().endswith("?") for text in below):
            return None
        return at if exact or _is_card(below) else None
    return None


def _below_a_delimiter(lines: Sequence[str], delimiter: int, end: int) -> Iterator[tuple[int, int, Below]]:
    """Return what of the lines below a delimiter is a signature: not a paragraph of sentences below the card."""
    start = delimiter
    for first, after in islice(_paragraphs(lines, delimiter + 1, end), 1, None):
        if _is_prose(lines[first:after]):
            yield start, first, "signature"
            start = after
    if start < end:
        yield start, end, "signature"


def _is_prose(lines: Sequence[str]) -> bool:
    """Tell whether a paragraph is a postscript, or says something in the first person, and is no disclaimer."""
    text = " ".join(" ".join(lines).split())[:2000]
    words = text.split(None, 6)
    if len(words) < 4 or _is_disclaimer(text):
        return False
    if words[0].rstrip(".:").casefold() in _POSTSCRIPTS:
        return True
    return len(words) > 6 and text[-1] in ".!?" and _FIRST_PERSON.search(text) is not None


def _contact(line: str) -> re.Match[str] | None:
    """Return the first telephone number or address in a line; a date is neither."""
    found = _CONTACT.search(line)
    return None if found is None or _is_a_date(found.group()) else found


def _is_a_date(number: str) -> bool:
    """Tell whether what has the signs of a telephone number begins as a date: a year, a month and a day."""
    day = number.partition(" ")[0].replace(".", "-").replace("/", "-").split("-")
    return len(day) == 3 and all(map(str.isdigit, day)) and sorted(map(len, day))[1:] in ([1, 4], [2, 4])


def _is_card(below: Sequence[str]) -> bool:
    """Tell whether lines are a signature by themselves: a name, then a telephone or address, or titles and names.

    People draw a line between two points, too, and write on below it.
    """
    card = [line.strip(" \t*|•") for line in below if not is_device_line(line)]
    closed = bool(card) and is_closing(card[0])
    card = card[closed:]
    if not card or any(map(_sentence, card)) or not all(map(_on_a_card, card[1:])):
        return False
    name, *titles = _PARTS.split(card[0])
    known = _is_a_name(name)
    alone = name[:1].isupper() and name.replace("-", "").isalpha()
    if any(map(_contact, card)):
        return known or (_on_a_card(card[0]) and (closed or alone))
    if len(card) == 1:
        return (known and bool(titles) and all(map(_is_a_title, titles))) or (closed and (known or alone))
    return (known or (closed and alone)) and all(map(_is_a_title, card))


def _paragraphs(lines: Sequence[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    first: int | None = None
    for at in range(start, end):
        if lines[at].strip():
            first = at if first is None else first
        elif first is not None:
            yield first, at
            first = None
    if first is not None:
        yield first, end


def _speaks_as_disclaimers(fold: str) -> bool:
    """Tell whether a casefolded text speaks of all that disclaimers speak of, but for one thing at most."""
    if len(fold) < _SHORTEST_DISCLAIMER:
        return False
    missed = 0
    for words in _SPOKEN_OF:
        missed += not any(map(fold.__contains__, words))
        if missed > 1:
            return False
    return True


def _is_disclaimer(text: str) -> bool:
    """Tell whether a paragraph is a disclaimer or a gateway's note, and not what somebody says or asks about one."""
    fold = text.casefold()
    noted = len(fold) <= 400 and any(note in fold for note in _FOOTNOTE)
    if not noted and not (len(fold) <= 4000 and _speaks_as_disclaimers(fold)):
        return False
    if _FIRST_PERSON.search(text) is not None:
        return False
    return not _asks(text) or (noted and any(note in fold for note in _PAPER))


def _asks(text: str) -> bool:
    """Tell whether a question mark stands anywhere but in a link."""
    if "?" not in text:
        return False
    for word in text.split():
        if "?" in word and "://" not in word:
            link = _WWW.search(word)
            if "?" in (word if link is None else word[: link.start()]):
                return True
    return False


def _is_worth_a_look(fold: str) -> bool:
    """Tell by a few searches of a whole casefolded run whether one of its paragraphs can be a disclaimer, or one of
    its lines a device's: in most texts none can.
    """
    text = fold.replace("\n", " ")
    return (
        not text.isprintable()
        or "://" in text
        or "mailto:" in text
        or START.search(f"\n{fold}") is not None
        or any(map(text.__contains__, ENDS))
        or any(map(text.__contains__, _FOOTNOTE))
        or _speaks_as_disclaimers(text)
    )


def _list_footer(lines: Sequence[str], start: int, end: int) -> int | None:
    """Return where a mailing list's footer begins at the end of a run: a rule, then lines that name the list, of which
    one is nothing but a link or an address; below a short rule two.
    """
    last = end
    while last > start and not lines[last - 1].strip():
        last -= 1
    for at in range(last - 2, max(start, last - 14) - 1, -1):
        rule = _LIST_RULE.match(lines[at][:200])
        if rule is None:
            continue
        below = [line for line in lines[at + 1 : last] if line.strip()]
        if sum(map(len, below)) > _LONGEST_FOOTER:
            continue
        text = "\n".join(below)
        fold = text.casefold()
        if not below or not any(word in fold for word in _LIST) or any(map(_sentence, below)):
            continue
        places = sum(map(_is_a_place, below))
        if places >= (1 if len(rule[1]) >= _SHORTEST_RULE else 2) and _FIRST_PERSON.search(text) is None:
            return at
    return None


def _on_a_card(line: str) -> bool:
    """Tell whether a line is one of a visiting card: "Tlf. 555 01 234", a name, a title, but not "Ring meg på …"."""
    text = line.strip(" \t*|•")
    contact = _contact(text)
    if contact is not None:
        return contact.start() <= 2 or "|" in text or (contact.group()[0] == "@" and " " not in text.split("@")[0])
    return len(text.split()) <= 3 or _is_named(text)


def _device_lines(lines: Sequence[str], first: int, after: int) -> Iterator[tuple[int, int, Below]]:
    """Return each line of a paragraph that a telephone or a mail program added."""
    for at in range(first, after):
        above = lines[at - 1] if at > first else ""
        if is_device_line(lines[at], above, lines[at + 1] if at + 1 < after else ""):
            yield at, at + 1, "signature"


def is_closing(line: str) -> bool:
    """Tell whether a line is what stands above the name: "Mvh", "Vänliga hälsningar,"."""
    return len(line) <= _WIDEST_CLOSING and plain(line).rstrip(",.!").casefold() in _CLOSING


def closes(line: str) -> bool:
    """Tell whether a line is a closing, perhaps with a name behind it: "Hilsen Ola Berg"."""
    words = line.split(maxsplit=7)
    return len(words) <= 6 and any(
        is_closing(" ".join(words[:count])) and all(word[0].isupper() for word in words[count:])
        for count in range(1, len(words) + 1)
    )


def _contact_card(lines: Sequence[str], start: int, end: int) -> int | None:
    """Return where the card below a closing begins: after "Mvh" and the name, when telephone and address follow."""
    tail = [at for at in range(max(start, end - 16), end) if lines[at].strip()]
    closing = next((at for at in tail if is_closing(lines[at].strip())), None)
    if closing is None:
        return None
    card = [at for at in tail if at > closing]
    if not 2 <= len(card) <= 12 or any(len(lines[at]) > 120 or _sentence(lines[at]) for at in card):
        return None
    reached = [found.group() for at in card if (found := _contact(lines[at])) is not None]
    if len(reached) < 2 or all(one[0].isdigit() for one in reached) or not all(_on_a_card(lines[at]) for at in card):
        return None  # numbers and nothing else may be what the mail is about
    return card[1] if _contact(lines[card[0]]) is None else card[0]


def is_said(lines: Sequence[str]) -> bool:
    """Tell whether folded lines may be an answer when they are all there is: not a device line, and not a card."""
    full = [line for line in lines[:_TALLEST] if any(map(str.isalnum, line)) and not is_device_line(line)]
    if not full:
        return False
    reached = [_contact(line) is not None for line in full]
    card = all(map(max, reached, map(_is_named, full))) and any(map(max, reached, map(_is_a_name, full)))
    return not card


def _is_named(line: str) -> bool:
    words = line.split()
    return 2 * sum(word[0].isupper() or not word[0].isalpha() for word in words) >= len(words)


def _is_a_title(line: str) -> bool:
    """Tell whether half the words of a line have capitals, and no number or stop makes it a sentence."""
    words = line.split()
    capitals = sum(word[0].isupper() or not any(map(str.isalnum, word)) for word in words)
    return bool(words) and 2 * capitals >= len(words) and line[-1] not in ".:!?" and not any(map(str.isdigit, line))


def _is_a_name(line: str) -> bool:
    """Tell whether a line is two words or more with capitals ("Kari von Moen"), and none of them greets."""
    words = line.split()
    capitals = sum(word[0].isupper() for word in words)
    return (
        capitals >= 2
        and line[-1] not in ".:!?"
        and all(word[0].isupper() or word in _PARTICLES for word in words)
        and words[0].casefold() not in _GREETINGS
    )


def below_words(lines: Sequence[str], start: int, end: int) -> list[tuple[int, int, Below]]:
    """Return the half-open ranges in one run of own lines that are not the writer's words."""
    found: list[tuple[int, int, Below]] = []
    footer = _list_footer(lines, start, end)
    if footer is not None:
        found.append((footer, end, "disclaimer"))
        end = footer
    delimiter = _delimiter(lines, start, end)
    if delimiter is not None:
        found.extend(_below_a_delimiter(lines, delimiter, end))
        end = delimiter
    if _is_worth_a_look("\n".join(lines[start:end]).casefold()):
        for first, after in islice(_paragraphs(lines, start, end), _MOST_PARAGRAPHS):
            if after - first <= _TALLEST and _is_disclaimer(" ".join(lines[first:after])[:4200]):
                found.append((first, after, "disclaimer"))
            else:
                found.extend(_device_lines(lines, first, after))
    if delimiter is None:
        stop = min((first for first, _, _ in found if first >= start), default=end)
        card = _contact_card(lines, start, min(end, stop))
        if card is not None:
            found.append((card, min(end, stop), "signature"))
    return found

"""The lines at the top of an agent's answer that command something, rather than speak to the customer (law E12).

Until the desk can carry the verbs of a case out, an answer that begins with one is held and asked about: it would go
to the customer word for word. The case of letters, a full stop or an exclamation mark at the end, bullets and quote
marks do not matter. What asks or says more than the verb and its object is prose: ``Løst?``, ``Ta kontakt med …``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from maild.core.answers.offers import in_field
from maild.core.rules.organisation import Rulebook
from maild.core.rules.verb_words import CASE_VERBS
from maild.core.values.cases import PRIORITIES
from maild.core.values.people import is_ours
from maild.core.values.words import fold

MOST_VERB = 60
"""Characters that a verb may take with what surrounds it; a longer line without a colon is prose."""
MOST_LINES = 50
"""Lines among which commands are looked for; nobody writes more."""
MOST_TO = 400
"""Characters of a line that names whom an answer is for."""
MOST_NAMES = 4
"""Words that may stand before such an address: a name; more are a sentence."""
_ALONE = frozenset({"card", "whole"})
"""Verbs that take no object: with a colon behind them they are words of the language ("Kort: ja")."""
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff")) | {ord("_"): " "}
_END = " \t.!,;…»«”“\"'’‘*"
_UNITS = "d|dag|dager|dagar|dage|days?|t|timer?|timmar|h|hours?|u|uker?|veker?|uger?|v|vecka|veckor|w|weeks?|min"
_SPAN = re.compile(rf"(?:(?:til|till|to|until|i|for) )?(?:\d{{1,3}} ?(?:{_UNITS})|[\d.:/-]{{3,16}})")
_NUMBER = re.compile(r"(?:[^\W\d_]{0,8}#)?\d{1,9}")
_AND = frozenset({"og", "och", "and", "&", "+"})
_CODE = re.compile(r"(?=\D{0,11}\d)[a-z0-9-]{4,12}")
_URGENCY = frozenset({"normal", "vanlig", "høg", "høj", "lågt", "høyt", "högt"}) | {
    word for labels in PRIORITIES.values() for pair in labels.items() for word in pair
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An agent's words, taken apart."""

    commands: tuple[str, ...]
    """The lines that command something which the desk cannot do yet, as they were written."""
    below: str
    """What stands below the commands: all that an answer may say to the customer."""
    to: tuple[str, ...] = ()
    """Whom the answer is for, as ``til: ADDRESS`` says (law I14)."""
    whole: bool = False
    """The agent asks for the whole of the customer's mail (``alt``)."""
    above: int = 0
    """How many lines stand above that are for the desk."""

    @property
    def cut(self) -> bool:
        """Whether something stands above that is no part of an answer."""
        return bool(self.commands or self.to or self.whole)


def taken_apart(text: str, kind: str, rulebook: Rulebook) -> Said:
    """Take an answer apart into the commands at its top and what stands below; ``kind`` is the type of its case.

    Verbs follow each other; directly below one, lines that fill in a field of the case's type belong to it
    (``løst``, ``løsning: nytt passord``).
    """
    lines = text.splitlines(keepends=True)
    commands: list[str] = []
    to: list[str] = []
    whole = False
    end, gap, above = 0, False, 0
    for at, line in enumerate(lines):
        if not line.translate(_INVISIBLE).strip():
            gap = True
            continue
        if len(commands) + len(to) >= MOST_LINES:
            break
        if named := addressees(line, rulebook):
            to += named
        elif asks_whole(line, rulebook):
            whole = True
        elif is_command(line, rulebook) or (commands and not gap and _fills_in(line, kind, rulebook)):
            commands.append(line.strip())
        else:
            break
        end, gap, above = at + 1, False, above + 1
    return Said(
        commands=tuple(commands),
        below="".join(lines[end:]).strip("\r\n") if end else text,
        to=tuple(dict.fromkeys(to)),
        whole=whole,
        above=above,
    )


def addressees(line: str, rulebook: Rulebook) -> tuple[str, ...]:
    """Return whom a line says that the answer is for: ``til: ADDRESS``, with a name or a link around it, or nobody.

    A colleague's address, or one of ours, is no customer's: such a line hands the case over, a verb as any other.
    """
    if "@" not in line or line.lstrip()[:1] in ("#", ">") or len(line) > MOST_TO:
        return ()
    head = line.translate(_INVISIBLE | {ord("*"): " "}).strip()
    before, colon, after = head.partition(":")
    if not colon or "@" in before:
        before, _, after = head.partition(" ")
        if len(after.split()) != 1:
            return ()
    if rulebook.verbs.get(fold(before).strip()) != "to":
        return ()
    found = in_field(after.replace("mailto:", " ").replace("MAILTO:", " "))
    words = after.split()
    names = [word for word in words if "@" not in word]
    if not found or "?" in after or "@" not in words[-1] or len(names) > MOST_NAMES * len(found):
        return ()
    known = any(address in rulebook.agent_by_address or is_ours(address, rulebook) for address in found)
    return () if known else found


def asks_whole(line: str, rulebook: Rulebook) -> bool:
    """Tell whether a line asks for the whole mail: the one word, and nothing else."""
    if len(line) > MOST_VERB or line.lstrip()[:1] in ("#", ">", "?"):
        return False
    head = unicodedata.normalize("NFKC", line.translate(_INVISIBLE)).strip()
    return ":" not in head and "?" not in head and rulebook.verbs.get(fold(head).strip()) == "whole"


def is_command(line: str, rulebook: Rulebook) -> bool:
    """Tell whether a line is a verb of a case, alone or with its object."""
    if line.lstrip()[:1] in ("#", ">"):
        return False  # refused by itself; quoted
    head = unicodedata.normalize("NFKC", line[: MOST_VERB * 2].translate(_INVISIBLE)).strip()
    before, colon, _ = head.partition(":")
    if colon and len(before) <= MOST_VERB:
        verb = rulebook.verbs.get(fold(before).strip())
        return verb in CASE_VERBS and verb not in _ALONE and "?" not in before
    if "?" in head or len(line) > MOST_VERB * 2:
        return False
    if len(head) <= MOST_VERB and rulebook.verbs.get(fold(head).strip()) in CASE_VERBS:
        return True
    words = head.casefold().split()
    return any(
        verb in CASE_VERBS and _is_object(verb, words[length:], rulebook)
        for length in (1, 2)
        if (verb := rulebook.verbs.get(fold(" ".join(words[:length])).strip())) is not None
    )


def _is_object(verb: str, words: Sequence[str], rulebook: Rulebook) -> bool:
    """Tell whether the words behind a verb, without a colon between, are what it can be done with, and nothing else.

    Names of groups and agents count when no word of a language looks so (``it-net-2``): "Til Anne" greets somebody.
    """
    given = [bare for word in words if (bare := word.strip(_END))]
    if not given:
        return False
    one = given[0] if len(given) == 1 else ""
    if verb in ("wait", "chase"):
        return _SPAN.fullmatch(" ".join(given)) is not None
    if verb == "priority":
        return one in _URGENCY
    if verb == "type":
        return "." in one and one in rulebook.types
    if verb == "undo":
        return _CODE.fullmatch(one) is not None
    if verb in ("merge", "take", "refer", "split", "close") and all(
        word in _AND or _NUMBER.fullmatch(word) for word in given
    ):
        return True
    if verb in ("to", "up", "back", "take", "consult", "refer"):
        known = one in rulebook.groups or one in rulebook.agents or one in rulebook.agent_by_address
        return known and not one.isalpha()
    return False


def _fills_in(line: str, kind: str, rulebook: Rulebook) -> bool:
    """Tell whether a line gives a field of a type its value: ``Løsning: nytt passord``."""
    known = rulebook.types.get(kind)
    name, colon, _ = line[: MOST_VERB * 2].partition(":")
    if known is None or not colon:
        return False
    said = fold(name)
    return any(said == fold(word) for one in known.fields for word in (one.name, *one.label.values(), *one.synonyms))

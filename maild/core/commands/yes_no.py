"""Whether an answer is a plain yes or a plain no, in the Nordic languages, English or German; else it is neither.

Strict on both sides: "No problem, send it" and "Ja, men vent" are neither, and whoever asked asks again.
"""

from __future__ import annotations

import re
from typing import Literal

Said = Literal["yes", "no", "neither"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_YES = _words("ja jo jau jada javel jepp joo juu kyllä já jú yes yep yeah jawohl ok okay okei")
_NO = _words("nei neida nej nejdå nix no nope nay nein nö ei en eikä älä")
"""``en`` is the Finnish "I will not", ``no`` English; both mean other things inside a sentence."""
_WITH_YES = _words(
    "takk tack tak kiitos þakka thanks thank you danke bitte please vær så snill gjerne gärna gerne det den er fra af"
    " frå från von meg mig mir me dette detta þetta dies das it is was this that its it's my mine"
    " of course sure and og och und jeg eg jag i ich skrev wrote sende send skicka lähetä sendið senda schicken senden"
    " stemmer stämmer passt gjelder gäller gælder godkjent bekreftet bekreftes confirmed"
)
_WITH_NO = _words(
    "takk tack tak kiitos thanks thank you danke bitte please ikke ikkje inte ej ekki not don't dont do det den"
    " nicht senden er var fra af frå från von meg mig mir me it is was this that wasn't isn't jeg eg jag i ich"
    " skrev wrote sende send skicka lähetä sendið senda schicken slett radera poista discard delete forkast kast"
)
_NOT = _words("ikke ikkje inte ej ekki ikki not don't dont wasn't isn't nicht")
_SEND = _words("send sende skicka lähetä sendið senda schicken senden")
_NEEDS_NOT = _SEND | _words("meg mig mir me jeg eg jag i ich skrev wrote fra af frå från von")
"""With a no these say the opposite of it unless something negates them: "Nei, det er fra meg"."""
_HOLDS_BACK = _words(
    "stopp stop stoppa stanna stans avvent avvente avvakta hold pause avbryt avbryte avlys cancel angre angrer ångra"
    " ångrar fortryder feil fel fejl galt mistake wrong oops oi pysäytä seis peru odotapa stöðva hætta halt stopf"
    " ikke ikkje inte ej icke ekki nicht not don't dont cannot can't kein keine älä eivät men mutta aber but en vent"
    " vänta odota bíddu warte wait først först ensin first fyrst zuerst bortsett utom paitsi except nema außer"
)
"""Below a yes these make it a matter for a person. ``en`` is "but" in Icelandic and an article in Swedish."""
_ARTICLES = _words("en ei no")
"""Words of other meanings, too: below the first line they say nothing alone."""
_COMMANDS: dict[str, Said] = {"#send": "yes", "#drop": "no"}
_BREAKS = re.compile(r"[\s,;:!?/()\"«»“”…–—]+")


def _said(line: str) -> list[str]:
    return [word for part in _BREAKS.split(line.casefold().replace("’", "'")) if (word := part.strip(".*_'-"))]


def yes_or_no(text: str, name: str = "") -> Said:
    """Say what an answer says; ``name`` is its writer's, which may stand beside the word.

    The first line decides, when it holds nothing but the word and what goes with it and asks nothing; the lines below
    it (a signature, most often) must not say the opposite or hold the yes back. Lines that a mail client quotes do not
    count.
    ``#send`` and ``#drop`` alone in the first line mean what they say whatever stands below: a house's footer that
    says "not" somewhere must not keep anybody from answering for ever.
    """
    own = frozenset(_said(name))
    lines = [(line, said) for line in text.splitlines() if not line.lstrip().startswith(">") and (said := _said(line))]
    if not lines:
        return "neither"
    (line, first), below = lines[0], {word for _, said in lines[1:] for word in said} - _ARTICLES - own
    if len(first) == 1 and first[0] in _COMMANDS:
        return _COMMANDS[first[0]]
    if first[0] in own or "?" in line:
        return "neither"  # Jo has signed an empty answer; "Ja?" asks
    if first[0] in _YES and all(word in _YES | _WITH_YES | own for word in first):
        return "neither" if below & (_NO | _HOLDS_BACK) else "yes"
    if first[0] in _NO and all(word in _NO | _WITH_NO | own for word in first):
        opposite = _NEEDS_NOT & set(first) and not _NOT & set(first)
        return "neither" if opposite or below & (_SEND | _YES - _words("ok okay okei")) else "no"
    return "neither"

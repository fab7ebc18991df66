"""The words that mean a verb, in Norwegian (both), Swedish, Danish and English: the one home of them.

They hold at every desk; a desk's ``rules/verbs.toml`` adds words of its own, or gives one of these another meaning. So
a verb that a later maild learns is known at once, whatever file a desk has.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from maild.core.values.words import fold

VERB_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    # answers: to a question, a loan, an order
    "yes": ("ja", "jo", "godtar", "ok", "yes"),
    "no": ("nei", "nej", "no"),
    "stop": ("stopp", "stoppa", "stop"),
    "return": ("levert", "lämnad", "lämnat", "leveret", "afleveret", "returned"),
    "extend": ("forleng", "förläng", "forlæng", "extend"),
    "lost": ("tapt", "förlorad", "tabt", "lost"),
    # what an agent does with a case
    "close": (
        *("løst", "løyst", "löst", "solved", "resolved", "closed", "close", "ferdig", "klart", "lukk", "lukket", "luk"),
        *("avslutt", "avsluttet", "avsluta", "avslutat", "afslut", "afsluttet", "stäng", "stängt"),
    ),
    "take": ("ta", "tar", "tek", "tag", "tager", "take"),
    "to": ("til", "till", "to"),
    "up": ("eskaler", "eskalere", "eskalera", "eskalér", "escalate"),
    "back": ("tilbake", "attende", "tillbaka", "tilbage", "back"),
    "note": (
        *("#internt", "#intern", "#private", "#note", "#notat", "internt", "internt notat", "intern anteckning"),
        *("internal note",),
    ),
    "info": ("mangler", "manglar", "saknas", "need"),
    "wait": ("venter", "vent", "ventar", "väntar", "vänta", "afventer", "afvent", "avventer", "avvent", "wait"),
    "priority": ("prioritet", "prio", "priority"),
    "type": ("type", "typ"),
    "template": ("mal", "mall", "skabelon", "template"),
    "split": ("splitt", "dela", "opdel", "split"),
    "merge": ("slå sammen", "slå saman", "slå ihop", "slå samman", "merge"),
    "allow": ("#allow", "slipp inn", "slepp inn", "släpp in", "luk ind", "allow"),
    "knowledge": ("kunnskap", "kunskap", "viden", "knowledge"),
    "refer": ("henvis", "vis til", "hänvisa", "refer"),
    "consult": ("spør", "spørg", "rådfråga", "consult"),
    "chase": ("purr", "påminn", "ryk", "chase"),
    "card": ("kort", "card"),
    "whole": ("alt", "allt"),
    "undo": ("angre", "ångra", "fortryd", "undo"),
    # what works today
    "why": ("hvorfor", "kvifor", "varför", "why"),
    "absent": ("borte", "fråværende", "fraværende", "fråværande", "borta", "frånvarande", "væk", "away", "absent"),
    "send": ("#send",),
    "drop": ("#drop",),
})  # fmt: skip
"""By verb: its words as people write them."""

VERBS = tuple(VERB_WORDS)
"""Every verb there is."""

CASE_VERBS = frozenset({
    *("close", "take", "to", "up", "back", "note", "info", "wait", "priority", "type", "template", "split", "merge"),
    *("allow", "knowledge", "refer", "consult", "chase", "card", "whole", "undo"),
})  # fmt: skip
"""What an agent does with a case. The others are answers (yes, no, stop, return, extend, lost, send, drop), or work
already (why, absent): what an agent says with those is said to somebody.
"""

SHIPPED: Mapping[str, str] = MappingProxyType(
    {fold(word).strip(): verb for verb, words in VERB_WORDS.items() for word in words}
)
"""The verb by each word, folded."""

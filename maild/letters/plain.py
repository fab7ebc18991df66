"""The built-in plain letters, for when a template fails: a fixed sentence, the number, and no word lost."""

from __future__ import annotations

from collections.abc import Mapping

from maild.core.letters.reply_marker import SENTINEL_LINE, sentinel
from maild.core.plan import NoticeKind
from maild.letters.shown import Value
from maild.letters.templates import KIN

_SENTENCES: dict[str, dict[str, str]] = {
    "no": {
        "ack": "Vi har fått e-posten din. Saken har nummer {number}. Svar på denne e-posten hvis du vil legge til noe.",
        "entry": "Det er kommet en e-post i sak {number}. Svar her for å svare avsenderen.",
        "pending": "Det er kommet en e-post til sak {number} fra en som ikke er med i saken.",
        "summary": "Flere e-poster er kommet i sak {number}.",
        "noted": "En e-post i sak {number} gikk også til dere.",
        "confirmation": "Svaret ditt i sak {number} er ikke sendt. Skrev du det, svarer du JA på denne e-posten.",
        "discarded": "Du svarte nei: e-posten din i sak {number} er ikke sendt til noen.",
        "refusal": "E-posten din i sak {number} er ikke sendt videre til noen.",
        "undelivered": "En e-post i sak {number} kunne ikke leveres.",
        "why": "Slik ble sak {number} avgjort.",
        "whole": "Slik kom e-posten i sak {number}.",
        "offers": "Skriv i første linje av svaret hvem det skal til (til: ADRESSE).",
        "operator": "Noe i maild trenger tilsyn.",
        "left out": "Ikke vedlagt fordi e-posten ble for stor: {files}",
        "recipients": "Mottakere: {recipients}",
        "cut": "[… teksten er kortet ned her]",
        "earlier": "Tidligere i e-posten:",
        "folded": "{lines} linjer sitat eller signatur er utelatt. Svar «alt» for å få hele e-posten.",
        "folded one": "1 linje sitat eller signatur er utelatt. Svar «alt» for å få hele e-posten.",
    },
    "sv": {
        "ack": "Vi har fått ditt mejl. Ärendet har nummer {number}. Svara här om du vill lägga till något.",
        "entry": "Det har kommit ett mejl i ärende {number}. Svara här för att svara avsändaren.",
        "pending": "Det har kommit ett mejl till ärende {number} från någon som inte är med i ärendet.",
        "summary": "Flera mejl har kommit i ärende {number}.",
        "noted": "Ett mejl i ärende {number} gick även till er.",
        "confirmation": "Ditt svar i ärende {number} har inte skickats. Skrev du det? Svara då JA på det här mejlet.",
        "discarded": "Du svarade nej: ditt mejl i ärende {number} har inte skickats till någon.",
        "refusal": "Ditt mejl i ärende {number} har inte skickats vidare till någon.",
        "undelivered": "Ett mejl i ärende {number} kunde inte levereras.",
        "why": "Så avgjordes ärende {number}.",
        "whole": "Så kom mejlet i ärende {number}.",
        "offers": "Skriv på första raden i svaret vem det ska till (till: ADRESS).",
        "operator": "Något i maild behöver tillsyn.",
        "left out": "Inte bifogat eftersom mejlet blev för stort: {files}",
        "recipients": "Mottagare: {recipients}",
        "cut": "[… texten är avkortad här]",
        "earlier": "Tidigare i mejlet:",
        "folded": "{lines} rader citat eller signatur är utelämnade. Svara ”allt” för att få hela mejlet.",
        "folded one": "1 rad citat eller signatur är utelämnad. Svara ”allt” för att få hela mejlet.",
    },
    "en": {
        "ack": "We have received your e-mail. The case has number {number}. Reply to this e-mail to add anything.",
        "entry": "There is a new e-mail in case {number}. Reply here to answer its sender.",
        "pending": "There is an e-mail to case {number} from somebody who takes no part in it.",
        "summary": "Several e-mails have come to case {number}.",
        "noted": "An e-mail in case {number} was sent to you as well.",
        "confirmation": "Your answer in case {number} has not been sent. If you wrote it, reply YES to this e-mail.",
        "discarded": "You said no: your e-mail in case {number} was not sent to anybody.",
        "refusal": "Your e-mail in case {number} was not passed on to anybody.",
        "undelivered": "An e-mail in case {number} could not be delivered.",
        "why": "This is how case {number} was decided.",
        "whole": "This is the e-mail in case {number} as it came.",
        "offers": "Write in the first line of your answer whom it is for (to: ADDRESS).",
        "operator": "Something in maild needs attention.",
        "left out": "Not attached because the e-mail grew too large: {files}",
        "recipients": "Recipients: {recipients}",
        "cut": "[… the text is cut here]",
        "earlier": "Earlier in this e-mail:",
        "folded": "{lines} lines of quote or signature are left out. Reply “alt” for the whole e-mail.",
        "folded one": "1 line of quote or signature is left out. Reply “alt” for the whole e-mail.",
    },
}
_SHOWN: dict[NoticeKind, tuple[str, ...]] = {
    "assignment": ("requester", "unanswered", "text"),
    "follow-up": ("requester", "unanswered", "text"),
    "pending": ("requester", "text"),
    "summary": ("mails",),
    "noted": ("requester", "text"),
    "confirmation": ("reason", "held_text"),
    "discarded": ("held_text",),
    "refusal": ("reason", "held_text"),
    "whole": ("requester", "text", "folded"),
    "undelivered": ("to", "diagnostic"),
    "why": ("text",),
    "operator": ("title", "reason"),
}
WITH_SENTINEL = frozenset(_SHOWN) - {"operator"}
"""Letters whose reader answers above our line."""
_SENTENCE: dict[NoticeKind, str] = {"assignment": "entry", "follow-up": "entry"}


def sentence(name: str, language: str, **values: str) -> str:
    """Return one of the fixed sentences in a language (its kin's, else English)."""
    known = _SENTENCES.get(language) or _SENTENCES.get(KIN.get(language, "")) or _SENTENCES["en"]
    return known[name].format(**values)


def letter(kind: NoticeKind, language: str, values: Mapping[str, Value]) -> str:
    """Return the built-in text of a kind of letter; of an answer the agent's own words and nothing else."""
    if kind == "answer":
        return str(values.get("text", ""))
    name = "ack" if kind.startswith("ack") else _SENTENCE.get(kind, kind)
    parts = [sentence(name, language, number=str(values.get("number", "")))]
    parts += [text for value in _SHOWN.get(kind, ()) if (text := _text(values.get(value, "")).strip())]
    if isinstance(people := values.get("recipients"), tuple) and people:
        parts.append(sentence("recipients", language, recipients=", ".join(people)))
    if isinstance(others := values.get("others"), tuple) and others:
        parts.append(", ".join(others))
    if values.get("unanswered"):
        offers = values.get("offers")
        named = "\n".join(f"  til: {offer}" for offer in offers) if isinstance(offers, tuple) else ""
        parts.append("\n".join(part for part in (sentence("offers", language), named) if part))
    if kind in WITH_SENTINEL:
        parts.insert(0, sentinel(language))
    return "\n\n".join(parts)


def _text(value: Value) -> str:
    return "\n".join(value) if isinstance(value, tuple) else str(value)


def has_sentinel(text: str, language: str) -> bool:
    """Tell whether our line is in a text, in this language or any other."""
    return sentinel(language) in text or SENTINEL_LINE.search(text) is not None

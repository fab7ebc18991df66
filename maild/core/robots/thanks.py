"""Whether a mail says nothing but thanks: such a mail files without reopening a case (law T11)."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


THANKS = _words(
    "takk tusen hjertelig mange tack tackar tusind tak kiitos kiitoksia kiitti kiitän paljon takkar þakka þakkir þökk"
    " kærar kærlig kærlige danke dankeschön vielen herzlichen besten lieben thanks thank thx tnx ty cheers"
    " appreciated"
    " merci takktakk tackar takker takkar takka bedankt gracias"
)
_POLITE = _words(
    "for hjelpa hjelpen svar svaret svaret! det dette du dere deg dykk jeg eg har ha en ei et fin god flott super"
    " supert"
    " bra veldig så raskt rask raske kjapt kjapp og og! nå no den er fungerer fungere virker verkar virket ordna"
    " ordnet"
    " ordner løst løyst løste seg fikset fiksa alt i orden ok okay dag kveld helg helga uke hei heisann hallo mvh"
    " vh hilsen"
    " med vennlig vennligst helsing venleg beste igjen att mye mykje tilbakemelding tilbakemeldingen oppklaringen"
    " info"
    " informasjonen hjelp assistanse snill snilt perfekt topp kanon nydelig strålende hyggelig setter pris på alle"
    " för hjälpen hjälp svar svaret det nu funkar fungerar fungerade igen löst löste sig fixat allt är ordning hej"
    " hejsan"
    " hälsningar vänlig vänliga vänligen bästa mvh med ha en trevlig fin dag helg snabba snabbt jag du ni dig er så"
    " mycket"
    " toppen underbart perfekt kanon jättebra snällt och ett tack!"
    " hjælpen hjælp nu virker virkede løst er fikset alt godt i orden mvh venlig hilsen kærlig dag weekend hurtige"
    " hurtigt"
    " jeg dig jer mange gange dejligt fint så meget og"
    " avusta avustanne avustasi vastauksesta toimii nyt se ongelma ratkesi ratkaistu kunnossa kaikki hyvä hyvin hyvää"
    " päivää viikonloppua terveisin ystävällisin hei moi nopeasta nopea"
    " fyrir hjálpina hjálp svarið þetta virkar núna komið í lag leyst allt gott kveðja með bestu hæ sæl sæll ykkur"
    " þér"
    " kærlega takk kærar mjög frábært"
    " für die ihre deine eure hilfe schnelle rasche antwort unterstützung es jetzt funktioniert geht wieder gelöst"
    " erledigt"
    " alles gut klar hat sich problem viele schöne schönen tag wochenende grüße grüßen freundlichen freundliche mfg"
    " lg vg"
    " hallo ist das mit sehr super perfekt prima toll und ihnen dir euch dank"
    " you so much very many for the your all help quick fast prompt reply response answer support it works working"
    " worked now"
    " again solved fixed resolved sorted done great good perfect excellent awesome nice that's that is was this"
    " problem issue"
    " everything fine have a day weekend one kind best regards hi hello dear and got lot kindly lovely brilliant"
    " wonderful"
    " really been has its it's i we my mine"
)
_SOLVED = _words(
    "fungerer virker verkar ordna ordnet løst løyst fikset fiksa funkar fungerar löst fixat virkede toimii ratkesi"
    " ratkaistu kunnossa virkar leyst funktioniert gelöst erledigt works working solved fixed resolved sorted"
)
_NOT = _words(
    "ikke ikkje inte ej icke ei eivät en ekki nicht kein keine not no don't doesn't isn't won't can't cannot still"
    " but"
    " however fortsatt fortfarande stadig vielä men mutta aber noch jedoch enn unfortunately dessverre tyvärr"
    " desværre"
    " leider valitettavasti trotzdem når när hvordan hur hva vad how when why hvorfor varför"
)
_REFUSALS = frozenset({"nei", "nej", "nein", "ei", "no", "nope"})
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_MOST_WORDS = 30
_ANSWERED = re.compile(r"(?m)^> .*\n\n")


def is_thanks(text: str) -> bool:
    """Tell whether a text is nothing but thanks (or "solved"), in the Nordic languages, English or German.

    Strict: a question, a "but", a number, or more than a few words that are not names make it a mail to read. The
    quoted line that an answer is kept with is not its writer's, and does not count.
    """
    body = _ANSWERED.sub("", text).strip()
    if not body or "?" in body or len(body) > 400 or any(sign.isdigit() for sign in body):
        return False
    words = _WORD.findall(body)
    if not 1 <= len(words) <= _MOST_WORDS:
        return False
    folded = [word.casefold().replace("’", "'") for word in words]
    if not any(word in THANKS for word in folded) and not (len(words) <= 6 and any(word in _SOLVED for word in folded)):
        return False
    if folded[0] in _REFUSALS:
        return False
    negated = [word for word in folded if word in _NOT and word not in ("en", "ei", "no", "enn", "når", "när")]
    if negated:
        return False
    strange = [
        word for word, fold in zip(words, folded, strict=True) if fold not in THANKS and fold not in _POLITE | _SOLVED
    ]
    return len(strange) <= 3 and all(word[0].isupper() for word in strange)

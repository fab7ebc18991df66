"""Which first lines of an agent's answer are commands, and which are words to a customer (law E12)."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.commands.command_lines import MOST_LINES, is_command, taken_apart
from maild.core.rules.casetypes import CaseType, Field
from maild.core.rules.organisation import Agent, Group, Rulebook
from maild.core.rules.verb_words import CASE_VERBS, SHIPPED, VERB_WORDS, VERBS
from tests.kit import make

ROOT = Path(__file__).resolve().parents[3]
INCIDENT = CaseType(
    id="it.incident",
    fields=(Field(name="solution", label={"no": "Løsning", "sv": "Lösning"}, synonyms=("fiks",)), Field(name="time")),
)
BASE = make.rulebook(
    groups=(*make.GROUPS, Group(id="it-net-2", department="it", line=2, members=("camilla",))),
    people=(*make.AGENTS, Agent(id="hamza.yusuf", name="Hamza Yusuf", addresses=("hamza@fjordvik.example",))),
)
RULES: Rulebook = replace(BASE, types={"it.incident": INCIDENT})

COMMANDS = """
løst
Løst.
LØST!
løyst
löst
Solved
lukk
lukket
avslutt
ta
Ta!
take
tag
venter
väntar
venter 3d
Venter 2 dager.
vänta 1 vecka
wait 3 days
venter til 5.12
vent til 2026-12-05
til: it-net-2
Til: it-net-2
till: it-net-2
to: it-net-2
til:it-net-2
til : it-net-2
Til：it-net-2
til it-net-2
to hamza.yusuf
til hamza@fjordvik.example
til:
eskaler: ingen DHCP i B-bygg, prøvd ny kabel
Eskaler:
eskalera: ingen DHCP
escalate: no DHCP
eskaler
eskaler it-net-2
tilbake: mangler rom
tillbaka: rum saknas
prioritet: høy
prioritet høy
Priority: high
prio haster
type: it.incident
type it.incident
mal: glemt-passord
splitt
dela
slå sammen: 1040
slå sammen FK#1040 og FK#1041
Slå ihop 1040
merge 1040
mangler: rom
saknas: rum
kunnskap
angre k7q2
undo: k7q2
henvis: 8
henvis 8
spør: hamza hva er galt?
purr 2026-12-10
kort
alt
internt
Internt: ring leverandøren
- internt
intern anteckning: ring
- løst
* løst
• Løst
– løst
→ løst
*løst*
**løst**
_løst_
`løst`
«løst»
“Løst.”
"løst"
'løst'
‘løst’
„løst“
(løst)
løst :)
Løst 👍
løst…
løst,
L\u00d8ST
lo\u0308st
l\u00adøst
\ufefflöst
\u00a0løst\u00a0
\u2003løst
slå\u00a0sammen:\u00a01040
"""

PROSE = """
Hei!
Hei Kari,
Hei:
Hej
Hej Anders!
Hello Priya,
Dear Priya
Kjære Kari
God morgen
God dag
Takk!
Takk for meldingen.
Tack för ditt mejl
Thanks for the report
Ja
Ja!
JA
Nei
Nej
No
Yes
Ok
OK.
Jo
Levert
Stopp
Stoppa!
Stop
Forleng til 10.1
Tapt
Lost
Lämnad i receptionen
Returned
Viktig:
Viktig!
Viktigt:
Obs!
OBS: stenger kl. 15
NB: Husk passord
Merk: dette gjelder bare B-bygg
PS: husk kabelen
Info:
Svar:
Spørsmål:
Fråga: har du startat om datorn?
Kort: ja.
Kort sagt: ja
Kort fortalt er det løst
Alt i orden nå
Alt er løst
Allt klart nu
Løst prat om nettet
Løst?
Løst? Nei, ikke ennå.
Er det løst?
Løste dette seg?
Løst papir i skriveren
Løst seg nå?
Løsningen er å starte på nytt
Løsning: start PC-en på nytt
Lösning: starta om
Solution: restart the PC
Løsning – se under
Til alle
Til alle ansatte på Solbakken
Til Kari
Til Kari Moen:
Til deg som skriver ut mye
Til orientering
Til info: vi bytter skriver fredag
Til informasjon
Till alla
Till dig som har frågor
To whom it may concern
To all users
To do: bestill skjerm
To be honest, we do not know
Ta kontakt med Servicetorget
Ta kontakt
Ta det med ro
Ta den tiden du trenger
Ta med PC-en til skranken
Tar en titt
Tar det i morgen
Ta bort kabeln och sätt i den igen
Take care
Take a look at this
Take your time
Tag kontakt med os
Tag den med ro
Vent litt
Vent til i morgen
Venter på deler fra leverandøren
Venter fortsatt på svar
Vi venter på leverandøren
Väntar på svar från leverantören
Vänta tills i morgon
Vänta med att starta om
Wait for our technician
Wait until Monday
Waiting for parts
Avvent videre beskjed
Lukk alle vinduer og prøv igjen
Lukk programmet
Lukket i dag kl 12?
Avslutt Outlook og start på nytt
Stäng datorn
Stängt på fredag
Close the window and try again
Closed on Friday
Ferdig med installasjonen
Ferdigstilt i dag
Klart det!
Klart vi kan hjelpe
Det er klart
Klart språk er viktig
Eskalert til leverandøren
Vi eskalerer saken
Eskalering er ikke nødvendig
Escalating this now
Tilbake på jobb mandag
Tilbakemelding:
Tilbakebetaling: se vedlegg
Tillbaka på måndag
Back on Monday
Back in the office
Backup: kjører i natt
Prioritert
Prioriteten er satt høyt
Prioriteringsliste:
Typisk feil
Type kabel: USB-C
Typ varannan dag
Malen er oppdatert
Malen ligger her
Mål: løst i dag
Template attached
Splitter er bestilt
Dela gärna med dig
Split screen works now
Slå av PC-en
Slå på skriveren
Slå sammen de to filene i Word
Merge the files first
Mangler du fortsatt tilgang?
Mangler strøm i rom 204
Manglende tilgang er ordnet
Det mangler et rom
Saknas något?
Needed: your phone number
Need help with anything else?
Need more info from you
Kunnskapsartikkel: se lenke
Kunnskap om VPN
Angående saken din
Angrer du på bestillingen?
Henviser til forrige e-post
Henvisning:
Spør gjerne igjen
Spør Hamza om det
Purring på faktura
Purring: faktura 17
Hvorfor?
Hvorfor skjer dette?
Varför?
Why?
Hvordan går det?
Borte 3.–14.12
Borte til mandag
Borta till fredag
Away until Monday
Borte
Internt hos oss heter dette B-bygg
Internasjonal support
Interne rutiner er endret
Note that the printer moved
Note: you must restart
Notat fra møtet
Private nøkler må byttes
Kl 10:30 passer
kl. 10: møte
Rom 204: skriveren
Fra: Kari
Emne: Skriver
Re: [FK#1042] Skriver
https://intranett.fjordvik.example
1. Løst
2) Ta
1. Løst 2. Venter på deler
a) løst
> løst
> til: it-net-2
løst og ferdig
Løst, takk!
Løst takk
Løst nå
Løst det
Hei, løst
Ferdig nå
OK, løst
Prøv igjen nå
Passordet er nullstilt.
Vi ser på det.
Vi ser på saken og kommer tilbake.
Jeg tar den.
Jag tar den
I will take it
Du får svar i morgen
Kan du sende skjermbilde?
Kan du ringa oss?
Vi har bestilt ny skjerm
Det virker nå
Det funkar nu
It works now
Se vedlegg
Se bilaga
See attached
Beklager ventetiden
Ursäkta dröjsmålet
Sorry for the delay
Med vennlig hilsen
Mvh Camilla
Vänligen
---
***
:)
👍
…
."""


@pytest.mark.parametrize("line", COMMANDS.strip("\n").split("\n"))
def test_a_case_verb_is_a_command(line: str) -> None:
    """A verb alone, with a colon, or with an object that nothing else can be, however it is dressed."""
    assert is_command(line, RULES)


@pytest.mark.parametrize("line", PROSE.strip("\n").split("\n"))
def test_ordinary_first_lines_are_none(line: str) -> None:
    """More than two hundred lines that answers begin with are words to the customer."""
    assert not is_command(line, RULES)


def test_the_tables_are_large_enough() -> None:
    """Both tables hold what they promise."""
    assert len(set(PROSE.split("\n"))) >= 200 and len(set(COMMANDS.split("\n"))) >= 90


WORDS = [word for word in SHIPPED if SHIPPED[word] in CASE_VERBS and not word.startswith("#")]


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_every_case_verb_is_one_alone(word: str) -> None:
    """Each word of verbs.toml that does something with a case is a command when it stands alone."""
    for dressed in (word, f"{word.upper()}.", f" {word.title()}! ", f"• «{word}»", f"\u00a0{word}\u00a0"):
        assert is_command(dressed, RULES)
    assert not is_command(f"{word}?", RULES) and not is_command(f"{word} er det vi ser på nå", RULES)


@pytest.mark.parametrize("word", [word for word in SHIPPED if SHIPPED[word] not in CASE_VERBS])
def test_the_words_of_answers_are_none(word: str) -> None:
    """Yes, no, ok, stop, return, extend, lost, and what works today: an agent's mail that begins so is as it was."""
    assert not is_command(word, RULES) and not is_command(f"{word}: x", RULES)


def test_a_hash_is_refused_by_itself() -> None:
    """What begins with # is refused as before, so it is not asked about; behind a bullet it would go out."""
    assert not is_command("#internt", RULES) and not is_command(" \u00a0#løst", RULES)
    assert is_command("- #internt", RULES) and is_command("\uff03internt", RULES)


@settings(max_examples=300)
@given(
    word=st.sampled_from(WORDS),
    before=st.text(st.sampled_from(list(" \t\u00a0\u2003-*•–—·«»“”\"'(‘’„`_\u200b")), max_size=5),
    after=st.text(st.sampled_from(list(" \t\u00a0.!,;…»”\"')’*`_\u200b\u00ad")), max_size=5),
    case=st.sampled_from([str.lower, str.upper, str.title, str.capitalize]),
    tail=st.sampled_from(["", ": it-net-2", ":", " : noe"]),
)
def test_how_it_is_dressed_does_not_matter(word: str, before: str, after: str, case: object, tail: str) -> None:
    """Case, bullets, quote marks, spaces of any kind and marks at the end leave a verb a verb."""
    if tail and SHIPPED[word] in ("card", "whole"):
        tail = ""
    assert is_command(f"{before}{case(word)}{tail}{after}", RULES)  # type: ignore[operator]


@settings(max_examples=300)
@given(st.text(max_size=300))
def test_any_text_is_taken_apart_and_nothing_is_lost(text: str) -> None:
    """Every line is a command or stands below; below a text without commands it is the text itself."""
    said = taken_apart(text, "it.incident", RULES)
    if not said.commands:
        assert said.below == text
    assert said.below in text
    assert not [line for line in said.commands if line not in text]


@pytest.mark.parametrize(
    ("text", "commands", "below"),
    [
        ("løst", ("løst",), ""),
        ("\n\n løst \n\n", ("løst",), ""),
        ("løst\n\nHei Kari, det er ordnet.", ("løst",), "Hei Kari, det er ordnet."),
        ("løst\r\nHei", ("løst",), "Hei"),
        ("løst\u2028Hei", ("løst",), "Hei"),
        ("løst\x85Hei", ("løst",), "Hei"),
        ("ta\nprioritet: høy\n\nHei", ("ta", "prioritet: høy"), "Hei"),
        ("ta\n\nløst\n\nHei", ("ta", "løst"), "Hei"),
        ("løst\nløsning: ny kabel\ntime: 5\n\nHei", ("løst", "løsning: ny kabel", "time: 5"), "Hei"),
        ("løst\nfiks: ny kabel\nHei", ("løst", "fiks: ny kabel"), "Hei"),
        ("løst\n\nLøsning: start PC-en på nytt.", ("løst",), "Løsning: start PC-en på nytt."),
        ("Løsning: start PC-en på nytt.", (), "Løsning: start PC-en på nytt."),
        ("Hei\nløst", (), "Hei\nløst"),
        ("løst\nHei\nta\nlukk", ("løst",), "Hei\nta\nlukk"),
        ("  løst\n    innrykk", ("løst",), "    innrykk"),
        ("", (), ""),
    ],
)
def test_what_stands_below(text: str, commands: tuple[str, ...], below: str) -> None:
    """Leading verbs, and fields right below them, are commands; the rest stands as it was written."""
    said = taken_apart(text, "it.incident", RULES)
    assert (said.commands, said.below) == (commands, below)


def test_no_number_of_verbs_costs_much() -> None:
    """A mail of nothing but verbs is taken apart as far as anybody would write."""
    said = taken_apart("ta\n" * 10_000, "it.incident", RULES)
    assert len(said.commands) == MOST_LINES and said.below.startswith("ta\n")


def test_a_desk_may_have_words_of_its_own() -> None:
    """A word of verbs.toml counts as the shipped ones do, and a shipped one may mean something else there."""
    own = replace(RULES, verbs={**SHIPPED, "fiksa": "close", "kort": "yes"})
    assert is_command("Fiksa!", own) and not is_command("kort", own) and not is_command("Fiksa!", RULES)


def test_the_shipped_file_shows_the_words_that_hold() -> None:
    """rules/verbs.toml of the sample organisation is what comes with maild, verb by verb, in order."""
    said = tomllib.loads((ROOT / "rules" / "verbs.toml").read_text("utf-8"))
    assert [(verb, tuple(table["words"])) for verb, table in said.items()] == list(VERB_WORDS.items())
    assert set(VERBS) >= CASE_VERBS and sum(map(len, VERB_WORDS.values())) == len(SHIPPED), "no word has two verbs"

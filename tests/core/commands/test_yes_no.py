"""What counts as a plain yes, a plain no, and neither."""

import pytest

from maild.core.commands.yes_no import yes_or_no

YES = (
    "Ja", "JA!", "ja.", "Ja takk", "Ja, den er fra meg.", "Jau", "Jo", "Ja, send den", "ja tack", "Kyllä", "Joo",
    "Já", "Yes", "Yes, please.", "YES – send it", "OK", "#send", "Ja\n\nCamilla Dahl\nIT, tlf. 555 01 100, fjordvik.no",
    "JA Camilla", "*Ja*", "Ja, bitte", "> Svar JA\n\nJa", "Ja\n\nSendt fra en iPhone",
    "#send\n\nTenk på miljøet: ikke skriv ut denne e-posten",
)  # fmt: skip
NO = (
    "Nei", "NEI!", "nei takk", "Nei, ikke send den!", "Nei. Det var ikke meg", "Nei, ikkje send", "Nej", "nej tack",
    "Nej, skicka inte", "Ei", "en", "Ei kiitos", "No", "NO.", "no thanks", "No, don't send it", "Nein",
    "Nein, nicht senden", "#drop", "Nei\n\nCamilla Dahl\nIT, tlf. 555 01 100", "> Svar NEI\nnei", "Nope",
    "Nei, jeg skrev ikke det", "Nej, det var inte från mig", "Nei\n\nSendt fra min iPhone", "No, it wasn't me",
    "Nei\n\nJeg skriver den på nytt senere.", "#drop\n\nJa, vi elsker!",
)  # fmt: skip
NEITHER = (
    "", "\n\n", "> JA", "Ja, men bare til 14", "Ja\n\nMen vent til i morgen.", "Ja eller nei?", "Ja nei",
    "Nei, ja, send", "No problem, send it", "Ei ongelmaa", "En time, takk", "Hei!", "Hva er dette?", "Send",
    "Ikke send", "Stopp", "Jeg svarte ja", "Ja\nEller nei, forresten", "Nei\nJo, ja, send den likevel", "Yes and no",
    "Ja?", "OK?", "ok, is it mine?", "Ja\n\nStopp den likevel, jeg fant en feil.", "Ja\n\nAvvent til mandag",
    "Yes\n\nHold it until Monday", "Ja\n\nÅngrar mig", "Nei, send den", "Nei, det er fra meg", "Nei\n\nJo, send den",
    "No\n\nActually send it", "Nej, det är jag", "No, I wrote that", "Nei\n\nJo", "Nein, ich schicken",
    "👍", "#sende", "#send den", "nja", "Jamen", "Ja, ikke send",
)  # fmt: skip


@pytest.mark.parametrize("text", YES)
def test_a_plain_yes(text: str) -> None:
    """The word alone or with what goes with it, a name and a signature below, in each language."""
    assert yes_or_no(text, "Camilla Dahl") == "yes"


@pytest.mark.parametrize("text", NO)
def test_a_plain_no(text: str) -> None:
    """The word alone or with what goes with it, a signature below, in each language."""
    assert yes_or_no(text, "Camilla Dahl") == "no"


@pytest.mark.parametrize("text", NEITHER)
def test_neither(text: str) -> None:
    """Both, a condition, a question, a phrase that only begins like one, or nothing at all."""
    assert yes_or_no(text, "Camilla Dahl") == "neither"


def test_a_name_is_no_answer() -> None:
    """Jo, who signs an empty mail, has not said the Norwegian yes."""
    assert yes_or_no("Jo\n", "Jo Berg") == "neither" and yes_or_no("Ja\nJo", "Jo Berg") == "yes"

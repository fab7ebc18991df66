"""The language of a text: right on short mails of the Nordic kind, silent rather than wrong on what shows none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.mail.words.language import language_of

SENTENCES = [
    ("no", "Hei, jeg har glemt passordet etter ferien. Bruker: karmoe."),
    ("no", "Det virker ikke."),
    ("no", "Kan dere hjelpe meg med å sette opp ny skjerm?"),
    ("no", "Når er fristen for budsjettet?"),
    ("no", "Min siste dag er 31. desember, hva gjør jeg med Mac-en?"),
    ("no", "Kan vi avslå søknaden fra en i vikariat? Haster før torsdag."),
    ("nn", "Lysrøyret på kontoret mitt blinkar. Rom A-118 i rådhuset."),
    ("nn", "Eg kjem ikkje inn på heimeområdet mitt, kva gjer eg?"),
    ("sv", "Vi har inget nät i B-huset sedan i morse, rum B-214."),
    ("sv", "Vi lägger två beställningsorsaker, Extraordinär sjuk och VAB, så blir statistiken rätt."),
    ("sv", "Jag kan inte logga in på datorn"),
    ("da", "Printeren virker ikke, hvad skal jeg gøre?"),
    ("en", "The VPN drops every ten minutes. And I would like a second monitor for my desk."),
    ("en", "I need a new phone."),
    ("fi", "Tulostin ei toimi, voitteko auttaa?"),
    ("de", "Der Drucker funktioniert nicht mehr, können Sie helfen?"),
]


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_one_sentence_is_often_enough(language: str, text: str) -> None:
    """A single sentence of a real mail shows its language."""
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "12345", "PC-0142", "!!!", "https://desk.example/en/the/long/path"])
def test_what_shows_no_language_has_none(text: str) -> None:
    """Numbers, tags and addresses are no language."""
    assert language_of(text) is None


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    """Whatever characters a mail holds, the answer is a short code or none, never an exception."""
    found = language_of(text + "\ud800\x00\x1b\ufffe")
    assert found is None or 2 <= len(found) <= 8

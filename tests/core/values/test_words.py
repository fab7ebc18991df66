"""Whole words in Nordic text: case, form and borders, and what a rule may write."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.values.words import find, fold, folded, needle


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("øl", "Et ØL nå"),
        ("lösenord", unicodedata.normalize("NFD", "Mitt LÖSENORD?")),
        ("pass*", "Passordet er borte"),
        ("logge inn", "kan ikke logge   inn!"),
        ("logge inn", "logge\ninn"),
        ("e-post", "E-POST: nei"),
        ("#webinar", "Spørsmål #Webinar"),
        ("webinar", "Spørsmål #Webinar"),
        ("straße", "STRASSE 4"),
        ("passord", "pass\u00adord"),
        ("tips och tri*", "Tips och Trix: pool"),
    ],
)
def test_words_are_found(said: str, text: str) -> None:
    """A word, a phrase or a beginning is found whatever its case, its composition and what stands around it."""
    assert find(needle(said), folded(text)) is not None


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("ål", "xål måler"),
        ("øl", "følger ølet"),
        ("pass", "passord"),
        ("pass*", "trespass kompass"),
        ("logge inn", "logge seg inn"),
        ("#webinar", "webinar"),
        ("ring", "ringe, bring"),
    ],
)
def test_parts_of_words_are_not(said: str, text: str) -> None:
    """What only stands inside another word is not found."""
    assert find(needle(said), folded(text)) is None


@pytest.mark.parametrize("said", ["", " ", "*", "a*b", "!!", "#", "**"])
def test_what_is_no_word_is_refused(said: str) -> None:
    """A rule cannot ask for nothing."""
    with pytest.raises(ValueError, match="word"):
        needle(said)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    """Folding is stable, so a rule's word and a mail's word meet whoever was folded first."""
    once = fold(text)
    assert fold(once) == once


@given(st.text(alphabet=st.characters(categories=("L", "N")), min_size=1, max_size=12), st.text(max_size=30))
def test_a_word_between_spaces_is_found(word: str, around: str) -> None:
    """Any word of letters and digits is found in any text that holds it by itself."""
    if not fold(word).strip():
        return
    assert find(needle(word), folded(f"{around} {word} {around}")) is not None


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=60))
def test_ascii_is_taken_apart_like_any_text(text: str) -> None:
    """A text of ASCII has the words, and their beginnings, that it has beside a Nordic word."""
    alone, beside = folded(text), folded(f"{text} øl")
    assert [*alone.text.split(), "øl"] == beside.text.split()
    assert alone.words | {"øl"} == beside.words
    assert alone.keys | {"øl"} == beside.keys

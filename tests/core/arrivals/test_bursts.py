"""Telling "nearly the same mail": case and space do not count; numbers, files and other words do (law A7)."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.arrivals.bursts import burst, numbers, similar, subject_shape, text_shape
from maild.core.facts import Arrival

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
ALARM = "Server {} has been down since {}. Load average was {} at the time. Please look at it as soon as you can."


NUMBERS = st.lists(st.integers(0, 10**9), min_size=3, max_size=3)


@given(NUMBERS, NUMBERS, st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc")))
def test_numbers_and_files_tell_mails_apart(one: list[int], two: list[int], first: set[str], second: set[str]) -> None:
    """Mails of one robot are alike only when their numbers and their files are the same."""
    same = one == two and first == second
    assert similar(text_shape(ALARM.format(*one), first), text_shape(ALARM.format(*two), second)) == same
    alike = subject_shape(f"Alarm  {one[0]} on HOST") == subject_shape(f"alarm {two[0]} on host")
    assert alike == (one[0] == two[0])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Ny melding i boks 12 fra 22 33 44 55", "Ny melding i boks 12 fra 22 33 44 56"),
        ("Skanning fra enhet 0412", "Skanning fra enhet 0413"),
        ("x " * 400 + "dør 7 står åpen", "x " * 400 + "dør 8 står åpen"),
        ("7", "8"),
    ],
)
def test_one_digit_is_another_mail(one: str, two: str) -> None:
    """One digit is enough, far down in a long text as well."""
    assert not similar(text_shape(one), text_shape(two)) and similar(text_shape(one), text_shape(one))


def test_empty_texts_with_other_files_are_other_mails() -> None:
    """A scanner that writes nothing is known by what it scanned."""
    assert not similar(text_shape("", ["a"]), text_shape("", ["b"]))
    assert similar(text_shape("", ["a", "b"]), text_shape("", ["b", "a"])) and not similar((), text_shape("", ["a"]))


@given(st.text(max_size=300), st.text(max_size=300))
def test_similar_is_fair(one: str, two: str) -> None:
    """A text is like itself, likeness goes both ways, and an empty one is like an empty one only."""
    first, second = text_shape(one), text_shape(two)
    assert similar(first, first) and similar(first, second) == similar(second, first)
    assert similar((), first) == (not first)


def test_other_words_are_another_mail() -> None:
    """Two people's mails are not alike, nor two subjects with other words."""
    assert not similar(text_shape("Skriveren på rom 204 virker ikke"), text_shape("Jeg har glemt passordet mitt"))
    assert subject_shape("Skriver") != subject_shape("Passord") and subject_shape("  ") == ""


@pytest.mark.parametrize(
    ("others", "alike", "limit", "folds"),
    [(0, 2, 10, True), (0, 1, 10, False), (9, 0, 10, True), (8, 0, 10, False), (99, 9, 0, False), (1, 2, 3, True)],
)
def test_when_it_is_a_burst(others: int, alike: int, limit: int, folds: bool) -> None:
    """The third that looks the same folds, or the limit-th at all; never when the limit is 0."""
    like = [Arrival(case=7, at=NOW, subject_shape="s", text_shape=(1, 2))] * alike
    rest = [Arrival(case=5, at=NOW, subject_shape=f"o{at}", text_shape=(at + 10,)) for at in range(others)]
    found = burst([*rest, *like], limit=limit, subject="s", text=(1, 2))
    assert (found is not None) == folds
    assert found is None or found[0] == (7 if alike >= 2 else 5), "into the first one that it looks like"


def test_mails_without_a_case_fold_nothing() -> None:
    """What made no case (spam, a report) cannot take an entry."""
    assert (
        burst([Arrival(case=None, at=NOW, subject_shape="s", text_shape=())] * 20, limit=10, subject="s", text=())
        is None
    )


PIECES = st.sampled_from(["1", "42", "²", "٣", "å", " ", "\n", "+47 ", "日", "a1b"]) | st.characters()


@given(st.lists(PIECES, max_size=30).map("".join))
def test_numbers_are_those_the_pattern_finds(text: str) -> None:
    """The quick way and the plain one find the same runs of digits in any text."""
    assert numbers(text) == re.findall(r"\d+", text)

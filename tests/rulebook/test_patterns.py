"""Regular expressions of rules: linear time on hostile text, and the set never hides a match (law G11)."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.rulebook.patterns import Match, Patterns, compile_pattern

LARGE = 64 * 1024
CATASTROPHES = [
    "(a+)+$", "(a|aa)+$", "(a|a)+$", "(a*)*b", "(.*a){20}$", "(a+){10}b", "([a-zA-Z]+)*$1x", "(x+x+)+y",
    "(a?){30}a{30}b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.+)+X", "(\\s+)+$x", "([^@]+)+@", "(\\d+)+\\.$", "(ab|a|b)+c$",
    "(?:a|b|ab)+c", ".*.*.*.*.*=$", "(a{1,30}){1,30}b", "(\\pL+\\s?)+!$", "(æ+ø+)+å$", "^(a+)*!", "((a+)+)+$",
    "(?:(?:a+)b?)+c", "(.*)*\\.exe$", "([a-z]+[0-9]*)+_$", "(a|b|c|d|e)*f$", "(<[^>]*>)+x", "(=+\\s*)+z",
    "^(?:\\s*a\\s*)+b", "(\\w?a)+$X" .replace("\\w", "[a-z]"),
]  # fmt: skip
TEXTS = [text * (LARGE // len(text)) for text in ("a", "aab", "x ", "1.", "<a ", "æø", "=", "ab@")]


def test_there_are_enough_of_them() -> None:
    """At least thirty patterns that a backtracking engine would never finish."""
    assert len(CATASTROPHES) >= 30


@pytest.mark.parametrize("source", CATASTROPHES)
def test_catastrophic_patterns_are_harmless(source: str) -> None:
    """Each takes at most 50 ms of the processor on 64 KB of the text it dreads most (the best of three)."""
    patterns = Patterns()
    number = patterns.add(source)
    patterns.freeze()
    for text in TEXTS:
        taken = []
        for _ in range(3):
            begin = time.process_time()
            patterns.which(text)
            patterns.find(number, text)
            taken.append(time.process_time() - begin)
            if taken[-1] <= 0.05:
                break
        assert min(taken) <= 0.05, f"{source} took {min(taken) * 1000:.0f} ms"


def test_the_set_agrees_with_each_pattern_by_itself() -> None:
    """Asking all patterns at once finds exactly those that match alone, also where the set runs out of memory."""
    patterns = Patterns()
    sources = [*CATASTROPHES, "faktura", "[0-9]{4}", *(f"(x{{1,{n}}}y?){{1,20}}z{n}" for n in range(2, 40))]
    numbers = [patterns.add(source) for source in sources]
    patterns.freeze()
    for text in (*(text[:2000] for text in TEXTS), "faktura 20261187", "xxyxz7", "", "æ" * 300):
        alone = {number for number in numbers if patterns.find(number, text) is not None}
        assert patterns.which(text) == alone


@settings(max_examples=200)
@given(st.text(max_size=40), st.text(max_size=80))
def test_any_pattern_compiles_or_is_refused_with_a_reason(source: str, text: str) -> None:
    """No pattern crashes: it is refused in words, or it can be used on any text."""
    try:
        compile_pattern(source)
    except ValueError as error:
        assert str(error)
        return
    patterns = Patterns()
    number = patterns.add(source)
    patterns.freeze()
    assert (patterns.find(number, text) is not None) == (number in patterns.which(text))


def test_a_pattern_once_added_has_one_number() -> None:
    """The same source is compiled once."""
    patterns = Patterns()
    assert patterns.add("faktura") == patterns.add("faktura")
    assert patterns.add("purring") != patterns.add("faktura")


def test_half_a_character_is_read_past() -> None:
    """A text with halves of characters, which RE2 cannot read, is searched like any other."""
    patterns = Patterns()
    number = patterns.add("faktura [0-9]+")
    patterns.freeze()
    for text in ("\ud83dfaktura 12\udc00", "på \udfff faktura 12"):
        assert patterns.which(text) == {number}
        assert patterns.find(number, text) == Match(text="faktura 12", groups={})

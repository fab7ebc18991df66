"""Every pattern of ``re`` over text from mail is on the list of proven ones, and stands an attack (law R7)."""

from __future__ import annotations

import re
from functools import cache

import pytest
from pattern_attacks import HOUSE, compiled, methods, slowest, sources, uses, weakness
from proven_patterns import ANY_SIZE, BUILT, CUT

MOST = 0.03
"""Seconds that a pattern may take for the longest text it is ever given."""


@cache
def any_size() -> dict[str, str]:
    """Return the patterns for texts of any size, each with its reason."""
    found = {}
    for reason, names in ANY_SIZE.items():
        for line in names.strip().splitlines():
            path, *rest = line.split()
            found |= {f"{path} {name}": reason for name in rest}
    return found


def in_use() -> dict[str, bool]:
    """Return every pattern in the house that text from mail may meet, and whether it has a name of its own."""
    return {use.key: use.named for path in sources() for use in uses(path)}


def unproven() -> list[str]:
    """Return what to do about each pattern that nobody has proven."""
    known = {*any_size(), *CUT, *BUILT}
    return [
        f"maild/{key.partition(' ')[0]}: {key.partition(' ')[2]} is a pattern that nobody has proven to be linear. "
        "Better cut, split or search for a fixed word; else give it a name at the top of its file and add it to "
        "tests/mail/proven_patterns.py with the reason why no text makes it slow."
        for key in sorted(in_use().keys() - known)
    ]


def test_every_pattern_is_proven() -> None:
    """A new pattern over text from mail needs a reason why it takes linear time."""
    wrong = unproven()
    assert not wrong, "\n".join(wrong)


def test_the_list_is_of_patterns_that_there_are() -> None:
    """What is on the list is in the house, once, and what has a name stands in no list of what has none."""
    there = in_use()
    listed = [*any_size(), *CUT, *BUILT]
    assert sorted(set(listed)) == sorted(listed)
    assert not [key for key in listed if key not in there]
    assert not [key for key in BUILT if there[key]]
    assert not [key for key in (*any_size(), *CUT) if not there[key]]


FILES = sorted({key.partition(" ")[0] for key in any_size()})


def attacked(path: str, *, pairs: bool) -> list[str]:
    """Return the patterns of a file that some text makes slow."""
    keys = [key for key in any_size() if key.partition(" ")[0] == path]
    found = ((key, weakness(one, methods(key), pairs=pairs)) for key in keys for one in compiled(key))
    return [f"{key}: {weak}" for key, weak in found if weak is not None]


@pytest.mark.parametrize("path", FILES)
def test_a_pattern_for_any_text_stands_an_attack(path: str) -> None:
    """No text made of a pattern's own letters makes it take more than linear time."""
    assert not (wrong := attacked(path, pairs=False)), "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES)
def test_a_pattern_for_any_text_stands_attacks_of_two_letters(path: str) -> None:
    """Neither does a text made of any two of them by turns."""
    assert not (wrong := attacked(path, pairs=True)), "\n".join(wrong)


@pytest.mark.parametrize("key", CUT)
def test_a_pattern_for_short_texts_is_quick(key: str) -> None:
    """The longest text that it is ever given takes a moment, whatever it says."""
    most, _ = CUT[key]
    for pattern in compiled(key):
        taken, attack = slowest(pattern, methods(key), most, pairs=False)
        assert taken < MOST, f"{attack}: {most} letters take {taken:.3f} s"


@pytest.mark.parametrize(
    "source", [r"\s+$", r"(a|a)*b", r"(\w+\s?)+:", r"x[ \t]*\r?\n?[ \t]*y", r"<.*>.*</", r"=+.*=+$"]
)
def test_the_attack_finds_what_is_slow(source: str) -> None:
    """Known bad ones are found, so that the tests above are no empty show."""
    assert weakness(re.compile(source), frozenset({"search"}), pairs=False) is not None


def test_a_pattern_without_a_proof_is_told(tmp_path: object) -> None:
    """The search sees patterns at the top of a file and inside functions."""
    found = {use.key for use in uses(HOUSE / "mail/mime/headers.py")} | {
        use.key for use in uses(HOUSE / "core/threads/threading.py")
    }
    assert {"mail/mime/headers.py _FIELD", "core/threads/threading.py _tag()"} <= found

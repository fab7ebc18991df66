"""Our own addresses and Message-IDs in files and texts: found in every form, and quick to look for (law R19)."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.mail.mime import mentions
from maild.mail.mime.mentions import MOST, MOST_HINTS, find, in_file

BOUNCE = "b+77.abcdefghijklmnop@sak.desk.example"
MESSAGE_ID = "<maild.1042.7.c.abcdefghijklmnop@sak.desk.example>"


@pytest.fixture
def address() -> str:
    """An address of the very length that ours have."""
    from maild.core.threads.tokens import TOKEN_LENGTH

    return f"it+1042.{('abcdefghijklmnopqrstuvwxyz234567' * 3)[:TOKEN_LENGTH]}@sak.desk.example"


def test_all_three_are_found_in_any_case_and_escaped(address: str) -> None:
    """An address, a bounce address and a Message-ID are found in text, in capitals, and as links write them."""
    for one in (address, BOUNCE, MESSAGE_ID):
        bare = one.strip("<>")
        assert find([f"se {one} her"]) == (one,)
        assert [found.lower() for found in find([f"({one.upper()})"])] == [one.lower()]
        if "+" in one:
            assert find([f'<a href="mailto:{bare.replace("+", "%2B").replace("@", "%40")}">']) == (one,)
        assert in_file(b"x " * 1_000_000 + one.encode() + b"x")
        assert in_file("\ufeff".encode("utf-16-le") + f"Reply-To: {one}".encode("utf-16-le"))
    assert in_file(b"From: x\r\nX-Maild-Case: 1\r\n\r\n")
    assert not in_file(b"ring +47 12345678, maild er fin, +1.aaaaaaaaaaaaaaaa uten mer\r\n" * 1000)
    assert find(["it+kari@sak.desk.example, b+77@x.example, maild.7@x.example"]) == ()


def test_so_many_are_told_and_no_more(address: str) -> None:
    """Each is told once, at most two hundred of them."""
    many = " ".join(f"b+{n}.abcdefghijklmnop@x.example" for n in range(1000))
    assert len(find([many])) == MOST
    assert find([f"{address} " * 5000]) == (address,)


HOSTILE = [
    "maild.1.1.",
    "maild.1.1.c.",
    "maild.1.1.c.aaaaaaaaaaaaaaaa@",
    f"maild.{'1' * 18}.{'1' * 10}.",
    "+1.aaaaaaaaaaaaaaaa",
    "+1.aaaaaaaaaaaaaaaa@",
    f"+1.{'a' * 48}@",
    f"{'a' * 30}+1.{'a' * 48}@x.example ",
    "%2B1.aaaaaaaaaaaaaaaa%40",
    "%2B1.",
    "+1",
    "%2",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_file_made_of_hints_costs_little(unit: str) -> None:
    """A megabyte of what almost is an address takes a fraction of a second; with too many of them the file is ours."""
    text = unit * (1_000_000 // len(unit))
    began = time.thread_time()
    ours = in_file(text.encode())
    find([text])
    assert time.thread_time() - began < 1.0  # looking closer at each took up to 12
    closely = unit.count("@") + unit.count("%40") > 0
    assert ours == (closely and len(text) // len(unit) > MOST_HINTS)


def test_a_large_file_is_looked_through_whole() -> None:
    """Whatever stands before it: 20 MB of octets do not hide a notice, and cost little."""
    octets = os.urandom(20_000_000)
    began = time.thread_time()
    assert in_file(octets + b" " + BOUNCE.encode())
    assert time.thread_time() - began < 2.0


_PIECES = st.sampled_from(
    ["+", "%2B", "%2b", "%", "1042.", "7.c.", "abcdefghijklmnop", "@", "%40", "maild.", "MAILD.", "Maild.", "mAiLd."]
)


@given(st.lists(_PIECES | st.text(max_size=4), max_size=24).map("".join))
def test_the_quick_look_finds_what_the_patterns_find(text: str) -> None:
    """Where the look for fixed signs sends a text away, none of the three patterns finds anything in it either."""
    patterns = (mentions._PLUS, mentions._ESCAPED_PLUS, mentions._OURS)
    plain = [hint.span() for pattern in patterns for hint in pattern.finditer(text)]
    assert [hint.span() for hint in mentions._hints(text)] == plain

"""Two desks that write to each other fall silent by themselves (law A14)."""

import re
from pathlib import Path

import pytest

from tests.kit.desk import START, Desk, Letter, mail, rulebook


def other(tmp_path: Path) -> Desk:
    """A second desk with a store, keys and domain of its own."""
    return Desk(f"sqlite:///{tmp_path}/other.db", rules=rulebook(), secret=b"other" * 8, mx="mx.other.example")


def carry(letter: Letter, rewrite: bool, step: int) -> bytes:
    """Carry a letter to the other desk; a rude relay on the way drops every mark of a machine and every reference."""
    if not rewrite:
        return letter.raw
    raw = letter.raw
    for name in (b"Auto-Submitted", b"X-[A-Za-z-]+", b"References", b"In-Reply-To", b"Message-ID", b"Precedence"):
        raw = re.sub(rb"(?im)^" + name + rb":[^\n]*\n(?:[ \t][^\n]*\n)*", b"", raw)
    return b"Message-ID: <rewritten-%d@relay.example>\r\n" % step + raw


@pytest.mark.parametrize("rewrite", [False, True], ids=["as sent", "marks removed"])
def test_two_desks_fall_silent(desk: Desk, tmp_path: Path, rewrite: bool) -> None:
    """A mail from one desk's address to the other ends after a few letters, even when every mark is stripped."""
    first, second = desk, other(tmp_path)
    order = mail("it@andre.example", "it@fjordvik.example", "Bestilling", "Hei, vi trenger en skjerm.", key="start")
    letters = [letter for letter in first.write(order, "it@fjordvik.example").letters if "andre" in letter.to]
    assert len(letters) == 1
    exchanged, turn = 1, second
    while letters and exchanged < 20:
        raw = carry(letters[0], rewrite, exchanged)
        sender = "" if not rewrite else "noreply@relay.example"
        turn.now = max(turn.now, START)
        got = turn.receive(raw, "it@fjordvik.example", sender=sender)
        letters = [letter for letter in got.letters if letter.kind.startswith("ack")]
        exchanged += len(letters)
        turn = first if turn is second else second
    assert exchanged <= (1 if not rewrite else 3)
    second.close()

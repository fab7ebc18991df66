"""Each law of the history checker holds for a good history and can be broken; a checker that cannot fail is none."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.daemon.history import (
    LAWS,
    Case,
    Entry,
    History,
    Op,
    Outgoing,
    Stored,
    Sunk,
    violations,
)

GOOD = History(
    ops=(
        Op(key="a", what="send"),
        Op(key="a", what="unknown"),
        Op(key="a", what="send"),
        Op(key="a", what="ack", code=250),
        Op(key="b", what="send"),
        Op(key="b", what="ack", code=250),
        Op(key="c", what="send"),
        Op(key="c", what="fail", code=451, text="4.3.0 try again"),
    ),
    stored=(
        Stored(id=1, key="a", state="done", outcome="new", case=1),
        Stored(id=2, key="a", state="done", outcome="duplicate", case=1),
        Stored(id=3, key="b", state="done", outcome="entry", case=1),
    ),
    entries=(Entry(id=1, inbound=1, key="a", case=1), Entry(id=5, inbound=3, key="b", case=1)),
    cases=(Case(number=1, requester="a@k.example"),),
    outgoing=(
        Outgoing(id=2, message_id="<2@d>", recipient="a@k.example", state="sent", kind="ack", case=1, once_key="ack:1"),
    ),
    sunk=(
        Sunk(message_id="<2@d>", recipient="a@k.example", data=b"x", number=1),
        Sunk(message_id="<2@d>", recipient="a@k.example", data=b"x", number=1),
    ),
    kills=1,
    answers={"b": "a"},
)

SUNK, ROW, A, DUPLICATE, B = GOOD.sunk[0], GOOD.outgoing[0], *GOOD.stored
BREAKS: dict[str, Callable[[], History]] = {
    "acked_is_stored": lambda: replace(GOOD, stored=(A, DUPLICATE), entries=GOOD.entries[:1]),
    "acked_is_stored ": lambda: replace(GOOD, stored=(A, DUPLICATE, replace(B, intact=False))),
    "stored_was_sent": lambda: replace(GOOD, ops=GOOD.ops[:4]),
    "stored_was_sent ": lambda: replace(GOOD, stored=(replace(A, intact=False), DUPLICATE, B)),
    "everything_is_done": lambda: replace(GOOD, stored=(A, replace(DUPLICATE, state="reading"), B)),
    "only_poison_is_put_aside": lambda: replace(GOOD, stored=(replace(A, state="quarantined"), DUPLICATE, B)),
    "one_effect_per_key": lambda: replace(GOOD, stored=(A, replace(DUPLICATE, outcome="new", case=2), B)),
    "one_effect_per_key ": lambda: replace(GOOD, entries=GOOD.entries[:1]),
    "one_effect_per_key  ": lambda: replace(GOOD, entries=(*GOOD.entries, Entry(id=9, inbound=3, key="b", case=1))),
    "one_effect_per_key   ": lambda: replace(GOOD, stored=(DUPLICATE, B)),
    "numbers_are_unique": lambda: replace(GOOD, cases=GOOD.cases * 2),
    "numbers_are_unique ": lambda: replace(
        GOOD,
        outgoing=(ROW, replace(ROW, id=3, message_id="<3@d>", recipient="z@k.example", case=2, once_key="ack:2")),
        sunk=(SUNK, replace(SUNK, message_id="<3@d>", recipient="z@k.example")),
    ),
    "acks_name_durable_cases": lambda: replace(GOOD, sunk=(SUNK, replace(SUNK, number=7))),
    "sunk_has_a_row": lambda: replace(GOOD, sunk=(SUNK, replace(SUNK, message_id="<9@d>"))),
    "sunk_has_a_row ": lambda: replace(GOOD, sunk=(SUNK, replace(SUNK, recipient="z@k.example"))),
    "sent_has_arrived": lambda: replace(GOOD, sunk=()),
    "sent_has_arrived ": lambda: replace(GOOD, outgoing=(replace(ROW, state="sending"),)),
    "promised_once": lambda: replace(GOOD, outgoing=(ROW, replace(ROW, id=3, message_id="<3@d>", once_key="ack:1b"))),
    "promised_once ": lambda: replace(GOOD, outgoing=(ROW, replace(ROW, id=3, kind="assignment"))),
    "copies_are_few_and_same": lambda: replace(GOOD, sunk=(SUNK,) * 20),
    "copies_are_few_and_same ": lambda: replace(GOOD, sunk=(SUNK, replace(SUNK, data=b"y"))),
    "order_is_kept": lambda: replace(GOOD, entries=(replace(GOOD.entries[0], id=6), replace(GOOD.entries[1], id=5))),
    "follow_ups_find_their_case": lambda: replace(GOOD, entries=(GOOD.entries[0], replace(GOOD.entries[1], case=2))),
    "refusals_are_lawful": lambda: replace(
        GOOD, ops=(*GOOD.ops, Op(key="c", what="fail", code=500, text="Error: (OSError) disk full"))
    ),
    "refusals_are_lawful ": lambda: replace(
        GOOD, ops=(*GOOD.ops, Op(key="c", what="fail", code=554, text="5.3.0 the store is locked"))
    ),
}


def test_a_good_history_breaks_no_law() -> None:
    """Retries, a duplicate, a temporary refusal and one copy after one kill are all as they should be."""
    assert violations(GOOD) == []


@pytest.mark.parametrize("name", BREAKS)
def test_each_law_can_be_broken(name: str) -> None:
    """A history that breaks a law is found, under the law's own name."""
    law = name.strip()
    assert any(line.startswith(f"{law}:") for line in violations(BREAKS[name]()))


def test_no_law_is_without_a_broken_history() -> None:
    """Every law has a history above that breaks it."""
    assert {law.__name__ for law in LAWS} == {name.strip() for name in BREAKS}


def test_poison_may_be_put_aside() -> None:
    """A mail that was meant to kill its reader is where it belongs in quarantine."""
    aside = (A, DUPLICATE, B, Stored(id=4, key="c", state="quarantined", outcome="quarantined", case=None))
    assert violations(replace(GOOD, stored=aside, poison=frozenset("c"))) == []


def test_a_lawful_refusal_is_permitted() -> None:
    """An unknown recipient, a mail too big and a syntax error may be refused for good."""
    for text in ("5.1.1 nobody here", "5.3.4 too big", "5.5.2 syntax", "5.7.8 wrong password"):
        assert violations(replace(GOOD, ops=(*GOOD.ops, Op(key="c", what="fail", code=550, text=text)))) == []

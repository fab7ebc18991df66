"""Which case a mail belongs to, and who may add to it (law T1, T2)."""

from __future__ import annotations

from typing import Any

import pytest

from maild.core.facts import Facts
from maild.core.plan import (
    AddMessage,
    AddParticipant,
)
from maild.core.threads.threading import subject_numbers, title
from maild.core.values.subject_prefixes import was_forwarded
from tests.kit import make
from tests.kit.make import KARI, LIV, RULEBOOK, STRANGER, acks, case, decided, facts, mail, of
from tests.kit.threads import BODY, BY_ID, COPIED, HELD_ID, KNOWN, SIGNED, SUBJECT, TO_KARI, outcome

TABLE: list[tuple[str, dict[str, Any], str, str, Facts, tuple[str, int, str]]] = [
    ("signed address", SIGNED, KARI, "pass", KNOWN, ("entry", 1042, "")),
    ("signed address", SIGNED, KARI, "none", KNOWN, ("entry", 1042, "")),
    ("signed address", SIGNED, KARI, "unknown", KNOWN, ("entry", 1042, "")),
    ("signed address", SIGNED, KARI, "fail", KNOWN, ("pending", 1042, "")),
    ("signed address", SIGNED, STRANGER, "pass", KNOWN, ("pending", 1042, "")),
    ("signed Message-ID", BY_ID, KARI, "pass", KNOWN, ("entry", 1042, "")),
    ("signed Message-ID", BY_ID, KARI, "fail", KNOWN, ("pending", 1042, "")),
    ("signed Message-ID", BY_ID, STRANGER, "pass", KNOWN, ("pending", 1042, "")),
    ("signed in References", {"references": (make.signed_id(), "<x@y>")}, KARI, "pass", KNOWN, ("entry", 1042, "")),
    ("an id we hold", HELD_ID, KARI, "pass", KNOWN, ("entry", 1042, "")),
    ("an id we hold", HELD_ID, KARI, "fail", KNOWN, ("new", 2000, "maybe")),
    ("an id we hold", HELD_ID, STRANGER, "pass", KNOWN, ("new", 2000, "maybe")),
    ("an id we hold, copied", HELD_ID, LIV, "pass", COPIED, ("entry", 1042, "")),
    ("an id we hold, copied", HELD_ID, LIV, "fail", COPIED, ("pending", 1042, "")),
    ("an id we hold, copied", HELD_ID, STRANGER, "pass", COPIED, ("new", 2000, "maybe")),
    ("subject", SUBJECT, KARI, "pass", KNOWN, ("entry", 1042, "")),
    ("subject", SUBJECT, KARI, "fail", KNOWN, ("new", 2000, "maybe")),
    ("subject", SUBJECT, STRANGER, "pass", KNOWN, ("new", 2000, "maybe")),
    ("body", BODY, KARI, "pass", KNOWN, ("new", 2000, "")),
    ("body", BODY, STRANGER, "pass", KNOWN, ("new", 2000, "")),
    ("nothing", {}, KARI, "pass", KNOWN, ("new", 2000, "")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "author", "verdict", "known", "expected"), TABLE)
def test_the_table(
    name: str, changes: dict[str, Any], author: str, verdict: str, known: Facts, expected: tuple[str, int, str]
) -> None:
    """Each kind of evidence, from a participant or not, goes its way (law T3, T4); only entries get no other case."""
    plan = decided(mail(author=author, verdict=verdict, **changes), known)
    assert outcome(plan) == expected
    shown = {"entry": "public", "pending": "pending", "new": "public"}[expected[0]]
    assert [(m.case, m.visibility) for m in of(plan, AddMessage)] == [(expected[1], shown)]
    if expected[0] == "pending":
        assert not acks(plan) and not of(plan, AddParticipant) and {n.kind for n in plan.notices} == {"pending"}


def test_the_token_wins_over_the_references_and_that_is_noted() -> None:
    """Token and References disagree: the token's case gets the entry, with a note for the agent (law T7)."""
    known = facts(case(), case(1043))
    plan = decided(mail(to=TO_KARI, in_reply_to=(make.signed_id(1043),)), known)
    (entry,) = of(plan, AddMessage)
    assert entry.case == 1042 and "1043" in make.said(entry.note)
    assert ["1043" in make.said(n.values["banner"]) for n in plan.notices] == [True]


def test_two_numbers_in_one_subject_count_for_nothing() -> None:
    """Neither of two numbers counts alone; the same number twice is one (law T7)."""
    known = facts(case(), case(1043))
    assert decided(mail(subject="[FK#1042] og [FK#1043]"), known).outcome == "new"
    assert decided(mail(subject="[FK#1042] Re: [FK#1042]"), known).case == 1042


def test_merged_cases_lead_to_the_survivor() -> None:
    """Every kind of evidence for a merged case leads to the one that lives on, over several merges (law T8)."""
    known = facts(
        case(status="merged", merged_into=1043),
        case(1043, status="merged", merged_into=1044),
        case(1044),
        known=(make.seen(),),
    )
    for changes in (SIGNED, BY_ID, HELD_ID, SUBJECT):
        assert outcome(decided(mail(**changes), known)) == ("entry", 1044, "")


def test_a_merge_is_no_disagreement() -> None:
    """The token of the old number and References of the survivor name one case."""
    known = facts(case(status="merged", merged_into=1043), case(1043))
    (entry,) = of(decided(mail(to=TO_KARI, in_reply_to=(make.signed_id(1043),)), known), AddMessage)
    assert (entry.case, entry.note) == (1043, None)


# -- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "numbers", "rest"),
    [
        ("Re: [FK#1042] Skriveren", (1042,), "Skriveren"),
        ("SV: sv: VS: [FK#1042]  Skriveren [FK#7]", (1042, 7), "Skriveren"),
        ("fk#12", (12,), ""),
        ("[XFK#12] x", (), "[XFK#12] x"),
        ("FK 12", (), "FK 12"),
        ("[FK#1234567890]", (), "[FK#1234567890]"),
    ],
)
def test_subjects(subject: str, numbers: tuple[int, ...], rest: str) -> None:
    """Only our own tag names a case; the title is what a person wrote."""
    assert subject_numbers(subject, "FK") == numbers and title(subject, "FK") == rest


def test_forwards_are_told_from_answers() -> None:
    """Forward prefixes of several languages, after answers too; a plain answer is none."""
    assert all(was_forwarded(f"{prefix} x") for prefix in ("VS:", "fwd:", "Fw:", "WG:", "TR:", "SV: VS:", "VB:"))
    assert not any(was_forwarded(subject) for subject in ("Re: x", "SV: x", "Versus: x", "x VS: y"))


def test_the_sample_organisation_has_every_policy() -> None:
    """The organisation of these tests has a department for each cc policy."""
    assert {d.cc for d in RULEBOOK.departments.values()} == {"join", "ask", "never"}


@pytest.mark.parametrize(
    "kept", ["YML: feil i fila", "FYI: strømmen går", "OBS: møte", "TRS: 3. etasje", "AB:CE:1A:0F"]
)
def test_a_writers_own_word_before_a_colon_stays_in_the_title(kept: str) -> None:
    """What some client somewhere writes in front may be somebody's own abbreviation here."""
    assert title(kept, "FK") == title(f"SV: {kept}", "FK") == kept


@pytest.mark.parametrize(
    "before", ["AW: RE: ", "Re[2]: ", "RE : ", "RE:FW: ", "回复：", "Antwort: SV: ", "Vidarebefordrat: "]
)
def test_what_a_client_writes_before_a_subject_is_no_title(before: str) -> None:
    """Piles of prefixes of several languages, with counts and odd spaces, leave what a person wrote."""
    assert title(f"{before}Skriveren", "FK") == "Skriveren"

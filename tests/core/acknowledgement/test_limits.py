"""A limit never cuts silently: whatever keeps a letter from going out is an event of its case (law A12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maild.core.facts import Counts
from maild.core.plan import Plan, Record
from maild.core.reasons.words import in_words
from tests.kit import make
from tests.kit.make import NOW, decided, facts, mail


def held_back(plan: Plan) -> list[tuple[int | None, str, str]]:
    """Return what was held back: of which case, what, and what became of it."""
    return [(one.case, one.before, one.after) for one in make.of(plan, Record) if one.what == "held back"]


@pytest.mark.parametrize(
    "counts",
    [Counts(address_10min=3), Counts(address_day=10), Counts(domain_hour=60)],
    ids=["ten minutes", "a day", "a domain"],
)
def test_an_acknowledgement_that_a_cap_forbids(counts: Counts) -> None:
    """The case says that its writer got none, and which cap it was."""
    plan = decided(mail(author=make.OLA), facts(counts=counts))
    assert make.acks(plan) == [] and held_back(plan) == [(2000, "acknowledgement", "not sent")]
    (event,) = [one for one in make.of(plan, Record) if one.what == "held back"]
    assert "acks to" in in_words(event.reason, "en")


def test_an_acknowledgement_that_the_breaker_holds() -> None:
    """The case says that it waits for somebody to release it; undisturbed there is no such event."""
    plan = decided(mail(), facts(counts=Counts(breaker_open_since=NOW - timedelta(minutes=5))))
    assert make.acks(plan)[0].held and held_back(plan) == [(2000, "acknowledgement", "held")]
    assert held_back(decided(mail(), facts())) == []


def test_an_acknowledgement_for_naming_a_number_again() -> None:
    """A stranger who names a case twice a day is answered once; the second case says so."""
    named = facts(make.case(), counts=Counts(numbers_named=frozenset({1042})))
    plan = decided(mail(author=make.STRANGER, subject="[FK#1042] hei"), named)
    assert make.acks(plan) == [] and held_back(plan) == [(2000, "acknowledgement", "not sent")]


def test_a_question_that_too_many_came_before() -> None:
    """An agent whose mail is held without a question, since enough were asked: the case says so."""
    counts = Counts(confirmations_hour=3, claims_hour=3, agent_letters_hour=20)
    known = facts(make.case(), known=(make.seen(),), counts=counts)
    given = mail(
        "Passordet er nullstilt.",
        author=make.CAMILLA,
        verdict="none",
        to=(make.signed_address(audience="answer", of=make.CAMILLA),),
    )
    plan = decided(given, known)
    assert plan.outcome == "held" and plan.notices == ()
    assert held_back(plan) == [(1042, "confirmation", "not sent")]

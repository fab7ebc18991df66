"""When the same content again is the same mail, and when it only says the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from maild.core.plan import AddMessage, OpenCase, SetStatus
from tests.kit import make
from tests.kit.make import NOW, case, decided, earlier, facts, mail, notices, of

BARE: dict[str, Any] = {"message_id": None, "date": None}
"""As a small device writes: nothing that is made once."""


@pytest.mark.parametrize(
    ("written", "before", "outcome"),
    [
        ({}, {}, "duplicate"),
        ({"message_id": None}, {}, "duplicate"),
        ({"date": None}, {}, "duplicate"),
        (BARE, {}, "entry"),
        ({"message_id": None, "date": NOW - timedelta(days=9000)}, {}, "entry"),
        ({"message_id": None, "date": NOW - timedelta(days=90)}, {"at": NOW - timedelta(days=90)}, "duplicate"),
        ({"verdict": "none"}, {}, "duplicate"),
        ({"verdict": "unknown"}, {"verdict": "none"}, "duplicate"),
        ({}, {"verdict": "none"}, "entry"),
        ({"verdict": "unknown"}, {"verdict": "fail"}, "entry"),
        ({}, {"verdict": "fail"}, "entry"),
        ({"verdict": "fail"}, {}, "duplicate"),
        (BARE | {"verdict": "fail"}, {}, "pending"),
    ],
)
def test_what_is_the_same_mail(written: dict[str, Any], before: dict[str, Any], outcome: str) -> None:
    """A Message-ID or a true Date makes a copy; one judged worse suppresses none that is judged better (law T13)."""
    plan = decided(mail(**written), facts(case(), duplicate=earlier(**before)))
    assert (plan.outcome, plan.case) == (outcome, 1042)
    assert bool(notices(plan, "follow-up", "pending")) == (outcome != "duplicate"), "an agent hears of it"


def test_a_copy_that_is_judged_better_is_not_called_other_content() -> None:
    """The same Message-ID with the same content is no oddity: nothing is said of it but what it is."""
    given = mail(message_id="<a@client.example>")
    known = facts(case(), known=(make.seen("<a@client.example>"),), duplicate=earlier(verdict="none"))
    (entry,) = of(decided(given, known), AddMessage)
    assert entry.note is None


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_a_device_that_rings_again_after_its_case_is_over_gets_a_new_one(status: str) -> None:
    """The same lines after the case was mended and over are another alarm: a new case, and a hint at the old one."""
    known = facts(case(status=status, closed_at=NOW - timedelta(days=8)), duplicate=earlier())
    plan = decided(mail(**BARE), known)
    assert plan.outcome == "new" and of(plan, OpenCase) and not of(plan, SetStatus)
    (told,) = notices(plan, "assignment")
    assert "FK#1042" in make.said(told.values["banner"])


def test_a_waiting_case_goes_on_when_the_device_rings_again() -> None:
    """An entry of a device is an entry: the case does not go on waiting for it."""
    plan = decided(mail(**BARE), facts(case(status="waiting_requester"), duplicate=earlier()))
    assert [change.status for change in of(plan, SetStatus)] == ["open"]
    assert [change.visibility for change in of(plan, AddMessage)] == ["public"]


def test_a_device_without_an_author_is_heard_too() -> None:
    """A From that names nobody strictly keeps no alarm from the case that its like opened."""
    known = facts(case(requester="", participants=frozenset()), duplicate=earlier(verdict="unknown"))
    assert decided(mail(author=None, verdict="unknown", **BARE), known).outcome == "entry"
    assert decided(mail(author=None, verdict="unknown", **BARE), facts(case(), duplicate=earlier())).outcome == "new"

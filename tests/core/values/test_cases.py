"""The life of a case is one table, and what happens to a case only ever moves it along that table."""

import itertools
from typing import get_args

import pytest

from maild.core.facts import Status
from maild.core.values.cases import LABELS, OVER, STATUSES, TRANSITIONS, Happening, after, label


@pytest.mark.parametrize(("before", "then"), list(itertools.product(STATUSES, STATUSES)))
def test_every_pair_of_statuses(before: Status, then: Status) -> None:
    """Every pair is either legal or not; nothing moves to itself, and what is merged stays merged."""
    legal = then in TRANSITIONS[before]
    assert not (legal and before == then)
    assert not (legal and before == "merged"), "the survivor lives on, the merged case does not"
    if then == "new":
        assert not legal or before == "assigned", "only an assignment can be taken back to new"
    if before in OVER and before != "merged":
        assert "open" in TRANSITIONS[before], "what is over can always be opened again"


@pytest.mark.parametrize(("status", "happening"), list(itertools.product(STATUSES, get_args(Happening))))
def test_what_happens_moves_along_the_table(status: Status, happening: Happening) -> None:
    """A mail leaves a status alone, or moves it as the table allows."""
    then = after(status, happening)
    assert then == status or then in TRANSITIONS[status]
    if happening == "customer thanked":
        assert then == status
    if happening == "agent answered" and status in OVER:
        assert then == status, "an agent's last word reopens nothing"
    if happening == "customer wrote" and status in ("resolved", "closed", "waiting_requester"):
        assert then == "open"


def test_every_status_has_labels() -> None:
    """Each language names every status, to agents and to requesters; an unknown language gets English."""
    for language in LABELS:
        assert set(LABELS[language]) == set(STATUSES)
    assert label("open", "xx") == "open" and label("resolved", "no", requester=True).startswith("løst")

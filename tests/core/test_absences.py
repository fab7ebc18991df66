"""Agents who say that they are away: what is read, from whom it is believed, and what follows."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from maild.core.absences import read_line
from maild.core.facts import OutgoingFacts
from maild.core.plan import OpenCase, SetAbsence
from maild.core.rules.organisation import Absence
from maild.core.values.mail import Mail
from tests.kit import make
from tests.kit.timing import within

TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("line", "start", "end", "substitute"),
    [
        ("borte 3.–14.12", "2026-12-03", "2026-12-14", None),
        ("Borte 3.-14.12 stedfortreder david", "2026-12-03", "2026-12-14", "david"),
        ("borte 2026-12-07..11", "2026-12-07", "2026-12-11", None),
        ("borte 2026-12-07..2026-12-11", "2026-12-07", "2026-12-11", None),
        ("borta 28. december till 3. januari, ersättare DAVID", "2026-12-28", "2027-01-03", "david"),
        ("borte 4.12 vikar: david.nilsen@fjordvik.example", "2026-12-04", "2026-12-04", "david"),
        ("away until 14 December", "2026-12-01", "2026-12-14", None),
        ("fraværende 14.12.", "2026-12-14", "2026-12-14", None),
        ("borte 30.11–4.12", "2026-11-30", "2026-12-04", None),
    ],
)  # fmt: skip
def test_lines(line: str, start: str, end: str, substitute: str | None) -> None:
    """Days as people write them, in their languages, with or without who stands in."""
    expected = Absence(start=date.fromisoformat(start), end=date.fromisoformat(end), substitute=substitute)
    assert read_line(line, make.RULEBOOK, today=TODAY) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "borte",
        "borte bra, hjemme best",
        "borte 14.12 stedfortreder nobody",
        "borte 2025-01-01..2025-01-05",
        "borte 2026-12-01..2036-12-01",
        "jeg er borte 3.–14.12",
        "borte 32.–33.12",
        "borte 1.1, 2.2, 3.3",
    ],
)
def test_what_is_no_such_line(line: str) -> None:
    """A sentence, a past or endless absence, a stranger as substitute: none of them is believed."""
    assert read_line(line, make.RULEBOOK, today=TODAY) is None


@pytest.mark.parametrize("filling", [",", " ", "1.", " til ", "-1"])
def test_a_line_without_end_costs_nothing(filling: str) -> None:
    """Whoever claims to be an agent may write such a line: however long it is, the desk is not kept busy by it."""
    assert within(0.2, lambda: read_line(f"borte 3. {filling * 3000}x", make.RULEBOOK, today=TODAY)) is None


def absences(plan: Any) -> list[SetAbsence]:
    """What a plan says of absences."""
    return [change for change in plan.changes if isinstance(change, SetAbsence)]


def test_an_agents_line_is_noted_and_makes_no_case() -> None:
    """A proven agent's mail to a department is a note, not a case; nobody is written to."""
    plan = make.decided(
        make.mail("borte 3.–14.12 stedfortreder david\n\nHilsen Camilla", author=make.CAMILLA), make.facts()
    )
    assert [one.agent for one in absences(plan)] == ["camilla"]
    assert (plan.outcome, plan.notices) == ("ignored", ())
    assert make.said(plan.reason) == "camilla is away 2026-12-03–2026-12-14, david stands in: said so"


@pytest.mark.parametrize("author", [make.KARI, make.CAMILLA])
def test_nobody_else_can_say_it(author: str) -> None:
    """From a customer, or from an agent whose mail proves nothing, it is a mail like any other: a case (law G7)."""
    verdict = "pass" if author == make.KARI else "none"
    plan = make.decided(make.mail("borte 3.–14.12", author=author, verdict=verdict), make.facts())
    assert absences(plan) == []
    assert any(isinstance(change, OpenCase) for change in plan.changes)
    said = [make.said(line.detail) for line in plan.trace if line.rule.code == "absence"]
    assert said == ([] if author == make.KARI else ["borte 3.–14.12", "nothing proves that the agent wrote it"])


def test_no_machine_says_it_for_an_agent() -> None:
    """The same line with a machine's mark acts for nobody (law E15): it is a case, which people read."""
    marked = make.mail("borte 3.–14.12", author=make.CAMILLA, headers=[("auto-submitted", "auto-generated")])
    plan = make.decided(marked, make.facts())
    assert absences(plan) == [] and plan.outcome == "new"


def test_an_out_of_office_with_a_date_is_noted() -> None:
    """A proven agent's automatic reply that says when they are back makes the absence until the day before."""
    reply = make.mail(
        "Jeg er ikke på kontoret og er tilbake 7. desember.",
        author=make.CAMILLA,
        subject="Automatisk svar: borte",
        headers=[("auto-submitted", "auto-replied")],
    )
    (noted,) = absences(make.decided(reply, make.facts()))
    assert noted.absence == Absence(start=TODAY, end=date(2026, 12, 6))


AWAY = "Jeg er ikke på kontoret og er tilbake 7. desember."
OWN = make.signed_address(1042, "answer", of=make.CAMILLA)
NOTICE = OutgoingFacts(
    id=77, case=1042, kind="follow-up", to=make.CAMILLA, message_id=make.signed_id(), bounced=False, to_agent=True
)


def out_of_office(**changes: Any) -> Any:
    """Camilla's automatic reply to a notice of Kari's case; nothing but the address proves it."""
    made = {"author": make.CAMILLA, "to": (OWN,), "subject": "Automatisk svar: [FK#1042]", "verdict": "unknown"}
    given = make.mail(AWAY, **(made | {"headers": [("auto-submitted", "auto-replied")]} | changes))
    return make.decided(given, make.facts(make.case(), outgoing={77: NOTICE}))


@pytest.mark.parametrize(
    ("changes", "noted"),
    [
        ({}, True),
        ({"sender": ""}, True),
        ({"to": (make.bounce_address(),)}, True),
        ({"to": (make.bounce_address(),), "sender": ""}, True),
        ({"to": (make.signed_address(1042, "internal", of=make.CAMILLA),)}, True),
        ({"headers": [("auto-submitted", "auto-generated"), ("x-auto-response-suppress", "All")]}, True),
        ({"author": make.DAVID}, False),
        ({"author": make.DAVID, "to": (make.bounce_address(),)}, False),
        ({"author": make.STRANGER}, False),
        ({"author": make.KARI, "to": (make.bounce_address(),)}, False),
        ({"verdict": "fail"}, False),
        ({"to": (make.signed_address(),)}, False),
    ],
)
def test_an_out_of_office_that_answers_a_notice_is_proved_by_its_address(changes: dict[str, Any], noted: bool) -> None:
    """At a letter's bounce address, or the agent's signed one, that agent's absence is noted (law G14)."""
    plan = out_of_office(**changes)
    assert [one.agent for one in absences(plan)] == (["camilla"] if noted else [])
    assert (plan.outcome, plan.case, plan.notices) == ("silent", 1042, ())


def test_an_out_of_office_without_a_day_is_silent() -> None:
    """Without a day there is nothing to note."""
    plan = make.decided(
        make.mail("Jeg er borte.", author=make.CAMILLA, to=(OWN,), headers=[("auto-submitted", "auto-replied")]),
        make.facts(make.case()),
    )
    assert (plan.outcome, absences(plan)) == ("silent", [])


OSLO = ZoneInfo("Europe/Oslo")
NIGHT = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
"""Half an hour into the first of December in Oslo."""
HERE = replace(make.RULEBOOK, zone=OSLO)


def at_night(given: Mail) -> SetAbsence:
    """The absence that a mail of that night makes."""
    plan = make.decided(make.at(given, NIGHT), make.facts(now=NIGHT), HERE)
    (noted,) = absences(plan)
    return noted


@pytest.mark.parametrize(
    ("line", "start", "end"),
    [
        ("borte til 3.12", "2026-12-01", "2026-12-03"),
        ("borte 1.12", "2026-12-01", "2026-12-01"),
        ("borte til 2027-12-02", "2026-12-01", "2027-12-02"),
    ],
)
def test_a_line_means_the_desks_day(line: str, start: str, end: str) -> None:
    """An absence that begins today begins with the day it is at the desk, whatever day it still is in Greenwich."""
    noted = at_night(make.mail(line, author=make.CAMILLA))
    assert noted.absence == Absence(start=date.fromisoformat(start), end=date.fromisoformat(end))


@pytest.mark.parametrize(
    ("said", "end"),
    [("tilbake 7. desember", "2026-12-06"), ("tilbake på tirsdag", "2026-12-07"), ("tilbake på onsdag", "2026-12-01")],
)
def test_an_out_of_office_means_the_desks_day(said: str, end: str) -> None:
    """An out-of-office reply that comes after the desk's midnight speaks of the days from the new one on."""
    reply = make.mail(
        f"Jeg er {said}.",
        author=make.CAMILLA,
        subject="Automatisk svar: borte",
        headers=[("auto-submitted", "auto-replied")],
    )
    assert at_night(reply).absence == Absence(start=TODAY, end=date.fromisoformat(end))


def test_whoever_is_away_is_so_by_the_desks_day() -> None:
    """At the desk's midnight an absence begins and another ends, not an hour later."""
    for away, there in ((TODAY, "david"), (date(2026, 11, 30), "camilla")):
        known = make.facts(now=NIGHT, absences={"camilla": (Absence(start=away, end=away),)})
        (opened,) = make.of(make.decided(make.at(make.mail(), NIGHT), known, HERE), OpenCase)
        assert opened.assignee == there


def test_who_is_away_gets_no_new_case() -> None:
    """From the facts of the store: the substitute's turn comes, and the letter goes to who is there (law G7)."""
    facts = {"absences": {"camilla": (Absence(start=TODAY, end=TODAY),)}}
    plan = make.decided(make.mail(), make.facts(**facts))
    (opened,) = [change for change in plan.changes if isinstance(change, OpenCase)]
    assert opened.assignee == "david"
    assert make.CAMILLA not in [notice.to for notice in plan.notices]

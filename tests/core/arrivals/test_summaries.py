"""Summaries: each mail that agents were not told of one by one is named to them, once (law A16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from maild.core.cause import About, TimerDue
from maild.core.decide import decide
from maild.core.facts import Asks, TimerFacts, Untold
from maild.core.plan import MarkTold, Plan, SetTimer
from tests.kit import make
from tests.kit.make import CAMILLA, NOW, case, facts, notices, of


def came(count: int) -> tuple[Untold, ...]:
    """So many mails that nobody was told of."""
    return tuple(
        Untold(
            message=at,
            at=NOW + timedelta(seconds=at),
            author="Sentral <s@t.example>",
            subject=f"Melding {at}",
            text="Ring\nmeg.",
            files=("m.wav",) if at % 2 else (),
        )
        for at in range(count)
    )


def kept(count: int, rules: Any = make.RULEBOOK) -> Plan:
    """The plan when the summary of Kari's case falls due."""
    cause = TimerDue(timer=5, about=About(what="case", id=1042), step="summary", due=NOW)
    known = facts(case(), untold=came(count), timer=TimerFacts(id=5, pending=True, newest=True))
    return decide(cause, Asks(), known, rules)


def test_every_mail_is_named() -> None:
    """Each with its time, author, subject, beginning and files; a hundred a letter, the others in the next one."""
    plan = kept(2)
    (letter,) = notices(plan, "summary")
    assert letter.to == CAMILLA and letter.automatic == "auto-generated"
    assert letter.values["mails"] == (
        "08:00:00  Sentral <s@t.example>: Melding 0 – Ring meg.",
        "08:00:01  Sentral <s@t.example>: Melding 1 – Ring meg. [m.wav]",
    )
    assert of(plan, MarkTold) == [MarkTold(messages=(0, 1))] and not of(plan, SetTimer)
    many = kept(150)
    assert len(notices(many, "summary")[0].values["mails"]) == 100 and len(of(many, MarkTold)[0].messages) == 100
    assert [change.due for change in of(many, SetTimer)] == [NOW + timedelta(seconds=1)]


def test_nothing_to_tell_is_told_to_nobody() -> None:
    """When all have been told already the promise holds no more."""
    assert (kept(0).outcome, kept(0).notices) == ("nothing", ())


def test_a_group_without_members_is_no_silence() -> None:
    """Where no agent can be told, the operator is."""
    nobody = make.rulebook(groups=[replace(group, members=()) for group in make.GROUPS])
    orphan = facts(case(assignee=None), untold=came(3), timer=TimerFacts(id=5, pending=True, newest=True))
    cause = TimerDue(timer=5, about=About(what="case", id=1042), step="summary", due=NOW)
    assert [letter.kind for letter in decide(cause, Asks(), orphan, nobody).notices] == ["operator"]

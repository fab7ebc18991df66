"""Notices: who is told what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from maild.core.asks import asks as what_it_asks
from maild.core.cause import AdminSaid, TellOperator, TimerDue
from maild.core.decide import decide
from maild.core.facts import (
    Asks,
    OutgoingFacts,
    TimerFacts,
)
from maild.core.letters.parts import MOST_LETTERS
from maild.core.plan import EndTimer, SetTimer
from maild.core.reasons.reason import because, text
from maild.core.values.mail import Report
from tests.kit import make
from tests.kit.make import (
    CAMILLA,
    DOMAIN,
    STRANGER,
    case,
    decided,
    facts,
    mail,
    of,
)

REPORT = Report(kind="delivery-status", status="5.1.1", original_message_id=make.signed_id())


def test_an_ack_tells_nothing_of_other_cases() -> None:
    """Canaries in 50 cases reach only their own participants, whoever writes whatever to whichever case (law W14)."""
    cases = [
        case(
            1000 + at,
            subject=f"canary-{at}-title",
            requester=f"p{at}@x.example",
            participants=frozenset({f"p{at}@x.example"}),
        )
        for at in range(50)
    ]
    for at, one in enumerate(cases):
        for author in (STRANGER, f"p{at}@x.example", CAMILLA):
            shapes: list[dict[str, Any]] = [
                {"to": (make.signed_address(one.number, of=one.requester),)},
                {"subject": f"[FK#{one.number}]"},
                {"in_reply_to": (make.signed_id(one.number),)},
            ]
            for changes in shapes:
                plan = decided(mail(author=author, **({"subject": "Spørsmål"} | changes)), facts(*cases))
                for notice in plan.notices:
                    if not notice.to_agent and f"canary-{at}-" in str((notice.subject, notice.values)):
                        assert notice.to == one.requester


def test_an_operator_hears_of_what_only_an_operator_can_mend() -> None:
    """A bounce of a letter about no case, and of one to the only agent there is, goes to the operator."""
    alone = make.rulebook(groups=[replace(group, members=group.members[:1]) for group in make.GROUPS])
    sent = OutgoingFacts(id=77, case=1042, kind="assignment", to=CAMILLA, message_id="", bounced=False, to_agent=True)
    bounce = mail(to=(make.bounce_address(),), sender="", author=STRANGER, report=REPORT)
    for known in (facts(case(), outgoing={77: sent}), facts(outgoing={77: replace(sent, case=None)})):
        assert [n.kind for n in decided(bounce, known, alone).notices] == ["operator"]
    for kind in ("undelivered", "operator"):
        known = facts(case(), outgoing={77: replace(sent, kind=kind)})
        assert not decided(bounce, known, alone).notices, "a notice about a notice would go round for ever"


def test_a_large_group_is_told_whole_in_parts() -> None:
    """More agents than ids: the plan asks for more; then all are told, and what is too much for one part goes on."""
    crowd = [replace(make.AGENTS[1], id=f"a{at}", addresses=(f"a{at}@{DOMAIN}",)) for at in range(80)]
    group = replace(make.GROUPS[1], members=tuple(agent.id for agent in crowd), assign="group")
    rules = make.rulebook(groups=[group, *make.GROUPS[2:], make.GROUPS[0]], people=crowd)
    few = decided(mail(), facts(), rules)
    assert few.more_ids == 81 - 64
    plan = decided(mail(), facts(outbox_ids=tuple(range(501, 501 + 81))), rules)
    (rest,) = of(plan, SetTimer)
    assert len(plan.notices) == MOST_LETTERS and make.acks(plan) and not plan.more_ids
    due = TimerDue(timer=1, about=rest.about, step=rest.step, due=rest.due, data=rest.data)
    timer = TimerFacts(id=1, pending=True, newest=True)
    more = decide(due, what_it_asks(due, rules), facts(timer=timer), rules)
    told = [notice.to for notice in (*plan.notices, *more.notices) if notice.to_agent]
    assert sorted(told) == sorted(agent.addresses[0] for agent in crowd), "each once"
    assert of(more, EndTimer) and not what_it_asks(due, rules).raw, "no file is enclosed"


@pytest.mark.parametrize(
    ("languages", "subject"),
    [(("no", "en"), "[FK] de nye reglene er avvist"), (("sv",), "[FK] de nya reglerna är avvisade"), (("nn",), None)],
)
def test_the_operator_reads_the_desks_first_language(languages: tuple[str, ...], subject: str | None) -> None:
    """What the operator is told has its title in the subject, in words; the reason is still a reason."""
    said = TellOperator(title=because("rules are refused"), reason=text("it.toml:1: x"), once_key="rules:1")
    rules = make.rulebook(languages=languages)
    plan = decide(AdminSaid(said=said), Asks(), make.facts(), rules)
    (letter,) = plan.notices
    assert letter.subject == (subject or "[FK] de nye reglene er avvist")
    assert (letter.values["title"], letter.values["reason"]) == (said.title, said.reason)

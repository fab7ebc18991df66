"""Reports on mails of ours, and mails that go in circles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from maild.core.plan import CountLoop, RecordBounce
from maild.core.values.mail import Report
from tests.kit import make
from tests.kit.make import CAMILLA, DOMAIN, KARI, REPLIES, STRANGER, decided, mail, of
from tests.kit.replies import BOUNCE, KNOWN, LOOP, RULES, SENT


def test_loops_are_counted() -> None:
    """Rows 1 and 10 count the loop."""
    for looped in (mail(loop=LOOP), mail(author=f"hr@{DOMAIN}"), mail(author="a@desk.peer.example")):
        assert of(decided(looped, KNOWN, RULES), CountLoop) == [CountLoop()]


def test_a_bounce_tells_an_agent_once() -> None:
    """5.x.x tells the case's agent once, 4.x.x is only recorded, and a dead agent's colleagues hear of it."""
    at_bounce = mail(to=(make.bounce_address(),), sender="", author=STRANGER, report=BOUNCE)
    first = decided(at_bounce, KNOWN)
    assert [n.to for n in make.notices(first, "undelivered")] == [CAMILLA]
    assert of(first, RecordBounce) == [RecordBounce(outbox=77, status="5.1.1", permanent=True)]
    again = decided(at_bounce, make.knowing(KNOWN, outgoing={77: replace(SENT, bounced=True)}))
    assert again.outcome == "bounce" and not again.notices
    soft = decided(replace(at_bounce, report=replace(BOUNCE, status="4.2.2")), KNOWN)
    assert [change.permanent for change in of(soft, RecordBounce)] == [False] and not soft.notices
    dead = decided(
        at_bounce, make.knowing(KNOWN, outgoing={77: replace(SENT, to=CAMILLA, kind="assignment", to_agent=True)})
    )
    assert [n.to for n in make.notices(dead, "undelivered")] == [make.DAVID]


def test_forged_reports_touch_nothing() -> None:
    """Only our own MAC counts (law A13): reports that name us without it are listed, and nothing else happens."""
    for at in range(50):
        fake = f"<maild.77.1042.c.{'abcdefghijklmnop'[at % 16] * 16}@{REPLIES}>"
        given = mail(author="mailer-daemon@mx.example", sender="", report=replace(BOUNCE, original_message_id=fake))
        plan = decided(given, KNOWN)
        assert (plan.outcome, plan.case, make.lasting(plan), plan.notices) == ("unmatched", None, (), ())


FOREIGN_BOUNCE = Report(kind="delivery-status", status="5.1.1", original_message_id="<x@elsewhere.example>")


@pytest.mark.parametrize(
    "thread",
    [
        {"in_reply_to": ("<first@client.example>",), "references": ("<first@client.example>",)},
        {"subject": "Undelivered: [FK#1042] Skriveren"},
        {"to": (make.signed_address(),)},
        {"author": KARI, "sender": KARI, "in_reply_to": ("<first@client.example>",)},
        {"mentions": ("<first@client.example>",), "subject": "[FK#1042]", "to": (make.signed_address(),)},
    ],
)
def test_somebody_elses_delivery_report_is_filed_nowhere(thread: dict[str, Any]) -> None:
    """A report about a mail that we did not send enters no case and tells nobody, whatever its thread names."""
    given = mail(**({"author": "mailer-daemon@mx.example", "sender": "", "report": FOREIGN_BOUNCE} | thread))
    plan = decided(given, KNOWN)
    assert (plan.outcome, plan.case, make.lasting(plan), plan.notices) == ("unmatched", None, (), ())


@pytest.mark.parametrize(
    ("said", "permanent"),
    [
        ({"status": "5.1.1"}, True),
        ({"status": "4.4.7", "action": "failed"}, True),
        ({"status": "", "action": "failed"}, True),
        ({"status": "4.4.1", "action": "delayed"}, False),
        ({"status": "4.4.1", "action": ""}, False),
    ],
)
def test_what_was_given_up_is_told_once(said: dict[str, str], permanent: bool) -> None:
    """A status that stays, or an Action that says failed, tells an agent; a delay is recorded (law A13)."""
    plan = decided(mail(to=(make.bounce_address(),), sender="", report=replace(BOUNCE, **said)), KNOWN)
    assert plan.outcome == "bounce" and bool(make.notices(plan, "undelivered")) == permanent
    assert [change.permanent for change in of(plan, RecordBounce)] == [permanent]
    again = make.knowing(KNOWN, outgoing={77: replace(SENT, bounced=True)})
    assert not decided(mail(to=(make.bounce_address(),), sender="", report=replace(BOUNCE, **said)), again).notices


@pytest.mark.parametrize("said", [{"action": "delivered"}, {"action": "relayed"}, {"action": "", "status": "2.0.0"}])
def test_a_report_of_success_is_no_bounce(said: dict[str, str]) -> None:
    """What arrived is recorded with its case, and the letter is not marked as bounced (law A13)."""
    for to in ((make.bounce_address(),), (f"it@{DOMAIN}",)):
        plan = decided(mail(to=to, sender="", report=replace(BOUNCE, **{"status": "2.1.5"} | said)), KNOWN)
        assert (plan.outcome, plan.case, plan.notices) == ("silent", 1042, ()) and not of(plan, RecordBounce)


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        ({"original_message_id": "<kari-9@client.example>"}, "unmatched"),
        ({"original_message_id": None, "recipients": ("ola@dead.example",)}, "unmatched"),
        ({"original_message_id": None, "recipients": (KARI.upper(),)}, "bounce"),
        ({"original_message_id": None, "recipients": ()}, "bounce"),
        ({"recipients": ("kari@private.example",)}, "bounce"),
    ],
)
def test_a_letter_that_is_only_quoted_did_not_fail(report: dict[str, Any], outcome: str) -> None:
    """A report on somebody's own mail that answers a letter of ours says nothing of that letter (law A13)."""
    given = mail(author="mailer-daemon@mx.example", report=replace(BOUNCE, **report), mentions=(make.signed_id(),))
    plan = decided(given, KNOWN)
    assert plan.outcome == outcome and bool(plan.notices) == (outcome == "bounce")


def test_xloop_alone_is_filed_and_told() -> None:
    """X-Loop alone may stand on a person's words: filed without effect, and an agent reads it; a robot's is silent."""
    marked = {"headers": (("x-loop", "siv@home.example"),), "in_reply_to": (make.signed_id(),)}
    plan = decided(mail("Det er dør 3.", **marked), KNOWN)
    assert plan.outcome == "silent" and [letter.kind for letter in plan.notices] == ["follow-up"]
    for robot in (
        mail("Jeg er på ferie.", **marked),
        mail("Takk", **(marked | {"headers": (*marked["headers"], ("x-autoreply", "1"))})),
        mail("Det er dør 3.", author=STRANGER, **marked),
        mail("Det er dør 3.", sender="", **marked),
    ):
        assert (decided(robot, KNOWN).outcome, decided(robot, KNOWN).notices) == ("silent", ())

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

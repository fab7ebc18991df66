"""What an agent's act comes to: answered, held, confirmed or dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maild.core.commands.agents import digest
from maild.core.facts import Counts, LastAnswer, OutgoingFacts
from maild.core.plan import Assign, DropHeld, ReleaseHeld, SetStatus, UseToken
from maild.core.reasons.reason import because
from maild.core.threads import tokens
from maild.core.values.mail import Mail
from tests.kit import make
from tests.kit.answers import FILE, HOME, KNOWN, answer, confirming, held, sent_to_customers, waiting
from tests.kit.make import (
    CAMILLA,
    DAVID,
    DOMAIN,
    KARI,
    KEYS,
    LIV,
    NOW,
    STRANGER,
    case,
    decided,
    facts,
    notices,
    of,
)


def act_digest(given: Mail) -> str:
    """Return what an agent's act is known by."""
    asks = make.asked(given).agents
    assert asks is not None
    return asks.act_digest


def test_what_the_customer_gets() -> None:
    """The agent's own words from the department, threaded, to each participant apart; nothing of the agent's."""
    known = facts(case(participants=frozenset({KARI, LIV}), assignee=None))
    given = answer(attachments=(FILE, replace(FILE, name="logo.png", decoration=True)))
    plan = decided(given, known)
    assert sent_to_customers(plan) == [KARI, LIV]
    for notice in plan.notices:
        assert (notice.from_address, notice.from_name, notice.automatic) == (f"it@{DOMAIN}", "IT-support", None)
        assert notice.in_reply_to == "<first@client.example>" and notice.attachments == (FILE,)
        token = tokens.verify_address(KEYS, str(notice.reply_to), NOW)
        assert token is not None and token.person == tokens.person(notice.to) and token.audience == "customer"
        private = (notice.subject, notice.values["text"], notice.from_address, notice.return_path, notice.references)
        assert CAMILLA not in str(private)
    assert of(plan, SetStatus) == [SetStatus(case=1042, before="assigned", status="waiting_requester", assignee=None)]
    assert of(plan, Assign) == [
        Assign(case=1042, before=None, assignee="camilla", status="waiting_requester", reason=because("answered first"))
    ]
    assert of(plan, UseToken) == [UseToken(digest=digest(given))]


def test_an_answer_in_a_case_that_is_over_leaves_it_over() -> None:
    """An agent's last word does not reopen; neither does it take a case that is over."""
    plan = decided(answer(), facts(case(status="resolved", assignee=None)))
    assert plan.outcome == "answer" and not of(plan, SetStatus) and not of(plan, Assign)


def test_the_agents_own_address_becomes_the_departments() -> None:
    """An address in an unmarked signature does not reach the customer."""
    plan = decided(answer(f"Prøv igjen.\nCamilla Dahl, {CAMILLA.upper()}"), KNOWN)
    assert notices(plan, "answer")[0].values["text"] == f"Prøv igjen.\nCamilla Dahl, it@{DOMAIN}"


def test_a_replayed_act_acts_once() -> None:
    """The same signed mail with other unsigned headers has one digest; used, it does nothing (law E10)."""
    first = answer()
    for at in range(10):
        again = answer(to=(make.signed_address(1042, "answer", of=CAMILLA),), in_reply_to=(f"<other{at}@x>",))
        again = replace(again, message_id=first.message_id, content_hash=f"other {at}")
        assert digest(again) == digest(first) == act_digest(again)
        plan = decided(again, make.knowing(KNOWN, act_used=True))
        assert plan.outcome == "refused" and not plan.notices and not of(plan, UseToken)
    assert digest(replace(first, text="noe annet")) != digest(first)
    assert digest(replace(first, attachments=(FILE,))) != digest(first)


def test_two_agents_who_answer_at_once() -> None:
    """When a colleague answered after the notice I reply to, mine is held and says so; my second one goes (law E13)."""
    notice = OutgoingFacts(
        id=77, case=1042, kind="assignment", to=CAMILLA, message_id="", bounced=False, to_agent=True,
        created=NOW - timedelta(hours=2),
    )  # fmt: skip
    given = answer(in_reply_to=(make.signed_id(1042, "answer", outbox=77),))
    for agent, ago, outcome in (("david", 1, "held"), ("david", 3, "answer"), ("camilla", 1, "answer")):
        last = {1042: LastAnswer(agent=agent, at=NOW - timedelta(hours=ago))}
        plan = decided(given, make.knowing(KNOWN, outgoing={77: notice}, last_answers=last))
        assert plan.outcome == outcome
        if outcome == "held":
            assert "David Nilsen" in make.said(notices(plan, "confirmation")[0].values["reason"])


def test_a_confirmed_mail_is_applied_as_sent() -> None:
    """E6: the held words and files go out, once: the token is spent in the same plan (law E6)."""
    plan = decided(confirming(), waiting())
    assert plan.outcome == "answer" and sent_to_customers(plan) == [KARI]
    (notice,) = notices(plan)
    assert notice.values["text"] == "Prøv å slå den av og på." and notice.attachments == (FILE,)
    assert notice.attachments_of == 3, "the files lie in the held mail, not in the one that confirms it"
    assert of(plan, UseToken) == [UseToken(digest="held:3")]
    assert of(plan, ReleaseHeld) == [ReleaseHeld(message=30, case=1042)]


@pytest.mark.parametrize("text", ["Nei", "No", "Nej", "Ei", "Nein", "nei, ikke send den"])
@pytest.mark.parametrize("changes", [{}, {"internal": True}, {"text": "#close"}, {"text": f"Skriv til {DAVID}"}])
def test_a_no_discards_what_is_held(text: str, changes: dict[str, Any]) -> None:
    """A plain no ends the held mail for good: nothing is sent, the agent is told, and her answer to that is a note."""
    plan = decided(confirming(text), waiting(**changes))
    assert plan.outcome == "note" and not sent_to_customers(plan) and not of(plan, ReleaseHeld)
    assert of(plan, DropHeld) == [DropHeld(message=30, case=1042, agent="camilla")]
    assert of(plan, UseToken) == [UseToken(digest="held:3")] and not of(plan, SetStatus) and not of(plan, Assign)
    (told,) = plan.notices
    assert (told.kind, told.to, told.values["held_text"]) == (
        "discarded",
        CAMILLA,
        waiting(**changes).agents.held[3].text,
    )
    token = tokens.verify_address(KEYS, str(told.reply_to), NOW)
    assert token is not None and token.audience == "internal"


@pytest.mark.parametrize("text", ["", "Hva er dette?", "Ja, men vent til i morgen", "Ja eller nei?"])
def test_neither_yes_nor_no_keeps_it_waiting(text: str) -> None:
    """What is no clear answer sends nothing and loses nothing: the same question comes again, about the same mail."""
    plan = decided(confirming(text), waiting())
    assert plan.outcome == "held" and not of(plan, DropHeld) and not of(plan, ReleaseHeld) and not of(plan, UseToken)
    (again,) = plan.notices
    assert (again.kind, again.to, again.values["held_text"]) == ("confirmation", CAMILLA, "Prøv å slå den av og på.")
    token = tokens.verify_address(KEYS, str(again.reply_to), NOW)
    assert token is not None and (token.audience, token.reference) == ("confirm", 3)
    assert again.once_key == "again:7", "it is no first question, of which there are three an hour"
    robot = make.knowing(waiting(), counts=Counts(confirmations_hour=3, agent_letters_hour=20))
    assert not decided(confirming(text), robot).notices, "a robot that answers each letter comes to an end"


def test_the_question_names_the_files_that_a_yes_would_send() -> None:
    """Nobody says yes to a file that was not shown; the repeated question and the end of it name them, too."""
    logo = replace(FILE, name="logo.png", decoration=True)
    (asked,) = notices(decided(answer(verdict="unknown", attachments=(FILE, logo)), KNOWN), "confirmation")
    assert asked.values["attachments"] == (FILE.name,)
    (again,) = notices(decided(confirming("Hva er dette?"), waiting()), "confirmation")
    assert again.values["attachments"] == (FILE.name,)
    (ended,) = notices(decided(confirming("Nei"), waiting()), "discarded")
    assert ended.values["attachments"] == (FILE.name,)


def test_a_yes_after_a_no_is_told_so() -> None:
    """What was discarded is never sent; an agent who thinks better of it hears that it must be written again."""
    plan = decided(confirming(), waiting(done=True, dropped=True))
    assert plan.outcome == "refused" and [notice.kind for notice in plan.notices] == ["refusal"]
    assert not decided(confirming("nei"), waiting(done=True, dropped=True)).notices


def test_somebody_elses_no_discards_nothing() -> None:
    """A no needs the same proof as a yes."""
    for changes in ({"author": DAVID}, {"author": STRANGER}, {"verdict": "fail"}):
        plan = decided(confirming("Nei", **changes), waiting())
        assert not of(plan, DropHeld) and not of(plan, UseToken) and not notices(plan, "discarded")


def test_at_most_three_confirmations_an_hour() -> None:
    """The fourth held mail of an hour is stored, and asks nobody (law E16)."""
    given = answer(verdict="unknown")
    assert notices(decided(given, make.knowing(KNOWN, counts=Counts(confirmations_hour=2))), "confirmation")
    plan = decided(given, make.knowing(KNOWN, counts=Counts(confirmations_hour=3)))
    assert plan.outcome == "held" and not plan.notices
    others = make.knowing(KNOWN, counts=Counts(confirmations_hour=2, agent_letters_hour=12))
    assert notices(decided(given, others), "confirmation"), "refusals and repeated questions take none away"


FORGED = answer(to=(f"it@{DOMAIN}",), verdict="none")
"""Anybody can write this: the agent's name in From and a case number in the subject."""


def test_forged_mails_do_not_use_up_an_agents_confirmations() -> None:
    """Mails that only claim to be hers are counted apart: none keeps a confirmation from her own mail (law E16)."""
    flooded = make.knowing(KNOWN, counts=Counts(claims_hour=3))
    for own in ({"verdict": "unknown"}, {"verdict": "fail"}, {"to": (f"it@{DOMAIN}",)}):
        (asked,) = decided(answer(**own), flooded).notices
        assert (asked.kind, asked.once_key) == ("confirmation", "confirmation:7")
    assert notices(decided(answer("#lukk"), flooded), "refusal")


def test_forged_mails_do_not_flood_an_agent() -> None:
    """A stranger causes three letters an hour at most, whatever her own mails have caused."""
    for own in (0, 19):
        (asked,) = decided(FORGED, make.knowing(KNOWN, counts=Counts(claims_hour=2, confirmations_hour=own))).notices
        assert (asked.kind, asked.once_key) == ("confirmation", "claim:7")
        plan = decided(FORGED, make.knowing(KNOWN, counts=Counts(claims_hour=3, confirmations_hour=own)))
        assert plan.outcome == "held" and not plan.notices


@pytest.mark.parametrize("author", [CAMILLA, HOME])
@pytest.mark.parametrize("requester", [CAMILLA, HOME, KARI])
def test_no_answer_goes_to_the_agents_own_addresses(author: str, requester: str) -> None:
    """Whichever address an agent writes from, and whoever asked, none of the agent's addresses gets the answer."""
    known = facts(case(requester=requester, participants=frozenset({CAMILLA, HOME, KARI})), known=(make.seen(),))
    assert sent_to_customers(decided(answer(author=author), known)) == [KARI]
    asked = (make.signed_address(1042, "confirm", of=CAMILLA, reference=3),)
    confirmed = decided(answer("JA", author=author, to=asked), make.knowing(known, held={3: held()}))
    assert (confirmed.outcome, sent_to_customers(confirmed)) == ("answer", [KARI])

"""What an agent's mail may do, on which evidence (law E1, E2, E3, E4, E7); all else is held and never sent (law E8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maild.core.commands.agents import unsendable
from maild.core.plan import AddMessage, SetStatus, UseToken
from maild.core.reasons.reason import Reason, because
from maild.core.threads import tokens
from maild.core.values.mail import Mail
from tests.kit import make
from tests.kit.answers import FILE, HOME, KNOWN, OWN, SUBJECT, answer, confirming, sent_to_customers, waiting
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
    mail,
    notices,
    of,
)

INTERNAL = (make.signed_address(1042, "internal", of=CAMILLA),)
DAVIDS = (make.signed_address(1042, "answer", of=DAVID),)
TOKEN_DESK = make.rulebook(agents="token")
NOTICE = (make.signed_id(1042, "internal"),)
ANSWERED = (make.signed_id(1042, "answer"),)
REPLY_TO = (make.Mailbox(name="", address=CAMILLA),)


def named(given: Mail) -> tuple[str, ...]:
    """Return the addresses that an agent's own words name."""
    asks = make.asked(given).agents
    assert asks is not None
    return asks.named_addresses


def login(name: str = CAMILLA) -> dict[str, Any]:
    """The envelope of a mail that came by SMTP AUTH."""
    return {"login": name, "source": "submission"}


# name, mail, rules, outcome: evidence for an answer to the customer
TABLE: list[tuple[str, Mail, Any, str]] = [
    ("E1+E2+E3", answer(), make.RULEBOOK, "answer"),
    ("E1+E2, unknown", answer(verdict="unknown"), make.RULEBOOK, "held"),
    ("E1+E2, none", answer(verdict="none"), make.RULEBOOK, "held"),
    ("E1+E2, fail", answer(verdict="fail"), make.RULEBOOK, "held"),
    ("E1+E3", answer(to=(f"it@{DOMAIN}",)), make.RULEBOOK, "held"),
    ("E1+E3, References only", answer(to=(f"it@{DOMAIN}",), in_reply_to=ANSWERED), make.RULEBOOK, "held"),
    ("E1+E2+E3, mixed audiences", answer(to=(*OWN, *INTERNAL)), make.RULEBOOK, "held"),
    ("E1+E2+E3, mixed the other way", answer(to=(*INTERNAL, *OWN)), make.RULEBOOK, "held"),
    ("E1 and another's token", answer(to=DAVIDS), make.RULEBOOK, "held"),
    ("E1+E4", answer(to=(f"it@{DOMAIN}",), verdict="unknown", envelope=login()), make.RULEBOOK, "answer"),
    ("E1+E4 by id", answer(to=(f"it@{DOMAIN}",), verdict="none", envelope=login("camilla")), make.RULEBOOK, "answer"),
    ("E4 of another", answer(verdict="unknown", envelope=login(DAVID)), make.RULEBOOK, "held"),
    ("E1+E2, policy token", answer(verdict="unknown"), TOKEN_DESK, "answer"),
    ("E1+E2, policy token, none", answer(verdict="none"), TOKEN_DESK, "answer"),
    ("E1+E2, policy token, fail", answer(verdict="fail"), TOKEN_DESK, "held"),
    ("E1, policy token", answer(to=(f"it@{DOMAIN}",), verdict="unknown"), TOKEN_DESK, "held"),
    ("E2+E3 from a private address", answer(author=HOME), make.RULEBOOK, "answer"),
    ("E2 by a stranger", answer(author=STRANGER), make.RULEBOOK, "pending"),
    ("E2 by the customer", answer(author=KARI), make.RULEBOOK, "pending"),
    ("Reply-To of an agent", answer(author=STRANGER, reply_to=REPLY_TO), make.RULEBOOK, "pending"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "rules", "outcome"), TABLE, ids=[row[0] for row in TABLE])
def test_evidence_for_an_answer(name: str, given: Mail, rules: Any, outcome: str) -> None:
    """An answer goes out on E1+E2+E3, on E1+E4, by policy on E1+E2; else it is held and the agent asked once."""
    plan = decided(given, KNOWN, rules)
    assert plan.outcome == outcome, plan.reason
    assert sent_to_customers(plan) == ([KARI] if outcome == "answer" else [])
    assert not of(plan, SetStatus) or outcome == "answer"
    if outcome == "held":
        (asked,) = notices(plan)
        assert (asked.kind, asked.to) == ("confirmation", CAMILLA), "the registered address, never Reply-To"
        assert [(m.kind, m.visibility) for m in of(plan, AddMessage)] == [("reply", "held")]
        token = tokens.verify_address(KEYS, str(asked.reply_to), NOW)
        assert token is not None and (token.audience, token.reference) == ("confirm", 7)


# -- notes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "outcome", "note"),
    [
        ({}, "note", None),
        ({"verdict": "unknown"}, "note", because("not verified")),
        ({"verdict": "none"}, "note", because("not verified")),
        ({"verdict": "unknown", "envelope": login()}, "note", None),
        ({"verdict": "fail"}, "held", because("note not proven")),
        ({"to": (f"it@{DOMAIN}",), "in_reply_to": NOTICE}, "note", None),
        (
            {"to": (f"it@{DOMAIN}",), "in_reply_to": NOTICE, "verdict": "none"},
            "held",
            because("note not proven"),
        ),
    ],
)
def test_an_internal_audience_stays_internal(changes: dict[str, Any], outcome: str, note: Reason | None) -> None:
    """What answers an internal notice reaches no customer, whatever the evidence and the wording (law E11)."""
    for text in ("Ring leverandøren.", "#send", "Hei Kari, det er ordnet."):
        plan = decided(answer(text, **({"to": INTERNAL} | changes)), KNOWN)
        assert plan.outcome == outcome and not sent_to_customers(plan)
        (entry,) = of(plan, AddMessage)
        assert (entry.kind, entry.visibility) == ("note", "internal" if outcome == "note" else "held")
        assert entry.note == note


def test_forty_flows_of_internal_notices_send_customers_nothing() -> None:
    """Replied to, replied to all, forwarded, by agents and others: 0 mails to customers (law E11)."""
    for at in range(40):
        given = answer(
            f"flyt {at}",
            author=(CAMILLA, DAVID, KARI, STRANGER)[at % 4],
            to=(*INTERNAL, KARI)[: 1 + at % 2],
            subject=("Re: ", "VS: ", "Fwd: ", "SV: ", "")[at % 5] + "[FK#1042] x",
            verdict=("pass", "unknown", "none", "fail")[at // 10],
        )
        assert not [n for n in decided(given, KNOWN).notices if not n.to_agent]


# -- commands, leaks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "#close",
        "#nonsense og mer",
        "\n\n  #internt\nring leverandøren",
        "Hei\n#note\nTekst",
        "# overskrift",
        "Tekst\n\nMer tekst\n#internt",
    ],
)
def test_a_command_we_do_not_know_goes_to_nobody(text: str) -> None:
    """A line that begins with # stops an answer: nothing is sent, and the agent is told so."""
    plan = decided(answer(text), KNOWN)
    assert plan.outcome == "refused" and not sent_to_customers(plan)
    assert [(n.kind, n.to) for n in plan.notices] == [("refusal", CAMILLA)]
    token = tokens.verify_address(KEYS, str(plan.notices[0].reply_to), NOW)
    assert token is not None and token.audience == "answer", "the agent can simply answer the refusal"


@pytest.mark.parametrize(
    "text",
    [
        f"Skriv til {OWN[0]}",
        f"Se {make.signed_id()}",
        f"Retur: {make.bounce_address()}",
        "X-Maild-Case: 1042",
        "Svar\n— Svar over denne linjen —\nIntern tekst",
        f"Spør {DAVID} i stedet",
        f"Som {LIV} skrev",
        "",
    ],
)
def test_what_must_not_leave_is_stopped(text: str) -> None:
    """Signed addresses, our own markers, colleagues' and others' addresses, or nothing at all: refused (law E14)."""
    known = facts(case(), known_addresses=frozenset({LIV}))
    plan = decided(answer(text), known)
    assert plan.outcome == "refused" and not sent_to_customers(plan) and len(notices(plan, "refusal")) == 1


def test_what_may_be_named() -> None:
    """The reader's own address, our departments' and strangers' are fine; a second reader's is not."""
    alone = case()
    for text in (f"Vi skrev til {KARI}", f"Skriv til hr@{DOMAIN}", "Kontakt support@vendor.example", f"x{DAVID}y"):
        assert unsendable(text, (), alone, KNOWN, make.RULEBOOK, make.RULEBOOK.agents["camilla"]) is None
    both = case(participants=frozenset({KARI, LIV}))
    reason = unsendable(f"Som {LIV} skrev", (), both, KNOWN, make.RULEBOOK, make.RULEBOOK.agents["camilla"])
    assert reason == because("holds an address", LIV)
    assert unsendable("", (FILE,), alone, KNOWN, make.RULEBOOK, make.RULEBOOK.agents["camilla"]) is None


def test_asks_names_the_addresses_in_an_agents_words_only() -> None:
    """Only for agents is it asked whether an address in the text is a contact."""
    assert named(answer(f"Som {LIV} skrev.")) == (LIV,)
    assert make.asked(mail(f"Som {LIV} skrev.")).agents is None


# -- the right case, once, in time ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"subject": "Re: Skriveren"}, "held"),
        ({"subject": "Re: [FK#1043]"}, "held"),
        ({"subject": "Re: Skriveren", "shown": {"text": "Ordnet.\n\n> [FK#1042] Skriveren"}}, "answer"),
        ({"subject": "Re: Skriveren", "shown": {"text": "> [FK#1043] x"}}, "held"),
        ({"subject": "Re: Skriveren", "envelope": login()}, "answer"),
        ({"subject": "Re: [FK#1043]", "envelope": login()}, "held"),
    ],
)
def test_the_mail_itself_must_name_the_case(changes: dict[str, Any], outcome: str) -> None:
    """A signed mail sent again to another case's token is held: what is signed must name the case (law E9)."""
    shown = changes.pop("shown", {})
    plan = decided(replace(answer("Ordnet.", **changes), **shown), KNOWN)
    assert plan.outcome == outcome


@pytest.mark.parametrize(("hours", "outcome"), [(0, "answer"), (47, "answer"), (49, "held"), (-49, "held")])
def test_an_old_mail_is_held(hours: int, outcome: str) -> None:
    """An act whose date is more than 48 hours off is held, unless SMTP AUTH vouches for it (law E9)."""
    assert decided(answer(date=NOW - timedelta(hours=hours)), KNOWN).outcome == outcome
    assert decided(answer(date=NOW - timedelta(hours=hours), envelope=login()), KNOWN).outcome == "answer"
    assert decided(answer(date=None), KNOWN).outcome == "answer"


@pytest.mark.parametrize(
    ("changes", "facts_changes", "outcome"),
    [
        ({"author": DAVID}, {}, "held"),
        ({"author": STRANGER}, {}, "pending"),
        ({"verdict": "fail"}, {}, "held"),
        ({"to": (make.signed_address(1042, "confirm", of=DAVID, reference=3),)}, {}, "held"),
        ({"to": (make.signed_address(1042, "confirm", of=CAMILLA, reference=4),)}, {}, "held"),
        ({}, {"agent": "david"}, "held"),
        ({}, {"done": True}, "note"),
        ({"headers": (("auto-submitted", "auto-replied"),)}, {}, "silent"),
        ({}, {"text": "#close"}, "refused"),
        ({}, {"text": f"Skriv til {DAVID}"}, "refused"),
        ({}, {"internal": True}, "note"),
    ],
)
def test_a_confirmation_proves_only_its_own(
    changes: dict[str, Any], facts_changes: dict[str, Any], outcome: str
) -> None:
    """Another's confirmation, a second one, a robot's, or of what must not leave: nothing reaches the customer."""
    plan = decided(confirming(**changes), waiting(**facts_changes))
    assert plan.outcome == outcome and not sent_to_customers(plan)
    assert not notices(plan, "confirmation"), "a confirmation never asks for a confirmation"


# -- robots and requesters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": (("auto-submitted", "auto-replied"),)},
        {"headers": (("auto-submitted", "auto-generated"), ("x-autoreply", "yes"))},
        {"headers": (("x-autoreply", "yes"),)},
        {"headers": (("precedence", "auto_reply"),)},
        {"subject": f"Automatisk svar: {SUBJECT}"},
        {"subject": f"Out of office: {SUBJECT}"},
        {"sender": ""},
        {"loop": tokens.sign_loop(KEYS[0], make.INSTANCE)},
    ],
)
@pytest.mark.parametrize("to", [OWN, INTERNAL])
def test_an_agents_robot_never_acts(changes: dict[str, Any], to: tuple[str, ...]) -> None:
    """An agent's out-of-office with quoted commands executes and answers nothing; it is filed silently (law E15)."""
    plan = decided(answer("Jeg er borte.\n#close\nløst", **({"to": to} | changes)), KNOWN)
    assert not plan.notices and plan.outcome == "silent" and not of(plan, UseToken) and not of(plan, SetStatus)
    assert {m.visibility for m in of(plan, AddMessage)} == {"silent"}


@pytest.mark.parametrize(("to", "told"), [(OWN, [CAMILLA]), (INTERNAL, [CAMILLA])])
def test_what_a_machine_passed_on_of_an_agents_acts_on_nothing_and_is_said_so(
    to: tuple[str, ...], told: list[str]
) -> None:
    """An answer that an inbox rule marked stays in the case for agents, and its agent hears so once (law A17, E15)."""
    marked = answer("Prøv igjen.\nløst", to=to, headers=(("auto-submitted", "auto-generated"),))
    plan = decided(marked, KNOWN)
    assert (plan.outcome, [letter.to for letter in plan.notices]) == ("refused", told)
    assert not sent_to_customers(plan) and not of(plan, UseToken) and not of(plan, SetStatus)
    assert {m.visibility for m in of(plan, AddMessage)} == {"internal"}
    assert not decided(marked, make.knowing(KNOWN, told_before=True)).notices, "its robot would answer for ever"
    claimed = decided(answer("Prøv igjen.", to=(f"it@{DOMAIN}",), headers=marked.headers), KNOWN)
    assert (claimed.outcome, {letter.kind for letter in claimed.notices}) == ("refused", set()), "by the agent herself"
    forged = decided(answer("x", to=(f"it@{DOMAIN}",), headers=marked.headers, verdict="none"), KNOWN)
    assert {letter.kind for letter in forged.notices} == {"pending"}


def test_an_agent_may_be_a_requester() -> None:
    """An agent who writes a plain new mail is a requester like anyone, and in the own case a participant."""
    plan = decided(mail(author=CAMILLA, to=(f"hr@{DOMAIN}",)), facts())
    assert plan.outcome == "new" and len(make.acks(plan)) == 1
    own = facts(
        case(department="hr", group="hr-2", assignee=None, requester=CAMILLA, participants=frozenset({CAMILLA}))
    )
    assert decided(mail(author=CAMILLA, subject="[FK#1042]"), own).outcome == "entry"


def test_an_agents_plain_mail_with_a_failing_from_is_not_hers() -> None:
    """A spoofed agent gets no ack in the agent's name under a strict policy, and her colleagues are all told."""
    plan = decided(mail(author=CAMILLA, verdict="fail", policy="reject"), facts())
    assert plan.outcome == "new" and not make.acks(plan)


def test_who_certainly_wrote_it_is_not_told_of_it() -> None:
    """A proven agent gets no notice of the own mail; when the sender may be forged, the agent hears of it."""
    rules = make.rulebook(groups=[replace(group, assign="group") for group in make.GROUPS])
    for verdict, told in (("pass", [DAVID]), ("unknown", [CAMILLA, DAVID]), ("fail", [CAMILLA, DAVID])):
        plan = decided(mail(author=CAMILLA, verdict=verdict), facts(), rules)
        assert [notice.to for notice in notices(plan, "assignment")] == told

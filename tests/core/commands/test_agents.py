"""MAIL §5: what an agent's mail may do, on which evidence; everything else is held and never sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maild.core.commands.agents import digest, unsendable
from maild.core.facts import Counts, Facts, HeldMessage, LastAnswer, OutgoingFacts
from maild.core.plan import AddMessage, Assign, DropHeld, Plan, ReleaseHeld, SetStatus, UseToken
from maild.core.reasons.reason import Reason, because
from maild.core.threads import tokens
from maild.core.values.mail import Attachment, Mail
from tests.kit import make
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

KNOWN = facts(case(), known=(make.seen(),))
HOME = "camilla@home.example"
SUBJECT = "Re: [FK#1042] Skriveren virker ikke"
OWN = (make.signed_address(1042, "answer", of=CAMILLA),)
INTERNAL = (make.signed_address(1042, "internal", of=CAMILLA),)
DAVIDS = (make.signed_address(1042, "answer", of=DAVID),)
TOKEN_DESK = make.rulebook(agents="token")
NOTICE = (make.signed_id(1042, "internal"),)
ANSWERED = (make.signed_id(1042, "answer"),)
REPLY_TO = (make.Mailbox(name="", address=CAMILLA),)
FILE = Attachment(name="a.pdf", type="application/pdf", size=3, sha256="ab", start=10, end=14, encoding="base64")


def named(given: Mail) -> tuple[str, ...]:
    """Return the addresses that an agent's own words name."""
    asks = make.asked(given).agents
    assert asks is not None
    return asks.named_addresses


def act_digest(given: Mail) -> str:
    """Return what an agent's act is known by."""
    asks = make.asked(given).agents
    assert asks is not None
    return asks.act_digest


def answer(text: str = "Prøv å slå den av og på.", **changes: Any) -> Mail:
    """Camilla's answer to her notification."""
    return mail(text, **({"author": CAMILLA, "to": OWN, "subject": SUBJECT} | changes))


def login(name: str = CAMILLA) -> dict[str, Any]:
    """The envelope of a mail that came by SMTP AUTH."""
    return {"login": name, "source": "submission"}


def sent_to_customers(plan: Plan) -> list[str]:
    """Whom an agent's words go to."""
    return [notice.to for notice in notices(plan, "answer")]


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


@pytest.mark.parametrize("author", [CAMILLA, HOME])
@pytest.mark.parametrize("requester", [CAMILLA, HOME, KARI])
def test_no_answer_goes_to_the_agents_own_addresses(author: str, requester: str) -> None:
    """Whichever address an agent writes from, and whoever asked, none of the agent's addresses gets the answer."""
    known = facts(case(requester=requester, participants=frozenset({CAMILLA, HOME, KARI})), known=(make.seen(),))
    assert sent_to_customers(decided(answer(author=author), known)) == [KARI]
    asked = (make.signed_address(1042, "confirm", of=CAMILLA, reference=3),)
    confirmed = decided(answer("JA", author=author, to=asked), make.knowing(known, held={3: held()}))
    assert (confirmed.outcome, sent_to_customers(confirmed)) == ("answer", [KARI])


def test_an_answer_in_a_case_that_is_over_leaves_it_over() -> None:
    """An agent's last word does not reopen; neither does it take a case that is over."""
    plan = decided(answer(), facts(case(status="resolved", assignee=None)))
    assert plan.outcome == "answer" and not of(plan, SetStatus) and not of(plan, Assign)


def test_the_agents_own_address_becomes_the_departments() -> None:
    """An address in an unmarked signature does not reach the customer."""
    plan = decided(answer(f"Prøv igjen.\nCamilla Dahl, {CAMILLA.upper()}"), KNOWN)
    assert notices(plan, "answer")[0].values["text"] == f"Prøv igjen.\nCamilla Dahl, it@{DOMAIN}"


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
    """FAULTS A13: what answers an internal notice reaches no customer, whatever the evidence and the wording."""
    for text in ("Ring leverandøren.", "#send", "Hei Kari, det er ordnet."):
        plan = decided(answer(text, **({"to": INTERNAL} | changes)), KNOWN)
        assert plan.outcome == outcome and not sent_to_customers(plan)
        (entry,) = of(plan, AddMessage)
        assert (entry.kind, entry.visibility) == ("note", "internal" if outcome == "note" else "held")
        assert entry.note == note


def test_forty_flows_of_internal_notices_send_customers_nothing() -> None:
    """FAULTS A13: replied to, replied to all, forwarded, by agents and others: 0 mails to customers."""
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
    """Signed addresses, our own markers, colleagues' and other people's addresses, or nothing at all: refused."""
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
    """FAULTS A6: a signed mail sent again to another case's token is held: what is signed must name the case."""
    shown = changes.pop("shown", {})
    plan = decided(replace(answer("Ordnet.", **changes), **shown), KNOWN)
    assert plan.outcome == outcome


def test_a_replayed_act_acts_once() -> None:
    """FAULTS A6: the same signed mail with other unsigned headers has one digest; used, it does nothing."""
    first = answer()
    for at in range(10):
        again = answer(to=(make.signed_address(1042, "answer", of=CAMILLA),), in_reply_to=(f"<other{at}@x>",))
        again = replace(again, message_id=first.message_id, content_hash=f"other {at}")
        assert digest(again) == digest(first) == act_digest(again)
        plan = decided(again, make.knowing(KNOWN, act_used=True))
        assert plan.outcome == "refused" and not plan.notices and not of(plan, UseToken)
    assert digest(replace(first, text="noe annet")) != digest(first)
    assert digest(replace(first, attachments=(FILE,))) != digest(first)


@pytest.mark.parametrize(("hours", "outcome"), [(0, "answer"), (47, "answer"), (49, "held"), (-49, "held")])
def test_an_old_mail_is_held(hours: int, outcome: str) -> None:
    """FAULTS A6: an act whose date is more than 48 hours off is held, unless SMTP AUTH vouches for it."""
    assert decided(answer(date=NOW - timedelta(hours=hours)), KNOWN).outcome == outcome
    assert decided(answer(date=NOW - timedelta(hours=hours), envelope=login()), KNOWN).outcome == "answer"
    assert decided(answer(date=None), KNOWN).outcome == "answer"


def test_two_agents_who_answer_at_once() -> None:
    """X6: when a colleague answered after the notice I reply to, mine is held and says so; my own second one goes."""
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


# -- held and confirmed ---------------------------------------------------------------------------------------------


def held(**changes: Any) -> HeldMessage:
    """Camilla's held answer, inbound 3."""
    made: dict[str, Any] = {
        "id": 30,
        "case": 1042,
        "agent": "camilla",
        "text": "Prøv å slå den av og på.",
        "subject": SUBJECT,
        "message_id": "<held@x>",
        "references": (),
        "inbound": 3,
        "done": False,
        "attachments": (FILE,),
    }
    return HeldMessage(**(made | changes))


def confirming(text: str = "Ja", **changes: Any) -> Mail:
    """Her reply to the confirmation."""
    to = (make.signed_address(1042, "confirm", of=CAMILLA, reference=3),)
    return mail(text, **({"author": CAMILLA, "to": to, "subject": SUBJECT, "verdict": "unknown"} | changes))


def waiting(**changes: Any) -> Facts:
    """Facts with the held answer."""
    return facts(case(), held={3: held(**changes)})


def test_a_confirmed_mail_is_applied_as_sent() -> None:
    """E6: the held words and files go out, once: the token is spent in the same plan."""
    plan = decided(confirming(), waiting())
    assert plan.outcome == "answer" and sent_to_customers(plan) == [KARI]
    (notice,) = notices(plan)
    assert notice.values["text"] == "Prøv å slå den av og på." and notice.attachments == (FILE,)
    assert notice.attachments_of == 3, "the files lie in the held mail, not in the one that confirms it"
    assert of(plan, UseToken) == [UseToken(digest="held:3")]
    assert of(plan, ReleaseHeld) == [ReleaseHeld(message=30, case=1042)]


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
    """The fourth held mail of an hour is stored, and asks nobody."""
    given = answer(verdict="unknown")
    assert notices(decided(given, make.knowing(KNOWN, counts=Counts(confirmations_hour=2))), "confirmation")
    plan = decided(given, make.knowing(KNOWN, counts=Counts(confirmations_hour=3)))
    assert plan.outcome == "held" and not plan.notices
    others = make.knowing(KNOWN, counts=Counts(confirmations_hour=2, agent_letters_hour=12))
    assert notices(decided(given, others), "confirmation"), "refusals and repeated questions take none away"


FORGED = answer(to=(f"it@{DOMAIN}",), verdict="none")
"""Anybody can write this: the agent's name in From and a case number in the subject."""


def test_forged_mails_do_not_use_up_an_agents_confirmations() -> None:
    """Mails that only claim to be hers are counted apart: no number of them keeps a confirmation from her own mail."""
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


# -- robots and requesters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": (("auto-submitted", "auto-replied"),)},
        {"headers": (("auto-submitted", "auto-generated"),)},
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
    """FAULTS A15: an agent's out-of-office with quoted commands executes and answers nothing; it is filed silently."""
    plan = decided(answer("Jeg er borte.\n#close\nløst", **({"to": to} | changes)), KNOWN)
    assert not plan.notices and plan.outcome == "silent" and not of(plan, UseToken) and not of(plan, SetStatus)
    assert {m.visibility for m in of(plan, AddMessage)} == {"silent"}


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

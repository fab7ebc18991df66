"""MAIL §3: which case a mail belongs to, and who may add to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maild.core.facts import Counts, Duplicate, Facts, RelatedCase, Strikes
from maild.core.plan import (
    AddMessage,
    AddParticipant,
    LinkCases,
    NoteDepartment,
    OpenCase,
    Plan,
    Record,
    SetStatus,
    Strike,
)
from maild.core.reasons.reason import because
from maild.core.threads.threading import subject_numbers, title
from maild.core.values.mail import Mail
from maild.core.values.subject_prefixes import was_forwarded
from tests.kit import make
from tests.kit.make import CAMILLA, DOMAIN, KARI, LIV, NOW, RULEBOOK, STRANGER, acks, case, decided, facts, mail, of

FIRST = "<first@client.example>"
CC = make.seen(addressees=frozenset({f"it@{DOMAIN}", LIV}))
KNOWN = facts(case(), known=(make.seen(),))
COPIED = facts(case(), known=(CC,))
TO_KARI = (make.signed_address(),)


def desk_of(policy: str) -> tuple[Facts, str]:
    """Facts in which Liv was copied on the first mail of a case of a department with this cc policy."""
    name, group = {"join": ("it", "it-1"), "ask": ("hr", "hr-2"), "never": ("okonomi", "oko-2")}[policy]
    return make.knowing(COPIED, cases={1042: case(department=name, group=group, assignee=None)}), name


def outcome(plan: Plan) -> tuple[str, int | None, str]:
    """Sum up a plan: outcome, case, and how a new case is linked."""
    links = of(plan, LinkCases)
    return plan.outcome, plan.case, links[0].kind if links else ""


# evidence × author: what becomes of the mail
SIGNED = {"to": TO_KARI}
BY_ID = {"in_reply_to": (make.signed_id(),)}
HELD_ID = {"in_reply_to": (FIRST,)}
SUBJECT = {"subject": "Re: [FK#1042] Skriveren"}
BODY = {"text": "Dette gjelder [FK#1042].", "subject": "Noe annet"}
TABLE: list[tuple[str, dict[str, Any], str, str, Facts, tuple[str, int, str]]] = [
    ("signed address", SIGNED, KARI, "pass", KNOWN, ("entry", 1042, "")),
    ("signed address", SIGNED, KARI, "none", KNOWN, ("entry", 1042, "")),
    ("signed address", SIGNED, KARI, "unknown", KNOWN, ("entry", 1042, "")),
    ("signed address", SIGNED, KARI, "fail", KNOWN, ("pending", 1042, "")),
    ("signed address", SIGNED, STRANGER, "pass", KNOWN, ("pending", 1042, "")),
    ("signed Message-ID", BY_ID, KARI, "pass", KNOWN, ("entry", 1042, "")),
    ("signed Message-ID", BY_ID, KARI, "fail", KNOWN, ("pending", 1042, "")),
    ("signed Message-ID", BY_ID, STRANGER, "pass", KNOWN, ("pending", 1042, "")),
    ("signed in References", {"references": (make.signed_id(), "<x@y>")}, KARI, "pass", KNOWN, ("entry", 1042, "")),
    ("an id we hold", HELD_ID, KARI, "pass", KNOWN, ("entry", 1042, "")),
    ("an id we hold", HELD_ID, KARI, "fail", KNOWN, ("new", 2000, "maybe")),
    ("an id we hold", HELD_ID, STRANGER, "pass", KNOWN, ("new", 2000, "maybe")),
    ("an id we hold, copied", HELD_ID, LIV, "pass", COPIED, ("entry", 1042, "")),
    ("an id we hold, copied", HELD_ID, LIV, "fail", COPIED, ("pending", 1042, "")),
    ("an id we hold, copied", HELD_ID, STRANGER, "pass", COPIED, ("new", 2000, "maybe")),
    ("subject", SUBJECT, KARI, "pass", KNOWN, ("entry", 1042, "")),
    ("subject", SUBJECT, KARI, "fail", KNOWN, ("new", 2000, "maybe")),
    ("subject", SUBJECT, STRANGER, "pass", KNOWN, ("new", 2000, "maybe")),
    ("body", BODY, KARI, "pass", KNOWN, ("new", 2000, "")),
    ("body", BODY, STRANGER, "pass", KNOWN, ("new", 2000, "")),
    ("nothing", {}, KARI, "pass", KNOWN, ("new", 2000, "")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "author", "verdict", "known", "expected"), TABLE)
def test_the_table(
    name: str, changes: dict[str, Any], author: str, verdict: str, known: Facts, expected: tuple[str, int, str]
) -> None:
    """Each kind of evidence, from a participant or not, leads where MAIL §3 says; only entries get no other case."""
    plan = decided(mail(author=author, verdict=verdict, **changes), known)
    assert outcome(plan) == expected
    shown = {"entry": "public", "pending": "pending", "new": "public"}[expected[0]]
    assert [(m.case, m.visibility) for m in of(plan, AddMessage)] == [(expected[1], shown)]
    if expected[0] == "pending":
        assert not acks(plan) and not of(plan, AddParticipant) and {n.kind for n in plan.notices} == {"pending"}


@pytest.mark.parametrize(
    ("policy", "verdict_of_first", "expected"),
    [
        ("join", "pass", ("entry", 1042, "")),
        ("join", "none", ("pending", 1042, "")),
        ("join", "unknown", ("pending", 1042, "")),
        ("join", "fail", ("pending", 1042, "")),
        ("ask", "pass", ("pending", 1042, "")),
        ("never", "pass", ("new", 2000, "maybe")),
    ],
)
def test_cc_policy(policy: str, verdict_of_first: str, expected: tuple[str, int, str]) -> None:
    """Who the requester copied joins, is pending, or gets a case of their own, as the department says (M22)."""
    known, _ = desk_of(policy)
    plan = decided(mail(author=LIV, **HELD_ID), make.knowing(known, known=(replace(CC, verdict=verdict_of_first),)))
    assert outcome(plan) == expected
    joined = [change.address for change in of(plan, AddParticipant)]
    assert joined == ([LIV] if policy == "join" and expected[0] == "entry" else [])
    assert not of(plan, OpenCase) or of(plan, OpenCase)[0].requester == LIV


@pytest.mark.parametrize("verdict", ["pass", "unknown", "none", "fail"])
@pytest.mark.parametrize("answers", [(), (make.signed_id(),), ("<first@client.example>",)])
def test_who_is_copied_by_a_later_mail_joins_only_on_a_pass(verdict: str, answers: tuple[str, ...]) -> None:
    """A mail into an existing case vouches for those it copies when it passed, and by nothing else: not even by an
    answer to a letter of ours, whose Message-ID everybody knows that it was forwarded to (A10).
    """
    copied = mail(author=KARI, verdict=verdict, cc=(LIV,), references=answers, message_id="<later@client.example>")
    assert decided(copied, KNOWN).notices, "it is stored, whatever it proves"
    later = make.seen("<later@client.example>", addressees=frozenset({LIV}), verdict=verdict)
    plan = decided(mail(author=LIV, in_reply_to=("<later@client.example>",)), facts(case(), known=(make.seen(), later)))
    joins = verdict == "pass"
    assert bool(of(plan, AddParticipant)) == joins and plan.outcome == ("entry" if joins else "pending")


def test_into_a_confidential_case_nobody_is_let_in_by_being_copied() -> None:
    """A pass vouches for whom it copies, but who reads a confidential case is for its agent to say."""
    plan = decided(mail(author=LIV, **HELD_ID), make.knowing(COPIED, cases={1042: case(confidential=True)}))
    assert outcome(plan) == ("pending", 1042, "") and not of(plan, AddParticipant)
    assert "confidential" in make.said(make.notices(plan, "pending")[0].values["banner"])


def test_an_address_of_our_own_never_takes_part() -> None:
    """A department in Cc, or whoever writes in its name, is not let in: its letters would come back to us."""
    ours = f"hr@{DOMAIN}"
    seen = make.seen(addressees=frozenset({f"it@{DOMAIN}", ours}))
    plan = decided(mail(author=ours, **HELD_ID), facts(case(), known=(seen,)))
    assert outcome(plan) == ("pending", 1042, "") and not of(plan, AddParticipant)


def test_a_mail_that_a_participant_cannot_have_written_joins_nobody() -> None:
    """Who is copied and answers with a failing domain is not let in, whatever the mail that copied them proved."""
    plan = decided(mail(author=LIV, verdict="fail", **HELD_ID), COPIED)
    assert outcome(plan) == ("pending", 1042, "") and not of(plan, AddParticipant)


def test_the_notice_of_who_joined_names_them_as_a_reader() -> None:
    """The agent's answer to the notice goes to the one who has just joined, and the notice says so."""
    plan = decided(mail(author=LIV, **HELD_ID), COPIED)
    assert [n.values["recipients"] for n in make.notices(plan, "follow-up")] == [(KARI, LIV)]
    asked = decided(mail(author=LIV, **HELD_ID), make.knowing(COPIED, known=(replace(CC, verdict="none"),)))
    assert [n.values["recipients"] for n in make.notices(asked, "pending")] == [()]


@pytest.mark.parametrize("author", ["karimoen@fjordvik.example", "kari.moen+x@fjordvik.example"])
@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        (SIGNED, ("pending", 1042, "")),
        (BY_ID, ("pending", 1042, "")),
        (SUBJECT, ("new", 2000, "maybe")),
        ({"in_reply_to": (FIRST,)}, ("new", 2000, "maybe")),
        ({}, ("new", 2000, "")),
    ],
)
def test_another_spelling_of_an_address_is_another_person(
    author: str, given: dict[str, Any], becomes: tuple[str, int, str]
) -> None:
    """Few domains take dots and tags for nothing: with or without them somebody else writes, who enters no case."""
    known = make.knowing(KNOWN, **arrived(20))
    assert outcome(decided(mail(author=author, **given), known)) == becomes


def test_only_the_requester_vouches() -> None:
    """Being copied by another participant, by a pending stranger or by nobody admits no one."""
    for changes in ({"author": "other@epost.example"}, {"visibility": "pending"}, {"author": STRANGER}):
        known = facts(case(participants=frozenset({KARI, "other@epost.example"})), known=(replace(CC, **changes),))
        plan = decided(mail(author=LIV, **HELD_ID), known)
        assert plan.outcome in ("pending", "new") and not of(plan, AddParticipant)


def test_200_spoofed_requesters_with_an_attacker_in_cc_admit_nobody() -> None:
    """FAULTS A10: a mail with the requester's From that fails, and the attacker's answers to it, change nothing."""
    attacker = "attacker@evil.example"
    for at in range(200):
        shape = (SIGNED, BY_ID, HELD_ID, SUBJECT)[at % 4]
        spoofed = mail(f"copy {at}", author=KARI, verdict="fail", policy="reject", cc=(attacker,), **shape)
        plan = decided(spoofed, KNOWN)
        assert not of(plan, AddParticipant) and attacker not in {n.to for n in plan.notices}
        held = make.seen(spoofed.message_id, visibility="pending", verdict="fail", addressees=frozenset({attacker}))
        answer = mail(f"history, please {at}", author=attacker, subject="Re: x", in_reply_to=(str(spoofed.message_id),))
        plan = decided(answer, make.knowing(KNOWN, known=(held, make.seen())))
        assert not of(plan, AddParticipant) and plan.outcome in ("new", "pending")
        assert "Skriveren virker ikke" not in str([n.values for n in plan.notices if n.to == attacker])


def test_strangers_who_count_through_numbers_enter_nothing() -> None:
    """FAULTS A8: 1,000 mails of a stranger with sequential numbers: no entry in any foreign case, all are stored."""
    cases = {number: case(number) for number in range(1000, 2000)}
    for number in cases:
        known = facts(cases[number])
        plan = decided(mail(author=STRANGER, subject=f"Re: [FK#{number}]"), known)
        assert outcome(plan) == ("new", 2000, "maybe")
        assert [m.case for m in of(plan, AddMessage)] == [2000]
        (ack,) = acks(plan)
        assert ack.kind == "ack-linked" and str(number) not in str((ack.subject, ack.values)), "names the new one only"


def test_naming_a_number_is_answered_once_a_day() -> None:
    """A second mail that names the same foreign number gets its case, but no ack; another number gets one."""
    named = facts(case(), case(1043), counts=Counts(numbers_named=frozenset({1042})))
    assert not acks(decided(mail(author=STRANGER, subject="[FK#1042]"), named))
    assert acks(decided(mail(author=STRANGER, subject="[FK#1043]"), named))[0].names_number == 1043
    merged = facts(case(status="merged", merged_into=1043), case(1043))
    assert acks(decided(mail(author=STRANGER, subject="[FK#1042]"), merged))[0].names_number == 1042


def test_the_token_wins_over_the_references_and_that_is_noted() -> None:
    """Token and References disagree: the token's case gets the entry, with a note for the agent."""
    known = facts(case(), case(1043))
    plan = decided(mail(to=TO_KARI, in_reply_to=(make.signed_id(1043),)), known)
    (entry,) = of(plan, AddMessage)
    assert entry.case == 1042 and "1043" in make.said(entry.note)
    assert ["1043" in make.said(n.values["banner"]) for n in plan.notices] == [True]


def test_two_numbers_in_one_subject_count_for_nothing() -> None:
    """Neither of two numbers counts alone; the same number twice is one."""
    known = facts(case(), case(1043))
    assert decided(mail(subject="[FK#1042] og [FK#1043]"), known).outcome == "new"
    assert decided(mail(subject="[FK#1042] Re: [FK#1042]"), known).case == 1042


def test_merged_cases_lead_to_the_survivor() -> None:
    """Every kind of evidence for a merged case leads to the one that lives on, over several merges."""
    known = facts(
        case(status="merged", merged_into=1043),
        case(1043, status="merged", merged_into=1044),
        case(1044),
        known=(make.seen(),),
    )
    for changes in (SIGNED, BY_ID, HELD_ID, SUBJECT):
        assert outcome(decided(mail(**changes), known)) == ("entry", 1044, "")


def test_a_merge_is_no_disagreement() -> None:
    """The token of the old number and References of the survivor name one case."""
    known = facts(case(status="merged", merged_into=1043), case(1043))
    (entry,) = of(decided(mail(to=TO_KARI, in_reply_to=(make.signed_id(1043),)), known), AddMessage)
    assert (entry.case, entry.note) == (1043, None)


@pytest.mark.parametrize("prefix", ["VS:", "Fwd:", "WG:", "TR:", "Videresend: VS:", "SV: VS:"])
@pytest.mark.parametrize("changes", [BY_ID, HELD_ID, {}])
def test_a_forward_to_another_department_opens_a_case_there(prefix: str, changes: dict[str, Any]) -> None:
    """A participant (or an agent of the group) who passes a case's mail on opens a linked case there."""
    for author in (KARI, CAMILLA):
        given = mail(author=author, to=(f"hr@{DOMAIN}",), subject=f"{prefix} [FK#1042] Skriveren", **changes)
        plan = decided(given, KNOWN)
        assert outcome(plan) == ("new", 2000, "forwarded") and of(plan, OpenCase)[0].department == "hr"


def test_a_forward_within_the_department_or_to_a_token_is_an_entry() -> None:
    """VS: also means "answer" in Finnish: to the same department, or to a signed address, it is an entry."""
    subject = "VS: [FK#1042] Skriveren"
    assert decided(mail(subject=subject), KNOWN).case == 1042
    assert decided(mail(subject=subject, to=(make.signed_address(local="hr"),)), KNOWN).case == 1042
    noted = facts(case(noted_departments=("hr",)))
    assert decided(mail(subject=subject, to=(f"hr@{DOMAIN}",)), noted).case == 1042


@pytest.mark.parametrize(
    ("status", "days", "expected", "becomes"),
    [
        ("resolved", None, ("entry", 1042, ""), ["open"]),
        ("closed", 29, ("entry", 1042, ""), ["open"]),
        ("closed", 30, ("entry", 1042, ""), ["open"]),
        ("closed", 31, ("new", 2000, "continues"), []),
        ("waiting_requester", None, ("entry", 1042, ""), ["open"]),
        ("assigned", None, ("entry", 1042, ""), []),
        ("spam", None, ("entry", 1042, ""), []),
    ],
)
def test_reopening(status: str, days: int | None, expected: tuple[str, int, str], becomes: list[str]) -> None:
    """Resolved reopens, closed reopens within the department's days, later is a new case linked both ways."""
    closed = None if days is None else NOW - timedelta(days=days)
    known = facts(case(status=status, closed_at=closed))
    plan = decided(mail(**BY_ID), known)
    assert outcome(plan) == expected and [change.status for change in of(plan, SetStatus)] == becomes
    if expected[2] == "continues":
        (ack,) = acks(plan)
        assert (ack.kind, ack.values["old_number"]) == ("ack-reopened-late", "FK#1042")


def test_a_case_closed_exactly_its_days_ago_is_reopened() -> None:
    """The last moment of the department's days is inside, the next is not: 30 days with IT, 7 with Økonomi."""
    for department, group, days in (("it", "it-1", 30), ("okonomi", "oko-2", 7)):
        for late, kind in ((timedelta(0), "entry"), (timedelta(microseconds=1), "new")):
            closed = NOW - timedelta(days=days) - late
            known = facts(case(department=department, group=group, status="closed", closed_at=closed))
            assert decided(mail(**BY_ID), known).outcome == kind


def test_a_late_answer_to_a_signed_address_stays_in_the_cases_department() -> None:
    """The short local part of a reply address says nothing of the department: the old case does."""
    old = case(department="hr", group="hr-2", status="closed", closed_at=NOW - timedelta(days=90))
    plan = decided(mail(to=(make.signed_address(local="r"),)), facts(old))
    assert of(plan, OpenCase)[0].department == "hr" and outcome(plan)[2] == "continues"


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_thanks_and_robots_never_reopen(status: str) -> None:
    """Thanks is an entry, out-of-office and bounces are filed: none of them reopens (SPEC X9)."""
    known = facts(case(status=status, closed_at=NOW - timedelta(days=1)))
    for given in (
        mail("Tusen takk for hjelpen!", **BY_ID),
        mail(headers=(("auto-submitted", "auto-replied"),), **BY_ID),
        mail(sender="", **BY_ID),
    ):
        plan = decided(given, known)
        assert plan.case == 1042 and not of(plan, SetStatus)
    assert of(decided(mail("Takk, men det virker fortsatt ikke", **BY_ID), known), SetStatus)


# -- hints ----------------------------------------------------------------------------------------------------------


def test_weak_signs_are_hints_for_the_agent_only() -> None:
    """Number in the body, same title, same Thread-Index: a new case of its own, a hint to the agent, none to others."""
    index = "AdtQ0f7l2H1m3k9zRr6q0t5y7u9wXQ=="
    related = (RelatedCase(number=1040, title="Skriveren virker ikke", conversation=""),)
    threaded = (RelatedCase(number=1041, title="x", conversation=index[:29]),)
    for given, known, number in (
        (mail(**BODY), KNOWN, 1042),
        (mail(subject="RE: Skriveren virker ikke"), facts(related=related), 1040),
        (mail(subject="y", headers=(("thread-index", index),)), facts(related=threaded), 1041),
        (mail(mentions=(make.signed_id(),)), KNOWN, 1042),
    ):
        plan = decided(given, known)
        banners = [make.said(n.values["banner"]) for n in make.notices(plan, "assignment")]
        assert outcome(plan) == ("new", 2000, "") and [f"FK#{number}" in text for text in banners] == [True]
        assert f"FK#{number}" not in str([(n.subject, n.values) for n in acks(plan)])
    stranger = decided(mail(author=STRANGER, **BODY), KNOWN)
    assert [n.values["banner"] for n in make.notices(stranger, "assignment")] == [""]


def test_the_conversation_of_a_case_is_kept() -> None:
    """The first 22 octets of Thread-Index name a conversation; a short value names none."""
    index = "AdtQ0f7l2H1m3k9zRr6q0t5y7u9wXQ=="
    (opened,) = of(decided(mail(headers=(("thread-index", index),)), facts()), OpenCase)
    assert opened.conversation == index[:29]
    for value, known in (("x", ""), (index[:29], ""), (index[:30], index[:29]), (f" {index} ", index[:29])):
        (opened,) = of(decided(mail(headers=(("thread-index", value),)), facts()), OpenCase)
        assert opened.conversation == known


# -- departments ----------------------------------------------------------------------------------------------------


def test_two_departments_in_one_mail() -> None:
    """One case where To names first; the other is noted, or gets a linked child case, as that department says."""
    given = mail(to=(f"hr@{DOMAIN}", f"it@{DOMAIN}"), envelope={"recipients": (f"it@{DOMAIN}", f"hr@{DOMAIN}")})
    plan = decided(given, facts())
    (opened,) = of(plan, OpenCase)
    assert (opened.department, opened.noted_departments) == ("hr", ("it",)) and len(acks(plan)) == 1
    plan = decided(mail(to=(f"it@{DOMAIN}", f"okonomi@{DOMAIN}", f"hr@{DOMAIN}")), facts())
    parent, child = of(plan, OpenCase)
    assert (parent.number, parent.department, parent.noted_departments) == (2000, "it", ("hr",))
    assert (child.number, child.department, child.parent) == (2001, "okonomi", 2000)
    assert of(plan, LinkCases) == [LinkCases(case=2001, other=2000, kind="child", both=False)] and len(acks(plan)) == 1


@pytest.mark.parametrize(
    ("changes", "departments"),
    [
        ({"to": (f"hr@{DOMAIN}",), "cc": (f"it@{DOMAIN}",)}, ("hr", "it")),
        ({"to": ("x@else.example",), "cc": (f"it@{DOMAIN}",)}, ("it",)),
        ({"to": ("x@else.example",), "delivered_to": (f"hr@{DOMAIN}",)}, ("hr",)),
        ({"to": (f"it@{DOMAIN}",), "delivered_to": (f"hr@{DOMAIN}",)}, ("it",)),
        ({"to": ("x@else.example",), "department": "hr"}, ("hr",)),
        ({"to": ("x@else.example",)}, ("servicetorg",)),
        ({"to": (f"helpdesk+tag@{DOMAIN}",)}, ("it",)),
    ],
)
def test_the_departments_of_polled_mail(changes: dict[str, Any], departments: tuple[str, ...]) -> None:
    """To, then Cc, else Delivered-To, else what the account names, else the first department (MAIL §2)."""
    envelope = {"recipients": (), "source": "imap", "department": changes.pop("department", None)}
    assert make.asked(mail(envelope=envelope, **changes)).departments == departments


def test_the_same_content_again_is_filed_once_and_other_departments_noted() -> None:
    """M23: the copy of another department's mailbox notes it on the case; further copies change nothing."""
    earlier = Duplicate(inbound=3, case=1042, departments=("it",))
    known = facts(case(), duplicate=earlier)
    plan = decided(mail(to=(f"hr@{DOMAIN}",)), known)
    assert (plan.outcome, plan.case, plan.notices) == ("duplicate", 1042, ())
    assert of(plan, NoteDepartment) == [NoteDepartment(case=1042, department="hr", noted=("hr",))]
    polled = mail(envelope={"recipients": (), "source": "imap", "department": "hr"})
    assert of(decided(polled, known), NoteDepartment) == [NoteDepartment(case=1042, department="hr", noted=("hr",))]
    for again in (mail(), replace(polled, envelope=replace(polled.envelope, department="it"))):
        assert make.lasting(decided(again, known)) == ()
    assert decided(mail(), facts(duplicate=Duplicate(inbound=3, case=None, departments=()))).outcome == "duplicate"


def test_the_same_message_id_with_other_content_is_flagged_never_suppressed() -> None:
    """FAULTS A12: whoever sends a guessed Message-ID first suppresses nothing: 1,000 of 1,000 genuine mails arrive."""
    for at in range(1000):
        genuine = mail(f"genuine {at}", message_id=f"<predicted.{at}@client.example>")
        taken = make.seen(genuine.message_id, 1500, author="attacker@evil.example")
        plan = decided(genuine, facts(case(1500, requester="attacker@evil.example"), known=(taken,)))
        assert plan.outcome == "new" and acks(plan)
        assert of(plan, AddMessage)[0].note == because("Message-ID used before")
    entry = decided(mail(message_id=FIRST, **BY_ID), KNOWN)
    assert entry.outcome == "entry" and of(entry, AddMessage)[0].note == because("Message-ID used before")


# -- agents' letters and third parties ------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", ["answer", "internal", "confirm"])
def test_others_who_answer_an_agents_letter_stay_with_the_agents(audience: str) -> None:
    """Whoever answers what only an agent was sent adds nothing visible, not even the requester."""
    for author in (KARI, STRANGER):
        for changes in (
            {"to": (make.signed_address(1042, audience, of=CAMILLA),)},
            {"in_reply_to": (make.signed_id(1042, audience),)},
        ):
            assert outcome(decided(mail(author=author, **changes), KNOWN)) == ("pending", 1042, "")


def test_sign_up_mails_to_a_case_address_reach_no_customer() -> None:
    """FAULTS A11: 50 verification mails to a case's address are held back: relayed and quoted to nobody outside."""
    for at in range(50):
        given = mail(
            f"Your code is {at:06}. Confirm: https://chat.example/verify/{at}",
            author=f"no-reply@service{at}.example" if at % 2 else f"hello@service{at}.example",
            subject=f"Confirm your e-mail {at}",
            to=TO_KARI,
        )
        plan = decided(given, KNOWN)
        assert plan.outcome == "pending" and {n.to_agent for n in plan.notices} == {True}


# -- guesses, bursts, identity --------------------------------------------------------------------------------------


def test_guessing_at_signed_addresses_ends_in_quarantine() -> None:
    """FAULTS A9: bad tokens are counted per source; the 21st within an hour is put aside, the operator told once."""
    guess = mail(author=STRANGER, to=(f"it+1042.{'a' * 37}@{make.REPLIES}",))
    plan = decided(guess, facts(case(), counts=Counts(strikes_hour=19)))
    assert plan.outcome == "new" and of(plan, Strike) == [Strike(what=Strikes(kind="token", source="192.0.2.7"))]
    plan = decided(guess, facts(case(), counts=Counts(strikes_hour=20)))
    assert plan.outcome == "quarantined" and [n.kind for n in plan.notices] == ["operator"] and of(plan, Strike)
    assert not decided(guess, facts(case(), counts=Counts(strikes_hour=21))).notices
    good = decided(mail(to=TO_KARI), facts(case(), counts=Counts(strikes_hour=500)))
    assert good.outcome == "entry" and not of(good, Strike), "who has a good address is not touched by others' guesses"


def arrived(count: int, *, case_number: int = 1042, given: Mail | None = None) -> dict[str, Any]:
    """So many earlier mails of the author, all in one case."""
    from maild.core.facts import Arrival

    shape = (given.subject_shape, given.text_shape) if given is not None else ("other", (1, 2, 3))
    arrivals = [
        Arrival(case=case_number, at=NOW - timedelta(minutes=9), subject_shape=shape[0], text_shape=shape[1])
    ] * count
    return {"arrivals": tuple(arrivals)}


def test_a_burst_folds_into_its_first_case() -> None:
    """The 10th mail in 10 minutes, or the 3rd that looks the same, is a flagged entry of the first one's case."""
    given = mail("Alarm 17 on server 4")
    for known in (facts(case(), **arrived(9)), facts(case(), **arrived(2, given=mail("Alarm 18 on server 5")))):
        plan = decided(given, known)
        assert (plan.outcome, plan.case) == ("entry", 1042) and not acks(plan)
        (entry,) = of(plan, AddMessage)
        assert entry.visibility == "public" and entry.note is not None and entry.note.code == "burst of"
        assert {n.kind for n in plan.notices} == {"follow-up", "operator"} and of(plan, Strike)
        quiet = decided(given, make.knowing(known, counts=Counts(burst_told=True)))
        assert quiet.case == 1042 and not quiet.notices
    assert decided(given, facts(case(), **arrived(8))).outcome == "new"
    assert decided(given, facts(case(), **arrived(1, given=given))).outcome == "new"
    to_okonomi = mail("Faktura 17", to=(f"okonomi@{DOMAIN}",))
    assert decided(to_okonomi, facts(case(), **arrived(40, given=to_okonomi))).outcome == "new", "burst = 0"


def test_a_burst_of_one() -> None:
    """Where a burst begins with one, the first mail opens a case, and every other of ten minutes enters that case."""
    one = make.rulebook(departments=[replace(found, burst=1) for found in make.DEPARTMENTS])
    assert decided(mail(), facts(case()), one).outcome == "new"
    assert decided(mail(), facts(case(), **arrived(1)), one).case == 1042
    two = make.rulebook(departments=[replace(found, burst=2) for found in make.DEPARTMENTS])
    assert decided(mail(), facts(case(), **arrived(1)), two).case == 1042
    told = [bool(decided(mail(**BY_ID), facts(case(), **arrived(count)), one).notices) for count in (0, 1, 2)]
    assert told == [True, True, False], "of an entry agents hear until one more than the limit has come"


def test_a_burst_adds_nothing_visible_to_somebody_elses_case() -> None:
    """Mails that fold enter only a case their author takes part in, and a failing author's entry is pending."""
    foreign = facts(case(requester=LIV, participants=frozenset({LIV})), **arrived(20))
    assert decided(mail(author=STRANGER), foreign).outcome == "new"
    forged = decided(mail(verdict="fail"), facts(case(), **arrived(20)))
    assert [m.visibility for m in of(forged, AddMessage)] == ["pending"]
    nameless = mail(author=None, sender="bomb@evil.example")
    known = facts(case(requester="", participants=frozenset()), **arrived(20))
    assert decided(nameless, known).outcome == "entry" and make.asked(nameless).author_key == "?bomb@evil.example"


def test_a_flood_of_entries_is_stored_but_not_announced() -> None:
    """Past the burst limit each entry of one sender is stored, and agents hear no more of each."""
    assert decided(mail(**BY_ID), facts(case(), **arrived(10))).notices
    plan = decided(mail(**BY_ID), facts(case(), **arrived(11)))
    assert plan.outcome == "entry" and not plan.notices


def test_nobody_can_be_named_by_a_broken_from() -> None:
    """Identity none: a stranger's mail: a case without requester and ack; by token pending; by number linked."""
    plan = decided(mail(author=None), KNOWN)
    assert plan.outcome == "new" and not acks(plan) and of(plan, OpenCase)[0].requester == ""
    assert decided(mail(author=None, **SIGNED), KNOWN).outcome == "pending"
    assert outcome(decided(mail(author=None, **SUBJECT), KNOWN)) == ("new", 2000, "maybe")


def test_imports_are_quiet() -> None:
    """A quiet import makes cases and entries, sends nothing and leaves the breaker alone."""
    plan = decided(mail(envelope={"quiet": True}), facts(counts=Counts(all_10min=999)))
    assert (plan.outcome, plan.notices, plan.acked, plan.no_ack) == ("new", (), False, because("quiet import"))
    assert {type(change) for change in make.lasting(plan)} == {OpenCase, AddMessage, Record}


def test_a_partial_reading_is_a_case_all_the_same() -> None:
    """A mail of which only a safe scan was possible is a case like any other."""
    assert decided(mail("", partial=True, defects=("too deep",)), facts()).outcome == "new"


# -- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "numbers", "rest"),
    [
        ("Re: [FK#1042] Skriveren", (1042,), "Skriveren"),
        ("SV: sv: VS: [FK#1042]  Skriveren [FK#7]", (1042, 7), "Skriveren"),
        ("fk#12", (12,), ""),
        ("[XFK#12] x", (), "[XFK#12] x"),
        ("FK 12", (), "FK 12"),
        ("[FK#1234567890]", (), "[FK#1234567890]"),
    ],
)
def test_subjects(subject: str, numbers: tuple[int, ...], rest: str) -> None:
    """Only our own tag names a case; the title is what a person wrote."""
    assert subject_numbers(subject, "FK") == numbers and title(subject, "FK") == rest


def test_forwards_are_told_from_answers() -> None:
    """Forward prefixes of several languages, after answers too; a plain answer is none."""
    assert all(was_forwarded(f"{prefix} x") for prefix in ("VS:", "fwd:", "Fw:", "WG:", "TR:", "SV: VS:", "VB:"))
    assert not any(was_forwarded(subject) for subject in ("Re: x", "SV: x", "Versus: x", "x VS: y"))


def test_the_sample_organisation_has_every_policy() -> None:
    """The organisation of these tests has a department for each cc policy."""
    assert {d.cc for d in RULEBOOK.departments.values()} == {"join", "ask", "never"}

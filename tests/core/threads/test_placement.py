"""Where a mail goes: an entry, a pending one, or a new case, and who may add to a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maild.core.facts import Counts, Facts, RelatedCase
from maild.core.plan import (
    AddMessage,
    AddParticipant,
    OpenCase,
    SetStatus,
)
from tests.kit import make
from tests.kit.make import CAMILLA, DOMAIN, KARI, LIV, NOW, STRANGER, acks, case, decided, facts, mail, of
from tests.kit.threads import BODY, BY_ID, CC, COPIED, FIRST, HELD_ID, KNOWN, SIGNED, SUBJECT, arrived, outcome


def desk_of(policy: str) -> tuple[Facts, str]:
    """Facts in which Liv was copied on the first mail of a case of a department with this cc policy."""
    name, group = {"join": ("it", "it-1"), "ask": ("hr", "hr-2"), "never": ("okonomi", "oko-2")}[policy]
    return make.knowing(COPIED, cases={1042: case(department=name, group=group, assignee=None)}), name


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
    answer to a letter of ours, whose Message-ID everybody knows that it was forwarded to (law T5).
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


def test_only_the_requester_vouches() -> None:
    """Being copied by another participant, by a pending stranger or by nobody admits no one."""
    for changes in ({"author": "other@epost.example"}, {"visibility": "pending"}, {"author": STRANGER}):
        known = facts(case(participants=frozenset({KARI, "other@epost.example"})), known=(replace(CC, **changes),))
        plan = decided(mail(author=LIV, **HELD_ID), known)
        assert plan.outcome in ("pending", "new") and not of(plan, AddParticipant)


def test_200_spoofed_requesters_with_an_attacker_in_cc_admit_nobody() -> None:
    """A mail with the requester's From that fails, and the attacker's answers to it, change nothing (law T5)."""
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
    """1,000 mails of a stranger with sequential numbers: no entry in any foreign case, all are stored (law T4)."""
    cases = {number: case(number) for number in range(1000, 2000)}
    for number in cases:
        known = facts(cases[number])
        plan = decided(mail(author=STRANGER, subject=f"Re: [FK#{number}]"), known)
        assert outcome(plan) == ("new", 2000, "maybe")
        assert [m.case for m in of(plan, AddMessage)] == [2000]
        (ack,) = acks(plan)
        assert ack.kind == "ack-linked" and str(number) not in str((ack.subject, ack.values)), "names the new one only"


def test_naming_a_number_is_answered_once_a_day() -> None:
    """A second mail that names the same foreign number gets its case, but no ack; another number gets one (law A11)."""
    named = facts(case(), case(1043), counts=Counts(numbers_named=frozenset({1042})))
    assert not acks(decided(mail(author=STRANGER, subject="[FK#1042]"), named))
    assert acks(decided(mail(author=STRANGER, subject="[FK#1043]"), named))[0].names_number == 1043
    merged = facts(case(status="merged", merged_into=1043), case(1043))
    assert acks(decided(mail(author=STRANGER, subject="[FK#1042]"), merged))[0].names_number == 1042


@pytest.mark.parametrize("prefix", ["VS:", "Fwd:", "WG:", "TR:", "Videresend: VS:", "SV: VS:"])
@pytest.mark.parametrize("changes", [BY_ID, HELD_ID, {}])
def test_a_forward_to_another_department_opens_a_case_there(prefix: str, changes: dict[str, Any]) -> None:
    """A participant (or an agent of the group) who passes a case's mail on opens a linked case there (law T9)."""
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
    """Resolved reopens, closed reopens within the department's days, later is a new case linked both ways (law T10)."""
    closed = None if days is None else NOW - timedelta(days=days)
    known = facts(case(status=status, closed_at=closed))
    plan = decided(mail(**BY_ID), known)
    assert outcome(plan) == expected and [change.status for change in of(plan, SetStatus)] == becomes
    if expected[2] == "continues":
        (ack,) = acks(plan)
        assert (ack.kind, ack.values["old_number"]) == ("ack-reopened-late", "FK#1042")


def test_a_late_answer_to_a_signed_address_stays_in_the_cases_department() -> None:
    """The short local part of a reply address says nothing of the department: the old case does."""
    old = case(department="hr", group="hr-2", status="closed", closed_at=NOW - timedelta(days=90))
    plan = decided(mail(to=(make.signed_address(local="r"),)), facts(old))
    assert of(plan, OpenCase)[0].department == "hr" and outcome(plan)[2] == "continues"


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_thanks_and_robots_never_reopen(status: str) -> None:
    """Thanks is an entry, out-of-office and bounces are filed: none of them reopens (law T11)."""
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
    """Number in the body, same title or Thread-Index: a case of its own, a hint to the agent only (law T3)."""
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


def test_a_case_closed_exactly_its_days_ago_is_reopened() -> None:
    """The last moment of the department's days is inside, the next is not: 30 days with IT, 7 with Økonomi."""
    for department, group, days in (("it", "it-1", 30), ("okonomi", "oko-2", 7)):
        for late, kind in ((timedelta(0), "entry"), (timedelta(microseconds=1), "new")):
            closed = NOW - timedelta(days=days) - late
            known = facts(case(department=department, group=group, status="closed", closed_at=closed))
            assert decided(mail(**BY_ID), known).outcome == kind

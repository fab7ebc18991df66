"""Mails that are filed rather than answered."""

from __future__ import annotations

from dataclasses import replace

from maild.core.facts import Counts, Strikes
from maild.core.plan import (
    AddMessage,
    NoteDepartment,
    Strike,
)
from maild.core.reasons.reason import because
from tests.kit import make
from tests.kit.make import DOMAIN, STRANGER, acks, case, decided, facts, mail, of
from tests.kit.threads import BY_ID, FIRST, KNOWN, TO_KARI


def test_the_same_content_again_is_filed_once_and_other_departments_noted() -> None:
    """M23: the copy of another department's mailbox notes it on the case; further copies change nothing."""
    earlier = make.earlier()
    known = facts(case(), duplicate=earlier)
    plan = decided(mail(to=(f"hr@{DOMAIN}",)), known)
    assert (plan.outcome, plan.case) == ("duplicate", 1042)
    assert [(notice.kind, notice.to) for notice in plan.notices] == [("noted", make.GRETE)]
    assert of(plan, NoteDepartment) == [NoteDepartment(case=1042, department="hr", noted=("hr",))]
    polled = mail(envelope={"recipients": (), "source": "imap", "department": "hr"})
    assert of(decided(polled, known), NoteDepartment) == [NoteDepartment(case=1042, department="hr", noted=("hr",))]
    for again in (mail(), replace(polled, envelope=replace(polled.envelope, department="it"))):
        assert make.lasting(decided(again, known)) == ()
    assert decided(mail(), facts(duplicate=make.earlier(case=None, departments=()))).outcome == "duplicate"


def test_the_same_message_id_with_other_content_is_flagged_never_suppressed() -> None:
    """Whoever sends a guessed Message-ID first suppresses nothing: 1,000 of 1,000 genuine mails arrive (law T14)."""
    for at in range(1000):
        genuine = mail(f"genuine {at}", message_id=f"<predicted.{at}@client.example>")
        taken = make.seen(genuine.message_id, 1500, author="attacker@evil.example")
        plan = decided(genuine, facts(case(1500, requester="attacker@evil.example"), known=(taken,)))
        assert plan.outcome == "new" and acks(plan)
        assert of(plan, AddMessage)[0].note == because("Message-ID used before")
    entry = decided(mail(message_id=FIRST, **BY_ID), KNOWN)
    assert entry.outcome == "entry" and of(entry, AddMessage)[0].note == because("Message-ID used before")


def test_sign_up_mails_to_a_case_address_reach_no_customer() -> None:
    """50 verification mails to a case's address are held back: relayed and quoted to nobody outside (law T17)."""
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
    """Bad tokens are counted per source; the 21st within an hour is put aside, the operator told once (law T16)."""
    guess = mail(author=STRANGER, to=(f"it+1042.{'a' * 37}@{make.REPLIES}",))
    plan = decided(guess, facts(case(), counts=Counts(strikes_hour=19)))
    assert plan.outcome == "new" and of(plan, Strike) == [Strike(what=Strikes(kind="token", source="192.0.2.7"))]
    plan = decided(guess, facts(case(), counts=Counts(strikes_hour=20)))
    assert plan.outcome == "quarantined" and [n.kind for n in plan.notices] == ["operator"] and of(plan, Strike)
    assert not decided(guess, facts(case(), counts=Counts(strikes_hour=21))).notices
    good = decided(mail(to=TO_KARI), facts(case(), counts=Counts(strikes_hour=500)))
    assert good.outcome == "entry" and not of(good, Strike), "who has a good address is not touched by others' guesses"

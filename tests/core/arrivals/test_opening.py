"""Opening a case: its departments, the burst that opens none, and mails that hardly say who wrote them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maild.core.facts import Contact, Counts
from maild.core.plan import (
    AddMessage,
    LinkCases,
    OpenCase,
    Record,
    SetStatus,
    SetTimer,
    Strike,
)
from maild.core.reasons.reason import because
from tests.kit import make
from tests.kit.make import DOMAIN, KARI, LIV, STRANGER, acks, case, decided, facts, mail, of
from tests.kit.threads import BY_ID, KNOWN, SIGNED, SUBJECT, arrived, outcome


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
    """One case where To names first; the other is told, or gets a linked child, as that department says (law T12)."""
    given = mail(to=(f"hr@{DOMAIN}", f"it@{DOMAIN}"), envelope={"recipients": (f"it@{DOMAIN}", f"hr@{DOMAIN}")})
    plan = decided(given, facts())
    opened, other = of(plan, OpenCase)
    assert (opened.department, opened.noted_departments) == ("hr", ("it",)) and len(acks(plan)) == 1
    assert (other.department, other.parent) == ("it", opened.number), "both stand in To"
    copied = decided(mail(to=(f"hr@{DOMAIN}",), cc=(f"it@{DOMAIN}",)), facts())
    assert [one.department for one in of(copied, OpenCase)] == ["hr"]
    assert "noted" in [notice.kind for notice in copied.notices]
    plan = decided(mail(to=(f"it@{DOMAIN}",), cc=(f"okonomi@{DOMAIN}",)), facts())
    parent, child = of(plan, OpenCase)
    assert (parent.number, parent.department, parent.noted_departments) == (2000, "it", ("okonomi",))
    assert (child.number, child.department, child.parent) == (2001, "okonomi", 2000)
    assert of(plan, LinkCases) == [LinkCases(case=2001, other=2000, kind="child", both=False)] and len(acks(plan)) == 1


EVERY = timedelta(minutes=10)


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
    """To, then Cc, else Delivered-To, else what the account names, else the first department (law I6)."""
    envelope = {"recipients": (), "source": "imap", "department": changes.pop("department", None)}
    assert make.asked(mail(envelope=envelope, **changes)).departments == departments


def test_a_burst_folds_into_its_first_case() -> None:
    """The 10th mail in 10 minutes, or the 3rd that looks the same, is a flagged entry of the first's case (law A7)."""
    given = mail("Alarm 17 on server 4")
    for known in (facts(case(), **arrived(9)), facts(case(), **arrived(2, given=mail("Alarm 17 on server  4.")))):
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


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_a_burst_folds_into_no_case_that_is_over(status: str) -> None:
    """What goes on after its case was mended is news: a new case, and the next ones fold into that (law A7)."""
    given, over = mail("Dør 3 står åpen"), case(status=status, closed_at=make.NOW)
    known = facts(over, **arrived(12, given=given))
    assert decided(given, known).outcome == "new"
    newer = replace(known.threads.arrivals[-1], case=1043)
    both = make.knowing(known, cases={1042: over, 1043: case(1043)}, arrivals=(*known.threads.arrivals, newer, newer))
    assert decided(given, both).case == 1043
    waiting = facts(case(status="waiting_requester"), **arrived(2, given=given))
    assert [change.status for change in of(decided(given, waiting), SetStatus)] == ["open"], "the case goes on"


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
    """Past the burst limit each entry of one sender waits for the summary of its case (law A16)."""
    assert decided(mail(**BY_ID), facts(case(), **arrived(10))).notices
    for given, became in ((mail(**BY_ID), "entry"), (mail(author=STRANGER, to=(make.signed_address(),)), "pending")):
        plan = decided(given, facts(case(), **arrived(11)))
        assert plan.outcome == became and not plan.notices
        assert [change.untold for change in of(plan, AddMessage)] == [True]
        (promised,) = of(plan, SetTimer)
        assert (str(promised.about), promised.step, promised.due - make.NOW) == ("case:1042", "summary", EVERY)
    imported = decided(mail(envelope={"quiet": True}, **BY_ID), facts(case(), **arrived(11)))
    assert not of(imported, SetTimer) and not of(imported, AddMessage)[0].untold, "an import tells nobody"


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


def test_a_burst_of_one() -> None:
    """Where a burst begins with one, the first mail opens a case, and every other of ten minutes enters that case."""
    one = make.rulebook(departments=[replace(found, burst=1) for found in make.DEPARTMENTS])
    assert decided(mail(), facts(case()), one).outcome == "new"
    assert decided(mail(), facts(case(), **arrived(1)), one).case == 1042
    two = make.rulebook(departments=[replace(found, burst=2) for found in make.DEPARTMENTS])
    assert decided(mail(), facts(case(), **arrived(1)), two).case == 1042
    told = [bool(decided(mail(**BY_ID), facts(case(), **arrived(count)), one).notices) for count in (0, 1, 2)]
    assert told == [True, True, False], "of an entry agents hear until one more than the limit has come"


@pytest.mark.parametrize(
    ("known", "detected", "chosen"),
    [
        (None, None, "sv"),
        (None, "en", "en"),
        (None, "no", "no"),
        (None, "da", "no"),
        (None, "nn", "no"),
        (None, "fi", "sv"),
        ("en", None, "en"),
        ("en", "no", "en"),
        ("fi", "en", "en"),
        ("nb", "en", "no"),
        ("fi", "is", "sv"),
    ],
)
def test_the_language_of_a_case(known: str | None, detected: str | None, chosen: str) -> None:
    """The writer's last language, else the mail's, or its kin; one without letters gives the department's."""
    rules = make.rulebook(departments=[replace(one, language="sv") for one in make.DEPARTMENTS])
    contact = None if known is None else Contact(address=KARI, name="Kari", language=known)
    plan = decided(mail(language=detected), facts(contact=contact), rules)
    (opened,), (ack,) = of(plan, OpenCase), acks(plan)
    assert (opened.language, ack.language) == (chosen, chosen)

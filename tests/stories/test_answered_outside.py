"""An agent answers the customer's own mail in a mail client, with the department in copy (law E19)."""

from __future__ import annotations

import pytest

from tests.kit.desk import Desk, Outcome, mail

PIA = "pia.ness@kunde.example"
CAMILLA, DAVID = "camilla.dahl@fjordvik.example", "david.nilsen@fjordvik.example"
IT = "it@fjordvik.example"


def opened(desk: Desk) -> Outcome:
    """Pia writes, and copies Camilla."""
    return desk.write(mail(PIA, IT, "Mus", "Den hopper.", key="p1", cc=CAMILLA), IT)


def reply_all(
    desk: Desk, *, author: str = CAMILLA, to: str = PIA, vouched: str = "pass", key: str = "c1", **marks: str
) -> Outcome:
    """An agent's answer to Pia's own mail, to her and the department."""
    text = mail(
        author, to, "SV: Mus", "Det ligger en ny i resepsjonen.", key=key, answers="<p1@client.example>", **marks
    )
    return desk.write(text.replace(f"To: {to}\n", f"To: {to}\nCc: {IT}\n", 1), IT, vouched=vouched)


@pytest.mark.parametrize("to", [PIA, "Pia Ness <PIA.Ness@Kunde.example>"])
def test_it_has_been_answered(desk: Desk, to: str) -> None:
    """It is the agent's answer, the case waits, nobody is written to, and what Pia answers is an entry (law E19)."""
    assignment = next(letter for letter in opened(desk).letters if letter.kind == "assignment")
    desk_of = assignment.to
    answer = reply_all(desk, author=desk_of, to=to)
    assert (answer.plan.outcome, answer.plan.case, answer.letters) == ("answer", 1042, ())
    case = desk.case(1042)
    assert (case["status"], case["messages"][-1]["kind"], case["messages"][-1]["visibility"]) == (
        "waiting_requester",
        "reply",
        "public",
    )
    back = mail(PIA, desk_of, "SV: Mus", "Den virker heller ikke.", key="p2", answers="<c1@client.example>")
    entry = desk.write(back.replace("\n\n", f"\nCc: {IT}\n\n", 1), IT)
    assert (entry.plan.outcome, entry.plan.case, entry.recipients) == ("entry", 1042, [desk_of])
    assert desk.case(1042)["status"] == "open"


def test_a_colleague_answers_and_the_assignee_hears(desk: Desk) -> None:
    """Whose case it is reads that a colleague has answered, and an answer to the older notice is held (law E13)."""
    notice = next(letter for letter in opened(desk).letters if letter.kind == "assignment")
    colleague = ({CAMILLA, DAVID} - {notice.to}).pop()
    answer = reply_all(desk, author=colleague)
    assert (answer.plan.outcome, answer.recipients) == ("answer", [notice.to])
    assert desk.answer(notice, "Det ligger en ny i resepsjonen.").plan.outcome == "held"


@pytest.mark.parametrize("vouched", ["none", "temperror"])
def test_what_nothing_proves_is_shown_as_a_claim(desk: Desk, vouched: str) -> None:
    """Without a pass it stops no clock: agents read it with a banner, and what Pia answers is an entry."""
    notice = next(letter for letter in opened(desk).letters if letter.kind == "assignment")
    claim = reply_all(desk, vouched=vouched)
    assert (claim.plan.outcome, claim.recipients) == ("pending", [notice.to])
    case = desk.case(1042)
    assert case["status"] == "assigned" and "nothing proves" in case["messages"][-1]["note"]
    back = mail(PIA, IT, "SV: Mus", "Den virker heller ikke.", key="p2", answers="<c1@client.example>")
    assert desk.write(back, IT).plan.outcome == "entry"
    assert desk.answer(notice, "Vi kommer.").plan.outcome == "answer", "a claim holds nobody's answer up"


def test_what_fails_is_a_strangers(desk: Desk) -> None:
    """A From that fails takes no part: nothing of it is an answer."""
    opened(desk)
    forged = reply_all(desk, vouched="fail")
    assert forged.plan.outcome in ("new", "pending") and desk.case(1042)["status"] == "assigned"


def test_a_machines_mark_makes_it_a_claim(desk: Desk) -> None:
    """A mail that a machine passed on acts for nobody (law E15); an out-of-office is filed without effect."""
    opened(desk)
    assert reply_all(desk, auto_submitted="auto-generated").plan.outcome == "pending"
    assert reply_all(desk, auto_submitted="auto-replied", key="c2").plan.outcome == "silent"
    assert desk.case(1042)["status"] == "assigned"


def test_below_our_letter_as_well(desk: Desk) -> None:
    """Reply all to what Pia wrote below our letter, with her signed address in copy: answered, and nobody is asked."""
    ack = opened(desk).to(PIA)
    again = mail(PIA, ack.reply_to, ack.subject, "Hallo?", key="p2", answers=ack.message_id, cc=CAMILLA)
    desk.write(again, ack.reply_to)
    text = mail(CAMILLA, PIA, f"SV: {ack.subject}", "Nå er den bestilt.", key="c1", answers="<p2@client.example>")
    text = text.replace("\n\n", f"\nCc: {ack.reply_to}\n\n", 1)
    answer = desk.write(text, ack.reply_to)
    assert answer.plan.outcome == "answer" and PIA not in answer.recipients
    assert [letter.kind for letter in answer.letters] in ([], ["follow-up"])


def test_an_answer_to_the_notice_is_sent_as_ever(desk: Desk) -> None:
    """Who answers the own notice lets the desk send it, and the mail acts once."""
    notice = next(letter for letter in opened(desk).letters if letter.kind == "assignment")
    assert desk.answer(notice, "Ny kommer.").recipients == [PIA]


def test_to_the_department_alone_is_no_answer(desk: Desk) -> None:
    """A mail of an agent that nobody of the case got is none."""
    opened(desk)
    text = mail(CAMILLA, IT, "SV: Mus", "Jeg tar den.", key="c1", answers="<p1@client.example>")
    assert desk.write(text, IT).plan.outcome == "entry" and desk.case(1042)["status"] == "assigned"

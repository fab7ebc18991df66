"""A person's words that come by machines: through mailboxes that forward, inbox rules and other desks."""

from __future__ import annotations

import pytest

from tests.kit.desk import Desk, Letter, Outcome, mail

SIV = "siv.hauge@kunde.example"
CAMILLA, DAVID = "camilla.dahl@fjordvik.example", "david.nilsen@fjordvik.example"
IT = "it@fjordvik.example"
GENERATED = {"auto_submitted": "auto-generated"}


@pytest.mark.parametrize(
    "sender",
    [
        "it+SRS=Lk+3/=8F=kunde.example=siv.hauge@fjordvik.example",
        "bounces+SRS=aa9Zk=ZR@fjordvik.example",
        "SRS0=x+Yz=ZR=kunde.example=siv.hauge@videresend.example",
        "srs1=q1=videresend.example==x+Yz=ZR=kunde.example=siv.hauge@annen.example",
        "prvs=3912f0a1b2=siv.hauge@kunde.example",
        "it+SRS=Lk3=8F=videresend.example=SRS0=xYz=ZR=kunde.example=siv.hauge@fjordvik.example",
    ],
)
def test_through_a_mailbox_that_forwards(desk: Desk, sender: str) -> None:
    """Whoever writes to a mailbox that forwards to us is acknowledged at the own address, and answers (law I16)."""
    text = mail(f"Siv Hauge <{SIV}>", IT, "Tilgang", "Jeg trenger tilgang til arkivet.", key="s")
    opened = desk.receive(text.replace("\n", "\r\n").encode(), IT, sender=sender)
    assert (opened.plan.outcome, opened.to(SIV).return_path) == ("new", "")
    reply = mail(SIV, opened.to(SIV).reply_to, "Re: Tilgang", "Haster.", key="t", answers=opened.to(SIV).message_id)
    again = desk.receive(reply.replace("\n", "\r\n").encode(), opened.to(SIV).reply_to, sender=sender)
    assert (again.plan.outcome, again.plan.case) == ("entry", 1042)


def asked_back(desk: Desk) -> Letter:
    """Siv's case waits for her: the letter that Camilla asks her with."""
    opened = desk.write(mail(SIV, IT, "Port", "Den står åpen.", key="p"), IT)
    (notice,) = (letter for letter in opened.letters if letter.kind == "assignment")
    question = desk.answer(notice, "Hvilken port?").to(SIV)
    assert desk.case(1042)["status"] == "waiting_requester"
    return question


def follow_up(desk: Desk, question: Letter, text: str = "Den ved kaia.", **marks: str) -> Outcome:
    """Siv answers it, marked so."""
    given = mail(SIV, question.reply_to, question.subject, text, key="f", answers=question.message_id, **marks)
    return desk.write(given, question.reply_to)


MARKED = {
    "an Exchange inbox rule": GENERATED | {"x_ms_exchange_generated_message_source": "Mailbox Rules Agent"},
    "a Zammad desk": GENERATED | {"precedence": "bulk", "x_auto_response_suppress": "All", "x_loop": "yes"},
    "a Jira desk": GENERATED | {"precedence": "bulk", "x_jira_fingerprint": "a1"},
    "an RT desk": GENERATED | {"x_rt_loop_prevention": "rt.example", "x_managed_by": "RT"},
    "a Znuny desk": GENERATED | {"x_powered_by": "Znuny", "x_otrs_loop": "yes"},
    "a remark": {"auto_submitted": "auto-generated (redirected by a rule)"},
    "an unknown word": {"auto_submitted": "auto-forwarded"},
}


@pytest.mark.parametrize("marks", MARKED.values(), ids=MARKED)
def test_a_persons_answer_with_a_machines_mark(desk: Desk, marks: dict[str, str]) -> None:
    """It is an entry, the agent reads it, the case goes on, and nothing automatic goes back (law A17)."""
    answered = follow_up(desk, asked_back(desk), **marks)
    assert (answered.plan.outcome, answered.recipients) == ("entry", [CAMILLA])
    assert "Den ved kaia." in answered.to(CAMILLA).text and desk.case(1042)["status"] == "open"


def test_thanks_with_a_machines_mark_reopen_nothing(desk: Desk) -> None:
    """What it says counts as it would without the mark."""
    question = asked_back(desk)
    desk.set_status(1042, "resolved")
    assert follow_up(desk, question, "Tusen takk!", **GENERATED).plan.outcome == "entry"
    assert desk.case(1042)["status"] == "resolved"


@pytest.mark.parametrize(
    "marks",
    [
        {"auto_submitted": "auto-replied"},
        GENERATED | {"x_autoreply": "yes"},
        GENERATED | {"precedence": "auto_reply"},
        GENERATED | {"auto-submitted": "auto-replied"},
    ],
)
def test_an_automatic_answer_stays_silent(desk: Desk, marks: dict[str, str]) -> None:
    """What only an automatic answer has says more than the mark: filed without effect."""
    silent = follow_up(desk, asked_back(desk), **marks)
    assert (silent.plan.outcome, silent.letters) == ("silent", ())
    assert desk.case(1042)["status"] == "waiting_requester"


def test_exchanges_own_out_of_office_stays_silent(desk: Desk) -> None:
    """Exchange marks its absences auto-generated, too: they are known by their subject."""
    question = asked_back(desk)
    given = mail(
        SIV, question.reply_to, "Automatisk svar: Port", "Ute.", key="o", answers=question.message_id, **GENERATED
    )
    assert desk.write(given, question.reply_to).plan.outcome == "silent"


def test_a_new_mail_that_a_rule_passed_on(desk: Desk) -> None:
    """It is a case, marked as automatic, without an acknowledgement."""
    opened = desk.write(mail(SIV, "gammel@fjordvik.example", "Heis", "Den står.", key="h", **GENERATED), IT)
    assert opened.plan.outcome == "new" and SIV not in opened.recipients and opened.letters
    assert desk.case(1042)["messages"][0]["note"] == "automatic"


def test_a_suppliers_desk_that_takes_no_part_is_heard_by_agents(desk: Desk) -> None:
    """A supplier whose desk answers a letter that a customer passed on writes a pending entry (law A17, T4)."""
    question = asked_back(desk)
    given = mail(
        "service@port.example",
        question.reply_to,
        "Port",
        "Vi kommer.",
        key="l",
        answers=question.message_id,
        **GENERATED,
    )
    heard = desk.write(given, question.reply_to)
    assert (heard.plan.outcome, heard.recipients) == ("pending", [CAMILLA])


def test_an_agents_answer_with_a_machines_mark_is_not_swallowed(desk: Desk) -> None:
    """Nothing goes to the customer, the words stay in the case, and the agent hears why, once a case (law E15)."""
    opened = desk.write(mail(SIV, IT, "Port", "Den står åpen.", key="p"), IT)
    (notice,) = (letter for letter in opened.letters if letter.kind == "assignment")
    for at, told in enumerate(([notice.to], [])):
        given = mail(notice.to, notice.reply_to, notice.subject, "Vi kommer nå.", key=f"a{at}", **GENERATED)
        refused = desk.write(given, notice.reply_to)
        assert (refused.plan.outcome, refused.recipients) == ("refused", told)
    assert [one["visibility"] for one in desk.case(1042)["messages"]][-2:] == ["internal", "internal"]


def test_an_agents_out_of_office_answers_a_notice(desk: Desk) -> None:
    """To its bounce address, from the null sender, as Exchange does: a colleague gets the next case (law G14)."""
    opened = desk.write(mail(SIV, IT, "Port", "Den står åpen.", key="p"), IT)
    (notice,) = (letter for letter in opened.letters if letter.kind == "assignment")
    away = mail(
        notice.to, notice.return_path, "Automatisk svar: Port", "Jeg er tilbake 14. desember.", key="w", **GENERATED
    )
    silent = desk.receive(away.replace("\n", "\r\n").encode(), notice.return_path, sender="")
    assert (silent.plan.outcome, silent.plan.case, silent.letters) == ("silent", 1042, ())
    later = desk.write(mail(SIV, IT, "Heis", "Den står.", key="q"), IT)
    assert notice.to not in later.recipients and {CAMILLA, DAVID} & set(later.recipients)


def report(status: str, action: str, original: str) -> str:
    """A delivery report (RFC 3464) with the header of the mail given back."""
    return (
        "From: Mail Delivery System <mailer-daemon@mx.kunde.example>\nTo: us\nSubject: Delivery Status Notification\n"
        'Message-ID: <r@mx.kunde.example>\nContent-Type: multipart/report; report-type=delivery-status; boundary="r"\n'
        f"MIME-Version: 1.0\n\n--r\nContent-Type: text/plain\n\nAbout your message.\n\n--r\n"
        f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.kunde.example\n\n"
        f"Final-Recipient: rfc822; {SIV}\nAction: {action}\nStatus: {status}\n\n--r\n"
        f"Content-Type: text/rfc822-headers\n\n{original}\n--r--\n"
    )


@pytest.mark.parametrize(
    ("status", "action", "outcome", "told"),
    [
        ("4.4.7", "failed", "bounce", True),
        ("5.2.2", "failed", "bounce", True),
        ("4.4.1", "delayed", "bounce", False),
        ("2.1.5", "delivered", "silent", False),
        ("2.0.0", "relayed", "silent", False),
    ],
)
def test_what_a_report_says_became_of_an_answer(desk: Desk, status: str, action: str, outcome: str, told: bool) -> None:
    """What was given up is told of, whatever the status; what is on its way or arrived is recorded (law A13)."""
    question = asked_back(desk)
    text = report(status, action, f"Message-ID: {question.message_id}\nTo: {SIV}\n")
    for to in (question.return_path, IT):
        read = desk.receive(text.replace("\n", "\r\n").replace("<r@", f"<{len(to)}@").encode(), to, sender="")
        assert (read.plan.outcome, read.plan.case) == (outcome, 1042)
        assert [letter.kind for letter in read.letters] == (["undelivered"] if told and to != IT else [])


def test_a_report_on_the_customers_own_mail_is_nobodys_failure(desk: Desk) -> None:
    """It gives back a mail of Siv's that answers a letter of ours: our letter did not fail (law A13)."""
    question = asked_back(desk)
    text = report("5.1.1", "failed", f"Message-ID: <x@kunde.example>\nReferences: {question.message_id}\nFrom: {SIV}\n")
    read = desk.receive(text.replace("\n", "\r\n").encode(), IT, sender="")
    assert (read.plan.outcome, read.letters) == ("unmatched", ())

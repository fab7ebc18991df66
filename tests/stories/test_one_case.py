"""One case from its first mail to its reopening, as everybody in it sees it."""

from tests.kit.desk import Desk, mail

KARI, LIV = "kari.moen@fjordvik.example", "liv.strand@fjordvik.example"
CAMILLA = "camilla.dahl@fjordvik.example"


def test_open_answer_follow_up_reopen(desk: Desk) -> None:
    """A mail opens a case; the agent's answer reaches the customer; an edited subject finds back; resolved reopens."""
    opened = desk.send("M01", "it@fjordvik.example")
    assert (opened.plan.outcome, opened.plan.case, opened.recipients) == ("new", 1042, [CAMILLA, KARI])
    ack = opened.to(KARI)
    assert ack.subject == "[FK#1042] Får ikke logget inn" and ack.return_path == ""
    assert ack.message["From"].addresses[0].addr_spec == "it@fjordvik.example"
    assert (ack.message["Auto-Submitted"], ack.message["In-Reply-To"]) == ("auto-replied", "<ferie-1@fjordvik.example>")

    answered = desk.answer(opened.to(CAMILLA), "Prøv igjen nå, passordet er nullstilt.")
    assert (answered.plan.outcome, answered.recipients) == ("answer", [KARI])
    answer = answered.to(KARI)
    assert answer.text.strip() == "Prøv igjen nå, passordet er nullstilt."
    assert answer.message["Auto-Submitted"] is None and CAMILLA not in answer.message.as_string()
    assert answer.message["References"].split()[0] == "<ferie-1@fjordvik.example>"
    assert desk.case(1042)["status"] == "waiting_requester"

    filled = {"reply_to": answer.reply_to, "message_id": answer.message_id, "quoted": answer.text.strip()}
    again = desk.send("M02", answer.reply_to, **filled)
    assert (again.plan.outcome, again.plan.case, again.recipients) == ("entry", 1042, [CAMILLA])
    case = desk.case(1042)
    assert (case["status"], case["messages"][-1]["text"].strip()) == ("open", "Gjelder også Visma, ikke bare PC-en.")
    assert "Sendt:" in case["messages"][-1]["folded"]

    desk.set_status(1042, "resolved")
    reply = mail(KARI, answer.reply_to, "Fortsatt feil", "Nei, det gikk ikke.", key="x3", answers=answer.message_id)
    back = desk.write(reply, answer.reply_to)
    assert (back.plan.case, desk.case(1042)["status"], desk.case(1042)["reopened_count"]) == (1042, "open", 1)
    assert desk.numbers() == [1042]


def test_closed_for_good_continues_in_a_new_case(desk: Desk) -> None:
    """After the department's days a reply to a closed case opens a new one, linked both ways, and the ack says so."""
    ack = desk.send("M01", "it@fjordvik.example").to(KARI)
    desk.set_status(1042, "closed")
    reply = mail(KARI, ack.reply_to, f"Re: {ack.subject}", "Nå er det galt igjen.", key="a", answers=ack.message_id)
    desk.later(days=29)
    assert desk.write(reply, ack.reply_to).plan.case == 1042
    desk.set_status(1042, "closed")
    desk.later(days=31)
    late = desk.write(reply.replace("<a@", "<b@"), ack.reply_to)
    assert (late.plan.outcome, late.plan.case) == ("new", 1043)
    assert "FK#1042" in late.to(KARI).text
    assert [link["number"] for link in desk.case(1042)["linked"]] == [1043]
    assert [link["number"] for link in desk.case(1043)["linked"]] == [1042]


def test_copied_leader_joins_and_is_answered(desk: Desk) -> None:
    """Somebody the requester copied answers (M22): same case, a participant now, no ack, and answered (law T6)."""
    opened = desk.send("M01", "it@fjordvik.example")
    joined = desk.send("M22", "it@fjordvik.example")
    assert (joined.plan.outcome, joined.plan.case, joined.recipients) == ("entry", 1042, [CAMILLA])
    assert sorted(desk.case(1042)["participants"]) == [KARI, LIV]
    assert desk.case(1042)["requester"] == KARI
    assert desk.answer(opened.to(CAMILLA), "Ordnet.").recipients == [KARI, LIV]


def test_out_of_office_is_filed_without_effect(desk: Desk) -> None:
    """An out-of-office mail out of the blue (M15) makes no case; one that answers our ack lies in its case, silent."""
    alone = desk.send("M15", "it@fjordvik.example")
    assert (alone.letters, alone.plan.case, desk.numbers()) == ((), None, [])
    ack = desk.send("M01", "it@fjordvik.example").to(KARI)
    number = desk.numbers()[-1]
    desk.set_status(number, "resolved")
    absent = mail(
        KARI, ack.reply_to, "Borte", "Jeg er borte.", key="a", answers=ack.message_id, auto_submitted="auto-replied"
    )
    away = desk.write(absent, ack.reply_to)
    assert (away.plan.outcome, away.plan.case, away.letters) == ("silent", number, ())
    assert desk.case(number)["status"] == "resolved"


def test_same_mail_by_two_mailboxes_is_one_case(desk: Desk) -> None:
    """One mail to two departments, delivered twice: the second copy adds nothing to what the first has opened."""
    first = desk.send("M23", "it@fjordvik.example")
    second = desk.send("M23", "hr@fjordvik.example")
    assert (first.plan.outcome, second.plan.outcome, second.letters) == ("new", "duplicate", ())
    assert desk.numbers() == [1042, 1043] and first.plan.case == 1042
    assert [desk.case(number)["department"] for number in (1042, 1043)] == ["it", "hr"]


def test_two_departments_in_one_mail(desk: Desk) -> None:
    """A mail delivered once for both (M09): a case for the first in To, and one for the other, linked."""
    both = desk.send("M09", "it@fjordvik.example", "hr@fjordvik.example")
    case = desk.case(both.plan.case or 0)
    assert (case["department"], case["noted_departments"]) == ("hr", ["it"])
    assert desk.numbers() == [1042, 1043] and desk.case(1043)["department"] == "it"

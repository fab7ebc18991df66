"""Mails that look alike and are not: devices, switchboards, scanners; and one mail that comes by two roads."""

from __future__ import annotations

import base64

import pytest

from tests.kit.desk import DEPARTMENTS, Desk, Letter, mail, rulebook

FRIDGE = "From: fryser@bygg.example\nTo: it@fjordvik.example\nSubject: Alarm fryser\n\nOver grensen. Se til den.\n"
CAMILLA, DAVID, ANNE = (f"{name}@fjordvik.example" for name in ("camilla.dahl", "david.nilsen", "anne.solberg"))
KARI = "kari.moen@fjordvik.example"


def with_file(author: str, to: str, subject: str, text: str, name: str, content: bytes, *, key: int) -> str:
    """A mail of a robot, with one file."""
    encoded = base64.encodebytes(content).decode()
    return (
        f"From: {author}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{key}@robot.example>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        f"{text}\n--b\nContent-Type: application/octet-stream; name={name}\nContent-Transfer-Encoding: base64\n"
        f"Content-Disposition: attachment; filename={name}\n\n{encoded}--b--\n"
    )


def summaries(desk: Desk) -> list[Letter]:
    """Keep what falls due within the quarter of an hour, and return the summaries."""
    desk.later(minutes=15)
    desk.keep_promises()
    return [letter for letter in desk.letters() if letter.kind == "summary"]


def test_the_same_alarm_weeks_later_is_another_alarm(desk: Desk) -> None:
    """A device without Date and Message-ID: heard within minutes in its case, and in a new one when that is over."""
    assert desk.write(FRIDGE, "it@fjordvik.example").plan.outcome == "new"
    soon = desk.write(FRIDGE, "it@fjordvik.example")
    assert (soon.plan.outcome, soon.plan.case, soon.recipients) == ("entry", 1042, [CAMILLA])
    desk.set_status(1042, "closed")
    desk.later(days=9)
    again = desk.write(FRIDGE, "it@fjordvik.example")
    assert (again.plan.outcome, again.plan.case) == ("new", 1043)
    assert {CAMILLA, DAVID} & set(again.recipients) and desk.case(1042)["status"] == "closed"


def test_a_device_whose_clock_stands_is_heard_each_time(desk: Desk) -> None:
    """A Date of long ago that is always the same says nothing of when: it makes no copy."""
    stood = FRIDGE.replace("\n\n", "\nDate: Thu, 01 Jan 1970 00:00:03 +0000\n\n", 1)
    assert [desk.write(stood, "it@fjordvik.example").plan.outcome for _ in range(3)] == ["new", "entry", "entry"]


def test_an_alarm_that_does_not_stop_is_named_in_summaries(desk: Desk) -> None:
    """Of 25 alarms in a row agents read the first ones one by one and every other in a summary (law A16)."""
    told = [desk.write(FRIDGE, "it@fjordvik.example") for _ in range(25)]
    assert {outcome.plan.case for outcome in told} == {1042} and not told[-1].letters
    read = sum(1 for outcome in told for letter in outcome.letters if letter.to == CAMILLA)
    named = sum(letter.text.count("Over grensen. Se til den.") for letter in summaries(desk))
    assert read + named == 25 and 1 <= read <= 11
    assert summaries(desk) == [], "each is named once"


def test_voicemails_are_callers(desk: Desk) -> None:
    """Five callers within ten minutes, told apart by number and recording: five cases, five notices."""
    for at, number in enumerate((22330011, 22330012, 22330013, 41000007, 41000008)):
        given = with_file(
            "Sentral <svarer@telefoni.example>",
            "servicetorg@fjordvik.example",
            f"Talemelding fra {number}",
            f"Ny melding i boks 5.\nFra {number}, 0:3{at} min.",
            "melding.wav",
            bytes([at]) * 90,
            key=at,
        )
        outcome = desk.write(given, "servicetorg@fjordvik.example")
        assert outcome.plan.outcome == "new" and ANNE in outcome.recipients
    assert len(desk.numbers()) == 5


@pytest.mark.parametrize(
    ("subject", "text"),
    [("Scan", ""), ("Message from KM_C458", "See the attached file."), ("Ny talemelding", "Du har en melding.")],
)
def test_scans_are_told_apart_by_their_files(desk: Desk, subject: str, text: str) -> None:
    """A scanner or a switchboard that always writes the same is told apart by what it sends."""
    for at in range(5):
        given = with_file("mfp@bygg.example", "it@fjordvik.example", subject, text, "f.pdf", bytes([at]) * 40, key=at)
        assert desk.write(given, "it@fjordvik.example").plan.outcome == "new"


def test_the_same_again_and_again_folds_and_each_is_named(desk: Desk) -> None:
    """The third mail that says the same folds and is told; the others are named in one summary (law A7, A16)."""
    texts = [
        mail("vakt@overvaking.example", "it@fjordvik.example", "Tjeneste nede", "web1 svarer ikke", key=f"n{at}")
        for at in range(6)
    ]
    told = [desk.write(text, "it@fjordvik.example") for text in texts]
    assert [one.plan.outcome for one in told] == ["new", "new", "entry", "entry", "entry", "entry"]
    assert [bool({CAMILLA, DAVID} & set(one.recipients)) for one in told] == [True, True, True, False, False, False]
    (summary,) = summaries(desk)
    assert summary.text.count("web1 svarer ikke") == 3 and summary.text.count("Tjeneste nede") == 3
    assert summary.message["Auto-Submitted"] == "auto-generated"


def test_a_named_robot_never_folds(store_url: str) -> None:
    """A department says of one sender that each of its mails is a case of its own."""
    it = DEPARTMENTS["it"]
    from dataclasses import replace

    rules = rulebook(departments=DEPARTMENTS | {"it": replace(it, bursts={"svarer@telefoni.example": 0})})
    desk = Desk(store_url, rules)
    for at in range(14):
        given = mail("svarer@telefoni.example", "it@fjordvik.example", "Melding", "Ring meg", key=f"k{at}")
        assert desk.write(given, "it@fjordvik.example").plan.outcome == "new"
    desk.close()


def test_a_gateways_marks_make_no_other_mail(desk: Desk) -> None:
    """The copy of another mailbox, into which a gateway has written, is one entry with the first (law T13)."""
    plain = mail(KARI, "it@fjordvik.example, hr@fjordvik.example", "Nøkkel", "Jeg mangler nøkkel.", key="g")
    other = "X-Gateway-Id: 77\nThread-Topic: n\nX-Mailer: Gateway\n" + plain
    first, second = desk.write(plain, "it@fjordvik.example"), desk.write(other, "hr@fjordvik.example")
    assert (first.plan.outcome, second.plan.outcome, second.plan.case) == ("new", "duplicate", 1042)
    assert desk.case(1042)["noted_departments"] == ["hr"]  # which has a case of its own (law T12)


def test_a_forged_copy_takes_no_word_from_its_writer(desk: Desk) -> None:
    """A copy that fails, or proves nothing, came first: the one that passes is heard all the same (law T13)."""
    ack = desk.write(mail(KARI, "it@fjordvik.example", "PC", "Den er treg.", key="a"), "it@fjordvik.example").to(KARI)
    reply = mail(KARI, ack.reply_to, f"Re: {ack.subject}", "Nå er den død.", key="b", answers=ack.message_id)
    forged = desk.write(reply, ack.reply_to, vouched="fail")
    true = desk.write(reply, ack.reply_to)
    assert (forged.plan.outcome, true.plan.outcome, true.plan.case) == ("pending", "entry", 1042)
    assert desk.write(reply, ack.reply_to, vouched="none").plan.outcome == "duplicate"


def test_a_loop_or_spam_stands_for_no_mail(desk: Desk) -> None:
    """What was filed silently suppresses nothing: the same content is looked at again."""
    opened = desk.write(mail(KARI, "it@fjordvik.example", "PC", "Den er treg.", key="a"), "it@fjordvik.example")
    ack = opened.to(KARI)
    away = mail(KARI, ack.reply_to, "Borte", "Ute.", key="b", answers=ack.message_id, auto_submitted="auto-replied")
    assert [desk.write(away, ack.reply_to).plan.outcome for _ in range(2)] == ["silent", "silent"]


def test_capitals_make_nobody_else(desk: Desk) -> None:
    """Cc with capitals, From with other capitals: the same people (law I5), and letters go to the spelling written."""
    text = mail(
        "Kari Moen <Kari.Moen@Fjordvik.EXAMPLE>",
        "IT@Fjordvik.example",
        "Kort",
        "Virker ikke.",
        key="c",
        cc="Liv <LIV.Strand@fjordvik.EXAMPLE>",
    )
    opened = desk.write(text, "IT@Fjordvik.example")
    assert opened.plan.outcome == "new" and opened.to("Kari.Moen@fjordvik.example").kind == "ack"
    liv = mail("liv.strand@Fjordvik.example", "it@fjordvik.example", "SV: Kort", "Ikke mitt.", key="d")
    joined = desk.write(liv.replace("\n\n", "\nIn-Reply-To: <c@client.example>\n\n", 1), "it@fjordvik.example")
    assert (joined.plan.outcome, joined.plan.case) == ("entry", 1042)
    answered = desk.answer(opened.to(CAMILLA), "Nye kort kommer.")
    assert answered.recipients == ["Kari.Moen@fjordvik.example", "liv.strand@fjordvik.example"]
    again = mail("KARI.MOEN@fjordvik.example", "it@fjordvik.example", "Re: [FK#1042] Kort", "Takk, når?", key="e")
    assert desk.write(again, "it@fjordvik.example").plan.outcome == "entry"

"""What a person wrote is in sight of whom it concerns, wherever a mail client put it (law R27, E18)."""

import pytest

from maild.storage import known_words
from tests.kit.desk import Desk, Letter, Outcome, mail

NINA, CAMILLA = "nina.dal@kunde.example", "camilla.dahl@fjordvik.example"
ANSWER = "Nøkkelen henger i resepsjonen, og Ola har den i helgen."


@pytest.fixture
def opened(desk: Desk) -> Outcome:
    """Nina asks for a key."""
    text = "Hei, hvor finner jeg nøkkelen til kopirommet?\nNina"
    return desk.write(mail(NINA, "it@fjordvik.example", "Nøkkel", text, key="n1"), "it@fjordvik.example")


def ask(desk: Desk, opened: Outcome) -> Letter:
    """Let the agent ask back; the letter that Nina gets."""
    text = "Hvilket kopirom gjelder det?\nHvor lenge trenger du nøkkelen?\nHilsen oss på IT-support"
    return desk.answer(opened.to(CAMILLA), text).to(NINA)


def marked(letter: Letter) -> str:
    """A letter's text as a quote."""
    return "\n".join(f"> {line}" for line in letter.text.strip().splitlines())


def follow(desk: Desk, letter: Letter, text: str, key: str = "n2") -> Letter:
    """Let Nina answer a letter; the notice that the agent gets."""
    reply = mail(NINA, letter.reply_to, f"SV: {letter.subject}", text, key=key, answers=letter.message_id)
    return desk.write(reply, letter.reply_to).to(CAMILLA)


def block(letter: Letter) -> str:
    """What web mail writes above a letter that it quotes."""
    return f"Fra: IT-support <it@fjordvik.example>\nSendt: 1. desember 2026\nTil: Nina Dal\nEmne: {letter.subject}\n"


@pytest.mark.parametrize(
    ("layout", "left_out"),
    [
        ("{block}\n{plain}\n\nDet i andre etasje.\nTil fredag.", 7),
        ("Det i andre etasje.\nTil fredag.\n\n{block}\n{plain}", 7),
        ("den 1. des. 2026 kl. 10:15 skrev IT <it@fjordvik.example>:\n{quoted}\n\nDet i andre etasje.\nTil fredag.", 4),
        ("{plain}\nDet i andre etasje.\nTil fredag.", 3),
    ],
)
def test_an_answer_is_seen_wherever_it_stands(desk: Desk, opened: Outcome, layout: str, left_out: int) -> None:
    """The agent's notice and the case show what is new, and say how many lines are left out."""
    asked = ask(desk, opened)
    text = layout.format(block=block(asked), plain=asked.text.strip(), quoted=marked(asked))
    notice = follow(desk, asked, text)
    assert "Det i andre etasje.\r\nTil fredag." in notice.text or "Det i andre etasje.\nTil fredag." in notice.text
    assert "Hvor lenge trenger du" not in notice.text
    assert f"[{left_out} linjer sitat eller signatur er utelatt. Svar «alt» for å få hele e-posten.]" in notice.text
    assert desk.case(1042)["messages"][-1]["text"].strip() == "Det i andre etasje.\nTil fredag."


def test_what_others_wrote_before_is_known_too(desk: Desk, opened: Outcome) -> None:
    """A quote of the customer's own first mail, and of the notice's words, is known as well as our letters."""
    asked = ask(desk, opened)
    first = follow(
        desk, asked, f"Det i andre.\n\nDen 1. des. 2026 kl. 10:15 skrev IT <it@fjordvik.example>:\n{marked(asked)}"
    )
    assert "Det i andre." in first.text
    again = "den 1. des. 2026 kl. 09:00 skrev Nina:\n> Hei, hvor finner jeg nøkkelen til kopirommet?\n> Nina"
    notice = follow(desk, asked, f"Nå er det låst.\n\n{again}", key="n3")
    assert "Nå er det låst." in notice.text and "hvor finner jeg" not in notice.text


def test_a_first_mails_history_is_in_the_notice(desk: Desk) -> None:
    """What came with the mail that opens a case follows its own words under a heading."""
    text = (
        "Kan dere ta denne?\n\nDen 30. nov. 2026 kl. 09:00 skrev Ola Lie <ola@firma.example>:\n> Varmen i 3B er borte."
    )
    got = desk.write(mail(NINA, "it@fjordvik.example", "Varme", text, key="h1"), "it@fjordvik.example")
    notice = got.to(CAMILLA).text
    assert "Tidligere i e-posten:" in notice and "Varmen i 3B er borte." in notice
    assert "Varmen i 3B er borte." in desk.case(1042)["messages"][0]["text"]


def test_a_long_history_comes_as_a_file(desk: Desk) -> None:
    """Of a thread beyond 200 lines the rest is counted, and the whole mail is enclosed."""
    thread = "\n".join(f"> linje {number} i en lang tråd om varmen" for number in range(400))
    text = f"Se under.\n\nDen 30. nov. 2026 kl. 09:00 skrev Ola Lie <ola@firma.example>:\n{thread}"
    got = desk.write(mail(NINA, "it@fjordvik.example", "Varme", text, key="h2"), "it@fjordvik.example")
    letter = got.to(CAMILLA)
    assert "linje 150 i" in letter.text and "linje 399 i" not in letter.text and "linjer sitat" in letter.text
    files = [part.get_filename() for part in letter.message.iter_attachments()]
    assert files == ["mail.eml"]
    assert any("linje 399 i" in part.get_content().decode() for part in letter.message.iter_attachments())


def test_an_answer_with_a_rewritten_card_is_asked_about(desk: Desk, opened: Outcome) -> None:
    """A line that a client made of one of the notice's is named to the agent before anything goes out."""
    notice = opened.to(CAMILLA)
    lines = [f"> {line}" for line in notice.text.strip().splitlines()]
    lines.insert(2, "> Saksansvarlig er Camilla (intern prioritet høy)")
    text = f"{ANSWER}\n\nDen 1. des. 2026 kl. 10:15 skrev IT <it@fjordvik.example>:\n" + "\n".join(lines)
    reply = mail(CAMILLA, notice.reply_to, f"SV: {notice.subject}", text, key="a1", answers=notice.message_id)
    held = desk.write(reply, notice.reply_to)
    assert (held.plan.outcome, held.recipients) == ("held", [CAMILLA])
    letter = held.to(CAMILLA).text
    assert "blant de siterte" in letter and "Saksansvarlig er Camilla" in letter
    said = desk.answer(held.to(CAMILLA), "NEI", step="2")
    assert said.plan.outcome == "note" and NINA not in said.recipients


def test_an_answer_between_public_lines_goes_out(desk: Desk, opened: Outcome) -> None:
    """Between two lines of the customer's an agent's answer goes out unasked, with the line that it answers."""
    text = "Hei, jeg har to spørsmål til dere i dag.\nHvor finner jeg nøkkelen til kopirommet?\n"
    text += "Hvem har den i helgen, og hvor?\nTakk!"
    got = desk.write(mail(NINA, "it@fjordvik.example", "To ting", text, key="n9"), "it@fjordvik.example")
    (notice,) = (letter for letter in got.letters if letter.kind == "assignment")
    lines = []
    for line in notice.text.strip().splitlines():
        lines.append(f"> {line}")
        if line.startswith("Hvor finner"):
            lines.append("Den henger i resepsjonen.")
    quoted = "\n".join(lines)
    reply = mail(
        notice.to,
        notice.reply_to,
        f"SV: {notice.subject}",
        f"Se under.\n\n{quoted}",
        key="a2",
        answers=notice.message_id,
    )
    answered = desk.write(reply, notice.reply_to)
    assert (answered.plan.outcome, answered.recipients) == ("answer", [NINA])
    said = answered.to(NINA).text
    assert "> Hvor finner jeg nøkkelen til kopirommet?" in said and "Den henger i resepsjonen." in said
    assert "Svarfrist" not in said and "Ny sak" not in said


def untaken(desk: Desk) -> int:
    """How many entries and letters nobody has taken down yet."""
    with desk.engine.begin() as connection:
        tables = [f"select count(*) from {name} where not known" for name in ("message", "outbox")]
        return sum(int(connection.exec_driver_sql(query).scalar_one()) for query in tables)


def test_what_was_refused_may_be_written_again(desk: Desk, opened: Outcome) -> None:
    """An answer that was refused, and then sent anew without what was wrong with it, is the agent's own words."""
    notice = opened.to(CAMILLA)
    assert desk.answer(notice, f"{ANSWER}\n#dialog 7").plan.outcome == "refused"
    assert desk.answer(notice, ANSWER, step="2").recipients == [NINA]


def test_what_was_dropped_may_be_written_again(desk: Desk, opened: Outcome) -> None:
    """An agent says no to a held answer, without quoting the question, and sends the words anew: they go out whole."""
    said = "Passordet er nullstilt, og koden er på vei til mobilen din.\nVi er på plass fra klokka sju i morgen."
    notice = opened.to(CAMILLA)
    question = desk.answer(notice, f"løst\n\nHei Nina!\n{said}").to(CAMILLA)
    bare = mail(CAMILLA, question.reply_to, f"SV: {question.subject}", "Nei", key="no", answers=question.message_id)
    assert desk.write(bare, question.reply_to).plan.outcome == "note"
    again = desk.answer(notice, f"Hei igjen Nina.\n\n{said}", step="2")
    assert again.plan.outcome == "answer"
    assert again.to(NINA).text.replace("\r\n", "\n").strip() == f"Hei igjen Nina.\n\n{said}"


def test_words_are_taken_down_once(desk: Desk, opened: Outcome) -> None:
    """A case's texts are read when a mail first may quote them, however old they are; then their numbers are enough."""
    first = untaken(desk)
    asked = ask(desk, opened)
    quoted = f"{block(asked)}\n{asked.text.strip()}"
    assert "Hvor lenge trenger du" not in follow(desk, asked, f"Det i andre.\n\n{quoted}").text
    assert first >= 3 and untaken(desk) == 2  # the mail itself, and the letter about it
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("update message set text = '', folded = ''")
    assert "Hvor lenge trenger du" not in follow(desk, asked, f"Ved heisen.\n\n{quoted}", key="n3").text


def test_what_is_erased_is_known_no_more(desk: Desk, opened: Outcome) -> None:
    """After its words are erased a case's quotes are shown like anything else."""
    asked = ask(desk, opened)
    quoted = f"{block(asked)}\n{asked.text.strip()}"
    assert "Hvor lenge trenger du" not in follow(desk, asked, f"Det i andre.\n\n{quoted}").text
    with desk.engine.begin() as connection:
        known_words.forget(connection, 1042)
        connection.exec_driver_sql("update message set text = '', folded = ''")
    assert "Hvor lenge trenger du" in follow(desk, asked, f"Ved heisen.\n\n{quoted}", key="n3").text

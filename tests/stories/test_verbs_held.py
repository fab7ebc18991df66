"""An agent's answer that begins with a verb of a case is asked about: it never goes out word for word (law E12)."""

from dataclasses import replace

import pytest

from maild.core.rules.organisation import Rulebook
from tests.kit.desk import Desk, Letter, Outcome, mail, rulebook

KARI, CAMILLA, DAVID = (f"{name}@fjordvik.example" for name in ("kari.moen", "camilla.dahl", "david.nilsen"))


def speaking(language: str, **desk: str) -> Rulebook:
    """The desk of the stories, whose agents are written to in one language."""
    base = rulebook(**desk)
    return replace(base, agents={name: replace(agent, language=language) for name, agent in base.agents.items()})


def notice(desk: Desk) -> Letter:
    """Open a case; the assignment that its agent got."""
    return desk.send("M01", "it@fjordvik.example").to(CAMILLA)


def reply(desk: Desk, question: Letter, word: str, key: str) -> Outcome:
    """Answer the question about the held mail."""
    text = mail(CAMILLA, question.reply_to, f"Re: {question.subject}", word, key=key, answers=question.message_id)
    return desk.write(text, question.reply_to)


STORIES = {
    "no": ("løst", "Hei Kari, passordet er nullstilt.", "JA", "Vi kan ikke utføre den ennå", "første linje ser ut som"),
    "sv": ("Löst!", "Hej Kari, lösenordet är nollställt.", "Ja.", "Vi kan inte utföra det ännu", "första raden ser ut"),
    "en": ("to: it-net-2", "Hello Kari, it is reset.", "yes", "We cannot carry it out yet", "its first line looks"),
}  # fmt: skip


@pytest.mark.parametrize("language", STORIES)
def test_a_verb_is_asked_about_and_a_yes_sends_what_stands_below(store_url: str, language: str) -> None:
    """With complete evidence it is held; the letter says what was understood, what a yes sends and to whom; the yes
    sends that and nothing else, once, and the case keeps both.
    """
    verb, words, yes, not_yet, why = STORIES[language]
    desk = Desk(store_url, rules=speaking(language))
    held = desk.answer(notice(desk), f"{verb}\n\n{words}")
    assert (held.plan.outcome, held.recipients) == ("held", [CAMILLA])
    question = held.to(CAMILLA)
    text = " ".join(question.text.split())
    assert all(said in text for said in (verb, words, not_yet, why, KARI))
    assert desk.case(1042)["status"] == "assigned" and desk.case(1042)["messages"][-1]["visibility"] == "held"

    sent = reply(desk, question, yes, "yes")
    assert (sent.plan.outcome, sent.recipients) == ("answer", [KARI])
    assert sent.to(KARI).text.strip() == words
    case = desk.case(1042)
    assert [m["text"].strip() for m in case["messages"] if m["kind"] == "reply"] == [words]
    assert [event["before"] for event in case["events"] if event["what"] == "released"] == [verb]
    assert case["status"] == "waiting_requester"
    assert KARI not in reply(desk, question, yes, "again").recipients
    desk.close()


NOTHING = {
    "no": ("Løst.", "sender vi ingenting"),
    "sv": ("till: it-net-2", "skickar vi ingenting"),
    "en": ("escalate: no DHCP", "nothing is sent"),
}


@pytest.mark.parametrize("language", NOTHING)
def test_below_which_nothing_stands_a_yes_sends_nothing(store_url: str, language: str) -> None:
    """The letter says so, names nobody who would get it, and a yes keeps the command as a note in the case."""
    verb, says = NOTHING[language]
    desk = Desk(store_url, rules=speaking(language))
    held = desk.answer(notice(desk), verb)
    question = held.to(CAMILLA)
    assert held.plan.outcome == "held" and says in question.text and KARI not in question.text
    done = reply(desk, question, {"no": "ja", "sv": "ja", "en": "yes"}[language], "yes")
    assert (done.plan.outcome, done.letters) == ("note", ())
    case = desk.case(1042)
    assert case["status"] == "assigned"
    assert [(m["kind"], m["visibility"]) for m in case["messages"][-2:]] == [
        ("note", "internal"),
        ("system", "internal"),
    ]
    desk.close()


@pytest.mark.parametrize("language", STORIES)
def test_a_no_discards_the_whole(store_url: str, language: str) -> None:
    """A no sends neither the command nor what stands below, and shows both as they were written."""
    verb, words, *_ = STORIES[language]
    desk = Desk(store_url, rules=speaking(language))
    question = desk.answer(notice(desk), f"{verb}\n{words}").to(CAMILLA)
    ended = reply(desk, question, {"no": "NEI", "sv": "nej", "en": "no"}[language], "no")
    assert [(letter.kind, letter.to) for letter in ended.letters] == [("discarded", CAMILLA)]
    assert verb in ended.to(CAMILLA).text and words in ended.to(CAMILLA).text
    desk.close()


def test_an_unclear_answer_asks_the_same_again(desk: Desk) -> None:
    """The second question shows the same command, the same words and the same reader as the first."""
    question = desk.answer(notice(desk), "ta\n\nHei Kari.").to(CAMILLA)
    again = reply(desk, question, "Hva er dette?", "hm").to(CAMILLA)
    assert all(said in again.text for said in ("  ta\r\n", "Hei Kari.", KARI, "verken et klart ja eller et klart nei"))
    assert reply(desk, again, "JA", "yes").to(KARI).text.strip() == "Hei Kari."


def test_without_evidence_the_letter_says_both_and_a_yes_sends_what_stands_below(desk: Desk) -> None:
    """Held for want of proof, too: one question, both reasons, and the verb does not go out either way."""
    held = desk.answer(notice(desk), "løst\n\nHei Kari.", vouched="none")
    assert held.plan.outcome == "held"
    question = held.to(CAMILLA)
    text = " ".join(question.text.split())
    assert "avsenderdomenet er ikke bekreftet" in text and "første linje ser ut som en kommando" in text
    assert reply(desk, question, "JA", "yes").to(KARI).text.strip() == "Hei Kari."


@pytest.mark.parametrize("agents", ["strict", "token"])
@pytest.mark.parametrize("mode", ["headers", "none"])
def test_no_mode_lets_a_verb_out(store_url: str, mode: str, agents: str) -> None:
    """However the desk weighs evidence, and by SMTP AUTH as well, the customer never reads a command."""
    desk = Desk(store_url, rules=rulebook(trust=mode, agents=agents))
    first = notice(desk)
    assert desk.answer(first, "eskaler: kunden er vanskelig\n\nHei.").recipients == [CAMILLA]
    logged_in = mail(CAMILLA, first.reply_to, f"SV: {first.subject}", "eskaler: kunden er vanskelig", key="login")
    assert desk.write(logged_in, first.reply_to, login="camilla.dahl").recipients == [CAMILLA]
    desk.close()


def test_more_than_three_an_hour_are_asked_about(desk: Desk) -> None:
    """What its agent certainly wrote uses up none of the questions that forged mails are limited by."""
    first = notice(desk)
    asked = [desk.answer(first, f"ta\n\nHei {at}.", step=str(at)).recipients for at in range(6)]
    assert asked == [[CAMILLA]] * 6
    assert desk.answer(first, "Hei.", vouched="none", step="9").recipients == [CAMILLA]


def test_answers_and_prose_go_out_as_before(desk: Desk) -> None:
    """An answer to a question of the customer's is no command: ja, ok, nei, stopp and prose with a verb in it."""
    first = notice(desk)
    for at, text in enumerate(
        ("JA", "ok", "Nei.", "Stopp!", "Løst prat er ikke løst.", "Ta kontakt med skranken.", "Til alle")
    ):
        got = desk.answer(first, text, step=str(at))
        assert (got.plan.outcome, got.recipients) == ("answer", [KARI]), text
        assert got.to(KARI).text.strip() == text


def test_an_agents_absence_and_a_question_why_work_as_before(desk: Desk) -> None:
    """``borte …`` to a department makes the absence; ``?hvorfor`` to a notice is answered; neither is held."""
    first = notice(desk)
    away = desk.write(mail(CAMILLA, "it@fjordvik.example", "x", "borte 3.–14.12", key="b"), "it@fjordvik.example")
    assert (away.plan.outcome, away.letters) == ("ignored", ()) and away.plan.reason.code in (
        "away",
        "away, somebody stands in",
    )
    assert [letter.kind for letter in desk.answer(first, "?hvorfor").letters] == ["why"]


def test_a_colleague_who_is_written_to_with_til_is_no_leak(desk: Desk) -> None:
    """``til: address`` of a colleague is held as a command, not refused for the address; the customer reads neither."""
    held = desk.answer(notice(desk), f"til: {DAVID}\n\nHei Kari.")
    assert (held.plan.outcome, held.recipients) == ("held", [CAMILLA])
    assert reply(desk, held.to(CAMILLA), "JA", "yes").to(KARI).text.strip() == "Hei Kari."


def test_a_hash_below_a_verb_is_refused_still(desk: Desk) -> None:
    """``#internt`` anywhere stops the answer at once, as before, also below a command."""
    got = desk.answer(notice(desk), "løst\n#internt\nring leverandøren")
    assert (got.plan.outcome, [letter.kind for letter in got.letters]) == ("refused", ["refusal"])


def test_a_file_below_a_verb_is_named_and_sent(desk: Desk) -> None:
    """A command with a file: the letter names the file and the reader, and a yes sends the file alone."""
    first = notice(desk)
    head = mail(CAMILLA, first.reply_to, f"SV: {first.subject}", "", key="file", answers=first.message_id).rstrip("\n")
    body = (
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\nløst\n\n--bb\n"
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename=veiledning.pdf\n"
        "Content-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--bb--\n"
    )
    question = desk.write(f"{head}\n{body}", first.reply_to).to(CAMILLA)
    assert "veiledning.pdf" in question.text and KARI in question.text and "står det ingenting" not in question.text
    sent = reply(desk, question, "JA", "yes").to(KARI)
    assert [part.get_filename() for part in sent.message.iter_attachments()] == ["veiledning.pdf"]
    assert "løst" not in sent.text


def test_a_verb_in_answer_to_an_internal_notice_is_a_note(desk: Desk) -> None:
    """What no customer can get needs no question."""
    opened = desk.send("M01", "it@fjordvik.example")
    address = opened.to(KARI).reply_to
    pending = desk.send("stranger", address, reply_to=address)
    got = desk.answer(pending.to(CAMILLA), "løst", step="3")
    assert (got.plan.outcome, got.letters) == ("note", ())

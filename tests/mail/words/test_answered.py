"""Answers written inside a quote are kept with the line they answer (law R15), other answers stand alone."""

import pytest

from maild.core.letters.reply_marker import sentinel
from maild.core.robots.thanks import is_thanks
from maild.core.values.mail import Envelope
from maild.mail.mime.text import Shown
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.mail.words.reply import split
from tests.kit.letters import LANGUAGES, NOW, notice, parsed, write

HEAD = "tir. 3. mars 2026 kl. 10:15 skrev Kari Nordmann <kari@epost.example>:"


def own(text: str, head: str = HEAD) -> str:
    """Return the writer's words of an answer."""
    return split(Shown(f"{head}\n{text}"), "SV: Sak", answers=True).own_text


def pairs(*answers: str) -> str:
    """Return quoted lines and answers as they are kept, in turns."""
    return "\n\n".join(answers)


THREE = ("> 1. Når kommer dere?", "Kl 10", "> 2. Kan jeg bytte rom?", "Nei", "> 3. Si meg prisen", "200 kr")


@pytest.mark.parametrize("between", ["\n", "\n\n"], ids=["close", "blank lines between"])
@pytest.mark.parametrize("below", ["", "> Hilsen Ola", "> Mvh\n> Ola", "-- \nKari"])
def test_the_last_answer_keeps_its_line_as_the_others_do(between: str, below: str) -> None:
    """Although below it there is nothing but a closing, or nothing at all."""
    text = between.join((*THREE, below) if below else THREE)
    assert own(text) == pairs(*THREE)


@pytest.mark.parametrize(
    "answers",
    [
        ("> - Når kommer dere?", "Kl 10", "> - Kan jeg bytte rom?", "Nei"),
        ("> - tirsdag eller onsdag", "onsdag", "> - rom A-118", "Nei, bare B-214", "> - nøkkel", "ja"),
        ("> * Når kommer dere?", "Kl 10", "> * Kan jeg bytte rom?", "Nei"),
        ("> Rom", "B-214", "> Navn", "Ola", "> Telefon", "55501234"),
        ("> När kommer ni?", "Kl 10", "> Rum A-118", "Nej"),
    ],
)
def test_points_and_single_words_are_answered_too(answers: tuple[str, ...]) -> None:
    """A list's mark begins no signature, and a word is no signature when the next answer stands right below it."""
    assert own("\n".join(answers)) == pairs(*answers)


@pytest.mark.parametrize("question", ["Kan du komma kl 10?", "*Kan du komma kl 10?*", "Kan du komma (kl 10?)"])
@pytest.mark.parametrize(
    ("between", "below"),
    [
        *((between, below) for between in ("\n", "\n\n") for below in ("\n> Hälsningar\n> IT", "\n>\n> IT")),
        ("\n", ""),
        ("\n", "\n\n-- \nKari"),
    ],
)
def test_one_answer_below_a_question_is_kept_with_it(question: str, between: str, below: str) -> None:
    """Right below it, or anywhere between it and more of the quote, be that a signature."""
    text = f"> Hej\n> {question}{between}Ja, jag kommer kl 10.{below}"
    assert own(text) == f"> {question}\n\nJa, jag kommer kl 10."
    assert own(f"Hej Kari,\n\n{HEAD}\n{text}", "").startswith(f"Hej Kari,\n\n> {question}\n\nJa")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"Ja, det går fint.\n\n{HEAD}\n> Kan du komme kl 10?\n", "Ja, det går fint."),
        (f"Ja, det går fint.\n\n{HEAD}\n> Kan du komme?\n\nKari Moen", "Ja, det går fint.\n\nKari Moen"),
        (f"Hei! Det går fint.\n\n{HEAD}\n> Kan du komme?\n\nKari Moen", "Hei! Det går fint.\n\nKari Moen"),
        (f"{HEAD}\n> Hei\n> Kan dere komme kl 10?\n\nGreit\n\nMvh Kari", "Greit\n\nMvh Kari"),
        (f"{HEAD}\n> Hei\n> Vi kommer kl 10.\n\nGreit", "Greit"),
        (f"{HEAD}\n> Hei\n> Vi kommer kl 10.\nGreit", "Greit"),
        (f"{HEAD}\n> Vi kommer kl 10.\n> Hilsen\n> Ola\n\nGreit\n\nMvh Kari", "Greit\n\nMvh Kari"),
        (f"{HEAD}\n> Det er i orden.\n>> Kan dere komme?\n\nTakk", "Takk"),
    ],
)
def test_answers_above_or_below_the_whole_quote_stand_alone(text: str, words: str) -> None:
    """The history is folded as a whole, unless a question is its last line and the answer stands right below it."""
    assert own(text, "") == words


def test_words_below_the_quoted_closing_belong_to_no_line() -> None:
    """What the writer says at the end, below the other's name, answers nobody's name."""
    text = "\n".join((*THREE, "> Hilsen", "> Ola Berg", "> Fjordvik skole", "", "Ring meg.", "", "Mvh Kari"))
    assert own(text) == pairs(*THREE, "Ring meg.", "Mvh Kari")


def quoted_notice(language: str, text: str, answer_below: str, answer: str) -> tuple[str, str]:
    """Return an agent's answer inside a quoted notice, below a line of it, and the notice's own text."""
    values = {**dict(notice("follow-up", language).values), "text": text}
    plain = parsed(write(notice("follow-up", language, values=values))).get_body(("plain",))
    assert plain is not None
    letter = plain.get_content().rstrip()
    quoted = "\n".join(f"> {line}".rstrip() for line in letter.splitlines())
    return quoted.replace(f"> {answer_below}\n", f"> {answer_below}\n{answer}\n"), letter


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "line", "answer"),
    [
        ("Rommet er ledig fra kl 10.", "Rommet er ledig fra kl 10.", "Greit"),
        ("Gjelder det alle rom?", "Gjelder det alle rom?", "Nei, bare A-118"),
        ("Rom A-118", "Rom A-118", "\nGreit\n"),
    ],
)
def test_one_answer_above_our_footer_is_kept_with_its_line(language: str, text: str, line: str, answer: str) -> None:
    """Below the text that a notice passes on there is only what we wrote ourselves; our mark may have been deleted."""
    quoted, _ = quoted_notice(language, text, line, answer)
    assert own(quoted) == f"> {line}\n\n{answer.strip()}"
    rest = quoted[quoted.index(f"> {line}") :]
    assert own(rest) == f"> {line}\n\n{answer.strip()}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_that_we_wrote_in_a_notice_is_shown_with_an_answer(language: str) -> None:
    """Its head and its footer are internal: the customer must not get them."""
    text = "Når kommer dere?\nKan jeg bytte rom?"
    quoted, letter = quoted_notice(language, text, "Når kommer dere?", "Kl 10")
    ours = [line for line in letter.splitlines() if line and line not in text]
    for line in ours:
        found = own(quoted.replace(f"> {line}\n", f"> {line}\nHei Ola,\n") + "\nNei")
        assert found.startswith(("Hei Ola,", "> Når")), found
        assert not any(ours_too in found for ours_too in ours), found
    assert own(f"{quoted}\n\nNei") == pairs("> Når kommer dere?", "Kl 10", "Nei")
    assert sentinel(language) in ours


def test_a_command_comes_before_every_quoted_line() -> None:
    """An agent's command is read from the first line."""
    assert own("> Kan dere lukke saken?\n#close\n> Hilsen Ola") == "#close"


def test_answers_in_html_are_kept_with_their_lines() -> None:
    """As between quote marks: the last one below one quoted paragraph, and above nothing."""
    html = "".join(
        f"<blockquote type=cite><p>{line[2:]}</p></blockquote><p>{answer}</p>"
        for line, answer in zip(THREE[::2], THREE[1::2], strict=True)
    )
    raw = f"From: k@epost.example\nSubject: Re: x\nIn-Reply-To: <1@x>\nContent-Type: text/html; charset=utf-8\n\n{html}"
    envelope = Envelope(source="smtp", received=NOW, sender="k@epost.example", recipients=("it@fjordvik.example",))
    assert read(raw.replace("\n", "\r\n").encode(), envelope, ReadOptions()).own_text == pairs(*THREE)


def test_thanks_below_a_quoted_question_are_thanks() -> None:
    """The quoted line is not the writer's; a question of the writer's own still makes it a mail to read."""
    text = own("> Fungerer det nå?\nTakk, det fungerer")
    assert text == "> Fungerer det nå?\n\nTakk, det fungerer"
    assert is_thanks(text)
    assert not is_thanks(f"{text}\n\nNår kommer dere?")
    assert not is_thanks(own("> Fungerer det nå?\nNei, takk"))

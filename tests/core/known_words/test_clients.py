"""Answers to our letters as some thirty clients write them, in eight languages: every word kept, what we sent cut."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from maild.core.known_words.lines import memories
from maild.core.known_words.shown import Shown, shown
from maild.core.values.mail import Envelope
from maild.mail.options import ReadOptions
from maild.mail.read import read
from tests.kit.clients import ANSWERS, ASKED, HTML, LETTERS, PLAIN, Reply, written
from tests.kit.known import held
from tests.kit.make import KEYS

CLIENTS = (*PLAIN, *HTML)
ENVELOPE = Envelope(
    source="smtp", received=datetime(2026, 12, 1, tzinfo=UTC), sender="kari.moen@kunde.example", recipients=()
)


def shown_of(client: str, reply: Reply) -> Shown:
    """Read a client's mail into a case that holds the letter, and say what its readers are shown."""
    raw = written(client, reply, to="it@fjordvik.example", answers="<maild.1@fjordvik.example>")
    mail = read(raw, ENVELOPE, ReadOptions())
    return shown(mail, memories([held(1042, ours_public="\n".join(reply.letter))], KEYS))


def replies() -> Iterator[tuple[str, Reply]]:
    """Every client in every language."""
    for language, letter in LETTERS.items():
        for client in CLIENTS:
            yield client, Reply(language, letter, ANSWERS[language])


def flat(text: str) -> str:
    """A text as its words with one space between, without what a table or a quote draws."""
    return " ".join(word for word in text.replace("|", " ").split() if word != ">")


def test_every_answer_is_kept() -> None:
    """Whatever the client and the language, each of the three answers is shown whole."""
    lost = [
        f"{client} ({reply.language}): {answer}\n{out.text}"
        for client, reply in replies()
        if (out := shown_of(client, reply))
        for answer in reply.answers
        if flat(answer) not in flat(out.text)
    ]
    assert len(list(replies())) >= 150
    assert not lost, "\n\n".join(lost)


def test_what_we_sent_is_cut() -> None:
    """Of the lines of our letters at most three in a hundred are shown, but for those that an answer answers."""
    left, total = [], 0
    for client, reply in replies():
        lines = [flat(line) for line in shown_of(client, reply).text.split("\n") if not line.startswith("> ")]
        answered = set(ASKED) if client == "a table" else set()  # a row holds the question and its answer
        for at, line in enumerate(reply.letter):
            total += 1
            if at not in answered and any(flat(line) in one for one in lines):
                left.append(f"{client} ({reply.language}): {line}")
    assert len(left) <= total * 0.03, f"{len(left)} of {total}\n" + "\n".join(left)


@pytest.mark.parametrize("client", CLIENTS)
def test_it_is_said_how_much_is_left_out(client: str) -> None:
    """Whatever is not shown is counted."""
    reply = Reply("no", LETTERS["no"], ANSWERS["no"])
    out = shown_of(client, reply)
    assert out.left_out >= (1 if client == "one long line" else 3)


@pytest.mark.parametrize("client", [client for client in CLIENTS if "between" in client])
def test_an_answer_inside_a_quote_stands_below_its_question(client: str) -> None:
    """The agent reads each of the three answers below the very question that it answers, the last one, too."""
    reply = Reply("no", LETTERS["no"], ANSWERS["no"])
    lines = [line for line in shown_of(client, reply).text.split("\n") if line]
    for at, answer in zip(ASKED, reply.answers, strict=True):
        assert lines[lines.index(answer) - 1] == f"> {reply.letter[at]}"

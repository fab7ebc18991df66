"""Letters on their way back: what a client quotes of ours below an answer is never taken for the writer's words."""

import re

import pytest

from maild.core.plan import NoticeKind
from maild.core.values.mail import Envelope
from maild.letters.plain import WITH_SENTINEL
from maild.letters.shown import sample
from maild.mail.options import ReadOptions
from maild.mail.read import read
from tests.kit.letters import LANGUAGES, NOW, notice, parsed, write

ENVELOPE = Envelope(source="smtp", received=NOW, sender="camilla@fjordvik.example", recipients=("it@fjordvik.example",))
WORDS = "Prøv igjen nå."


def own_words(body: str, subtype: str) -> str:
    """Read an answer and return what counts as its writer's words."""
    head = (
        "From: Camilla Dahl <camilla@fjordvik.example>\r\nTo: it@fjordvik.example\r\nSubject: SV: [FK#1042] x\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    return read((head + body).replace("\r\n", "\n").replace("\n", "\r\n").encode(), ENVELOPE, ReadOptions()).own_text


def letter(kind: NoticeKind, language: str) -> tuple[str, str]:
    """Return a letter's text and the inside of its HTML body (empty when it has none)."""
    values = {**sample(kind, language), "text": "KANARI\n\nMvh Kari", "held_text": "KANARI", "requester": "KANARI"}
    message = parsed(write(notice(kind, language, values=values)))
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    inside = "" if html is None else re.split(r"</?body>", html.get_content())[1]
    return plain.get_content(), inside


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(WITH_SENTINEL))
def test_a_letter_to_an_agent_is_cut_from_the_answer(kind: NoticeKind, language: str) -> None:
    """Quoted with marks, without any, below an Outlook header, or as HTML: only the agent's words remain."""
    plain, html = letter(kind, language)
    quoted = "".join(f"> {line}\n" for line in plain.splitlines())
    answers = [(f"{WORDS}\n\n{plain}", "plain"), (f"{WORDS}\n\n{quoted}", "plain")]
    answers.append((f"{WORDS}\n\nFra: IT <it@fjordvik.example>\nSendt: 24. november 2026 10:05\n\n{plain}", "plain"))
    if html:
        answers.append((f"<html><body><p>{WORDS}</p>{html}</body></html>", "html"))
    for body, subtype in answers:
        assert own_words(body, subtype) == WORDS


@pytest.mark.parametrize("kept", ["id", "class", "data-maild"])
@pytest.mark.parametrize("kind", ["ack", "assignment"])
def test_one_mark_of_three_is_enough_in_html(kind: NoticeKind, kept: str) -> None:
    """Clients drop or rename attributes (Outlook writes ``x_…``); whichever survives, our letter is known again."""
    _, html = letter(kind, "no")
    for name in {"id", "class", "data-maild"} - {kept}:
        html = html.replace(f'{name}="maild-reply-above"', "", 1)
    assert "maild-reply-above" in html
    assert own_words(f"<html><body><p>{WORDS}</p>{html}</body></html>", "html") == WORDS
    if kept != "data-maild":
        renamed = html.replace("maild-reply-above", "x_maild-reply-above")
        assert own_words(f"<html><body><p>{WORDS}</p>{renamed}</body></html>", "html") == WORDS

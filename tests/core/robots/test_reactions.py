"""One click on an emoji is thanks, whatever program and language writes it; words are words."""

from __future__ import annotations

from typing import Any

import pytest

from maild.core.plan import AddMessage, SetStatus
from maild.core.robots.reactions import reaction
from tests.kit import make
from tests.kit.make import CAMILLA, case, decided, facts, mail, of
from tests.kit.threads import BY_ID

LINK = "<https://www.google.com/gmail/about/?utm_source=gmail-in-product&utm_campaign=emojireactionemail#app>"
WHO: dict[str, Any] = {"name": "Kari Moen", **BY_ID}

CLICKED = [
    f"👍\n\nKari Moen reagerte via Gmail\n{LINK}",
    f"              🙏\n\nKari reagerade via Gmail\n{LINK}",
    f"💖\n\nKari reacted via Gmail\n{LINK}",
    "🎉\n\nKari Moen hat über Gmail reagiert\n" + LINK,
    "😂\n\nKari Moen reagoi Gmailin kautta\n" + LINK,
    "👏🏽\n\nKari Moen reaccionó a través de Gmail",
    "❤️ Kari Moen reagerede via Gmail.",
    "[👍] | Kari Moen reacted to your message:",
    "[like]  Kari Moen reacted to your message:",
    "[heart] Moen, Kari reagerte på meldingen din:\n__________",
    "[gefällt mir] Kari Moen hat auf Ihre Nachricht reagiert:",
    "🎉 Kari Moen reagerade på ditt meddelande:",
    "Liked “Kabelen er byttet.”",
    "Likte «Kabelen er byttet.»",
    "Laughed at “Nå virker den”",
]
TYPED = ["👍", "👍👍🏻", "❤️", " 🙏 \n", "✅"]
WORDS = [
    "👍 Kari Moen her, men det virker ikke ennå.",
    "👍 men når kommer dere?",
    "👍 Kari Moen kommer kl. 10, passer det?",
    "👍 Flott, vi sees mandag",
    "Kari Moen reacted to your message:",
    "[like] det står fast:",
    "Liked it",
    "👍\n\nEn\n\nTo\n\nTre\n\nKari Moen reagerte via Gmail",
    "Takk",
    "",
    "Loved ones are waiting for \"the door\" to open",
    "👍 " + "x" * 200 + " Gmail",
]  # fmt: skip


@pytest.mark.parametrize("text", CLICKED)
def test_a_click_is_known(text: str) -> None:
    """By the emoji and the writer's name in the third person, or by Gmail's link, in any language (law T19)."""
    found = reaction(mail(text, **WHO))
    assert found is not None and found.glad and found.clicked


@pytest.mark.parametrize("text", TYPED)
def test_an_emoji_alone_is_the_same(text: str) -> None:
    """What somebody typed may be an emoji and nothing else."""
    found = reaction(mail(text, **WHO))
    assert found is not None and found.glad and not found.clicked


@pytest.mark.parametrize("text", WORDS)
def test_words_are_words(text: str) -> None:
    """Whatever says something is no reaction, with an emoji or a name in it or not."""
    assert reaction(mail(text, **WHO)) is None


def test_gmails_part_is_enough() -> None:
    """Where the name is not the one in From, or the words are unknown, the part itself says it."""
    assert reaction(mail("👍\n\nK. reag. Gmail", reaction=True, **WHO)) is not None
    assert reaction(mail("👍\n\nHva nå?", reaction=True, **WHO)) is None, "somebody wrote words all the same"
    assert reaction(mail("👍", reaction=True)) is None, "it answers nothing"


@pytest.mark.parametrize("status", ["assigned", "waiting_requester", "resolved", "closed"])
def test_a_click_moves_nothing_and_tells_nobody(status: str) -> None:
    """The case stays as it is, and the entry stands in it (law T19, T11)."""
    known = facts(case(status=status, closed_at=make.NOW))
    for text in ("👍\n\nKari Moen reagerte via Gmail", "👍"):
        plan = decided(mail(text, **WHO), known)
        assert (plan.outcome, plan.case, plan.notices) == ("entry", 1042, ()) and not of(plan, SetStatus)
        assert [entry.visibility for entry in of(plan, AddMessage)] == ["public"]
    for text in ("👎", "[sad] Kari Moen reacted to your message:", "😡\n\nKari Moen reagerte via Gmail"):
        sad = decided(mail(text, **WHO), known)
        assert not of(sad, SetStatus) and [letter.kind for letter in sad.notices] == ["follow-up"]


def test_an_agents_click_leaves_for_nobody() -> None:
    """A thumb below a notice is no answer: its line would tell the customer the agent's name (law T19)."""
    to = (make.signed_address(1042, "answer", of=CAMILLA),)
    text = "👍\n\nCamilla Dahl reagerte via Gmail"
    given = mail(text, author=CAMILLA, name="Camilla Dahl", to=to, subject="Re: [FK#1042]", **BY_ID)
    plan = decided(given, facts(case()))
    assert (plan.outcome, plan.notices) == ("note", ())

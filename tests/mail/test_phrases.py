"""Reasons in the reader's language."""

from pathlib import Path

import pytest

import maild
from maild.mail.phrases import KNOWN, translated
from maild.mail.shown import sample
from tests.mail.letters_kit import notice, parsed, write
from tests.timing import within

SOURCE = "\n".join(
    path.read_text() for path in sorted(Path(maild.__file__).parent.rglob("*.py")) if path.name != "phrases.py"
)


@pytest.mark.parametrize("english", [row[0] for row in KNOWN])
def test_each_sentence_is_one_that_maild_says(english: str) -> None:
    """The fixed words of every known sentence stand in the code that says them: a reworded one is noticed here."""
    for piece in english.split("{}"):
        assert piece.removeprefix("burst: ") in SOURCE


@pytest.mark.parametrize(("english", "norwegian", "swedish"), KNOWN)
def test_translations_have_the_same_gaps(english: str, norwegian: str, swedish: str) -> None:
    """A name or number is never dropped."""
    assert english.count("{}") == norwegian.count("{}") == swedish.count("{}")
    given = english.replace("{}", "A7")
    assert translated(given, "no") == norwegian.replace("{}", "A7")
    assert translated(given, "nn") == norwegian.replace("{}", "A7")
    assert translated(given, "sv") == swedish.replace("{}", "A7")
    assert translated(given, "en") == given


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("", ""),
        ("something new", "something new"),
        (
            "signed address of case 12, but the author takes no part",
            "sendt til den personlige svaradressen for sak 12, men avsenderen er ikke med i saken",
        ),
        ("FK#12: case 12 was closed more than 30 days ago", "FK#12: sak 12 ble lukket for mer enn 30 dager siden"),
        (
            "was copied; an agent must admit the author; same Message-ID as an earlier mail, other content",
            "avsenderen sto på kopi; en saksbehandler må slippe den inn; "
            "samme meldings-ID som en tidligere e-post, men annet innhold",
        ),
    ],
)
def test_sentences_in_sentences(reason: str, shown: str) -> None:
    """Details, tags and joined sentences are translated piece by piece."""
    assert translated(reason, "no") == shown


def test_a_letter_says_why_in_its_own_language() -> None:
    """The reason of a refusal and the title of an operator's notice are not left in English."""
    values = {**sample("refusal", "sv"), "reason": "there is no text to send"}
    assert (
        "Skäl: det finns ingen text att skicka" in parsed(write(notice("refusal", "sv", values=values))).get_content()
    )
    values = {"desk": "Fjordvik", "title": "mail 7 is in quarantine", "reason": "x"}
    letter = write(notice("operator", "no", subject="[FK] mail 7 is in quarantine", values=values))
    assert letter.subject == "[FK] e-post 7 er i karantene"


@pytest.mark.parametrize("hostile", ["; " * 2000, "x; as " * 5000, "; it holds the address " * 500])
def test_what_a_stranger_wrote_into_a_reason_is_left_as_it_is(hostile: str) -> None:
    """A reason may quote a file's name or a server's words: any number of semicolons costs no time and no stack."""
    assert within(0.1, lambda: translated(hostile, "no")) == hostile

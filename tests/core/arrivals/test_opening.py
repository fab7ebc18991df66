"""Opening a case: in which language its letters are, by what is known of the writer and what the desk speaks."""

from dataclasses import replace

import pytest

from maild.core.facts import Contact
from maild.core.plan import OpenCase
from tests.kit import make
from tests.kit.make import KARI, acks, decided, facts, mail, of


@pytest.mark.parametrize(
    ("known", "detected", "chosen"),
    [
        (None, None, "sv"),
        (None, "en", "en"),
        (None, "no", "no"),
        (None, "da", "no"),
        (None, "nn", "no"),
        (None, "fi", "sv"),
        ("en", None, "en"),
        ("en", "no", "en"),
        ("fi", "en", "en"),
        ("nb", "en", "no"),
        ("fi", "is", "sv"),
    ],
)
def test_the_language_of_a_case(known: str | None, detected: str | None, chosen: str) -> None:
    """The writer's last language, else the mail's, or its kin; one without letters gives the department's."""
    rules = make.rulebook(departments=[replace(one, language="sv") for one in make.DEPARTMENTS])
    contact = None if known is None else Contact(address=KARI, name="Kari", language=known)
    plan = decided(mail(language=detected), facts(contact=contact), rules)
    (opened,), (ack,) = of(plan, OpenCase), acks(plan)
    assert (opened.language, ack.language) == (chosen, chosen)

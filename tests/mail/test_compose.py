"""Writing mail: what leaves is exactly what was meant (FAULTS P8, S2, F4; MAIL §4, §6)."""

import pytest

from maild.core.plan import NoticeKind
from maild.mail.templates import KINDS
from tests.mail.letters_kit import LANGUAGES, LOOP, TO_AGENT, notice, parsed, write


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_in_every_language_reads_back_as_meant(kind: NoticeKind, language: str) -> None:
    """Headers, recipients and text of every shipped letter are what the standard library reads from its bytes."""
    letter = write(notice(kind, language))
    message = parsed(letter)
    assert letter.fell_back is None
    names = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"]
    if kind == "ack-minimal":
        names.remove("References")
    names += [] if kind == "answer" else ["Auto-Submitted", "X-Auto-Response-Suppress"]
    names += ["X-Maild-Case"] if kind in TO_AGENT - {"operator"} else []
    names += [] if kind == "answer" else ["X-Maild-Trace"]
    names += ["X-Maild-Loop", "MIME-Version", "Content-Type"]
    names += [] if message.is_multipart() else ["Content-Transfer-Encoding"]
    assert message.keys() == names
    assert [(a.display_name, a.addr_spec) for a in message["From"].addresses] == [("IT-støtte", "it@fjordvik.example")]
    assert [a.addr_spec for a in message["To"].addresses] == ["kari.moen@fjordvik.example"]
    assert message["Subject"] == letter.subject
    assert "[FK#1042]" in letter.subject
    assert message["X-Maild-Loop"] == LOOP
    assert not message.defects
    text = message.get_body(("plain",))
    assert text is not None and not text.defects
    assert len(text.get_content().strip()) > 5

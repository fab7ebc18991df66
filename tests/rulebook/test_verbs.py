"""verbs.toml: a desk's own words for verbs, beside those that come with maild (law G12)."""

from pathlib import Path

import pytest

from maild.core.rules.verb_words import SHIPPED
from tests.rulebook.kit import rulebook, said, sample


def test_a_desk_without_the_file_has_the_shipped_words(tmp_path: Path) -> None:
    """No file, an empty one and the sample organisation's mean the same."""
    (tmp_path / "none").mkdir()
    (tmp_path / "empty").mkdir()
    assert dict(rulebook(tmp_path / "none").verbs) == dict(SHIPPED)
    assert dict(rulebook(tmp_path / "empty", {"rules/verbs.toml": ""}).verbs) == dict(SHIPPED)
    assert dict(sample().verbs) == dict(SHIPPED)


def test_a_desks_words_are_added_and_win(tmp_path: Path) -> None:
    """A file of an older maild, or of an admin's own, takes no word away; a word it gives another verb has that one."""
    text = '[close]\nwords = ["I boks!", "løst"]\n\n[yes]\nwords = ["klart"]\n'
    book = rulebook(tmp_path, {"rules/verbs.toml": text})
    assert book.verbs == {**SHIPPED, "i boks": "close", "klart": "yes"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[close]\nwords = ["løst", "LØST."]\n', "rules/verbs.toml:2: close.words[2]: LØST. means close already"),
        ('[close]\nwords = ["…"]\n', 'rules/verbs.toml:2: close.words[1]: found "…", expected a word'),
        ('[close]\nwords = ["#"]\n', 'rules/verbs.toml:2: close.words[1]: found "#", expected a word'),
        ("[close]\nwords = []\n", "rules/verbs.toml:2: close.words: found a list, expected at least 1"),
        ("[clos]\nwords = ['x']\n", "rules/verbs.toml:1: clos: unknown verb clos, did you mean close?"),
    ],
)
def test_what_is_wrong_is_named_by_line(tmp_path: Path, text: str, problem: str) -> None:
    """A word twice, no word at all, an unknown verb: each refused by file and line."""
    (found,) = said(tmp_path, {"rules/verbs.toml": text})
    assert found.startswith(problem), found

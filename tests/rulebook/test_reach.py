"""Rules that can never be reached are refused, and only those: what an earlier rule takes, and what it does not."""

from pathlib import Path

import pytest

from tests.rulebook.kit import said


def rules(first: str, second: str) -> dict[str, str]:
    """Two rules, one after the other, and the rest."""
    return {
        "rules/routing/it.toml": "".join(
            f'[[rule]]\nname = "{name}"\nwhen = {{ {when} }}\nthen = {{ priority = "high" }}\n\n'
            for name, when in (("first", first), ("second", second))
        )
        + '[[rule]]\nname = "rest"\nthen = { type = "general" }\n'
    }


COVERED = [
    ('from_domain = "lights.example"', 'from_domain = "mail.lights.example"'),
    ('from_domain = "lights.example"', 'from = "kari@lights.example"'),
    ('from_domain = "lights.example"', 'from = "kari@mail.lights.example"'),
    ('from = "*@lights.example"', 'from = "kari@lights.example"'),
    ('words = "faktura"', 'words = "faktura betalt"'),
    ('words = "fak*"', 'subject_words = "faktura"'),
    ('words = ["vpn", "tunnel"]', 'words = "vpn", language = "en"'),
    ('language = ["no", "en"]', 'language = "en"'),
]


@pytest.mark.parametrize(("first", "second"), COVERED)
def test_a_rule_that_an_earlier_one_always_beats_is_refused(tmp_path: Path, first: str, second: str) -> None:
    """Every mail that the second would take, the first takes: it is named with its line."""
    (problem,) = said(tmp_path, rules(first, second))
    assert problem.startswith('rules/routing/it.toml:6: rule "second"') and '"first"' in problem


REACHED = [
    ('from_domain = "lights.example"', 'from_domain = "northlights.example"'),
    ('from_domain = "lights.example"', 'from = "kari@northlights.example"'),
    ('from_domain = "mail.lights.example"', 'from_domain = "lights.example"'),
    ('from = "kari@lights.example"', 'from = "*@lights.example"'),
    ('words = "faktura"', 'words = "fakturaen"'),
    ('subject_words = "faktura"', 'words = "faktura"'),
    ('words = "vpn", language = "en"', 'words = "vpn"'),
    ('language = "en"', 'language = ["no", "en"]'),
    ('not = { language = "en" }', 'language = "no"'),
]


@pytest.mark.parametrize(("first", "second"), REACHED)
def test_a_rule_that_some_mail_reaches_is_taken(tmp_path: Path, first: str, second: str) -> None:
    """Nothing is said of a rule that is like an earlier one, but takes what that one leaves."""
    assert said(tmp_path, rules(first, second)) == []

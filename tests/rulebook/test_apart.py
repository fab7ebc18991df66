"""Two rulebooks over one mail: where a quick look says that they cannot part, deciding twice says the same."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.rules.apart import apart
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Mail
from maild.rulebook.examples import decide_alone
from tests.kit import make
from tests.rulebook.kit import rulebook

NOON = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
VPN = '[[rule]]\nname = "vpn"\nwhen = { words = "vpn" }\nthen = { type = "it.password" }\n\n'
INVOICE = (
    '[[rule]]\nname = "invoice"\nwhen = { regex = \'faktura (?P<number>[0-9]+)\' }\nthen = { tags = ["bill"] }\n\n'
)
NORTH = (
    '[[rule]]\nname = "north"\ncontinue = true\nwhen = { from_domain = "lights.example" }\nthen = { tags = ["n"] }\n\n'
)
URGENT = '[[rule]]\nname = "urgent"\nwhen = { header = { X-Priority = "1*" } }\nthen = { priority = "urgent" }\n\n'
REST = '[[rule]]\nname = "it-rest"\nthen = { type = "general" }\n'
RULES = VPN + INVOICE + NORTH + URGENT + REST
ROUTING, TYPES, PEOPLE = "rules/routing/it.toml", "rules/types/it.toml", "rules/people.toml"
FOUND = "[password]\n\n[[password.field]]\nname = \"account\"\nfind = '{find}'\n"
EARLIER = '[[rule]]\nname = "earlier"\nwhen = { subject_regex = \'^haster\' }\nthen = { priority = "high" }\n\n'

CANDIDATES = {
    "the same": RULES,
    "other words": RULES.replace('"vpn" }', '["tunnel*", "logge inn"] }'),
    "says other things": RULES.replace('tags = ["bill"]', 'priority = "high"'),
    "goes on": RULES.replace('name = "invoice"', 'name = "invoice"\ncontinue = true'),
    "another header": RULES.replace("X-Priority", "Importance"),
    "another domain": RULES.replace("lights.example", "dark.example"),
    "a pattern before the others": EARLIER + RULES,
    "one rule less": RULES.replace(NORTH, ""),
    "another group": RULES.replace('type = "it.password"', 'type = "it.password", group = "desk-1"'),
    "another order": INVOICE + VPN + NORTH + URGENT + REST,
    "another rest": RULES.replace('type = "general"', 'type = "it.password"'),
    "for a time": RULES.replace('name = "vpn"', 'name = "vpn"\nvalid_until = 2026-11-30'),
}


@functools.cache
def book(rules: str, find: str = "bruker ([a-z]+)", people: str = "") -> Rulebook:
    """Load the small desk with these rules for its IT department."""
    with tempfile.TemporaryDirectory() as folder:
        files = {ROUTING: rules, TYPES: FOUND.format(find=find)} | ({PEOPLE: people} if people else {})
        return rulebook(Path(folder), files)


def mail(text: str = "Hei", **changes: Any) -> Mail:
    """Write to the small desk's IT department."""
    given: dict[str, Any] = {"to": ("it@small.example",), "author": "kari@x.example", "subject": "Sak"} | changes
    return make.mail(text, **given)


def may_part(name: str, one: Mail) -> bool:
    """Whether the rules and a candidate may part over a mail."""
    found = apart(book(RULES), book(CANDIDATES[name]))
    return found is None or found.may_part(one, ("it",), NOON)


@pytest.mark.parametrize(
    ("name", "over"),
    [
        ("other words", mail("tunnelen")),
        ("other words", mail("vpn")),
        ("says other things", mail("faktura 12")),
        ("goes on", mail(subject="Faktura 12")),
        ("another header", mail(headers=[("importance", "1")])),
        ("another domain", mail(author="a@mail.lights.example")),
        ("a pattern before the others", mail(subject="Haster!")),
        ("one rule less", mail(author="a@lights.example")),
    ],
)
def test_a_mail_that_bears_a_sign_is_looked_at(name: str, over: Mail) -> None:
    """Who bears what a changed rule asks for, before or after, must be decided twice; any other mail need not."""
    assert may_part(name, over)
    assert not may_part(name, mail("skriveren er tom"))


def test_where_a_rule_stands_changes_nothing() -> None:
    """A comment moves every rule down a line; a new version, it says the same of any mail."""
    moved = book("# Rules of the IT department\n\n" + RULES)
    found = apart(book(RULES), moved)
    assert moved.version != book(RULES).version
    assert found is not None
    assert not found.may_part(mail("vpn, faktura 12"), ("it",), NOON)


@pytest.mark.parametrize("name", ["another order", "another rest", "for a time"])
def test_some_changes_may_touch_any_mail(name: str) -> None:
    """Another order, a rule without a sign to go by, or one that holds for a time only: no quick look tells."""
    assert apart(book(RULES), book(CANDIDATES[name])) is None


def test_only_rules_may_differ() -> None:
    """Another person, their order, or another pattern of a field: no quick look tells."""
    people = '[[agent]]\nid = "{}"\nname = "A"\naddress = "{}"\n'
    ann, bo = people.format("ann", "ann@small.example"), people.format("bo", "bo@small.example")
    assert apart(book(RULES, people=ann + bo), book(RULES, people=ann + bo.replace('"A"', '"B"'))) is None
    assert apart(book(RULES, people=ann + bo), book(RULES, people=bo + ann)) is None
    assert apart(book(RULES), book(RULES, find="konto ([a-z]+)")) is None
    assert apart(book(RULES), book(RULES)) is not None


def test_other_groups_are_another_desk() -> None:
    """Where a rule could send mail to a group it never went to, every mail of that department is decided twice."""
    found = apart(book(RULES), book(CANDIDATES["another group"]))
    assert found is not None
    assert found.may_part(mail("skriveren er tom"), ("it",), NOON)
    assert not found.may_part(mail("skriveren er tom"), ("desk",), NOON)


@given(
    name=st.sampled_from(sorted(CANDIDATES)),
    text=st.lists(st.sampled_from(["vpn", "tunnelen", "logge", "inn", "faktura 12", "bruker kari", "hei"]), max_size=4),
    subject=st.sampled_from(["Hei", "Haster", "VPN", "faktura 7"]),
    author=st.sampled_from([None, "a@lights.example", "a@sub.dark.example", "a@x.example"]),
    headers=st.sampled_from([(), (("x-priority", "1"),), (("importance", "1"),)]),
)
@settings(max_examples=300)
def test_who_cannot_part_agrees(
    name: str, text: list[str], subject: str, author: str | None, headers: tuple[tuple[str, str], ...]
) -> None:
    """Of any mail over which two rulebooks cannot part, both make the same plan; only its trace names each."""
    one = mail(" ".join(text), subject=subject, author=author, headers=headers)
    if not may_part(name, one):
        plans = [decide_alone(one, book(rules), at=NOON) for rules in (RULES, CANDIDATES[name])]
        ours, theirs = (replace(plan, trace=(), rules="") for plan in plans)
        assert ours == theirs

"""A glance at a mail's signals says what asking the condition in full would say."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.reasons.reason import because, text
from maild.core.rules.calendars import Calendar
from maild.core.rules.conditions import Address, AllOf, AnyOf, Condition, Domain, Fact, Globs, Header, Not, Words
from maild.core.rules.glance import glance, must
from maild.core.rules.matching import Captures, answer
from maild.core.rules.sight import Sight
from maild.core.values.words import needle
from tests.kit import make

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
WORDS = ("vpn", "Faktura", "på", "skriver*", "logge inn", "a*")
AUTHORS = (None, "kari@kunde.example", "Per@sub.kunde.example", "ola@annen.example")


def words(where: str, said: list[str]) -> Words:
    """Ask for words as a rule file would have it."""
    needles = tuple(needle(one) for one in said)
    keys = {one.key for one in needles}
    return Words(
        where=where,  # type: ignore[arg-type]
        needles=needles,
        singles=frozenset(one.text for one in needles if one.single),
        longer=tuple(one for one in needles if not one.single),
        keys=None if None in keys else frozenset(key for key in keys if key is not None),
        miss=because("none of", where, ", ".join(said)),
    )


def globs(*said: str) -> Globs:
    """Ask for addresses, some with a star."""
    starred = [one.casefold() for one in said if "*" in one]
    patterns = tuple(re.compile(one.replace(".", r"\.").replace("*", ".*")) for one in starred)
    return Globs(said=said, exact=frozenset(one for one in said if "*" not in one), patterns=patterns)


LEAVES: st.SearchStrategy[Condition] = st.one_of(
    st.builds(
        words, st.sampled_from(["subject", "text", "any"]), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)
    ),
    st.sampled_from(
        [
            Address(what="from", globs=globs("*@kunde.example"), miss=text("from: not *@kunde.example")),
            Address(what="from", globs=globs("kari@*"), miss=text("from: not kari@*")),
            Address(what="from", globs=globs("ola@annen.example", "*@Sub.kunde.example"), miss=text("from: none")),
            Domain(domains=frozenset({"kunde.example"}), miss=text("from_domain: not kunde.example")),
            Header(name="x-s", globs=None, miss=text("no x-s")),
            Header(name="x-s", globs=globs("1"), miss=text("header x-s: not 1")),
            Header(name="x-s", globs=None, present=False, miss=text("header x-s")),
            Fact(what="has_attachment", wanted=True, miss=text("not has_attachment")),
        ]
    ),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: AllOf(parts=tuple(parts)), st.lists(inner, max_size=3)),
        st.builds(lambda parts: AnyOf(parts=tuple(parts)), st.lists(inner, max_size=3)),
        st.builds(lambda part: Not(part=part), inner),
    ),
    max_leaves=6,
)


@st.composite
def sights(draw: st.DrawFn) -> Sight:
    """A mail that has some of it, or none."""
    some = st.lists(st.sampled_from(["vpn", "FAKTURA", "pa\u030a", "skriveren", "logge", "inn", "hei"]), max_size=4)
    address = draw(st.sampled_from(AUTHORS))
    mail = make.mail(subject=" ".join(draw(some)), text=" ".join(draw(some)), author=address, headers=draw(HEADERS))
    return Sight(mail, make.RULEBOOK, at=AT, calendar=Calendar(id="", zone=UTC))


HEADERS = st.sampled_from([(), (("x-s", "1"),), (("x-s", "2"),)])


@settings(max_examples=400)
@given(CONDITIONS, sights())
def test_a_glance_says_what_asking_says(condition: Condition, sight: Sight) -> None:
    """Whatever a mail bears none of, the answer and its words are those of asking in full."""
    seen = glance(condition)
    if seen is not None and seen[0].isdisjoint(sight.signals):
        assert (seen[1], seen[2]) == answer(condition, sight, Captures())


@settings(max_examples=400)
@given(CONDITIONS, sights())
def test_a_rule_passed_over_would_not_have_hit(condition: Condition, sight: Sight) -> None:
    """A rule whose signals a mail does not bear never hits it."""
    signals, _ = must(condition)
    if signals is not None and signals.isdisjoint(sight.signals):
        assert answer(condition, sight, Captures())[0] is not True

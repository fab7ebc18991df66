"""Two rulebooks on one store for as long as nothing depends on where they differ, then on a store each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maild.config import load as configs
from maild.config.judge import Config
from maild.core.errors import MaildError
from maild.core.plan import OpenCase, Plan
from maild.core.reasons.reason import because
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Envelope, Mail, ReadingFailed
from maild.letters import templates
from maild.replay.replay import FAR_NUMBER, Candidate, Difference, Scratch, Summary, replay, verdict
from maild.rulebook import load
from maild.storage import engine as engines
from maild.storage import inbound, upgrade
from tests.kit.a_case import a_case
from tests.kit.desk import mail
from tests.rulebook.kit import ROOT, lay_out, read_mail
from tests.storage.ended import end

LETTERS = templates.load(ROOT / "templates", ("no", "en"))
START = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
REST = '[[rule]]\nname = "rest"\nthen = { type = "general" }\n'
VPN = '[[rule]]\nname = "vpn"\nwhen = { words = "vpn" }\nthen = { type = "it.password", confidential = true }\n\n'
OFFER = '[[rule]]\nname = "offers"\nwhen = { words = "tilbud" }\nthen = { spam = true }\n\n'


@dataclass
class Pair:
    """The small desk's rules and a candidate's, side by side, and the mails they are asked about."""

    folder: Path
    ours: str
    theirs: str
    departments: str | None = None
    """The candidate's departments, where they are others."""
    now: datetime = START
    other: Scratch | None = None
    """The candidate's own store, from where they part."""
    stores: list[Scratch] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Load both rulebooks."""
        self.config = configs.load(lay_out(self.folder / "ours", {"rules/routing/it.toml": self.ours}))
        files = {"rules/routing/it.toml": self.theirs}
        if self.departments is not None:
            files["rules/departments.toml"] = self.departments
        path = lay_out(self.folder / "theirs", files)
        self.books = (self._book(self.config), self._book(configs.load(path)))
        self.store = Scratch(self.config, self.books[0], LETTERS, beside=self.books[1])
        self.stores.append(self.store)

    def _book(self, config: Config) -> Rulebook:
        return load.load(replace(config, templates=ROOT / "templates"), instance="test")

    def write(self, text: str, *, key: str, author: str = "kari@x.example", answers: str = "") -> Mail:
        """Write a mail to the IT department a minute later; ``answers`` is the key of an earlier one."""
        self.now += timedelta(minutes=1)
        earlier = f"<{answers}@client.example>" if answers else ""
        raw = mail(author, "it@small.example", "Sak", text, key=key, answers=earlier).encode()
        envelope = Envelope(source="smtp", received=self.now, sender=author, recipients=("it@small.example",))
        return read_mail(raw, envelope)

    def decide(self, one: Mail, number: int | None) -> tuple[Plan, Plan]:
        """Decide a mail by both, as a replay does: on one store, and from where they part on two."""
        if self.other is None:
            plans = self.store.decide_both(one, now=self.now, number=number)
            if plans is not None:
                return plans
            self.other = Scratch(self.config, self.books[1], LETTERS, copy=self.store.copy())
            self.stores.append(self.other)
        ours = self.store.decide(one, now=self.now, number=number)
        return ours, self.other.decide(one, now=self.now, number=number)

    def close(self) -> None:
        """Throw the stores away."""
        for store in self.stores:
            store.close()


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    """Pairs that are thrown away when the test is over."""
    made: list[Pair] = []
    yield made
    for pair in made:
        pair.close()


def opened(plan: Plan) -> OpenCase:
    """The case that a plan opens."""
    (found,) = (change for change in plan.changes if isinstance(change, OpenCase))
    return found


def outcomes(plans: tuple[Plan, Plan]) -> list[tuple[str, int | None]]:
    """What each rulebook does with a mail, and in which case."""
    return [(plan.outcome, plan.case) for plan in plans]


def kept(store: Scratch, number: int) -> tuple[str, bool]:
    """The type of a case in a store, and whether it is confidential."""
    row = store.connection.exec_driver_sql("select type, confidential from cases where number = ?", (number,)).one()
    return str(row[0]), bool(row[1])


def test_a_case_known_by_two_names_stays_one_case_when_they_part(pairs: list[Pair], tmp_path: Path) -> None:
    """A case that the candidate only calls otherwise is remembered so; when a later mail parts the two, each goes on
    from the whole desk as it made it, and every follow-up lands in the case its own rules opened.
    """
    pair = Pair(tmp_path, ours=REST, theirs=VPN + OFFER + REST)
    pairs.append(pair)

    tunnel = pair.decide(pair.write("vpn er nede", key="vpn"), 1)
    assert [(plan.case, opened(plan).type) for plan in tunnel] == [(1, "general"), (1, "it.password")]
    more = pair.decide(pair.write("Den er fortsatt nede", key="vpn-2", answers="vpn"), FAR_NUMBER + 2)
    assert outcomes(more) == [("entry", 1), ("entry", 1)]
    assert pair.other is None
    assert [[notice.values["type"] for notice in plan.notices] for plan in more] == [["general"], ["it.password"]]

    offer = pair.decide(pair.write("Et godt tilbud", key="offer", author="salg@y.example"), 2)
    assert outcomes(offer) == [("new", 2), ("spam", None)]
    assert pair.other is not None
    assert kept(pair.store, 1) == ("general", False)
    assert kept(pair.other, 1) == ("it.password", True)

    again = pair.write("Har dere sett det?", key="offer-2", author="salg@y.example", answers="offer")
    assert outcomes(pair.decide(again, FAR_NUMBER + 4)) == [("entry", 2), ("new", FAR_NUMBER + 4)]
    last = pair.write("Svar gjerne", key="offer-3", author="salg@y.example", answers="offer-2")
    assert outcomes(pair.decide(last, FAR_NUMBER + 5)) == [("entry", 2), ("entry", FAR_NUMBER + 4)]
    back = pair.write("Nå virker den", key="vpn-3", answers="vpn-2")
    assert outcomes(pair.decide(back, FAR_NUMBER + 6)) == [("entry", 1), ("entry", 1)]


def test_other_groups_are_asked_about_without_parting(pairs: list[Pair], tmp_path: Path) -> None:
    """A rule that could send mail to another group has that group looked at, and as long as it does not hit, nothing
    comes of it: the plans are equal to the last letter's id.
    """
    theirs = '[[rule]]\nname = "desk"\nwhen = { words = "nøkkel" }\nthen = { group = "desk-1" }\n\n'
    pair = Pair(tmp_path, ours=REST, theirs=theirs + REST)
    pairs.append(pair)
    ours, other = pair.decide(pair.write("skriveren er tom", key="a"), 1)
    assert (ours.changes, ours.notices) == (other.changes, other.notices)
    assert pair.other is None
    ours, other = pair.decide(pair.write("jeg har mistet en nøkkel", key="b"), 2)
    assert [(opened(plan).group, opened(plan).assignee) for plan in (ours, other)] == [
        ("it-1", "bo"),
        ("desk-1", "ann"),
    ]
    assert pair.other is not None


def test_an_address_that_is_another_departments_parts_them(pairs: list[Pair], tmp_path: Path) -> None:
    """Where the candidate gives an address to another department, the first mail to it needs two stores."""
    text = (ROOT / "tests" / "rulebook" / "valid" / "rules" / "departments.toml").read_text()
    swapped = text.replace("desk@", "x@").replace("it@", "desk@").replace("x@", "it@")
    pair = Pair(tmp_path, ours=REST, theirs=REST, departments=swapped)
    pairs.append(pair)
    plans = pair.decide(pair.write("hei", key="a"), 1)
    assert [opened(plan).department for plan in plans] == ["it", "desk"]
    assert pair.other is not None


def test_a_number_that_other_rules_took_is_not_given_twice(pairs: list[Pair], tmp_path: Path) -> None:
    """When a case of that number is there already, a new one gets a number that no case of the real store has."""
    pair = Pair(tmp_path, ours=REST, theirs=REST)
    pairs.append(pair)
    assert pair.store.decide(pair.write("en", key="a"), now=pair.now, number=7).case == 7
    assert pair.store.decide(pair.write("to", key="b"), now=pair.now, number=7).case == FAR_NUMBER + 2
    answer = pair.write("to igjen", key="c", answers="b")
    assert pair.store.decide(answer, now=pair.now, number=FAR_NUMBER + 3).case == FAR_NUMBER + 2


def test_the_candidate_decides_in_a_process_of_its_own(pairs: list[Pair], tmp_path: Path) -> None:
    """From the copy that it is given it says of a mail what a store here says; its end is a message, never a hang."""
    pair = Pair(tmp_path, ours=REST, theirs=VPN + REST)
    pairs.append(pair)
    pair.decide(pair.write("vpn er nede", key="vpn"), 1)
    copy = pair.store.copy()
    there = Candidate(pair.config, pair.books[1], LETTERS)
    try:
        there.begin(copy)
        follow_up = pair.write("fortsatt nede", key="vpn-2", answers="vpn")
        there.ask(follow_up, pair.now, FAR_NUMBER + 2)
        assert there.answer() == verdict(pair.store.decide(follow_up, now=pair.now, number=FAR_NUMBER + 2))
    finally:
        there.close()
    broken = Candidate(pair.config, pair.books[1], LETTERS)
    try:
        broken.begin(replace(copy, data=b"no store at all"))
        broken.ask(pair.write("hei", key="x"), pair.now, 3)
        with pytest.raises(MaildError, match="ended unexpectedly"):
            broken.answer()
    finally:
        broken.close()


class Reader:
    """Reads in this process, and fails over a mail that says BOMB, as a reader process that was killed does."""

    async def read(self, raw: bytes, envelope: Envelope) -> Mail | ReadingFailed:
        """Read one mail."""
        return ReadingFailed(reason=because("killed by", "SIGKILL")) if b"BOMB" in raw else read_mail(raw, envelope)


def test_a_mail_that_cannot_be_read_stops_no_replay(pairs: list[Pair], tmp_path: Path) -> None:
    """It is counted as a mail, and the ones behind it are decided in their order, with their numbers."""
    pair = Pair(tmp_path, ours=REST, theirs=VPN + REST)
    pairs.append(pair)
    engine = engines.open_engine(f"sqlite:///{tmp_path}/stored.db")
    upgrade.upgrade(engine)
    with engine.begin() as connection:
        for number, text in enumerate(("hei", "BOMB", "vpn er nede"), 1):
            at = START + timedelta(minutes=number)
            envelope = Envelope(source="smtp", received=at, sender=None, recipients=("it@small.example",))
            raw = mail("kari@x.example", "it@small.example", f"Sak {number}", text, key=f"m{number}").encode()
            key = inbound.accept(connection, envelope, raw, claim_for="fill")
            a_case(connection, number)
            end(connection, key, who="fill", outcome="new", case=number, departments=("it",), now=at)
    found: list[Difference] = []
    ticks: list[None] = []
    candidate = Candidate(pair.config, pair.books[1], LETTERS)
    try:
        with engines.reading(engine) as connection:
            work = replay(
                connection,
                pair.store,
                candidate,
                Reader(),  # type: ignore[arg-type]
                since=START,
                report=found.append,
                tick=lambda: ticks.append(None),
            )
            summary = asyncio.run(work)
    finally:
        candidate.close()
        engine.dispose()
    assert summary == Summary(mails=3, unread=1, changed=1, departments=summary.departments)
    assert dict(summary.departments) == {"it": 1}
    assert len(ticks) == 3
    (one,) = found
    assert (one.id, one.case) == (3, 3)
    assert one.changes == (("type", "general", "it.password"), ("confidential", "false", "true"))

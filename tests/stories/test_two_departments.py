"""One mail to two departments: each hears, each closes its own, and its writer is told both numbers (law T12)."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from maild.core.rules.organisation import Rulebook
from tests.kit.desk import DEPARTMENTS, Desk, Outcome, mail, rulebook

PIA = "pia.strand@bruker.example"
CAMILLA, GRETE = "camilla.dahl@fjordvik.example", "grete.hansen@fjordvik.example"
IT, HR = "it@fjordvik.example", "hr@fjordvik.example"
WORDS = "IT: trenger en bærbar. HR: trenger kontrakt til Ola."


def sharing(shared: Literal["note", "child"] | None) -> Rulebook:
    """The desk of the stories, where HR says how it hears."""
    return rulebook(departments=DEPARTMENTS | {"hr": replace(DEPARTMENTS["hr"], shared=shared)})


def written(desk: Desk, *to: str, header: str = f"{IT}, {HR}", key: str = "both", **more: str) -> Outcome:
    """Let Pia write once, to those of the envelope."""
    return desk.write(mail(f"Pia Strand <{PIA}>", header, "Ny medarbeider", WORDS, key=key, **more), *to)


@pytest.mark.parametrize("road", ["one transaction", "a transaction each", "the other first", "only one came"])
def test_both_hear_by_every_road(store_url: str, road: str) -> None:
    """Two linked cases, the first of whom To names first; both groups get the mail; one acknowledgement names both."""
    desk = Desk(store_url)
    roads = {"one transaction": [(IT, HR)], "a transaction each": [(IT,), (HR,)], "the other first": [(HR,), (IT,)]}
    got = [written(desk, *to) for to in roads.get(road, [(IT,)])]
    letters = [letter for outcome in got for letter in outcome.letters]
    assert sorted((letter.kind, letter.to) for letter in letters) == [
        ("ack", PIA),
        ("assignment", CAMILLA),
        ("assignment", GRETE),
    ]
    assert desk.numbers() == [1042, 1043]
    parent, child = desk.case(1042), desk.case(1043)
    assert (parent["department"], child["department"]) == ("it", "hr")
    assert [link["number"] for link in parent["linked"]] == [1043]
    (ack,) = (letter for letter in letters if letter.kind == "ack")
    assert "FK#1042" in ack.subject and "FK#1043 (HR)" in ack.text
    html = ack.message.get_body(("html",))
    assert html is not None and "FK#1043 (HR)" in html.get_content()
    assert all(WORDS in letter.text for letter in letters if letter.kind == "assignment")
    desk.close()


def test_follow_ups_reach_both_and_each_closes_its_own(desk: Desk) -> None:
    """A reply to the acknowledgement stands in both cases; a closed one hears of it and stays closed."""
    ack = written(desk, IT, HR).to(PIA)
    more = desk.write(mail(PIA, ack.reply_to, f"SV: {ack.subject}", "Han heter Ola Berg.", key="m"), ack.reply_to)
    assert (more.plan.outcome, more.plan.case) == ("entry", 1042)
    assert [(letter.kind, letter.to) for letter in more.letters] == [("follow-up", CAMILLA), ("follow-up", GRETE)]
    assert "FK#1042" in more.to(CAMILLA).subject and "FK#1043" in more.to(GRETE).subject
    sent = desk.answer(more.to(GRETE), "Kontrakten er sendt.")
    assert (sent.plan.case, sent.recipients) == (1043, [PIA])
    assert [desk.case(n)["status"] for n in (1042, 1043)] == ["assigned", "waiting_requester"]
    desk.set_status(1043, "closed")
    last = desk.write(mail(PIA, ack.reply_to, f"SV: {ack.subject}", "Takk, og en mus?", key="l"), ack.reply_to)
    assert last.recipients == [CAMILLA, GRETE]
    assert [desk.case(n)["status"] for n in (1042, 1043)] == ["assigned", "closed"]
    to_hr = sent.to(PIA).reply_to
    back = desk.write(mail(PIA, to_hr, f"SV: {sent.to(PIA).subject}", "Fikk den ikke!", key="hr"), to_hr)
    assert (back.plan.case, back.recipients) == (1043, [GRETE])


@pytest.mark.parametrize("to", [(IT, HR), (IT,)])
def test_a_department_that_wants_to_be_told_only(store_url: str, to: tuple[str, ...]) -> None:
    """With ``shared = "noted"`` there is one case, and the other's people get the mail with the number of it."""
    desk = Desk(store_url, rules=sharing("note"))
    got = written(desk, *to)
    assert desk.numbers() == [1042] and desk.case(1042)["noted_departments"] == ["hr"]
    assert got.recipients == [CAMILLA, GRETE, PIA] and "FK#1043" not in got.to(PIA).text
    noted = got.to(GRETE)
    assert noted.kind == "noted" and "FK#1042" in noted.subject and WORDS in noted.text
    back = desk.answer(noted, "Vi sender kontrakt.")
    assert (back.plan.outcome, back.letters) == ("note", ())
    again = written(desk, HR)
    assert (again.plan.outcome, again.letters) == ("duplicate", ())
    desk.close()


def test_who_is_only_copied_is_told(desk: Desk) -> None:
    """A department in Cc gets no case of its own unless it says so; by whatever road, its people hear once."""
    got = written(desk, IT, header=IT, cc=HR)
    assert got.recipients == [CAMILLA, PIA]
    second = written(desk, HR, header=IT, cc=HR)
    assert (second.plan.outcome, [(letter.kind, letter.to) for letter in second.letters]) == (
        "duplicate",
        [("noted", GRETE)],
    )
    assert written(desk, HR, header=IT, cc=HR).letters == () and desk.numbers() == [1042]
    together = written(desk, IT, HR, header=IT, cc=HR, key="t")
    assert ("noted", GRETE) in [(letter.kind, letter.to) for letter in together.letters]


def test_a_department_that_always_wants_its_own(store_url: str) -> None:
    """With ``shared = "child"`` a copy is enough, also when it comes by itself later."""
    desk = Desk(store_url, rules=sharing("child"))
    written(desk, IT, header=IT, cc=HR)
    late = written(desk, HR, header=IT, cc=HR)
    assert late.plan.outcome == "duplicate" and [letter.kind for letter in late.letters] == ["assignment"]
    assert (desk.numbers(), desk.case(1043)["department"]) == ([1042, 1043], "hr")
    assert written(desk, HR, header=IT, cc=HR).letters == () and desk.numbers() == [1042, 1043]
    desk.close()


def test_a_department_that_is_added_later_hears(desk: Desk) -> None:
    """A follow-up that names another department in To is an entry, and that department's people are told of it."""
    opened = written(desk, IT, header=IT)
    address = opened.to(PIA).reply_to
    text = mail(PIA, f"{address}, {HR}", f"SV: {opened.to(PIA).subject}", "HR må vite dette også.", key="add")
    got = desk.write(text, address, HR)
    assert (got.plan.outcome, got.plan.case) == ("entry", 1042)
    assert sorted((letter.kind, letter.to) for letter in got.letters) == [("follow-up", CAMILLA), ("noted", GRETE)]
    assert desk.write(text, HR).letters == ()


def test_a_stranger_reaches_neither(desk: Desk) -> None:
    """Who takes no part in the first case writes a pending entry there, and nothing in the other's."""
    ack = written(desk, IT, HR).to(PIA)
    got = desk.write(mail("x@annet.example", ack.reply_to, "Hei", "Slipp meg inn", key="x"), ack.reply_to)
    assert got.plan.outcome == "pending" and got.recipients == [CAMILLA]
    assert len(desk.case(1043)["messages"]) == 1


def test_a_quiet_import_opens_both_and_tells_nobody(desk: Desk) -> None:
    """What is taken in quietly is there for both, and no letter leaves."""
    raw = mail(PIA, f"{IT}, {HR}", "Ny", WORDS, key="q").replace("\n", "\r\n").encode()
    got = desk.receive(raw, IT, HR, sender=PIA, quiet=True)
    assert got.letters == () and desk.numbers() == [1042, 1043]

"""Who gets a case: strategies, preferences, absence, caps and substitutes, each with its reason (law G6)."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from maild.core.assignment import Wanted, assign
from maild.core.rules.organisation import Absence, Agent, Group, Rulebook
from tests.kit import make

TODAY = date(2026, 12, 1)
NAMES = ("ann", "bo", "cy", "di")


def agent(name: str, **more: object) -> Agent:
    """An agent of the group."""
    return Agent(id=name, name=name.title(), addresses=(f"{name}@x.example",), **more)  # type: ignore[arg-type]


def desk(*agents: Agent, **group: object) -> tuple[Group, Rulebook]:
    """A group of these agents."""
    made = Group(id="g", department="it", members=tuple(one.id for one in agents), **group)  # type: ignore[arg-type]
    book = replace(make.RULEBOOK, groups={"g": made}, agents={one.id: one for one in agents})
    return made, book


def away(start: int = 0, end: int = 0, substitute: str | None = None) -> Absence:
    """Away from so many days after today until so many."""
    return Absence(start=TODAY + timedelta(days=start), end=TODAY + timedelta(days=end), substitute=substitute)


def chosen(group: Group, book: Rulebook, wanted: Wanted | None = None, **facts: object) -> str | None:
    """Who gets the case."""
    return assign(group, make.facts(**facts), book, wanted or Wanted()).agent


def test_least_open_and_whose_turn_it_is() -> None:
    """The fewest open cases win; among equals the one after whoever got the last case."""
    group, book = desk(*(agent(name) for name in NAMES))
    assert chosen(group, book, load={"ann": 2, "bo": 1, "cy": 1, "di": 2}) == "bo"
    assert chosen(group, book, load={"ann": 2, "bo": 1, "cy": 1, "di": 2}, rotation={"g": "bo"}) == "cy"
    assert chosen(group, book, rotation={"g": "di"}) == "ann"


def test_round_robin_passes_those_who_are_away_or_full() -> None:
    """The turn goes on to the next who is there and has room."""
    group, book = desk(
        agent("ann"), agent("bo", absences=(away(-3, 0),)), agent("cy", load_cap=5), agent("di"), assign="round_robin"
    )
    assert chosen(group, book, load={"cy": 5}, rotation={"g": "ann"}) == "di"
    assert chosen(group, book, load={"cy": 4}, rotation={"g": "ann"}) == "cy"


def test_absence_holds_from_its_first_to_its_last_day() -> None:
    """The day before and the day after, the agent is there; what a mail told counts like what a file says."""
    for start, end, there in ((0, 0, False), (1, 3, True), (-3, -1, True), (-1, 1, False)):
        group, book = desk(agent("ann", absences=(away(start, end),)))
        assert (chosen(group, book) == "ann") is there
        group, book = desk(agent("ann"))
        assert (chosen(group, book, absences={"ann": (away(start, end),)}) == "ann") is there


def test_a_shared_queue_gives_to_nobody() -> None:
    """Strategy group leaves the case to whoever takes it; so does a group in which nobody is free."""
    group, book = desk(agent("ann"), assign="group")
    assert chosen(group, book) is None
    group, book = desk(agent("ann", absent=True), agent("bo", load_cap=0))
    assert make.said(assign(group, make.facts(), book).reason) == "nobody in g is free"


def test_a_named_person_gets_it_or_the_substitute() -> None:
    """A rule's person gets the case even when full; away, the substitute does; else the group's strategy chooses."""
    group, book = desk(agent("ann"), agent("bo", load_cap=1))
    assert chosen(group, book, Wanted(assignee="bo"), load={"bo": 9}) == "bo"
    told = {"bo": (away(0, 5, "ann"),)}
    answer = assign(group, make.facts(absences=told), book, Wanted(assignee="bo"))
    assert (answer.agent, make.said(answer.reason)) == ("ann", "the rule names ann, who stands in for bo")
    circle = {"bo": (away(0, 5, "ann"),), "ann": (away(0, 5, "bo"),)}
    assert chosen(group, book, Wanted(assignee="bo"), absences=circle) is None


def test_preferences_narrow_but_never_empty_the_choice() -> None:
    """Sticky, language and competence choose among the free; when they name nobody free, all of them stay."""
    group, book = desk(
        agent("ann", language="no"),
        agent("bo", language="no", languages=("sv",)),
        agent("cy", language="no", competences=frozenset({"it"})),
        prefer=("sticky", "language", "competence"),
    )
    wanted = Wanted(type="it.password", language="no")
    assert chosen(group, book, wanted, last_agent={"g": "bo"}) == "bo"
    assert chosen(group, book, wanted, last_agent={"g": "bo"}, absences={"bo": (away(),)}) == "cy"
    assert chosen(group, book, replace(wanted, language="sv")) == "bo"
    assert chosen(group, book, replace(wanted, language="fi")) == "cy"
    assert chosen(group, book, replace(wanted, type="hr.leave")) == "ann"
    assert chosen(group, book, replace(wanted, prefer=())) == "ann"
    reason = make.said(assign(group, make.facts(load={"ann": 9}), book, wanted).reason)
    assert reason == "least open in g: 0; answers in no; knows it.password"


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4), st.sampled_from([None, *NAMES]))
def test_a_hundred_cases_are_spread_evenly(loads: list[int], last: str | None) -> None:
    """One away, one capped at 5: the others differ by one at most once they were equal, and nobody passes the cap."""
    group, book = desk(agent("ann"), agent("bo"), agent("cy", absent=True), agent("di", load_cap=5))
    for strategy in ("least_open", "round_robin"):
        load = {"ann": 0, "bo": 0, "cy": 0, "di": 0}
        turn = {} if last is None else {"g": last}
        for _ in range(100):
            got = chosen(replace(group, assign=strategy), book, load=load, rotation=turn)
            assert got is not None
            load[got] += 1
            turn = {"g": got}
        assert load["cy"] == 0
        assert load["di"] == 5
        assert abs(load["ann"] - load["bo"]) <= 1
    assert chosen(group, book, load=dict(zip(NAMES, loads, strict=True)), rotation=turn) != "cy"

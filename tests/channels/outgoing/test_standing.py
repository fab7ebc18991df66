"""Which refusals are about a letter and which about everything, story by story."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from maild.channels.outgoing import standing
from maild.channels.outgoing.standing import Standing
from maild.core.deliveries.delivery import Answer
from maild.core.deliveries.refusals import RELAY
from maild.storage.letters_out import ToSend

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
Blame = Literal["letter", "doubt", "denied", "all"]


def letter(key: int, to: str, sender: str = "b+1@c.example") -> ToSend:
    """Make a letter."""
    return ToSend(
        id=key,
        case=key,
        recipient=to,
        return_path=sender,
        message_id="<1@c.example>",
        data=b"",
        attempts=1,
        created=NOW,
        kind="answer",
        to_agent=False,
    )


class Story:
    """A relay's answers, one after the other."""

    def __init__(self, most: int = standing.MOST) -> None:
        self.changes = 0
        self.standing = Standing(own=lambda domain: domain == "c.example", changed=self._changed, most=most)

    def _changed(self) -> None:
        self.changes += 1

    def refused(self, key: int, to: str, blame: Blame = "doubt", sender: str = "b+1@c.example") -> str:
        """Refuse a letter for good."""
        answer = Answer(state="failed", answer="554 no", blame=blame)
        return self.standing.refused(letter(key, to, sender), answer, NOW)

    def taken(self, key: int, to: str, sender: str = "b+1@c.example") -> None:
        """Take a letter."""
        self.standing.taken(letter(key, to, sender))

    @property
    def faults(self) -> list[str]:
        """What stands."""
        return list(self.standing.faults)


def test_refusals_with_one_taken_between_are_not_in_a_row() -> None:
    """Two places that refuse are a fault only when nothing was taken between."""
    story = Story()
    assert story.refused(1, "a@a.example") == "doubt"
    story.taken(2, "x@x.example")
    assert story.refused(3, "b@b.example") == "doubt"
    assert not story.faults
    assert story.refused(4, "d@d.example") == "fault"
    assert story.faults == ["mail to other domains"]


def test_one_place_that_refuses_many_is_one_place() -> None:
    """Ten people at one organisation that wants no mail of ours are no fault; two colleagues of ours are."""
    story = Story()
    assert {story.refused(key, f"k{key}@a.example") for key in range(10)} == {"doubt"}
    assert story.refused(10, "k@c.example") == "doubt"
    assert story.refused(11, "k@c.example") == "doubt"
    assert story.refused(12, "l@C.example") == "fault"
    assert story.faults == ["mail to our own domains"]


def test_a_refused_sender_is_about_that_sender() -> None:
    """A department whose domain the relay does not know is a fault of its own: what others send does not end it."""
    story = Story()
    assert story.refused(1, "a@a.example", "all", sender="b+1@hr.example") == "fault"
    assert story.faults == ["mail from hr.example"]
    story.taken(2, "a@a.example")
    assert story.faults == ["mail from hr.example"]
    assert story.refused(3, "d@d.example", "all", sender="") == "fault"
    assert story.faults == ["mail from hr.example", "mail from <>"]
    story.taken(1, "a@a.example", sender="b+1@hr.example")
    assert story.faults == ["mail from <>"]


def test_a_relay_that_turned_us_away_is_back_when_it_answers() -> None:
    """Whatever it says of a letter, it is there; a mere silence was never a fault."""
    story = Story()
    story.standing.away(Answer(state="deferred", answer="nobody", relay=True), NOW)
    assert not story.faults
    story.standing.away(Answer(state="deferred", answer="554 no", relay=True, blame="all"), NOW)
    assert story.faults == [RELAY]
    assert story.refused(1, "a@a.example", "letter") == "letter"
    assert not story.faults and story.changes == 2


def test_it_remembers_no_more_than_it_must() -> None:
    """However many letters a fault holds, what is kept in memory is bounded."""
    story = Story(most=100)
    for key in range(1000):
        assert story.refused(key, f"k@{key}.example", "denied") == "fault"
    assert len(story.standing._doubts) <= 100
    assert sum(map(len, story.standing._refused.values())) <= standing.MANY
    assert story.changes == 1


TO = ("k@a.example", "l@a.example", "k@b.example", "k@d.example", "k@c.example", "l@c.example")
"""To whom the letters are, by number; the last two are colleagues."""


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["taken", "letter", "doubt", "denied"])), max_size=40))
def test_no_letter_is_lost_without_a_reason(events: list[tuple[int, str]]) -> None:
    """One is given up only for its own fault, or when others of its kind were taken since, or alone at the third time.

    A fault stands from the first answer that speaks for itself, or the second place, until one of its kind is taken.
    """
    story, since, tries = Story(), dict[int, int](), dict[int, int]()
    taken, places = {True: -1, False: -1}, {True: set[str](), False: set[str]()}
    for at, (key, what) in enumerate(events):
        inside = key > 3
        scope = standing.INSIDE if inside else standing.OUTSIDE
        if what == "taken":
            story.taken(key, TO[key])
            taken[inside], places[inside] = at, set()
            assert scope not in story.faults
        else:
            stood = scope in story.faults
            verdict = story.refused(key, TO[key], what)  # type: ignore[arg-type]
            others = taken[inside] > since.get(key, at)
            if what != "letter" and not others:
                places[inside].add(TO[key] if inside else TO[key].partition("@")[2])
                tries[key] = tries.get(key, 0) + 1
                fault = stood or what == "denied" or len(places[inside]) > 1
                assert (scope in story.faults) == fault
                alone = not fault and tries[key] >= standing.TRIES
                assert verdict == ("fault" if fault else "letter" if alone else "doubt")
                if not alone:
                    since.setdefault(key, at)
                    continue
            assert verdict == "letter"
        since.pop(key, None)
        tries.pop(key, None)

"""What an acknowledgement promises: until when an answer comes, when somebody is back, and why nobody is there now."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from maild.core.plan import OpenCase
from maild.core.rules.calendars import Calendar, Period, Span
from maild.core.rules.casetypes import CaseType
from tests.kit import make
from tests.kit.make import acks, at, decided, facts, mail, notices, of

OSLO = ZoneInfo("Europe/Oslo")
OFFICE = Calendar(
    id="office",
    zone=OSLO,
    week=((Span(start=time(8), end=time(15, 30)),),) * 5 + ((),) * 2,
    closed={date(2026, 12, 24): "Julaften"},
)
KIND = CaseType(id="it.incident", label={"no": "Feil"}, first_response=Period(minutes=240))
RULES = replace(
    make.rulebook(departments=[replace(one, calendar="office") for one in make.DEPARTMENTS]),
    zone=OSLO,
    calendars={"office": OFFICE},
    types={KIND.id: KIND},
)


@pytest.mark.parametrize(
    ("now", "answer_by", "opens", "why"),
    [
        ("2026-12-01T07:00", "i dag kl. 12:00", "", ""),
        ("2026-12-01T14:29", "onsdag 2. desember kl. 11:59", "", ""),
        ("2026-12-01T14:30", "onsdag 2. desember kl. 12:00", "onsdag 2. desember kl. 08:00", ""),
        ("2026-12-01T06:59", "i dag kl. 12:00", "i dag kl. 08:00", ""),
        ("2026-12-24T10:00", "fredag 25. desember kl. 12:00", "fredag 25. desember kl. 08:00", "Julaften"),
    ],
)
def test_what_is_promised(now: str, answer_by: str, opens: str, why: str) -> None:
    """To the minute of closing somebody is there; from then on it says when the desk opens, and a closed day's name."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    plan = decided(at(mail(), moment), facts(now=moment), RULES)
    (ack,) = acks(plan)
    assert [ack.values[name] for name in ("answer_by", "opens", "closed_because")] == [answer_by, opens, why]
    assert [told.values["answer_by"] for told in notices(plan, "assignment")] == [answer_by]
    assert (ack.values["type"], ack.values["type_label"]) == ("it.incident", "Feil")


def test_a_type_without_a_time_promises_none() -> None:
    """Where the rules name no time for a first answer, none is said; nor of a type that the rules do not know."""
    timeless = replace(RULES, types={KIND.id: replace(KIND, first_response=None)})
    for rules in (timeless, replace(RULES, types={})):
        plan = decided(mail(), facts(), rules)
        (ack,) = acks(plan)
        assert ack.values["answer_by"] == "" and of(plan, OpenCase)[0].due is None

"""Reading fields' values from what people write."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.rules.casetypes import Field, Kind, value_of
from tests.kit.timing import within

TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "  to \n linjer ", "to linjer"),
        ("int", "1 204", "1204"),
        ("int", "12,5", None),
        ("decimal", "14 900,50", "14900.50"),
        ("decimal", "1e9", None),
        ("date", "31. desember", "2026-12-31"),
        ("date", "31 december", "2026-12-31"),
        ("date", "4. januar", "2027-01-04"),
        ("date", "4 jan 2026", "2026-01-04"),
        ("date", "31.12", "2026-12-31"),
        ("date", "31.12.", "2026-12-31"),
        ("date", "1.12.27", "2027-12-01"),
        ("date", "10/1", "2027-01-10"),
        ("date", "2026-12-18", "2026-12-18"),
        ("date", "30. februar", None),
        ("date", "i morgen", None),
        ("datetime", "2026-12-04, 10:00", "2026-12-04T10:00"),
        ("datetime", "4. desember kl. 9.30", "2026-12-04T09:30"),
        ("datetime", "4. desember", None),
        ("choice", "SKRIVER", "skriver"),
        ("choice", "printer", None),
        ("bool", "Ja", "true"),
        ("bool", "nej", "false"),
        ("bool", "kanskje", None),
        ("ref", "FK-2026/881.", "FK-2026/881"),
        ("text", " ", None),
    ],
)
def test_values(kind: Kind, text: str, value: str | None) -> None:
    """Each kind reads what people mean by it, and nothing else."""
    field = Field(name="x", kind=kind, choices=("pc", "skriver") if kind == "choice" else ())
    assert value_of(field, text, today=TODAY) == value


@given(st.sampled_from(["text", "int", "decimal", "date", "datetime", "choice", "ref", "bool"]), st.text(max_size=40))
def test_any_text_has_a_value_or_none(kind: Kind, text: str) -> None:
    """No text makes reading fail, and a value that was read is read again as itself (law G2)."""
    field = Field(name="x", kind=kind, choices=("pc", "skriver"))
    value = value_of(field, text, today=TODAY)
    if value is not None and kind not in ("bool",):
        again = value_of(field, value.replace("T", " ") if kind == "datetime" else value, today=TODAY)
        assert again == value


@pytest.mark.parametrize("kind", ["int", "decimal", "date", "datetime", "bool", "choice"])
@pytest.mark.parametrize("filling", ["T,", "1", "1.", "a ", ","])
def test_a_value_without_end_is_none_at_once(kind: Kind, filling: str) -> None:
    """A rule's pattern may capture whatever a stranger wrote: a whole mail of it costs no time."""
    text = f"1.12{filling * 20_000}x"
    assert within(0.1, lambda: value_of(Field(name="x", kind=kind), text, today=TODAY)) is None

"""The road a mail came by, as mail-parser reads it from Received fields."""

from hypothesis import given
from hypothesis import strategies as st

from maild.mail.author.hops import hops
from tests.kit.raw import text


def test_hops_in_the_order_they_were_taken() -> None:
    """The first server comes first, with the seconds each one took."""
    raw = text(
        "hei",
        "Received: from b.example (b.example [192.0.2.2]) by c.example (Postfix) with ESMTPS id 2;\r\n"
        "\tTue, 1 Dec 2026 08:01:30 +0000",
        "Received: from a.example (a.example [192.0.2.1]) by b.example (Postfix) with ESMTPS id 1;\r\n"
        "\tTue, 1 Dec 2026 08:00:00 +0000",
    )
    assert [(hop.by.split()[0], hop.seconds) for hop in hops(raw)] == [("b.example", 0.0), ("c.example", 90.0)]


@given(st.lists(st.text(alphabet='from by with id for ;<>()[]"0123456789:+,.\\\x00å', max_size=80), max_size=5))
def test_no_road_harms(values: list[str]) -> None:
    """Any Received fields are read or passed over."""
    raw = text("hei", *(f"Received: {value}" for value in values))
    assert len(hops(raw)) <= len(values)

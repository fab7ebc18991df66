"""One budget a mail: what it no longer covers is cut (law R6)."""

from __future__ import annotations

from maild.core.values.mail import Envelope
from maild.mail import spending
from maild.mail.mime import mentions
from maild.mail.options import ReadOptions
from maild.mail.read import read
from tests.kit.make import NOW

ENVELOPE = Envelope(received=NOW, source="smtp", sender=None, recipients=())


def test_addresses_of_all_fields_come_out_of_one_budget() -> None:
    """Ten fields of 700 addresses each leave as many as a mail may have, and no more."""
    fields = [", ".join(f"a{at}@{name}{of}.example" for at in range(700)) for name in ("x", "y") for of in range(5)]
    head = "".join(f"{'To' if at % 2 else 'Cc'}: {value}\r\n" for at, value in enumerate(fields))
    found = read(f"From: kari@x.example\r\n{head}\r\nhei\r\n".encode(), ENVELOPE, ReadOptions())
    assert not found.partial
    assert len(found.to) + len(found.cc) == spending.BOXES
    assert any("addresses the rest is not read" in defect for defect in found.defects)


def test_places_not_looked_at_are_said() -> None:
    """A mail with more places where an address of ours may stand than are looked at says so, as of cut text."""
    places = " ".join(f"it+{number}.{'a' * 37}@sak.example" for number in range(mentions.MOST + 50))
    found = read(f"From: kari@x.example\r\n\r\n{places}\r\n".encode(), ENVELOPE, ReadOptions())
    assert len(found.mentions) == mentions.MOST
    assert any("not every place" in defect for defect in found.defects)
    few = read(b"From: kari@x.example\r\n\r\nhei\r\n", ENVELOPE, ReadOptions())
    assert not any("place" in defect for defect in few.defects)

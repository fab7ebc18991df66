"""One budget a mail: what it no longer covers is cut (law R6)."""

from __future__ import annotations

from maild.core.values.mail import Envelope
from maild.mail import spending
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

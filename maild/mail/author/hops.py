"""The road a mail came by and what is odd about it, on demand: mail-parser reads Received fields and defects.

Not on the way of every mail: it is asked when a person looks at one (``maild read``). It gets a Message of our own
capped walk, whose bodies are left out, so nothing of what hurts it reaches it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from email.message import Message
from typing import Any

from maild.mail import caps
from maild.mail.mime import headers
from maild.mail.mime.text import clean_line

_MOST_HOPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One server on the way, first sender first."""

    by: str
    sender: str
    seconds: float
    """How long after the hop before it, in seconds; 0 for the first and where a date is unreadable."""


def hops(raw: bytes) -> tuple[Hop, ...]:
    """Return the hops of a mail in the order it took them; none for a mail beyond the caps or an unreadable road."""
    if caps.header_problem(raw) is not None:
        return ()
    import mailparser  # type: ignore[import-untyped]  # here: reading does without its time and memory
    from mailparser.exceptions import MailParserError  # type: ignore[import-untyped]

    logging.getLogger("mailparser").setLevel(logging.ERROR)  # it writes what senders wrote
    message = Message()
    received = [value for name, value in headers.head(raw)[0] if name == "received"]
    for value in received[:_MOST_HOPS]:
        message["Received"] = headers.text(value)
    message.set_payload("")
    try:
        found: list[dict[str, Any]] = mailparser.MailParser(message).received
    except (MailParserError, ValueError, AttributeError, TypeError, KeyError, IndexError, OverflowError):
        return ()
    return tuple(_hop(one) for one in found if isinstance(one, dict))


def _hop(one: dict[str, Any]) -> Hop:
    delay = one.get("delay")
    return Hop(
        by=clean_line(str(one.get("by") or one.get("for") or ""), 200),
        sender=clean_line(str(one.get("from") or ""), 200),
        seconds=float(delay) if isinstance(delay, int | float) else 0.0,
    )

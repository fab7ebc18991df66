"""What becomes of an attempt to send a mail, and when to try again.

This is the one place that tells temporary from permanent on the way out; the channels only say what the relay said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

State = Literal["sent", "deferred", "failed"]
Blame = Literal["letter", "doubt", "denied", "all"]
"""Whose fault a permanent refusal is (:func:`maild.core.deliveries.refusals.blame`): the *letter*'s or its recipient's;
in *doubt*, for it may be everybody's; *denied*: the relay says itself that it is not the letter's; *all*: it was
refused whoever it is to.
"""
Taken = Callable[[str], None]
"""Told the answer the moment a mail has gone out."""


def untold(_answer: str) -> None:
    """Note nothing: for a mail that is in no outbox."""


WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240))
"""Pauses after the first, second … attempt; the last one repeats (law W11)."""
GIVE_UP = timedelta(days=5)
"""How long a mail is tried (RFC 5321 §4.5.4.1 asks for at least 4-5 days)."""
LATE = timedelta(hours=4)
"""An agent is told when a mail has not gone out for this long."""
OURS = frozenset({500, 502, 503, 530, 534, 535, 538})
"""Permanent codes that speak of our session or login and not of the mail: an admin can mend that, so it waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a channel says about one attempt."""

    state: State
    answer: str
    """The relay's own words, or why there were none."""
    relay: bool = False
    """The relay itself was not to be had (no connection, no TLS, no login): every mail would fare the same."""
    blame: Blame = "letter"
    """Whose fault a refusal is; one that passes by itself is never more than the letter's."""
    message: bool = False
    """The message itself was sent and then refused; else the relay can be asked again without it."""


def judge(code: int, *, end: bool) -> State:
    """Tell what a reply code means for the mail (RFC 5321 §4.2.1).

    ``end`` is True for the reply to the end of DATA, the only one that can mean *sent*. Only a 5xx about this mail is
    permanent; whatever is neither yes nor no (an unknown code, a 3xx out of place) is temporary.
    """
    if end and 200 <= code < 300:
        return "sent"
    if 500 <= code < 600 and code not in OURS:
        return "failed"
    return "deferred"


def next_try(attempts: int, created: datetime, now: datetime) -> datetime | None:
    """Return when to try again after ``attempts`` attempts (at least 1), or None when the mail is given up.

    Pauses are 1, 5, 15, 30 min, 1, 2, 4, 4 … h. No pause leaps over the moment when a mail is late, so that an agent
    is told then, and the last attempt is made when it is 5 days old.
    """
    due = now + WAITS[min(max(attempts, 1), len(WAITS)) - 1]
    for mark in (created + LATE, created + GIVE_UP):
        if now < mark:
            return min(due, mark)
    return None


def is_late(created: datetime, now: datetime) -> bool:
    """Tell whether a mail has waited so long that an agent should know."""
    return now - created >= LATE


def has_bare(data: bytes) -> bool:
    """Tell whether a CR or LF stands alone: without the pairs nothing may be left (a third of what counting takes)."""
    rest = data.replace(b"\r\n", b"")
    return b"\r" in rest or b"\n" in rest


def flaw(data: bytes) -> str | None:
    """Say why a mail's bytes may not leave: a bare CR or LF (SMTP smuggling; law W1) or a NUL; None when they may.

    RFC 5321 §2.3.8: CR and LF go together, always.
    """
    if has_bare(data):
        return "a bare CR" if data.count(b"\n") == data.count(b"\r\n") else "a bare LF"
    return "a NUL" if b"\0" in data else None


_PATH = re.compile(r"""(?:[^\s\x00-\x20\x7f<>"@\\]+|"[^\x00-\x1f\x7f"\\<>]*")@[^\s\x00-\x20\x7f<>"@\\()]+""")


def is_path(address: str) -> bool:
    """Tell whether an address can stand in MAIL or RCPT (RFC 5321 §4.1.2) without saying anything else there."""
    return len(address) <= 320 and _PATH.fullmatch(address) is not None

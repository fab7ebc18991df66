"""Who sends mails that are slow to read, as far as the envelope tells people apart (law R4).

A source with two slow mails goes to the slow lane at once, until an hour has passed without another, or one of its
mails turns out to be quick. Sources that are never seen twice are no use here; for them each mail's time in the normal
lane is short.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from maild.core.values.mail import Envelope

SUSPICIOUS = 2
"""Slow mails after which a source is known as slow."""
REMEMBERED = 3600.0
"""Seconds from a source's last slow mail until it is forgotten."""
MOST = 10_000
"""Sources remembered; the one that has been quiet for the longest is forgotten first."""

Source = tuple[str, str]


def source(envelope: Envelope) -> Source | None:
    """Return who a mail is from: a login, or an envelope sender and where it came from; None when nobody is named.

    The address alone would let anybody slow down somebody else's mail, and so would a host behind which many write.
    """
    if envelope.login:
        return envelope.login, ""
    return (envelope.sender.lower(), envelope.peer) if envelope.sender else None


class Sources:
    """The sources of slow mails."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._found: OrderedDict[Source, tuple[int, float]] = OrderedDict()

    def is_slow(self, envelope: Envelope) -> bool:
        """Tell whether this mail's source goes to the slow lane at once."""
        count, last = self._found.get(source(envelope) or ("", ""), (0, 0.0))
        return count >= SUSPICIOUS and self._now() - last < REMEMBERED

    def was_slow(self, envelope: Envelope) -> None:
        """Note a slow mail."""
        key, now = source(envelope), self._now()
        if key is None:
            return
        count, last = self._found.pop(key, (0, now))
        self._found[key] = (count + 1 if now - last < REMEMBERED else 1, now)
        if len(self._found) > MOST:
            self._found.popitem(last=False)

    def was_quick(self, envelope: Envelope) -> None:
        """Note a quick mail of a slow source: another slow one must come before the source is slow again."""
        key = source(envelope)
        if key is not None and key in self._found:
            self._found[key] = (min(self._found[key][0], SUSPICIOUS - 1), self._found[key][1])

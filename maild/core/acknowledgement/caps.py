"""How much automatic mail is enough (law A5, A6, A8): caps per address, domain and desk, and the breaker over all."""

from __future__ import annotations

from datetime import datetime, timedelta

from maild.core.acknowledgement.look import Look
from maild.core.facts import Counts
from maild.core.reasons.reason import Reason, because
from maild.core.rules.organisation import Rulebook

HELD_FOR = timedelta(hours=24)
"""Acknowledgements that are held longer than this are dropped, with an event (law A8)."""
HALF_OPEN = timedelta(minutes=30)
"""How long the breaker stays open before it looks again."""


def caps_exceeded(look: Look) -> Reason | None:
    """Say which cap one more acknowledgement would exceed, or None."""
    counts, caps = look.counts, look.rulebook.desk.caps
    if look.asks.agent is not None and look.mail.authentication.verdict == "pass":
        return None  # caps bind automatic mail to non-agents only
    if counts.address_10min >= caps.per_address_10min:
        return because("acks to address in 10 minutes", counts.address_10min)
    if counts.address_day >= caps.per_address_day:
        return because("acks to address in a day", counts.address_day)
    if look.caps.ack_domain is not None and counts.domain_hour >= caps.per_domain_hour:
        return because("acks to domain in an hour", counts.domain_hour, look.caps.ack_domain)
    if look.caps.unauthenticated:
        if counts.unauthenticated_address_day >= caps.unauthenticated_per_address_day:
            return because("one ack a day to unauthenticated")
        if counts.unauthenticated_hour >= caps.unauthenticated_hour:
            return because("acks to unauthenticated in an hour", counts.unauthenticated_hour)
    return None


def breaker_limit(counts: Counts, rulebook: Rulebook) -> float:
    """Return how many automatic mails in 10 minutes open the breaker."""
    return max(float(rulebook.desk.caps.breaker_floor), 5 * counts.median_10min)


def breaker_is_open(counts: Counts, now: datetime, rulebook: Rulebook) -> bool:
    """Tell whether automatic mail is held: over the limit now, or opened less than 30 minutes ago."""
    since = counts.breaker_open_since
    if since is not None and now - since < HALF_OPEN:
        return True
    return counts.all_10min >= breaker_limit(counts, rulebook)

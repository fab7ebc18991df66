"""Which of a mail's DKIM signatures vouch for its author's domain (RFC 6376), more strictly than the RFC (law I11)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dkim  # type: ignore[import-untyped]
from dkim.util import InvalidTagValueList, parse_tag_value  # type: ignore[import-untyped]

from maild.mail.author.dns_lookup import Dns, Unknown
from maild.mail.author.organisations import aligned

MUST_COVER = frozenset({"from", "subject", "date", "message-id"})
ONCE = frozenset({*MUST_COVER, "content-type", "content-transfer-encoding", "mime-version"})
"""Fields that a mail has once: a second one would be shown while the signature covers the first."""
MOST = 5
"""Signatures looked at: the work for one mail is bounded."""
LEAST_KEY = 1024
ALGORITHMS = frozenset({"rsa-sha256", "ed25519-sha256"})
_QUIET = logging.Logger("dkim", logging.CRITICAL)
"""dkimpy would log what senders write."""


def vouches(
    raw: bytes, headers: Sequence[tuple[str, bytes]], domain: str, now: datetime, dns: Dns, *, strict: bool
) -> bool:
    """Tell whether a valid signature of a domain aligned with the author's covers the mail.

    Raises:
        Unknown: when no signature is known to be good and a key could not be fetched.

    """
    fields = [value for name, value in headers if name == "dkim-signature"]
    names = [name for name, _ in headers]
    counted = Counter(names)
    unknown: Unknown | None = None
    looked_at = 0
    for index, field in enumerate(fields):
        if looked_at >= MOST:
            break
        found = tags(field)
        if not aligned(found.get("d", ""), domain, strict=strict) or flaw(found, counted, now) is not None:
            continue
        looked_at += 1
        try:
            if _valid(raw, index, names, dns):
                return True
        except Unknown as error:
            unknown = error
    if unknown is not None:
        raise unknown
    return False


def tags(field: bytes) -> dict[str, str]:
    """Return the tags of a DKIM-Signature; none when it is not well formed (RFC 6376 §3.2)."""
    try:
        found = parse_tag_value(field)
    except InvalidTagValueList:
        return {}
    return {_text(name): _text(value) for name, value in found.items()}


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()


def flaw(tags: dict[str, str], counted: Counter[str], now: datetime) -> str | None:
    """Say why a signature is not good enough, whatever its mathematics say; None when it is."""
    if "l" in tags:
        return "it signs only the beginning (l=)"
    if tags.get("a", "").lower() not in ALGORITHMS:
        return "its algorithm is too weak"
    covered = Counter(name.strip().lower() for name in tags.get("h", "").split(":"))
    if not covered.keys() >= MUST_COVER:
        return "it does not cover From, Subject, Date and Message-ID"
    if any(counted[name] > 1 and counted[name] > covered[name] for name in ONCE):
        return "a field stands twice and is not covered twice"
    expires = tags.get("x")
    if expires is not None and not (expires.isdecimal() and int(expires) >= now.timestamp()):
        return "it has expired"
    return None


def _valid(raw: bytes, index: int, names: list[str], dns: Dns) -> bool:
    """Verify one signature; malformed mails and keys are simply not valid.

    Raises:
        Unknown: when the key could not be fetched.

    """

    def fetch(name: bytes, **_: Any) -> bytes | None:
        found = dns.txt(name.decode("ascii", "replace"))
        return found[0] if found else None

    try:
        verifier = dkim.DKIM(raw, logger=_QUIET, minkey=LEAST_KEY)
        if [name.decode("ascii").lower() for name, _ in verifier.headers] != names:
            return False  # dkimpy sees other fields than we do: nothing is proven about ours
        return bool(verifier.verify(idx=index, dnsfunc=fetch))
    except Unknown:
        raise
    except (dkim.DKIMException, ValueError, TypeError, KeyError, IndexError, ArithmeticError, AssertionError):
        return False

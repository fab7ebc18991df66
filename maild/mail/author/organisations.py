"""Which organisation a domain belongs to, by the public suffix list (RFC 7489 §3.2)."""

from __future__ import annotations

from functools import lru_cache

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    """Read the list that comes with the library; a cache, since it takes a moment."""
    return PublicSuffixList()


def organisation(domain: str) -> str:
    """Return the organisational domain: one label below the public suffix; the domain itself when there is none."""
    domain = domain.lower().rstrip(".")
    return _suffixes().privatesuffix(domain) or domain


def aligned(one: str, other: str, *, strict: bool = False) -> bool:
    """Tell whether two domains belong together (RFC 7489 §3.1): the same, or, not ``strict``, the same organisation."""
    one, other = one.lower().rstrip("."), other.lower().rstrip(".")
    return one == other or (not strict and organisation(one) == organisation(other))

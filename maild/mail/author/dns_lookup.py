"""Ask the DNS, within a time for all questions about one mail; what it cannot say is unknown, never "no"."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import dns.exception
import dns.name
import dns.resolver

EACH = 2.0
"""Seconds for one question at most."""


class Unknown(Exception):
    """The DNS did not answer: time is up, a server failed, or there is no resolver."""


class Dns:
    """The questions about one mail, together limited in time."""

    def __init__(self, resolver: str | None, *, seconds: float) -> None:
        self._address = resolver
        self._end = time.monotonic() + seconds

    def ask(self, name: str, kind: str) -> list[Any]:
        """Return the records of a name; an empty list when the DNS says that there are none.

        Raises:
            Unknown: when it does not say.

        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unknown(f"no time was left to ask for {kind} {name}")
        try:
            absolute = dns.name.from_text(name)
        except (dns.exception.DNSException, UnicodeError):
            return []  # nothing can be there
        try:
            return list(_resolver(self._address).resolve(absolute, kind, lifetime=min(left, EACH), search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise Unknown(f"{kind} {name}: {type(error).__name__}") from error

    def txt(self, name: str) -> list[bytes]:
        """Return the TXT records of a name, each joined (RFC 7208 §3.3).

        Raises:
            Unknown: when the DNS does not say.

        """
        return [b"".join(record.strings) for record in self.ask(name, "TXT")]


@lru_cache(maxsize=4)
def _resolver(address: str | None) -> dns.resolver.Resolver:
    """Make a resolver once; it remembers answers for as long as they say."""
    resolver = dns.resolver.Resolver(configure=address is None)
    if address is not None:
        host, _, port = address.rpartition(":")
        resolver.nameservers, resolver.port = [host.strip("[]")], int(port)
    resolver.cache = dns.resolver.LRUCache(2000)
    return resolver

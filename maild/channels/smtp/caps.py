"""How much one client may take of us: connections in all and per address, and failed logins.

Plain counters, no I/O; the time is passed in.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, deque
from datetime import datetime, timedelta

from maild.channels.smtp import replies

FAILURES_KEPT = timedelta(minutes=10)
MOST_FAILURES = 20
"""Failed logins from one network within ten minutes after which none is tried for it any more."""
MOST_NETWORKS = 10_000
"""Networks whose failures are remembered; beyond it the oldest are forgotten (law D11)."""
SLOWEST = 5
"""Times the delay of the first failure that later ones are slowed at most."""


def network(ip: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 an IPv6 host chooses its addresses from."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_loopback(ip: str) -> bool:
    """Tell whether the client is on this machine."""
    try:
        return ipaddress.ip_address(ip.partition("%")[0]).is_loopback
    except ValueError:
        return False


class Caps:
    """The connections of one door."""

    def __init__(self, *, most: int, per_ip: int, exempt_loopback: bool) -> None:
        self._most, self._per_ip, self._exempt_loopback = most, per_ip, exempt_loopback
        self._total = 0
        self._by_network: Counter[str] = Counter()

    def enter(self, ip: str) -> str | None:
        """Count a connection in; or the reply that refuses it, and then it is not counted."""
        key = network(ip)
        if self._total >= self._most:
            return replies.TOO_MANY
        if self._by_network[key] >= self._per_ip and not (self._exempt_loopback and is_loopback(ip)):
            return replies.TOO_MANY_OF_YOURS
        self._total += 1
        self._by_network[key] += 1
        return None

    def leave(self, ip: str) -> None:
        """Count a connection out."""
        key = network(ip)
        self._total -= 1
        self._by_network[key] -= 1
        if self._by_network[key] <= 0:
            del self._by_network[key]

    def total(self) -> int:
        """Return how many connections are open."""
        return self._total


class Failures:
    """Failed logins by network, over ten minutes."""

    def __init__(self) -> None:
        self._times: dict[str, deque[datetime]] = {}

    def add(self, ip: str, now: datetime) -> int:
        """Count one; how many there are now from there, this one included."""
        key = network(ip)
        times = self._times.pop(key, deque(maxlen=MOST_FAILURES))
        times.append(now)
        self._times[key] = times  # the newest at the end
        if len(self._times) > MOST_NETWORKS:
            del self._times[next(iter(self._times))]
        return self.count(ip, now)

    def count(self, ip: str, now: datetime) -> int:
        """Return how many logins failed from there in the last ten minutes."""
        times = self._times.get(network(ip))
        while times and now - times[0] > FAILURES_KEPT:
            times.popleft()
        return len(times) if times else 0

    def closed(self, ip: str, now: datetime) -> bool:
        """Tell whether logins from there are no longer tried."""
        return self.count(ip, now) >= MOST_FAILURES

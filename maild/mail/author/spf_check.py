"""Was the peer allowed to send for the Return-Path's domain? (SPF, RFC 7208)"""

from __future__ import annotations

import ipaddress
from typing import Any

import spf  # type: ignore[import-untyped]

from maild.core.values.mail import Envelope
from maild.mail.author.dns_lookup import Dns, Unknown

_INSIDE = tuple(
    ipaddress.ip_network(net)
    for net in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)


class _Query(spf.query):  # type: ignore[misc]
    """pyspf, asking our DNS: within our time, and "no answer" is temporary."""

    def __init__(self, lookup: Dns, **given: Any) -> None:
        super().__init__(**given)
        self.lookup = lookup

    def dns(self, name: str, qtype: str, cnames: Any = None, ignore_void: bool = False) -> list[Any]:
        """Return the records as pyspf wants them, counting empty answers (RFC 7208 §4.6.4)."""
        try:
            found = [_plain(record, qtype) for record in self.lookup.ask(str(name), qtype)]
        except Unknown as error:
            raise spf.TempError(str(error)) from error
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many lookups find nothing")
        return found


def _plain(record: Any, qtype: str) -> Any:
    match qtype:
        case "A" | "AAAA":
            return record.address
        case "MX":
            return record.preference, record.exchange.to_text(omit_final_dot=True)
        case "PTR":
            return record.target.to_text(omit_final_dot=True)
        case _:
            return record.strings


def passed(envelope: Envelope, dns: Dns) -> str | None:
    """Return the domain SPF passed for (the Return-Path's, or HELO's for ``<>``, RFC 7208 §2.4), or None.

    Raises:
        Unknown: when it cannot be judged: the mail did not come straight from a foreign host, or the DNS is silent.

    """
    if envelope.source != "smtp" or envelope.sender is None or not _foreign(envelope.peer):
        raise Unknown("SPF needs the foreign host that sent the mail")
    domain = (envelope.sender.rpartition("@")[2] if envelope.sender else envelope.helo).lower().rstrip(".")
    if not domain.isascii() or "." not in domain or domain.startswith("["):
        return None
    query = _Query(dns, i=envelope.peer, s=envelope.sender, h=envelope.helo, querytime=0)
    try:
        result, _, explanation = query.check()
    except (spf.PermError, ValueError, TypeError, IndexError, RecursionError):
        return None  # a record nobody can read is none (RFC 7208 §2.6.7)
    if result == "temperror":
        raise Unknown(f"SPF: {explanation}")
    return domain if result == "pass" else None


def _foreign(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return not any(address in net for net in _INSIDE)

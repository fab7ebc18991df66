"""How mails are to be read here: what is believed about authentication, and by which resolver it is checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """The part of the configuration that reading a mail depends on (MAIL §2)."""

    trust: Literal["headers", "own", "none"] = "none"
    """headers: the topmost Authentication-Results of ``authserv_id``. own: our own SPF and DKIM. none: unknown."""
    authserv_id: str | None = None
    """Whose Authentication-Results to believe (RFC 8601 §2.5), or ``microsoft365``."""
    received_by: str = ""
    """The name our own Received fields carry: what is above them was not written by a sender."""
    own_domains: frozenset[str] = frozenset()
    """The desk's own domains, lower case."""
    resolver: str | None = None
    """``host:port`` of a DNS server; None means the system's."""

"""How mails are to be read here: what is believed about authentication, and by which resolver it is checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from maild.core.values.mail import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorTrust:
    """What is believed about mail that came in by one door, where that differs from the rest."""

    door: str
    """``smtp``, ``lmtp``, ``submission``, or ``imap:`` and the account's name."""
    trust: Literal["headers", "own", "none"]
    authserv_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """The part of the configuration that reading a mail depends on."""

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
    doors: tuple[DoorTrust, ...] = ()

    def at(self, envelope: Envelope) -> ReadOptions:
        """Return the options as they are for the door that a mail came in by.

        No server stands before the submission door, so the header block begins with what the client wrote: unless the
        door has a trust of its own, no Authentication-Results is believed there. Who logged in is known anyway (E4).
        """
        door = f"imap:{envelope.account}" if envelope.source == "imap" else envelope.source
        for own in self.doors:
            if own.door == door:
                return replace(self, trust=own.trust, authserv_id=own.authserv_id, doors=())
        if envelope.source == "submission" and self.trust == "headers":
            return replace(self, trust="none")
        return self

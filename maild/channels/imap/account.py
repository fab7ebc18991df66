"""A mailbox to poll, the proof who we are, and the ways in which talking to it can fail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from maild.core.errors import MaildError

_GONE = ("EXPUNGEISSUED", "NONEXISTENT", "NO LONGER EXIST", "NO SUCH MESSAGE", "NO MATCHING", "NO MESSAGE")

_PASSING = ("UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA", "THROTTLED", "EXPIRED", "AUTHENTICATIONFAILED")
"""Response codes that speak of the account or the server, not of one mail (RFC 5530, RFC 9208; Gmail's throttling)."""


class Unreachable(MaildError):
    """The mailbox cannot be used now; the same may work later."""


class Refused(Unreachable):
    """The server does not let us in, or cannot do what the account asks: somebody must change something."""


class Broken(MaildError):
    """The server's answer about these mails makes no sense, and the connection is closed; others may do."""


class Declined(MaildError):
    """The server said NO to a command; the connection is good for the next one."""

    @property
    def gone(self) -> bool:
        """Tell whether it said so because the mails are no longer there: somebody else took them."""
        return any(sign in str(self).upper() for sign in _GONE)

    @property
    def passing(self) -> bool:
        """Tell whether it will not or cannot do such things now, whichever mail it is asked for."""
        return any(f"[{sign}]" in str(self).upper() for sign in _PASSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How to prove who we are, good for one connection."""

    user: str
    secret: str
    kind: Literal["password", "bearer"] = "password"
    """*bearer* is an OAuth2 access token (XOAUTH2)."""

    def __repr__(self) -> str:
        return f"Login({self.user!r}, {self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A mailbox to poll."""

    name: str
    """How listings and log call it."""
    host: str
    port: int
    tls: Literal["tls", "starttls", "none"]
    user: str
    folder: str = "INBOX"
    after: Literal["move", "flag", "delete", "keep"] = "move"
    """What becomes of a mail that is safely stored."""
    move_to: str = "Processed"
    failed: str | None = "Failed"
    """Where mails go that cannot be fetched or are too large; None leaves them where they are."""
    max_size: int = 35 * 1024 * 1024
    """Octets; a larger mail is listed, not fetched."""
    poll: float = 60.0
    """Seconds between looks."""
    idle: bool = True
    """Let the server say when something came; only ever a hint."""
    department: str | None = None
    ca_file: Path | None = None

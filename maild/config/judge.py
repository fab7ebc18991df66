"""What config.toml says, as frozen values; :mod:`maild.config.load` reads it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from maild.config.mailboxes import DoorTrust, Mailbox, OAuth
from maild.config.values import RelayTls
from maild.core.rules.organisation import Caps

Tls = Literal["none", "starttls", "tls"]

MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskConfig:
    """Who we are."""

    name: str
    number_prefix: str
    timezone: str
    languages: tuple[str, ...]
    """First = fallback."""
    reply_domain: str | None = None
    first_number: int = 1
    """The number of the first case of an empty store."""
    hostname: str | None = None
    """The name our doors greet with and our own Received field carries; None: the machine's."""
    operator: str | None = None
    """Whom operator notices go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """Where everything durable is."""

    url: str = field(repr=False)
    """``sqlite:///…`` (made absolute) or ``postgresql://…``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """A door."""

    host: str
    port: int
    """0 = any free one."""
    max_size: int = 35 * MB
    """Bytes."""
    tls: Tls = "none"
    """*tls* speaks TLS from the first octet (RFC 8314); the file calls it *implicit*."""
    certificate: Path | None = None
    key: Path | None = None
    max_connections: int = 100
    per_ip: int = 10
    """Connections from one address; clients on this machine are not counted."""
    passwords: Path | None = None
    """File of agents' password hashes; only the submission door has one."""
    trust: DoorTrust | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """Where /metrics and /healthz are."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingConfig:
    """The way out: a maildir to look into, or a relay."""

    where: str = ""
    """Where the config says so: ``file:line``."""
    maildir: Path | None = None
    host: str = ""
    port: int = 25
    tls: RelayTls = "opportunistic"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    oauth2: OAuth | None = None
    connections: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustConfig:
    """What is believed about who wrote a mail (law I8)."""

    mode: Literal["headers", "own", "none"] = "none"
    authserv_id: str | None = None
    agents: Literal["strict", "token"] = "strict"
    spam_header: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingConfig:
    """Limits of the processes that read mail (law R1, R2)."""

    processes: int = 2
    wall_seconds: float = 5.0
    memory: int = 512 * MB
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """How the log looks."""

    format: Literal["auto", "json", "pretty"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file."""

    path: Path
    desk: DeskConfig
    store: StoreConfig
    rules: Path
    templates: Path
    keys: Path
    outgoing: OutgoingConfig
    smtp: Listen | None = None
    lmtp: Listen | None = None
    submission: Listen | None = None
    imap: tuple[Mailbox, ...] = ()
    http: HttpConfig | None = None
    trust: TrustConfig = field(default_factory=TrustConfig)
    caps: Caps = field(default_factory=Caps)
    reading: ReadingConfig = field(default_factory=ReadingConfig)
    log: LogConfig = field(default_factory=LogConfig)

    def public(self) -> dict[str, Any]:
        """Return the effective config as plain values, without any secret."""
        found: dict[str, Any] = _plain(self)
        found["store"]["url"] = _without_password(self.store.url)
        for place in (found["outgoing"], *found["imap"]):
            place.pop("password", None)
        found["signing"] = found.pop("keys")
        return found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: _plain(found)
            for item in dataclasses.fields(value)
            if (found := getattr(value, item.name)) is not None
        }
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    if isinstance(value, Mapping):
        return {key: _plain(found) for key, found in value.items()}
    if isinstance(value, tuple):
        return [_plain(found) for found in value]
    return str(value) if isinstance(value, Path) else value


def _without_password(url: str) -> str:
    scheme, there, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    if not there or not at:
        return url
    return f"{scheme}://{user.partition(':')[0]}@{place}"

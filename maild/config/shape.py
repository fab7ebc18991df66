"""config.toml as it is written: which tables and keys there are (also the source of its JSON Schema)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from maild.config.toml_file import Shape


class DeskTable(Shape):
    """[desk]."""

    name: str = Field(min_length=1, description='the organisation\'s name, as in "Fjordvik kommune"')
    number_prefix: str = Field(description='letters before the case number, as in "FK" for FK#1042')
    timezone: str = Field(description='as in "Europe/Oslo"')
    languages: list[str] = Field(min_length=1, description='as in ["no", "sv", "en"]; the first is the fallback')
    reply_domain: str | None = None
    first_number: int = Field(default=1, ge=1)
    hostname: str | None = None
    operator: str | None = None


class StoreTable(Shape):
    """[store]."""

    url: str = Field(description='as in "sqlite:///store/maild.db" or "postgresql://user@host/db"')
    password_file: str | None = None
    password_env: str | None = None


class DoorTrustTable(Shape):
    """trust = { … } of one door."""

    mode: Literal["headers", "own", "none"]
    authserv_id: str | None = None


class ListenTable(Shape):
    """[listen]."""

    listen: str = Field(description='as in "127.0.0.1:2525"')
    max_size: str | int = "35 MB"
    tls: Literal["none", "starttls", "implicit"] | None = None
    certificate: str | None = None
    key: str | None = None
    max_connections: int = Field(default=100, ge=1)
    per_ip: int = Field(default=10, ge=1)
    trust: DoorTrustTable | None = Field(default=None, description="for this door's mail, instead of [trust]")


class SubmissionTable(ListenTable):
    """[submission]."""

    passwords: str = Field(description="the file of agents' password hashes")


class HttpTable(Shape):
    """[http]."""

    listen: str = Field(description='as in "127.0.0.1:9225"')


class OAuthTable(Shape):
    """[imap.oauth2] and [outgoing.oauth2]: how to get access tokens."""

    tenant: str | None = Field(default=None, description="Microsoft 365: the directory's name or id; sets token_url")
    token_url: str | None = None
    client_id: str = ""
    client_secret_file: str | None = None
    refresh_token_file: str | None = None
    service_account_file: str | None = Field(default=None, description="Google: the service account's JSON key")
    scope: str | None = None


class OutgoingTable(Shape):
    """[outgoing]."""

    relay: str = Field(description='as in "maildir:store/sent" or "smtp://relay.example:587"')
    tls: Literal["none", "opportunistic", "starttls"] | None = None
    username: str | None = None
    password_file: str | None = None
    password_env: str | None = None
    connections: int = Field(default=8, ge=1, le=100)
    oauth2: OAuthTable | None = None


class ImapTable(Shape):
    """[[imap]]: a mailbox to poll."""

    host: str = Field(min_length=1)
    user: str = Field(min_length=1)
    name: str | None = Field(default=None, description="how listings call it; the user, when left out")
    port: int | None = Field(default=None, ge=1, le=65535)
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca_file: str | None = None
    password_file: str | None = None
    password_env: str | None = None
    oauth2: OAuthTable | None = None
    department: str | None = Field(default=None, description="whose mail it is when nothing in the mail says so")
    folder: str = "INBOX"
    after: Literal["move", "flag", "delete", "keep"] = "move"
    move_to: str = "Processed"
    failed: str = Field(default="Failed", description='"" leaves mails that cannot be taken where they are')
    max_size: str | int = "35 MB"
    poll_seconds: float = Field(default=60, ge=1, le=3600)
    idle: bool = True
    alert_minutes: float = Field(default=15, ge=0, le=1440)
    trust: DoorTrustTable | None = Field(default=None, description="for this mailbox's mail, instead of [trust]")


class TrustTable(Shape):
    """[trust]."""

    mode: Literal["headers", "own", "none"] = "none"
    authserv_id: str | None = None
    agents: Literal["strict", "token"] = "strict"
    spam_header: str | None = Field(default=None, description='as in "X-Spam-Flag": YES in it means spam')


class CapsTable(Shape):
    """[caps]."""

    per_address_10min: int = Field(default=3, ge=0)
    per_address_day: int = Field(default=10, ge=0)
    unauthenticated_per_address_day: int = Field(default=1, ge=0)
    unauthenticated_hour: int = Field(default=30, ge=0)
    per_domain_hour: int = Field(default=60, ge=0)
    allow_domains: list[str] = Field(default_factory=list)
    breaker_floor: int = Field(default=60, ge=1)
    confirmations_hour: int = Field(default=3, ge=0)


class ReadingTable(Shape):
    """[reading]."""

    processes: int = Field(default=2, ge=1, le=64)
    wall_seconds: float = Field(default=5.0, gt=0, le=600)
    memory: str | int = "512 MB"


class LogTable(Shape):
    """[log]."""

    format: Literal["auto", "json", "pretty"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class FilesTable(Shape):
    """[files]."""

    rules: str = "rules"
    templates: str = "templates"
    keys: str = "store/secret.key"


class ConfigFile(Shape):
    """config.toml as it is written (also the source of its JSON Schema)."""

    desk: DeskTable = Field(description="who we are")
    store: StoreTable = Field(description="where everything is kept")
    outgoing: OutgoingTable = Field(description="where mail goes out")
    smtp: ListenTable | None = None
    lmtp: ListenTable | None = None
    submission: SubmissionTable | None = None
    imap: list[ImapTable] = Field(default_factory=list)
    http: HttpTable | None = None
    trust: TrustTable = Field(default_factory=TrustTable)
    caps: CapsTable = Field(default_factory=CapsTable)
    reading: ReadingTable = Field(default_factory=ReadingTable)
    log: LogTable = Field(default_factory=LogTable)
    files: FilesTable = Field(default_factory=FilesTable)

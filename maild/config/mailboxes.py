"""[[imap]] and oauth2 tables of config.toml: mailboxes to poll, and tokens for those that know no passwords."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from maild.config import values
from maild.config.shape import DoorTrustTable, ImapTable, OAuthTable
from maild.config.toml_file import unknown
from maild.config.toml_lines import Path as Keys
from maild.core.errors import Problem

MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
MICROSOFT_SCOPE = "https://outlook.office365.com/.default"
GOOGLE = "https://oauth2.googleapis.com/token"
GOOGLE_SCOPE = "https://mail.google.com/"

Wrong = Callable[[Keys, str], None]
"""Note a problem at a place of the file."""
File = Callable[[Keys, str | None], Path | None]
"""Find a readable file, or note that there is none."""
Secret = Callable[[Keys, str | None, str | None], str | None]
"""Read a secret from a file or an environment variable."""
Where = Callable[..., str]
"""Return ``file:line`` of a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorTrust:
    """What is believed about mail that comes in by one door, where it differs from [trust] (law I8)."""

    mode: Literal["headers", "own", "none"]
    authserv_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """How to get access tokens; secrets stay in their files."""

    token_url: str
    client_id: str = ""
    client_secret_file: Path | None = None
    refresh_token_file: Path | None = None
    service_account_file: Path | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox to poll."""

    name: str
    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    user: str
    password: str | None = field(default=None, repr=False)
    oauth2: OAuth | None = None
    ca_file: Path | None = None
    department: str | None = None
    """Judged against the rules, which know the departments (:func:`unknown_departments`)."""
    where: str = ""
    """``file:line`` where the department is named."""
    folder: str = "INBOX"
    after: Literal["move", "flag", "delete", "keep"] = "move"
    move_to: str = "Processed"
    failed: str | None = "Failed"
    max_size: int = 35 * 1024 * 1024
    """Bytes."""
    poll_seconds: float = 60.0
    idle: bool = True
    alert_minutes: float = 15.0
    trust: DoorTrust | None = None


def door_trust(keys: Keys, given: DoorTrustTable, *, wrong: Wrong) -> DoorTrust:
    """Make a door's own trust of a table."""
    if given.mode == "headers" and not given.authserv_id:
        wrong((*keys, "mode"), 'mode = "headers" needs authserv_id: whose results to believe')
    if given.mode != "headers" and given.authserv_id:
        wrong((*keys, "authserv_id"), 'only mode = "headers" reads it')
    return DoorTrust(mode=given.mode, authserv_id=given.authserv_id)


def oauth(keys: Keys, given: OAuthTable, *, wrong: Wrong, file: File) -> OAuth:
    """Make a token source of a table."""
    url, scope = given.token_url, given.scope
    if given.tenant is not None:
        if url is not None:
            wrong((*keys, "token_url"), "tenant sets it; keep one")
        url, scope = MICROSOFT.format(tenant=given.tenant), scope or MICROSOFT_SCOPE
    if given.service_account_file is not None:
        url, scope = url or GOOGLE, scope or GOOGLE_SCOPE
    if url is None:
        wrong(keys, "give tenant (Microsoft 365), service_account_file (Google) or token_url")
        url = ""
    elif not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        wrong((*keys, "token_url"), "a secret goes there: expected https://…")
    if given.service_account_file is None:
        if not given.client_id:
            wrong((*keys, "client_id"), "is missing: the application that asks for tokens")
        if given.client_secret_file is None and given.refresh_token_file is None:
            wrong(keys, "give client_secret_file, refresh_token_file or service_account_file")
    return OAuth(
        token_url=url,
        client_id=given.client_id,
        client_secret_file=file((*keys, "client_secret_file"), given.client_secret_file),
        refresh_token_file=file((*keys, "refresh_token_file"), given.refresh_token_file),
        service_account_file=file((*keys, "service_account_file"), given.service_account_file),
        scope=scope or "",
    )


def mailboxes(given: list[ImapTable], *, wrong: Wrong, file: File, secret: Secret, where: Where) -> tuple[Mailbox, ...]:
    """Make the mailboxes of the [[imap]] tables."""
    found = tuple(
        replace(_mailbox(("imap", number), table, wrong, file, secret), where=where("imap", number, "department"))
        for number, table in enumerate(given)
    )
    names = [mailbox.name for mailbox in found]
    for number, name in enumerate(names):
        if name in names[:number]:
            wrong(("imap", number), f'"{name}" stands there twice; give one of them another name')
    return found


def unknown_departments(found: Sequence[Mailbox], departments: Sequence[str]) -> list[Problem]:
    """Return a problem for each mailbox whose department the rules do not know."""
    return [
        Problem(where=one.where, what=f'imap "{one.name}": {unknown(one.department, departments, kind="department")}')
        for one in found
        if one.department is not None and one.department not in departments
    ]


def _mailbox(keys: Keys, given: ImapTable, wrong: Wrong, file: File, secret: Secret) -> Mailbox:
    ways = [given.password_file, given.password_env, given.oauth2]
    if sum(way is not None for way in ways) != 1:
        wrong(keys, "give exactly one of password_file, password_env and [imap.oauth2]")
    if given.tls == "none" and given.host not in values.THIS_MACHINE:
        wrong((*keys, "tls"), 'a password would cross the network in the clear: "implicit" or "starttls"')
    if given.after == "move" and given.move_to == given.folder:
        wrong((*keys, "move_to"), "is the folder that is polled")
    try:
        size = values.size(given.max_size)
    except ValueError as error:
        wrong((*keys, "max_size"), f"found {given.max_size!r}, expected {error}")
        size = 35 * 1024 * 1024
    return Mailbox(
        name=given.name or given.user,
        host=given.host,
        port=given.port or (993 if given.tls == "implicit" else 143),
        tls=given.tls,
        user=given.user,
        password=secret(keys, given.password_file, given.password_env),
        oauth2=None if given.oauth2 is None else oauth((*keys, "oauth2"), given.oauth2, wrong=wrong, file=file),
        ca_file=file((*keys, "ca_file"), given.ca_file),
        department=given.department,
        folder=given.folder,
        after=given.after,
        move_to=given.move_to,
        failed=given.failed or None,
        max_size=size,
        poll_seconds=given.poll_seconds,
        idle=given.idle,
        alert_minutes=given.alert_minutes,
        trust=None if given.trust is None else door_trust((*keys, "trust"), given.trust, wrong=wrong),
    )

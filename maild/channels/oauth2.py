"""Access tokens for mailboxes and relays that know no passwords any more (RFC 6749): fetched, kept, fetched again.

Three grants: client credentials (Microsoft 365, a shared mailbox), a refresh token (a person's consent, any provider),
and a signed assertion (a Google service account, RFC 7523). A token is used until five minutes before it expires, or
until the server refuses it.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maild import logs
from maild.config.places import FILE_MODE
from maild.core.errors import MaildError, Problem, decoded

log = logs.get("maild.oauth2")

SECONDS = 20.0
EARLY = 300.0
"""Seconds before its end that a token is no longer used."""
MOST = 256 * 1024


class TokenRefused(MaildError):
    """The authorisation server gives no token; somebody must change something."""


class TokenUnreachable(MaildError):
    """The authorisation server cannot be reached now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """How an account gets its tokens; secrets are read from files each time, so that they can be changed there."""

    token_url: str
    client_id: str = ""
    client_secret: Path | None = None
    refresh_token: Path | None = None
    service_account: Path | None = None
    """A Google service account's JSON key."""
    subject: str = ""
    """Whose mailbox a service account acts for."""
    scope: str = ""


class Tokens:
    """The present token of one grant; safe to ask from several threads."""

    def __init__(self, grant: Grant, *, clock: Callable[[], float] = time.time) -> None:
        self._grant, self._clock = grant, clock
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0
        self._fresh = ""
        """A refresh token that could not be written to its file: good until maild stops."""

    def get(self) -> str:
        """Return a token that is good for some minutes.

        Raises:
            TokenRefused: when the server says no (a revoked consent, a wrong secret).
            TokenUnreachable: when it cannot be asked now.

        """
        with self._lock:
            if self._clock() >= self._until:
                self._token, self._until = "", 0.0
                answer = _ask(self._grant, self._clock(), self._fresh)
                token, seconds = answer.get("access_token"), answer.get("expires_in", 3600)
                if not isinstance(token, str) or not token:
                    raise TokenRefused("the authorisation server's answer holds no access_token")
                lasts = _seconds(seconds)
                self._token, self._until = token, self._clock() + max(lasts - EARLY, lasts / 2)
                self._keep(answer.get("refresh_token"))
            return self._token

    def forget(self) -> None:
        """Fetch a new one next time: the mail server refused this one."""
        with self._lock:
            self._token, self._until = "", 0.0

    def _keep(self, fresh: Any) -> None:
        """A server may hand out a new refresh token with each answer; the old one then dies (RFC 6749 §6)."""
        path = self._grant.refresh_token
        if path is None or not isinstance(fresh, str) or not fresh or fresh == _read(path):
            return
        self._fresh = fresh
        temporary = path.with_name(f".{path.name}.new")
        try:
            temporary.unlink(missing_ok=True)
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w") as file:
                file.write(fresh + "\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
            self._fresh = ""
        except OSError as error:
            log.error(
                "refresh token not kept", file=path.name, reason=str(error), hint="maild must be able to write it"
            )


def _seconds(said: Any) -> float:
    """Return how long a token lasts; some servers write the number as text."""
    try:
        return max(0.0, min(float(said), 86400.0))
    except (TypeError, ValueError):
        return 3600.0


def _read(path: Path) -> str:
    try:
        text = decoded(path.read_bytes(), path.name)
    except OSError as error:
        raise TokenRefused(f"{path.name} cannot be read: {error.strerror}") from None
    if isinstance(text, Problem):
        raise TokenRefused(str(text))
    return text.strip()


def _ask(grant: Grant, at: float, fresh: str) -> dict[str, Any]:
    fields = {"client_id": grant.client_id, "scope": grant.scope}
    if grant.client_secret is not None:
        fields["client_secret"] = _read(grant.client_secret)
    if grant.service_account is not None:
        fields = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": _assertion(grant, at)}
    elif grant.refresh_token is not None:
        fields |= {"grant_type": "refresh_token", "refresh_token": fresh or _read(grant.refresh_token)}
    else:
        fields["grant_type"] = "client_credentials"
    body = urllib.parse.urlencode({name: value for name, value in fields.items() if value}).encode()
    request = urllib.request.Request(grant.token_url, body, {"Accept": "application/json"})  # noqa: S310 - config judges it
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - https, or loopback in tests
            found = json.loads(answer.read(MOST))
    except urllib.error.HTTPError as error:
        raise _refusal(error) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise TokenUnreachable(f"no token from {grant.token_url}: {error}") from None
    if not isinstance(found, dict):
        raise TokenUnreachable(f"no token from {grant.token_url}: the answer is no JSON object")
    return found


def _refusal(error: urllib.error.HTTPError) -> MaildError:
    if error.code >= 500 or error.code == 429:
        return TokenUnreachable(f"the authorisation server answers {error.code}")
    try:
        said = json.loads(error.read(MOST))
        reason = " ".join(str(said.get(name, "")) for name in ("error", "error_description")).split("\n")[0]
    except (OSError, ValueError, AttributeError):
        reason = ""
    return TokenRefused(f"the authorisation server answers {error.code} {reason[:200]}".strip())


def _assertion(grant: Grant, at: float) -> str:
    """Sign a service account's claim (RFC 7523 §2.1)."""
    try:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
    except ImportError:
        raise TokenRefused("a service account needs the extra 'google': pip install maild[google]") from None
    assert grant.service_account is not None
    try:
        account = json.loads(_read(grant.service_account))
        key = serialization.load_pem_private_key(account["private_key"].encode(), None)
        issuer = account["client_email"]
    except (ValueError, KeyError, TypeError) as error:
        raise TokenRefused(f"{grant.service_account.name} is no service account key: {error}") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TokenRefused(f"{grant.service_account.name} holds no RSA key")
    claims = {"iss": issuer, "scope": grant.scope, "aud": grant.token_url, "iat": int(at), "exp": int(at) + 3600}
    if grant.subject:
        claims["sub"] = grant.subject
    signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _part(values: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")

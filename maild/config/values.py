"""Small texts that an admin writes in files: sizes, addresses, domains, listening places, relays.

Each function returns the value or raises ValueError whose text is what was expected.
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from maild.core.rules.calendars import Period

RelayTls = Literal["none", "opportunistic", "starttls", "implicit"]
THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
"""Hosts to which nothing crosses a network."""


class Secret(ValueError):
    """The value holds a secret, so a message must not repeat it."""


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)", re.IGNORECASE)


def size(given: str | int) -> int:
    """Read "35 MB" as bytes (1 MB = 1024 x 1024 bytes).

    Raises:
        ValueError: with what is expected.

    """
    match = _SIZE.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is not None:
        found = int(float(match[1]) * 1024 ** ("B", "KB", "MB", "GB").index(match[2].upper()))
    elif isinstance(given, int):
        found = given
    else:
        raise ValueError('a size like "35 MB"')
    if not 1024 <= found <= 2**40:
        raise ValueError('a size between "1 KB" and "1024 GB"')
    return found


_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]")


def host_and_port(given: str) -> tuple[str, int]:
    """Read "127.0.0.1:2525" or "[::1]:2525".

    Raises:
        ValueError: with what is expected.

    """
    host, colon, port = given.rpartition(":")
    if not colon or not _HOST.fullmatch(host) or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError('host and port, as in "127.0.0.1:2525"')
    return host.strip("[]"), int(port)


def relay_of(given: str) -> tuple[str, int, RelayTls, str | None]:
    """Read "smtp://user@host:587"; host, port, whether it is TLS from the first byte, and the user.

    Raises:
        ValueError: with what is expected.

    """
    expected = '"maildir:FOLDER", "smtp://host:587" or "smtps://host:465"'
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise ValueError(expected) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(expected)
    if parts.password is not None:
        raise Secret("a password does not belong in this file: use password_file or password_env")
    implicit = parts.scheme == "smtps"
    user = None if parts.username is None else unquote(parts.username)
    return parts.hostname, port or (465 if implicit else 25), "implicit" if implicit else "none", user


def timezone(given: str) -> str:
    """Check a time zone's name.

    Raises:
        ValueError: with what is expected.

    """
    try:
        ZoneInfo(given)
    except (OSError, ValueError, KeyError):
        raise ValueError('a time zone like "Europe/Oslo"') from None
    return given


def prefix(given: str) -> str:
    """Check the letters before case numbers.

    Raises:
        ValueError: with what is expected.

    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,9}", given):
        raise ValueError('one to ten letters and digits, a letter first, as in "FK"')
    return given


def language(given: str) -> str:
    """Check a language code.

    Raises:
        ValueError: with what is expected.

    """
    if not re.fullmatch(r"[a-z]{2,3}", given):
        raise ValueError('a language code like "no"')
    return given


_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def domain(given: str) -> str:
    """Return a domain as lower-case A-labels.

    Raises:
        ValueError: with what is expected.

    """
    try:
        name = given.strip().rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError('a domain like "desk.example"')
    return name


_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.æøåäöÆØÅÄÖ-]{1,64}")


def address(given: str) -> str:
    """Return a mail address in lower case, its domain as A-labels.

    Raises:
        ValueError: with what is expected.

    """
    local, at, name = given.strip().rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise ValueError('a mail address like "it@desk.example"')
    try:
        return f"{local.lower()}@{domain(name)}"
    except ValueError:
        raise ValueError('a mail address like "it@desk.example"') from None


def certificate(chain: Path, key: Path | None) -> None:
    """Check that a certificate and its key can be used for TLS.

    Raises:
        ValueError: with why not.

    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(chain, key, password=lambda: "")
    except ssl.SSLError as error:
        reason = {"KEY_VALUES_MISMATCH": "the key is another certificate's", "NO_START_LINE": "it is no PEM file"}
        said = reason.get(error.reason or "", "it is no PEM file, or it is damaged or locked by a password")
        raise ValueError(f"the certificate cannot be used: {said}") from None
    except OSError as error:
        raise ValueError(f"the certificate cannot be used: {error.strerror}") from None


CAPTURE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A place in a text that a capture fills."""
_PERIOD = re.compile(r"(\d{1,4})\s*(m|min|h|d)")


def period(given: str) -> Period:
    """Read "30m", "4h" (opening hours) or "2d" (working days).

    Raises:
        ValueError: with what is expected.

    """
    match = _PERIOD.fullmatch(given.strip())
    number = int(match[1]) if match is not None else 0
    if match is None or number == 0:
        raise ValueError('a time like "30m", "4h" (opening hours) or "2d" (working days)')
    if match[2] == "d":
        if number > 365:
            raise ValueError("at most 365 days")
        return Period(days=number)
    return Period(minutes=number * (60 if match[2] == "h" else 1))

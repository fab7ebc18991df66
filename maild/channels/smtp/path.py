"""The arguments of MAIL and RCPT: one path and its parameters (RFC 5321 §4.1.2, RFC 6531 §3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from maild.channels.smtp import replies
from maild.core.errors import MaildError

LONGEST_LOCAL = 256
"""Octets; more than the 64 of RFC 5321 §4.5.3.1.1, because bulk senders' return paths are longer."""
LONGEST_DOMAIN = 255

_LOCAL = r'(?:[^\s<>()\[\]\\,;:"@]+|"(?:[^"\\]|\\.)*")'
_DOMAIN = r'(?:[^\s<>()\[\]\\,;:"@.]+(?:\.[^\s<>()\[\]\\,;:"@.]+)*|\[[0-9A-Za-z:.-]+\])'
_ROUTE = rf"(?:@{_DOMAIN}(?:,@{_DOMAIN})*:)?"
_MAILBOX = re.compile(rf"({_LOCAL})(?:@({_DOMAIN}))?")
_PATH = re.compile(rf'<{_ROUTE}((?:"(?:[^"\\]|\\.)*"|[^"<>])*)>|([^\s<>"]+)')
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


class Malformed(MaildError):
    """The client's command cannot be read; the message is the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What stood behind ``MAIL FROM:`` or ``RCPT TO:``."""

    address: str
    """As written, without brackets and source route; ``""`` is the null path ``<>``."""
    parameters: dict[str, str] = field(default_factory=dict)
    """Keywords in upper case; a keyword without value has ``""``."""


def parse(keyword: str, text: str) -> Argument:
    """Read ``FROM:<a@b> SIZE=10`` (or ``TO:``); a missing pair of brackets is forgiven.

    Raises:
        Malformed: with the reply.

    """
    if not text.isprintable():  # controls, NUL, octets that are not UTF-8, invisible characters
        raise Malformed(replies.CONTROLS)
    syntax = replies.MAIL_SYNTAX if keyword == "FROM:" else replies.RCPT_SYNTAX
    if text[: len(keyword)].upper() != keyword:
        raise Malformed(syntax)
    rest = text[len(keyword) :].strip()
    found = _PATH.match(rest)
    if found is None:
        raise Malformed(syntax)
    inner, bare = found.groups()
    behind = rest[found.end() :]
    if behind and not behind[0].isspace():
        raise Malformed(syntax)
    return Argument(address=_address(bare if inner is None else inner.strip()), parameters=_parameters(behind.split()))


def _address(text: str) -> str:
    if not text:
        return ""
    found = _MAILBOX.fullmatch(text)
    if found is None:
        raise Malformed(replies.NO_ADDRESS)
    local, domain = found.groups()
    if domain is None and local.lower() != "postmaster":
        raise Malformed(replies.NO_DOMAIN)
    if len(local.encode()) > LONGEST_LOCAL or len((domain or "").encode()) > LONGEST_DOMAIN:
        raise Malformed(replies.LONG_ADDRESS)
    return text


def _parameters(words: list[str]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if _KEYWORD.fullmatch(name) is None or (equals and not value) or name.upper() in parameters:
            raise Malformed(replies.BAD_PARAMETERS)
        parameters[name.upper()] = value
    return parameters


def check_mail(parameters: dict[str, str], *, max_size: int, auth: bool) -> None:
    """Judge the parameters of MAIL.

    Raises:
        Malformed: with the reply: a size we do not take, a bad value, or a parameter we never offered.

    """
    for name, value in parameters.items():
        if name == "SIZE":
            if not (value.isascii() and value.isdigit() and len(value) <= 20):
                raise Malformed(replies.BAD_VALUE)
            if int(value) > max_size:
                raise Malformed(replies.TOO_BIG)
        elif name == "BODY":
            if value.upper() not in ("7BIT", "8BITMIME"):
                raise Malformed(replies.BAD_VALUE)
        elif name == "SMTPUTF8":
            if value:
                raise Malformed(replies.BAD_VALUE)
        elif not (name == "AUTH" and auth):  # RFC 4954 §5: to be accepted, and may be ignored
            raise Malformed(replies.UNKNOWN_PARAMETER)

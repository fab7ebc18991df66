"""AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616): over TLS only, checked in a thread, failures slowed and counted."""

from __future__ import annotations

import asyncio
import base64
import binascii

from maild import logs
from maild.channels.smtp import replies
from maild.channels.smtp.caps import SLOWEST
from maild.channels.smtp.path import Malformed
from maild.channels.smtp.talk import Talk, wrong

log = logs.get("smtp_in")

MECHANISMS = ("PLAIN", "LOGIN")
MOST_LOGINS = 3
"""Failed logins in one connection."""
_NAME = "334 " + base64.b64encode(b"Username:").decode()
_SECRET = "334 " + base64.b64encode(b"Password:").decode()


def offered(talk: Talk) -> bool:
    """Tell whether the client may log in: never over plain text, whoever listens would be an agent (law S9)."""
    return talk.opened.login is not None and talk.state.secure


async def auth(talk: Talk, argument: str) -> None:
    """Log the client in, or say no slowly."""
    state, opened = talk.state, talk.opened
    if opened.login is None:
        raise Malformed(replies.NO_LOGINS)
    if not state.secure:
        raise Malformed(replies.ENCRYPT)
    if state.login is not None or state.sender is not None or not state.helo:
        raise Malformed(replies.ORDER)
    if opened.failures.closed(talk.peer, opened.now()):
        wrong(talk, replies.LOGINS_CLOSED)
        return
    login, secret = await _credentials(talk, argument.split())
    state.login = await opened.login(login, secret)
    if state.login is None:
        await _refuse(talk)
    else:
        talk.say(replies.WELCOME)


async def _refuse(talk: Talk) -> None:
    failures = talk.opened.failures.add(talk.peer, talk.opened.now())
    log.warning("login failed", peer=talk.peer, in_ten_minutes=failures)
    await asyncio.sleep(talk.door.login_delay * min(failures, SLOWEST))
    talk.state.logins += 1
    wrong(talk, replies.WRONG_LOGIN)
    if talk.state.logins >= MOST_LOGINS:
        talk.hang_up(replies.LOGINS)


async def _credentials(talk: Talk, words: list[str]) -> tuple[str, str]:
    if not 1 <= len(words) <= 2:
        raise Malformed(replies.AUTH_SYNTAX)
    mechanism = words[0].upper()
    given = words[1].encode("utf-8", "surrogateescape") if len(words) == 2 else None
    if mechanism == "PLAIN":
        return plain(decode(await talk.ask("334 ") if given is None else given))
    if mechanism == "LOGIN":
        name = decode(await talk.ask(_NAME) if given is None else given)
        return _text(name), _text(decode(await talk.ask(_SECRET)))
    raise Malformed(replies.MECHANISM)


def decode(text: bytes) -> bytes:
    """Decode one answer of a client; ``=`` alone is an empty one.

    Raises:
        Malformed: with the reply.

    """
    if text == b"*":
        raise Malformed(replies.GIVEN_UP)
    if text == b"=":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Malformed(replies.NOT_BASE64) from None


def plain(blob: bytes) -> tuple[str, str]:
    """Split ``authzid NUL authcid NUL passwd``; acting for somebody else is not offered.

    Raises:
        Malformed: with the reply.

    """
    parts = blob.split(b"\0")
    if len(parts) != 3:
        raise Malformed(replies.NOT_PLAIN)
    acting_for, login, secret = (_text(part) for part in parts)
    if acting_for and acting_for != login:
        raise Malformed(replies.OTHER_LOGIN)
    return login, secret


def _text(blob: bytes) -> str:
    try:
        return blob.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(replies.NOT_BASE64) from None

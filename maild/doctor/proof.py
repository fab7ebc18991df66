"""The proof that mail goes both ways: a mail of ours is sent to a department, and must come in by the configured way.

It carries our own signed Message-ID and loop header, so the desk files it silently (law A2): nobody hears of it
but the operator who asked.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from maild.core.threads import tokens
from maild.doctor.findings import Finding
from maild.storage import engine as engines
from maild.storage import inbound

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from maild.core.facts import Key

NOBODYS = 10**17
"""Ids from here on are no outgoing mail's: what the proof's Message-IDs are made of."""
LOOK = 0.5
"""Seconds between looks into the store."""
_DKIM = re.compile(rb"(?im)^dkim-signature[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)")
_RECEIVED = re.compile(rb"(?im)^received[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)")
_TAG = re.compile(r"(?:^|;)\s*([ds])\s*=\s*([^;\s]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What came of one department's mail."""

    finding: Finding
    selectors: tuple[tuple[str, str], ...] = ()
    """DKIM selectors and domains seen on it."""
    stamped: datetime | None = None
    """What the server that took it in says it was."""
    sent: datetime | None = None
    came: datetime | None = None


async def prove(
    departments: Sequence[tuple[str, str]],
    *,
    channel: Any,
    engine: Engine,
    key: Key,
    instance: str,
    now: Callable[[], datetime],
    wait: float,
) -> list[Proved]:
    """Send a mail to each department (id and address) and wait until it has come in, at most ``wait`` seconds."""
    with engines.reading(engine) as connection:
        newest = inbound.newest(connection)
    sent = [
        _send(department, address, channel=channel, key=key, instance=instance, now=now)
        for department, address in departments
    ]
    found: list[Proved] = []
    waiting: dict[str, tuple[str, str, datetime]] = {}
    for (department, address), (message_id, at, finding) in zip(departments, await asyncio.gather(*sent), strict=True):
        if finding is not None:
            found.append(Proved(finding=finding))
        else:
            waiting[message_id] = (department, address, at)
    deadline = time.monotonic() + wait
    while waiting and time.monotonic() < deadline:
        await asyncio.sleep(LOOK)
        newest = await asyncio.to_thread(_look, engine, newest, waiting, found, now)
    for department, address, _ in waiting.values():
        what = f"The relay took a mail to {address}, but it has not come in after {wait:.0f} seconds."
        do = "Does the address lead to a door or mailbox of this desk? Look there, or ask with a longer --wait."
        found.append(Proved(finding=Finding(about=f"department {department}", level="problem", what=what, do=do)))
    return found


async def _send(
    department: str, address: str, *, channel: Any, key: Key, instance: str, now: Callable[[], datetime]
) -> tuple[str, datetime, Finding | None]:
    number, at = NOBODYS + secrets.randbelow(NOBODYS), now()
    domain = address.rpartition("@")[2]
    message_id = tokens.sign_message_id(key, outbox=number, case=None, audience="internal", domain=domain)
    lines = (
        f"From: <{address}>", f"To: <{address}>", "Subject: maild doctor", f"Message-ID: {message_id}",
        f"Date: {format_datetime(at)}", "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All",
        f"X-Maild-Loop: {tokens.sign_loop(key, instance)}", "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii", "", "maild proves that mail goes out and comes in.", "",
    )  # fmt: skip
    answer = await channel.send(address, address, "\r\n".join(lines).encode())
    if answer.state == "sent":
        return message_id, at, None
    what = f"A mail to {address} did not go out: {answer.answer}"
    do = "Look at [outgoing]: host, TLS, login; and at what the relay lets this desk send."
    return message_id, at, Finding(about=f"department {department}", level="problem", what=what, do=do)


def _look(
    engine: Engine,
    after: int,
    waiting: dict[str, tuple[str, str, datetime]],
    found: list[Proved],
    now: Callable[[], datetime],
) -> int:
    """Look what has come in since; the newest id that need not be looked at again."""
    with engines.reading(engine) as connection:
        for came in inbound.since(connection, after):
            raw = inbound.raw_of(connection, came.id) or b""
            head = raw.partition(b"\r\n\r\n")[0] if b"\r\n\r\n" in raw else raw.partition(b"\n\n")[0]
            known = next((one for one in waiting if one.encode() in head), None)
            if known is not None:
                if not came.done:
                    return came.id - 1  # it is in, and must also be handled
                found.append(_proved(*waiting.pop(known), came, head, now()))
            after = came.id
    return after


def _proved(department: str, address: str, at: datetime, came: inbound.Came, head: bytes, now: datetime) -> Proved:
    door = f"the mailbox {came.account}" if came.source == "imap" else came.source
    about = f"department {department}"
    if came.state == "quarantined":
        what, do = f"A mail to {address} came in by {door} and could not be read.", f"maild inbound show {came.id}"
        return Proved(finding=Finding(about=about, level="problem", what=what, do=do))
    seconds = (now - at).total_seconds()
    what = f"A mail to {address} went out, came in by {door} and was filed silently, within {seconds:.0f} seconds."
    return Proved(
        finding=Finding(about=about, level="ok", what=what),
        selectors=_selectors(head),
        stamped=_stamp(head),
        sent=at,
        came=now,
    )


def _selectors(head: bytes) -> tuple[tuple[str, str], ...]:
    found = []
    for field in _DKIM.findall(head):
        tags = dict(_TAG.findall(field.decode("ascii", "replace")))
        if {"d", "s"} <= set(tags):
            found.append((tags["s"], tags["d"].lower()))
    return tuple(found)


def _stamp(head: bytes) -> datetime | None:
    """Read the date of the topmost Received field (RFC 5321 §4.4)."""
    field = _RECEIVED.search(head)
    if field is None:
        return None
    try:
        at = parsedate_to_datetime(field[1].decode("ascii", "replace").rpartition(";")[2].strip())
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo else None

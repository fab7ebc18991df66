"""``maild doctor``: what can be checked of a desk, as plain functions that return findings.

A finding is one sentence and what to do about it. Nothing here changes anything; the proof that mail goes both ways is
in :mod:`maild.doctor.proof`, the looks at other machines in :mod:`maild.doctor.net`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from maild.config import places
from maild.core.errors import Problem
from maild.storage.engine import Database
from maild.storage.sqlite import REMEDY

Level = Literal["ok", "warning", "problem"]

LEAST_FREE = 200 * 1024 * 1024
"""Octets below which no mail is accepted any more."""
SPARSE = 2 * 1024 * 1024 * 1024
"""Octets below which it is time to make room."""
STALE = timedelta(minutes=15)
"""A mailbox that nobody has looked at for so long is polled by nobody."""
TOLERANCE = timedelta(minutes=2)
"""By how much clocks may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    about: str
    """A word or two: *rules*, *mailbox it*, *DNS of fjordvik.example*."""
    level: Level
    what: str
    """One sentence."""
    do: str = ""
    """What to do about it; empty when all is well."""


def rules(problems: Sequence[Problem], warnings: Sequence[Problem]) -> Iterator[Finding]:
    """Judge config, rules and letters as ``maild check`` does."""
    for problem in problems:
        yield Finding(about="rules", level="problem", what=str(problem), do="Correct the file, then: maild check")
    for warning in warnings:
        yield Finding(about="rules", level="warning", what=str(warning), do="Change it, or know what it means.")
    if not problems:
        yield Finding(about="rules", level="ok", what="Config, rules and letters can be used.")


def disk(folder: Path | None) -> Finding:
    """Look at the room where the store lies."""
    if folder is None:
        return Finding(
            about="disk", level="ok", what="The store is a PostgreSQL server: its disk is not seen from here."
        )
    free = shutil.disk_usage(folder).free
    what = f"{free // 1024**2:,} MB are free where the store lies."
    if free < LEAST_FREE:
        return Finding(
            about="disk", level="problem", what=f"{what} Mail is no longer accepted.", do="Make room at once."
        )
    if free < SPARSE:
        return Finding(about="disk", level="warning", what=what, do="Make room soon: below 200 MB no mail is accepted.")
    return Finding(about="disk", level="ok", what=what)


def files(found: Sequence[tuple[Path, int, int]]) -> Finding:
    """Look at who may look at maild's own files (path, mode, the mode it should have)."""
    what, do = places.listed(found)
    if not what:
        return Finding(about="files", level="ok", what="Nobody else may look at the store's files.")
    do = f"{do} (or give the store a folder of its own; or know what it means)"
    return Finding(about="files", level="warning", what=f"{what[0].upper()}{what[1:]}.", do=do)


def database(kept_with: Database) -> Finding:
    """Name what keeps the store, and what is wrong with it."""
    if kept_with.warning:
        return Finding(about="database", level="warning", what=f"{kept_with.warning}.", do=REMEDY)
    return Finding(about="database", level="ok", what=f"{kept_with} keeps the store.")


def lost(rows: str) -> Iterator[Finding]:
    """Tell of rows that name others which are not there."""
    if rows:
        what = f"{rows[0].upper()}{rows[1:]}."
        do = (
            "Nothing is lost by them. They are from before the database refused such rows; a report of them is welcome."
        )
        yield Finding(about="store", level="warning", what=what, do=do)


def store(status: Mapping[str, Any]) -> Iterator[Finding]:
    """Look at what lies in the store and waits for somebody."""
    for name, what, do in (
        (
            "quarantined",
            "mails are in quarantine",
            "maild inbound list --state quarantined; then: maild inbound requeue ID",
        ),
        (
            "failed",
            "outgoing mails have failed for good",
            "maild outbox list --state failed; then maild outbox retry ID",
        ),
        ("unmatched", "delivery reports belong to no mail of ours", "maild inbound list"),
    ):
        count = int(status[name])
        level: Level = "problem" if count and name != "unmatched" else "warning" if count else "ok"
        sentence = f"{count} {what}." if count else f"No {what}."
        yield Finding(about=name, level=level, what=sentence, do=do if count else "")
    for fault in status["relay_faults"]:
        what = f"Since {fault['since']} the relay refuses {fault['refuses']}: {fault['answer']}"
        do = "Set relay or [outgoing] right; what it refused then goes out by itself. See 5 in docs/deploy.md."
        yield Finding(about="relay", level="problem", what=what, do=do)
    held = int(status["outbox"].get("held", 0))
    if held:
        what = f"{held} outgoing mails are held by the breaker."
        yield Finding(about="outbox", level="warning", what=what, do="maild outbox release, or maild outbox drop")


def mailboxes(names: Sequence[str], states: Sequence[Mapping[str, Any]], *, now: datetime) -> Iterator[Finding]:
    """Look at how the polled mailboxes fare."""
    known = {state["account"]: state for state in states}
    for name in names:
        about, state = f"mailbox {name}", known.get(name)
        if state is None:
            what = "Nobody has looked into it yet."
            yield Finding(about=about, level="warning", what=what, do="Start the daemon: maild run")
            continue
        yield _fares(about, state, now)
        if state["troubles"]:
            worst = state["troubles"][-1]
            what = f"{len(state['troubles'])} mails could not be taken; the last one: {worst['reason']}"
            do = "maild status lists them; look at them with a mail client."
            yield Finding(about=about, level="warning", what=what, do=do)


def _fares(about: str, state: Mapping[str, Any], now: datetime) -> Finding:
    looked = datetime.fromisoformat(state["looked"])
    if state["error"]:
        what = f"It fails since {state['failing_since']}: {state['error']}"
        do = "See “When a mailbox fails” in docs/mailboxes.md."
        return Finding(about=about, level="problem", what=what, do=do)
    if now - looked > STALE:
        what = f"Nobody has looked into it since {state['looked']}."
        return Finding(about=about, level="problem", what=what, do="Start the daemon: maild run")
    what = f"It works: last look {state['looked']}, {state['stored']} mails taken, {state['backlog']} to take."
    return Finding(about=about, level="ok", what=what)


def clock(stamped: datetime | None, *, sent: datetime, came: datetime) -> Finding:
    """Compare our clock with the one of the server that took our own mail in (its topmost Received field)."""
    if stamped is None:
        what = "No other clock to compare ours with: no mail of ours came back with a dated Received field."
        return Finding(about="clock", level="ok", what=what)
    off = max(sent - stamped, stamped - came, timedelta(0))
    if off > TOLERANCE:
        what = f"Our clock and the mail server's differ by {off.total_seconds():.0f} seconds or more."
        return Finding(about="clock", level="problem", what=what, do="Let a time service (chrony, timesyncd) set it.")
    return Finding(about="clock", level="ok", what="Our clock agrees with the mail server's.")

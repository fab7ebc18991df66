"""``maild timers``: what is promised for a moment to come, and keeping what is due without the daemon."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from maild.cli.harmless import as_json as to_json
from maild.cli.harmless import one_line, plain
from maild.cli.store import engine_of, opened, print_rows
from maild.config import load as configs
from maild.core.cause import Step
from maild.core.reasons.words import in_words
from maild.journey.timers import Opens, keep_due
from maild.storage import timers

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from maild.journey.corridor import Corridor, Handled
    from maild.storage.letters_out import Written

WORDS: dict[Step, str] = {
    "half-open": "see whether acknowledgements may go out again",
    "drop held": "drop it, if nobody has released it by then",
    "late": "tell an agent that it has not gone out",
    "give up": "give it up, and tell an agent",
    "summary": "name to its agents the mails that they were not told of one by one",
    "go on": "write the letters that are left",
}
"""What each step promises, in people's words."""


def listing(path: Path, *, as_json: bool) -> None:
    """List the promises to come, the soonest first."""
    with opened(path) as (_, connection, zone):
        rows = [_shown(row, zone) for row in timers.listing(connection)]
    print_rows(rows, ("id", "due", "case", "about", "promise"), as_json=as_json)


def _shown(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Put a promise into people's words; its step stays as programs know it."""
    what, _, key = row["about"].partition(":")
    names = {"letter": f"outgoing mail {key}", "cause": "a large round of letters", "case": f"case {key}"}
    about = f"{names[what]} to {row['to']}" if row["to"] else names.get(what, "the desk")
    return {
        "id": row["id"],
        "due": row["due"].astimezone(zone).isoformat(),
        "case": row["case"],
        "about": about,
        "object": row["about"],
        "step": row["step"],
        "promise": WORDS[row["step"]],
        "set": row["set"].astimezone(zone).isoformat(),
    }


def moment(text: str, zone: ZoneInfo) -> datetime:
    """Read a time: ISO 8601; without an offset it is the desk's.

    Raises:
        BadParameter: with what is expected.

    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        expected = "a time like 2026-12-24T08:00 or 2026-12-24T08:00+01:00"
        raise typer.BadParameter(f"--now: found {text}, expected {expected}") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


@dataclass(slots=True, kw_only=True)
class Kept:
    """What became of one promise."""

    promise: dict[str, Any]
    handled: Handled | None = None
    """None when it could not be kept."""
    trouble: str = ""
    letters: list[dict[str, str]] = field(default_factory=list)


def run(path: Path, *, now: str | None, dry: bool, as_json: bool) -> int:
    """Keep what is due by a time, or say what would come of it; 1 when a promise could not be kept.

    Raises:
        MaildError: when other rules than those on disk are in force.

    """
    from maild.daemon.parts import corridor_for_command
    from maild.daemon.parts import now as the_wall

    config = configs.load(path)
    zone = ZoneInfo(config.desk.timezone)
    wall = the_wall()
    at = wall if now is None else moment(now, zone)
    with engine_of(config) as engine:
        corridor = corridor_for_command(config, engine)
        with _transactions(engine, dry=dry) as transaction:
            found = list(_all(transaction, corridor, at=at, wall=wall, zone=zone))
    if as_json:
        print(to_json([_as_json(one) for one in found]))
    else:
        _story(found, dry=dry)
    return 1 if any(one.handled is None for one in found) else 0


@contextmanager
def _transactions(engine: Engine, *, dry: bool) -> Iterator[Opens]:
    """Give what opens a transaction for each promise; dry, they are savepoints of one that is taken back at the end."""
    if not dry:
        yield engine.begin
        return
    with engine.connect() as connection, connection.begin() as whole:

        @contextmanager
        def savepoint() -> Iterator[Connection]:
            with connection.begin_nested():
                yield connection

        try:
            yield savepoint
        finally:
            whole.rollback()


def _all(transaction: Opens, corridor: Corridor, *, at: datetime, wall: datetime, zone: ZoneInfo) -> Iterator[Kept]:
    """Keep what is due, each with what it was before."""
    with transaction() as connection:
        rows = {row["id"]: _shown(row, zone) for row in timers.listing(connection)}
    for key, handled, trouble in keep_due(transaction, corridor, now=at, wall=wall):
        if key not in rows:  # promised by one that was kept just now
            with transaction() as connection:
                rows |= {row["id"]: _shown(row, zone) for row in timers.listing(connection, ever=[key])}
        letters = [] if handled is None else [letter(one) for one in handled.letters]
        yield Kept(promise=rows[key], handled=handled, trouble=trouble, letters=letters)


def letter(written: Written) -> dict[str, str]:
    """Return what a person would read of a letter."""
    parsed: Any = email.message_from_bytes(written.data, policy=email.policy.default)
    body = parsed.get_body(("plain",))
    text = "" if body is None else str(body.get_content()).replace("\r\n", "\n")
    held = {"held": "yes"} if written.notice.held else {}
    return {"to": written.notice.to, "subject": str(parsed["Subject"]), "text": text} | held


def _as_json(one: Kept) -> dict[str, Any]:
    """Return what programs read of a promise that was kept."""
    if one.handled is None:
        return one.promise | {"outcome": "failed", "reason": one.trouble, "letters": []}
    plan = one.handled.plan
    case = plan.case if plan.case is not None else one.promise["case"]
    return one.promise | {
        "case": case,
        "outcome": plan.outcome,
        "reason": in_words(plan.reason, "en"),
        "letters": one.letters,
    }


def _story(found: Sequence[Kept], *, dry: bool) -> None:
    console = Console(markup=False, highlight=False, soft_wrap=True)
    for one in found:
        said = _as_json(one)
        console.print(
            f"{said['due'][:16].replace('T', ' ')}  {one_line(said['about'])}: {said['promise']}", style="bold"
        )
        console.print(f"  {said['outcome']}: {one_line(said['reason'])}")
        for written in one.letters:
            print_letter(console, written)
    letters = sum(len(one.letters) for one in found)
    would = "would be " if dry else ""
    promises = "1 promise" if len(found) == 1 else f"{len(found)} promises"
    console.print(f"{promises} {would}kept, {letters} {'letter' if letters == 1 else 'letters'} {would}queued")


def print_letter(console: Console, written: dict[str, str]) -> None:
    """Print a letter as a person would read it."""
    held = "  (held)" if "held" in written else ""
    console.print(f"  → {one_line(written['to'])}: {one_line(written['subject'])}{held}", style="cyan")
    for line in plain(written["text"]).rstrip().splitlines():
        console.print(f"    {line}")

"""``maild rules explain`` for what is no mail: a promise, an answer of the relay, an admin's command.

Each walks the daemon's own corridor on the store as it stands, and everything is taken back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from maild.cli.harmless import as_json as to_json
from maild.cli.harmless import one_line
from maild.cli.listings import CHANGED, case_number
from maild.cli.rules import print_trace
from maild.cli.store import engine_of
from maild.cli.timers import letter, print_letter
from maild.config import load as configs
from maild.core.cause import About, AdminSaid, Cause, Delivered, MoveCase
from maild.core.deliveries.delivery import judge
from maild.core.errors import MaildError
from maild.core.plan import AddMessage, Change, OpenCase, Plan, SetTimer
from maild.core.reasons.reason import Reason
from maild.core.reasons.reason import text as text_of
from maild.core.reasons.trace import TraceLine
from maild.core.reasons.words import in_words
from maild.journey.corridor import foresee
from maild.storage import outbox, timers

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.journey.corridor import Handled


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked about: how it is called, and what makes it a cause in the store as it stands."""

    what: str
    cause: Callable[[Connection, datetime], tuple[Cause, datetime]]
    """The cause and when it is decided.

    Raises:
        MaildError: when there is no such thing.

    """


def asked(**given: Any) -> Asked | None:
    """Tell what is asked about: exactly one thing; None when it is a mail.

    Raises:
        BadParameter: when it is none, several, or half of one.

    """
    names = {"file": "FILE", "timer": "--timer", "delivered": "--delivered", "case": "--case", "outbox": "--outbox"}
    found = [name for name in names if given[name] is not None]
    if len(found) != 1:
        said = " and ".join(names[name] for name in found) or "nothing"
        raise typer.BadParameter(f"found {said}, expected one of {', '.join(names.values())}")
    (what,) = found
    _whole(what, given)
    if what == "file":
        return None
    return _ASKED[what](given)


def _whole(what: str, given: Mapping[str, Any]) -> None:
    """Refuse what belongs to something else, and miss what belongs to it.

    Raises:
        BadParameter: naming the first such option.

    """
    parts = {"answer": "delivered", "status": "case", "to": "file", "live": "file"}
    for part, whole in parts.items():
        there = given[part] not in (None, False)
        needed = part in ("answer", "status") and whole == what
        wanted = "FILE" if whole == "file" else f"--{whole}"
        if there and whole != what:
            raise typer.BadParameter(f"--{part} goes with {wanted} only")
        if needed and not there:
            raise typer.BadParameter(f"{wanted} needs --{part}")


def _timer(given: Mapping[str, Any]) -> Asked:
    key = given["timer"]

    def cause(connection: Connection, now: datetime) -> tuple[Cause, datetime]:
        found = timers.claim(connection, key)
        if found is None:
            raise MaildError(f"there is no promise {key} to come; see: maild timers")
        return found, max(now, found.due)

    return Asked(what=f"promise {key}", cause=cause)


def _delivered(given: Mapping[str, Any]) -> Asked:
    key, answer = given["delivered"], given["answer"].strip()
    code = re.match(r"[2-5]\d\d(?=$|[ -])", answer)
    if code is None:
        raise typer.BadParameter(f"--answer: found {answer}, expected a reply like: 550 5.1.1 no such user")
    state = judge(int(code[0]), end=True)
    if state == "sent":
        raise typer.BadParameter(f"--answer: nothing follows from {answer}: the mail has gone out")

    def cause(connection: Connection, now: datetime) -> tuple[Cause, datetime]:
        if not outbox.stand(connection, key, state, answer):
            raise MaildError(f"there is no outgoing mail {key}; see: maild outbox list")
        return Delivered(letter=key, state=state, answer=text_of(answer)), now

    return Asked(what=f"answer to outgoing mail {key}: {answer}", cause=cause)


def _case(given: Mapping[str, Any]) -> Asked:
    number, status = case_number(given["case"]), given["status"]
    said = MoveCase(case=number, status=status)
    return Asked(what=f"maild case {number} --status {status}", cause=lambda _, now: (AdminSaid(said=said), now))


def _outbox(given: Mapping[str, Any]) -> Asked:
    what, *keys = given["outbox"].split() or [""]
    if what not in CHANGED or not all(key.isascii() and key.isdigit() for key in keys):
        raise typer.BadParameter(f"--outbox: found {given['outbox']}, expected {', '.join(CHANGED)}, and ids or none")
    said = CHANGED[what][0](letters=frozenset(map(int, keys)) if keys else None)
    return Asked(what=f"maild outbox {' '.join([what, *keys])}", cause=lambda _, now: (AdminSaid(said=said), now))


_ASKED: Mapping[str, Callable[[Mapping[str, Any]], Asked]] = {
    "timer": _timer,
    "delivered": _delivered,
    "case": _case,
    "outbox": _outbox,
}


def explain(path: Path, asked: Asked, *, as_json: bool) -> None:
    """Print what would come of it, and why.

    Raises:
        MaildError: when there is no such thing.

    """
    from maild.daemon.parts import corridor_for_question, now

    config = configs.load(path)
    with engine_of(config) as engine:
        corridor, in_force = corridor_for_question(config, engine)
        with engine.connect() as connection, connection.begin() as transaction:
            try:
                cause, at = asked.cause(connection, now())
                found = foresee(connection, corridor, cause, now=at)
            finally:
                transaction.rollback()
    other = "" if in_force in (None, found.plan.rules) else str(in_force)
    if as_json:
        print(to_json(_shown(asked, found, other)))
    else:
        _story(asked, found, other)


def _shown(asked: Asked, found: Handled, other: str) -> dict[str, Any]:
    plan = found.plan
    return {
        "cause": asked.what,
        "outcome": plan.outcome,
        "case": plan.case,
        "reason": in_words(plan.reason, "en"),
        "actor": plan.actor,
        "changes": [{"change": _name(change)} | _fields(change) for change in plan.changes],
        "letters": [letter(one) for one in found.letters],
        "trace": [_line(line) for line in plan.trace],
        "rules": plan.rules,
        "rules_in_force": other or plan.rules,
    }


def _line(line: TraceLine) -> dict[str, Any]:
    return {"rule": in_words(line.rule, "en"), "hit": line.hit, "detail": in_words(line.detail, "en")}


def _story(asked: Asked, found: Handled, other: str) -> None:
    console = Console(markup=False, highlight=False, soft_wrap=True)
    plan: Plan = found.plan
    console.print(one_line(asked.what), style="bold")
    for name, value in (("outcome", plan.outcome), ("case", plan.case), ("because", in_words(plan.reason, "en"))):
        if value:
            console.print(f"  {name:13}{one_line(str(value))}")
    for change in plan.changes:
        said = ", ".join(f"{name} {value}" for name, value in _fields(change).items() if value not in (None, ""))
        console.print(f"  {'change':13}{_name(change)}: {one_line(said)}")
    for one in found.letters:
        print_letter(console, letter(one))
    in_force = f", which are not in force: {other} are" if other else ""
    console.print(f"\nrules {plan.rules}{in_force}", style="bold")
    print_trace(console, plan.trace)


def _name(change: Change) -> str:
    """Return what a change is called, in words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(change).__name__).lower()


def _fields(change: Change) -> dict[str, Any]:
    """Return what a change says, without the bodies of mails that are shown elsewhere."""
    left_out = {AddMessage: {"entry"}, OpenCase: {"thread"}, SetTimer: {"data"}}.get(type(change), set())
    names = [field.name for field in fields(change) if field.name not in left_out]
    return {name: _plain(getattr(change, name)) for name in names}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; what promises are about is written as ``maild timers --json`` does."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, About):
        return str(value)
    if isinstance(value, Reason):
        return in_words(value, "en")
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value

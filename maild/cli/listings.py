"""Commands that look at the store, or change one row of it, while the daemon runs or not."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from maild.cli.harmless import as_json as to_json
from maild.cli.harmless import one_line, plain
from maild.cli.store import opened, print_rows, say_as_admin
from maild.config import load as configs
from maild.core.cause import DropLetters, MoveCase, ReleaseLetters, RetryLetters
from maild.core.errors import MaildError, Unusable
from maild.core.plan import SettleLetter
from maild.storage import engine as engines
from maild.storage import inbound as inbound_rows
from maild.storage import references, show
from maild.storage import upgrade as upgrades


def cases(path: Path, *, as_json: bool, **filters: Any) -> None:
    """List cases."""
    with opened(path) as (_, connection, zone):
        rows = show.cases(connection, zone, **filters)
    print_rows(rows, ("number", "status", "department", "type", "assignee", "requester", "subject"), as_json=as_json)


def case_number(name: str) -> int:
    """Read a case's number.

    Raises:
        BadParameter: with what is expected.

    """
    digits = name.rpartition("#")[2]
    if not (digits.isascii() and digits.isdigit()):
        raise typer.BadParameter(f"{name} is not a case number; write 1042 or FK#1042")
    return int(digits)


def case(path: Path, name: str, *, as_json: bool, status: str | None) -> None:
    """Show one case, after moving it when asked."""
    number = case_number(name)
    if status is not None:
        say_as_admin(path, MoveCase(case=number, status=status))  # type: ignore[arg-type]
    with opened(path) as (config, connection, zone):
        found = show.case(connection, zone, number)
    if found is None:
        raise MaildError(f"there is no case {number}")
    if as_json:
        print(to_json(found))
    else:
        _story(found, config.desk.number_prefix)


def _story(case: dict[str, Any], prefix: str) -> None:
    console = Console(markup=False, highlight=False)
    console.print(f"{prefix}#{case['number']}  {one_line(case['subject'])}", style="bold")
    names = ("status", "department", "type", "group", "assignee")
    console.print(one_line(" · ".join(case[name] or "nobody" for name in names)))
    console.print(f"requester {one_line(case['requester'])} · participants {one_line(', '.join(case['participants']))}")
    for line in _more(case, prefix):
        console.print(one_line(line))
    for message in case["messages"]:
        arrow = "←" if message["direction"] == "in" else "→"
        head = f"{message['kind']} ({message['visibility']})  {one_line(message['from'])}"
        console.print(f"\n{arrow} {_clock(message['received'])}  {head}", style="cyan")
        console.print(plain(message["text"]))
        for file in message["attachments"]:
            console.print(f"  ▪ {one_line(file['name'])} ({one_line(file['type'])}, {file['size']} bytes)")
    console.print("\nhistory", style="bold")
    for event in case["events"]:
        console.print(_happened(event))
        if event.get("assignment"):
            console.print(f"    assignment: {one_line(event['assignment'])}")


def _more(case: dict[str, Any], prefix: str) -> Iterator[str]:
    """Say what else is known of a case, each thing only when there is something to say."""
    marks = [f"priority {case['priority']}"]
    marks += [f"due {_clock(case['due'])}"] if case["due"] else []
    marks += [f"tags {', '.join(case['tags'])}"] if case["tags"] else []
    yield " · ".join([*marks, "confidential"] if case["confidential"] else marks)
    if not case["answer_to"]:
        named = f"; its mail names {', '.join(case['offers'])}" if case["offers"] else ""
        yield f"no address to answer to{named}"
    elif case["answer_to"] != case["requester"]:
        yield f"answers go to {case['answer_to']}"
    linked = [f"{prefix}#{link['number']} ({link['kind']})" for link in case["linked"]]
    merged = [] if case["merged_into"] is None else [f"{prefix}#{case['merged_into']}"]
    for name, values in (
        ("other departments", case["noted_departments"]),
        ("watchers", case["watchers"]),
        ("linked", linked),
        ("merged into", merged),
    ):
        if values:
            yield f"{name} {', '.join(values)}"


def _happened(event: dict[str, Any]) -> str:
    """Say in one line what happened and why."""
    change = f"{event['before']} → {event['after']}" if event["before"] else event["after"]
    said = (f"{event['reason']}: {change}",) if event["what"] == "field" else (change, event["reason"])
    return "  ".join(one_line(part) for part in (_clock(event["at"]), event["what"], *said) if part)


def _clock(at: str) -> str:
    """Leave out what nobody reads in a moment: the parts of a second; day, time and offset stay."""
    return f"{at[:19].replace('T', ' ')}{at[-6:]}" if len(at) > 19 else at


def status(path: Path, *, as_json: bool) -> None:
    """Sum up the store."""
    with opened(path) as (_, connection, zone):
        database = engines.database(connection.engine)
        found = show.status(connection, zone)
    if as_json:
        print(to_json({"store": asdict(database)} | found))
        return
    console = Console(markup=False, highlight=False)
    mailboxes, faults = found.pop("mailboxes"), found.pop("relay_faults")
    console.print(f"{'store':12} {database.warning or database}")
    for name, value in found.items():
        text = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else value
        console.print(f"{name:12} {one_line(str(text)) if text not in ('', None) else '–'}")
    for fault in faults:
        what = f"refuses {fault['refuses']} since {_clock(fault['since'])}: {fault['answer']}"
        console.print(f"{'relay':12} {one_line(what)}")
    for mailbox in mailboxes:
        console.print(f"{'mailbox':12} {one_line(_mailbox(mailbox))}")
        for trouble in mailbox["troubles"]:
            where = f"{trouble['folder']} UID {trouble['uid']}, {trouble['attempts']} tries, last {trouble['at']}"
            console.print(one_line(f"{'':12}   not taken: {where}: {trouble['reason']}"))


def _mailbox(state: dict[str, Any]) -> str:
    """Say in one line how a polled mailbox fares."""
    well = f"well, last look {state['last_success']}"
    how = f"failing since {state['failing_since']}: {state['error']}" if state["error"] else well
    return f"{state['account']}: {how}; {state['stored']} taken, {state['backlog']} to take"


def inbound_list(path: Path, *, as_json: bool, state: str | None, limit: int | None) -> None:
    """List mails that came in."""
    with opened(path) as (_, connection, zone):
        rows = show.inbound_list(connection, zone, state=state, limit=limit)
    print_rows(rows, ("id", "state", "outcome", "case", "received", "size", "sender", "reason"), as_json=as_json)


def inbound_show(path: Path, key: int, *, as_json: bool, raw: bool) -> None:
    """Show one mail that came in."""
    with opened(path) as (_, connection, zone):
        data = inbound_rows.raw_of(connection, key)
        found = show.inbound(connection, zone, key)
    if found is None or data is None:
        raise MaildError(f"there is no inbound mail {key}")
    if raw:
        sys.stdout.buffer.write(data)
    elif as_json:
        print(to_json(found))
    else:
        _arrival(found)


def _arrival(found: dict[str, Any]) -> None:
    """Print what became of a mail, and its history, each rule that was asked on a line of its own."""
    console = Console(markup=False, highlight=False, soft_wrap=True)
    events, traceback = found.pop("events"), found.pop("traceback")
    for name, value in found.items():
        text = ", ".join(value) if isinstance(value, list) else _clock(value) if name == "received" else value
        console.print(f"{name:12} {one_line(str(text)) if text not in ('', None) else '–'}")
    if traceback:
        console.print(f"\n{plain(traceback)}")
    if events:
        console.print("\nhistory", style="bold")
    for event in events:
        console.print(_happened(event))
        for rule, hit, detail in event.get("trace") or ():
            console.print(f"    {'✔' if hit else '·'} {one_line(rule)}{': ' if detail else ''}{one_line(detail)}")


def requeue(path: Path, keys: Sequence[int]) -> None:
    """Run quarantined mails again."""
    from maild.daemon.parts import now

    with opened(path, writing=True) as (_, connection, _zone):
        missing = [key for key in keys if not inbound_rows.requeue(connection, key, now=now())]
    if missing:
        raise MaildError(f"not in quarantine: {', '.join(map(str, missing))}")
    print(f"requeued: {', '.join(map(str, keys))}")


def outbox_list(path: Path, *, as_json: bool, state: str | None, limit: int | None) -> None:
    """List mails that go out."""
    with opened(path) as (_, connection, zone):
        rows = show.outbox_list(connection, zone, state=state, limit=limit)
    print_rows(rows, ("id", "state", "case", "kind", "to", "attempts", "due", "subject", "error"), as_json=as_json)


CHANGED: dict[str, tuple[type[RetryLetters | ReleaseLetters | DropLetters], str, str]] = {
    "retry": (RetryLetters, "to be tried again", "neither deferred nor failed"),
    "release": (ReleaseLetters, "released", "not held"),
    "drop": (DropLetters, "dropped", "not held"),
}


def outbox_change(path: Path, what: str, keys: Sequence[int] | None) -> None:
    """Retry, release or drop outgoing mails."""
    said, done, wrong = CHANGED[what]
    plan = say_as_admin(path, said(letters=frozenset(keys) if keys else None))
    count = sum(isinstance(change, SettleLetter) for change in plan.changes)
    if keys and not count:
        raise MaildError(f"{wrong}: {', '.join(map(str, keys))}")
    print(f"{count} {'mail' if count == 1 else 'mails'} {done}")


def upgrade(path: Path) -> None:
    """Bring the store to the present schema."""
    config = configs.load(path)
    lock = engines.StoreLock(config.store.url)
    if not lock.take():
        raise Unusable(f"maild (process {lock.holder()}) is at work on this store; stop it first")
    try:
        engine = engines.open_engine(config.store.url)
        engines.check_reachable(engine)
        done = upgrades.upgrade(engine)
        rows = references.said(engine) if done else ""
    finally:
        lock.release()
    print(f"the store is at {upgrades.HEAD}" + ("" if done else " already") + (f"; {rows}" if rows else ""))

"""``maild rules test|explain|replay|schema`` and ``maild reload``."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress

from maild.cli.check import problems_of
from maild.cli.harmless import as_json as to_json
from maild.cli.harmless import one_line, plain
from maild.config import load as configs
from maild.config.judge import Config
from maild.config.places import make_folder, write_private
from maild.core.errors import MaildError, Unusable
from maild.core.plan import Plan
from maild.core.reasons.reason import Reason
from maild.core.reasons.trace import TraceLine
from maild.core.reasons.words import in_words
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Envelope, Mail, ReadingFailed
from maild.core.values.people import departments_of
from maild.daemon.reloading import pid_of, read_example
from maild.letters import templates
from maild.mail.reader.readers import Readers
from maild.replay import replay as replays
from maild.rulebook import examples, schema
from maild.rulebook import load as rulebook_load


def test(path: Path, *, as_json: bool) -> int:
    """Run the rules' own examples; 1 when one fails."""
    config = configs.load(path)
    loaded = rulebook_load.judge(config, instance="test")
    if loaded.rulebook is None:
        raise Unusable(loaded.problems)
    failed = examples.run(loaded.rulebook, loaded.examples, read_example)
    count = len(loaded.examples)
    if as_json:
        problems = [{"rule": one.rule, "where": one.problem.where, "what": one.problem.what} for one in failed]
        print(to_json({"examples": count, "failed": problems}))
    else:
        for one in failed:
            print(plain(str(one.problem)))
        bad = len({one.problem.where.rpartition(":")[0] + one.rule for one in failed})
        print(f"{count} examples, all as they say" if not failed else f"{count} examples, {bad} rules with failures")
    return 1 if failed else 0


def explain(path: Path, file: Path, *, to: str | None, as_json: bool, live: bool) -> None:
    """Print what would become of a mail, and every rule's hit or miss."""
    from maild.daemon.parts import given_recipients

    config = configs.load(path)
    rulebook = rulebook_load.load(config, instance="explain")
    at = datetime.now(UTC)
    envelope = Envelope(source="inject", received=at, sender=None, recipients=given_recipients(config, rulebook, to))
    mail = asyncio.run(_read(config, rulebook, _raw(file), envelope))
    if isinstance(mail, ReadingFailed):
        raise MaildError(f"{file} cannot be read: {_english(mail.reason)}")
    plan = _decide_live(config, mail, at) if live else _decide_alone(config, rulebook, mail, at)
    if as_json:
        print(to_json(_shown(plan)))
    else:
        _story(plan, mail, rulebook)


def _decide_alone(config: Config, rulebook: Rulebook, mail: Mail, at: datetime) -> Plan:
    letters = templates.load(config.templates, config.desk.languages)
    store = replays.Scratch(config, rulebook, letters)
    try:
        return store.decide(mail, now=at)
    finally:
        store.close()


def _decide_live(config: Config, mail: Mail, at: datetime) -> Plan:
    """Decide on the real store's state of this moment, and take everything back."""
    from maild.daemon.parts import corridor_for_question
    from maild.storage import engine as engines

    engine = engines.open_engine(config.store.url)
    engines.check_reachable(engine)
    try:
        corridor, _ = corridor_for_question(config, engine)
        with replays.beside(engine, corridor) as ask:
            return ask(mail, at)
    finally:
        engine.dispose()


def _raw(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise MaildError(f"{file} cannot be read: {error.strerror}") from error


def _readers(config: Config, rulebook: Rulebook, processes: int) -> Readers:
    from maild.daemon.parts import read_options

    options = read_options(config, rulebook.domains)
    return Readers(options, processes=processes, wall=config.reading.wall_seconds, memory=config.reading.memory)


async def _read(config: Config, rulebook: Rulebook, raw: bytes, envelope: Envelope) -> Mail | ReadingFailed:
    readers = _readers(config, rulebook, 1)
    await readers.start()
    try:
        return await readers.read(raw, envelope)
    finally:
        await readers.stop()


def _shown(plan: Plan) -> dict[str, Any]:
    said = {key: value for key, value in replays.verdict(plan).items() if value}
    trace = [{"rule": _english(one.rule), "hit": one.hit, "detail": _english(one.detail)} for one in plan.trace]
    return said | {"reason": _english(plan.reason), "code": plan.reason.code, "rules": plan.rules, "trace": trace}


def _english(reason: Reason | None) -> str:
    return in_words(reason, "en")


def _story(plan: Plan, mail: Mail, rulebook: Rulebook) -> None:
    console = Console(markup=False, highlight=False, soft_wrap=True)
    console.print(f"{one_line(mail.identity.shown)}: {one_line(mail.subject)}", style="bold")
    named = ", ".join(rulebook.departments[name].sender_name for name in departments_of(mail, rulebook))
    console.print(f"for {named}")
    for name, value in replays.verdict(plan).items():
        if value:
            console.print(f"  {name:13}{one_line(value)}")
    console.print(f"  {'because':13}{one_line(_english(plan.reason))}")
    console.print(f"\nrules {plan.rules}, in order", style="bold")
    print_trace(console, plan.trace)


def print_trace(console: Console, trace: Sequence[TraceLine]) -> None:
    """Print what each rule hit or missed."""
    for line in trace:
        console.print(f"  {one_line(_english(line.said))}", style="green" if line.hit else "dim")


def replay(path: Path, *, since: str, rules: Path | None, as_json: bool) -> None:
    """Decide stored mail again with candidate rules and print what would change."""
    config = configs.load(path)
    try:
        length = replays.read_since(since)
    except ValueError as error:
        raise typer.BadParameter(f"found {since}, expected {error}") from error
    candidate = config if rules is None else replace(config, rules=rules.absolute())
    books = (rulebook_load.load(config, instance="replay"), rulebook_load.load(candidate, instance="replay"))
    letters = templates.load(config.templates, config.desk.languages)
    tried = replays.Candidate(candidate, books[1], letters)
    before = replays.Scratch(config, books[0], letters, beside=books[1])
    try:
        asyncio.run(_replay(config, before, tried, datetime.now(UTC) - length, as_json=as_json))
    finally:
        before.close()
        tried.close()


async def _replay(
    config: Config, before: replays.Scratch, candidate: replays.Candidate, since: datetime, *, as_json: bool
) -> None:
    from maild.storage import engine as engines
    from maild.storage import scratch

    engine = engines.open_engine(config.store.url)
    engines.check_reachable(engine)
    readers = _readers(config, before.corridor.rulebook, max(2, config.reading.processes))
    await readers.start()
    found: list[replays.Difference] = []
    terminal = sys.stderr.isatty() and not as_json
    try:
        with engines.reading(engine) as connection, Progress(disable=not terminal, console=Console(stderr=True)) as bar:
            task = bar.add_task("deciding again", total=scratch.count(connection, since) if terminal else None)
            report = found.append if as_json else _print_difference
            summary = await replays.replay(
                connection,
                before,
                candidate,
                readers,
                since=since,
                report=report,
                tick=lambda: bar.advance(task),
            )
    finally:
        await readers.stop()
        engine.dispose()
    _print_summary(summary, found, as_json=as_json)


def _print_difference(one: replays.Difference) -> None:
    where = f"case {one.case}" if one.case is not None else "no case"
    print(f"mail {one.id} ({where}) {one_line(one.subject)}")
    for what, before, after in one.changes:
        print(f"  {what}: {one_line(before) or '–'} → {one_line(after) or '–'}")


def _print_summary(summary: replays.Summary, found: Sequence[replays.Difference], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "id": one.id,
                "case": one.case,
                "subject": one.subject,
                "department": one.department,
                "changes": {what: {"before": before, "after": after} for what, before, after in one.changes},
            }
            for one in found
        ]
        counts = {"mails": summary.mails, "changed": summary.changed, "departments": dict(summary.departments)}
        print(to_json(counts | {"differences": rows}))
    elif summary.changed:
        by = ", ".join(f"{name} {count}" for name, count in summary.departments.most_common())
        print(f"{summary.mails} mails, {summary.changed} changed: {by}")


def print_schema(out: Path | None) -> None:
    """Print the JSON Schemas, or write each into a folder."""
    found = schema.schemas()
    if out is None:
        print(to_json(found))
        return
    make_folder(out)
    for name, one in found.items():
        target = out / schema.file_name(name)
        write_private(target, json.dumps(one, ensure_ascii=False, indent=1) + "\n")
        print(f"{target}  for {name}")


def reload(path: Path) -> int:
    """Judge the files, and ask the running daemon to take them; 1 when they are wrong."""
    config = configs.load(path)
    if problems := problems_of(config):
        for problem in problems:
            print(problem, file=sys.stderr)
        return 1
    pid = pid_of(config)
    if pid is None:
        raise MaildError("no daemon runs with this config; the rules are right and will be read at its start")
    os.kill(pid, signal.SIGHUP)
    print(f"asked process {pid} to reload; its log says what came of it")
    return 0

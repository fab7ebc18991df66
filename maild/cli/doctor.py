"""``maild doctor``: look at everything, prove each department both ways, say what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from maild import logs
from maild.cli.check import places, problems_of, warnings
from maild.cli.harmless import as_json as to_json
from maild.cli.harmless import one_line
from maild.config import keys
from maild.config import load as configs
from maild.config.judge import Config
from maild.config.places import writable
from maild.config.toml_file import shown
from maild.core.errors import MaildError, Unusable
from maild.core.rules.organisation import Rulebook
from maild.daemon.parts import now, open_channel, open_to_others
from maild.daemon.service import Daemon
from maild.doctor import findings as doctor
from maild.doctor import net, proof
from maild.doctor.findings import Finding
from maild.rulebook import load as rulebook_load
from maild.storage import engine as engines
from maild.storage import references, show, store, upgrade

if TYPE_CHECKING:
    from sqlalchemy import Engine

MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


def examine(path: Path, *, wait: float, start: bool, as_json: bool) -> int:
    """Print every finding; 0 when none of them is a problem, else 1."""
    try:
        config = configs.load(path)
    except Unusable as error:
        findings = list(doctor.rules(error.problems, ()))
    else:
        logs.configure(config.log.format, "error")
        with _spinner(hidden=as_json):
            findings = asyncio.run(_findings(config, wait=wait, start=start))
    if as_json:
        print(to_json([asdict(finding) for finding in findings]))
    else:
        _print(findings)
    return 1 if any(finding.level == "problem" for finding in findings) else 0


def _spinner(*, hidden: bool) -> Progress:
    progress = Progress(SpinnerColumn(), TextColumn("{task.description}"), transient=True, disable=hidden)
    progress.add_task("looking, and waiting for mail to come in …")
    return progress


async def _findings(config: Config, *, wait: float, start: bool) -> list[Finding]:
    problems = problems_of(config)
    found = list(doctor.rules(problems, warnings(config)))
    sqlite = engines.sqlite_path(config.store.url)
    there = sqlite is None or sqlite.parent.exists()
    found.append(doctor.disk(sqlite.parent if sqlite is not None and there else None if sqlite is None else Path()))
    found.append(doctor.files(open_to_others(config)))
    found += await asyncio.to_thread(lambda: list(net.certificates(config, now=now())))
    blocked = places(config)
    for problem in blocked:
        about = "relay" if problem.where == config.outgoing.where else "store"
        do = "Move the file away, or name another place in the config; then: maild check"
        found.append(Finding(about=about, level="problem", what=str(problem), do=do))
    if problems or blocked:
        return found
    rulebook = rulebook_load.load(config, instance="doctor")
    proved = await _proof(config, rulebook, found, wait=wait, start=start)
    selectors = sorted({selector for one in proved for selector in one.selectors})
    domains = sorted(rulebook.domains)
    found += await asyncio.to_thread(lambda: list(net.names(domains, selectors=selectors, resolver=None)))
    return found


async def _proof(
    config: Config, rulebook: Rulebook, found: list[Finding], *, wait: float, start: bool
) -> list[proof.Proved]:
    """Look into the store, and prove the departments when mail can leave and somebody takes it in."""
    lock = engines.StoreLock(config.store.url)
    alone = lock.path is not None and lock.take()
    lock.release()
    async with AsyncExitStack() as stack:
        if alone and start:
            daemon = Daemon(config)
            await daemon.start()
            stack.push_async_callback(daemon.stack.aclose)
            alone = False
        proved = await _prove(config, rulebook, found, wait=wait, nobody=alone)
    _store(config, found)
    found += [one.finding for one in proved]
    times = [one for one in proved if one.sent is not None and one.came is not None]
    dated = next((one for one in times if one.stamped is not None), times[0] if times else None)
    at: datetime = now()
    sent, came = (at, at) if dated is None else (dated.sent or at, dated.came or at)
    found.append(doctor.clock(None if dated is None else dated.stamped, sent=sent, came=came))
    return proved


async def _prove(
    config: Config, rulebook: Rulebook, found: list[Finding], *, wait: float, nobody: bool
) -> list[proof.Proved]:
    if config.outgoing.maildir is not None:
        if not writable(config.outgoing.maildir):
            what = f"{config.outgoing.where}: {shown(config.outgoing.maildir)} may not be written to."
            do = "Give the folder to the user that maild runs as, or name another one in [outgoing]."
            found.append(Finding(about="relay", level="problem", what=what, do=do))
            return []
        what = f"Nothing leaves this desk: what it would send is written to {config.outgoing.maildir}."
        do = 'Name a relay in [outgoing], as in relay = "smtp://mail.fjordvik.example:587".'
        found.append(Finding(about="relay", level="warning", what=what, do=do))
        return []
    if nobody:
        what = "No daemon runs, so it was not proved that mail comes in."
        do = "Start it (maild run) and ask again, or ask with --start."
        found.append(Finding(about="departments", level="warning", what=what, do=do))
        return []
    engine = engines.open_engine(config.store.url)
    channel = open_channel(config)
    try:
        if upgrade.version(engine) != upgrade.HEAD:
            return []  # the look into the store says so
        instance = await asyncio.to_thread(_instance, engine)  # a daemon beside us may be writing on this loop
        departments = [(one.id, one.address) for one in rulebook.departments.values()]
        return await proof.prove(
            departments, channel=channel, engine=engine, key=keys.load(config.keys)[0], instance=instance, now=now,
            wait=wait,
        )  # fmt: skip
    finally:
        await channel.close()
        engine.dispose()


def _instance(engine: Engine) -> str:
    with engine.begin() as connection:
        return store.instance(connection)


def _store(config: Config, found: list[Finding]) -> None:
    sqlite = engines.sqlite_path(config.store.url)
    if sqlite is not None and not sqlite.exists():
        what = f"There is no store yet at {sqlite}."
        found.append(Finding(about="store", level="warning", what=what, do="Start the daemon once: maild run"))
        return
    engine = engines.open_engine(config.store.url)
    try:
        engines.check_reachable(engine)
        if (version := upgrade.version(engine)) != upgrade.HEAD:
            what = f"The store has schema version {version or 'none'}, this maild needs {upgrade.HEAD}."
            found.append(Finding(about="store", level="problem", what=what, do="maild db upgrade"))
            return
        found.append(doctor.database(engines.database(engine)))
        found += doctor.lost(references.said(engine))
        with engines.reading(engine) as connection:
            status = show.status(connection, ZoneInfo(config.desk.timezone))
    except MaildError as error:
        found.append(Finding(about="store", level="problem", what=str(error), do="Is the database up and reachable?"))
        return
    finally:
        engine.dispose()
    found += doctor.store(status)
    found += doctor.mailboxes([box.name for box in config.imap], status["mailboxes"], now=now())


def _print(findings: Sequence[Finding]) -> None:
    console = Console(markup=False, highlight=False)
    for finding in findings:
        mark, colour = MARKS[finding.level]
        console.print(f"{mark} {one_line(finding.about)}: {one_line(finding.what)}", style=colour)
        if finding.do:
            console.print(f"    {one_line(finding.do)}")
    counts = {level: sum(finding.level == level for finding in findings) for level in MARKS}
    console.print(f"{counts['ok']} well, {counts['warning']} warnings, {counts['problem']} problems")

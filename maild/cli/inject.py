"""``maild inject``: take mails from files, as if they had just arrived."""

from __future__ import annotations

import asyncio
import json
import mailbox
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.progress import Progress

from maild import config as configs
from maild import logs
from maild.config import Config
from maild.core.errors import Temporary
from maild.core.mail import Envelope
from maild.daemon import build_corridor, name_of_this_run, now, open_writers, read_options
from maild.intake import Intake, Report
from maild.mail.readers import Readers
from maild.storage import engine as engines
from maild.storage import inbound, show, upgrade


def inject_files(source: Path, path: Path, *, to: str | None, quiet: bool, as_json: bool) -> None:
    """Store every mail of the source; a running daemon takes them up, else they are handled here and now."""
    config = configs.load(path)
    logs.configure(config.log.format, "error")
    mails = list(_mails(source))
    if not mails:
        raise typer.BadParameter(f"{source} holds no mail")
    rows = asyncio.run(_inject(config, mails, to, quiet, show_progress=not as_json and len(mails) > 20))
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        case = f"{config.desk.number_prefix}#{row['case']}" if row["case"] else "no case"
        print(f"{row['id']}  {case}  {row['outcome'] or row['state']}  {row['reason']}")


def _mails(source: Path) -> Iterator[bytes]:
    if source.is_dir():
        for key in sorted((box := mailbox.Maildir(source, create=False)).keys()):
            yield box.get_bytes(key)
        return
    try:
        data = source.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{source} cannot be read: {error.strerror}") from error
    if not data.startswith(b"From "):
        yield data
        return
    box_file = mailbox.mbox(source, create=False)
    for number in box_file.keys():  # noqa: SIM118 - a mailbox iterates over messages, not keys
        yield box_file.get_bytes(number)


class _Nowhere:
    """A sender that sends nothing: outgoing mails stay queued for the daemon."""

    def room(self) -> None:
        """Claim nothing."""

    def take(self, mails: list[Any]) -> None:
        """Nothing is ever claimed."""

    def wake(self) -> None:
        """Nobody to wake."""


async def _inject(config: Config, mails: list[bytes], to: str | None, quiet: bool, *, show_progress: bool) -> list[Any]:
    engine = engines.open_engine(config.store.url)
    engines.check_reachable(engine)
    lock = engines.StoreLock(config.store.url)
    alone = lock.take()
    if alone:
        upgrade.upgrade(engine)
    writers = open_writers(engine)
    with Progress(disable=not show_progress) as progress:
        task = progress.add_task("taking mails", total=len(mails))
        keys = []
        for raw in mails:
            keys.append(await _accept(writers.accepting, _envelope(to, quiet), raw))
            progress.advance(task)
    if alone and engine.dialect.name == "sqlite":
        await _work(config, engine, writers)
    else:
        await _wait(engine, keys)
    await writers.close()
    lock.release()
    zone = ZoneInfo(config.desk.timezone)
    with engines.reading(engine) as connection:
        return [show.inbound(connection, zone, key) for key in keys]


def _envelope(to: str | None, quiet: bool) -> Envelope:
    recipients = (to,) if to else ()
    return Envelope(source="inject", received=now(), sender=None, recipients=recipients, quiet=quiet)


async def _accept(writer: Any, envelope: Envelope, raw: bytes) -> int:
    key: int = await writer.run(lambda c: inbound.accept(c, envelope, raw, claim_for=None))
    return key


async def _work(config: Config, engine: engines.Engine, writers: Any) -> None:
    """Walk the corridor here: no daemon is at work on this store."""
    corridor = build_corridor(config, engine, who=name_of_this_run())
    readers = Readers(
        read_options(config, corridor.rulebook.domains),
        processes=config.reading.processes,
        wall=config.reading.wall_seconds,
        memory=config.reading.memory,
    )
    await readers.start()
    intake = Intake(
        accepting=writers.accepting,
        deciding=writers.deciding,
        reader=readers,
        sender=_Nowhere(),
        corridor=lambda: corridor,
        now=now,
        report=_silent,
        quarantined=_silent_quarantine,
    )
    await intake.start(alone=True)
    while intake.busy():  # noqa: ASYNC110 - a command line that waits for a queue to empty
        await asyncio.sleep(0.02)
    await intake.stop()
    await readers.stop()


def _silent(report: Report) -> None:
    """The listing below says what became of each mail."""


def _silent_quarantine(connection: engines.Connection, key: int, reason: str) -> bool:
    """The listing below says so."""
    return False


async def _wait(engine: engines.Engine, keys: list[int], seconds: float = 30.0) -> None:
    """Wait for the running daemon to handle what was just stored."""
    for _ in range(int(seconds / 0.1)):
        with engines.reading(engine) as connection:
            if inbound.all_done(connection, keys):
                return
        await asyncio.sleep(0.1)
    raise Temporary("the mails are stored, but the daemon has not handled them all yet; see: maild inbound list")

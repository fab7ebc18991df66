"""``maild inject``: take mails from files or an old mailbox, as if they had just arrived."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer
from rich.progress import Progress

from maild import logs
from maild.cli.harmless import as_json as to_json
from maild.cli.harmless import one_line
from maild.cli.history import Box, Entry, open_box
from maild.config import load as configs
from maild.config.judge import Config
from maild.core.errors import Temporary
from maild.core.reasons.reason import Reason
from maild.core.values.mail import Envelope
from maild.daemon.parts import (
    build_corridor,
    given_recipients,
    name_of_this_run,
    now,
    open_writers,
    read_options,
)
from maild.journey.intake import Intake, Report
from maild.mail.reader.readers import Readers
from maild.rulebook import load as rulebook_load
from maild.storage import engine as engines
from maild.storage import inbound, mailboxes, references, show, upgrade

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

TOGETHER = 32
"""Mails stored in one commit."""
FEW = 20
"""Mails up to which each is listed."""
_ANY_FIELD = re.compile(rb"[A-Za-z][\w.-]{0,75}[ \t]*:")
_KNOWN_FIELD = re.compile(
    rb"(?im)^(from|to|cc|subject|date|sender|reply-to|received|return-path|delivered-to|message-id|mime-version"
    rb"|content-type|x-[a-z-]{1,60})[ \t]*:"
)
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_HEAD = 64 * 1024
SMALLER_CACHE = "pragma cache_size=-32000"
"""Two thirds of what the daemon takes: a large import fills it, and the mails' own lists need room beside it."""
PATIENCE = 30.0
"""Seconds without progress after which the running daemon is no longer waited for."""


def inject_files(source: str, path: Path, *, to: str | None, quiet: bool, as_json: bool) -> None:
    """Store every mail of the source; a running daemon takes them up, else they are handled here and now.

    What is stored already is passed over, so an import that was cut off is simply started again.
    """
    config = configs.load(path)
    logs.configure(config.log.format, "error")
    recipients = _recipients(config, to)
    box = open_box(source, config)
    try:
        if not box.entries:
            raise typer.BadParameter(f"{source} holds no mail")
        if box.single and not is_mail(box.read(box.entries[0]) or b""):
            raise typer.BadParameter(f"{source} is no mail: it has no header line such as From: or Subject:")
        asyncio.run(_inject(config, box, recipients, quiet, as_json=as_json))
    finally:
        box.close()


def _recipients(config: Config, to: str | None) -> tuple[str, ...]:
    """Judge ``--to`` by the rules, which are read only when there is one."""
    return () if to is None else given_recipients(config, rulebook_load.load(config, instance="inject"), to)


def is_mail(raw: bytes) -> bool:
    """Tell whether bytes may be a mail, however broken: a first line, or a well-known one, like ``Name: value``.

    A door takes anything, for there is a sender who waits for an answer; of a file a person can be told.
    """
    head = raw[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    first, _, rest = head.partition(b"\n")
    if _ANY_FIELD.match(first):
        return True
    if first.startswith((b"From ", b">From ")) and _ANY_FIELD.match(rest):  # the line that an mbox sets before
        return True
    return _KNOWN_FIELD.search(_BLANK_LINE.split(head, maxsplit=1)[0]) is not None


class _Nowhere:
    """A sender that sends nothing: outgoing mails stay queued for the daemon."""

    def room(self) -> None:
        """Claim nothing."""

    def take(self, mails: list[Any]) -> None:
        """Nothing is ever claimed."""

    def wake(self) -> None:
        """Nobody to wake."""


async def _inject(config: Config, box: Box, recipients: tuple[str, ...], quiet: bool, *, as_json: bool) -> None:
    engine = engines.open_engine(config.store.url)
    engines.check_reachable(engine)
    lock = engines.StoreLock(config.store.url)
    alone = lock.take()
    if alone and upgrade.upgrade(engine) and (rows := references.said(engine)):
        print(f"the store was upgraded; {rows}", file=sys.stderr)
    writers = open_writers(engine, lock=lock if alone else None)
    if engine.dialect.name == "sqlite":
        await writers.accepting.run(lambda c: c.exec_driver_sql(SMALLER_CACHE))
    there, many = len(box.entries), len(box.entries) > FEW
    with Progress(disable=as_json or not many) as progress:
        envelope = _envelope(box, recipients, quiet)
        keys, known, unread, strange = await _store(engine, writers.accepting, box, envelope, progress)
        box.let_go()
        here = alone and engine.dialect.name == "sqlite"
        todo = _undone(engine) if here else len(keys)
        task = progress.add_task("making cases", total=todo)
        if here:
            await _work(config, engine, writers, lambda left: progress.update(task, completed=todo - left))
        elif keys:
            await _wait(engine, keys, lambda done: progress.update(task, completed=done))
    await writers.close()
    engine.dispose()  # its connections hold memory that the listing would ask for anew
    lock.release()
    for entry in strange:
        print(f"skipped, no mail: {one_line(_named(box, entry))}", file=sys.stderr)
    _tell(config, engine, keys, known=known, unread=unread, strange=len(strange), as_json=as_json)
    if len(strange) == there:
        raise typer.BadParameter("there is no mail in it")


def _named(box: Box, entry: Entry) -> str:
    """Name a mail of a box so that a person finds it there: its file, its UID, or which one it is."""
    if isinstance(entry.key, str):
        return entry.key
    return f"number {entry.place + 1}" if box.account is None else f"UID {entry.key}"


def _envelope(box: Box, recipients: tuple[str, ...], quiet: bool) -> Envelope:
    account = box.account
    return Envelope(
        source="inject",
        received=now(),
        sender=None,
        recipients=recipients,
        account=account.name if account else "",
        department=account.department if account else None,
        quiet=quiet,
    )


async def _store(
    engine: Engine, writer: Any, box: Box, envelope: Envelope, progress: Progress
) -> tuple[list[int], int, int, list[Entry]]:
    """Store what is not stored yet, many in one commit.

    Returns the new ids, how many were known, how many cannot be read, and what is no mail.
    """
    task = progress.add_task("taking mails", total=len(box.entries))
    with engines.reading(engine) as connection:
        hashes = set() if box.single else inbound.hashes(connection)
        places = _stored(connection, box, box.entries)
    keys: list[int] = []
    known = unread = 0
    strange: list[Entry] = []
    batch: list[tuple[Entry, bytes]] = []
    for entry in box.entries:
        progress.advance(task)
        if entry.place in places:
            known += 1
            continue
        raw = await asyncio.to_thread(box.read, entry)
        digest = b"" if raw is None else hashlib.sha256(raw).digest()
        if raw is None:
            unread += 1
        elif digest in hashes:
            known += 1
        elif not is_mail(raw):
            strange.append(entry)
        else:
            if not box.single:
                hashes.add(digest)
            batch.append((entry, raw))
        if len(batch) >= TOGETHER or sum(len(raw) for _, raw in batch) > 8 * 1024 * 1024:
            keys += (new := await _commit(writer, box, envelope, batch))
            known += len(batch) - len(new)
            batch = []
    keys += (new := await _commit(writer, box, envelope, batch))
    return keys, known + len(batch) - len(new), unread, strange


def _stored(connection: Connection, box: Box, entries: Sequence[Entry]) -> set[int]:
    if box.account is None:
        return set()
    uids = sorted(entry.place for entry in entries)
    return mailboxes.stored(connection, box.account.name, box.account.folder, box.validity, uids)


async def _commit(writer: Any, box: Box, envelope: Envelope, batch: list[tuple[Entry, bytes]]) -> list[int]:
    """Store some mails; the ids of those that the daemon, which may poll the same folder, had not stored meanwhile."""

    def accept(connection: Connection) -> list[int]:
        found, there = [], _stored(connection, box, [entry for entry, _ in batch])
        for entry, raw in batch:
            if entry.place in there:
                continue
            key = inbound.accept(connection, envelope, raw, claim_for=None)
            if box.account is not None:
                account, folder = box.account.name, box.account.folder
                mailboxes.note(connection, account, folder, box.validity, entry.place, inbound=key)
            found.append(key)
        return found

    while batch:
        with contextlib.suppress(mailboxes.AlreadyStored):  # at the same moment: look again
            return list(await writer.run(accept, large=True))
    return []


async def _work(config: Config, engine: Engine, writers: Any, tell: Any) -> None:
    """Walk the corridor here, for what an earlier import left, too: no daemon is at work on this store."""
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
    looked = 0.0
    while intake.busy():
        await asyncio.sleep(0.02)
        if time.monotonic() - looked > 1.0:
            looked = time.monotonic()
            tell(_undone(engine))
    tell(_undone(engine))
    await intake.stop()
    await readers.stop()


def _silent(report: Report) -> None:
    """The listing below says what became of each mail."""


def _silent_quarantine(connection: Connection, key: int, reason: Reason) -> bool:
    """The listing below says so."""
    return False


def _undone(engine: Engine) -> int:
    """Return about how many mails wait in the store, whoever put them there: they are handled in their order."""
    with engines.reading(engine) as connection:
        found = inbound.undone(connection)
    return 0 if found is None else found[1] - found[0] + 1


def _left(engine: Engine, keys: list[int]) -> int:
    with engines.reading(engine) as connection:
        return inbound.left(connection, first=keys[0], last=keys[-1])


async def _wait(engine: Engine, keys: list[int], tell: Any) -> None:
    """Wait for the running daemon to handle what was just stored, for as long as it gets on with it."""
    least, since = len(keys) + 1, time.monotonic()
    while (left := _left(engine, keys)) > 0:
        tell(max(0, len(keys) - left))
        if left < least:
            least, since = left, time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            raise Temporary(
                "the mails are stored, but the daemon has not handled them all yet; see: maild inbound list"
            )
        await asyncio.sleep(0.1)
    tell(len(keys))


def _tell(
    config: Config, engine: Engine, keys: list[int], *, known: int, unread: int, strange: int, as_json: bool
) -> None:
    """Say what became of each mail, or of many in sum."""
    zone, separator = ZoneInfo(config.desk.timezone), "["
    with engines.reading(engine) as connection:
        outcomes = Counter(inbound.outcomes(connection, keys))
        for key in keys if as_json or len(keys) <= FEW else ():
            row = show.inbound(connection, zone, key) or {}
            if as_json:
                print(separator + to_json(row))
                separator = ","
            else:
                case = f"{config.desk.number_prefix}#{row['case']}" if row["case"] else "no case"
                print(f"{row['id']}  {case}  {row['outcome'] or row['state']}  {one_line(row['reason'])}")
    if as_json:
        print("]" if keys else "[]")
        return
    if len(keys) > FEW or known or unread or strange:
        counts = ", ".join(f"{name} {count}" for name, count in outcomes.most_common())
        taken = f"{len(keys)} taken{f' ({counts})' if counts else ''}"
        no_mail = f", {strange} no mail" if strange else ""
        print(f"{taken}, {known} known already, {unread} cannot be read{no_mail}")

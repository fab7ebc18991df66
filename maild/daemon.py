"""The daemon: builds every object from the config, starts them, stops them in reverse.

This is the only file that knows everyone.
"""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import shutil
import signal
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maild import keys as key_file
from maild import logs, metrics, notify, polling
from maild.channels import maildir_out, passwords, smtp_in, smtp_out
from maild.channels.deliver import Deliverer
from maild.channels.oauth2 import Tokens
from maild.clock import Clock
from maild.config import Config, Listen
from maild.core import tokens
from maild.core.errors import Temporary, Unusable
from maild.core.rules import Rulebook
from maild.intake import Intake, Report
from maild.journey import Corridor
from maild.mail import templates
from maild.mail.options import DoorTrust, ReadOptions
from maild.mail.readers import Readers
from maild.reloading import Reloader
from maild.rulebook import load as rulebook_load
from maild.storage import engine as engines
from maild.storage import outbox, runs, store, upgrade
from maild.storage.gather import Desk
from maild.storage.ids import Ids
from maild.storage.writer import Writer

if TYPE_CHECKING:
    from maild.storage.carry_out import ToSend
    from maild.storage.engine import Connection, Engine

log = logs.get("maild")

STOP_SECONDS = 30.0
"""How long a stop may take before idle senders are cut off."""
LEAST_FREE = 200 * 1024 * 1024


def now() -> datetime:
    """The clock on the wall, aware; the one place that reads it."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writers:
    """The writing lanes: one and the same on SQLite, each its own on PostgreSQL."""

    accepting: Writer
    deciding: Writer
    sending: Writer

    async def close(self) -> None:
        """Finish what was given and stop."""
        for writer in {id(w): w for w in (self.accepting, self.deciding, self.sending)}.values():
            await writer.close()


def open_store(config: Config) -> tuple[Engine, engines.StoreLock]:
    """Open, lock and upgrade the store.

    Raises:
        Unusable: when it cannot be opened, another daemon works on it, or a newer maild wrote it.

    """
    lock = engines.StoreLock(config.store.url)
    if not lock.take():
        raise Unusable(f"another maild (process {lock.holder()}) is already at work on this store; stop it first")
    try:
        engine = engines.open_engine(config.store.url)
        engines.check_reachable(engine)
        upgrade.upgrade(engine)
    except BaseException:
        lock.release()
        raise
    return engine, lock


def open_writers(engine: Engine, committed: Callable[[float, int], None] | None = None) -> Writers:
    """Start the writing threads."""
    if engine.dialect.name == "sqlite":
        only = Writer(engine, "store", committed=committed)
        return Writers(accepting=only, deciding=only, sending=only)
    return Writers(
        accepting=Writer(engine, "accept", committed=committed),
        deciding=Writer(engine, "decide", committed=committed),
        sending=Writer(engine, "send", committed=committed),
    )


def build_corridor(config: Config, engine: Engine, *, who: str) -> Corridor:
    """Read keys, rules and letters into what every mail's way needs.

    Raises:
        Unusable: with every problem of every file.

    """
    keys = key_file.load(config.keys)
    with engine.begin() as connection:
        name = store.instance(connection)
        ids = Ids(connection)
    rulebook = rulebook_load.load(config, instance=name)
    with engine.begin() as connection:
        store.record_rules(connection, rulebook.version, now=now())
    letters = templates.load(config.templates, tuple(config.desk.languages))
    desk = Desk(keys=keys, caps=rulebook.desk.caps, first_number=config.desk.first_number)
    return Corridor(rulebook=rulebook, letters=letters, desk=desk, ids=ids, who=who)


def name_of_this_run() -> str:
    """Name this run in claims: never the same twice, so an old run's claims are never taken for its own."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def read_options(config: Config, own_domains: frozenset[str]) -> ReadOptions:
    """Say how mails are to be read here."""
    doors = [(name, listen.trust) for name, listen in _doors(config)]
    doors += [(f"imap:{mailbox.name}", mailbox.trust) for mailbox in config.imap]
    return ReadOptions(
        trust=config.trust.mode,
        authserv_id=config.trust.authserv_id,
        received_by=hostname(config),
        own_domains=own_domains,
        doors=tuple(
            DoorTrust(door=name, trust=own.mode, authserv_id=own.authserv_id) for name, own in doors if own is not None
        ),
    )


def _doors(config: Config) -> list[tuple[str, Listen]]:
    named = (("smtp", config.smtp), ("lmtp", config.lmtp), ("submission", config.submission))
    return [(name, listen) for name, listen in named if listen is not None]


def hostname(config: Config) -> str:
    """Return the name we greet with."""
    return config.desk.hostname or socket.getfqdn()


def knows(rulebook: Rulebook, keys: Sequence[Any]) -> Callable[[str], bool]:
    """Make the test whether a recipient is one of ours: everything else is refused at once and never bounced later."""
    locals_ = {address.rpartition("@")[0] for address in rulebook.by_address}

    def known(address: str) -> bool:
        local, at, domain = address.lower().rpartition("@")
        if local == "postmaster" or (not at and domain == "postmaster"):
            return True
        if domain not in rulebook.domains:
            return False
        if tokens.verify_bounce(keys, address) is not None or tokens.ADDRESS_SHAPE.fullmatch(address):
            return True
        base = local.partition("+")[0]
        return f"{base}@{domain}" in rulebook.by_address or (domain == rulebook.desk.reply_domain and base in locals_)

    return known


class Daemon:
    """One running maild."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.metrics = metrics.Metrics()
        self.who = name_of_this_run()
        self.stack = AsyncExitStack()
        self.ports: dict[str, int] = {}
        self.reloader: Reloader | None = None

    async def start(self) -> None:
        """Start everything, or nothing.

        Raises:
            Unusable: with what is wrong, after stopping what had been started.

        """
        try:
            await self._start()
        except BaseException:
            await self.stack.aclose()
            raise

    async def _start(self) -> None:
        config = self.config
        engine, lock = open_store(config)
        self.stack.callback(lock.release)
        self.stack.callback(engine.dispose)
        self._swap(build_corridor(config, engine, who=self.who))
        self.writers = open_writers(engine, self.metrics.committed)
        self.stack.push_async_callback(self.writers.close)
        self.engine = engine
        alone = engine.dialect.name == "sqlite"
        self.readers = Readers(
            read_options(config, self.corridor.rulebook.domains),
            processes=config.reading.processes,
            wall=config.reading.wall_seconds,
            memory=config.reading.memory,
        )
        await self.readers.start()
        self.stack.push_async_callback(self.readers.stop)
        run = await self._begin_run()
        channel = open_channel(config)
        self.stack.push_async_callback(channel.close)
        self.deliverer = Deliverer(
            channel=channel,
            writer=self.writers.sending,
            who=self.who,
            now=now,
            settle=self._settle,
            notes=run,
            connections=config.outgoing.connections,
            sent=self._sent,
            trouble=lambda what: log.error("trouble sending", reason=what),
        )
        await self.deliverer.start(alone=alone)
        self.stack.push_async_callback(self.deliverer.stop, STOP_SECONDS)
        self.intake = Intake(
            accepting=self.writers.accepting,
            deciding=self.writers.deciding,
            reader=self.readers,
            sender=self.deliverer,
            corridor=lambda: self.corridor,
            now=now,
            report=self._report,
            quarantined=self._quarantined,
        )
        await self.intake.start(alone=alone)
        self.stack.push_async_callback(self.intake.stop)
        await self._open_doors()
        self._poll_mailboxes()
        self._start_clock()
        self.reloader = Reloader(
            config,
            corridor=lambda: self.corridor,
            swap=self._swap,
            record=self._record_rules,
            tell=self._tell_operator,
            metrics=self.metrics,
        )
        self.reloader.start()
        self.stack.push_async_callback(self.reloader.stop)

    async def _begin_run(self) -> runs.Run:
        """Begin this run, and settle what killed runs of this machine left behind.

        Raises:
            Unusable: when there is no place for a run's file.

        """
        place = runs.place(self.config.store.url, self.config.keys)
        try:
            run = runs.Run.begin(place, self.who)
        except OSError as error:
            raise Unusable(f"{place.parent} cannot be written to: {error.strerror}") from error
        self.stack.callback(run.end)
        await self._settle_dead_runs()
        return run

    async def _settle_dead_runs(self) -> int:
        """Record and free what runs that were killed left; how many there were."""
        place, at = runs.place(self.config.store.url, self.config.keys), now()
        found = runs.dead(place, anywhere=self.engine.dialect.name == "sqlite")
        for run in found:
            await self.writers.sending.run(partial(runs.take_over, run=run, now=at))
            try:
                run.forget()
            except OSError as error:
                log.error("a killed run's file stays", file=str(run.path), reason=str(error.strerror))
        return len(found)

    def _swap(self, corridor: Corridor) -> None:
        """Put new rules and letters in force, for the doors too."""
        self.corridor = corridor
        self._known = knows(corridor.rulebook, corridor.desk.keys)

    def _reload(self) -> None:
        if self.reloader is not None:
            self.reloader.request()

    async def _record_rules(self, version: str) -> None:
        at = now()
        await self.writers.deciding.run(lambda c: store.record_rules(c, version, now=at))

    def _poll_mailboxes(self) -> None:
        if self.config.imap:
            pollers = polling.start(
                [polling.polled(mailbox) for mailbox in self.config.imap],
                intake=self.intake,
                writer=self.writers.accepting,
                who=self.who,
                now=now,
                alert=self._tell,
                alone=self.engine.dialect.name == "sqlite",
            )
            self.stack.push_async_callback(polling.stop, pollers)

    # -- doors ----------------------------------------------------------------------------------------------------

    async def _open_doors(self) -> None:
        config = self.config
        for kind, listen in _doors(config):
            login = None
            if kind == "submission" and listen.passwords is not None:
                login = passwords.checker(passwords.load(listen.passwords))
            door = smtp_in.Door(
                kind=kind,  # type: ignore[arg-type]
                host=listen.host,
                port=listen.port,
                hostname=hostname(self.config),
                max_size=listen.max_size,
                tls=listen.tls,
                ssl_context=None if listen.certificate is None else server_context(listen.certificate, listen.key),
                max_connections=listen.max_connections,
                per_ip=listen.per_ip,
                exempt_loopback=True,
            )
            try:
                opened = await smtp_in.open_door(
                    door,
                    accept=self._accept,
                    knows=lambda a: self._known(a),
                    login=login,
                    now=now,
                    room=Room(self.config, listen),
                )
            except OSError as error:
                raise Unusable(f"{kind} cannot listen on {listen.host}:{listen.port}: {error.strerror}") from error
            self.stack.push_async_callback(opened.stop, STOP_SECONDS)
            self.ports[kind] = opened.port
            log.info("listening", door=kind, host=listen.host, port=opened.port)
        if self.config.http is not None:
            await self._open_http()

    async def _open_http(self) -> None:
        assert self.config.http is not None
        host, port = self.config.http.host, self.config.http.port
        try:
            server = await metrics.serve(host, port, self.metrics, self._health)
        except OSError as error:
            raise Unusable(f"http cannot listen on {host}:{port}: {error.strerror}") from error
        self.stack.callback(server.close)
        self.ports["http"] = server.sockets[0].getsockname()[1]
        log.info("listening", door="http", host=host, port=self.ports["http"])

    async def _accept(self, envelope: Any, raw: bytes) -> int:
        key = await self.intake.accept(envelope, raw)
        self.metrics.accepted()
        return key

    def _health(self) -> dict[str, Any]:
        return {"in_work": self.intake.waiting(), "rules": self.corridor.rulebook.version}

    # -- what happens to mails ------------------------------------------------------------------------------------

    def _report(self, report: Report) -> None:
        self.metrics.handled(report.outcome, report.seconds)
        logs.handled(
            log,
            id=report.id,
            case=report.case,
            verdict=report.outcome,
            reason=report.reason,
            ms=round(report.seconds * 1000, 1),
        )
        if report.outcome == "quarantined":
            self.metrics.quarantined()
            log.error("quarantined", id=report.id, reason=report.reason)
        for trouble in report.troubles:
            log.error("letter fell back", letter=trouble)
            self._tell(f"letter:{trouble}", "a letter could not be written from its template", trouble)

    def _tell(self, once_key: str, subject: str, reason: str) -> None:
        task = asyncio.ensure_future(self._tell_operator(once_key, subject, reason))
        task.add_done_callback(_look)

    async def _tell_operator(self, once_key: str, subject: str, reason: str) -> None:
        corridor, at = self.corridor, now()
        queued = await self.writers.deciding.run(
            lambda c: notify.operator(c, corridor, once_key=once_key, subject=subject, reason=reason, now=at)
        )
        if queued:
            self.deliverer.wake()

    def _quarantined(self, connection: Connection, inbound_id: int, reason: str) -> bool:
        subject, text = f"mail {inbound_id} is in quarantine", f"maild inbound show {inbound_id}: {reason}"
        at = now()
        once_key = f"quarantine:{inbound_id}:{at.isoformat()}"
        return notify.operator(connection, self.corridor, once_key=once_key, subject=subject, reason=text, now=at)

    def _settle(self, connection: Connection, results: Sequence[tuple[ToSend, outbox.Result]]) -> bool:
        at, told = now(), False
        outbox.record(connection, [result for _, result in results], who=self.who, now=at)
        for mail, result in results:
            if result.warn and not (mail.warned and result.state == "deferred"):
                told |= notify.undelivered(connection, self.corridor, mail, result, now=at)
        return told

    def _sent(self, mail: ToSend, result: outbox.Result) -> None:
        self.metrics.sent(result.state)
        if result.state != "sent":
            log.warning("not sent", outbox=mail.id, case=mail.case, state=result.state, answer=result.answer)

    # -- the clock ------------------------------------------------------------------------------------------------

    def _start_clock(self) -> None:
        clock = Clock()
        clock.every(60, self._housekeep)
        clock.start()
        self.stack.callback(clock.stop)

    async def _housekeep(self) -> None:
        at = now()
        try:
            await self.writers.deciding.run(lambda c: outbox.refresh_median(c, now=at))
            if await self._settle_dead_runs():
                self.deliverer.wake()
            dropped = await self.writers.deciding.run(
                lambda c: outbox.drop(c, None, now=at, older_than=at - outbox.HELD_FOR)
            )
        except Temporary as error:
            log.warning("housekeeping waits", reason=str(error))
            return
        if dropped:
            log.warning("held mails dropped", count=dropped)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, then stop in order: doors, intake, deliverer, readers, store."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        await self.start()
        gc.collect()
        gc.freeze()  # what a start makes stays: to look through it again for garbage took 80 ms, and all mail waited
        gc.set_threshold(5_000, 20, 20)
        log.info("ready", store=self.engine.dialect.name, rules=self.corridor.rulebook.version, **self.ports)
        await stop.wait()
        log.info("stopping")
        await self.stack.aclose()
        log.info("stopped")


def open_channel(config: Config) -> Any:
    """Open the way out: a relay, or a maildir to look at what would be sent."""
    out = config.outgoing
    if out.maildir is not None:
        return maildir_out.Maildir(out.maildir)
    return smtp_out.Relay(
        host=out.host,
        port=out.port,
        tls=out.tls,
        username=out.username,
        password=out.password,
        tokens=None if out.oauth2 is None else Tokens(polling.grant_of(out.oauth2, subject=out.username or "")),
        connections=out.connections,
        hostname=hostname(config),
    )


def server_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """Read a certificate for a door.

    Raises:
        Unusable: when it cannot be read or does not fit its key.

    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise Unusable(f"the certificate {certificate} cannot be used: {error}") from error
    return context


class Room:
    """Tells whether the disk has room for another mail (452 below 1.5 times the size limit, at least 200 MB)."""

    def __init__(self, config: Config, listen: Listen) -> None:
        path = engines.sqlite_path(config.store.url)
        self._folder = None if path is None else path.parent
        self._least = max(LEAST_FREE, listen.max_size * 3 // 2)

    def __call__(self) -> bool:
        """Look at the disk; a PostgreSQL store has its own."""
        return self._folder is None or shutil.disk_usage(self._folder).free >= self._least


def _look(done: asyncio.Future[None]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        log.error("operator not told", reason=str(error))

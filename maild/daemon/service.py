"""The daemon: puts the parts together, starts them, stops them in reverse.

This is the only file that knows everyone.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from maild import logs, metrics
from maild.channels.outgoing.deliver import Deliverer
from maild.channels.smtp import conversation, passwords
from maild.channels.smtp.door import Door
from maild.clock import Clock
from maild.config import places
from maild.config.judge import Config
from maild.core.errors import Temporary, Unusable
from maild.core.reasons.reason import Reason, because, text
from maild.core.reasons.words import in_words
from maild.daemon import polling
from maild.daemon.parts import (
    Room,
    build_corridor,
    doors,
    hostname,
    knows,
    name_of_this_run,
    now,
    open_channel,
    open_store,
    open_to_others,
    open_writers,
    read_options,
    server_context,
)
from maild.daemon.reloading import Reloader
from maild.journey import delivered
from maild.journey.corridor import Corridor
from maild.journey.intake import Intake, Report
from maild.journey.relay_faults import RelayFaults
from maild.journey.said import tell_operator
from maild.journey.timers import Keeper
from maild.mail.reader.readers import Readers
from maild.storage import ahead, outbox, runs, sqlite, store
from maild.storage import engine as engines

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.core.deliveries.refusals import Fault
    from maild.storage.letters_out import ToSend

log = logs.get("maild")

STOP_SECONDS = 30.0
"""How long a stop may take before idle senders are cut off."""


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
        database = engines.database(engine)
        log.info("store", database=str(database))
        if database.warning:
            log.warning("check", problem=f"{database.warning}. {sqlite.REMEDY}")
        if opened := open_to_others(config):
            log.warning("check", problem=". ".join(places.listed(opened)))
        self.stack.callback(lock.release)
        self.stack.callback(engine.dispose)
        self._swap(build_corridor(config, engine, who=self.who))
        self.writers = open_writers(engine, self.metrics.committed, lock=lock)
        self.stack.push_async_callback(self.writers.close)
        await self.writers.deciding.run(lambda c: ahead.at_start(c, now=now()))
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
        self.faults = RelayFaults(
            writer=self.writers.deciding, corridor=lambda: self.corridor, metrics=self.metrics, now=now
        )
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
            own=lambda domain: domain in self.corridor.rulebook.domains,
            faults=self._relay_faults,
        )
        self.keeper = Keeper(
            writer=self.writers.deciding,
            corridor=lambda: self.corridor,
            now=now,
            wake=self.deliverer.wake,
            trouble=lambda key, what: log.error("promise not kept", timer=key, reason=what),
        )
        self.deliverer.lookout.adopt(await self.faults.known())
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
        self._known = knows(corridor.rulebook, corridor.settings.keys)

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
        for kind, listen in doors(config):
            login = None
            if kind == "submission" and listen.passwords is not None:
                login = passwords.checker(passwords.load(listen.passwords))
            door = Door(
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
                opened = await conversation.open_door(
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
        found = {"in_work": self.intake.waiting(), "rules": self.corridor.rulebook.version}
        return found | {"relay": str(self.faults) or "takes mail"}

    # -- what happens to mails ------------------------------------------------------------------------------------

    def _report(self, report: Report) -> None:
        self.metrics.handled(report.outcome, report.seconds)
        why = in_words(report.reason, "en")
        logs.handled(
            log,
            id=report.id,
            case=report.case,
            verdict=report.outcome,
            reason=why,
            ms=round(report.seconds * 1000, 1),
        )
        if report.outcome == "quarantined":
            self.metrics.quarantined()
            log.error("quarantined", id=report.id, reason=why)
        for trouble in report.troubles:
            log.error("letter fell back", letter=trouble)
            self._tell(f"letter:{trouble}", because("letter fell back"), text(trouble))

    def _relay_faults(self, faults: Sequence[Fault]) -> None:
        self.faults.stand(faults)
        asyncio.ensure_future(self._record_faults()).add_done_callback(_look)

    async def _record_faults(self) -> None:
        if await self.faults.record():
            self.deliverer.wake()

    def _tell(self, once_key: str, title: Reason, reason: Reason) -> None:
        task = asyncio.ensure_future(self._tell_operator(once_key, title, reason))
        task.add_done_callback(_look)

    async def _tell_operator(self, once_key: str, title: Reason, reason: Reason) -> None:
        corridor, at = self.corridor, now()
        queued = await self.writers.deciding.run(
            lambda c: tell_operator(c, corridor, once_key=once_key, title=title, reason=reason, now=at)
        )
        if queued:
            self.deliverer.wake()

    def _quarantined(self, connection: Connection, inbound_id: int, reason: Reason) -> bool:
        title, reason = because("mail is in quarantine", inbound_id), because("see inbound", inbound_id, reason)
        at = now()
        once_key = f"quarantine:{inbound_id}:{at.isoformat()}"
        return tell_operator(connection, self.corridor, once_key=once_key, title=title, reason=reason, now=at)

    def _settle(self, connection: Connection, results: Sequence[tuple[ToSend, outbox.Result]]) -> bool:
        return delivered.settle(connection, self.corridor, results, who=self.who, now=now())

    def _sent(self, mail: ToSend, result: outbox.Result) -> None:
        self.metrics.sent(result.state)
        if result.state != "sent":
            why = in_words(result.reason, "en")
            log.warning("not sent", outbox=mail.id, case=mail.case, state=result.state, answer=why)

    # -- the clock ------------------------------------------------------------------------------------------------

    def _start_clock(self) -> None:
        clock = Clock(set_back=self._set_back)
        clock.every(60, self._housekeep)
        clock.every(1, self._keep_promises)
        clock.start()
        self.stack.callback(clock.stop)

    def _set_back(self, step: timedelta) -> None:
        at = now()
        log.warning("the clock was set back", seconds=round(step.total_seconds()))
        moved = self.writers.deciding.submit(lambda c: ahead.set_back(c, now=at, step=step))
        moved.add_done_callback(lambda done: _look(done, "what is due was not moved with the clock"))
        moved.add_done_callback(lambda _: self.deliverer.wake())

    async def _housekeep(self) -> None:
        at = now()
        try:
            await self.writers.deciding.run(lambda c: outbox.refresh_median(c, now=at))
            if await self._settle_dead_runs():
                self.deliverer.wake()
        except Temporary as error:
            log.warning("housekeeping waits", reason=str(error))
            return
        await self._record_faults()

    async def _keep_promises(self) -> None:
        try:
            await self.keeper.tick()
        except Temporary as error:
            log.warning("promises wait", reason=str(error))

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


def _look(done: asyncio.Future[Any], what: str = "operator not told") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        log.error(what, reason=str(error))

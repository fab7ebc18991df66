"""The parts that the daemon and the commands are made of, each built from the config."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maild import logs
from maild.channels.oauth2 import Tokens
from maild.channels.outgoing import maildir as maildir_out
from maild.channels.outgoing import relay as smtp_out
from maild.config import keys as key_file
from maild.config import places
from maild.config.judge import Config, Listen
from maild.config.toml_file import shown, tell, unknown
from maild.core.errors import MaildError, Problem, Unusable
from maild.core.rules.organisation import Rulebook
from maild.core.threads import tokens
from maild.daemon import polling
from maild.daemon.reloading import pid_file
from maild.journey.corridor import Corridor
from maild.letters import templates
from maild.mail.options import DoorTrust, ReadOptions
from maild.rulebook import load as rulebook_load
from maild.storage import engine as engines
from maild.storage import references, runs, store, upgrade
from maild.storage.gather import Settings
from maild.storage.ids import Ids
from maild.storage.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy import Engine

LEAST_FREE = 200 * 1024 * 1024

log = logs.get("maild")


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
        if upgrade.upgrade(engine) and (rows := references.said(engine)):
            log.warning("the store was upgraded", problem=rows)
    except BaseException:
        lock.release()
        raise
    return engine, lock


def open_to_others(config: Config) -> list[tuple[Path, int, int]]:
    """Find what of maild's own files group or others may look at: path, mode, and the mode it should have.

    They are made private; whoever opened one may have meant it, so nobody closes it unasked.
    """
    run, sqlite = runs.place(config.store.url, config.keys), engines.sqlite_path(config.store.url)
    paths = [config.keys, pid_file(config), *sorted(run.parent.glob(glob.escape(run.name) + "*"))]
    if sqlite is not None:
        paths = [sqlite.parent, *(sqlite.with_name(sqlite.name + end) for end in engines.FILES), *paths]
    if config.outgoing.maildir is not None:
        paths += maildir_out.folders(config.outgoing.maildir)
    return list(places.open_to_others(paths))


def open_writers(
    engine: Engine, committed: Callable[[float, int], None] | None = None, *, lock: engines.StoreLock | None
) -> Writers:
    """Start the writing threads; with the store's ``lock`` in hand they keep a SQLite store's journal short."""
    if engine.dialect.name == "sqlite":
        only = Writer(engine, "store", committed=committed, lock=lock)
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
    settings = Settings(keys=keys, caps=rulebook.desk.caps, first_number=config.desk.first_number)
    return Corridor(rulebook=rulebook, letters=letters, settings=settings, ids=ids, who=who)


def corridor_for_command(config: Config, engine: Engine) -> Corridor:
    """Read what an admin's word needs to walk the corridor in the command's own process: the rules in force.

    Raises:
        MaildError: when the rules on disk are broken, or are not those in force.

    """
    keys = key_file.load(config.keys)
    with engine.begin() as connection:
        name, ids, in_force = store.instance(connection), Ids(connection), store.rules_in_force(connection)
    try:
        rulebook = rulebook_load.load(config, instance=name)
    except Unusable as error:
        raise MaildError("nothing was changed: the rules on disk are broken; see: maild check") from error
    if in_force not in (None, rulebook.version):
        what = f"the rules on disk ({rulebook.version}) are not those in force ({in_force})"
        raise MaildError(f"nothing was changed: {what}; run maild reload, or restart maild, first")
    letters = templates.load(config.templates, tuple(config.desk.languages))
    settings = Settings(keys=keys, caps=rulebook.desk.caps, first_number=config.desk.first_number)
    return Corridor(rulebook=rulebook, letters=letters, settings=settings, ids=ids, who=name_of_this_run())


def corridor_for_question(config: Config, engine: Engine) -> tuple[Corridor, str | None]:
    """Read what a question needs to walk the corridor, by the rules on disk; with the version that is in force.

    Nothing is noted in the store: a question changes nothing.

    Raises:
        Unusable: with every problem of the rules.

    """
    with engine.begin() as connection:
        name, ids, in_force = store.instance(connection), Ids(connection), store.rules_in_force(connection)
    rulebook = rulebook_load.load(config, instance=name)
    letters = templates.load(config.templates, tuple(config.desk.languages))
    settings = Settings(keys=key_file.load(config.keys), caps=rulebook.desk.caps, first_number=config.desk.first_number)
    corridor = Corridor(rulebook=rulebook, letters=letters, settings=settings, ids=ids, who=name_of_this_run())
    return corridor, in_force


def name_of_this_run() -> str:
    """Name this run in claims: never the same twice, so an old run's claims are never taken for its own."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def read_options(config: Config, own_domains: frozenset[str]) -> ReadOptions:
    """Say how mails are to be read here."""
    trusts = [(name, listen.trust) for name, listen in doors(config)]
    trusts += [(f"imap:{mailbox.name}", mailbox.trust) for mailbox in config.imap]
    return ReadOptions(
        trust=config.trust.mode,
        authserv_id=config.trust.authserv_id,
        received_by=hostname(config),
        own_domains=own_domains,
        doors=tuple(
            DoorTrust(door=name, trust=own.mode, authserv_id=own.authserv_id) for name, own in trusts if own is not None
        ),
    )


def doors(config: Config) -> list[tuple[str, Listen]]:
    """Return the doors that are to be opened, each with its name."""
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


def given_recipients(config: Config, rulebook: Rulebook, to: str | None) -> tuple[str, ...]:
    """Return the recipients of a mail that an admin gives with ``--to``: none, or an address that a door would take.

    Raises:
        MaildError: naming the nearest address, when it is none of ours.

    """
    if to is None:
        return ()
    # Only a bounce address needs the keys, and nothing may make them just to look at one.
    signed = tokens.BOUNCE_SHAPE.fullmatch(to) is not None and config.keys.exists()
    if not knows(rulebook, key_file.load(config.keys) if signed else ())(to):
        raise MaildError(f"--to: {unknown(to, rulebook.by_address, found=tell(to))}")
    return (to,)


def open_channel(config: Config) -> Any:
    """Open the way out: a relay, or a maildir to look at what would be sent.

    Raises:
        Unusable: when the maildir cannot be made.

    """
    out = config.outgoing
    if out.maildir is not None:
        channel = maildir_out.Maildir(out.maildir)
        try:
            channel.make()
        except OSError as error:
            what = f"outgoing.relay: the maildir cannot be used: {shown(Path(error.filename))}: {error.strerror}"
            raise Unusable((Problem(where=out.where, what=what),)) from error
        return channel
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


LOOK = 0.25
"""Seconds that a look at the disk holds: no stream of mails takes the room that is left in so short a time."""


class Room:
    """Tells whether the disk has room for another mail (452 below 1.5 times the size limit, at least 200 MB)."""

    def __init__(self, config: Config, listen: Listen) -> None:
        path = engines.sqlite_path(config.store.url)
        self._folder = None if path is None else path.parent
        self._least = max(LEAST_FREE, listen.max_size * 3 // 2)
        self._there_is, self._until = True, 0.0

    def __call__(self) -> bool:
        """Look at the disk, four times a second at most; a PostgreSQL store has its own."""
        if self._folder is not None and (now := time.monotonic()) >= self._until:
            self._there_is = shutil.disk_usage(self._folder).free >= self._least
            self._until = now + LOOK
        return self._there_is

"""A desk to torment: a throw-away folder, the real ``python -m maild run`` in it, and eyes on what it stores."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 30.0

CONFIG = """
[desk]
name = "Prøvedesken"
number_prefix = "FK"
timezone = "Europe/Oslo"
languages = ["no", "sv", "en"]
reply_domain = "sak.desk.example"
hostname = "{hostname}"
operator = "operator@desk.example"
[store]
url = "{store}"
[smtp]
listen = "127.0.0.1:{port}"
max_connections = 300
per_ip = 300
[outgoing]
relay = "smtp://127.0.0.1:{relay}"
[http]
listen = "127.0.0.1:0"
[trust]
mode = "none"
agents = "token"
{caps}
[log]
format = "json"
"""
NO_CAPS = """
[caps]
per_address_10min = 1000000
per_address_day = 1000000
per_domain_hour = 1000000
breaker_floor = 1000000
"""
DEPARTMENTS = """
[it]
address = "it@{domain}"
aliases = ["orakel@{domain}"]
sender_name = "IT-support"
default_type = "it.incident"
default_group = "it-1"
language = "no"
burst = 0
shared = "noted"
[hr]
address = "hr@{domain}"
sender_name = "HR"
default_type = "hr.leave"
default_group = "hr-1"
language = "sv"
burst = 0
shared = "noted"
"""
GROUPS = """
[it-1]
department = "it"
members = ["camilla", "david"]
[hr-1]
department = "hr"
members = ["grete"]
"""
PEOPLE = """
[[agent]]
id = "camilla"
name = "Camilla Dahl"
address = "camilla.dahl@{domain}"
[[agent]]
id = "david"
name = "David Nilsen"
address = "david.nilsen@{domain}"
[[agent]]
id = "grete"
name = "Grete Hansen"
address = "grete.hansen@{domain}"
"""


@dataclass(slots=True, kw_only=True, eq=False)
class RunningDesk:
    """One maild process and the folder it lives in."""

    folder: Path
    relay: int
    """The port of the relay that outgoing mail goes to."""
    store: str = ""
    """The store's url; empty for a SQLite file in the folder."""
    port: int = 0
    domain: str = "desk.example"
    caps: str = NO_CAPS
    """The config's section on caps; the tests flood a desk with mail, so by default nothing is capped."""
    extra: str = ""
    """More config, appended."""
    package: Path | None = None
    """A folder that holds another copy of the package ``maild`` to run; None for the one of this checkout."""
    command: tuple[str, ...] = ("-m", "maild", "run", "--config")
    """What Python runs; the config's path is appended."""
    before: tuple[str, ...] = ()
    """A program to run it under, such as strace."""
    umask: int = -1
    """The umask of the daemon and of the commands; -1 for the tests' own."""
    library: str = "bundled"
    """The SQLite that it keeps its file with: ``bundled``, or ``system`` as on a machine without a wheel."""
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _log_seen: int = 0

    def __post_init__(self) -> None:
        self.port = self.port or free_port()
        self.store = self.store or f"sqlite:///{self.folder}/store/maild.db"
        self.write()

    # -- files ----------------------------------------------------------------------------------------------------

    @property
    def config(self) -> Path:
        """The config file."""
        return self.folder / "config.toml"

    @property
    def log(self) -> Path:
        """What the process said, both on stdout and stderr, over all its runs."""
        return self.folder / "log"

    def write(self) -> None:
        """Write config and rules."""
        rules = self.folder / "rules"
        rules.mkdir(parents=True, exist_ok=True)
        values = {"store": self.store, "port": self.port, "relay": self.relay, "hostname": f"mx.{self.domain}"}
        values["caps"] = self.caps
        self.config.write_text(CONFIG.format(**values).replace("desk.example", self.domain) + self.extra)
        for name, text in (("departments", DEPARTMENTS), ("groups", GROUPS), ("people", PEOPLE)):
            (rules / f"{name}.toml").write_text(text.format(domain=self.domain))
        if not (self.folder / "templates").exists():
            (self.folder / "templates").symlink_to(ROOT / "templates")

    # -- the process ----------------------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """What its processes find in their environment."""
        package = str(self.package or ROOT)
        without = [str(ROOT / "tests" / "daemon" / "without_bundled")] if self.library == "system" else []
        return os.environ | {"PYTHONPATH": os.pathsep.join([*without, package])}

    def start(self, *, wait: bool = True) -> None:
        """Start the daemon; with ``wait`` until it says that it is ready."""
        self._log_seen = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.before, sys.executable, *self.command, str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.package or self.folder,
                env=self.environment,
                start_new_session=True,
                umask=self.umask,
            )
        self.starts += 1
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait for the line that says so."""
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if self.process is None or self.process.poll() is not None:
                raise RuntimeError(f"the daemon ended instead of starting:\n{self.said()[-4000:]}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the daemon is not ready after {seconds} s:\n{self.said()[-4000:]}")
            time.sleep(0.01)

    def is_ready(self) -> bool:
        """Tell whether this run has said that it is ready."""
        return '"event": "ready"' in self.said()

    def said(self) -> str:
        """What this run said so far."""
        with self.log.open("rb") as log:
            log.seek(self._log_seen)
            return log.read().decode(errors="replace")

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every line of the log so far, over all runs."""
        for line in self.log.read_text().splitlines():
            yield json.loads(line)

    def handled(self) -> Iterator[dict[str, Any]]:
        """The lines that say what became of a mail."""
        return (line for line in self.lines() if line["event"] == "mail.handled")

    def kill(self) -> None:
        """Kill it the hard way, its reader children too, as a machine that stops would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def stop(self, seconds: float = 40.0) -> int:
        """Stop it in order; its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(seconds)

    def close(self) -> None:
        """Leave no process behind."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def maild(self, *arguments: str) -> Any:
        """Run an admin's command with ``--json`` on this desk; what it printed."""
        done = self.run(*arguments, "--json")
        if done.returncode:
            raise RuntimeError(f"{arguments}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run an admin's command as typed."""
        return self.typed(*arguments, "--config", str(self.config))

    def typed(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command that takes no config."""
        return subprocess.run(
            [sys.executable, "-m", "maild", *arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment,
            check=False,
            timeout=60,
            umask=self.umask,
        )

    # -- the store ------------------------------------------------------------------------------------------------

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return Path(self.store.removeprefix("sqlite:///"))

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Ask the store directly, past all of maild's code."""
        if self.store.startswith("sqlite"):
            with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)) as store:
                store.row_factory = sqlite3.Row
                return [dict(row) for row in store.execute(query)]
        with psycopg.connect(self.store, row_factory=psycopg.rows.dict_row) as connection:
            return list(connection.execute(query))  # type: ignore[call-overload]

    def left(self) -> int:
        """Count what is not done: mails to read and mails to send."""
        halves = [f"(select count(*) from {name} where done_at is null)" for name in ("inbound", "outbox")]
        return int(self.rows(f"select {' + '.join(halves)} as n")[0]["n"])

    def settle(self, seconds: float = 60.0) -> None:
        """Wait until everything in the store is done."""
        deadline = time.monotonic() + seconds
        while (left := self.left()) > 0:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{left} mails are not done after {seconds} s:\n{self.said()[-2000:]}")
            time.sleep(0.05)

    def integrity(self) -> str:
        """Let SQLite check its file."""
        return str(self.rows("pragma integrity_check")[0]["integrity_check"])


@dataclass(slots=True, kw_only=True)
class Desks:
    """Makes desks and ends every process it made."""

    folder: Path
    made: list[RunningDesk] = field(default_factory=list)

    def __call__(self, relay: int, **options: Any) -> RunningDesk:
        """Make one, not started."""
        folder = self.folder / f"desk{len(self.made)}"
        folder.mkdir()
        desk = RunningDesk(folder=folder, relay=relay, **options)
        self.made.append(desk)
        return desk

    def close(self) -> None:
        """End them all."""
        for desk in self.made:
            desk.close()


def mutated(
    folder: Path, changes: Iterable[tuple[str, str, str]] = (), *, append: dict[str, str] | None = None
) -> Path:
    """Copy the package and plant bugs in the copy; where the copy is.

    Args:
        folder: where the copy goes.
        changes: (file, text that occurs there once, what to put instead).
        append: what to write below the end of a file.

    """
    package = folder / "mutated"
    shutil.copytree(ROOT / "maild", package / "maild", ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in changes:
        path = package / "maild" / name
        text = path.read_text()
        if text.count(old) != 1:
            raise AssertionError(f"{name} no longer holds exactly one {old!r}: plant the bug elsewhere")
        path.write_text(text.replace(old, new))
    for name, more in (append or {}).items():
        path = package / "maild" / name
        path.write_text(f"{path.read_text()}\n\n{more}")
    return package

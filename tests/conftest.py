"""What every floor of the tests shares: a real SQLite file and a real PostgreSQL server, the same tests on both."""

import asyncio
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import uvloop
from hypothesis import settings

from maild.storage import sqlite

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # the daemon's own loop

settings.register_profile("maild", deadline=None)  # how busy the machine is decides no test
settings.load_profile("maild")

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Public material beside the project; tests that use it skip where it is absent."""

LIBRARIES = sqlite.found()
"""Each SQLite of this machine: the one that came with maild, and the system's."""


def free_port() -> int:
    """Return a loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres:
    """A throw-away PostgreSQL server on a loopback port, without fsync: tests of durability use strace on SQLite."""

    def __init__(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
        if not found:
            pytest.fail("the tests need PostgreSQL: sudo apt-get install postgresql")
        self.bin = found[-1].parent
        self.folder = Path(tempfile.mkdtemp(prefix="maild-pg-", dir="/tmp"))
        self.port = free_port()
        self._as: list[str] = []
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.data = self.folder / "data"
        self._run("initdb", "-D", str(self.data), "-U", "maild", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        self.start()
        self._names = itertools.count()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as, str(self.bin / program), *arguments], check=True, stdout=subprocess.DEVNULL, cwd=self.folder
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"-p {self.port} -k {self.folder} -c fsync=off -c listen_addresses=127.0.0.1 -c max_connections=200"
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server as a crash would, or in order (``fast``)."""
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    def url(self, name: str = "postgres") -> str:
        """Return the url of a database."""
        return f"postgresql://maild@127.0.0.1:{self.port}/{name}"

    def new_database(self) -> str:
        """Make an empty database; its url."""
        name = f"t{next(self._names)}_{os.getpid()}"
        for attempt in range(20):
            try:
                with psycopg.connect(self.url(), autocommit=True) as connection:
                    connection.execute(f"create database {name}")  # type: ignore[arg-type]
                return self.url(name)
            except psycopg.errors.ObjectInUse:  # template1 is busy for a moment
                time.sleep(0.1 * (attempt + 1))
        raise RuntimeError("no database could be made")

    def close(self) -> None:
        """Stop and remove everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


LONG = ("tests/test_docs.py", "tests/daemon/", "tests/cli/", "tests/mailboxes/", "tests/postfix/")
"""What takes longest a file begins first: a file is one worker's, and the last one would keep the others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first, else in the order of their names."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole run of a test process."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store on each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store/maild.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def shared() -> Path:
    """The public material beside the project, or a skip."""
    if not SHARED.is_dir():
        pytest.skip("the shared material is not beside this checkout")
    return SHARED

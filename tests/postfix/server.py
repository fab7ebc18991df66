"""A real Postfix of one test's own: everything in one folder, high ports on loopback, nothing of this machine's.

What an organisation had before (:data:`BEFORE`) is here; what maild's documentation adds to it is given to
:meth:`Postfix.set_up`. Its programs insist on being started by root, and give that up themselves.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import free_port

PROGRAM = Path("/usr/sbin/postfix")
OUTSIDE = "127.0.0.2"
"""Where the world connects from: an address of this machine that is not in mynetworks."""

BEFORE = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.fjordvik.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
disable_dns_lookups = yes
smtpd_peername_lookup = no
alias_maps =
alias_database =
# the people of the organisation, and its mailboxes, which a sink plays; the departments are added as the page says
virtual_mailbox_domains = fjordvik.example
virtual_mailbox_maps = hash:{folder}/people
virtual_transport = smtp:[127.0.0.1]:{sink}
# the world, which it plays too
relayhost = [127.0.0.1]:{sink}
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """One private instance."""

    def __init__(self, *, sink: int) -> None:
        if not PROGRAM.exists():
            pytest.skip(
                "Postfix is not installed (sudo apt-get install postfix); where another mail server is, it stays"
            )
        if os.getuid() != 0:
            pytest.skip("only root can start a Postfix")
        self.folder = Path(tempfile.mkdtemp(prefix="maild-postfix-", dir="/tmp"))
        self.folder.chmod(0o755)  # its programs look into it as the user postfix
        self.port = free_port()
        for name in ("config", "queue", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        self.config = self.folder / "config"
        (self.config / "main.cf").write_text(BEFORE.format(folder=self.folder, sink=sink))
        (self.config / "master.cf").write_text(MASTER.format(port=self.port))

    def set_up(self, settings: Mapping[str, str], maps: Mapping[str, str]) -> None:
        """Add settings to main.cf, and look-up tables, which a setting names as ``hash:/etc/postfix/…``."""
        for name, text in maps.items():
            path = self.folder / name
            path.write_text(text)
            self._run("/usr/sbin/postmap", "-c", str(self.config), f"hash:{path}")
        lines = [f"{name}={value}".replace("/etc/postfix/", f"{self.folder}/") for name, value in settings.items()]
        if lines:
            self._run("/usr/sbin/postconf", "-c", str(self.config), "-e", *lines)

    def start(self) -> None:
        """Start it; it listens when this returns."""
        self._run(str(PROGRAM), "-c", str(self.config), "start")

    def reload(self) -> None:
        """Let it read its configuration again. A connection that is open keeps to the old one."""
        self._run(str(PROGRAM), "-c", str(self.config), "reload")

    def restart(self) -> None:
        """End every process at once and start anew: connections that were open are gone."""
        self._kill()
        self.start()

    def stop(self) -> None:
        """End all of its processes, and remove its folder."""
        self._kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _kill(self) -> None:
        """End the master and its children, which share its process group; ``postfix stop`` waits for seconds."""
        with contextlib.suppress(OSError, ValueError):
            master = int((self.folder / "queue" / "pid" / "master.pid").read_text())
            os.killpg(master, signal.SIGKILL)
            while True:
                os.killpg(master, 0)
                time.sleep(0.02)

    def log(self) -> str:
        """Return its log."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    @contextlib.contextmanager
    def client(self, source: str = OUTSIDE) -> Iterator[smtplib.SMTP]:
        """Connect as a mail server of the world, or from this machine."""
        client = smtplib.SMTP(
            "127.0.0.1", self.port, local_hostname="mta.kunde.example", timeout=60, source_address=(source, 0)
        )
        with client:
            client.ehlo()
            yield client

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}\n{self.log()}"

"""A real Dovecot for the tests: an ordinary user's process with a configuration, a port and mailboxes of its own."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from imapclient import IMAPClient

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
info_log_path = {folder}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
auth_mechanisms = plain
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password=hemmelig
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
service anvil {{
  chroot =
}}
service imap {{
  service_count = 1000
  process_min_avail = 2
}}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
first_valid_uid = 1
"""


class Dovecot:
    """The server; every user name is a mailbox, the password is ``hemmelig``."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        program = shutil.which("dovecot") or "/usr/sbin/dovecot"
        if not Path(program).exists():
            pytest.fail("the tests need Dovecot: sudo apt-get install dovecot-imapd")
        self.folder = Path(tempfile.mkdtemp(prefix="maild-imap-", dir="/tmp"))
        user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        for name in ("run", "mail", "home"):
            (self.folder / name).mkdir()
        lines = ""
        if certificate is not None:
            for source, name in zip(certificate, ("cert.pem", "key.pem"), strict=True):
                shutil.copy(source, self.folder / name)
            lines = f"ssl_cert = <{self.folder}/cert.pem\nssl_key = <{self.folder}/key.pem"
        config = CONFIG.format(
            folder=self.folder,
            user=user.pw_name,
            group=grp.getgrgid(user.pw_gid).gr_name,
            uid=user.pw_uid,
            gid=user.pw_gid,
            port=self.port,
            ssl="no" if certificate is None else "yes",
            certificate=lines,
        )
        (self.folder / "dovecot.conf").write_text(config)
        command = [program, "-F", "-c", str(self.folder / "dovecot.conf")]
        if os.getuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, user.pw_uid, user.pw_gid)
            command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command]
        self._process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.05)
        log = self.folder / "log"
        said = log.read_text() if log.exists() else ""
        pytest.fail(f"dovecot did not start: {said}")

    def client(self, user: str) -> IMAPClient:
        """Log in as a mailbox's owner does with a mail client."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10)
        client.login(user, "hemmelig")
        return client

    def put(self, user: str, mails: list[bytes], folder: str = "INBOX") -> None:
        """Put mails into a mailbox."""
        client = self.client(user)
        if not client.folder_exists(folder):
            client.create_folder(folder)
        for mail in mails:
            client.append(folder, mail)
        client.logout()

    def counts(self, user: str) -> dict[str, int]:
        """Return how many mails each folder holds."""
        client = self.client(user)
        names = [name for _, _, name in client.list_folders()]
        found = {name: int(client.folder_status(name, ["MESSAGES"])[b"MESSAGES"]) for name in names}
        client.logout()
        return found

    def recreate(self, user: str, folder: str, mails: list[bytes]) -> None:
        """Delete a folder and make it anew: its UIDVALIDITY changes, its UIDs begin again."""
        client = self.client(user)
        client.delete_folder(folder)
        client.create_folder(folder)
        client.logout()
        self.put(user, mails, folder)

    def close(self) -> None:
        """Stop it and remove everything."""
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

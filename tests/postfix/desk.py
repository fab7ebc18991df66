"""The organisation of docs/deploy.md: its Postfix with a filter before it, the world around, the documented maild."""

from __future__ import annotations

import contextlib
import email
import email.policy
import re
import shutil
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import TypeVar

from tests.kit.running import ROOT, RunningDesk
from tests.kit.sink import Sink, Taken, in_thread
from tests.postfix.milter import Filter
from tests.postfix.pages import block, settings
from tests.postfix.server import OUTSIDE, Postfix

MX = "mx.fjordvik.example"
KARI = "kari@kunde.example"
AGENTS = ("camilla.dahl@fjordvik.example", "david.nilsen@fjordvik.example")
DOOR = re.compile(r"\b(?:2424|2525)\b")
"""maild's port on the page, of LMTP or SMTP."""


@dataclass(slots=True, kw_only=True, eq=False)
class DocumentedDesk(RunningDesk):
    """A maild whose config is the page's, but for ports and folders."""

    changes: tuple[tuple[str, str], ...] = ()
    """What else is different in the page's config: old, new."""

    def write(self) -> None:
        """Write the page's config, beside the shipped rules and letters, as the page says."""
        text = block("so a service names its own in full", "toml")
        known = (
            ("/var/lib/maild", str(self.folder / "lib")),
            ('"smtp://127.0.0.1:25"', f'"smtp://127.0.0.1:{self.relay}"'),
            ("127.0.0.1:9225", "127.0.0.1:0"),
        )
        for old, new in (*known, *self.changes):
            assert old in text, f"the page's config no longer holds {old}"
            text = text.replace(old, new)
        text, found = DOOR.subn(str(self.port), text)
        assert found == 1
        self.store = f"sqlite:///{self.folder}/lib/maild.db"
        self.config.write_text(f'{text}\n[log]\nformat = "json"\n')
        (self.folder / "lib").mkdir(exist_ok=True)
        for name in ("rules", "templates"):
            shutil.copytree(ROOT / name, self.folder / name, dirs_exist_ok=True)


def recipients(departments: Path) -> list[str]:
    """Return every address of the departments."""
    found = tomllib.loads(departments.read_text("utf-8"))
    return [name for one in found.values() for name in (one["address"], *one.get("aliases", ()))]


def people(agents: Path) -> list[str]:
    """Return the addresses of those who have a mailbox: the agents, and who runs maild."""
    found = tomllib.loads(agents.read_text("utf-8"))["agent"]
    return [one["address"] for one in found] + ["drift@fjordvik.example"]


@dataclass(slots=True, kw_only=True)
class Organisation:
    """All of it, running."""

    postfix: Postfix
    desk: RunningDesk
    sink: Sink
    filter: Filter

    def write(self, author: str, to: str, text: str, *, subject: str = "Innlogging", head: str = "") -> None:
        """Send a mail from somewhere in the world. Line feeds are line ends."""
        mail = (
            f"From: {author}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{time.monotonic_ns()}@client.example>\n"
            f"Date: {formatdate()}\nContent-Type: text/plain; charset=utf-8\n{head}\n{text}\n"
        )
        with self.postfix.client() as client:
            client.sendmail(author, [to], mail.replace("\n", "\r\n").encode())

    def ask(self, customer: str, text: str) -> tuple[Letter, Letter]:
        """Let a customer ask the IT department; the ack, and the notice that an agent gets."""
        self.write(customer, "it@fjordvik.example", text)
        ack = self.letter(customer, "[FK#")
        case = ack.subject[: ack.subject.index("]") + 1]
        return ack, until(lambda: next((one for agent in AGENTS for one in self.letters(agent, case)), None))

    def answer(self, notice: Letter, text: str, *, head: str = "") -> None:
        """Let the agent who got a notice answer it."""
        head = f"In-Reply-To: {notice.message['Message-ID']}\n{head}"
        self.write(notice.to, notice.reply_to, text, subject=f"SV: {notice.subject}", head=head)

    def letter(self, to: str, says: str) -> Letter:
        """Wait for a mail that reached somebody's mailbox, and says something in its subject or text."""
        return until(lambda: next(iter(self.letters(to, says)), None))

    def try_recipient(self, to: str, source: str = OUTSIDE) -> tuple[int, str]:
        """Name a recipient as the world does, or this machine; Postfix's answer to RCPT."""
        with self.postfix.client(source) as client:
            assert client.mail(KARI)[0] == 250
            code, text = client.rcpt(to)
            return code, text.decode()

    def outcomes(self, sender: str) -> list[str]:
        """Return what became of the mails from an envelope sender, the oldest first."""
        found = self.desk.rows(f"select outcome from inbound where sender = '{sender}' and done_at is not null")
        return [str(row["outcome"]) for row in found]

    def letters(self, to: str, says: str = "") -> list[Letter]:
        """Return what reached somebody so far."""
        found = [Letter(taken) for taken in list(self.sink.mails) if taken.recipients == (to,)]
        return [one for one in found if says in one.subject or says in one.text]


class Letter:
    """A mail that arrived."""

    def __init__(self, taken: Taken) -> None:
        message = email.message_from_bytes(taken.data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.sender, self.message, self.to = taken.sender, message, taken.recipients[0]
        body = message.get_body(("plain",))
        self.text = "" if body is None else str(body.get_content())
        self.subject = str(message["Subject"])
        self.reply_to = str((message["Reply-To"] or message["From"]).addresses[0].addr_spec)


T = TypeVar("T")


def until(find: Callable[[], T | None], seconds: float = 60.0) -> T:
    """Wait for something to be there."""
    deadline = time.monotonic() + seconds
    while (found := find()) is None:
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def organisation(
    folder: Path,
    *,
    config: tuple[tuple[str, str], ...] = (),
    files: Callable[[str], str] = lambda text: text,
) -> Iterator[Organisation]:
    """Run it as the page says. What it says to change for another way: in maild's config, and in Postfix's files."""
    with in_thread(Sink()) as sink, Filter(name=MX, vouched={"kunde.example", "fjordvik.example"}) as filter_:
        postfix = Postfix(sink=sink.port)
        desk = DocumentedDesk(folder=folder, relay=postfix.port, changes=config)
        try:
            _set_up(postfix, desk, files=files, filter_=filter_)
            postfix.start()
            desk.start()
            yield Organisation(postfix=postfix, desk=desk, sink=sink, filter=filter_)
        except AssertionError as error:
            error.add_note(f"Postfix said:\n{postfix.log()[-6000:]}\nmaild said:\n{desk.said()[-6000:]}")
            raise
        finally:
            desk.close()
            postfix.stop()


def _set_up(postfix: Postfix, desk: RunningDesk, *, files: Callable[[str], str], filter_: Filter) -> None:
    rules = desk.folder / "rules"
    own = [*recipients(rules / "departments.toml"), *people(rules / "people.toml"), "b@fjordvik.example"]
    shown = block("In `/etc/postfix/main.cf`:") + block("In `main.cf`, with the port where yours listens:")
    wanted = settings(files(shown))
    wanted["smtpd_milters"] = re.sub(r":\d+$", f":{filter_.port}", wanted["smtpd_milters"])
    transport = files(block("`/etc/postfix/transport` (then `postmap"))
    assert DOOR.search(transport) is not None
    postfix.set_up(
        wanted,
        {
            "people": "".join(f"{address} here\n" for address in own),
            "transport": DOOR.sub(str(desk.port), transport),
            "maild_recipients": files(block("`/etc/postfix/maild_recipients` (then")),
        },
    )

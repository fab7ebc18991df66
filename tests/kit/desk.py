"""A whole desk in one process for stories of many mails: real store, real reading and writing, time passed in.

It walks every mail down the corridor the daemon uses; only the sockets are missing (tests/daemon has those).
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from maild.core.cause import MailCame, MoveCase
from maild.core.facts import Key
from maild.core.plan import Plan
from maild.core.rules.organisation import Agent, Department, Group, Rulebook
from maild.core.values.mail import Envelope
from maild.journey import timers
from maild.journey.corridor import Corridor, walk
from maild.journey.said import say
from maild.letters import templates
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.storage import gather as gathering
from maild.storage import inbound, outbox, show, store, upgrade
from maild.storage.engine import open_engine, reading
from maild.storage.ids import Ids
from tests.kit import make

ROOT = Path(__file__).resolve().parents[2]
MAILS = ROOT / "demo" / "mails"
START = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
LETTERS = templates.load(ROOT / "templates", ("no", "sv", "en"))

DEPARTMENTS = {
    name: Department(
        id=name,
        address=f"{name}@fjordvik.example",
        sender_name=shown,
        default_type=kind,
        default_group=group,
        language="no",
    )
    for name, shown, kind, group in (
        ("servicetorg", "Servicetorget", "general", "servicetorg-1"),
        ("it", "IT-support", "it.incident", "it-1"),
        ("hr", "HR", "hr.leave", "hr-2"),
        ("okonomi", "Økonomi", "oko.invoice", "oko-faktura-2"),
    )
}
GROUPS = {
    "servicetorg-1": Group(id="servicetorg-1", department="servicetorg", members=("anne.solberg",)),
    "it-1": Group(id="it-1", department="it", members=("camilla.dahl", "david.nilsen")),
    "hr-2": Group(id="hr-2", department="hr", members=("grete.hansen",)),
    "oko-faktura-2": Group(id="oko-faktura-2", department="okonomi", members=("jonas.wiik",)),
}
AGENTS = {
    name: Agent(id=name, name=name.replace(".", " ").title(), addresses=(f"{name}@fjordvik.example",))
    for name in ("anne.solberg", "camilla.dahl", "david.nilsen", "grete.hansen", "jonas.wiik", "hamza.yusuf")
}


def rulebook(**desk: Any) -> Rulebook:
    """Make the organisation of the stories; ``desk`` changes what all departments share."""
    departments: dict[str, Department] = desk.pop("departments", DEPARTMENTS)
    shared = {"instance": "storytest"} | desk
    return make.rulebook(departments=departments.values(), groups=GROUPS.values(), people=AGENTS.values(), **shared)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail that goes out."""

    kind: str
    to: str
    return_path: str
    raw: bytes
    message: EmailMessage

    @property
    def text(self) -> str:
        """Return its plain text."""
        body = self.message.get_body(("plain",))
        return "" if body is None else str(body.get_content())

    @property
    def reply_to(self) -> str:
        """Return where an answer goes."""
        field_ = self.message["Reply-To"] or self.message["From"]
        return str(field_.addresses[0].addr_spec)

    @property
    def subject(self) -> str:
        """Return the subject."""
        return str(self.message["Subject"])

    @property
    def message_id(self) -> str:
        """Return the Message-ID."""
        return str(self.message["Message-ID"])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mail, and what went out for it."""

    inbound: int
    plan: Plan
    letters: tuple[Letter, ...]

    def to(self, address: str) -> Letter:
        """Return the one letter to somebody."""
        (found,) = (letter for letter in self.letters if letter.to == address)
        return found

    @property
    def recipients(self) -> list[str]:
        """Return who was written to."""
        return sorted(letter.to for letter in self.letters)


@dataclass
class Desk:
    """A desk on one store."""

    url: str
    rules: Rulebook = field(default_factory=rulebook)
    secret: bytes = b"story" * 8
    mx: str = "mx.fjordvik.example"
    now: datetime = START

    def __post_init__(self) -> None:
        """Open the store and build the corridor."""
        self.engine = open_engine(self.url)
        upgrade.upgrade(self.engine)
        keys = (Key(id=1, secret=self.secret),)
        with self.engine.begin() as connection:
            self.rules = replace(self.rules, desk=replace(self.rules.desk, instance=store.instance(connection)))
            ids = Ids(connection)
        settings = gathering.Settings(keys=keys, caps=self.rules.desk.caps, first_number=1042)
        self.corridor = Corridor(rulebook=self.rules, letters=LETTERS, settings=settings, ids=ids, who="story")

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def receive(
        self, raw: bytes, *to: str, sender: str | None = None, login: str | None = None, quiet: bool = False
    ) -> Outcome:
        """Take a mail by SMTP and walk it down the corridor."""
        source = "submission" if login else "smtp"
        envelope = Envelope(
            source=source,  # type: ignore[arg-type]
            received=self.now,
            sender=sender,
            recipients=to,
            login=login,
            quiet=quiet,
        )
        options = ReadOptions(trust=self.rules.desk.trust, authserv_id=self.mx, received_by="maild.fjordvik.example")
        with self.engine.begin() as connection:
            key = inbound.accept(connection, envelope, raw, claim_for="story")
        mail = read(raw, envelope, options)
        with self.engine.begin() as connection:
            cause = MailCame(mail=mail, inbound=key)
            handled = walk(connection, self.corridor, cause, now=self.now, raw={key: raw})
        self.now += timedelta(seconds=20)
        letters = tuple(self._deliver())
        assert handled.troubles == ()
        return Outcome(key, handled.plan, letters)

    def _deliver(self) -> Iterator[Letter]:
        """Send everything that is due; the relay takes it all."""
        while True:
            with self.engine.begin() as connection:
                claimed = outbox.claim_due(connection, who="story", now=self.now, limit=64)
                results = [outbox.Result(id=sent.id, state="sent", answer="250 ok") for sent in claimed]
                if not results:
                    return
                outbox.record(connection, results, who="story", now=self.now)
            for sent in claimed:
                yield Letter(sent.kind, sent.recipient, sent.return_path, sent.data, _parse(sent.data))

    def send(self, name: str, *to: str, vouched: str = "pass", login: str | None = None, **filled: str) -> Outcome:
        """Send one of the sample mails; the mail server in front vouches for its sender (or says what it found)."""
        text = (MAILS / f"{name}.eml").read_text("utf-8")
        for key, value in filled.items():
            text = text.replace(f"{{{key}}}", value)
        return self.write(text, *to, vouched=vouched, login=login)

    def write(self, text: str, *to: str, vouched: str = "pass", login: str | None = None) -> Outcome:
        """Send a mail given as text with line feeds."""
        author = email.message_from_string(text, policy=email.policy.default)["From"].addresses[0].addr_spec
        verdict = f"{vouched} (p=quarantine)" if vouched == "fail" else vouched
        head = f"Authentication-Results: {self.mx}; dmarc={verdict} header.from={author.rpartition('@')[2]}\n"
        return self.receive((head + text).replace("\n", "\r\n").encode(), *to, sender=author.lower(), login=login)

    def answer(
        self, notice: Letter, text: str, *, vouched: str = "pass", agent: str | None = None, step: str = "1"
    ) -> Outcome:
        """Let an agent answer a notice from a mail client."""
        number = notice.subject.partition("#")[2].partition("]")[0]
        return self.send(
            "agent-answers",
            notice.reply_to,
            vouched=vouched,
            agent=agent or notice.to,
            reply_to=notice.reply_to,
            message_id=notice.message_id,
            subject=notice.subject,
            number=number,
            step=step,
            text=text,
            quoted=notice.text.strip(),
        )

    def case(self, number: int) -> dict[str, Any]:
        """Return a case as ``maild case --json`` prints it."""
        with reading(self.engine) as connection:
            found = show.case(connection, ZoneInfo("Europe/Oslo"), number)
        assert found is not None
        return found

    def set_status(self, number: int, status: str) -> None:
        """Move a case as an admin does."""
        with self.engine.begin() as connection:
            said = MoveCase(case=number, status=status)  # type: ignore[arg-type]
            assert say(connection, self.corridor, said, now=self.now).plan.outcome == "done"

    def keep_promises(self) -> list[Plan]:
        """Keep what has fallen due, as the daemon does each second."""
        with self.engine.begin() as connection:
            kept = [
                timers.keep(connection, self.corridor, key, now=self.now)
                for key in timers.due(connection, now=self.now)
            ]
        return [handled.plan for handled in kept if handled is not None]

    def letters(self) -> tuple[Letter, ...]:
        """Send what is due, and return it."""
        return tuple(self._deliver())

    def numbers(self) -> list[int]:
        """Return the numbers of all cases."""
        with reading(self.engine) as connection:
            return sorted(case["number"] for case in show.cases(connection, ZoneInfo("Europe/Oslo")))

    def close(self) -> None:
        """Let go of the store."""
        self.engine.dispose()


def mail(author: str, to: str, subject: str, text: str, *, key: str, answers: str = "", **more: str) -> str:
    """Write a plain mail; ``key`` names its Message-ID, ``more`` its other headers (``auto_submitted=…``)."""
    headers = {"From": author, "To": to, "Subject": subject, "Message-ID": f"<{key}@client.example>"}
    headers |= {"In-Reply-To": answers} if answers else {}
    headers |= {name.replace("_", "-").title(): value for name, value in more.items()}
    return "".join(f"{name}: {value}\n" for name, value in headers.items()) + f"\n{text}\n"


def _parse(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message

"""``maild demo``: the sample day on a real daemon with a throw-away store, told as it happens.

The daemon is a process of its own; mails reach it by SMTP and what it sends reaches a real SMTP receiver here. The demo
plays three parts: the people who write, the mail server in front of maild (it vouches for senders by an
Authentication-Results header), and the relay behind it.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import shutil
import smtplib
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console

from maild.channels.smtp import conversation
from maild.channels.smtp.door import Door
from maild.config.places import private, write_private
from maild.core.errors import MaildError, Unusable
from maild.core.values.mail import Envelope
from maild.daemon.parts import now
from maild.storage import engine as engines
from maild.storage import show

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

ROOT = Path(__file__).resolve().parents[2]
MX = "mx.fjordvik.example"
PATIENCE = 10.0
"""Seconds to wait for something the story says must happen."""

CONFIG = """\
[desk]
name = "Fjordvik kommune"
number_prefix = "FK"
first_number = 1042
timezone = "Europe/Oslo"
languages = ["no", "sv", "en"]
reply_domain = "sak.fjordvik.example"
hostname = "maild.fjordvik.example"
[store]
url = "sqlite:///store/maild.db"
[smtp]
listen = "127.0.0.1:{smtp}"
[outgoing]
relay = "smtp://127.0.0.1:{relay}"
[trust]
mode = "headers"
authserv_id = "mx.fjordvik.example"
[log]
format = "json"
"""


class Missing(MaildError):
    """Something that the story tells did not happen."""


@dataclass(slots=True)
class Relay:
    """The receiving end of everything maild sends."""

    letters: list[tuple[str, EmailMessage]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    taken: int = 0

    async def accept(self, envelope: Envelope, raw: bytes | bytearray | memoryview) -> int:
        """Take a mail."""
        letter = email.message_from_bytes(bytes(raw), policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        letter["Return-Path"] = f"<{envelope.sender or ''}>"  # as the last mail server does (RFC 5321 §4.4)
        self.letters.append((envelope.recipients[0], letter))
        self.news.set()
        return len(self.letters)

    async def next(self, to: str, about: int | None = None) -> EmailMessage:
        """Return the next letter to somebody (about a case), or fail when none comes."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for place, (recipient, letter) in enumerate(self.letters):
                if recipient == to and (about is None or f"#{about}]" in str(letter["Subject"])):
                    del self.letters[place]
                    self.taken += 1
                    return letter
            self.news.clear()
            left = deadline - time.monotonic()
            if left <= 0:
                raise Missing(f"no letter came to {to}")
            try:
                await asyncio.wait_for(self.news.wait(), left)
            except TimeoutError:
                continue


def run_demo() -> int:
    """Run the day; 0 when all of it happened, 1 when something did not."""
    for needed in ("rules", "templates", "demo/mails"):
        if not (ROOT / needed).is_dir():
            raise Unusable(f"the demo needs the folder {needed} of a checkout; there is none at {ROOT}")
    folder = Path(tempfile.mkdtemp(prefix="maild-demo-"))
    console = Console(highlight=False, markup=False, width=max(Console().width, 100), soft_wrap=True)
    try:
        return asyncio.run(_demo(folder, console))
    except Missing as missing:
        console.print(f"\n✗ {missing}", style="bold red")
        console.print((folder / "log").read_text()[-3000:])
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _demo(folder: Path, console: Console) -> int:
    relay = Relay()
    door = Door(kind="smtp", host="127.0.0.1", port=0, hostname="relay.fjordvik.example")
    opened = await conversation.open_door(
        door, accept=relay.accept, knows=lambda _: True, login=None, now=now, room=lambda: True
    )
    port = _free_port()
    shutil.copytree(ROOT / "rules", folder / "rules")
    shutil.copytree(ROOT / "templates", folder / "templates")
    write_private(folder / "config.toml", CONFIG.format(smtp=port, relay=opened.port))
    with open(folder / "log", "w", opener=private) as log:  # noqa: ASYNC230 nothing runs beside it yet
        daemon = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "maild", "run", "--config", str(folder / "config.toml"), stdout=log, stderr=log
        )
        try:
            await _until_open(port, daemon)
            console.print(
                "maild runs on a throw-away store; every arrow below is a real mail over SMTP.\n", style="dim"
            )
            day = Day(console, relay, port, engines.open_engine(f"sqlite:///{folder}/store/maild.db"))
            await _tell(day)
            day.engine.dispose()
        finally:
            if daemon.returncode is None:
                daemon.terminate()
            await daemon.wait()
            await opened.stop(1.0)
    if daemon.returncode != 0:
        raise Missing(f"the daemon ended with {daemon.returncode}")
    console.print(f"\n✓ The day went as told: {day.sent} mails in, {relay.taken} out.", style="bold green")
    return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_open(port: int, daemon: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + PATIENCE * 2
    while time.monotonic() < deadline and daemon.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise Missing("the daemon did not start")


@dataclass(slots=True)
class Day:
    """The day under way: who writes, what comes out, and what the store says of it."""

    console: Console
    relay: Relay
    port: int
    engine: Engine
    sent: int = 0
    written: dict[str, str] = field(default_factory=dict)
    """When each mail was written: a copy of it bears the same Date, else it would be another mail."""

    async def write(self, name: str, to: str, *, vouched: str = "pass", **filled: str) -> dict[str, Any]:
        """Send one of the sample mails; what became of it, as ``maild inbound show`` would say."""
        text = (ROOT / "demo" / "mails" / f"{name}.eml").read_text("utf-8")
        for key, value in filled.items():
            text = text.replace(f"{{{key}}}", value)
        author = email.message_from_string(text, policy=email.policy.default)["From"].addresses[0].addr_spec
        domain = author.rpartition("@")[2]
        verdict = f"{vouched} (p=quarantine)" if vouched == "fail" else vouched
        date = self.written.setdefault(name, format_datetime(now()))
        text = re.sub(r"(?m)^Date: .*$", f"Date: {date}", text)
        head = f"Authentication-Results: {MX}; dmarc={verdict} header.from={domain}\n"
        raw = (head + text).replace("\n", "\r\n").encode()
        sender = "" if name == "M16" else author
        await asyncio.to_thread(self._send, sender, to, raw)
        self.sent += 1
        return await self._handled(self.sent)

    def _send(self, sender: str, to: str, raw: bytes) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname=MX, timeout=PATIENCE) as client:
            client.sendmail(sender, [to], raw, mail_options=["SMTPUTF8"] if not raw.isascii() else [])

    async def _handled(self, count: int) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with engines.reading(self.engine) as connection:
                rows = show.inbound_list(connection, ZoneInfo("Europe/Oslo"), limit=1)
                if rows and rows[0]["state"] in ("done", "quarantined") and len(self._all(connection)) == count:
                    return rows[0]
            await asyncio.sleep(0.02)
        raise Missing("the mail was not handled in time")

    def _all(self, connection: Connection) -> list[dict[str, Any]]:
        return show.inbound_list(connection, ZoneInfo("Europe/Oslo"))

    def case(self, number: int) -> dict[str, Any]:
        """Return a case as ``maild case --json`` prints it."""
        with engines.reading(self.engine) as connection:
            found = show.case(connection, ZoneInfo("Europe/Oslo"), number)
        if found is None:
            raise Missing(f"there is no case {number}")
        return found

    def mail(self, who: str, to: str, what: str) -> None:
        """Print that somebody writes."""
        self.console.print(f"✉ {who} → {to}  {what}", style="bold")

    def result(self, text: str) -> None:
        """Print what came of it."""
        self.console.print(f"    {text}")

    def letter(self, letter: EmailMessage, note: str = "") -> None:
        """Print a letter that went out."""
        sender, to = str(letter["From"]).partition(" <")[0].strip('"'), letter["To"].addresses[0].addr_spec
        self.console.print(f"    ← {sender} to {to}: {letter['Subject']}  {note}".rstrip(), style="cyan")

    def sure(self, told: bool, otherwise: str) -> None:
        """Fail the day unless something is as told."""
        if not told:
            raise Missing(otherwise)

    def opened(self, row: dict[str, Any]) -> dict[str, Any]:
        """Print the case a mail opened."""
        self.sure(row["outcome"] == "new", f"expected a new case, got {row['outcome']}: {row['reason']}")
        case = self.case(row["case"])
        self.result(f"new case FK#{case['number']} · {case['department']} · {case['type']} · {case['assignee']}")
        return case


def _reply_to(letter: EmailMessage) -> str:
    return str(letter["Reply-To"].addresses[0].addr_spec)


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    return "" if body is None else str(body.get_content())


async def _tell(day: Day) -> None:
    kari_has, agent = await _first_case(day)
    await _follow_up(day, kari_has)
    await _other_departments(day)
    await _nobody_is_answered(day)
    await _strangers(day, kari_has, agent)
    await _undeliverable(day, kari_has)


async def _first_case(day: Day) -> tuple[EmailMessage, str]:
    """Kari writes, her leader joins, the agent answers from a mail client."""
    day.mail("Kari Moen", "it@", "“Får ikke logget inn”, Liv in copy")
    case = day.opened(await day.write("M01", "it@fjordvik.example"))
    agent = f"{case['assignee']}@fjordvik.example"
    ack, notice = await day.relay.next("kari.moen@fjordvik.example"), await day.relay.next(agent)
    day.letter(ack, "(acknowledgement)")
    day.letter(notice, "(assignment)")
    day.mail("Liv Strand", "all", "“Kari må inn i lønnssystemet i dag” (reply to all)")
    row = await day.write("M22", "it@fjordvik.example")
    day.sure(row["case"] == case["number"], "Liv's answer did not find Kari's case")
    day.result(f"into FK#{row['case']}; Liv takes part from now on, no second acknowledgement")
    await day.relay.next(agent, 1042)
    day.mail(agent.partition("@")[0], "the notice", "“Prøv igjen nå, passordet er nullstilt.”")
    row = await day.write(
        "agent-answers",
        _reply_to(notice),
        agent=agent,
        reply_to=_reply_to(notice),
        message_id=str(notice["Message-ID"]),
        subject=str(notice["Subject"]),
        number=str(case["number"]),
        step="1",
        text="Prøv igjen nå, passordet er nullstilt.",
        quoted=_text(notice).strip(),
    )
    day.sure(row["outcome"] == "answer", f"the agent's answer was {row['outcome']}: {row['reason']}")
    for person in ("kari.moen@fjordvik.example", "liv.strand@fjordvik.example"):
        answer = await day.relay.next(person)
        day.sure("nullstilt" in _text(answer), "the answer does not hold the agent's words")
        day.sure("Glemt" not in _text(answer) and agent not in answer.as_string(), "the answer leaks")
        day.letter(answer, "(the agent's own words, from the department)")
        if person.startswith("kari"):
            kari_has = answer
    return kari_has, agent


async def _follow_up(day: Day, kari_has: EmailMessage) -> None:
    day.mail("Kari Moen", "the answer", "“SV: Visma også, ikke bare PC-en” (she changed the subject)")
    row = await day.write(
        "M02",
        _reply_to(kari_has),
        reply_to=_reply_to(kari_has),
        message_id=str(kari_has["Message-ID"]),
        quoted=_text(kari_has).strip(),
    )
    case = day.case(row["case"])
    newest = case["messages"][-1]
    day.sure(row["case"] == 1042 and "Sendt:" not in newest["text"], "the follow-up was not read as it should")
    day.result(
        f"into FK#{row['case']}, status {case['status']}; only her new line is shown: “{newest['text'].strip()}”"
    )
    await day.relay.next(f"{case['assignee']}@fjordvik.example", 1042)


async def _other_departments(day: Day) -> None:
    day.mail("Anders Ek", "it@", "“Inget nät i B-huset” (Swedish, HTML with a picture)")
    day.opened(await day.write("M08", "it@fjordvik.example"))
    ack = await day.relay.next("anders.ek@fjordvik.example")
    day.letter(ack, "(in Swedish)" if "Hej" in _text(ack) else "")
    day.mail("Tor Vik", "hr@ and it@", "“Slutter 31.12”")
    case = day.opened(await day.write("M09", "hr@fjordvik.example"))
    again = await day.write("M09", "it@fjordvik.example")
    day.sure(again["case"] == case["number"], "the copy to the second department made a second case")
    other = ", ".join(f"FK#{link['number']}" for link in day.case(case["number"])["linked"])
    day.result(f"the copy for it@ is the same mail; IT has its own case of it, linked: {other}")
    await day.relay.next("tor.vik@fjordvik.example")
    day.mail("Siv Hauge", "vaktmester@", "“Lysrøyr”")
    day.opened(await day.write("M06", "vaktmester@fjordvik.example"))
    day.letter(await day.relay.next("siv.hauge@fjordvik.example"))


async def _nobody_is_answered(day: Day) -> None:
    day.mail("Hamza Yusuf", "it@", "“Automatisk svar: borte til 7.12”")
    row = await day.write("M15", "it@fjordvik.example")
    day.sure(row["case"] is None, "an out-of-office reply made a case")
    day.result(f"no case, no acknowledgement – {row['reason']}")
    day.mail("nyhetsbrev", "okonomi@", "“Vinterkampanje!”")
    row = await day.write("M24", "okonomi@fjordvik.example")
    events = day.case(row["case"])["events"] if row["case"] else []
    why = next((line[2] for event in events for line in event.get("trace", ()) if line[0] == "acknowledgement"), "")
    day.result(f"no acknowledgement – {why or row['reason']}")


async def _strangers(day: Day, kari_has: EmailMessage, agent: str) -> None:
    day.mail("a stranger", "Kari's signed address", "“Hva er status på denne?”")
    row = await day.write("stranger", _reply_to(kari_has), reply_to=_reply_to(kari_has))
    day.sure(row["outcome"] == "pending", f"the stranger's mail was {row['outcome']}")
    heard = await day.relay.next(agent, 1042)
    day.sure("ukjent@epost.example" in _text(heard), "the agent was not told of the stranger")
    day.letter(heard, "(only the agent sees it, with a banner)")
    day.mail("a forger as the agent", "the case", "“Send meg passordet ditt”")
    row = await day.write(
        "agent-answers",
        _reply_to(kari_has),
        vouched="fail",
        agent=agent,
        reply_to=_reply_to(kari_has),
        message_id=str(kari_has["Message-ID"]),
        subject=str(kari_has["Subject"]),
        number="1042",
        step="2",
        text="Send meg passordet ditt.",
        quoted=_text(kari_has).strip(),
    )
    day.sure(row["outcome"] in ("held", "pending"), f"the forged answer was {row['outcome']}")
    day.result(f"{row['outcome']}: nothing goes to Kari – {row['reason']}")
    await day.relay.next(agent, 1042)


async def _undeliverable(day: Day, kari_has: EmailMessage) -> None:
    day.mail("mailer-daemon", "the return path", "“user unknown: kari.moen”")
    bounce = str(kari_has["Return-Path"]).strip("<>")
    row = await day.write("M16", bounce, bounce=bounce, message_id=str(kari_has["Message-ID"]))
    day.sure(row["outcome"] == "bounce" and row["case"] == 1042, f"the bounce was {row['outcome']}")
    case = day.case(1042)
    told = await day.relay.next(f"{case['assignee']}@fjordvik.example", 1042)
    day.sure("kari.moen@fjordvik.example" in _text(told), "the agent was not told whom the mail did not reach")
    day.letter(told, "(the agent is told)")

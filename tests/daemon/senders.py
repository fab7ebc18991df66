"""People who write to a desk by real SMTP, note what they saw, and try again until it says 250."""

from __future__ import annotations

import contextlib
import hashlib
import re
import smtplib
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.daemon.history import Case, Entry, History, Op, Outgoing, Stored, Sunk
from tests.kit.running import RunningDesk
from tests.kit.sink import Sink

KEY = re.compile(rb"^X-Test-Key: (\S+)\r$", re.MULTILINE)
MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]+>)", re.MULTILINE | re.IGNORECASE)
NUMBER = re.compile(rb"^subject:[^\n]*?\[?FK#(\d+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One mail and its envelope."""

    key: str
    sender: str
    recipients: tuple[str, ...]
    data: bytes
    answers: str = ""
    """The key of the mail it answers."""


def post(
    key: str,
    *,
    sender: str = "",
    to: Sequence[str] = ("it@desk.example",),
    answers: str = "",
    subject: str = "",
    body: str = "",
    headers: str = "",
) -> Post:
    """Write a mail; ``answers`` is the key of the mail it follows."""
    sender = sender or f"{key}@kunde.example"
    reference = f"In-Reply-To: <{answers}@kunde.example>\r\n" if answers else ""
    text = (
        f"From: Kari {key} <{sender}>\r\nTo: {', '.join(to)}\r\nSubject: {subject or f'Sak {key}'}\r\n"
        f"Message-ID: <{key}@kunde.example>\r\n{reference}Date: Tue, 01 Dec 2026 09:00:00 +0100\r\n"
        f"X-Test-Key: {key}\r\n{headers}\r\n{body or f'Hei, dette gjelder {key}.'}\r\n"
    )
    return Post(key=key, sender=sender, recipients=tuple(to), data=text.encode(), answers=answers)


def chain(name: str, length: int, *, to: Sequence[str] = ("it@desk.example",)) -> list[Post]:
    """Write a mail and the mails that follow it, each answering the first."""
    first = post(f"{name}-0", sender=f"{name}@kunde.example", to=to)
    rest = [post(f"{name}-{n}", sender=first.sender, to=to, answers=first.key) for n in range(1, length)]
    return [first, *rest]


@dataclass(slots=True, kw_only=True)
class Senders:
    """What everybody sent and saw."""

    port: int
    posts: dict[str, Post] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)
    """Appended by many threads: list.append is atomic."""
    give_up: float = 120.0
    timeout: float = 20.0
    answered: list[float] = field(default_factory=list)
    """Seconds from the end of the data to each 250."""

    def send(self, posts: Sequence[Post], *, pause: float = 0.0) -> None:
        """Send mails one after the other on one connection, each until it is answered 250.

        Raises:
            TimeoutError: when that takes too long.

        """
        client: smtplib.SMTP | None = None
        for mail in posts:
            self.posts[mail.key] = mail
            deadline = time.monotonic() + self.give_up
            while True:
                client = client or self._connect(deadline)
                if self._once(client, mail):
                    break
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    client.close()
                client = None
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{mail.key} was never accepted")
                time.sleep(0.05)
            if pause:
                time.sleep(pause)
        if client is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                client.quit()

    def _connect(self, deadline: float) -> smtplib.SMTP:
        while True:
            try:
                client = smtplib.SMTP("127.0.0.1", self.port, local_hostname="mta.kunde.example", timeout=self.timeout)
                client.ehlo()
                return client
            except (OSError, smtplib.SMTPException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _once(self, client: smtplib.SMTP, mail: Post) -> bool:
        self.ops.append(Op(key=mail.key, what="send"))
        try:
            replies = [client.mail(mail.sender), *(client.rcpt(recipient) for recipient in mail.recipients)]
            bad = next((reply for reply in replies if reply[0] >= 400), None)
            if bad is None:
                started = time.monotonic()
                reply = client.data(mail.data)
                if reply[0] == 250:
                    self.answered.append(time.monotonic() - started)
                    self.ops.append(Op(key=mail.key, what="ack", code=250, text=reply[1].decode()))
                    return True
                bad = reply
            self.ops.append(Op(key=mail.key, what="fail", code=bad[0], text=bad[1].decode()))
        except smtplib.SMTPDataError as error:
            self.ops.append(Op(key=mail.key, what="fail", code=error.smtp_code, text=str(error.smtp_error)))
        except (OSError, smtplib.SMTPException):
            self.ops.append(Op(key=mail.key, what="unknown"))
        return False

    def send_all(self, chains: Sequence[Sequence[Post]], *, threads: int, pause: float = 0.0) -> Work:
        """Begin to send chains side by side, each in order."""
        waiting = list(reversed(chains))
        lock = threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    if not waiting:
                        return
                    posts = waiting.pop()
                self.send(posts, pause=pause)

        return Work([work] * threads)

    def history(self, desk: RunningDesk, sink: Sink, *, kills: int = 0, window: int = 8) -> History:
        """Put together what senders saw, what the store holds and what came out."""
        raws = desk.rows(
            'select i.id, i.state, i.outcome, i."case", i.sha256, i.size, r.codec, r.data '
            "from inbound i left join raw r on r.inbound = i.id order by i.id"
        )
        stored = [self._stored(row) for row in raws]
        keys = {row.id: row.key for row in stored}
        messages = desk.rows('select id, inbound, "case" from message where inbound is not null')
        outbox = desk.rows('select id, message_id, recipient, state, kind, "case", once_key from outbox')
        return History(
            ops=tuple(self.ops),
            stored=stored,
            entries=[Entry(key=keys.get(row["inbound"], "?"), **row) for row in messages],
            cases=[Case(**row) for row in desk.rows("select number, requester from cases")],
            outgoing=[Outgoing(**row) for row in outbox],
            sunk=[sunk(mail.recipients[0], mail.data) for mail in sink.mails],
            kills=kills,
            window=window,
            answers={key: mail.answers for key, mail in self.posts.items() if mail.answers},
            poison=frozenset(key for key, mail in self.posts.items() if b"X-Poison-All:" in mail.data),
        )

    def _stored(self, row: dict[str, object]) -> Stored:
        data = bytes(row["data"] or b"")  # type: ignore[call-overload]
        raw = zlib.decompress(data) if row["codec"] == "zlib" else data
        found = KEY.search(raw)
        key = found[1].decode() if found else "?"
        sent = self.posts.get(key)
        intact = hashlib.sha256(raw).hexdigest() == row["sha256"] and len(raw) == row["size"]
        return Stored(
            id=row["id"],  # type: ignore[arg-type]
            key=key,
            state=str(row["state"]),
            outcome=str(row["outcome"]),
            case=row["case"],  # type: ignore[arg-type]
            intact=intact and sent is not None and sent.data == raw,
        )


class Work:
    """Threads that send; an exception in one of them is raised where they are waited for."""

    def __init__(self, works: Sequence[Callable[[], None]]) -> None:
        self._errors: list[BaseException] = []
        self._threads = [threading.Thread(target=self._guard, args=(work,), daemon=True) for work in works]
        for thread in self._threads:
            thread.start()

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by wait()
            self._errors.append(error)

    def busy(self) -> bool:
        """Tell whether somebody still sends."""
        return any(thread.is_alive() for thread in self._threads)

    def wait(self, seconds: float = 120.0) -> None:
        """Wait for everybody."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._errors:
            raise self._errors[0]
        if self.busy():
            raise TimeoutError("not everything was sent")


def sunk(recipient: str, data: bytes) -> Sunk:
    """Read what the history needs from a mail that arrived."""
    head = re.sub(rb"\r?\n[ \t]+", b" ", data.partition(b"\r\n\r\n")[0])
    message_id, number = MESSAGE_ID.search(head), NUMBER.search(head)
    return Sunk(
        message_id=message_id[1].decode() if message_id else "?",
        recipient=recipient,
        data=data,
        number=int(number[1]) if number else None,
    )

"""Read the mail on standard input once, within the budget of one mail; print what it cost this process and what became
of it, as JSON."""

import hashlib
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from maild.core.values.mail import Envelope
from maild.mail import budget
from maild.mail.options import ReadOptions
from maild.mail.read import LADDER
from maild.mail.reader import child, wire


def peak_megabytes() -> float:
    """This program's own peak: getrusage would count the (larger) process that forked it."""
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


raw = sys.stdin.buffer.read()
envelope = Envelope(source="smtp", received=datetime(2026, 12, 1, tzinfo=UTC), sender="a@b.example", recipients=())
timers = budget.Timers()
timers.listen()
reader = child.Reader(LADDER, timers, 60.0)
began = time.process_time()
answer = reader.answer(child.SLOW, raw, envelope, ReadOptions())
cpu = time.process_time() - began
mail = wire.mail_from(answer, envelope)
print(
    json.dumps(
        {
            "cpu": cpu,
            "rss": peak_megabytes(),
            "answer": len(answer),
            "same": wire.to_json(mail) == answer,
            "unchanged": mail.sha256 == hashlib.sha256(raw).hexdigest(),
            "subject": mail.subject[:80],
            "from": mail.identity.shown[:80],
            "text": mail.text[:200],
            "partial": mail.partial,
            "defects": mail.defects,
            "files": [(file.name, file.type, file.size) for file in mail.attachments][:5],
        }
    )
)

"""Read the mail on standard input once; print what it cost this process and what became of it, as JSON."""

import hashlib
import json
import resource
import sys
import time
from datetime import UTC, datetime

from maild.core.mail import Envelope
from maild.mail import wire
from maild.mail.read import ReadOptions, read

raw = sys.stdin.buffer.read()
envelope = Envelope(source="smtp", received=datetime(2026, 12, 1, tzinfo=UTC), sender="a@b.example", recipients=())
began = time.process_time()
mail = read(raw, envelope, ReadOptions())
answer = wire.to_json(mail)
print(
    json.dumps(
        {
            "cpu": time.process_time() - began,
            "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "answer": len(answer),
            "same": wire.mail_from(answer, envelope) == mail,
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

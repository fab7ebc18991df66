"""The last reading: header fields by a plain look at lines, and the raw mail attached whole.

For a mail that the other readings did not survive or could not afford. No pattern looks at more than a few thousand
bytes, nothing is decoded but what is shown, nothing is copied but the header block: beside hashing the bytes it takes
milliseconds, whatever they are.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from maild.core.arrivals.bursts import subject_shape, text_shape
from maild.core.values.mail import Authentication, Envelope, Identity, Mail
from maild.mail.author import identity
from maild.mail.mime import attachments, headers

_BLOCK = 256 * 1024
_LINES = 2000
_FIELD = 2000
"""Bytes of one field that are looked at."""
_MOST_OF_A_NAME = 20
_WANTED = {
    "from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "return-path",
    "auto-submitted", "precedence", "list-id", "list-unsubscribe", "list-post", "x-auto-response-suppress",
    "x-autoreply", "x-maild-loop", "received", "content-type", "delivered-to", "x-original-to", "feedback-id",
    "mailing-list", "x-loop", "x-autorespond",
}  # fmt: skip


def read(raw: bytes, envelope: Envelope, defect: str) -> Mail:
    """Return what the header says; ``defect`` says why nothing more was read."""
    digest = hashlib.sha256(raw).hexdigest()
    found: list[headers.Field] = []
    counted: Counter[str] = Counter()
    for name, value in _fields(raw):
        counted[name] += 1
        if counted[name] <= _MOST_OF_A_NAME:
            found.append((name, value))
    first = dict(reversed(found))
    subject = headers.text(first.get("subject", b""), most=500)
    ids = headers.message_ids(first.get("message-id", b""))
    author = first.get("from", b"")
    nobody = Identity(address=None, shown=identity.show(author, identity.mailboxes(author)), reason=defect)
    return Mail(
        envelope=envelope,
        sha256=digest,
        content_hash=digest,
        size=len(raw),
        identity=nobody,
        authentication=Authentication(verdict="unknown", reason=defect),
        headers=tuple((name, headers.text(value)) for name, value in found if not name.startswith("x-maild-")),
        subject=subject,
        message_id=ids[0] if ids else None,
        in_reply_to=headers.message_ids(first.get("in-reply-to", b"")),
        references=headers.message_ids(first.get("references", b"")),
        date=headers.date(first.get("date", b"")[:200]),
        to=identity.mailboxes(first.get("to", b"")),
        cc=identity.mailboxes(first.get("cc", b"")),
        reply_to=identity.mailboxes(first.get("reply-to", b"")),
        delivered_to=_delivered(found),
        received_count=counted["received"],
        attachments=(attachments.whole(raw, digest, subject),),
        loop=headers.text(first.get("x-maild-loop", b""), most=200),
        subject_shape=subject_shape(subject),
        text_shape=text_shape("", [digest]),
        defects=(defect,),
        partial=True,
    )


def _delivered(found: list[headers.Field]) -> tuple[str, ...]:
    values = (value for name, value in found if name in ("delivered-to", "x-original-to"))
    return tuple(dict.fromkeys(box.address for value in values for box in identity.mailboxes(value)))


def _fields(raw: bytes) -> Iterator[headers.Field]:
    """Yield the fields that matter of the first lines, each with the lines that continue it."""
    block = raw[:_BLOCK]
    if b"\n" not in block:
        block = block.replace(b"\r", b"\n")
    name, value = "", b""
    for number, line in enumerate(block.split(b"\n", _LINES)):
        line = line[: 2 * _FIELD].rstrip(b"\r")
        if line[:1] in (b" ", b"\t"):
            if name and len(value) < _FIELD:
                value = (value + b" " + line.strip())[:_FIELD]
            continue
        if name:
            yield name, value
            name = ""
        if not line and number:
            return
        before, colon, after = line.partition(b":")
        word = before.strip().lower().decode("latin-1") if colon and len(before) <= 80 else ""
        if word in _WANTED:
            name, value = word, after.strip()[:_FIELD]
    if name:
        yield name, value

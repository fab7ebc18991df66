"""The safe reading: of a mail beyond a cap, or one that the full reading raised on.

Subject and author by a scan of the first raw lines, text by best effort over a bounded piece, the original attached
whole. Plain slices and linear patterns only, so that this reading itself cannot fail or run away.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from maild.core.arrivals.bursts import subject_shape, text_shape
from maild.core.values.mail import Authentication, Envelope, Identity, Mail
from maild.mail import caps
from maild.mail.author import identity as identities
from maild.mail.mime import attachments, charset, decoding, headers
from maild.mail.mime.headers import Field
from maild.mail.mime.text import clean

_SCAN = 1024 * 1024
"""Octets in which header fields are looked for: four times what a header block may have."""
_MOST_LINES = 20 * caps.HEADER_LINES
_MOST_OF_A_NAME = 20
_WANTED = frozenset({
    "from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "return-path",
    "auto-submitted", "precedence", "list-id", "list-unsubscribe", "list-post", "x-auto-response-suppress",
    "x-autoreply", "x-maild-loop", "received", "content-type", "content-transfer-encoding", "delivered-to",
    "x-original-to", "feedback-id", "mailing-list", "x-loop", "x-autorespond",
})  # fmt: skip
_LONGEST_NAME = max(map(len, _WANTED))
_TEXT = 64 * 1024
_MOST_PARTS = 2_000
"""Lines that begin like a text part's type of which one may be the first that is one."""


def scan(raw: bytes) -> tuple[list[Field], int]:
    """Return the fields that matter of the first megabyte of a header, and the number of Received.

    Linear, and bounded whatever the size of the mail: by octets, lines and fields of a name.
    """
    head = raw[:_SCAN]
    if b"\n" not in head:
        head = head.replace(b"\r", b"\n")
    lines = head[: caps.header_end(head)].lstrip(b" \t").split(b"\n", _MOST_LINES)
    counted: Counter[str] = Counter()
    found: list[tuple[str, list[bytes]]] = []
    value: list[bytes] | None = None  # of the field whose folded lines come now, when it is wanted
    room = 0
    for line in lines[:_MOST_LINES]:
        if line[:1] in (b" ", b"\t"):
            if value is not None and room > 0:
                value.append(line[:room])
                room -= len(line)
            continue
        value = None
        colon = line.find(b":", 0, _LONGEST_NAME + 8)
        name = line[: max(colon, 0)].strip().lower().decode("latin-1")
        if name in _WANTED:
            counted[name] += 1
            if counted[name] <= _MOST_OF_A_NAME:
                value, room = [line[colon + 1 :].lstrip(b" \t")[: caps.FIELD_BYTES]], caps.FIELD_BYTES
                found.append((name, value))
    joined = [(name, b"\n".join(pieces).strip(b"\r\n")[: caps.FIELD_BYTES]) for name, pieces in found]
    return joined, counted["received"]


def safe(raw: bytes, envelope: Envelope, defect: str) -> Mail:
    """Return what can be said about a mail without parsing it; ``defect`` says why."""
    found, hops = scan(raw)
    first = dict(reversed(found))
    digest = hashlib.sha256(raw).hexdigest()
    subject = headers.text(first.get("subject", b""), most=500)
    ids = headers.message_ids(first.get("message-id", b"")[:2000])
    text = _text(raw, first)
    author = first.get("from", b"")
    nobody = Identity(address=None, shown=identities.show(author, identities.mailboxes(author)), reason=defect)
    return Mail(
        envelope=envelope,
        sha256=digest,
        content_hash=digest,
        size=len(raw),
        identity=nobody,
        authentication=Authentication(verdict="unknown", reason=defect),
        headers=tuple((name, headers.text(value)) for name, value in found),
        subject=subject,
        message_id=ids[0] if ids else None,
        in_reply_to=headers.message_ids(first.get("in-reply-to", b"")),
        references=headers.message_ids(first.get("references", b"")),
        date=headers.date(first.get("date", b"")[:200]),
        to=identities.mailboxes(first.get("to", b"")),
        cc=identities.mailboxes(first.get("cc", b"")),
        reply_to=identities.mailboxes(first.get("reply-to", b"")),
        received_count=hops,
        own_text=text,
        text=text,
        attachments=(attachments.whole(raw, digest, subject),),
        loop=headers.text(first.get("x-maild-loop", b""), most=200),
        subject_shape=subject_shape(subject),
        text_shape=text_shape(text, [digest]),
        defects=(defect,),
        partial=True,
    )


_TAG = re.compile(r"<[^<>]{0,2000}>")
_CHARSET = re.compile(rb'charset="?([a-z0-9._-]{2,40})')
_TYPE = b"\ncontent-type:"


def _text(raw: bytes, first: dict[str, bytes]) -> str:
    """Return the text as far as it is easily found."""
    start = caps.header_end(raw, 0, min(len(raw), _SCAN))
    if start >= _SCAN:
        return ""
    kind = first.get("content-type", b"text/plain").lower()
    encoding = first.get("content-transfer-encoding", b"").lower()
    declared = kind
    if kind.startswith(b"multipart/"):
        part = _plain_part(raw, start)
        if part is None:
            return ""
        start, declared = part
        encoding = declared
        end = raw.find(b"\n--", start, start + _TEXT)
        piece = raw[start : end if end != -1 else start + _TEXT]
    elif kind.startswith(b"text/"):
        piece = raw[start : start + _TEXT]
    else:
        return ""
    how = "base64" if b"base64" in encoding else "quoted-printable" if b"quoted-printable" in encoding else ""
    name = _CHARSET.search(declared)
    text = clean(charset.decode(decoding.text(piece, how), name[1].decode() if name else None))
    return (_TAG.sub(" ", text) if kind.startswith(b"text/html") else text).strip()


def _plain_part(raw: bytes, start: int) -> tuple[int, bytes] | None:
    """Return where the first text/plain part's body begins and its header, lower case, if it is easily found."""
    lowered = raw[start : start + _SCAN].lower()
    at = 0
    for _ in range(_MOST_PARTS):
        at = lowered.find(_TYPE, at)
        if at == -1:
            return None
        after = lowered[at + len(_TYPE) : at + len(_TYPE) + 200].lstrip(b" \t\r\n")
        if after.startswith(b"text/plain"):
            begin = max(lowered.rfind(b"\n--", max(0, at - 4096), at), lowered.rfind(b"\n\r\n", max(0, at - 4096), at))
            end = caps.header_end(lowered, at, min(len(lowered), at + caps.FIELD_BYTES))
            return start + end, lowered[max(begin, 0) : end]
        at += len(_TYPE)
    return None

"""The safe reading: of a mail beyond a cap, or one that the full reading raised on.

Subject and author by a scan of the first raw lines, text by best effort over a bounded piece, the original attached
whole. Plain slices and linear patterns only, so that this reading itself cannot fail or run away.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from maild.core.bursts import subject_shape, text_shape
from maild.core.mail import Authentication, Envelope, Identity, Mail
from maild.mail import attachments, caps, charset, decoding, headers
from maild.mail import identity as identities
from maild.mail.headers import Field
from maild.mail.text import clean

_SCAN = 4 * 1024 * 1024
_MOST_OF_A_NAME = 20
_WANTED = re.compile(
    rb"(?im)^(from|to|cc|reply-to|subject|date|message-id|in-reply-to|references|return-path|auto-submitted|precedence"
    rb"|list-id|list-unsubscribe|list-post|x-auto-response-suppress|x-autoreply|x-maild-loop|received|content-type"
    rb"|content-transfer-encoding|delivered-to|x-original-to|feedback-id|mailing-list|x-loop|x-autorespond)[ \t]*:"
    rb"[ \t]*([^\r\n]{0,4000})((?:\r?\n[ \t]+[^\r\n]{0,2000}){0,50})"
)
_TEXT = 64 * 1024


def scan(raw: bytes) -> tuple[list[Field], int]:
    """Return the fields that matter of the first megabytes of a header, and the number of Received."""
    end = min(caps.header_end(raw, 0, min(len(raw), _SCAN)), _SCAN)
    counted: Counter[str] = Counter()
    found: list[Field] = []
    for match in _WANTED.finditer(raw, 0, end):
        name = match[1].decode().lower()
        counted[name] += 1
        if counted[name] <= _MOST_OF_A_NAME:
            found.append((name, (match[2] + match[3])[: caps.FIELD_BYTES]))
    return found, counted["received"]


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
        text_shape=text_shape(text),
        defects=(defect,),
        partial=True,
    )


_PLAIN_PART = re.compile(rb"(?im)^content-type:[ \t]*text/plain[^\n]*\n((?:[^\n]{0,500}\S[^\n]{0,500}\n){0,20})\r?\n")
_TAG = re.compile(r"<[^<>]{0,2000}>")


def _text(raw: bytes, first: dict[str, bytes]) -> str:
    """Return the text as far as it is easily found."""
    start = caps.header_end(raw, 0, min(len(raw), _SCAN))
    if start >= _SCAN:
        return ""
    kind = first.get("content-type", b"text/plain").lower()
    encoding = first.get("content-transfer-encoding", b"").lower()
    declared = kind
    if kind.startswith(b"multipart/"):
        part = _PLAIN_PART.search(raw, start, start + _SCAN)
        if part is None:
            return ""
        start, declared, encoding = part.end(), part[0].lower(), part[1].lower()
        end = raw.find(b"\n--", start, start + _TEXT)
        piece = raw[start : end if end != -1 else start + _TEXT]
    elif kind.startswith(b"text/"):
        piece = raw[start : start + _TEXT]
    else:
        return ""
    how = "base64" if b"base64" in encoding else "quoted-printable" if b"quoted-printable" in encoding else ""
    name = re.search(rb'charset="?([a-z0-9._-]{2,40})', declared)
    text = clean(charset.decode(decoding.decode(piece, how), name[1].decode() if name else None))
    return (_TAG.sub(" ", text) if kind.startswith(b"text/html") else text).strip()

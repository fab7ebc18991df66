"""What makes two mails the same content, by whatever road they came (law T13)."""

from __future__ import annotations

import hashlib

from maild.core.robots.robot_words import REPLY_HEADERS
from maild.mail.mime.headers import Field

_WRITTEN = frozenset({"from", "to", "cc", "subject", "date", "message-id"})
_AUTOMATIC = frozenset({"auto-submitted", "precedence", "x-auto-response-suppress", *REPLY_HEADERS})
_LISTS = frozenset({"mailing-list", "feedback-id"})
_COUNTED = _WRITTEN | _AUTOMATIC | _LISTS


def counts(name: str) -> bool:
    """Tell whether a field (lower case) is part of what a mail is: the rest is of its road, its filters, its client."""
    return name in _COUNTED or name.startswith("list-")


def content_hash(raw: bytes, found: list[Field], start: int) -> str:
    """Return SHA-256, hex, of what a mail's writer wrote, how it is marked, and its body, whatever the line ends."""
    fields = sorted(name.encode() + b":" + b" ".join(value.split()) for name, value in found if counts(name))
    digest = hashlib.sha256(b"\n".join(fields) + b"\n\n")
    content = raw[start:].replace(b"\r", b"")  # a third of what translate takes
    end = len(content)
    if content.endswith(b"\n\n"):
        end = len(content.rstrip(b"\n"))
    elif content.endswith(b"\n"):
        end -= 1
    digest.update(memoryview(content)[:end])
    return digest.hexdigest()

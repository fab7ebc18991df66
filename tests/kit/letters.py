"""What the tests of letters share: a notice of every kind, and mails read by the standard library."""

from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import Any

from maild.core.plan import Notice, NoticeKind
from maild.letters.compose import Letter, compose
from maild.letters.shown import sample
from maild.letters.templates import Letters, load

SHIPPED = Path(__file__).resolve().parents[2] / "templates"
LANGUAGES = ("no", "sv", "en")
NOW = datetime(2026, 11, 24, 9, 5, 7, tzinfo=timezone(timedelta(hours=1)))
LOOP = "maild-7f3a.abcdefghijklmnop"
TO_AGENT = frozenset(
    {"assignment", "follow-up", "pending", "confirmation", "discarded", "refusal", "undelivered", "operator"}
)


@cache
def shipped() -> Letters:
    """Return the letters that come with maild."""
    return load(SHIPPED, LANGUAGES)


def notice(kind: NoticeKind, language: str = "no", **changes: Any) -> Notice:
    """Return a notice of a kind with a value for everything."""
    automatic = None if kind == "answer" else "auto-replied" if kind.startswith("ack") else "auto-generated"
    fields: dict[str, Any] = {
        "outbox_id": 7,
        "kind": kind,
        "once_key": f"{kind}:1042",
        "to": "kari.moen@fjordvik.example",
        "to_name": "Kari Møen",
        "case": None if kind == "operator" else 1042,
        "department": "it",
        "language": language,
        "from_address": "it@fjordvik.example",
        "from_name": "IT-støtte",
        "reply_to": "it+1042.abcdefghijklmnopqrstuvwxyz234567abcdefg@sak.fjordvik.example",
        "subject": "[FK#1042] Får ikke logget inn",
        "message_id": "<maild.7.1042.c.abcdefghijklmnop@sak.fjordvik.example>",
        "in_reply_to": "<ferie-1@nordlys.example>",
        "references": ("<ferie-0@nordlys.example>", "<ferie-1@nordlys.example>"),
        "automatic": automatic,
        "values": sample(kind, language),
        "to_agent": kind in TO_AGENT,
    }
    return Notice(**(fields | changes))


def write(about: Notice, letters: Letters | None = None, raw: bytes | None = None, trace_id: str = "55") -> Letter:
    """Compose a notice."""
    return compose(about, letters or shipped(), loop=LOOP, raw=raw, now=NOW, trace_id=trace_id)


def parsed(letter: Letter) -> EmailMessage:
    """Read a mail by the standard library's strictest policy."""
    message = message_from_bytes(letter.data, policy=SMTP)
    assert isinstance(message, EmailMessage)
    return message

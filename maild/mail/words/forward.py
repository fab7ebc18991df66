"""Find the mail that a mail passes on: inline below a separator or a header block, or attached (law R18).

Only what is certain is told: an address that reads as one, a date that can be read in one way.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from maild.core.values import subject_prefixes
from maild.core.values.mail import Forwarded
from maild.mail.mime.text import Shown
from maild.mail.words.dates import read_date
from maild.mail.words.forward_headers import Block, address_in
from maild.mail.words.lines import Lines
from maild.mail.words.quotes import Header
from maild.mail.words.reply import is_answer_in_finnish

_ID = re.compile(r"<[^<>\s@]{1,250}@[^<>\s@]{1,250}>")
_MAILTO = re.compile(r"<mailto:[^>]*>|\[mailto:([^\]]*)\]", re.IGNORECASE)
_QUOTES = " \t\u00a0\"'“”„«»‘’‚,:;*<>[]()"
_QUOTED = re.compile(r"[\"“„«]\s?([^\"“„«»]{1,100}?)\s?[\"”“»]\s*[<(\[]*\s*$")
_PARTICLES = ("von", "van", "der", "den", "de", "la", "di", "da", "du", "af", "av", "zu", "ten", "el", "bin", "al")
_MOST_LINES = 4000


def find(shown: Shown | Lines, subject: str, attached: Message | None) -> Forwarded | None:
    """Return what a mail of this text (or these lines) passes on, or None when it passes nothing on.

    ``attached`` is the message of a message/rfc822 part. It counts when the subject says that the mail is forwarded,
    or when the writer adds next to nothing of their own.
    """
    text = Lines.of(shown)
    inline = _inline(text, subject)
    if inline is not None:
        return inline
    if attached is not None and (subject_prefixes.is_forward(subject) or len(text.shown.text.split()) <= 40):
        return _attached(attached)
    return None


def _inline(text: Lines, subject: str) -> Forwarded | None:
    forwarded = subject_prefixes.is_forward(subject)
    marked = {mark.start for mark in text.shown.marks if mark.kind == "forwarded"}
    at = -1
    while (at := text.announcing.find(1, at + 1, _MOST_LINES)) >= 0:
        header = text.header(at)
        if header is None:
            continue
        if header.kind == "forwarded" or at in marked:
            return _told(header)
        if forwarded and not is_answer_in_finnish(subject, header) and (header.sure or text.depth[at] > 0):
            return _told(header)
        if header.sure:
            return None  # an answer; what its history passed on is history
    return None


def _told(header: Header) -> Forwarded:
    if header.block is not None:
        return _from_block(header.block)
    address, name = _mailbox(_author(header.words))
    date = read_date(header.words) if header.words else None
    return Forwarded(how="inline", address=address, name=name, date=date)


def _from_block(block: Block) -> Forwarded:
    address, name = _mailbox(block.value("from"))
    identifier = _ID.search(block.value("id"))
    return Forwarded(
        how="inline",
        address=address,
        name=name,
        date=read_date(block.value("date")),
        subject=block.value("subject")[:500],
        message_id=identifier.group() if identifier else None,
    )


def _author(words: str) -> str:
    """Return the part of an attribution that names the author: the address and the name before it."""
    place = address_in(words)
    if place is None:
        return ""
    before = words[: place.start()]
    quoted = _QUOTED.search(before)
    if quoted is not None:
        return f"{quoted.group(1)} <{place.group()}>"
    name: list[str] = []
    for word in reversed(before.rstrip(_QUOTES).split()):
        named = word[:1].isupper() or (word in _PARTICLES and name)
        if not named or word[-1] in ",;:" or any(sign.isdigit() for sign in word):
            break
        name.insert(0, word)
    return f"{' '.join(name[-6:])} <{place.group()}>"


def _mailbox(value: str) -> tuple[str | None, str]:
    """Return the one address of a From value (None when there is none) and the name before it."""
    text = _MAILTO.sub(lambda found: f"<{found.group(1)}>" if found.group(1) else " ", value)
    found = address_in(text)
    if found is None:
        return None, text.strip(_QUOTES)[:200]
    address = found.group().rstrip(".").lower()
    name = text[: found.start()].strip(_QUOTES)
    for words in (" on behalf of", " på vegne av", " för", " im auftrag von"):
        name = name.removesuffix(words).strip(_QUOTES)
    return address, "" if "@" in name else name[:200]


def _decoded(message: Message, name: str) -> str:
    value = message.get(name)
    if value is None:
        return ""
    text = str(value)[:2000]
    try:
        text = str(make_header(decode_header(text)))
    except (LookupError, ValueError, MessageError):
        text = str(value)[:2000]
    return " ".join(text.split())


def _attached(message: Message) -> Forwarded:
    address, name = _mailbox(_decoded(message, "From"))
    identifier = _ID.search(_decoded(message, "Message-ID"))
    return Forwarded(
        how="attached",
        address=address,
        name=name,
        date=_header_date(message),
        subject=_decoded(message, "Subject")[:500],
        message_id=identifier.group() if identifier else None,
    )


def _header_date(message: Message) -> datetime | None:
    date = read_date(_decoded(message, "Date"))
    return date if date is not None and date.tzinfo is not None else None

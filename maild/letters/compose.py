"""A notice and a letter become the finished bytes of one mail (law W1, W7). Pure: the time and every id are given.

What leaves here was read back by other means than it was written (``prove.py``) and is as intended: exactly these
headers, exactly this recipient, no bare CR or LF. A letter that cannot be rendered, or does not survive that,
becomes the built-in plain one; there is always a mail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from maild.core.errors import MaildError
from maild.core.letters.reply_marker import sentinel
from maild.core.plan import ACKS, Notice
from maild.core.reasons.reason import Reason
from maild.core.reasons.words import in_words
from maild.letters import encode, lighten, plain, prove
from maild.letters.clean import clean_filename, clean_header, clean_text
from maild.letters.enclose import Enclosed, Enclosures
from maild.letters.shown import Value
from maild.letters.templates import Broken, Letters

MOST_TEXT = 40_000
"""Characters of a customer's text shown in a letter to an agent; an agent's own answer is never cut."""
NAME_LIMIT = 64
MOST_REASON = 600
MOST_SUBJECT = 240
MOST_ADDRESS = 320
"""Characters of an address (RFC 5321 §4.5.3.1); a shorter cut could make one look like another."""
MOST_BOX = MOST_ADDRESS + 80
"""Characters of a name and its address."""
_UNCUT = frozenset({"answer"})
_LONG = frozenset({"text", "history", "held_text", "folded", "diagnostic"})
MOST_WHY = 300
_SENTENCES = frozenset({"reason", "banner", "unanswered"})
_MANY = 50
_MOST = {"recipients": 10_000}
"""Whom an answer goes to is shown whole: nobody hides behind a cut."""


_CLEAN: dict[str, Callable[[str], str]] = {
    "attachments": clean_filename,
    "recipients": lambda text: clean_header(text, MOST_ADDRESS),
    "offers": lambda text: clean_header(text, MOST_ADDRESS),
    "copies": lambda text: clean_header(text, MOST_BOX),
}
_NOTHING = Enclosed(parts=(), left_out=())


class Unwritable(MaildError):
    """A notice whose own fields make no mail, even as the built-in letter: a fault of ours, not of the mail's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One finished mail."""

    subject: str
    data: bytes
    fell_back: str | None
    """Why it is the built-in plain letter; None when the template's letter was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    subject: str
    text: str
    html: str | None


def compose(
    notice: Notice,
    letters: Letters,
    *,
    loop: str,
    raw: bytes | None,
    now: datetime,
    trace_id: str,
    enclosures: Enclosures | None = None,
    earlier: bytes | None = None,
) -> Letter:
    """Write one mail.

    Args:
        notice: who is told what.
        letters: the templates.
        loop: the value of our loop header, put on every mail we send.
        raw: the received mail that ``notice.attachments`` are ranges of; None when there are none.
        now: for the Date field, aware.
        trace_id: what an agent can ask the decision's trace by (law G9).
        enclosures: what the letters of the same plan share.
        earlier: the mail that this one is once more, without its files.

    Raises:
        Unwritable: when not even the built-in letter can be written.

    """
    language = letters.language(notice.language)
    light = None if earlier is None else lighten.without_files(earlier, notice, language, now)
    if light is not None:
        return Letter(subject=clean_header(notice.subject, MOST_SUBJECT), data=light, fell_back=None)
    enclosures = enclosures or Enclosures()
    enclosed = _NOTHING if raw is None or not notice.attachments else enclosures.of(notice.attachments, raw)
    values = _values(notice, language)
    try:
        words = _rendered(notice, letters, language, values)
        data, wrong = _write(notice, _with_left_out(words, enclosed, language), enclosed, loop, now, trace_id)
        fell_back = wrong
    except Broken as error:
        data, fell_back = b"", clean_header(str(error), MOST_WHY)
    if fell_back is not None:
        text = clean_text(plain.letter(notice.kind, language, values))
        words = _Words(subject=_plain_subject(notice), text=text, html=None)
        data, wrong = _write(notice, _with_left_out(words, enclosed, language), enclosed, loop, now, trace_id)
        if wrong is not None:
            raise Unwritable(f"{notice.kind} for outbox {notice.outbox_id}: {wrong}")
    return Letter(subject=words.subject, data=data, fell_back=fell_back)


# -- the words ----------------------------------------------------------------------------------------------------


def _values(notice: Notice, language: str) -> dict[str, Value]:
    """Clean what the letter may show; long texts are cut, but for an agent's own words."""
    values: dict[str, Value] = {}
    for name, value in notice.values.items():
        if value == "" or value == ():  # most of what a letter may show
            values[name] = value
            continue
        if isinstance(value, Reason):
            value = in_words(value, language)
        if isinstance(value, tuple):
            clean = _CLEAN.get(name, clean_header)
            values[name] = tuple(clean(item) for item in value[: _MOST.get(name, _MANY)])
        elif isinstance(value, int):
            values[name] = value
        elif name in _LONG:
            values[name] = _long(notice, value, language)
        elif name in _SENTENCES:
            values[name] = clean_header(value, MOST_REASON)
        else:
            values[name] = clean_header(value)
    _add_history(values, language)
    return values | {"subject": clean_header(notice.subject, MOST_SUBJECT), "language": language}


def _long(notice: Notice, value: str, language: str) -> str:
    """Clean a long text; one that is not an agent's own is cut, and says so."""
    text = clean_text(value).strip("\n").rstrip()
    if len(text) > MOST_TEXT and notice.kind not in _UNCUT:
        text = f"{text[:MOST_TEXT].rstrip()}\n{plain.sentence('cut', language)}"
    return text


def _add_history(values: dict[str, Value], language: str) -> None:
    """Put below a mail's text the older mail that came with it, and how many lines are not shown (law R27)."""
    history, left_out = values.pop("history", ""), values.pop("left_out", 0)
    parts = [str(values.get("text", ""))]
    if history:
        parts.append(f"{plain.sentence('earlier', language)}\n\n{history}")
    if left_out:
        name = "folded one" if left_out == 1 else "folded"
        parts.append(f"[{plain.sentence(name, language, lines=str(left_out))}]")
    if len(parts) > 1:
        values["text"] = "\n\n".join(part for part in parts if part)


def _rendered(notice: Notice, letters: Letters, language: str, values: dict[str, Value]) -> _Words:
    written = letters.render(notice.kind, language, values, prefer=_variants(notice))
    text = clean_text(written.text).strip("\n")
    if notice.to_agent and notice.kind in plain.WITH_SENTINEL and not plain.has_sentinel(text, language):
        text = f"{sentinel(language)}\n\n{text}"
    if notice.kind != "answer" and not text.strip():
        raise Broken(f"{notice.kind}: the template wrote nothing")
    html = None if written.html is None else clean_text(written.html)
    return _Words(subject=_subject(notice, written.subject), text=text, html=html)


def _variants(notice: Notice) -> tuple[str, ...]:
    """Name the letters that are better than the kind's own: a rule's choice, the type's, the department's (law G10)."""
    kind, wanted = notice.kind, notice.values.get("type")
    return (notice.template or "", f"{kind}.{wanted}" if wanted else "", f"{kind}.{notice.department}")


def _subject(notice: Notice, rendered: str) -> str:
    """Clean the subject a template wrote and give it back its number, should the template have dropped it."""
    tag = _tag(notice)
    subject = clean_header(rendered)
    if tag and tag not in subject:
        subject = clean_header(f"{tag} {subject}")
    return subject or _plain_subject(notice)


def _tag(notice: Notice) -> str:
    number = clean_header(str(notice.values.get("number", "")), 40)
    return f"[{number}]" if number else ""


def _plain_subject(notice: Notice) -> str:
    return _tag(notice) or clean_header(notice.subject) or "-"


def _with_left_out(words: _Words, enclosed: Enclosed, language: str) -> _Words:
    """Name the files that did not fit, below the text (and before the HTML's end)."""
    if not enclosed.left_out:
        return words
    text = f"{words.text}\n\n{lighten.left_out(enclosed.left_out[:_MANY], language)}"
    return _Words(subject=words.subject, text=text, html=None)


# -- the bytes ----------------------------------------------------------------------------------------------------


def _write(
    notice: Notice, words: _Words, enclosed: Enclosed, loop: str, now: datetime, trace_id: str
) -> tuple[bytes, str | None]:
    """Write and prove a mail: its bytes, and what is wrong with them."""
    fields, mailboxes = _fields(notice, words.subject, loop, now, trace_id)
    several = words.html is not None or bool(enclosed.parts)
    text = encode.body(words.text, only_part=not several)
    digest = hashlib.sha256(notice.message_id.encode()).hexdigest() if several else ""
    boundary = f"=_{digest[:24]}" if several else ""  # "=_" occurs in no quoted-printable and no base64
    if words.html is not None:
        html = encode.body(words.html, subtype="html", only_part=False)
        inner = boundary if not enclosed.parts else f"=_{digest[24:48]}"
        text = encode.multipart("alternative", inner, ((text,), (html,)))
    names = [name for name, field in fields if field]
    names += ["MIME-Version", "Content-Type"] + ([] if several else ["Content-Transfer-Encoding"])
    head = b"".join([*(field for _, field in fields), b"MIME-Version: 1.0\r\n"])
    if not enclosed.parts:
        data = head + text
        return data, prove.flaw(data, names=names, mailboxes=mailboxes, boundary=boundary, parts=2)
    # The proof reads everything but the files themselves: they are base64 and nothing else (enclose.Part).
    frame = head + encode.multipart("mixed", boundary, [(text,), *((part.fields,) for part in enclosed.parts)])
    parts = 1 + len(enclosed.parts)
    wrong = prove.flaw(frame, names=names, mailboxes=mailboxes, boundary=boundary, parts=parts)
    files = [(part.fields, part.body) for part in enclosed.parts]
    return head + encode.multipart("mixed", boundary, [(text,), *files]), wrong


def _fields(
    notice: Notice, subject: str, loop: str, now: datetime, trace_id: str
) -> tuple[list[tuple[str, bytes]], dict[str, str | None]]:
    """Write every header field but MIME's, in order; and the address each address field must turn out to hold."""
    # An ack that shows no name in its text (to a stranger, or in a confidential case) shows none here either.
    nameless = notice.kind in ACKS and not notice.values.get("requester")
    to_name = "" if nameless else clean_header(notice.to_name, NAME_LIMIT)
    addresses = [("From", clean_header(notice.from_name, NAME_LIMIT), notice.from_address), ("To", to_name, notice.to)]
    if notice.reply_to:
        addresses.append(("Reply-To", "", notice.reply_to))
    answered = notice.in_reply_to or ""
    fields = [(name, encode.mailbox(name, display, address)) for name, display, address in addresses]
    fields += [
        ("Subject", encode.unstructured("Subject", subject)),
        ("Date", encode.date(now)),
        ("Message-ID", f"Message-ID: {notice.message_id}\r\n".encode()),
        ("In-Reply-To", encode.message_ids("In-Reply-To", (answered,))),
    ]
    if notice.kind != "ack-minimal":  # nothing of the author's but the one id that RFC 3834 §3.1.5 asks for
        fields.append(("References", encode.message_ids("References", (*notice.references, answered))))
    if notice.automatic is not None:
        fields += [
            ("Auto-Submitted", f"Auto-Submitted: {notice.automatic}\r\n".encode()),  # RFC 3834 §5
            ("X-Auto-Response-Suppress", b"X-Auto-Response-Suppress: All\r\n"),
        ]
    if notice.to_agent and notice.case is not None:
        fields.append(("X-Maild-Case", encode.token("X-Maild-Case", str(notice.case))))
    if notice.automatic is not None:
        fields.append(("X-Maild-Trace", encode.token("X-Maild-Trace", trace_id)))
    fields.append(("X-Maild-Loop", encode.token("X-Maild-Loop", loop)))
    return fields, {name: encode.address_spec(address) for name, _, address in addresses}

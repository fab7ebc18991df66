"""Raw bytes to :class:`~maild.core.values.mail.Mail` (law R2): one capped walk, and what follows from it.

There are three readings, each cheaper than the one before: in full, the safe one of ``fallback.py``, and the one by the
header alone of ``header_reading.py``. Whatever raises in one of them, or takes more than it may, leads to the next.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from maild.core.arrivals.bursts import subject_shape, text_shape
from maild.core.values.mail import Envelope, Mail
from maild.mail import caps, fallback, header_reading
from maild.mail.author import authentication, identity
from maild.mail.budget import Allowance, Budget, Spent, Timers
from maild.mail.mime import body, headers, structure
from maild.mail.mime.content_hash import content_hash
from maild.mail.mime.headers import Field
from maild.mail.mime.mentions import find
from maild.mail.mime.text import clean_line
from maild.mail.options import ReadOptions
from maild.mail.reports import bounce, reactions
from maild.mail.spending import Spending
from maild.mail.words import forward, reply
from maild.mail.words.decorations import decorated
from maild.mail.words.language import language_of
from maild.mail.words.lines import Lines

_UNTOLD = "authentication-results"
T = TypeVar("T")
Full = Callable[[bytes, Envelope, ReadOptions], Mail]
Partial = Callable[[bytes, Envelope, str], Mail]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The readings, from the costly one down."""

    full: Full
    safe: Partial
    header: Partial

    def read(
        self, raw: bytes, envelope: Envelope, options: ReadOptions, finish: Callable[[Mail], T], within: Within
    ) -> T:
        """Read one mail and make something of it, by the first reading that comes to its end.

        A reading is over, with all the memory it held, before the next one begins.

        Raises:
            Evicted: when the mail has had its time in its lane.

        """
        costly, cheap = (within.budget.full, within.budget.safe) if within.budget is not None else (None, None)
        done, why = _attempt(lambda: finish(self.full(raw, envelope, options)), within, costly)
        if done is None:
            first = why
            done, why = _attempt(lambda: finish(self.safe(raw, envelope, first)), within, cheap)
        if done is None:
            done = finish(self.header(raw, envelope, first if why == first else f"{first}; {why}"))
        return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The budget of a mail's readings and the timers that guard it; without them nothing is bounded."""

    budget: Budget | None = None
    timers: Timers | None = None


def _attempt(work: Callable[[], T], within: Within, allowed: Allowance | None) -> tuple[T | None, str]:
    """Do what may fail or take too long; what came of it, or None and why.

    What it held is free when this returns, which is why the next reading is not begun in a handler here.
    """
    timers = within.timers
    try:
        try:
            if timers is not None and allowed is not None:
                timers.begin(allowed)
            return work(), ""
        finally:
            if timers is not None:
                timers.end()
    except caps.Capped as capped:
        return None, str(capped)
    except (Spent, MemoryError) as error:
        why = f"reading took {error}" if isinstance(error, Spent) else "reading took too much memory"
    except Exception as error:  # noqa: BLE001 - the one place: a mail that cannot be read is still a case
        return None, f"reading failed: {type(error).__name__}: {clean_line(str(error), 200)}"
    if timers is not None:
        timers.end()  # it may have fired just as it was ended
    gc.collect()
    return None, why


def full(raw: bytes, envelope: Envelope, options: ReadOptions) -> Mail:
    """Read a mail in full.

    Raises:
        Capped: when it is beyond a cap.

    """
    caps.check(raw)
    return _read(raw, envelope, options)


LADDER = Ladder(full=full, safe=fallback.safe, header=header_reading.read)


def read(raw: bytes, envelope: Envelope, options: ReadOptions) -> Mail:
    """Read one mail in this process; never raises. Where reading in full fails, the Mail is *partial* and says why."""
    return LADDER.read(raw, envelope, options, lambda mail: mail, Within())


def _read(raw: bytes, envelope: Envelope, options: ReadOptions) -> Mail:
    spending = Spending()
    found, start = headers.head(raw)
    root, defects = structure.split(raw, found, start, spending)
    values: dict[str, list[bytes]] = {}
    for name, value in found:
        values.setdefault(name, []).append(value)
    first = {name: several[0] for name, several in values.items()}
    hint = next((part.params["charset"] for part in root.whole() if "charset" in part.params), None)
    told = [(name, headers.text(value, hint)) for name, value in found]
    author = identity.identity(found, raw[:start])
    content = body.read(raw, root, spending)
    shown = content.shown
    subject = next((value for name, value in told if name == "subject"), "")[:500].strip()
    lines = Lines(shown)
    answers = "in-reply-to" in first or "references" in first
    split = reply.split(lines, subject, answers, author.address or "")
    attached = structure.as_message(*content.attached[0]) if content.attached else None
    files = decorated(content, split.folds)
    report = None
    if envelope.sender == "" or bounce.may_be(root):
        message = structure.as_message(raw, root)
        report = bounce.find(message, shown.text, null=envelope.sender == "", ours=envelope.recipients)
    ids = headers.message_ids(first["message-id"]) if "message-id" in first else ()
    return Mail(
        envelope=envelope,
        sha256=hashlib.sha256(raw).hexdigest(),
        content_hash=content_hash(raw, found, start),
        size=len(raw),
        identity=author,
        authentication=authentication.judge(raw, found, envelope, author, options),
        headers=tuple(pair for pair in told if pair[0] != _UNTOLD and not pair[0].startswith("x-maild-")),
        subject=subject,
        message_id=ids[0] if ids else None,
        in_reply_to=headers.message_ids(first.get("in-reply-to", b"")),
        references=headers.message_ids(first.get("references", b"")),
        date=headers.date(first["date"]) if "date" in first else None,
        to=identity.boxes(values.get("to", ()), hint, spending),
        cc=identity.boxes(values.get("cc", ()), hint, spending),
        reply_to=identity.boxes(values.get("reply-to", ()), hint, spending),
        delivered_to=_delivered(found, spending),
        received_count=len(values.get("received", ())),
        own_text=split.own_text,
        folds=split.folds,
        announced=lines.announced(),
        filled=split.filled,
        forwarded=forward.find(lines, subject, attached) if report is None else None,
        text=shown.text,
        has_html=content.has_html,
        attachments=files,
        report=report,
        calendar=content.calendar,
        reaction=reactions.carries(root),
        mentions=find(_texts(raw, told, content), spending),
        loop=next((value for name, value in told if name == "x-maild-loop"), ""),
        subject_shape=subject_shape(subject),
        text_shape=text_shape(split.own_text, [file.sha256 for file in files if not file.decoration]),
        language=language_of(split.own_text),
        # last, for every step above may have said what it left out
        defects=tuple(dict.fromkeys((*defects, *content.defects, *spending.defects, *_oddities(values)))),
    )


def _delivered(found: list[Field], spending: Spending) -> tuple[str, ...]:
    values = (value for name, value in found if name in ("delivered-to", "x-original-to"))
    return tuple(dict.fromkeys(box.address for box in identity.boxes(values, None, spending)))


def _texts(raw: bytes, told: list[tuple[str, str]], content: body.Body) -> list[str]:
    """Everything in which one of our addresses may stand, attached mails and reports included."""
    texts = ["\n".join(value for _, value in told), content.shown.text, *content.sources]
    for file in content.files:
        if file.type.startswith(("message/", "text/")) and file.encoding == "identity":
            texts.append(raw[file.start : min(file.end, file.start + 1_000_000)].decode("latin-1"))
    return texts


def _oddities(values: Mapping[str, Sequence[bytes]]) -> list[str]:
    """Fields that must be there once and are not (RFC 5322 §3.6)."""
    once = ("subject", "date", "message-id", "to", "cc", "reply-to", "sender", "in-reply-to", "references")
    odd = [f"{len(values[name])} {name} fields" for name in once if len(values.get(name, ())) > 1]
    return odd + [f"no {name} field" for name in ("date", "message-id") if name not in values]

"""Who wrote a mail: a person, or which kind of robot (law A2, A3, RFC 3834).

One pure verdict with its reason. A person's mail is never called a robot's: what a person may write too counts only
beside evidence that only a robot leaves. This is the one home of the patterns of robots' headers and subjects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from typing import Literal

from maild.core.reasons.reason import Reason, because
from maild.core.robots.back import return_date
from maild.core.robots.robot_words import ABSENT_TEXT, ATTENDED_LOCAL, REPLY_HEADERS, ROBOT_LOCAL, SUBJECTS
from maild.core.values import return_paths
from maild.core.values.mail import Mail

RobotKind = Literal["human", "auto-reply", "automatic", "list", "calendar", "receipt", "feedback", "bounce"]

_SUBJECTS = [(name, re.compile(rf"(?i)^\s*(?:{words})\s*(?::|：|$)")) for name, words in SUBJECTS]
_ANY_SUBJECT = re.compile(rf"(?i)^\s*(?:{'|'.join(words for _, words in SUBJECTS)})\s*(?::|：|$)")
"""Any of them: nearly every mail is asked this one pattern instead of each language's."""
_ABSENT_TEXT = tuple(ABSENT_TEXT.replace("e-?mail", "email").split("|"))
_LOCAL = re.compile(ROBOT_LOCAL, re.IGNORECASE)
_ATTENDED = re.compile(ATTENDED_LOCAL, re.IGNORECASE)
_ANSWERS = ("REPLY", "COUNTER")


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """The verdict on a mail's writer and why."""

    kind: RobotKind
    reason: Reason | None = None
    """The pattern that decided; None for a person."""
    back: date | None = None
    """First day the writer is back, when an absence says one."""

    @property
    def said(self) -> Reason | None:
        """Which robot it is and why; None for a person."""
        if self.kind == "human":
            return None
        return because("is so", self.kind) if self.reason is None else because("robot", self.kind, self.reason)


def _values(mail: Mail, name: str) -> list[str]:
    return [value.strip().lower() for key, value in mail.headers if key == name]


def _has(mail: Mail, name: str) -> bool:
    return any(key == name for key, _ in mail.headers)


def auto_submitted(mail: Mail) -> Reason | None:
    """Return why Auto-Submitted marks a mail (RFC 3834 §5: anything but ``no``), or None."""
    for value in _values(mail, "auto-submitted"):
        if value and value.partition(";")[0].strip() != "no":
            return because("header is", "Auto-Submitted", value)
    return None


def generated(mail: Mail) -> Reason | None:
    """Return why a mail is marked as made by a machine that answers nothing (RFC 3834 §5: auto-generated), or None.

    So are marked, too, what a person's inbox rule passes on and what another desk sends of its people's words: their
    mark says nothing of the words. One that only an automatic answer has says more (law A17).
    """
    reason = auto_submitted(mail)
    if reason is None:
        return None
    words = {_keyword(value) for value in _values(mail, "auto-submitted")}
    if words & {"auto-replied", "auto-notified"} or _answers_by_itself(mail) is not None:
        return None
    return reason


def _keyword(value: str) -> str:
    """Return the keyword of a field's value, without parameters and remarks."""
    return value.partition(";")[0].partition("(")[0].strip()


def passed_on(mail: Mail) -> bool:
    """Tell whether nothing but X-Loop marks a mail, which whoever passes a person's mail on writes, too."""
    return (
        _has(mail, "x-loop") and auto_submitted(mail) is None and _answers_by_itself(mail) is None and not _absent(mail)
    )


def _answers_by_itself(mail: Mail) -> Reason | None:
    """Return what only an automatic answer has; X-Loop is no such thing, whoever passes mail on writes it."""
    header = robot_header(mail, but="x-loop")
    return header or robot_subject(mail) or _precedence_reply(mail)


def robot_header(mail: Mail, *, but: str = "") -> Reason | None:
    """Return the header that only an automatic answer has, or None; ``but`` is one that does not count."""
    for name in REPLY_HEADERS:
        if name != but and _has(mail, name):
            return because("header", name)
    if any(value.startswith("autoresponder") for value in _values(mail, "delivered-to")):
        return because("header is", "Delivered-To", "autoresponder")
    return None


def robot_subject(mail: Mail) -> Reason | None:
    """Return why the subject is an automatic answer's (≥ 30 languages; law A15), or None."""
    for name, pattern in _SUBJECTS if _ANY_SUBJECT.match(mail.subject) else ():
        found = pattern.match(mail.subject)
        if found is not None and (found.group().rstrip()[-1:] in ":：" or _absent(mail)):
            return because("subject of an automatic reply", name)
    if mail.envelope.sender == "" and _absent(mail):
        return because("null return path and absence")
    return None


def _absent(mail: Mail) -> bool:
    return says_absent(mail.own_text or mail.text)


def automatic_subject(subject: str) -> str | None:
    """Return the language in which a subject begins as an automatic answer's does ("Autosvar: …"), or None."""
    for name, pattern in _SUBJECTS:
        found = pattern.match(subject)
        if found is not None and found.group().rstrip()[-1:] in ":：":
            return name
    return None


def robot_address(mail: Mail) -> Reason | None:
    """Return the address nobody reads that a mail comes from, or None."""
    for address in (mail.identity.address, return_paths.plain(mail.envelope.sender)):
        if address and _LOCAL.match(address.rpartition("@")[0]):
            return because("address", address)
    return None


def mailing_list(mail: Mail) -> Reason | None:
    """Return the header that marks a list's or bulk mail, or None."""
    for name, _ in mail.headers:
        if name.startswith("list-") or name == "mailing-list":
            return because("header", name)
    for value in _values(mail, "precedence"):
        if value in ("list", "bulk", "junk", "auto_reply"):
            return because("header is", "Precedence", value)
    if _has(mail, "feedback-id") and _has(mail, "list-unsubscribe-post"):
        return because("headers of bulk mail")
    return None


def calendar_answer(mail: Mail) -> Reason | None:
    """Return why a mail is a calendar program's answer (RFC 5546 §3.2.3), or None."""
    if mail.calendar is not None and mail.calendar.method.upper() in _ANSWERS:
        return because("calendar method", mail.calendar.method)
    return None


def says_absent(text: str) -> bool:
    """Tell whether a text is an absence message, in the Nordic languages, English or German."""
    fold = " ".join(text[:2000].casefold().replace("’", "'").split())
    return any(words in fold for words in _ABSENT_TEXT)


def robot(mail: Mail, zone: tzinfo = UTC) -> Robot:
    """Judge who wrote a mail: the first kind with evidence, most certain first; days are those of the time zone."""
    if mail.report is not None:
        return _report(mail)
    calendar = calendar_answer(mail)
    if calendar is not None:
        return Robot(kind="calendar", reason=calendar)
    listed = mailing_list(mail)
    header = robot_header(mail)
    if header == because("header", "x-loop") and listed is not None:
        header = None  # list software marks what people write with it
    reply = header or robot_subject(mail) or _precedence_reply(mail)
    submitted = auto_submitted(mail)
    if submitted is not None and any("auto-replied" in value for value in _values(mail, "auto-submitted")):
        return _auto_reply(mail, submitted, zone)
    if reply is not None:
        return _auto_reply(mail, reply, zone)
    if submitted is not None:
        return Robot(kind="automatic", reason=submitted)
    if listed is not None:
        return Robot(kind="list", reason=listed)
    author = mail.identity.address
    address = robot_address(mail)
    if address is not None and (author is None or not _ATTENDED.match(author.rpartition("@")[0])):
        return Robot(kind="automatic", reason=address)
    if mail.envelope.sender == "":
        return Robot(kind="automatic", reason=because("null return path"))
    return Robot(kind="human")


def delivery_report(status: str) -> Reason:
    """Say that a mail is a delivery report, and with which status."""
    return because("delivery report with", status) if status else because("delivery report")


def _report(mail: Mail) -> Robot:
    assert mail.report is not None
    if mail.report.kind == "delivery-status":
        return Robot(kind="bounce", reason=delivery_report(mail.report.status))
    if mail.report.kind == "disposition-notification":
        return Robot(kind="receipt", reason=because("report of kind", mail.report.kind))
    return Robot(kind="feedback", reason=because("report of kind", mail.report.kind))


def _precedence_reply(mail: Mail) -> Reason | None:
    return because("header is", "Precedence", "auto_reply") if "auto_reply" in _values(mail, "precedence") else None


def _auto_reply(mail: Mail, reason: Reason, zone: tzinfo) -> Robot:
    text = f"{mail.subject}\n{mail.own_text or mail.text}"
    today = mail.envelope.received.astimezone(zone).date()
    return Robot(kind="auto-reply", reason=reason, back=return_date(text, today))

"""One received mail as the rest of maild sees it: an :class:`Envelope` and what reading the bytes found.

Everything here is a frozen value. Text is clean text (no NUL, no C0 controls but tab and newline); the
raw bytes stay in the store and are never changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from maild.core.reasons.reason import Reason

Source = Literal["smtp", "lmtp", "submission", "imap", "inject"]
Verdict = Literal["pass", "fail", "none", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the transport said about a mail, before anybody looked inside it (RFC 5321 §3.3)."""

    source: Source
    received: datetime
    """When we took it, aware; this orders everything (the Date header is only shown)."""
    sender: str | None
    """Return path; ``""`` is the null sender ``<>``, None is *unknown* (polled mail without Return-Path)."""
    recipients: tuple[str, ...]
    """Envelope recipients as given by the client; empty for polled mail."""
    peer: str = ""
    """The client's IP address, or empty."""
    helo: str = ""
    login: str | None = None
    """The agent's login when it came by SMTP AUTH over TLS on the submission door (evidence E4)."""
    account: str = ""
    """The polled mailbox it came from, as the config calls it; empty for the other doors."""
    department: str | None = None
    """The department a polled account names when nothing in the mail does."""
    quiet: bool = False
    """An import: make cases, send nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One address of a header: the shown name and the addr-spec, domain as lower-case A-labels."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who wrote the mail, read strictly (law I1): exactly one From field with exactly one plain address."""

    address: str | None
    """The author, or None when From cannot be trusted to name one; then the mail is a stranger's."""
    shown: str
    """How to show the author to a person: ``"Kari Moen" <kari@…>``, or ``"a@b" (really c@d)`` for a trap."""
    written: str = ""
    """The address as its owner spells it, when that is otherwise: letters go there, nothing is compared with it."""
    name: str = ""
    """The display name alone, cleaned."""
    reason: str = ""
    """Why there is no address, in words; empty when there is one."""
    by: Literal["from", "reply-to"] = "from"
    """What names the author: *reply-to* only for a form whose sender an admin named (law I15); then it is a claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What is known about the From domain (law I8): pass, fail, none (known to have nothing) or unknown."""

    verdict: Verdict
    policy: Literal["none", "quarantine", "reject"] | None = None
    """The DMARC policy of a failing domain, when it is known."""
    spf_domain: str | None = None
    """The aligned Return-Path domain that passed SPF, if any: an ack may go to this return path."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of the mail: what it is called and where its bytes are in the raw mail, never a second copy."""

    name: str
    type: str
    size: int
    """Decoded size in bytes."""
    sha256: str
    """Of the decoded bytes, hex."""
    start: int
    end: int
    """Half-open byte range of the *encoded* body in the raw mail."""
    encoding: Literal["base64", "quoted-printable", "identity", "uuencode", "yenc"]
    inline: bool = False
    content_id: str | None = None
    inside: int | None = None
    """When the file lies inside a container (winmail.dat, .msg) found at that range: its position in there."""
    decoration: bool = False
    """A signature's logo or the like: kept, but not shown as a file the writer sent (law R17)."""
    ours: bool = False
    """It shows a signed address or Message-ID of ours, or a notice's X-Maild field: then it never goes to a customer.
    What is packed or encoded inside the file is not seen. Known while the mail is decided, and not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A delivery report, disposition notification or feedback report inside the mail (RFC 3464, 8098, 5965)."""

    kind: Literal["delivery-status", "disposition-notification", "feedback-report"]
    status: str = ""
    """RFC 3463 status such as ``5.1.1``; empty when the report has none."""
    action: str = ""
    """RFC 3464's Action of the recipients told of, lower case: *failed* (given up, whatever the status), *delayed*,
    *delivered* and the like; of a report in prose what its words amount to, or empty."""
    recipients: tuple[str, ...] = ()
    """The addresses the report is about (RFC 3464 Final-/Original-Recipient, or as its prose names them)."""
    diagnostic: str = ""
    original_message_id: str | None = None

    @property
    def delivered(self) -> bool:
        """Tell whether it says that the mail arrived, or went on: nothing failed."""
        if self.action in ("delivered", "relayed", "expanded", "deliverable"):
            return True
        return not self.action and self.status.startswith("2")

    @property
    def permanent(self) -> bool:
        """Tell whether the mail is lost: given up, with whatever status, or refused with one that stays."""
        if self.delivered or self.action == "delayed":
            return False
        return self.action == "failed" or self.status.startswith("5") or not (self.status or self.action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The text/calendar part of the mail, if any (RFC 6047)."""

    method: str
    uid: str
    attendee: str = ""
    partstat: str = ""


FoldKind = Literal["quote", "signature", "disclaimer", "forwarded", "footer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A run of lines that are not the writer's own words; folded away when shown, never lost."""

    kind: FoldKind
    """*footer* is our own sentinel line and what we wrote below it."""
    text: str
    line: int
    """Where it begins in ``Mail.text``, counted from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """The mail that this one passes on; only what is certain, else None or empty."""

    how: Literal["inline", "attached"]
    address: str | None = None
    """The original sender."""
    name: str = ""
    date: datetime | None = None
    """Aware when the forwarded header says a zone, else None."""
    subject: str = ""
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that has been read: everything a decision may stand on."""

    envelope: Envelope
    sha256: str
    """Of the raw bytes, hex."""
    content_hash: str
    """SHA-256 of the mail without trace headers: the same content by another road has the same one (law T13)."""
    size: int
    """Raw size in bytes."""
    identity: Identity
    authentication: Authentication
    headers: tuple[tuple[str, str], ...] = ()
    """Decoded, unfolded headers in order: lower-case name, cleaned value (≤ 2,000 characters). Inbound X-Maild-*
    is not here, and Authentication-Results neither: nothing may decide on them."""
    subject: str = ""
    message_id: str | None = None
    """With the angle brackets: ``<a@b>``."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    """The Date header, aware, only ever shown."""
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    delivered_to: tuple[str, ...] = ()
    """Addresses of Delivered-To and X-Original-To, topmost first."""
    received_count: int = 0
    """Number of Received fields."""
    own_text: str = ""
    """The writer's own words: no quoted history, no signature."""
    folds: tuple[Fold, ...] = ()
    """What was folded away, in order. Every line of ``text`` is in ``own_text`` or in a fold."""
    announced: tuple[tuple[int, int], ...] = ()
    """Half-open runs of lines of ``text`` that announce quoted mail: attributions and blocks of its fields."""
    filled: tuple[tuple[str, str], ...] = ()
    """Form lines ``label: value`` that the writer filled in inside a quote (law R16), in order."""
    forwarded: Forwarded | None = None
    text: str = ""
    """The whole text as shown."""
    has_html: bool = False
    attachments: tuple[Attachment, ...] = ()
    report: Report | None = None
    calendar: Calendar | None = None
    reaction: bool = False
    """It carries the part of an emoji that somebody clicked on."""
    mentions: tuple[str, ...] = ()
    """Every string of the whole mail (headers and text) that has the *shape* of one of our signed addresses or
    signed Message-IDs; nothing is verified yet."""
    loop: str = ""
    """The value of our own loop header (X-Maild-Loop), unverified; empty when absent."""
    subject_shape: str = ""
    text_shape: tuple[int, ...] = ()
    """A small sketch of text, numbers and files, to tell "nearly the same" (see core/arrivals/bursts.py)."""
    language: str | None = None
    """Detected language of the own words, when it is known."""
    defects: tuple[str, ...] = ()
    """What was wrong with the mail, one short line each; among them every cap that was hit."""
    partial: bool = False
    """True when a cap was hit or the parser failed and only a safe scan of the headers was possible; the
    original is then attached whole (an Attachment over the full raw range, type message/rfc822)."""

    @property
    def folded(self) -> str:
        """Return what was folded away as one text."""
        return "\n".join(fold.text for fold in self.folds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingFailed:
    """What reading says when there is no Mail: the reader died, ran out of time or memory, or raised."""

    reason: Reason
    traceback: str = field(default="", repr=False)

"""What is to be done about one mail, as frozen values: ``decide`` returns it, ``carry_out`` does it.

A plan names changes and notices; it does nothing itself. Everything a letter needs is in its notice, so that
composing is pure too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from maild.core.facts import Status
from maild.core.mail import Attachment
from maild.core.rules import Absence
from maild.core.trace import TraceLine as TraceLine

Outcome = Literal[
    "new",  # a new case
    "entry",  # an entry in a case, visible to its participants
    "pending",  # an entry only agents see, with a banner; its author was not admitted
    "silent",  # stored in its case without any effect: loops, out-of-office, read receipts
    "answer",  # an agent's answer, sent to the customer
    "note",  # an agent's internal note
    "held",  # an agent's mail without enough evidence: stored, nothing sent, confirmation asked
    "refused",  # an agent's mail that goes to nobody (a command we do not know); answered so
    "bounce",  # a delivery report about one of our mails, recorded on its case
    "unmatched",  # a delivery report or receipt about nothing of ours: the operator's list
    "duplicate",  # the same content was handled before
    "ignored",  # ignored by rule
    "spam",  # on the spam list
    "quarantined",  # put aside for a person: it has gone round for ever, or guesses at signed addresses
]
Visibility = Literal["public", "internal", "pending", "held", "silent"]
MessageKind = Literal["customer", "reply", "note", "auto", "bounce", "system"]
NoticeKind = Literal[
    "ack",  # acknowledgement to the requester of a new case
    "ack-minimal",  # fixed text and number: nothing of an unproven author's that could lead a third party anywhere
    "ack-linked",  # acknowledgement of a new case that may belong to another; names only the new number
    "ack-reopened-late",  # acknowledgement of a new case because the old one is closed for good
    "assignment",  # a new case, to an agent
    "follow-up",  # a new entry in a case, to an agent
    "pending",  # a pending entry, to an agent, with its banner
    "answer",  # an agent's own words, to a participant
    "confirmation",  # "did you write this?", to an agent's registered address
    "discarded",  # "you said no: it is not sent", to an agent
    "refusal",  # "nothing was sent, because …", to an agent
    "undelivered",  # a mail to somebody in the case could not be delivered, to an agent
    "why",  # how a case was decided, to an agent who asked
    "operator",  # something a person who runs maild should know
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """Make a case; ``number`` comes from Facts."""

    number: int
    department: str
    type: str
    group: str
    assignee: str | None
    status: Status
    priority: str = "normal"
    confidential: bool = False
    subject: str
    language: str
    requester: str
    requester_name: str
    alias: str
    source: str = "mail"
    tags: tuple[str, ...] = ()
    noted_departments: tuple[str, ...] = ()
    parent: int | None = None
    watchers: tuple[str, ...] = ()
    """Agents who are told of it, too."""
    due: datetime | None = None
    """When it must be done, by the rules."""
    conversation: str = ""
    """The conversation of its first mail (Thread-Index), for a hint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMessage:
    """Store the mail being decided as an entry of a case (one per plan at most, but for child cases)."""

    case: int
    kind: MessageKind
    visibility: Visibility
    note: str = ""
    """A banner or flag shown with it: "not verified", "maybe FK#12"."""
    agent: str | None = None
    """The agent who wrote it, when kind is reply or note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus:
    """Move a case to a status; core/cases.py says which moves are legal."""

    case: int
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Give a case to an agent, or to nobody."""

    case: int
    assignee: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddParticipant:
    """Let an address take part in a case."""

    case: int
    address: str
    name: str
    by: str
    """Who or what admitted it: "cc-policy", an agent id…"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCases:
    """Tie two cases together, both ways."""

    case: int
    other: int
    kind: Literal["maybe", "continues", "child", "forwarded", "master"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDepartment:
    """Remember on a case that another department got the same mail."""

    case: int
    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBounce:
    """Mark an outgoing mail as bounced."""

    outbox: int
    status: str
    permanent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHeld:
    """Turn a held message into what it was meant to be: an answer, or an internal note."""

    message: int
    case: int
    internal: bool = False
    text: str | None = None
    """What was sent of it, when that is not all it says."""
    cut: tuple[str, ...] = ()
    """The lines that were not sent: commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropHeld:
    """Let a held message rest for good, stored and without effect: its agent said no to it."""

    message: int
    case: int
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetField:
    """Set a field of a case to a value, in the form its kind is stored in."""

    case: int
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAbsence:
    """An agent is away; what was said about these days before is replaced."""

    agent: str
    absence: Absence
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UseToken:
    """Spend a token or act once; the unique row is the guard against a replay."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBreaker:
    """Open (or, with ``closed``, close) the breaker on automatic mail."""

    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLoop:
    """Count a mail of our own (or of a peer desk) that came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """Count something against a source: a signed address that is not ours, a mail with 100 hops, a burst told of."""

    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An event worth keeping on a case (or on the mail, when case is None): what, before → after, why."""

    what: str
    case: int | None = None
    actor: str = "maild"
    before: str = ""
    after: str = ""
    reason: str = ""


Change = (
    OpenCase
    | AddMessage
    | SetStatus
    | Assign
    | AddParticipant
    | LinkCases
    | NoteDepartment
    | RecordBounce
    | ReleaseHeld
    | DropHeld
    | SetField
    | SetAbsence
    | UseToken
    | OpenBreaker
    | CountLoop
    | Strike
    | Record
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One outgoing mail, not yet written. Compose turns it into bytes with nothing but this and a template."""

    outbox_id: int
    kind: NoticeKind
    once_key: str
    """Unique for ever: the same promise is never sent twice (``ack:1042``)."""
    to: str
    to_name: str = ""
    case: int | None
    department: str | None
    """None only for operator notices."""
    language: str
    from_address: str
    """The alias written to, or the department's address."""
    from_name: str
    reply_to: str | None = None
    """Signed address of this person for this case."""
    subject: str
    """Whole and final but for header cleaning: ``[FK#1042] Får ikke logget inn``."""
    message_id: str
    """Signed, a function of (key, outbox id, case, audience)."""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    automatic: Literal["auto-replied", "auto-generated"] | None = None
    """Auto-Submitted value; None for an agent's own answer."""
    return_path: str = ""
    """Envelope sender: "" for acks (RFC 3834 §3.3), a signed bounce address for the rest."""
    template: str | None = None
    """The letter to write instead of the kind's own, when there is one: ``ack.it``."""
    values: Mapping[str, str | int | tuple[str, ...]] = field(default_factory=dict)
    """What the template may show. Text from mail is only ever in here."""
    attachments: tuple[Attachment, ...] = ()
    """Files of the mail being decided to pass on (to agents, or in an agent's answer to the customer)."""
    attachments_of: int | None = None
    """Inbound id whose raw mail ``attachments`` point into, when it is not the mail being decided."""
    to_agent: bool = False
    """Caps and breaker bind only mail to people who are not agents."""
    counts_as_unauthenticated: bool = False
    author_key: str | None = None
    """Folded recipient: automatic mail that has one counts for the caps and the breaker."""
    names_number: int | None = None
    """The foreign number whose naming this answers, counted once a day."""
    held: bool = False
    """The breaker is open: queue it, but do not send until it is released."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do about one mail."""

    outcome: Outcome
    case: int | None
    """The case it belongs to, or None."""
    reason: str
    """One short sentence for the log and the inbound row."""
    ack: str
    """``sent``, or why no acknowledgement goes out (``MAIL §4 row 6: list header List-Id``)."""
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()
    trace: tuple[TraceLine, ...] = ()
    rules: str = ""
    """The version of the rulebook that decided."""
    decided_at: datetime

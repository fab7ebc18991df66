"""What is to be done about one cause, as frozen values: ``decide`` returns it, ``carry_out`` does it.

A plan is whole: it names changes and notices with all that they need, and does nothing itself. Carrying it out looks
back at no mail, asks or facts; composing a notice needs nothing but the notice, a template and the mails it encloses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from maild.core.cause import About, Step
from maild.core.facts import KnownWords, LetterState, Status, Strikes
from maild.core.reasons.reason import Reason
from maild.core.reasons.trace import TraceLine
from maild.core.rules.organisation import Absence
from maild.core.values.mail import Attachment

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
    "done",  # a promise kept, an answer of the relay taken in, an admin's word carried out
    "nothing",  # what was to be done holds no more
    "not allowed",  # an admin's word that cannot be carried out; nothing was changed
]
ENTRIES: frozenset[Outcome] = frozenset({"new", "entry", "pending", "answer", "note", "held", "refused", "bounce"})
"""Outcomes of a mail that became an entry of a case for somebody to read: only such a one stands for a copy."""
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
    "summary",  # mails that agents were not told of one by one, to an agent
    "noted",  # a case of another department's, to an agent of one that was written to, too
    "answer",  # an agent's own words, to a participant
    "confirmation",  # "did you write this?", to an agent's registered address
    "discarded",  # "you said no: it is not sent", to an agent
    "refusal",  # "nothing was sent, because …", to an agent
    "undelivered",  # a mail to somebody in the case could not be delivered, to an agent
    "why",  # how a case was decided, to an agent who asked
    "whole",  # a customer's mail with all that is folded away, to an agent who asked
    "operator",  # something a person who runs maild should know
]
ACKS: frozenset[NoticeKind] = frozenset({"ack", "ack-minimal", "ack-linked", "ack-reopened-late"})
"""Acknowledgements, whichever they are."""
CountsAs = Literal[
    "",  # not at all
    "question",  # "did you write this?"
    "claim",  # the same, about a mail that only claims to be the agent's: anybody can cause it
    "repeat",  # the question once more
    "refusal",
    "why",
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
    requester_written: str = ""
    """The requester's address as it is spelled, when that is otherwise."""
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
    offers: tuple[str, ...] = ()
    """Whom its mail names for an answer, when its requester cannot be answered."""
    last_message_id: str | None = None
    thread: tuple[str, ...] = ()
    """Message-IDs that its requester has seen, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A mail as it stands in a case: what was written, by whom, and which files came with it."""

    author: str
    """Address; empty when nobody can be named."""
    author_shown: str
    author_key: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    text: str
    """What its readers are shown, or what of it goes out."""
    folded: str
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    date: datetime | None
    at: datetime
    """When it arrived, aware."""
    language: str | None
    verdict: str
    subject_shape: str
    text_shape: tuple[int, ...]
    inbound: int
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMessage:
    """Store a mail as an entry of a case."""

    case: int
    kind: MessageKind
    visibility: Visibility
    entry: Entry
    note: Reason | None = None
    """A banner or flag shown with it: not verified, maybe of another case."""
    agent: str | None = None
    """The agent who wrote it, when kind is reply or note."""
    untold: bool = False
    """Agents hear of it with the next summary of its case, not at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkTold:
    """Remember that agents have heard of these entries."""

    messages: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepWords:
    """Keep what was taken down of a case's words, so that nobody reads its texts again."""

    words: KnownWords


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowThread:
    """Keep what a case's participants have seen of it, so that letters and replies name the right mails."""

    case: int
    last_message_id: str | None = None
    thread: tuple[str, ...] | None = None
    """Message-IDs, oldest first; None leaves both as they are, and only notes that something came."""
    by: Literal["customer", "agent", "nobody"] = "nobody"
    """Who wrote visibly: the customer's clock, the first answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus:
    """Move a case to a status; core/values/cases.py says which moves are legal."""

    case: int
    before: Status
    status: Status
    assignee: str | None
    """Whose load it is at this point of the plan."""
    actor: str = "maild"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Give a case to an agent, or to nobody."""

    case: int
    before: str | None
    assignee: str | None
    status: Status
    """At this point of the plan: only a case that is not over is somebody's load."""
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AddParticipant:
    """Let an address take part in a case."""

    case: int
    address: str
    name: str
    written: str = ""
    """The address as it is spelled, when that is otherwise."""
    by: str
    """Who or what admitted it: "cc-policy", an agent id…"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTo:
    """Answers of a case go to an address that an agent chose, which takes part from now on (law I14)."""

    case: int
    address: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCases:
    """Tie two cases together, both ways."""

    case: int
    other: int
    kind: Literal["maybe", "continues", "child", "forwarded", "master"]
    both: bool = True
    """Both exist: each gets an event of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDepartment:
    """Remember on a case that another department got the same mail."""

    case: int
    department: str
    noted: tuple[str, ...]
    """Every department noted by now."""


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
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class UseToken:
    """Spend a token or act once; the unique row is the guard against a replay."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBreaker:
    """Open (or, with ``closed``, close) the breaker on automatic mail."""

    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteContact:
    """Remember what a person is called and which language they write."""

    address: str
    name: str
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleLetter:
    """Bring an outgoing mail to another state: released, dropped, tried again, given up, or told of as late."""

    letter: int
    before: LetterState
    state: LetterState
    error: Reason | None = None
    """What to note as its error; None leaves it."""
    anew: bool = False
    """Its time begins anew."""
    due: datetime | None = None
    """When it goes out; None: at once."""
    warned: bool | None = None
    """Whether somebody has been told that it is late; None leaves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTimer:
    """Promise something for a moment; one promise for the same object, step and moment."""

    about: About
    step: Step
    due: datetime
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearTimers:
    """Take back what was promised about an object: one step, or (None) all."""

    about: About
    step: Step | None = None
    but: int | None = None
    """The timer being decided, which ends by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepIds:
    """Letters that are yet to be queued bear ids up to this one: nobody else may be given them."""

    last: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMail:
    """A mail has been decided: its inbound row is done, or put aside."""

    inbound: int
    outcome: Outcome
    reason: Reason
    case: int | None
    content_hash: str | None
    """By which the same mail is known again; None for one put aside."""
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndTimer:
    """A promise has been kept, or did not hold any more; the reason says which."""

    timer: int
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPace:
    """Remember how far a run of letters that answer no mail has come."""

    run: int
    minute: datetime
    in_minute: int
    letters: int
    confirmed: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLoop:
    """Count a mail of our own (or of a peer desk) that came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """Count something against a source: a signed address that is not ours, a mail with 100 hops, a burst told of."""

    what: Strikes


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An event worth keeping on a case (or on the mail, when case is None): what, before → after, why."""

    what: str
    case: int | None = None
    actor: str = "maild"
    before: str = ""
    after: str = ""
    reason: Reason | None = None


Change = (
    OpenCase
    | AddMessage
    | MarkTold
    | SetStatus
    | Assign
    | AddParticipant
    | AnswerTo
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
    | KeepPace
    | KeepWords
    | Record
    | FollowThread
    | NoteContact
    | SettleLetter
    | KeepIds
    | SetTimer
    | ClearTimers
    | EndMail
    | EndTimer
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
    values: Mapping[str, str | int | tuple[str, ...] | Reason] = field(default_factory=dict)
    """What the template may show. Text from mail is only ever in here."""
    attachments: tuple[Attachment, ...] = ()
    """Files to pass on (to agents, or in an agent's answer to the customer)."""
    attachments_of: int | None = None
    """Inbound id whose raw mail ``attachments`` point into."""
    again: int | None = None
    """Outgoing mail that this one is, without its files: a server found it too big."""
    to_agent: bool = False
    """Caps and breaker bind only mail to people who are not agents."""
    counts_as_unauthenticated: bool = False
    author_key: str | None = None
    """Folded recipient: automatic mail that has one counts for the caps and the breaker."""
    names_number: int | None = None
    """The foreign number whose naming this answers, counted once a day."""
    held: bool = False
    """The breaker is open, or too many go out at once: queue it, but do not send until it is released."""
    paced: bool = False
    """It answers no mail: the caps and the breaker do not count it, its pace is kept instead (law A10)."""
    due: datetime | None = None
    """When it goes out; None: at once."""
    counts_as: CountsAs = ""
    """As what it counts among the letters that one agent gets within an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do about one cause."""

    outcome: Outcome
    case: int | None
    """The case it belongs to, or None."""
    reason: Reason
    """For the log and the inbound row."""
    acked: bool = False
    """An acknowledgement goes out."""
    no_ack: Reason | None = None
    """Why a mail gets no acknowledgement, or one that is held."""
    actor: str = "maild"
    """Who caused it: a mail's author, an admin, the relay, or the desk itself."""
    inbound: int | None = None
    """The mail that caused it, if one did."""
    more_ids: int = 0
    """How many more ids for letters the decision needs: with them it is to be made again."""
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()
    trace: tuple[TraceLine, ...] = ()
    rules: str = ""
    """The version of the rulebook that decided."""
    decided_at: datetime

    @property
    def ids_used(self) -> int:
        """How many of the ids for letters are used, by letters of this plan or of its rest."""
        kept = sum(change.count for change in self.changes if isinstance(change, KeepIds))
        return len(self.notices) + kept

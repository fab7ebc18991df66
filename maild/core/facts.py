"""What gather fetches for one cause: :class:`Asks` says what is needed, :class:`Facts` is the answer.

All reading of the store happens between the two, in one place (storage/gather.py), inside the cause's own
transaction; so nothing here can be stale when ``decide`` looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from maild.core.reasons.reason import Reason
from maild.core.reasons.trace import TraceLine
from maild.core.rules.organisation import Absence
from maild.core.values.mail import Attachment, Verdict

Status = Literal[
    "new", "assigned", "open", "waiting_requester", "waiting_other", "resolved", "closed", "merged", "spam"
]


StrikeKind = Literal[
    "token",  # a signed address that is not ours
    "hops",  # a mail that has gone round for ever
    "burst",  # a burst that somebody was told of
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strikes:
    """What is counted against whom."""

    kind: StrikeKind
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterAsks:
    """Outgoing mails that a cause is about, with how far they have come."""

    ids: frozenset[int] = frozenset()
    held: bool = False
    """All that are held are wanted."""
    deferred: bool = False
    """All that wait for another attempt are wanted."""
    once_key: str | None = None
    """Was this told before?"""
    data: bool = False
    """Their bytes are wanted, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerAsks:
    """The promise that fell due: does it stand, and is it the newest of its like?"""

    timer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadAsks:
    """Which cases, mails and letters a cause names; none of it verified."""

    case_numbers: frozenset[int] = frozenset()
    """Cases named by signed addresses, signed Message-IDs or the subject."""
    message_ids: tuple[str, ...] = ()
    """Own Message-ID, In-Reply-To and References (newest 20)."""
    outbox_ids: frozenset[int] = frozenset()
    """Outgoing mails named by bounce addresses, signed Message-IDs, or the cause itself."""
    letters: frozenset[int] = frozenset()
    """Outgoing mails whose cases are wanted."""
    content_hash: str | None = None
    """What tells whether the same mail came before; None when no mail came."""
    author: str | None = None
    """Strict author address, whose contact is wanted, or None."""
    author_key: str | None = None
    """Whose arrivals of the last minutes are wanted (bursts), or None."""
    related: bool = False
    """The author's own recent cases are wanted, for a hint."""
    words: bool = False
    """What the named cases hold is wanted, for the mail may quote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapAsks:
    """Whom an automatic mail would go to, and what else is counted."""

    ack_to: str | None = None
    """Whom an acknowledgement would go to: the caps count per recipient."""
    ack_key: str | None = None
    """The same, folded."""
    ack_domain: str | None = None
    """Its domain when the cap per domain binds it: None for our own and allowed domains."""
    unauthenticated: bool = False
    """The author's domain is known to have no authentication: the caps for such authors are wanted."""
    automatic_numbers: frozenset[int] = frozenset()
    """Case numbers in the subject, for "once per (address, number named) and day"."""
    strike: Strikes | None = None
    """Who may be guessing at signed addresses (or sends what has gone round for ever), when the mail looks like it."""
    burst: Strikes | None = None
    """Whose burst may have been told of."""
    agent_address: str | None = None
    """The registered address that letters to the agent who claims to write go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAsks:
    """What an agent's mail needs to know beside its case."""

    held_ids: frozenset[int] = frozenset()
    """Held messages that a confirmation address names."""
    act_digest: str
    """What the act is known by, so that it acts once (law E10)."""
    named_addresses: tuple[str, ...] = ()
    """Addresses in the agent's own words: is any of them somebody we know?"""
    why: bool = False
    """The agent asks how a case was decided."""
    whole: bool = False
    """The agent asks for the whole of the customer's mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentAsks:
    """Whose load and turn may be needed."""

    groups: frozenset[str]
    """Groups that a new case may go to; those of the cases found are looked at, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """Everything a decision needs to know from the store: one part a feature, None where the cause needs none of it."""

    departments: tuple[str, ...] = ()
    """Departments a mail names, first = main; never empty for a mail."""
    author: str | None = None
    """Strict author address of a mail, or None."""
    author_key: str | None = None
    """The author with +tag and dots folded, or who else sent it when From names nobody: bursts are per key."""
    agent: str | None = None
    """The agent id this author is registered as (a claim, E1), or None."""
    threads: ThreadAsks = ThreadAsks()
    caps: CapAsks | None = None
    agents: AgentAsks | None = None
    assignment: AssignmentAsks | None = None
    letters: LetterAsks | None = None
    raw: frozenset[int] = frozenset()
    """Inbound ids of earlier mails whose files letters will enclose."""
    timers: TimerAsks | None = None
    untold: int | None = None
    """The case whose entries are wanted that agents are yet to be told of."""
    pace: bool = False
    """Letters to people may follow that answer no mail: how fast may they go out (law A10)?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One signing key; the newest signs, all verify."""

    id: int
    """0–255."""
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """A case as it stands at this moment."""

    number: int
    department: str
    group: str
    assignee: str | None
    type: str
    status: Status
    priority: str
    confidential: bool
    subject: str
    language: str
    requester: str
    """Address; empty for a case whose author is nobody (identity none)."""
    participants: frozenset[str]
    """Addresses of requester and added people. The group's agents are not in here."""
    written: Mapping[str, str] = field(default_factory=dict)
    """How those of them spell their addresses who use capitals."""
    merged_into: int | None = None
    closed_at: datetime | None = None
    noted_departments: tuple[str, ...] = ()
    alias: str = ""
    """Our address the requester wrote to; letters go out from it."""
    last_message_id: str | None = None
    """Message-ID of the newest visible entry, for In-Reply-To."""
    references: tuple[str, ...] = ()
    """Message-IDs of the visible thread, oldest first, at most 10."""
    last_customer_at: datetime | None = None
    watchers: tuple[str, ...] = ()
    """Agents who are told, too."""
    answer_to: str = ""
    """Whom an agent chose to answer in the requester's stead; empty when nobody was chosen."""
    offers: tuple[str, ...] = ()
    """Whom its first mail named for an answer, as far as its requester cannot be answered."""
    children: tuple[int, ...] = ()
    """Cases that other departments got of the same mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMessage:
    """A Message-ID we hold: of a mail that came in, or of one we sent."""

    message_id: str
    case: int
    direction: Literal["in", "out"]
    visibility: str
    addressees: frozenset[str]
    """To and Cc of that very mail, as :func:`maild.core.values.people.caseless` writes them."""
    author: str
    verdict: str
    """Authentication verdict of an incoming mail; "pass" for our own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """The same content came before and became an entry: the best judged of its copies, and of these the newest."""

    inbound: int
    case: int | None
    departments: tuple[str, ...]
    """Departments the earlier copy named."""
    verdict: Verdict
    """What was known of its author's domain."""
    at: datetime
    """When it came, aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFacts:
    """An outbox row that a bounce or a reply names."""

    id: int
    case: int | None
    kind: str
    to: str
    message_id: str
    bounced: bool
    """An agent has been told already."""
    to_agent: bool = False
    created: datetime | None = None


LetterState = Literal["queued", "sending", "deferred", "held", "sent", "failed", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """An outgoing mail and how far it has come."""

    id: int
    case: int | None
    kind: str
    to: str
    once_key: str
    state: LetterState
    attempts: int
    created: datetime
    """When it was queued, or when an admin began its time anew."""
    error: Reason | None = None
    warned: bool = False
    """Somebody has been told that it is late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFacts:
    """A promise that fell due, as it stands now."""

    id: int
    pending: bool
    newest: bool
    """No later promise of the same object and step is due, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMessage:
    """An agent's mail that waits for a confirmation."""

    id: int
    case: int
    agent: str
    text: str
    subject: str
    message_id: str | None
    references: tuple[str, ...]
    inbound: int
    done: bool
    """Already applied or dropped: a second confirmation does nothing."""
    dropped: bool = False
    """The agent said no to it."""
    internal: bool = False
    """It was meant as a note: confirmed, it stays internal."""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeMail:
    """A mail of a customer's with all that its entry folds away; its bytes are among ``Facts.raw``."""

    inbound: int
    author_shown: str
    text: str
    folded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedCase:
    """A case of the same requester: only ever a hint."""

    number: int
    title: str
    conversation: str
    """The conversation of its first mail (Thread-Index), or empty."""
    group: str = ""
    assignee: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAnswer:
    """The newest answer in a case, for the collision guard (law E13)."""

    agent: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What the store knows of an address."""

    address: str
    name: str
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An earlier mail of the same author within 10 minutes."""

    case: int | None
    at: datetime
    subject_shape: str
    text_shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Automatic mail sent lately, for the caps (all windows slide)."""

    address_10min: int = 0
    address_day: int = 0
    unauthenticated_address_day: int = 0
    unauthenticated_hour: int = 0
    domain_hour: int = 0
    numbers_named: frozenset[int] = frozenset()
    """Of Asks.automatic_numbers: those already answered to this address today."""
    all_10min: int = 0
    """Acks and notices to non-agents, the whole desk."""
    median_10min: float = 0.0
    """Median of the same over the last 7 days."""
    breaker_open_since: datetime | None = None
    confirmations_hour: int = 0
    """Times this agent was asked about a mail, but for those of :attr:`claims_hour`."""
    agent_letters_hour: int = 0
    """The same, and the refusals and repeated questions."""
    claims_hour: int = 0
    """Confirmations to this agent of mails that only claimed to be the agent's: anybody can cause them."""
    strikes_hour: int = 0
    """Earlier mails of Asks.strike_source that counted against it."""
    burst_told: bool = False
    """Somebody heard of this author's burst within the last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWords:
    """Runs of words that one plan brought into a case, packed (core/known_words), by who wrote them and who may see."""

    case: int
    key: int
    """Id of the key they were made with."""
    ours_public: bytes = b""
    """Of letters to people who take part."""
    ours_internal: bytes = b""
    """Of letters to agents."""
    theirs_public: bytes = b""
    """Of mails that all who take part may see."""
    theirs_internal: bytes = b""
    drafts: bytes = b""
    """Of what agents wrote and nobody got: letters that cite it make it none of ours."""
    entries: tuple[int, ...] = ()
    """Ids of the messages they were taken from just now."""
    letters: tuple[int, ...] = ()
    """Ids of the letters they were taken from just now; of what is kept already both are empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """What the store holds of the cases, mails and people that a cause names."""

    cases: Mapping[int, CaseFacts] = field(default_factory=dict)
    known: tuple[SeenMessage, ...] = ()
    outgoing: Mapping[int, OutgoingFacts] = field(default_factory=dict)
    duplicate: Duplicate | None = None
    arrivals: tuple[Arrival, ...] = ()
    """Oldest first, at most 50, of the last 10 minutes."""
    contact: Contact | None = None
    related: tuple[RelatedCase, ...] = ()
    """Newest first."""
    words: tuple[KnownWords, ...] = ()
    """What the cases hold, oldest first, when it was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFacts:
    """What an agent's mail needs to know beside its case."""

    held: Mapping[int, HeldMessage] = field(default_factory=dict)
    act_used: bool = False
    """The act has been done before."""
    known_addresses: frozenset[str] = frozenset()
    """Of the addresses named: those of contacts."""
    last_answers: Mapping[int, LastAnswer] = field(default_factory=dict)
    """By case."""
    traces: Mapping[int, tuple[TraceLine, ...]] = field(default_factory=dict)
    """By case: the trace of the decision that opened it; read only when an agent asks why."""
    whole: Mapping[int, WholeMail] = field(default_factory=dict)
    """By case: the mail that an agent asks to see whole, the one answered or else the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentFacts:
    """Who has how much to do, and whose turn it is."""

    load: Mapping[str, int] = field(default_factory=dict)
    """Open cases by agent id."""
    rotation: Mapping[str, str] = field(default_factory=dict)
    """Group id → the agent who got the last case."""
    last_agent: Mapping[str, str] = field(default_factory=dict)
    """Group id → the agent who had this author's last case there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """An entry that no agent has heard of yet."""

    message: int
    at: datetime
    author: str
    """As people are shown it."""
    subject: str
    text: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast letters went out lately that answer no mail: by runs, each a stretch without a long pause."""

    run: int = 0
    """The newest run; 0 when there never was one."""
    minute: datetime | None = None
    """The minute in which its last letter goes out."""
    in_minute: int = 0
    """How many go out in that minute."""
    letters: int = 0
    """How many went out, or will, in all of it."""
    confirmed: int = 0
    """How many of these an admin has released."""
    held: int = 0
    """How many of it were held."""
    largest: int = 0
    """Letters of the largest other run of the last 30 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The answer to :class:`Asks`, read inside the cause's transaction, plus time, keys and ids.

    One part a feature; None where the cause did not ask.
    """

    now: datetime
    """Aware."""
    keys: tuple[Key, ...]
    """First = signing."""
    number: int
    """The next case number; a second new case would be number + 1. 0 when no case can open."""
    outbox_ids: tuple[int, ...]
    """Fresh ids for outgoing mails, ascending; a plan that needs more says so and is decided again with more."""
    threads: Threads = Threads()
    caps: Counts | None = None
    agents: AgentFacts | None = None
    assignment: AssignmentFacts | None = None
    absences: Mapping[str, tuple[Absence, ...]] = field(default_factory=dict)
    """Agent id → absences that were told by mail, beside those in the rules."""
    letters: Mapping[int, LetterFacts] = field(default_factory=dict)
    """Outgoing mails by id, as far as the cause asked for them."""
    letter_data: Mapping[int, bytes] = field(default_factory=dict)
    """The bytes of these mails, where the cause asked for them."""
    told_before: bool = False
    """LetterAsks.once_key has been used."""
    timer: TimerFacts | None = None
    untold: tuple[Untold, ...] = ()
    """The oldest first."""
    pace: Pace | None = None
    raw: Mapping[int, bytes] = field(default_factory=dict)
    """By inbound id: earlier mails whose files letters may enclose."""


USUAL_NOTICES = 16
"""How many ids for letters a decision is given at first."""

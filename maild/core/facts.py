"""What gather fetches for one mail: :class:`Asks` says what is needed, :class:`Facts` is the answer.

All reading of the store happens between the two, in one place (storage/gather.py), inside the mail's own
transaction; so nothing here can be stale when ``decide`` looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from maild.core.mail import Attachment
from maild.core.rules import Absence

Status = Literal[
    "new", "assigned", "open", "waiting_requester", "waiting_other", "resolved", "closed", "merged", "spam"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """Everything a decision about one mail needs to know from the store."""

    departments: tuple[str, ...]
    """Departments the mail names, first = main; never empty."""
    case_numbers: frozenset[int] = frozenset()
    """Cases named by signed addresses, signed Message-IDs or the subject; none verified."""
    message_ids: tuple[str, ...] = ()
    """Own Message-ID, In-Reply-To and References (newest 20)."""
    outbox_ids: frozenset[int] = frozenset()
    """Outgoing mails named by bounce addresses and signed Message-IDs; none verified."""
    held_ids: frozenset[int] = frozenset()
    """Held messages that a confirmation address names."""
    content_hash: str
    author: str | None
    """Strict author address, or None."""
    author_key: str | None
    """The author with +tag and dots folded, or who else sent it when From names nobody: bursts are per key."""
    agent: str | None
    """The agent id this author is registered as (a claim, E1), or None."""
    groups: frozenset[str] = frozenset()
    """Groups whose load and rotation may be needed."""
    automatic_numbers: frozenset[int] = frozenset()
    """Case numbers in the subject, for "once per (address, number named) and day"."""
    ack_to: str | None = None
    """Whom an acknowledgement would go to: the caps count per recipient."""
    ack_key: str | None = None
    """The same, folded."""
    ack_domain: str | None = None
    """Its domain when the cap per domain binds it: None for our own and allowed domains."""
    unauthenticated: bool = False
    """The author's domain is known to have no authentication: the caps for such authors are wanted."""
    text_numbers: tuple[int, ...] = ()
    """Case numbers named in the text: a hint, never evidence."""
    why: bool = False
    """An agent asks how a case was decided."""
    related: bool = False
    """The author's own recent cases are wanted, for a hint."""
    act_digest: str | None = None
    """What an agent's act is known by, so that it acts once (MAIL §5); None when no agent claims to write."""
    named_addresses: tuple[str, ...] = ()
    """Addresses in an agent's own words: is any of them somebody we know?"""
    strike_source: str | None = None
    """Who may be guessing at signed addresses (or sends what has gone round for ever), when the mail looks like it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMessage:
    """A Message-ID we hold: of a mail that came in, or of one we sent."""

    message_id: str
    case: int
    direction: Literal["in", "out"]
    visibility: str
    addressees: frozenset[str]
    """To and Cc of that very mail, as :func:`maild.core.people.caseless` writes them."""
    author: str
    verdict: str
    """Authentication verdict of an incoming mail; "pass" for our own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """The same content was handled before."""

    inbound: int
    case: int | None
    departments: tuple[str, ...]
    """Departments the earlier copy named."""


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
    """The newest answer in a case, for the collision guard (SPEC X6)."""

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
class Facts:
    """The answer to :class:`Asks`, read inside the mail's transaction, plus time, keys and ids."""

    now: datetime
    """Aware."""
    keys: tuple[Key, ...]
    """First = signing."""
    inbound: int
    """Id of the inbound row this is about."""
    number: int
    """The next case number; a second new case would be number + 1."""
    outbox_ids: tuple[int, ...]
    """Fresh ids for outgoing mails, ascending, as many as any plan may need (see MAX_NOTICES)."""
    cases: Mapping[int, CaseFacts] = field(default_factory=dict)
    known: tuple[SeenMessage, ...] = ()
    duplicate: Duplicate | None = None
    contact: Contact | None = None
    counts: Counts = field(default_factory=Counts)
    arrivals: tuple[Arrival, ...] = ()
    """Oldest first, at most 50, of the last 10 minutes."""
    load: Mapping[str, int] = field(default_factory=dict)
    """Open cases by agent id, of the members of Asks.groups."""
    rotation: Mapping[str, str] = field(default_factory=dict)
    """Group id → the agent who got the last case."""
    traces: Mapping[int, tuple[tuple[str, bool, str], ...]] = field(default_factory=dict)
    """By case: the trace of the decision that opened it; read only when an agent asks why."""
    last_agent: Mapping[str, str] = field(default_factory=dict)
    """Group id → the agent who had this author's last case there."""
    absences: Mapping[str, tuple[Absence, ...]] = field(default_factory=dict)
    """Agent id → absences that were told by mail, beside those in the rules."""
    outgoing: Mapping[int, OutgoingFacts] = field(default_factory=dict)
    held: Mapping[int, HeldMessage] = field(default_factory=dict)
    related: tuple[RelatedCase, ...] = ()
    """Newest first."""
    act_used: bool = False
    """Asks.act_digest has acted before."""
    known_addresses: frozenset[str] = frozenset()
    """Of Asks.named_addresses: those of contacts."""
    last_answers: Mapping[int, LastAnswer] = field(default_factory=dict)
    """By case; read only when an agent writes."""


MAX_NOTICES = 64
"""No plan sends more notices than this; a larger group is told by its first members (and the trace says so)."""

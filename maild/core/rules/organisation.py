"""The organisation as a frozen value: departments, groups, agents and the desk they share.

``maild.rulebook`` reads it from rules/ and config.toml; ``decide`` reads nothing else about the organisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from typing import Literal

from maild.core.rules.actions import NoPatterns, Patterns, Preference, Rule, Strategy
from maild.core.rules.calendars import Calendar
from maild.core.rules.casetypes import CaseType
from maild.core.rules.verb_words import SHIPPED

CcPolicy = Literal["join", "ask", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department: an address people write to (rules/departments.toml)."""

    id: str
    address: str
    """Lower case, domain as A-labels. Its local part and domain make the reply addresses."""
    aliases: tuple[str, ...] = ()
    sender_name: str
    default_type: str = "general"
    default_group: str
    language: str
    cc: CcPolicy = "join"
    reopen_days: int = 30
    """A reply to a case closed at most this many days ago reopens it; later it makes a new linked case."""
    shared: Literal["note", "child"] | None = None
    """What happens when a mail to another department names this one too: it is told, or gets a child case. None: a
    child case where both stand in To, else it is told."""
    burst: int = 10
    """From this many mails of one sender in 10 minutes on, they fold into the first one's case; 0 = never."""
    bursts: Mapping[str, int] = field(default_factory=dict)
    """The same for one sender, by address: a robot that writes for many people, as a switchboard does."""
    confidential: bool = False
    head: str | None = None
    """The agent who answers for it."""
    calendar: str | None = None
    """Its opening hours, by the calendar's id."""

    def burst_of(self, author: str | None) -> int:
        """Return from how many mails of a sender on they fold; 0 = never."""
        return self.burst if author is None else self.bursts.get(author, self.burst)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Agents who share a queue (rules/groups.toml)."""

    id: str
    department: str
    line: Literal[1, 2, 3] = 1
    owner: str | None = None
    members: tuple[str, ...]
    assign: Strategy = "least_open"
    prefer: tuple[Preference, ...] = ()
    """Whom of its members the strategy chooses among first (law G6)."""
    escalates_to: str | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """An agent is away; both days are inside."""

    start: date
    end: date
    substitute: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Someone who answers cases (rules/people.toml). The first address is the registered one."""

    id: str
    name: str
    addresses: tuple[str, ...]
    language: str | None = None
    absent: bool = False
    load_cap: int | None = None
    """At most this many open cases by assignment; None = no limit."""
    languages: tuple[str, ...] = ()
    """Languages to answer in, beside ``language``."""
    competences: frozenset[str] = frozenset()
    """Case types (or their first part: ``it``) and tags."""
    role: str = "agent"
    absences: tuple[Absence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What an organisation has agreed with the desk."""

    name: str
    valid_from: date | None = None
    valid_until: date | None = None

    def holds(self, day: date) -> bool:
        """Tell whether it is in force on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A customer's organisation (rules/contacts.toml)."""

    name: str
    domains: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    agreements: tuple[Agreement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer the rules know by address (rules/contacts.toml)."""

    address: str
    organisation: str | None = None
    tags: frozenset[str] = frozenset()
    identity: Literal["from", "reply-to"] = "from"
    """*reply-to*: a web form's sender; its Reply-To names who filled it in (law I15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Limits of automatic mail to people who are not agents (law A5, A6). Counts; windows are in the names."""

    per_address_10min: int = 3
    per_address_day: int = 10
    unauthenticated_per_address_day: int = 1
    unauthenticated_hour: int = 30
    per_domain_hour: int = 60
    allow_domains: frozenset[str] = frozenset()
    """Domains the per-domain cap does not bind, beside our own."""
    breaker_floor: int = 60
    confirmations_hour: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all departments share (config.toml)."""

    name: str
    number_prefix: str
    timezone: str
    languages: tuple[str, ...]
    """First = fallback."""
    reply_domain: str | None = None
    """Where signed addresses live; None: plus-addresses on the department's own address."""
    instance: str
    """This store's random name, used in loop headers; stays the same for the life of the store."""
    trust: Literal["headers", "own", "none"] = "none"
    agents: Literal["strict", "token"] = "strict"
    """strict: an agent's answer needs E1+E2+E3 or E4; token: E1+E2 is enough (law E7)."""
    operator: str | None = None
    """Whom operator notices go to; None: only the log and ``maild status``."""
    caps: Caps = field(default_factory=Caps)
    peers: frozenset[str] = frozenset()
    """Addresses or domains of other desks: never acknowledged (law A2)."""
    spam_header: str | None = None
    """A header, lower case, in which our mail server says YES about spam (law A2); None: nobody is asked."""
    blocked: frozenset[str] = frozenset()
    """Addresses or domains whose mail goes to the spam list (law A2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The whole organisation, judged and frozen; ``version`` is a hash of what it was read from."""

    version: str
    desk: Desk
    departments: Mapping[str, Department]
    """By id, in file order; the first is where mail goes that names no department."""
    groups: Mapping[str, Group]
    agents: Mapping[str, Agent]
    by_address: Mapping[str, str]
    """Department id by every address and alias."""
    agent_by_address: Mapping[str, str]
    """Agent id by every registered address."""
    domains: frozenset[str]
    """Domains of our own addresses, and reply_domain."""
    lists: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    """Routing rules: ``""`` holds those every mail is tried on first, then each department's own."""
    patterns: Patterns = field(default_factory=NoPatterns, compare=False)
    types: Mapping[str, CaseType] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    zone: tzinfo = UTC
    """The desk's time zone."""
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    organisation_by_domain: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, Person] = field(default_factory=dict)
    """By address."""
    verbs: Mapping[str, str] = field(default_factory=lambda: SHIPPED)
    """The verb that each word means, folded: those that come with maild, and the desk's own."""
    warnings: tuple[str, ...] = ()
    """``file:line: what`` is allowed, yet probably not meant."""

    def hours(self, department: Department) -> Calendar:
        """Return a department's opening hours; without a calendar it is always open."""
        found = self.calendars.get(department.calendar or "")
        return found if found is not None else Calendar(id="", zone=self.zone)

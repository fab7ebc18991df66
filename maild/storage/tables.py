"""The tables. Rows only: ``table=True`` accepts invalid values, so domain values live in core and are frozen.

Legal states of an inbound mail (each move is one commit):

=============  ==========  ========  ======  =====================================================
state          attempts    raw kept  case    a crash here leaves
=============  ==========  ========  ======  =====================================================
accepted       0           yes       –       the row; the next start claims and reads it
slow           ≥ 0         yes       –       the row; it waits for the slow reader, also after the next start
reading        ≥ 1         yes       –       the row, attempt counted; the next start reads it alone
done           ≥ 1         yes       maybe   nothing to do: case entry, bounce record or "ignored"
quarantined    ≥ 1         yes       –       nothing to do until ``maild inbound requeue``
=============  ==========  ========  ======  =====================================================

Legal states of an outgoing mail (each move is one commit):

=========  ========  ==================================================================
state      attempts  a crash here leaves
=========  ========  ==================================================================
queued     0         the row; sent when due
held       0         the row; waits for the breaker, ``outbox release`` or ``drop``
sending    ≥ 1       an attempt that may have arrived: sent again with the same Message-ID
deferred   ≥ 1       the row; tried again when due
sent       ≥ 1       nothing to do
failed     ≥ 0       nothing to do; an agent has been told
dropped    0         nothing to do; an event says who dropped it
=========  ========  ==================================================================

What names a row of another table is a foreign key, checked by the database at each statement: a row that is named comes
first, and goes last. Nothing goes by itself with what it hangs on (no cascade): what a person wrote vanishes only by a
statement that says so. Each is indexed, else to delete one row would be to look through a table. Addresses, agents,
groups and departments are no keys of rows: they are named in mails and rule files, and come and go there.
"""

# No `from __future__ import annotations` here: SQLModel reads the annotations at run time.
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field, SQLModel

from maild.storage.columns import BigId, UTCDateTime

UNREAD = ("accepted", "slow", "reading")
UNSENT = ("queued", "held", "sending", "deferred")


class Row(SQLModel):
    """What all tables share: names of constraints that migrations can rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _id() -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))


def _given_id() -> Any:
    return Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))


def _key_to(row: str, *, index: bool = False) -> Any:
    """Name another row as (part of) the key."""
    return Field(sa_column=Column(BigId, ForeignKey(row), primary_key=True, autoincrement=False, index=index))


def _ref(row: str, *, nullable: bool = True, index: bool = False) -> Any:
    """Name another row."""
    default: Any = None if nullable else ...
    return Field(default=default, sa_column=Column(BigId, ForeignKey(row), nullable=nullable, index=index))


def _where_set(table: str, column: str) -> Index:
    """Index a reference that most rows do not have."""
    there = text(f"{column} is not null")
    return Index(f"ix_{table}_{column}", column, sqlite_where=there, postgresql_where=there)


def _number() -> Any:
    return Field(sa_column=Column(BigId, nullable=False))


def _time(*, nullable: bool = True) -> Any:
    default: Any = None if nullable else ...
    return Field(default=default, sa_column=Column(UTCDateTime, nullable=nullable))


def _text(default: str = "", *, later: bool = False) -> Any:
    """Hold a text; ``later``: the database fills it in, too, as in the rows that were there when the column came."""
    return Field(default=default, sa_column=Column(Text, nullable=False, server_default=default if later else None))


def _optional_text(*, index: bool = False, unique: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Text, nullable=True, index=index, unique=unique))


def _no() -> Any:
    """Say no, also of the rows that were there when the column came."""
    return Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))


def _octets() -> Any:
    return Field(default=b"", sa_column=Column(LargeBinary, nullable=False))


def _json() -> Any:
    return Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class Inbound(Row, table=True):
    """One accepted mail and how far it has come."""

    __tablename__ = "inbound"
    __table_args__ = (
        Index(
            "ix_inbound_unread", "id", sqlite_where=text("done_at is null"), postgresql_where=text("done_at is null")
        ),
    )
    id: int = _id()
    state: str = _text("accepted")
    source: str = _text()
    sender: str | None = _optional_text()
    recipients: list[str] = _json()
    peer: str = _text()
    helo: str = _text()
    login: str | None = _optional_text()
    department: str | None = _optional_text()
    account: str = _text(later=True)
    quiet: bool = False
    received: datetime = _time(nullable=False)
    size: int
    sha256: str = _text()
    content_hash: str | None = _optional_text(index=True)
    named_departments: list[str] = _json()
    attempts: int = 0
    not_before: datetime | None = _time()
    claimed_by: str | None = _optional_text()
    claimed_until: datetime | None = _time()
    outcome: str = _text()
    reason: str = _text()
    traceback: str = _text()
    case: int | None = _ref("cases.number", index=True)
    done_at: datetime | None = _time()


class Raw(Row, table=True):
    """The bytes of an inbound mail, exactly as they came."""

    __tablename__ = "raw"
    inbound: int = _key_to("inbound.id")
    codec: str = _text("identity")
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Case(Row, table=True):
    """A case; its number is its key."""

    __tablename__ = "cases"
    __table_args__ = (_where_set("cases", "parent"), _where_set("cases", "merged_into"))
    number: int = _given_id()
    department: str = _text()
    type: str = _text()
    group: str = _text()
    assignee: str | None = _optional_text(index=True)
    status: str = _text("new")
    priority: str = _text("normal")
    confidential: bool = False
    subject: str = _text()
    language: str = _text()
    requester: str = Field(sa_column=Column(Text, nullable=False, index=True))
    requester_name: str = _text()
    alias: str = _text()
    source: str = _text("mail")
    tags: list[str] = _json()
    watchers: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    due: datetime | None = _time()
    noted_departments: list[str] = _json()
    parent: int | None = _ref("cases.number")
    conversation: str = _text()
    merged_into: int | None = _ref("cases.number")
    last_message_id: str | None = _optional_text()
    thread: list[str] = _json()
    last_customer_at: datetime | None = _time()
    created: datetime = _time(nullable=False)
    updated: datetime = _time(nullable=False)
    first_response: datetime | None = _time()
    resolved: datetime | None = _time()
    closed: datetime | None = _time()
    reopened_count: int = 0
    answer_to: str = _text(later=True)
    """Whom an agent chose to answer in the requester's stead."""
    offers: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    """Whom its first mail named for an answer, as far as its requester cannot be answered."""


class FieldValue(Row, table=True):
    """A field of a case, and the mail it was read from."""

    __tablename__ = "field_value"
    case: int = _key_to("cases.number")
    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: str = _text()
    inbound: int | None = _ref("inbound.id", index=True)
    actor: str = _text()
    at: datetime = _time(nullable=False)


class Absence(Row, table=True):
    """An agent is away, as a mail said; both days are inside, ISO 8601."""

    __tablename__ = "absence"
    __table_args__ = (Index("ix_absence_last", "last"),)
    agent: str = Field(sa_column=Column(Text, primary_key=True))
    first: str = Field(sa_column=Column(Text, primary_key=True))
    last: str = _text()
    substitute: str | None = _optional_text()
    inbound: int | None = _ref("inbound.id", index=True)
    at: datetime = _time(nullable=False)


class Participant(Row, table=True):
    """An address that takes part in a case."""

    __tablename__ = "participant"
    case: int = _key_to("cases.number")
    address: str = Field(sa_column=Column(Text, primary_key=True))
    written: str = _text(later=True)
    """The address as its owner spells it, when that is otherwise: letters go there."""
    name: str = _text()
    by: str = _text()
    since: datetime = _time(nullable=False)


class Contact(Row, table=True):
    """What is known of an address."""

    __tablename__ = "contact"
    address: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = _text()
    language: str | None = _optional_text()
    last_seen: datetime = _time(nullable=False)


class Link(Row, table=True):
    """Two cases that belong together, stored once, shown from both."""

    __tablename__ = "link"
    case: int = _key_to("cases.number")
    other: int = _key_to("cases.number", index=True)
    kind: str = _text()
    at: datetime = _time(nullable=False)


class Message(Row, table=True):
    """One entry of a case."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_author_key_at", "author_key", "at"),
        Index("ix_message_untold", "case", sqlite_where=text("untold"), postgresql_where=text("untold")),
        _where_set("message", "outbox"),
    )
    id: int = _given_id()
    case: int = _ref("cases.number", nullable=False, index=True)
    direction: str = _text("in")
    kind: str = _text()
    visibility: str = _text()
    agent: str | None = _optional_text()
    author: str = _text()
    author_shown: str = _text()
    author_key: str | None = _optional_text()
    to: list[str] = _json()
    cc: list[str] = _json()
    subject: str = _text()
    text: str = _text()
    folded: str = _text()
    note: str = _text()
    message_id: str | None = _optional_text(index=True)
    in_reply_to: list[str] = _json()
    references: list[str] = _json()
    date: datetime | None = _time()
    at: datetime = _time(nullable=False)
    language: str | None = _optional_text()
    verdict: str = _text("unknown")
    subject_shape: str = _text()
    text_shape: list[int] = _json()
    untold: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))
    """No agent has heard of it yet: the next summary of its case names it."""
    inbound: int | None = _ref("inbound.id", index=True)
    outbox: int | None = _ref("outbox.id")
    known: bool = _no()
    """Its words are taken down."""


class Attachment(Row, table=True):
    """A file of a message: its place in the raw mail."""

    __tablename__ = "attachment"
    message: int = _key_to("message.id")
    position: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    name: str = _text()
    type: str = _text()
    size: int
    sha256: str = _text()
    start: int
    end: int
    encoding: str = _text()
    inline: bool = False
    content_id: str | None = _optional_text()
    inside: int | None = None
    decoration: bool = False


class KnownWords(Row, table=True):
    """What was taken down of a case at one time, as runs of words that nobody can read (core/known_words)."""

    __tablename__ = "known_words"
    id: int = _id()
    case: int = _ref("cases.number", nullable=False, index=True)
    key: int
    """Id of the key they were made with."""
    ours_public: bytes = _octets()
    ours_internal: bytes = _octets()
    theirs_public: bytes = _octets()
    theirs_internal: bytes = _octets()
    drafts: bytes = _octets()


class Event(Row, table=True):
    """What happened, by whom and why; only ever appended."""

    __tablename__ = "event"
    id: int = _id()
    case: int | None = _ref("cases.number", index=True)
    inbound: int | None = _ref("inbound.id", index=True)
    at: datetime = _time(nullable=False)
    actor: str = _text()
    what: str = _text()
    before: str = _text()
    after: str = _text()
    reason: str = _text()
    trace: list[Any] = _json()


class Outbox(Row, table=True):
    """One outgoing mail and how far it has come."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_unsent",
            "due",
            "id",
            sqlite_where=text("done_at is null"),
            postgresql_where=text("done_at is null"),
        ),
        Index(
            "ix_outbox_confirmation",
            "recipient",
            "created",
            sqlite_where=text("counts_as <> ''"),
            postgresql_where=text("counts_as <> ''"),
        ),
        Index("ix_outbox_lane", "case", sqlite_where=text("done_at is null"), postgresql_where=text("done_at is null")),
    )
    id: int = _given_id()
    once_key: str = _optional_text(unique=True)
    case: int | None = _ref("cases.number", index=True)
    kind: str = _text()
    counts_as: str = _text(later=True)
    """Among the letters that one agent gets within an hour (core/plan.py)."""
    recipient: str = _text()
    return_path: str = _text()
    message_id: str = _text()
    subject: str = _text()
    to_agent: bool = False
    state: str = _text("queued")
    attempts: int = 0
    due: datetime = _time(nullable=False)
    created: datetime = _time(nullable=False)
    done_at: datetime | None = _time()
    error: str = _text()
    waits_for_relay: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))
    answer: str = _text()
    bounced: str = _text()
    known: bool = _no()
    """Its words are taken down."""
    warned: bool = False
    claimed_by: str | None = _optional_text()
    claimed_until: datetime | None = _time()


class OutboxData(Row, table=True):
    """The bytes of an outgoing mail, apart from its row so that a state change never rewrites them."""

    __tablename__ = "outbox_data"
    outbox: int = _key_to("outbox.id")
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AutomaticMail(Row, table=True):
    """One automatic mail to somebody who is not an agent, for the caps."""

    __tablename__ = "automatic_mail"
    __table_args__ = (
        Index("ix_automatic_mail_address", "address_key", "at"),
        Index("ix_automatic_mail_domain", "domain", "at"),
        Index(
            "ix_automatic_mail_unauthenticated",
            "at",
            sqlite_where=text("unauthenticated"),
            postgresql_where=text("unauthenticated"),
        ),
        _where_set("automatic_mail", "number"),
    )
    outbox: int = _key_to("outbox.id")
    at: datetime = _time(nullable=False)
    address_key: str = _text()
    domain: str = _text()
    unauthenticated: bool = False
    number: int | None = _ref("cases.number")


class AutomaticMinute(Row, table=True):
    """How many automatic mails to non-agents were queued in one minute, for the breaker."""

    __tablename__ = "automatic_minute"
    minute: int = _given_id()
    count: int


class PacedRun(Row, table=True):
    """A run of letters that answer no mail, for their pace (core/letters/paces.py)."""

    __tablename__ = "paced_run"
    id: int = _given_id()
    minute: datetime = _time(nullable=False)
    in_minute: int
    letters: int
    confirmed: int
    held: int


class Counter(Row, table=True):
    """A number that only grows: the next case number."""

    __tablename__ = "counter"
    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: int = _number()


class AgentLoad(Row, table=True):
    """Open cases assigned to an agent, kept exact by the transactions that change them."""

    __tablename__ = "agent_load"
    agent: str = Field(sa_column=Column(Text, primary_key=True))
    open: int


class Rotation(Row, table=True):
    """Who got a group's last case."""

    __tablename__ = "rotation"
    group: str = Field(sa_column=Column(Text, primary_key=True))
    agent: str = _text()


class Timer(Row, table=True):
    """A promise for a moment; storage/timers.py says what its states mean."""

    __tablename__ = "timer"
    __table_args__ = (
        UniqueConstraint("object", "step", "due", name="uq_timer_object_step_due"),
        Index(
            "ix_timer_due", "due", sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")
        ),
    )
    id: int = _id()
    object: str = _text()
    step: str = _text()
    due: datetime = _time(nullable=False)
    state: str = _text("pending", later=True)
    data: str = _text(later=True)
    set_at: datetime = _time(nullable=False)
    ended_at: datetime | None = _time()
    said: str = _text(later=True)


class TokenUse(Row, table=True):
    """Something that may happen once; the primary key is the guard."""

    __tablename__ = "token_use"
    digest: str = Field(sa_column=Column(Text, primary_key=True))
    at: datetime = _time(nullable=False)


class Strike(Row, table=True):
    """Something that counts against a source within a window: a signed address that is not ours, a burst told of."""

    __tablename__ = "strike"
    __table_args__ = (Index("ix_strike_kind_source_at", "kind", "source", "at"),)
    id: int = _id()
    kind: str = _text(later=True)
    source: str = _text()
    at: datetime = _time(nullable=False)


class State(Row, table=True):
    """Small facts about this store: its instance name, the breaker, the median."""

    __tablename__ = "state"
    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: str = _text()


class RulesVersion(Row, table=True):
    """Which rules were in force from when."""

    __tablename__ = "rules_version"
    version: str = Field(sa_column=Column(Text, primary_key=True))
    at: datetime = _time(nullable=False)


class MailboxUid(Row, table=True):
    """A mail of a polled mailbox that is safely stored: the guard against taking it twice."""

    __tablename__ = "mailbox_uid"
    account: str = Field(sa_column=Column(Text, primary_key=True))
    folder: str = Field(sa_column=Column(Text, primary_key=True))
    validity: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    uid: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    inbound: int = _ref("inbound.id", nullable=False, index=True)


class MailboxTrouble(Row, table=True):
    """A mail of a polled mailbox that could not be taken."""

    __tablename__ = "mailbox_trouble"
    account: str = Field(sa_column=Column(Text, primary_key=True))
    folder: str = Field(sa_column=Column(Text, primary_key=True))
    validity: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    uid: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    attempts: int
    reason: str = _text()
    at: datetime = _time(nullable=False)
    next: datetime = _time(nullable=False)


class MailboxState(Row, table=True):
    """How a polled mailbox fares."""

    __tablename__ = "mailbox_state"
    account: str = Field(sa_column=Column(Text, primary_key=True))
    looked: datetime = _time(nullable=False)
    last_success: datetime | None = _time()
    failing_since: datetime | None = _time()
    backlog: int
    error: str = _text()


class Lease(Row, table=True):
    """Something that one daemon at a time may do, and since which change of hands."""

    __tablename__ = "lease"
    name: str = Field(sa_column=Column(Text, primary_key=True))
    holder: str = _text()
    until: datetime = _time(nullable=False)
    fence: int = _number()

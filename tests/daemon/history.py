"""A history checker in the manner of Jepsen: what senders saw, what the store holds, what came out, and whether the
three can be true together.

Everything here is a pure function of values; tests of the daemon gather the values, ``test_history.py`` shows that
each law can be broken. A law returns the violations it found, one line each, worst known first.

A mail is known by its *key*, a word that the sender puts into it and that every later place shows again.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """What a sender saw of one attempt to send a mail."""

    key: str
    what: Literal["send", "ack", "fail", "unknown"]
    """*ack* is a 250 after the data; *fail* any other reply; *unknown* a connection that broke before the reply."""
    code: int = 0
    """The reply's code, for ack and fail."""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One inbound row."""

    id: int
    key: str
    state: str
    outcome: str
    case: int | None
    intact: bool = True
    """The raw bytes have the hash and the size that the row says, and the sender sent just these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message row: an inbound mail that became part of a case; ``id`` ascends in the order of deciding."""

    id: int
    inbound: int
    key: str
    case: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case row."""

    number: int
    requester: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One outbox row."""

    id: int
    message_id: str
    recipient: str
    state: str
    kind: str
    case: int | None
    once_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sunk:
    """One mail that arrived at the relay, in the order of arrival."""

    message_id: str
    recipient: str
    data: bytes
    number: int | None
    """The case number its subject carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything known at the end, when the daemon had nothing left to do."""

    ops: Sequence[Op]
    stored: Sequence[Stored]
    entries: Sequence[Entry]
    cases: Sequence[Case]
    outgoing: Sequence[Outgoing]
    sunk: Sequence[Sunk]
    kills: int = 0
    """How often the daemon was killed."""
    window: int = 8
    """How many outgoing mails one kill may catch between the relay's taking them and our note of it: they are repeated.
    It is one a kill on a quiet machine (law W10); on a busy one the answers of all connections may lie unread."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Which mail each follow-up answers, by key; the follow-up was sent after that one was acked."""
    poison: frozenset[str] = frozenset()
    """Keys of mails that may end in quarantine."""


Law = Callable[[History], list[str]]


def _keys(ops: Iterable[Op], what: str) -> set[str]:
    return {op.key for op in ops if op.what == what}


def acked_is_stored(history: History) -> list[str]:
    """A mail that was answered 250 is in the store, byte for byte (law D1)."""
    stored = {row.key: row for row in history.stored if row.intact}
    return [f"{key} was acked and is not stored" for key in sorted(_keys(history.ops, "ack")) if key not in stored]


def stored_was_sent(history: History) -> list[str]:
    """Nothing is in the store that nobody sent, and nothing that was changed."""
    sent = _keys(history.ops, "send")
    return [f"inbound {row.id} was sent by nobody ({row.key})" for row in history.stored if row.key not in sent] + [
        f"inbound {row.id} has other bytes than were sent" for row in history.stored if not row.intact
    ]


def everything_is_done(history: History) -> list[str]:
    """No mail is left half way (law D3)."""
    over = ("done", "quarantined")
    return [f"inbound {row.id} ({row.key}) is still {row.state}" for row in history.stored if row.state not in over]


def only_poison_is_put_aside(history: History) -> list[str]:
    """A mail that can be read is not put into quarantine (law R3)."""
    return [
        f"inbound {row.id} ({row.key}) is in quarantine"
        for row in history.stored
        if row.state == "quarantined" and row.key not in history.poison
    ]


def one_effect_per_key(history: History) -> list[str]:
    """However often a mail was sent, it has exactly one effect: one row that is no duplicate, one entry (law D3)."""
    effects = Counter(row.key for row in history.stored if row.outcome != "duplicate")
    entries = Counter(entry.key for entry in history.entries)
    found = [
        f"{key} has {effects[key]} effects" for key in sorted({r.key for r in history.stored}) if effects[key] != 1
    ]
    filed = {row.key for row in history.stored if row.outcome in ("new", "entry")}
    found += [f"{key} is entered {entries[key]} times" for key in sorted(filed) if entries[key] != 1]
    return found + [f"{key} is entered and not filed" for key in sorted(entries.keys() - filed)]


def numbers_are_unique(history: History) -> list[str]:
    """No two cases share a number, and no two people were told the same number."""
    counts = Counter(case.number for case in history.cases)
    found = [f"case number {number} exists {count} times" for number, count in sorted(counts.items()) if count > 1]
    told: dict[int, set[str]] = defaultdict(set)
    acks = {row.message_id for row in history.outgoing if row.kind.startswith("ack")}
    for mail in history.sunk:
        if mail.number is not None and mail.message_id in acks:
            told[mail.number].add(mail.recipient)
    return found + [
        f"number {number} was told to {sorted(who)}" for number, who in sorted(told.items()) if len(who) > 1
    ]


def acks_name_durable_cases(history: History) -> list[str]:
    """Every number that went out belongs to a case in the store."""
    numbers = {case.number for case in history.cases}
    return [
        f"{mail.recipient} was told of case {mail.number}, which does not exist"
        for mail in history.sunk
        if mail.number is not None and mail.number not in numbers
    ]


def sunk_has_a_row(history: History) -> list[str]:
    """Nothing goes out that the outbox does not know, to nobody else."""
    known = {row.message_id: row.recipient for row in history.outgoing}
    return [
        f"{mail.message_id} to {mail.recipient} is in no outbox row"
        for mail in history.sunk
        if known.get(mail.message_id) != mail.recipient
    ]


def sent_has_arrived(history: History) -> list[str]:
    """What the outbox calls sent is at the relay, and nothing is left in between (law W10)."""
    arrived = {mail.message_id for mail in history.sunk}
    left = [f"outbox {row.id} is still {row.state}" for row in history.outgoing if row.state not in ("sent", "failed")]
    return left + [
        f"outbox {row.id} is sent and never arrived"
        for row in history.outgoing
        if row.state == "sent" and row.message_id not in arrived
    ]


def promised_once(history: History) -> list[str]:
    """No promise is written twice: one ack per case, one notice per agent and event."""
    counts = Counter(row.once_key for row in history.outgoing)
    acks = Counter(row.case for row in history.outgoing if row.kind.startswith("ack"))
    found = [f"{key} is promised {count} times" for key, count in sorted(counts.items()) if count > 1]
    return found + [f"case {case} has {count} acks" for case, count in acks.items() if count > 1]


def copies_are_few_and_same(history: History) -> list[str]:
    """A mail that arrives again has the same Message-ID and the same bytes, and each kill repeats few at most."""
    copies: dict[str, set[str]] = defaultdict(set)
    for mail in history.sunk:
        copies[mail.message_id].add(hashlib.sha256(mail.data).hexdigest())
    found = [f"{key} arrived with {len(forms)} different contents" for key, forms in copies.items() if len(forms) > 1]
    extra = len(history.sunk) - len(copies)
    if extra > history.kills * history.window:
        found.append(f"{extra} mails arrived again after {history.kills} kills")
    return found


def order_is_kept(history: History) -> list[str]:
    """Within a case, entries stand in the order in which their mails were accepted."""
    by_case: dict[int, list[Entry]] = defaultdict(list)
    for entry in sorted(history.entries, key=lambda entry: entry.id):
        by_case[entry.case].append(entry)
    return [
        f"case {case}: {after.key} (inbound {after.inbound}) stands behind {before.key} (inbound {before.inbound})"
        for case, entries in sorted(by_case.items())
        for before, after in pairwise(entries)
        if after.inbound < before.inbound
    ]


def follow_ups_find_their_case(history: History) -> list[str]:
    """A mail that answers an earlier one is in the same case."""
    case = {entry.key: entry.case for entry in history.entries}
    return [
        f"{key} is in case {case[key]}, what it answers in case {case[first]}"
        for key, first in sorted(history.answers.items())
        if key in case and first in case and case[key] != case[first]
    ]


PERMITTED_5XX = ("5.1.1", "5.3.4", "5.4.6", "5.5.", "5.6.", "5.7.")
"""Enhanced codes a permanent refusal may carry: unknown recipient, size, loop, syntax, authentication (law S3)."""


def refusals_are_lawful(history: History) -> list[str]:
    """Nothing is refused for good because of our own fault (law S3)."""
    return [
        f"{op.key} was refused: {op.code} {op.text}"
        for op in history.ops
        if op.what == "fail" and op.code >= 500 and not op.text.startswith(PERMITTED_5XX)
    ]


LAWS: tuple[Law, ...] = (
    acked_is_stored,
    stored_was_sent,
    everything_is_done,
    only_poison_is_put_aside,
    one_effect_per_key,
    numbers_are_unique,
    acks_name_durable_cases,
    sunk_has_a_row,
    sent_has_arrived,
    promised_once,
    copies_are_few_and_same,
    order_is_kept,
    follow_ups_find_their_case,
    refusals_are_lawful,
)


def violations(history: History) -> list[str]:
    """Return everything that cannot be true, each with the law it breaks."""
    return [f"{law.__name__}: {line}" for law in LAWS for line in law(history)]


def check(history: History) -> None:
    """Fail with what cannot be true, a line each."""
    found = violations(history)
    assert not found, "\n".join([f"{len(found)} violations", *found[:40]])

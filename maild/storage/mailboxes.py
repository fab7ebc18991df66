"""Polled mailboxes: which UIDs are stored, how each account fares, and which daemon polls it.

The folder is the work list; a row per (account, folder, UIDVALIDITY, UID), written in the transaction that stores the
mail, is the guard. A lease with a fencing number says which of several daemons polls an account: it is checked in that
same transaction, so a daemon that froze and woke stores nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlmodel import col

from maild.core.values.mail import Envelope
from maild.storage import inbound
from maild.storage.statements import table, upsert, upserting
from maild.storage.tables import Lease, MailboxState, MailboxTrouble, MailboxUid

LEASE_FOR = timedelta(seconds=30)
"""How long a mailbox stays its poller's without a renewal."""
MOST_TROUBLES = 3
"""Tries after which a mail that cannot be fetched is put aside."""
LONGEST_PAUSE = timedelta(hours=24)
"""A mail that stays in the mailbox is tried again as often as this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a mailbox a mail lies, and by what right it is taken from there."""

    account: str
    folder: str
    validity: int
    uid: int
    fence: int
    """The lease's number when the mail was fetched."""


class AlreadyStored(Exception):
    """This UID has been stored before: only its settling is left to do."""


class LeaseLost(Exception):
    """Another daemon polls this account now."""


def accept(
    connection: Connection,
    place: Place,
    envelope: Envelope,
    raw: bytes | inbound.Packed,
    *,
    claim_for: str | None,
    slow: bool = False,
) -> int:
    """Store a polled mail and the row that says so, in one transaction; its inbound id.

    Raises:
        AlreadyStored: when this UID was stored before.
        LeaseLost: when the account is somebody else's now.

    """
    held = select(col(Lease.fence)).where(col(Lease.name) == _lease(place.account)).with_for_update(read=True)
    if connection.execute(held).scalar() != place.fence:
        raise LeaseLost(place.account)
    key = inbound.accept(connection, envelope, raw, claim_for=claim_for, slow=slow)
    note(connection, place.account, place.folder, place.validity, place.uid, inbound=key)
    return key


def note(connection: Connection, account: str, folder: str, validity: int, uid: int, *, inbound: int) -> None:
    """Note that the mail at a place is stored.

    Raises:
        AlreadyStored: when it was before; nothing of the transaction's step may then be kept.

    """
    row = {"account": account, "folder": folder, "validity": validity, "uid": uid, "inbound": inbound}
    if _NOTE.run(connection, row) == 0:  # no error is read as this one: it would let a mail go that is not stored
        raise AlreadyStored(f"{account} {folder} {uid}")


_NOTE = upserting(MailboxUid, ("account", "folder", "validity", "uid", "inbound"))
_STORED = select(col(MailboxUid.uid)).where(
    col(MailboxUid.account) == bindparam("account"),
    col(MailboxUid.folder) == bindparam("folder"),
    col(MailboxUid.validity) == bindparam("validity"),
    col(MailboxUid.uid).between(bindparam("low"), bindparam("high")),
)


def stored(connection: Connection, account: str, folder: str, validity: int, uids: Sequence[int]) -> set[int]:
    """Return those of the UIDs (ascending) that are stored."""
    if not uids:
        return set()
    values = {"account": account, "folder": folder, "validity": validity, "low": uids[0], "high": uids[-1]}
    return set(connection.execute(_STORED, values).scalars()) & set(uids)


# -- mails that cannot be fetched -------------------------------------------------------------------------------------


def trouble(
    connection: Connection, account: str, folder: str, validity: int, uid: int, *, reason: str, now: datetime
) -> int:
    """Note that a mail could not be taken; how often that has happened. It is tried again later and later."""
    where = (
        col(MailboxTrouble.account) == account,
        col(MailboxTrouble.folder) == folder,
        col(MailboxTrouble.validity) == validity,
        col(MailboxTrouble.uid) == uid,
    )
    before = connection.execute(select(col(MailboxTrouble.attempts)).where(*where)).scalar() or 0
    pause = min(timedelta(minutes=5 * 4 ** min(before, 5)), LONGEST_PAUSE)
    row = {"account": account, "folder": folder, "validity": validity, "uid": uid, "reason": reason, "at": now}
    row |= {"attempts": before + 1, "next": now + pause}
    upsert(connection, MailboxTrouble, row, ["reason", "at", "attempts", "next"])
    return before + 1


def troubled(connection: Connection, account: str, folder: str, validity: int, *, now: datetime) -> dict[int, bool]:
    """Return the UIDs that could not be taken so far, and of each whether it is time to try again."""
    query = select(col(MailboxTrouble.uid), col(MailboxTrouble.next)).where(
        col(MailboxTrouble.account) == account,
        col(MailboxTrouble.folder) == folder,
        col(MailboxTrouble.validity) == validity,
    )
    return {int(uid): bool(due <= now) for uid, due in connection.execute(query)}


def solved(connection: Connection, account: str, folder: str, validity: int, uids: Sequence[int]) -> None:
    """Strike troubles off the list: the mails came after all."""
    connection.execute(
        delete(table(MailboxTrouble)).where(
            col(MailboxTrouble.account) == account,
            col(MailboxTrouble.folder) == folder,
            col(MailboxTrouble.validity) == validity,
            col(MailboxTrouble.uid).in_(uids),
        )
    )


# -- how an account fares ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Fared:
    """How an account fared when it was looked at before."""

    failing_since: datetime | None
    """None when it was well."""
    looked: datetime


def fares(connection: Connection, account: str, *, now: datetime, backlog: int | None, error: str = "") -> Fared | None:
    """Record one look at a mailbox: how many mails are left in it, or what went wrong; how it fared before."""
    before = connection.execute(select(table(MailboxState)).where(col(MailboxState.account) == account)).first()
    row: dict[str, Any] = {"account": account, "looked": now, "error": error}
    row["backlog"] = backlog if backlog is not None else before.backlog if before else 0
    row["last_success"] = now if not error else before.last_success if before else None
    failing = before.failing_since if before else None
    row["failing_since"] = None if not error else failing or now
    upsert(connection, MailboxState, row, ["looked", "error", "backlog", "last_success", "failing_since"])
    return None if before is None else Fared(failing_since=before.failing_since, looked=before.looked)


def states(connection: Connection) -> list[dict[str, Any]]:
    """Return how every account fares, with its list of mails that could not be taken."""
    troubles: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(select(table(MailboxTrouble)).order_by(col(MailboxTrouble.at))):
        found = {"folder": row.folder, "uid": row.uid, "attempts": row.attempts, "reason": row.reason, "at": row.at}
        troubles.setdefault(row.account, []).append(found)
    counts = dict(
        connection.execute(select(col(MailboxUid.account), func.count()).group_by(col(MailboxUid.account))).all()
    )
    return [
        {
            "account": row.account,
            "last_success": row.last_success,
            "looked": row.looked,
            "failing_since": row.failing_since,
            "backlog": row.backlog,
            "error": row.error,
            "stored": counts.get(row.account, 0),
            "troubles": troubles.get(row.account, []),
        }
        for row in connection.execute(select(table(MailboxState)).order_by(col(MailboxState.account)))
    ]


# -- whose it is ------------------------------------------------------------------------------------------------------


def _lease(account: str) -> str:
    return f"imap:{account}"


def take_lease(connection: Connection, account: str, *, who: str, now: datetime, alone: bool = False) -> int | None:
    """Take or renew the right to poll an account; its fencing number, or None while it is somebody else's.

    ``alone``: no other daemon can be at work on this store, so whoever held it is dead.
    """
    name = _lease(account)
    upsert(connection, Lease, {"name": name, "holder": "", "until": now, "fence": 0}, [])
    row = connection.execute(select(table(Lease)).where(col(Lease.name) == name).with_for_update()).one()
    if row.holder != who and row.holder and row.until > now and not alone:
        return None
    fence = int(row.fence) if row.holder == who else int(row.fence) + 1
    values = {"holder": who, "until": now + LEASE_FOR, "fence": fence}
    connection.execute(update(table(Lease)).where(col(Lease.name) == name).values(values))
    return fence


def give_lease(connection: Connection, account: str, *, who: str, now: datetime) -> None:
    """Give the right back at a clean stop, so that the next daemon need not wait."""
    query = update(table(Lease)).where(col(Lease.name) == _lease(account), col(Lease.holder) == who)
    connection.execute(query.values(holder="", until=now))

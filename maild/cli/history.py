"""Boxes of old mail: mbox, maildir, or a folder of a mailbox, oldest mail first, one mail in memory at a time."""

from __future__ import annotations

import contextlib
import email.utils
import mailbox
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import typer

from maild.channels.imap.account import Account, Broken, Declined, Unreachable
from maild.channels.imap.box import Session
from maild.config.judge import Config
from maild.daemon import polling

CHUNK = 500
_DATE = re.compile(rb"(?im)^date[ \t]*:[ \t]*([^\r\n]*)")
_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail of a box: when it was written or came in, and where it lies there."""

    at: float
    place: int
    key: str | int


@dataclass(slots=True, kw_only=True)
class Box:
    """Old mail, in the order in which it was written, so that an answer comes after what it answers."""

    entries: list[Entry]
    read: Callable[[Entry], bytes | None]
    """Read one mail; None when it cannot be read (any more)."""
    account: Account | None = None
    validity: int = 0
    close: Callable[[], None] = lambda: None
    single: bool = False
    """A mail file of its own: taken even when the same was taken before."""

    def let_go(self) -> None:
        """Forget the mails once they are taken: a large box's lists hold memory, a mailbox's a connection."""
        self.close()
        self.entries, self.read, self.close = [], lambda _: None, lambda: None


def open_box(source: str, config: Config) -> Box:
    """Open what the command line names: a path, or ``imap:ACCOUNT[/FOLDER]``."""
    if source.startswith("imap:"):
        return _folder(source.removeprefix("imap:"), config)
    path = Path(source)
    if path.is_dir():
        return _maildir(path)
    try:
        with path.open("rb") as file:
            start = file.read(5)
    except OSError as error:
        raise typer.BadParameter(f"{source} cannot be read: {error.strerror}") from error
    if start != b"From ":
        return Box(entries=[Entry(0.0, 0, 0)], read=lambda _: path.read_bytes(), single=True)
    return _mbox(path)


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    """Order by date; a mail without a usable one stays behind the one before it."""
    return sorted(_dated(entries), key=lambda entry: (entry.at, entry.place))


def _dated(entries: Iterable[Entry]) -> Iterator[Entry]:
    last = 0.0
    for entry in entries:
        last = entry.at or last
        yield entry if entry.at else replace(entry, at=last)


def _mbox(path: Path) -> Box:
    box = mailbox.mbox(path, create=False)

    def read(entry: Entry) -> bytes:
        return box.get_bytes(entry.key)  # type: ignore[arg-type] # an mbox counts its mails

    entries = (Entry(_written(box.get_bytes(key)), place, key) for place, key in enumerate(box.iterkeys()))
    return Box(entries=_ordered(entries), read=read, close=box.close)


def _maildir(path: Path) -> Box:
    if not (path / "cur").is_dir():
        raise typer.BadParameter(f"{path} is no maildir: it has no folder cur")
    box = mailbox.Maildir(path, create=False)

    def read(entry: Entry) -> bytes | None:
        with contextlib.suppress(KeyError, OSError):
            return box.get_bytes(str(entry.key))
        return None

    entries = []
    for place, key in enumerate(sorted(box.keys())):
        raw = read(Entry(0.0, place, key))
        entries.append(Entry(0.0 if raw is None else _written(raw), place, key))
    return Box(entries=_ordered(entries), read=read)


def _written(raw: bytes) -> float:
    """Return when a mail says it was written, seconds since 1970; 0 when it does not say it well."""
    found = _DATE.search(raw[:_HEAD].partition(b"\n\n")[0].partition(b"\r\n\r\n")[0])
    try:
        at = email.utils.parsedate_to_datetime(found[1].decode("ascii", "replace")) if found else None
        return 0.0 if at is None else (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _folder(name: str, config: Config) -> Box:
    """Open a folder of a configured mailbox, to read only: nothing there is moved, marked or made."""
    wanted, _, folder = name.partition("/")
    found = next((one for one in config.imap if one.name == wanted), None)
    if found is None:
        known = ", ".join(one.name for one in config.imap) or "none"
        raise typer.BadParameter(f"no [[imap]] mailbox is called {wanted}; there is: {known}")
    polled = polling.polled(found)
    account = polled.account if not folder else _other(polled.account, folder)
    login, _ = polling.login_of(polled)
    session = Session(account)
    session.open(login, looking=True)
    validity = session.validity
    entries = (Entry(at.timestamp(), uid, uid) for uid, at in _arrivals(session))

    def read(entry: Entry) -> bytes | None:
        uid = int(entry.key)
        if not session.is_open:
            session.open(login, looking=True)
        if session.validity != validity:  # its UIDs are other mails' now
            raise Unreachable(f"the folder {account.folder} was made anew meanwhile; start the import again")
        try:
            size = session.sizes([uid]).get(uid)
            if size is None or size > account.max_size:
                return None
            return session.fetch({uid: size}).get(uid)
        except (Broken, Declined):
            return None

    return Box(entries=_ordered(entries), read=read, account=account, validity=validity, close=session.close)


def _arrivals(session: Session) -> Iterator[tuple[int, datetime]]:
    uids = session.uids()
    for start in range(0, len(uids), CHUNK):
        yield from session.arrivals(uids[start : start + CHUNK]).items()


def _other(account: Account, folder: str) -> Account:
    return replace(account, folder=folder, after="keep", failed=None)

"""Polled mailboxes between channel and store: the ledger a poller asks, and alerts when one cannot be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from maild.channels.imap.account import Account, Login, Refused, Unreachable
from maild.channels.imap.mailboxes import Lost, Poller, Trouble
from maild.channels.oauth2 import Grant, TokenRefused, Tokens, TokenUnreachable
from maild.core.reasons.reason import Reason, because, text
from maild.core.values.mail import Envelope
from maild.storage import mailboxes
from maild.storage.mailboxes import AlreadyStored, LeaseLost, Place

if TYPE_CHECKING:
    from maild.config.mailboxes import Mailbox, OAuth
    from maild.journey.intake import Intake
    from maild.storage.writer import Writer

Alert = Callable[[str, Reason, Reason], None]
"""Tell the operator: once_key, title, reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """An account and how to log in to it."""

    account: Account
    password: str = field(default="", repr=False)
    grant: Grant | None = None
    alert_after: timedelta = timedelta(minutes=15)


def polled(mailbox: Mailbox) -> Polled:
    """Make an account of what the config says."""
    account = Account(
        name=mailbox.name,
        host=mailbox.host,
        port=mailbox.port,
        tls="tls" if mailbox.tls == "implicit" else mailbox.tls,
        user=mailbox.user,
        folder=mailbox.folder,
        after=mailbox.after,
        move_to=mailbox.move_to,
        failed=mailbox.failed,
        max_size=mailbox.max_size,
        poll=mailbox.poll_seconds,
        idle=mailbox.idle,
        department=mailbox.department,
        ca_file=mailbox.ca_file,
    )
    grant = None if mailbox.oauth2 is None else grant_of(mailbox.oauth2, subject=mailbox.user)
    return Polled(
        account=account,
        password=mailbox.password or "",
        grant=grant,
        alert_after=timedelta(minutes=mailbox.alert_minutes),
    )


def grant_of(oauth: OAuth, *, subject: str) -> Grant:
    """Make a grant of what the config says."""
    return Grant(
        token_url=oauth.token_url,
        client_id=oauth.client_id,
        client_secret=oauth.client_secret_file,
        refresh_token=oauth.refresh_token_file,
        service_account=oauth.service_account_file,
        subject=subject,
        scope=oauth.scope,
    )


def login_of(polled: Polled) -> tuple[Callable[[], Login], Callable[[], None]]:
    """Make the two things a poller needs: a login for a new connection, and a way to say that it was refused."""
    user = polled.account.user
    if polled.grant is None:
        return (lambda: Login(user=user, secret=polled.password)), (lambda: None)
    tokens = Tokens(polled.grant)

    def login() -> Login:
        try:
            return Login(user=user, secret=tokens.get(), kind="bearer")
        except TokenRefused as error:
            raise Refused(str(error)) from None
        except TokenUnreachable as error:
            raise Unreachable(str(error)) from None

    return login, tokens.forget


class StoreLedger:
    """The store's side of one account."""

    def __init__(
        self,
        account: Account,
        *,
        intake: Intake,
        writer: Writer,
        who: str,
        now: Callable[[], datetime],
        alert: Alert,
        alert_after: timedelta,
        alone: bool = False,
    ) -> None:
        self._account, self._intake, self._writer, self._who = account, intake, writer, who
        self._now, self._alert, self._alert_after, self._alone = now, alert, alert_after, alone

    async def take_lease(self) -> int | None:
        """Take or renew the right to poll."""
        name, who, now, alone = self._account.name, self._who, self._now(), self._alone
        return await self._writer.run(lambda c: mailboxes.take_lease(c, name, who=who, now=now, alone=alone))

    async def give_lease(self) -> None:
        """Give it back."""
        name, who, now = self._account.name, self._who, self._now()
        await self._writer.run(lambda c: mailboxes.give_lease(c, name, who=who, now=now))

    async def stored(self, validity: int, uids: Sequence[int]) -> set[int]:
        """Return those UIDs that are stored."""
        name, folder = self._account.name, self._account.folder
        return await self._writer.run(lambda c: mailboxes.stored(c, name, folder, validity, uids))

    async def troubled(self, validity: int) -> dict[int, bool]:
        """Return the UIDs that could not be taken so far, and of each whether it may be tried again now."""
        name, folder, now = self._account.name, self._account.folder, self._now()
        return await self._writer.run(lambda c: mailboxes.troubled(c, name, folder, validity, now=now))

    async def accept(self, envelope: Envelope, raw: bytes, *, validity: int, uid: int, fence: int) -> bool:
        """Store a mail durably; False when it was stored before."""
        account = self._account
        place = Place(account=account.name, folder=account.folder, validity=validity, uid=uid, fence=fence)
        try:
            await self._intake.accept(envelope, raw, place=place)
        except AlreadyStored:
            return False
        except LeaseLost as error:
            raise Lost(str(error)) from None
        return True

    async def trouble(self, validity: int, uid: int, reason: str, how: Trouble) -> bool:
        """Note that a mail could not be taken; True when it is to be put aside. The operator hears of it once."""
        name, folder, now = self._account.name, self._account.folder, self._now()
        attempts = await self._writer.run(
            lambda c: mailboxes.trouble(c, name, folder, validity, uid, reason=reason, now=now)
        )
        if how != "large" and attempts < mailboxes.MOST_TROUBLES:
            return False
        what, why = because("mail cannot be taken", name), because("mail in folder", uid, folder, reason)
        self._alert(f"mailbox-mail:{name}:{folder}:{validity}:{uid}", what, why)
        return how != "cut"

    async def solved(self, validity: int, uids: Sequence[int]) -> None:
        """Strike these off the list of troubles."""
        name, folder = self._account.name, self._account.folder
        await self._writer.run(lambda c: mailboxes.solved(c, name, folder, validity, uids))

    async def fares(self, backlog: int | None, error: str) -> None:
        """Record how the account fares; one alert when it has failed for a while, one mail when it works again.

        What was told stands in the store, so neither a restart nor another daemon tells it twice.
        """
        name, now, after = self._account.name, self._now(), self._alert_after
        before = await self._writer.run(lambda c: mailboxes.fares(c, name, now=now, backlog=backlog, error=error))
        since = now if before is None or before.failing_since is None else before.failing_since
        if error:
            if now - since >= after:
                self._alert(f"mailbox:{name}:{since.isoformat()}", because("mailbox does not work", name), text(error))
        elif before is not None and before.failing_since is not None and before.looked - since >= after:
            reason = because("had failed since", f"{since:%Y-%m-%d %H:%M %Z}")
            self._alert(f"mailbox-back:{name}:{since.isoformat()}", because("mailbox works again", name), reason)


def start(
    accounts: Sequence[Polled],
    *,
    intake: Intake,
    writer: Writer,
    who: str,
    now: Callable[[], datetime],
    alert: Alert,
    alone: bool,
) -> list[Poller]:
    """Start a poller for each account (``alone``: no other daemon can be at work on this store)."""
    pollers = []
    for one in accounts:
        login, forget = login_of(one)
        ledger = StoreLedger(
            one.account,
            intake=intake,
            writer=writer,
            who=who,
            now=now,
            alert=alert,
            alert_after=one.alert_after,
            alone=alone,
        )
        poller = Poller(one.account, login=login, forget_login=forget, ledger=ledger, now=now)
        poller.start()
        pollers.append(poller)
    return pollers


async def stop(pollers: Sequence[Poller]) -> None:
    """Stop them all side by side."""
    await asyncio.gather(*(poller.stop() for poller in pollers))

"""Connections that end anywhere (law B1): whatever was under way, each mail is stored once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from maild.channels.imap.account import Account
from maild.core.errors import MaildError
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.kit import Proxy, mail, shelf

MAILS = 50


async def cut_session(dovecot: Dovecot, url: str, *, every: int, user: str) -> int:
    """Cut a session of 50 mails at each of its places, and look again whole each time; how many cuts were made."""
    mails = [mail(number, size=2000) for number in range(MAILS)]
    dovecot.put(user, mails)
    proxy, client, cuts = Proxy(dovecot.port), dovecot.client(user), 0
    account = Account(name="it", host="127.0.0.1", port=proxy.port, tls="none", user=user, failed=None)
    async with shelf(url) as store:
        before, place = 0, every
        while True:
            poller = store.poller(account)
            proxy.limit = place
            ended = False
            try:
                await asyncio.to_thread(poller.once)
                ended = proxy.passed < place
            except MaildError:
                cuts += 1
            proxy.limit = None
            await asyncio.to_thread(store.poller(account).once)
            found = store.mails(before)
            assert sorted(found.values()) == sorted(mails), f"after a cut at octet {place}"
            before = max(found)
            assert dovecot.counts(user) == {"INBOX": 0, "Processed": MAILS}
            if ended:
                break
            client.select_folder("Processed")
            client.move(client.search(), "INBOX")
            place += every
    client.logout()
    proxy.close()
    return cuts


def test_a_session_cut_anywhere_stores_each_mail_once(dovecot: Dovecot, tmp_path: Path) -> None:
    """50 mails, a session cut at every 1358th octet: each mail is stored once, byte for byte, and settled."""
    assert asyncio.run(cut_session(dovecot, f"sqlite:///{tmp_path}/maild.db", every=14 * 97, user="cuts")) >= 70


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_session_cut_at_every_97th_octet_stores_each_mail_once(dovecot: Dovecot, tmp_path: Path) -> None:
    """The same at every 97th octet: more than a thousand cuts."""
    assert asyncio.run(cut_session(dovecot, f"sqlite:///{tmp_path}/maild.db", every=97, user="allcuts")) >= 1000

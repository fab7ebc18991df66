"""TLS to mailboxes: verified or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maild.channels.imap.account import Account, Unreachable
from tests.kit.sink import certificate
from tests.mailboxes.dovecot import Dovecot
from tests.mailboxes.kit import mail, shelf
from tests.mailboxes.scripted import Server


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Dovecot, Path]]:
    """A Dovecot with a certificate of its own authority."""
    _, trusted = certificate(tmp_path)
    server = Dovecot((trusted, trusted.with_suffix(".key")))
    yield server, trusted
    server.close()


def test_starttls_is_verified(secure: tuple[Dovecot, Path], tmp_path: Path) -> None:
    """With the authority's file mail is taken over STARTTLS; without it there is no login."""

    async def run() -> None:
        dovecot, trusted = secure
        dovecot.put("it", [mail(1)])
        account = Account(name="it", host="127.0.0.1", port=dovecot.port, tls="starttls", user="it", ca_file=trusted)
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            with pytest.raises(Unreachable, match="certificate"):
                await asyncio.to_thread(store.poller(replace(account, ca_file=None)).once)
            assert store.mails() == {}
            await asyncio.to_thread(store.poller(account).once)
            assert list(store.mails().values()) == [mail(1)]

    asyncio.run(run())


def test_tls_from_the_first_octet_is_verified(tmp_path: Path) -> None:
    """The same where TLS comes first, and for a name that the certificate does not hold."""

    async def run() -> None:
        context, trusted = certificate(tmp_path)
        server = Server(mails={1: mail(1)}, tls=context)
        account = Account(name="it", host="127.0.0.1", port=server.port, tls="tls", user="it", ca_file=trusted)
        async with shelf(f"sqlite:///{tmp_path}/maild.db") as store:
            for wrong in (replace(account, ca_file=None), replace(account, host="127.0.0.2")):
                with pytest.raises(Unreachable):
                    await asyncio.to_thread(store.poller(wrong).once)
            assert not server.heard
            await asyncio.to_thread(store.poller(account).once)
            assert list(store.mails().values()) == [mail(1)]
        server.close()

    asyncio.run(run())

"""One Dovecot for all tests of a process; each test has mailboxes of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mailboxes.dovecot import Dovecot


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real Dovecot."""
    server = Dovecot()
    yield server
    server.close()

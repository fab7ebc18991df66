"""A desk on each database."""

from collections.abc import Iterator

import pytest

from tests.kit.desk import Desk


@pytest.fixture
def desk(store_url: str) -> Iterator[Desk]:
    """A desk that believes its mail server's verdicts, on an empty store."""
    desk = Desk(store_url)
    yield desk
    desk.close()

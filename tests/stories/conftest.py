"""A desk on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.desk import Desk


@pytest.fixture
def desk(store_url: str) -> Iterator[Desk]:
    """A desk that believes its mail server's verdicts, on an empty store."""
    desk = Desk(store_url)
    yield desk
    desk.close()


@pytest.fixture
def one_url(tmp_path: Path) -> str:
    """An empty store on one database, for the many forms of what a story on both tells already."""
    return f"sqlite:///{tmp_path}/store/maild.db"

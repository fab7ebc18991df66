"""What tests of the daemon share: desks that leave no process behind, and a relay that notes what it takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.running import Desks
from tests.kit.sink import Sink, in_thread


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    """A maker of desks; every process it started is ended."""
    made = Desks(folder=tmp_path)
    yield made
    made.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A relay on a loop of its own."""
    with in_thread(Sink()) as running:
        yield running

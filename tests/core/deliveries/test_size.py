"""Which refusals are about the size of a message (law W15)."""

import pytest

from maild.core.deliveries.size import speaks_of_size


@pytest.mark.parametrize(
    "answer",
    [
        "552 5.3.4 Message size exceeds fixed limit",
        "552-5.2.3 Your message exceeded the limits",
        "554 5.2.3 message too large",
        "550 5.7.1 Message too large for this recipient",
        "552 Message size exceeds maximum permitted",
        "552 too much mail data",
        "500 Message too big",
        "5.3.4 Message too big for system",
        "5.2.3 smtp; 550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
    ],
)
def test_it_is(answer: str) -> None:
    """By the enhanced status, by 552 without one, or in words."""
    assert speaks_of_size(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "552 5.2.2 Mailbox full, size limit exceeded",
        "550 5.1.1 no such user",
        "452 4.3.1 message too large for the queue now",
        "554 5.7.1 policy",
        "550 5.3.40 whatever",
        "relay x:25: no answer in time",
        "",
    ],
)
def test_it_is_not(answer: str) -> None:
    """A full mailbox, what passes by itself, and everything else."""
    assert not speaks_of_size(answer)

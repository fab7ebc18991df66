"""Envelope senders that forwarders and bounce filters have rewritten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.robots.robots import robot_address
from maild.core.values.return_paths import plain
from tests.kit import make
from tests.kit.make import DOMAIN, STRANGER, acks, decided, facts, mail

OLE = "ole.vik@kunde.example"


@pytest.mark.parametrize(
    ("sender", "named"),
    [
        (f"it+SRS=Qd9aB=4T=kunde.example=ole.vik@{DOMAIN}", OLE),
        (f"it+srs=q/d9+=4t=kunde.example=ole.vik@{DOMAIN}", OLE),
        (f"bounces+SRS=xK0gZ=QH@{DOMAIN}", None),
        ("SRS0=Fv+h=4T=kunde.example=ole.vik@fwd.example", OLE),
        ("SRS0+Fvh=4T=kunde.example=ole.vik@fwd.example", OLE),
        ("srs0-fvh=4t=KUNDE.example=ole.vik@fwd.example", OLE),
        ("SRS1=Ab3=first.example==Fvh=4T=kunde.example=ole.vik@second.example", OLE),
        ("prvs=1234abcdef=ole.vik@kunde.example", OLE),
        ("prvs=ole.vik/1234abcdef@kunde.example", OLE),
        ("btv1==123abc456de==ole.vik@kunde.example", OLE),
        (f"it+SRS=a=b=fwd.example=SRS0=Fvh=4T=kunde.example=ole.vik@{DOMAIN}", OLE),
        ("SRS0=h=t=kunde.example=prvs=1234abcdef=ole.vik@fwd.example", OLE),
        ("SRS0=h=t=kunde.example=a=b@fwd.example", "a=b@kunde.example"),
        ("news-bounces+ole=kunde.example@lists.example", "news-bounces+ole=kunde.example@lists.example"),
        (OLE, OLE),
        ("", ""),
        (None, None),
        ("SRS0=broken@fwd.example", None),
    ],
)
def test_what_a_return_path_names(sender: str | None, named: str | None) -> None:
    """The marks of Exchange, of SRS and of BATV are taken off, in any case and any number of layers (law I16)."""
    assert plain(sender) == named


@given(st.text("SRSsrs01=+-/@.bv", max_size=60))
def test_any_text_is_read(sender: str) -> None:
    """Whatever an envelope says names an address, the null sender or nobody."""
    named = plain(sender)
    assert named is None or isinstance(named, str)


@pytest.mark.parametrize("verdict", ["none", "unknown", "pass"])
@pytest.mark.parametrize(
    "sender",
    [
        f"it+SRS=Qd9aB=4T=elsewhere.example=stranger@{DOMAIN}",
        f"bounces+SRS=xK0gZ=QH@{DOMAIN}",
        "SRS0=Fvh=4T=elsewhere.example=stranger@fwd.example",
        "SRS1=Ab3=first.example==Fvh=4T=elsewhere.example=stranger@second.example",
        "prvs=1234abcdef=stranger@elsewhere.example",
        f"it+SRS=Qd9aB=4T={DOMAIN}=hr@{DOMAIN}",
    ],
)
def test_who_wrote_through_a_forwarder_is_acknowledged_at_their_own_address(sender: str, verdict: str) -> None:
    """The author gets the acknowledgement, not the bounce path of who passed the mail on (law A4, I13)."""
    given = mail(author=STRANGER, sender=sender, verdict=verdict)
    plan = decided(given, facts())
    assert [notice.to for notice in acks(plan)] == [STRANGER] and robot_address(given) is None


def test_a_robot_is_known_behind_a_forwarder() -> None:
    """What comes from a robot's address comes from it by whatever road: no acknowledgement, blocked is blocked."""
    daemon = mail(author=STRANGER, sender=f"it+SRS=a=b=mx.example=mailer-daemon@{DOMAIN}")
    assert decided(daemon, facts()).no_ack is not None
    rules = make.rulebook(blocked=frozenset({"spam.example"}))
    blocked = mail(author=STRANGER, sender="SRS0=a=b=spam.example=x@fwd.example")
    assert decided(blocked, facts(), rules).outcome == "spam"


def test_an_address_that_another_domain_sent_for_gets_the_acknowledgement_as_before() -> None:
    """Behind the marks the return path counts as it would without them: another domain's is written to (law A4)."""
    given = mail(author=STRANGER, sender=f"it+SRS=a=b=kunde.example=ole.vik@{DOMAIN}", verdict="none")
    assert [notice.to for notice in acks(decided(given, facts()))] == [OLE]

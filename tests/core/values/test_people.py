"""Addresses: which of ours a mail is for, and when two spellings are one person."""

import pytest

from maild.core.values.people import department_of, folded, is_ours, listed
from tests.kit.make import DOMAIN, REPLIES, RULEBOOK, asked, mail, signed_address


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("Ola.Berg+x@Post.Example", "olaberg@post.example"),
        ("olaberg@post.example", "olaberg@post.example"),
        ("o.l.a.berg@post.example", "olaberg@post.example"),
        ("ola@sub.post.example", "ola@sub.post.example"),
        ("nonsense", "@nonsense"),
        ("", "@"),
    ],
)
def test_one_person_counts_once(address: str, same: str) -> None:
    """+tag, dots and case of the local part do not make another person; the domain does."""
    assert folded(address) == same


@pytest.mark.parametrize(
    ("address", "department"),
    [
        (f"it@{DOMAIN}", "it"),
        (f"IT@{DOMAIN}".upper(), "it"),
        (f"helpdesk@{DOMAIN}", "it"),
        (f"hr+anything@{DOMAIN}", "hr"),
        (f"hr+1042.x@{REPLIES}", "hr"),
        (f"r+1042.x@{REPLIES}", None),
        (f"it@other.{DOMAIN}", None),
        (f"nobody@{DOMAIN}", None),
        (f"kari.moen@{DOMAIN}", None),
        ("", None),
    ],
)
def test_whose_address_it_is(address: str, department: str | None) -> None:
    """Addresses, aliases, tags and reply addresses belong to a department; nothing near them does (law I5)."""
    assert department_of(address, RULEBOOK) == department
    assert is_ours(address, RULEBOOK) == (department is not None or address.endswith(REPLIES))


def test_smtp_recipients_in_the_order_of_the_header() -> None:
    """By SMTP the envelope says for whom, To and Cc say in which order; a blind copy comes last (law I6)."""
    given = mail(
        to=(f"hr@{DOMAIN}", "x@else.example"),
        cc=(f"it@{DOMAIN}",),
        envelope={"recipients": (f"okonomi@{DOMAIN}", f"it@{DOMAIN}", f"hr@{DOMAIN}")},
    )
    assert asked(given).departments == ("hr", "it", "okonomi")
    assert asked(mail(to=("x@else.example",), envelope={"recipients": ("postmaster@" + DOMAIN,)})).departments == (
        "servicetorg",
    )
    assert asked(mail(to=(signed_address(),))).departments == ("it",)


def test_lists_hold_addresses_or_domains() -> None:
    """A list entry is a whole address or a whole domain."""
    entries = frozenset({"spam.example", "one@post.example"})
    assert listed("x@spam.example", entries) and listed("ONE@post.example", entries)
    assert not listed("two@post.example", entries) and not listed("x@not-spam.example", entries)

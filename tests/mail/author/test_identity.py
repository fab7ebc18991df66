"""Who wrote a mail, strictly: one From, one plain address, or nobody (law I1, I2)."""

import contextlib
import email
import email.policy
import re
import time
from email.utils import getaddresses

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from maild.mail.author import identity
from maild.mail.mime import headers
from tests.kit.raw import reading

ACCEPTED = {
    "kari@x.example": "kari@x.example",
    "<kari@x.example>": "kari@x.example",
    "Kari Moen <kari@x.example>": "kari@x.example",
    '"Moen, Kari" <kari@x.example>': "kari@x.example",
    "=?utf-8?Q?K=C3=A5re?= Moen <kare@x.example>": "kare@x.example",
    "Fjordvik A.S. <post@x.example>": "post@x.example",
    "kari@x.example (Kari Moen)": "kari@x.example",
    '"Kari (IT)" <kari@x.example>': "kari@x.example",
    '"kari@x.example" <kari@x.example>': "kari@x.example",
    "kari@x.example <kari@x.example>": "kari@x.example",
    "Kari <Kari.Moen@X.Example>": "kari.moen@x.example",
    "Kari <k+tag@x.example>": "k+tag@x.example",
    "Kari Moen\r\n <kari@x.example>": "kari@x.example",
    "Kåre <kåre@blåbær.example>": "kåre@xn--blbr-roah.example",
    '"agent@corp.example" <evil@y.example>': "evil@y.example",
}
REFUSED = (
    "",
    "Kari",
    "kari",
    "kari@",
    "@x.example",
    "a@x.example, b@y.example",
    "Kari <a@x.example>, Ola <b@y.example>",
    "Kari <a@x.example> <b@y.example>",
    "agent@corp.example <evil@y.example>",
    "group: a@x.example;",
    "undisclosed-recipients:;",
    "<@route.example:kari@x.example>",
    "=?utf-8?Q?agent=40corp.example?=",
    "<=?utf-8?Q?agent?=@corp.example>",
    "Kari <kari@x.example",
    "Kari kari@x.example",
    "<kari@x.example> Kari",
    "Kari <kari@x.example>\x00",
    "Kari <kari\x00@x.example>",
    "Kari <kari @x.example>",
    "Kari <ka(c)ri@x.example>",
    "kari@x..example",
    "ka..ri@x.example",
    ".kari@x.example",
    "<kari@x.example>x",
    "kari@x.example\\",
    "Moen, Kari <kari@x.example>",
    "agent@corp.example\r\n <evil@y.example>",
    "kari@ｘ.example",
    "kari@straße.example",
    "kari@x.example\u200b",
    "ka\u202eri@x.example",
    "kari@x。example",
    "kari@[192.0.2.1]",
    "Kari <<kari@x.example>>",
    "Kari <kari@x.example>, ",
    '"Kari" evil <kari@x.example> (a) (b) c',
)


def who(*froms: str) -> identity.Identity:
    """Read the identity of a mail with these From fields."""
    raw = b"".join(b"From: " + value.encode() + b"\r\n" for value in froms) + b"Subject: s\r\n\r\nhei"
    found, start = headers.head(raw)
    return identity.identity(found, raw[:start])


@pytest.mark.parametrize("value", ACCEPTED)
def test_plain_forms_name_their_author(value: str) -> None:
    """Every plain form names exactly its address, the domain in lower-case A-labels."""
    found = who(value)
    assert found.address == ACCEPTED[value] and not found.reason


@pytest.mark.parametrize("value", REFUSED)
def test_other_forms_name_nobody(value: str) -> None:
    """Anything else is no identity, and says why."""
    found = who(value)
    assert found.address is None and found.reason


@pytest.mark.parametrize(
    "head",
    [
        b"From: a@x.example\r\nFrom: b@y.example\r\n",
        b"From: a@x.example\r\nfrom : b@y.example\r\n",
        b"From\r\n : b@y.example\r\nFrom: a@x.example\r\n",
        b"From : a@x.example\r\nSubject: x\r\nFROM:\r\n b@y.example\r\n",
        b"\x00From: b@y.example\r\nFrom: a@x.example\r\n",
        b"From: a@x.example\r\n\xef\xbb\xbfFrom: b@y.example\r\n",
        b"From: a@x.example\r\nFrom\xa0: b@y.example\r\n",
        b"From: a@x.example\r\nFrom\x00: b@y.example\r\n",
        b"Subject: x\r\n",
    ],
)
def test_exactly_one_from_field(head: bytes) -> None:
    """No From, two of them, or something that another reader may take for one: nobody wrote it."""
    raw = head + b"Message-ID: <a@x>\r\n\r\nhei"
    assert reading(raw).identity.address is None


def test_signatures_that_name_from_are_no_second_from() -> None:
    """Received and DKIM-Signature fields that hold the word From do not count."""
    raw = (
        b"Received: from a.example by b.example;\r\n\tTue, 1 Dec 2026 08:00:00 +0100\r\n"
        b"DKIM-Signature: v=1; a=rsa-sha256; h=Subject:\r\n From:Date; b=abc\r\nFrom: Kari <kari@x.example>\r\n\r\nhei"
    )
    assert reading(raw).identity.address == "kari@x.example"


def test_traps_are_unmasked() -> None:
    """A name that is another address is shown with the real one behind it (law I3)."""
    assert who("agent@corp.com <evil@x.y>").shown == '"agent@corp.com" (really evil@x.y)'
    assert who('"agent@corp.com" <evil@x.y>').shown == '"agent@corp.com" (really evil@x.y)'
    assert who("=?utf-8?Q?agent=40corp.com?= <evil@x.y>").shown == '"agent@corp.com" (really evil@x.y)'
    assert who("Kari <kari@x.y>").shown == '"Kari" <kari@x.y>'
    assert who('"Ka\u202eri" <kari@x.y>').name == "Kari"


def test_look_alikes_never_equal() -> None:
    """500 confusable spellings of an agent's address: none becomes it (law I2)."""
    agent = "sales.post@corp.example"
    alike = {
        "a": "аɑａ", "e": "еｅ", "o": "оοｏ", "s": "ѕｓ", "p": "рｐ",
        "c": "сｃϲ", "t": "ｔτ", "l": "ⅼｌ1I", "r": "ｒг", "m": "ⅿｍ",
    }  # fmt: skip
    spellings = {
        agent[:at] + other + agent[at + 1 :] for at, letter in enumerate(agent) for other in alike.get(letter, "")
    }
    spellings |= {
        one[:at] + other + one[at + 1 :]
        for one in sorted(spellings)
        for at, letter in enumerate(one)
        for other in alike.get(letter, "")
    }
    spellings = set(sorted(spellings)[:500])
    assert len(spellings) == 500
    for spelling in spellings:
        found = who(f"Sales <{spelling}>").address
        assert found != agent, spelling


PIECES = st.lists(
    st.sampled_from([*'@<>"(),;:\\.å[] \t\x00', "kari", "ola", "x.example", "From", "\r\n ", "=?utf-8?q?a?="])
    | st.sampled_from(["kari@x.example", "<ola@y.example>", "y.example"]),
    max_size=12,
)


@settings(max_examples=800)
@given(PIECES.map("".join))
@example("a@x.example <a@x.example>")
@example("y.example.<ola@y.example>")
def test_strict_means_everybody_agrees(value: str) -> None:
    """Whatever we accept, the standard library's two readers name the same single address (law I1)."""
    found = who(value).address
    identity.mailboxes(value.encode())
    if found is None:
        return
    unfolded = re.sub(r"\r\n(?=[ \t])", "", value)
    lenient = [address for _, address in getaddresses([unfolded]) if address]
    if found.isascii() and unfolded.isascii():
        assert [address.lower() for address in lenient] in ([found], [found, found])
        modern = email.message_from_string(f"From: {unfolded}\n\n", policy=email.policy.default)
        with contextlib.suppress(AttributeError):  # Python 3.11's parser breaks on y.example.<ola@y.example>
            assert [str(one.addr_spec).lower() for one in modern["From"].addresses][-1:] == [found]


@pytest.mark.parametrize("piece", ["(", "a@b.example,", '"', "<", "=?utf-8?q?", "a ", "\\", "@", "<a@b.example>"])
def test_address_reading_is_linear(piece: str) -> None:
    """Twice the input takes at most about twice the time."""

    def seconds(size: int) -> float:
        value = (piece * (size // len(piece))).encode()
        best = 9.0
        for _ in range(5):
            began = time.process_time()
            identity.mailboxes(value)
            identity.strict(value.decode())
            headers.text(value)
            headers.message_ids(value)
            headers.parameters(b"a; " + value)
            best = min(best, time.process_time() - began)
        return best

    small, large = seconds(8_000), seconds(16_000)
    assert large <= 2.6 * small + 0.004

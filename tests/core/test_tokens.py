"""Signed addresses and Message-IDs: only what we made, unchanged and unexpired, is ours."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from maild.core import tokens
from maild.core.facts import Key

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
KEYS = (Key(id=2, secret=b"new" * 11), Key(id=1, secret=b"old" * 11))


def signed(**changes: object) -> str:
    """Make the usual signed address, with changes."""
    given_ = {"local": "it", "domain": "sak.example", "case": 1042, "audience": "answer", "address": "a@b.example"}
    return tokens.sign_address(KEYS[1], now=NOW, **(given_ | changes))  # type: ignore[arg-type]


@given(
    case=st.integers(1, 10**9),
    audience=st.sampled_from(["customer", "answer", "internal", "confirm"]),
    reference=st.integers(0, 2**32 - 1),
    local=st.from_regex(r"[a-z][a-z0-9.-]{0,40}", fullmatch=True),
)
def test_round_trip(case: int, audience: str, reference: int, local: str) -> None:
    """What is signed reads back the same, in any letter case, in at most 64 octets, by an older key too."""
    address = signed(case=case, audience=audience, reference=reference, local=local)
    assert len(address.split("@")[0]) <= 64
    for spelling in (address, address.upper()):
        token = tokens.verify_address(KEYS, spelling, NOW)
        assert token is not None
        assert (token.case, token.audience, token.reference) == (case, audience, reference)
        assert token.person == tokens.person("a@b.example")


@given(st.data())
def test_any_change_is_refused(data: st.DataObject) -> None:
    """One changed character anywhere in case number or token makes the address a stranger's."""
    address = signed()
    start, end = address.index("+") + 1, address.index("@")
    at = data.draw(st.integers(start, end - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567.+1890"))
    changed = address[:at] + letter + address[at + 1 :]
    if changed != address:
        assert tokens.verify_address(KEYS, changed, NOW) is None


def test_expiry_and_unknown_key() -> None:
    """An address dies after its lifetime and with its key."""
    address = signed()
    assert tokens.verify_address(KEYS, address, NOW + tokens.LIFETIME + timedelta(days=2)) is None
    assert tokens.verify_address(KEYS[:1], address, NOW) is None


@given(outbox=st.integers(1, 10**17), case=st.integers(1, 10**9) | st.none())
def test_message_id_and_bounce(outbox: int, case: int | None) -> None:
    """A signed Message-ID and a bounce address name their outbox row, and nothing near them does."""
    mid = tokens.sign_message_id(KEYS[0], outbox=outbox, case=case, audience="customer", domain="sak.example")
    token = tokens.verify_message_id(KEYS, mid)
    assert token is not None and (token.outbox, token.case, token.audience) == (outbox, case or 0, "customer")
    assert tokens.verify_message_id(KEYS, mid.replace(".c.", ".a.")) is None
    bounce = tokens.sign_bounce(KEYS[0], outbox=outbox, domain="sak.example")
    assert tokens.verify_bounce(KEYS, bounce) == outbox
    assert tokens.verify_bounce(KEYS, bounce.replace(f"+{outbox}.", f"+{outbox + 1}.")) is None

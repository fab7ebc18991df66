"""Signed addresses and Message-IDs: only what we made, unchanged and unexpired, is ours."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from maild.core.facts import Key
from maild.core.threads import tokens

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


def test_guesses_and_flipped_bits_are_never_ours() -> None:
    """Random tokens of the right shape and every single flipped bit of a genuine one are refused (law T15)."""
    chance = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    for _ in range(20_000):
        token = "".join(chance.choices(letters, k=tokens.TOKEN_LENGTH))
        assert tokens.verify_address(KEYS, f"it+1042.{token}@sak.example", NOW) is None
    address = signed()
    head, _, rest = address.partition(".")
    token, _, domain = rest.partition("@")
    for at, letter in enumerate(token):
        for bit in range(5):
            flipped = letters[letters.index(letter) ^ 1 << bit]
            changed = f"{head}.{token[:at]}{flipped}{token[at + 1 :]}@{domain}"
            assert tokens.verify_address(KEYS, changed, NOW) is None


def test_what_is_in_the_token_cannot_be_exchanged() -> None:
    """Case, person, audience, reference and key are all under the MAC: a token of one says nothing for another."""
    ours = {signed(**changes) for changes in ({}, {"case": 1043}, {"address": "c@b.example"}, {"audience": "internal"})}
    assert len({address.partition(".")[2] for address in ours}) == 4
    token = signed().partition(".")[2]
    assert tokens.verify_address(KEYS, f"it+1043.{token}", NOW) is None
    other = (Key(id=1, secret=b"of another store"),)
    assert tokens.verify_address(other, signed(), NOW) is None
    assert tokens.verify_address((), signed(), NOW) is None


def test_keys_rotate() -> None:
    """A new key signs; an old one still verifies until it is taken out, and two keys with one id do not mix."""
    old = signed()
    new = tokens.sign_address(
        KEYS[0], local="it", domain="sak.example", case=1, audience="customer", address="a@b.example", now=NOW
    )
    assert tokens.verify_address(KEYS, old, NOW) and tokens.verify_address(KEYS, new, NOW)
    assert tokens.verify_address(KEYS[:1], new, NOW) and tokens.verify_address(KEYS[1:], new, NOW) is None
    clash = (Key(id=1, secret=b"x" * 32), KEYS[1])
    assert tokens.verify_address(clash, old, NOW) is not None


@given(st.text(max_size=120) | st.from_regex(r"[a-z]{1,5}\+[0-9]{1,12}\.[a-z2-9]{10,40}@[a-z.]{1,20}", fullmatch=True))
def test_no_text_makes_verifying_raise(text: str) -> None:
    """Whatever stands where an address or Message-ID should, the answer is None."""
    assert tokens.verify_address(KEYS, text, NOW) is None
    assert tokens.verify_bounce(KEYS, text) is None and tokens.verify_message_id(KEYS, text) is None
    assert tokens.references(text) is not None
    assert not tokens.verify_loop(KEYS, "instance", text)


def test_the_loop_header_is_of_this_store() -> None:
    """Another instance, another key, or a changed letter is not our own loop."""
    value = tokens.sign_loop(KEYS[1], "abc")
    assert tokens.verify_loop(KEYS, "abc", value) and tokens.verify_loop(KEYS, "abc", value.upper())
    assert not tokens.verify_loop(KEYS, "abd", value) and not tokens.verify_loop(KEYS[:1], "abc", value)
    assert not tokens.verify_loop(KEYS, "abc", "") and not tokens.verify_loop(KEYS, "abc", value[:-1])


@given(st.binary(min_size=1, max_size=30), st.data())
def test_base32_has_one_spelling(octets: bytes, data: st.DataObject) -> None:
    """It is RFC 4648's, either case; a letter too many, a spare bit or any other character is refused."""
    text = tokens.base32(octets)
    assert tokens.unbase32(text) == tokens.unbase32(text.upper()) == octets
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters() | st.sampled_from("0189_+- =\n\u017f\u212a"))
    found = tokens.unbase32(text[:at] + other + text[at + 1 :])
    assert found is None or tokens.base32(found) == (text[:at] + other + text[at + 1 :]).lower()
    assert tokens.unbase32(text + "a") != octets


def test_a_token_stands_for_one_address() -> None:
    """Letter case aside, an address with other dots or a tag is another's: few domains take those for nothing."""
    mine = tokens.person("kari.moen@b.example")
    assert mine == tokens.person("Kari.Moen@B.example")
    others = ("karimoen@b.example", "k.ari.moen@b.example", "kari.moen+x@b.example", "kari.moen@c.example")
    assert mine not in map(tokens.person, others)

"""The quick base32 says what the standard library's says."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from maild.core.threads.quick_base32 import base32, unbase32


@given(st.binary(min_size=1, max_size=30), st.data())
def test_base32_has_one_spelling(octets: bytes, data: st.DataObject) -> None:
    """It is RFC 4648's, either case; a letter too many, a spare bit or any other character is refused."""
    text = base32(octets)
    assert text == base64.b32encode(octets).decode().rstrip("=").lower()
    assert unbase32(text) == unbase32(text.upper()) == octets
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters() | st.sampled_from("0189_+- =\n\u017f\u212a"))
    found = unbase32(text[:at] + other + text[at + 1 :])
    assert found is None or base32(found) == (text[:at] + other + text[at + 1 :]).lower()
    assert unbase32(text + "a") != octets

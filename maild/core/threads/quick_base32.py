"""Speed code: base32 as tokens bear it, in half the time of the standard library's, and read in an eighth.

The library's is written in Python and goes letter by letter. A mail's way writes some six tokens and reads two or
three: GAIN What comes out is the same (``tests/core/threads/test_quick_base32.py``).
"""

from __future__ import annotations

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [one + two for one in _ALPHABET for two in _ALPHABET]


def base32(data: bytes) -> str:
    """Write octets in base32, lower case, no padding (RFC 4648 §6): ten bits at a time, as every letter has several."""
    spare = -len(data) * 8 % 10
    value, letters = int.from_bytes(data, "big") << spare, (len(data) * 8 + 4) // 5
    pairs = [_PAIRS[value >> shift & 1023] for shift in range(len(data) * 8 + spare - 10, -1, -10)]
    return "".join(pairs)[:letters]


_DIGITS = bytes(
    b"0123456789abcdefghijklmnopqrstuv"[_ALPHABET.index(chr(octet))] if chr(octet) in _ALPHABET else 0
    for octet in range(256)
)
"""Each letter as the digit that ``int`` reads to the base of 32; what is no letter is no digit either."""


def unbase32(text: str) -> bytes | None:
    """Read what :func:`base32` wrote, in either case; there is one spelling only: no letter too many, no spare bits."""
    try:
        value = int(text.encode("ascii").lower().translate(_DIGITS), 32)
    except ValueError:
        return None
    length, spare = divmod(len(text) * 5, 8)
    if spare >= 5 or value & ((1 << spare) - 1):
        return None
    return (value >> spare).to_bytes(length, "big")

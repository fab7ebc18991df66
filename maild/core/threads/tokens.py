"""Signed reply addresses, bounce addresses and Message-IDs (law T15): made and verified, nothing stored.

A *signed address* is ``<local>+<case>.<token>@<domain>``; the token is base32 (lower case, no padding) of
``kind/key id, expiry day, person, reference`` followed by 80 bits of HMAC-SHA256 over those and the case.
A *bounce address* is ``b+<outbox id>.<mac>@<domain>``; a *signed Message-ID* is
``<maild.<outbox id>.<case>.<audience>.<mac>@<domain>>``. All compare case-insensitively in constant time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from maild.core.facts import Key

Audience = Literal["customer", "answer", "internal", "confirm"]
"""customer: a participant's own address. answer: an agent's reply goes to the customer. internal: an agent's reply
stays internal. confirm: a reply proves that the agent wrote a held mail (evidence E6)."""

_AUDIENCES: tuple[Audience, ...] = ("customer", "answer", "internal", "confirm")
_LETTER = {"customer": "c", "answer": "a", "internal": "i", "confirm": "x"}
_FROM_LETTER: dict[str, Audience] = {v: k for k, v in _LETTER.items()}  # type: ignore[misc]
_MAC = 10  # octets: 80 bit
_HEAD = struct.Struct(">BBH5sI")  # version and audience, key id, expiry in days since 2020, person, reference
_LENGTH = struct.Struct(">I")
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
TOKEN_LENGTH = (_HEAD.size + _MAC) * 8 // 5 + 1
LIFETIME = timedelta(days=730)
"""How long a signed reply address works: people answer old mails."""

ADDRESS_SHAPE = re.compile(
    rf"(?i)\b[a-z0-9_.-]{{1,20}}\+(\d{{1,10}})\.([a-z2-7]{{{TOKEN_LENGTH}}})@[a-z0-9.-]{{1,253}}"
)
BOUNCE_SHAPE = re.compile(r"(?i)\bb\+(\d{1,18})\.([a-z2-7]{16})@[a-z0-9.-]{1,253}")
MESSAGE_ID_SHAPE = re.compile(r"(?i)<?\bmaild\.(\d{1,18})\.(\d{1,10})\.([caix])\.([a-z2-7]{16})@[a-z0-9.-]{1,253}>?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToken:
    """What a verified signed address says."""

    case: int
    audience: Audience
    person: bytes
    """Five octets that stand for an address: compare with :func:`person`."""
    reference: int
    """The held message, for audience confirm; else 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageIdToken:
    """What a verified signed Message-ID says."""

    outbox: int
    case: int
    """0 when the mail belonged to no case."""
    audience: Audience


def _mac(key: Key, *parts: bytes) -> bytes:
    begun = _begun(key.secret).copy()
    for part in parts:
        begun.update(_LENGTH.pack(len(part)) + part)
    return begun.digest()[:_MAC]


@lru_cache(maxsize=256)
def _reply_mac(key: Key, case: int, head: bytes) -> bytes:
    """Return the proof of a signed address; several questions about one mail ask for the same."""
    return _mac(key, b"reply", str(case).encode(), head)


@lru_cache(maxsize=16)
def _begun(secret: bytes) -> hmac.HMAC:
    """Return an HMAC that has taken in its key and no message yet."""
    return hmac.new(secret, digestmod=hashlib.sha256)


_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def base32(data: bytes) -> str:
    """Write octets in base32, lower case, no padding (RFC 4648 §6)."""
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def unbase32(text: str) -> bytes | None:
    """Read what :func:`base32` wrote, in either case; there is one spelling only: no letter too many, no spare bits."""
    try:
        data = base64.b32decode(text.encode("ascii").upper() + b"=" * (-len(text) % 8))
        spare = len(text) * 5 % 8
        return None if spare >= 5 or _LETTERS.index(text[-1].lower()) & ((1 << spare) - 1) else data
    except ValueError:
        return None


def person(address: str) -> bytes:
    """Five octets that stand for an address inside a token (domain and local part folded)."""
    return hashlib.sha256(address.casefold().encode()).digest()[:5]


def sign_address(
    key: Key, *, local: str, domain: str, case: int, audience: Audience, address: str, now: datetime, reference: int = 0
) -> str:
    """Make the signed reply address of one person for one case; the local part is ≤ 64 octets (RFC 5321 §4.5.3.1.1)."""
    expiry = min((now + LIFETIME - _EPOCH).days, 0xFFFF)
    head = _HEAD.pack(
        0x10 | _AUDIENCES.index(audience), key.id, max(expiry, 0), person(address), reference & 0xFFFFFFFF
    )
    token = base32(head + _reply_mac(key, case, head))
    base = local.split("+")[0]
    tail = f"+{case}.{token}"
    return f"{base if len(base) <= 20 and len(base) + len(tail) <= 64 else 'r'}{tail}@{domain}"


def verify_address(keys: Sequence[Key], address: str, now: datetime) -> ReplyToken | None:
    """Read a signed address; None when it is not ours, was changed in any bit, or has expired."""
    match = ADDRESS_SHAPE.fullmatch(address.strip())
    if match is None:
        return None
    raw = unbase32(match[2])
    if raw is None or len(raw) != _HEAD.size + _MAC:
        return None
    head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
    kind, key_id, expiry, who, reference = _HEAD.unpack(head)
    if kind >> 4 != 1 or kind & 0x0F >= len(_AUDIENCES):
        return None
    case = int(match[1])
    good = any(key.id == key_id and hmac.compare_digest(_reply_mac(key, case, head), mac) for key in keys)
    if not good or (now - _EPOCH).days > expiry:
        return None
    return ReplyToken(case=case, audience=_AUDIENCES[kind & 0x0F], person=who, reference=reference)


def references(address: str) -> frozenset[int]:
    """Return the reference an address claims to carry, unverified: what to look up before it can be verified."""
    match = ADDRESS_SHAPE.fullmatch(address.strip())
    raw = None if match is None else unbase32(match[2])
    if raw is None or len(raw) != _HEAD.size + _MAC:
        return frozenset()
    reference = int(_HEAD.unpack(raw[: _HEAD.size])[4])
    return frozenset({reference} if reference else ())


def sign_bounce(key: Key, *, outbox: int, domain: str) -> str:
    """Make the return path of one outgoing mail (VERP)."""
    return f"b+{outbox}.{base32(_mac(key, b'bounce', str(outbox).encode()))}@{domain}"


def verify_bounce(keys: Sequence[Key], address: str) -> int | None:
    """Read a bounce address: the outbox id, or None when it is not ours."""
    match = BOUNCE_SHAPE.fullmatch(address.strip())
    if match is None:
        return None
    mac = unbase32(match[2])
    if mac is None:
        return None
    good = any(hmac.compare_digest(_mac(key, b"bounce", str(int(match[1])).encode()), mac) for key in keys)
    return int(match[1]) if good else None


def sign_message_id(key: Key, *, outbox: int, case: int | None, audience: Audience, domain: str) -> str:
    """Make the Message-ID of one outgoing mail: the same on every try, and proof of who is asked to answer."""
    letter = _LETTER[audience]
    mac = base32(_mac(key, b"message-id", f"{outbox}.{case or 0}.{letter}".encode()))
    return f"<maild.{outbox}.{case or 0}.{letter}.{mac}@{domain}>"


def verify_message_id(keys: Sequence[Key], message_id: str) -> MessageIdToken | None:
    """Read a signed Message-ID; None when it is not ours."""
    match = MESSAGE_ID_SHAPE.fullmatch(message_id.strip())
    if match is None:
        return None
    outbox, case, letter = int(match[1]), int(match[2]), match[3].lower()
    mac = unbase32(match[4])
    if mac is None:
        return None
    good = any(hmac.compare_digest(_mac(key, b"message-id", f"{outbox}.{case}.{letter}".encode()), mac) for key in keys)
    return MessageIdToken(outbox=outbox, case=case, audience=_FROM_LETTER[letter]) if good else None


def sign_loop(key: Key, instance: str) -> str:
    """The value of X-Maild-Loop: which store sent this, provably."""
    return f"{instance}.{base32(_mac(key, b'loop', instance.encode()))}"


def verify_loop(keys: Sequence[Key], instance: str, value: str) -> bool:
    """True when the loop header is this store's own."""
    return any(hmac.compare_digest(sign_loop(key, instance).encode(), value.strip().lower().encode()) for key in keys)

"""Who may log in on the submission door: a file of ``login:scrypt$…`` lines, and the check against it.

scrypt (RFC 7914) because hashlib has it. The cost is in each line, so that it can be raised without touching old ones.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from maild.core.errors import Problem, Unusable, decoded

Login = Callable[[str, str], Awaitable[str | None]]
"""(login, secret) → the login as the file writes it, or None when the two do not fit."""

COST = 2**15
"""scrypt's N: 32 MB of memory and about 0.1 s for each try."""
BLOCK = 8
PARALLEL = 1
MOST_MEMORY = 256 * 1024 * 1024
AT_ONCE = 2
"""Checks that may run side by side: each takes memory and a core (law D11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hash:
    """One stored secret."""

    cost: int
    block: int
    parallel: int
    salt: bytes
    digest: bytes

    def fits(self, secret: str) -> bool:
        """Tell whether this is the secret (slow on purpose)."""
        found = _scrypt(secret, self.salt, self.cost, self.block, self.parallel, len(self.digest))
        return hmac.compare_digest(found, self.digest)


def hash_password(secret: str) -> str:
    """Make the part of a line behind ``login:``, with a new salt: ``scrypt$N$r$p$salt$digest``."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(secret, salt, COST, BLOCK, PARALLEL, 32)
    return "$".join(("scrypt", str(COST), str(BLOCK), str(PARALLEL), _encode(salt), _encode(digest)))


def parse_hash(text: str) -> Hash:
    """Read what :func:`hash_password` made.

    Raises:
        ValueError: saying what is wrong, never showing the hash.

    """
    kind, *fields = text.split("$")
    if kind != "scrypt" or len(fields) != 5:
        raise ValueError("a hash looks like scrypt$N$r$p$salt$digest")
    try:
        cost, block, parallel = (int(number) for number in fields[:3])
        salt, digest = (base64.b64decode(field, validate=True) for field in fields[3:])
    except (ValueError, binascii.Error):
        raise ValueError("the hash is damaged") from None
    if cost < 2 or cost & (cost - 1) or block < 1 or parallel < 1 or 128 * cost * block > MOST_MEMORY or parallel > 16:
        raise ValueError("the cost of the hash is out of range")
    if len(salt) < 8 or not 16 <= len(digest) <= 64:
        raise ValueError("the hash is damaged")
    return Hash(cost=cost, block=block, parallel=parallel, salt=salt, digest=digest)


def load(path: Path) -> dict[str, Hash]:
    """Read a password file: one ``login:hash`` a line, ``#`` comments and empty lines aside.

    Raises:
        Unusable: with every wrong line, or when the file cannot be read or everybody on the machine may read it.

    """
    try:
        text = decoded(path.read_bytes(), str(path))
        mode = path.stat().st_mode
    except OSError as error:
        raise Unusable(f"the password file {path} cannot be read: {error.strerror}") from error
    if isinstance(text, Problem):
        raise Unusable((text,))
    problems: list[Problem] = []
    if mode & 0o007:
        problems.append(Problem(where=str(path), what=f"everybody may read or change it; chmod 640 {path}"))
    entries: dict[str, Hash] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        login, _, rest = line.strip().rpartition(":")
        try:
            if not login:
                raise ValueError("a line is login:hash")
            if login in entries:
                raise ValueError(f"{login} is there twice")
            entries[login] = parse_hash(rest)
        except ValueError as error:
            problems.append(Problem(where=f"{path}:{number}", what=str(error)))
    if problems:
        raise Unusable(tuple(problems))
    return entries


def checker(entries: Mapping[str, Hash]) -> Login:
    """Make the check of a login: in a thread, a few at a time, and as slow for a login that does not exist."""
    decoy = parse_hash(hash_password(secrets.token_hex(16)))
    by_name = {_fold(login): (login, entry) for login, entry in entries.items()}
    turns = asyncio.Semaphore(AT_ONCE)

    async def check(login: str, secret: str) -> str | None:
        name, entry = by_name.get(_fold(login), (None, decoy))
        async with turns:
            fits = await asyncio.to_thread(entry.fits, secret)
        return name if fits else None

    return check


def _fold(login: str) -> str:
    return login.strip().lower()


def _scrypt(secret: str, salt: bytes, cost: int, block: int, parallel: int, length: int) -> bytes:
    """Derive from the NFC form, so that a letter typed as two code points is the same secret (RFC 8265)."""
    octets = unicodedata.normalize("NFC", secret).encode("utf-8", "surrogateescape")
    return hashlib.scrypt(octets, salt=salt, n=cost, r=block, p=parallel, maxmem=2 * MOST_MEMORY, dklen=length)


def _encode(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")

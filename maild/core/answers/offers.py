"""The addresses that a mail itself names for an answer, when its sender reads none: offered to an agent, never used.

Anybody can write any of them. So they are no identity and no participant; an agent who answers chooses one (law I14).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from maild.core.answers.whom import nobody_reads
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Mail
from maild.core.values.people import caseless, is_ours

MOST_OFFERS = 5
_LOOKED_AT = 20_000
_DOMAIN = r"(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z][A-Za-z0-9-]{1,62}"
_QUOTED = r'"[^"\\@<>\x00-\x1f]{1,62}"'
_IN_TEXT = re.compile(rf"(?<![\w.%+&@-])[A-Za-z0-9_.%+&'-]{{1,64}}@{_DOMAIN}")
_IN_HEADER = re.compile(rf"(?<![^\s<(,;:]){_QUOTED}@{_DOMAIN}")
_WHOLE = re.compile(rf"(?:{_QUOTED}|[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}})@{_DOMAIN}")
MOST_ADDRESS = 254
_HEADERS = ("x-original-from", "x-google-original-from", "x-original-sender", "x-mailfrom")
"""Who is named as the one to answer, or as the one whose From was rewritten; the surest first."""


def in_text(text: str) -> tuple[str, ...]:
    """Return the addresses in a text, in lower case, each once."""
    if "@" not in text:
        return ()
    found = [match.strip("'").lstrip(".") for match in _IN_TEXT.findall(text[:_LOOKED_AT])]
    return tuple(dict.fromkeys(caseless(address) for address in found if is_whole(address)))


def in_field(value: str) -> tuple[str, ...]:
    """Return the addresses in a header field, those with a quoted local part too."""
    if "@" not in value:
        return ()
    quoted = _IN_HEADER.findall(value[:_LOOKED_AT]) if '"@' in value else []
    return tuple(dict.fromkeys(caseless(address) for address in (*quoted, *in_text(value))))


def is_whole(address: str) -> bool:
    """Tell whether a text is one address, and nothing else, that a mail can be sent to."""
    return len(address) <= MOST_ADDRESS and _WHOLE.fullmatch(address) is not None


def offered(mail: Mail, rulebook: Rulebook) -> tuple[str, ...]:
    """Return whom a mail names for an answer: Reply-To, a rewritten or sloppy From, the sender, the text of a form.

    Never an address of ours, of an agent, or one that nobody reads.
    """
    kept: list[str] = []
    for address in dict.fromkeys(_named(mail)):
        if is_ours(address, rulebook) or address in rulebook.agent_by_address or nobody_reads(address):
            continue
        kept.append(address)
        if len(kept) == MOST_OFFERS:
            break
    return tuple(kept)


def asked_for(mail: Mail, rulebook: Rulebook) -> tuple[str, ...]:
    """Return where a mail's Reply-To asks for an answer."""
    if not mail.reply_to:
        return ()
    return tuple(
        address
        for address in dict.fromkeys(_reply_to(mail))
        if not (is_ours(address, rulebook) or address in rulebook.agent_by_address or nobody_reads(address))
    )[:MOST_OFFERS]


def _named(mail: Mail) -> Iterator[str]:
    yield from _reply_to(mail)
    for name, value in mail.headers:
        if name in _HEADERS:
            yield from in_field(value)
    if mail.identity.address is None:
        yield from _from(mail)
        sender = mail.envelope.sender or ""
        if "=" not in sender:  # what a relay has written anew names the relay
            yield from in_field(sender)
    yield from in_text(mail.own_text)


def _reply_to(mail: Mail) -> Iterator[str]:
    for box in mail.reply_to:
        if is_whole(box.address):
            yield caseless(box.address)


def _from(mail: Mail) -> Iterator[str]:
    for name, value in mail.headers:
        if name == "from":
            yield from in_field(value)

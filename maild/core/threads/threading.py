"""Which case a mail belongs to (law T1): evidence is weighed in one order, never "the first number found"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from maild.core.facts import CaseFacts, Facts, SeenMessage
from maild.core.reasons.reason import Reason, because
from maild.core.rules.organisation import Rulebook
from maild.core.threads import tokens
from maild.core.values import subject_prefixes
from maild.core.values.mail import Calendar, Mail
from maild.core.values.people import addressed

Strength = Literal["signed", "known", "subject", "quoted"]
"""signed: our address or Message-ID is answered; known: a Message-ID we hold; subject: one number of ours in the
subject; quoted: our signed address or Message-ID stands somewhere else in the mail (a loop that was rewritten)."""
MOST_ANSWERED = 20
"""Message-IDs of In-Reply-To and References that are looked at, the nearest first."""

MOST_MENTIONS = 200
MOST_MERGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The strongest sign of a case that a mail carries."""

    case: CaseFacts
    """The one that lives on, when the case named was merged."""
    number: int
    """The case that the mail names."""
    strength: Strength
    detail: Reason
    token: tokens.ReplyToken | None = None
    """The verified signed address, when that is the sign."""
    audience: tokens.Audience = "customer"
    """Who was asked to answer: the token's, or that of the signed Message-ID answered."""
    mixed: bool = False
    """It was sent to signed addresses of several audiences: whom it is for is not certain (law E11)."""
    seen: SeenMessage | None = None
    """The mail we hold that is answered, for strength "known"."""
    note: Reason | None = None
    """A disagreement worth noting, as "token names 12, references name 13"."""


@lru_cache(maxsize=8)
def _tag(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)\b{re.escape(prefix)}\s?#\s?(\d{{1,9}})\b")


@lru_cache(maxsize=8)
def _bracketed_tag(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)\[?\b{re.escape(prefix)}\s?#\s?\d{{1,9}}\b\]?")


def subject_numbers(subject: str, prefix: str) -> tuple[int, ...]:
    """Return the case numbers that a subject (or any text) names by our tag, each once."""
    if "#" not in subject:
        return ()
    return tuple(dict.fromkeys(int(number) for number in _tag(prefix).findall(subject)))


def title(subject: str, prefix: str) -> str:
    """Return a subject without reply prefixes and without our own tags."""
    text = _bracketed_tag(prefix).sub(" ", subject)
    before = None
    while before != text:
        before, text = text, subject_prefixes.without(" ".join(text.split()))
    return text


def answered(mail: Mail) -> tuple[str, ...]:
    """Return the Message-IDs a mail answers, the nearest first."""
    return tuple(dict.fromkeys([*mail.in_reply_to, *reversed(mail.references)]))[:MOST_ANSWERED]


def calendar_names(calendar: Calendar) -> tuple[str, ...]:
    """Return what may name us in a calendar answer: the attendee's address and the UID."""
    return tuple(text.removeprefix("mailto:") for text in (calendar.attendee.lower(), calendar.uid) if text)


def signed_addresses(mail: Mail, facts: Facts) -> list[tokens.ReplyToken]:
    """Return the verified signed addresses of cases we hold that a mail was sent to (or answers an invitation with)."""
    named = (*addressed(mail), *(calendar_names(mail.calendar) if mail.calendar else ()))
    found = (tokens.verify_address(facts.keys, address, facts.now) for address in named)
    return [token for token in found if token is not None and token.case in facts.threads.cases]


def signed_ids(ids: Iterable[str], facts: Facts) -> tuple[tokens.MessageIdToken, ...]:
    """Return those of the Message-IDs that we signed, with a case we hold, in order."""
    found = (tokens.verify_message_id(facts.keys, message_id) for message_id in ids)
    return tuple(token for token in found if token is not None and token.case in facts.threads.cases)


def survivor(number: int, facts: Facts) -> CaseFacts:
    """Follow merges from a case we hold to the one that lives on; who took part in the one takes part in the other."""
    case, people = facts.threads.cases[number], frozenset[str]()
    written: dict[str, str] = {}
    for _ in range(MOST_MERGES):
        if case.merged_into is None or case.merged_into not in facts.threads.cases:
            break
        people |= case.participants
        written |= case.written
        case = facts.threads.cases[case.merged_into]
    if not people - case.participants:
        return case
    return replace(case, participants=case.participants | people, written={**written, **case.written})


def evidence(mail: Mail, facts: Facts, rulebook: Rulebook) -> Evidence | None:
    """Weigh what a mail carries, the strongest sign first.

    Signed address, signed Message-ID, our bounce address, a Message-ID we hold, one number in the subject, our signed
    address or Message-ID anywhere else.
    """
    ids = answered(mail)
    return (
        _by_address(mail, ids, facts)
        or _by_signed_id(ids, facts)
        or _by_bounce_address(mail, facts)
        or _by_known_id(ids, facts)
        or _by_subject(mail, facts, rulebook)
        or _by_quote(mail, facts)
    )


def _by_address(mail: Mail, ids: tuple[str, ...], facts: Facts) -> Evidence | None:
    tokens_ = signed_addresses(mail, facts)
    if not tokens_:
        return None
    token = tokens_[0]
    case = survivor(token.case, facts)
    other = _by_signed_id(ids, facts) or _by_known_id(ids, facts)
    note = None
    if other is not None and other.case.number != case.number:
        note = because("references disagree", token.case, other.number)
    detail = because("signed address", token.case)
    return Evidence(
        case=case,
        number=token.case,
        strength="signed",
        detail=detail,
        token=token,
        audience=token.audience,
        mixed=any(other.audience != token.audience for other in tokens_),
        note=note,
    )


def _by_signed_id(ids: Iterable[str], facts: Facts) -> Evidence | None:
    for token in signed_ids(ids, facts):
        detail = because("answers our Message-ID", token.case)
        case = survivor(token.case, facts)
        return Evidence(case=case, number=token.case, strength="signed", detail=detail, audience=token.audience)
    return None


def _by_bounce_address(mail: Mail, facts: Facts) -> Evidence | None:
    for address in addressed(mail):
        outgoing = facts.threads.outgoing.get(tokens.verify_bounce(facts.keys, address) or 0)
        if outgoing is not None and outgoing.case is not None and outgoing.case in facts.threads.cases:
            audience: tokens.Audience = "internal" if outgoing.to_agent else "customer"
            case, detail = survivor(outgoing.case, facts), because("bounce address of", outgoing.id)
            return Evidence(case=case, number=outgoing.case, strength="signed", detail=detail, audience=audience)
    return None


def _by_known_id(ids: Iterable[str], facts: Facts) -> Evidence | None:
    for message_id in ids:
        for seen in facts.threads.known:
            if (
                seen.message_id == message_id
                and seen.case in facts.threads.cases
                and seen.visibility in ("public", "pending")
            ):
                case = survivor(seen.case, facts)
                detail = because("answers", message_id)
                return Evidence(case=case, number=seen.case, strength="known", detail=detail, seen=seen)
    return None


def _by_subject(mail: Mail, facts: Facts, rulebook: Rulebook) -> Evidence | None:
    numbers = subject_numbers(mail.subject, rulebook.desk.number_prefix)
    if len(numbers) != 1 or numbers[0] not in facts.threads.cases:
        return None  # of two numbers none counts alone
    case, detail = survivor(numbers[0], facts), because("subject names", numbers[0])
    return Evidence(case=case, number=numbers[0], strength="subject", detail=detail)


def _by_quote(mail: Mail, facts: Facts) -> Evidence | None:
    for text in mail.mentions[:MOST_MENTIONS]:
        signed = tokens.verify_message_id(facts.keys, text) or tokens.verify_address(facts.keys, text, facts.now)
        if signed is not None and signed.case in facts.threads.cases:
            case, detail = survivor(signed.case, facts), because("holds our token", signed.case)
            return Evidence(case=case, number=signed.case, strength="quoted", detail=detail)
    return None


def conversation_of(mail: Mail) -> str:
    """Return what Outlook names a conversation by: the first 22 octets of Thread-Index, 29 letters of base64."""
    value = next((value for name, value in mail.headers if name == "thread-index"), "").strip()
    return value[:29] if len(value) >= 30 else ""

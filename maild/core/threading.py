"""Which case a mail belongs to (MAIL §3): evidence is weighed in one order, never "the first number found"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from maild.core import tokens
from maild.core.facts import CaseFacts, Facts, SeenMessage
from maild.core.mail import Mail
from maild.core.people import addressed
from maild.core.rules import Rulebook

Strength = Literal["signed", "known", "subject"]

REPLY_PREFIX = re.compile(
    r"(?i)^\s*(?:(?:re|sv|svar|vs|antw|aw|rép|ref|rif|odp|vl|fwd?|vb|videresend|wg|tr|rv|i|enc|doorst|pd)\s*(?:\[\d+\])?\s*:\s*)+"
)
FORWARD_PREFIX = re.compile(
    r"(?i)^\s*(?:(?:re|sv|aw|antw)\s*:\s*)*(?:vs|vb|videresend|fwd?|wg|tr|rv|enc|doorst|pd|vl|i)\s*:"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The strongest sign of a case that a mail carries."""

    case: CaseFacts
    strength: Strength
    detail: str
    token: tokens.ReplyToken | None = None
    """The verified signed address, when that is the sign."""
    audience: tokens.Audience = "customer"
    """Who was asked to answer: the token's, or that of the signed Message-ID answered."""
    seen: SeenMessage | None = None
    """The mail we hold that is answered, for strength "known"."""
    note: str = ""
    """A disagreement worth noting, as "token names 12, references name 13"."""


def subject_numbers(subject: str, prefix: str) -> tuple[int, ...]:
    """Return the case numbers that a subject names by our tag, each once."""
    found = re.findall(rf"(?i)\b{re.escape(prefix)}\s?#\s?(\d{{1,9}})\b", subject)
    return tuple(dict.fromkeys(int(number) for number in found))


def title(subject: str, prefix: str) -> str:
    """Return a subject without reply prefixes and without our own tags."""
    text = re.sub(rf"(?i)\[?\b{re.escape(prefix)}\s?#\s?\d{{1,9}}\b\]?", " ", subject)
    before = None
    while before != text:
        before, text = text, REPLY_PREFIX.sub("", " ".join(text.split()))
    return text


def is_forward(subject: str) -> bool:
    """Tell whether a subject says that the mail was forwarded."""
    return FORWARD_PREFIX.match(subject) is not None


def answered(mail: Mail) -> tuple[str, ...]:
    """Return the Message-IDs a mail answers, the nearest first."""
    return tuple(dict.fromkeys([*mail.in_reply_to, *reversed(mail.references)]))


def signed_address(mail: Mail, facts: Facts) -> tokens.ReplyToken | None:
    """Return the verified signed address a mail was sent to, if any."""
    for address in addressed(mail):
        token = tokens.verify_address(facts.keys, address, facts.now)
        if token is not None:
            return token
    return None


def signed_ids(ids: Iterable[str], facts: Facts) -> tuple[tokens.MessageIdToken, ...]:
    """Return those of the Message-IDs that we signed, with a case, in order."""
    found = (tokens.verify_message_id(facts.keys, message_id) for message_id in ids)
    return tuple(token for token in found if token is not None and token.case)


def survivor(case: CaseFacts, facts: Facts) -> CaseFacts:
    """Follow merges to the case that lives on."""
    for _ in range(10):
        if case.merged_into is None or case.merged_into not in facts.cases:
            break
        case = facts.cases[case.merged_into]
    return case


def evidence(mail: Mail, facts: Facts, rulebook: Rulebook) -> Evidence | None:
    """Weigh what a mail carries: signed address, signed Message-ID, a Message-ID we hold, one number in the subject."""
    ids = answered(mail)
    signed = [token for token in signed_ids(ids, facts) if token.case in facts.cases]
    token = signed_address(mail, facts)
    if token is not None and token.case in facts.cases:
        note = ""
        if signed and signed[0].case != token.case:
            note = f"the address names {token.case}, the references name {signed[0].case}: the address wins"
        case = survivor(facts.cases[token.case], facts)
        detail = f"signed address of case {token.case}"
        return Evidence(case=case, strength="signed", detail=detail, token=token, audience=token.audience, note=note)
    if signed:
        case = survivor(facts.cases[signed[0].case], facts)
        detail = f"answers our Message-ID of case {signed[0].case}"
        return Evidence(case=case, strength="signed", detail=detail, audience=signed[0].audience)
    for message_id in ids:
        for seen in facts.known:
            if seen.message_id == message_id and seen.case in facts.cases and seen.visibility in ("public", "pending"):
                case = survivor(facts.cases[seen.case], facts)
                return Evidence(case=case, strength="known", detail=f"answers {message_id}", seen=seen)
    numbers = [n for n in subject_numbers(mail.subject, rulebook.desk.number_prefix) if n in facts.cases]
    if len(numbers) == 1 and len(subject_numbers(mail.subject, rulebook.desk.number_prefix)) == 1:
        case = survivor(facts.cases[numbers[0]], facts)
        return Evidence(case=case, strength="subject", detail=f"subject names {numbers[0]}")
    return None


def takes_part(author: str | None, agent: str | None, case: CaseFacts, rulebook: Rulebook) -> bool:
    """Tell whether an author takes part in a case: requester, added person, or an agent of its group (MAIL §3)."""
    if author is None:
        return False
    if author in case.participants:
        return True
    group = rulebook.groups.get(case.group)
    return agent is not None and (agent == case.assignee or (group is not None and agent in group.members))


Place = Literal["entry", "pending", "new", "join"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a mail goes, and why."""

    place: Place
    case: CaseFacts | None
    """The case it enters, or the one a new case is linked to."""
    link: Literal["maybe", "continues", "forwarded"] | None
    reason: str


def place(
    mail: Mail, found: Evidence | None, facts: Facts, rulebook: Rulebook, *, agent: str | None, department: str
) -> Placement:
    """Decide entry, pending entry, or new case, for a mail that is not an agent's act and not automatic."""
    if found is None:
        return Placement(place="new", case=None, link=None, reason="nothing names a case")
    case, author = found.case, mail.identity.address
    inside = takes_part(author, agent, case, rulebook)
    if mail.authentication.verdict == "fail":
        inside = False
    if found.audience in ("answer", "internal", "confirm"):
        # Somebody who is not that agent answers what only an agent was sent: it stays with the agents.
        return Placement(place="pending", case=case, link=None, reason=f"{found.detail}, which was an agent's")
    if inside:
        return _inside(mail, found, facts, rulebook, department)
    if found.strength == "signed":
        return Placement(place="pending", case=case, link=None, reason=f"{found.detail}, but the author takes no part")
    if found.strength == "known" and found.seen is not None and author in found.seen.addressees:
        return _copied(mail, found, found.seen, rulebook)
    reason = f"{found.detail}, but the author takes no part"
    return Placement(place="new", case=case, link="maybe", reason=reason)


def _inside(mail: Mail, found: Evidence, facts: Facts, rulebook: Rulebook, department: str) -> Placement:
    case = found.case
    elsewhere = department != case.department and department not in case.noted_departments
    if is_forward(mail.subject) and found.token is None and elsewhere:
        return Placement(place="new", case=case, link="forwarded", reason=f"forwarded to {department}")
    if case.status == "closed" and case.closed_at is not None:
        days = rulebook.departments[case.department].reopen_days if case.department in rulebook.departments else 0
        if (facts.now - case.closed_at).total_seconds() > days * 86400:
            reason = f"case {case.number} was closed more than {days} days ago"
            return Placement(place="new", case=case, link="continues", reason=reason)
    return Placement(place="entry", case=case, link=None, reason=found.detail)


def _copied(mail: Mail, found: Evidence, seen: SeenMessage, rulebook: Rulebook) -> Placement:
    """Somebody who was in To or Cc of a mail of the case answers it: the department's cc policy decides."""
    case = found.case
    department = rulebook.departments.get(case.department)
    policy = department.cc if department is not None else "ask"
    first = bool(case.references) and case.references[0] == seen.message_id
    vouched = (
        seen.author == case.requester and seen.verdict != "fail" and (first or seen.verdict in ("pass", "unknown"))
    )
    if policy == "never" or seen.visibility != "public":
        return Placement(place="new", case=case, link="maybe", reason="was copied; the department admits nobody so")
    if policy == "join" and vouched and mail.authentication.verdict != "fail":
        return Placement(
            place="join", case=case, link=None, reason="the requester copied the author on the mail answered"
        )
    return Placement(place="pending", case=case, link=None, reason="was copied; an agent must admit the author")

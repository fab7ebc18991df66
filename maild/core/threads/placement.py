"""Where a mail goes (law T3, T4, T5): an entry in a case, a pending one, a new case, and to whom that is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from maild.core.facts import CaseFacts, Facts, SeenMessage
from maild.core.reasons.reason import Reason, because
from maild.core.rules.organisation import CcPolicy, Rulebook
from maild.core.threads import threading
from maild.core.threads.threading import Evidence
from maild.core.values import subject_prefixes
from maild.core.values.mail import Mail
from maild.core.values.people import is_ours


def takes_part(author: str | None, agent: str | None, case: CaseFacts, rulebook: Rulebook) -> bool:
    """Tell whether an author takes part in a case: requester, added person, or an agent of its group (law T2)."""
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
    reason: Reason
    number: int = 0
    """The case that the mail names, when a merge has moved it."""
    hint: Reason | None = None
    """For the agent of a new case: another case it may belong to, on evidence too weak to act on."""


def place(
    mail: Mail, found: Evidence | None, facts: Facts, rulebook: Rulebook, *, agent: str | None, department: str
) -> Placement:
    """Decide entry, pending entry, or new case, for a mail that is not an agent's act and not automatic."""
    # Whom a form was filled in for opens cases, and has no say in those that are open: it is a claim (law I15).
    author = mail.identity.address if mail.identity.by == "from" else None
    if found is None:
        reason = because("nothing names a case")
        return Placement(place="new", case=None, link=None, reason=reason, hint=hint(mail, agent, facts, rulebook))
    case, failing = found.case, mail.authentication.verdict == "fail"
    inside = takes_part(author, agent, case, rulebook) and not failing
    passed_on = inside and forwarded_elsewhere(mail, found, department)
    if found.audience in ("answer", "internal", "confirm") and not passed_on:
        # Somebody who is not that agent answers what only an agent was sent: it stays with the agents.
        return Placement(place="pending", case=case, link=None, reason=because("was an agent's", found.detail))
    if inside and found.strength == "quoted":
        tag = f"{rulebook.desk.number_prefix}#{case.number}"
        quotes = because("of case", tag, because("quotes our letter"))
        return Placement(place="new", case=None, link=None, reason=found.detail, hint=quotes)
    if inside:
        return _inside(mail, found, facts, rulebook, department)
    stranger = because("takes no part", found.detail)
    if found.strength == "signed":
        return Placement(place="pending", case=case, link=None, reason=stranger)
    if found.strength == "known" and found.seen is not None and author in found.seen.addressees:
        return _copied(mail, found, found.seen, facts, rulebook)
    return Placement(place="new", case=case, link="maybe", reason=stranger, number=found.number)


def hint(mail: Mail, agent: str | None, facts: Facts, rulebook: Rulebook) -> Reason | None:
    """Say to which case of the author's own a mail may belong, by signs too weak to act on; or None."""
    prefix = rulebook.desk.number_prefix
    if mail.authentication.verdict == "fail":
        return None
    for number in threading.subject_numbers(mail.text, prefix):
        case = facts.threads.cases.get(number)
        if case is not None and takes_part(mail.identity.address, agent, case, rulebook):
            return because("of case", f"{prefix}#{number}", because("text names it"))
    wanted, conversation = threading.title(mail.subject, prefix).casefold(), threading.conversation_of(mail)
    for related in facts.threads.related:
        if conversation and related.conversation == conversation:
            return because("of case", f"{prefix}#{related.number}", because("same conversation"))
        if wanted and related.title.casefold() == wanted:
            return because("of case", f"{prefix}#{related.number}", because("same title"))
    return None


def _inside(mail: Mail, found: Evidence, facts: Facts, rulebook: Rulebook, department: str) -> Placement:
    case = found.case
    if forwarded_elsewhere(mail, found, department):
        return Placement(place="new", case=case, link="forwarded", reason=because("forwarded to", department))
    if days := closed_for_good(case, facts, rulebook):
        reason = because("closed long ago", case.number, days)
        return Placement(place="new", case=case, link="continues", reason=reason)
    return Placement(place="entry", case=case, link=None, reason=found.detail)


def forwarded_elsewhere(mail: Mail, found: Evidence, department: str) -> bool:
    """Tell whether a mail of a case was passed on to another department, rather than answered."""
    elsewhere = department not in (found.case.department, *found.case.noted_departments)
    return elsewhere and found.token is None and subject_prefixes.was_forwarded(mail.subject)


def closed_for_good(case: CaseFacts, facts: Facts, rulebook: Rulebook) -> int:
    """Return the department's days of grace when a case has been closed for longer, else 0."""
    if case.status != "closed" or case.closed_at is None:
        return 0
    department = rulebook.departments.get(case.department)
    days = department.reopen_days if department is not None else 0
    return max(days, 1) if facts.now - case.closed_at > timedelta(days=days) else 0


def _copied(mail: Mail, found: Evidence, seen: SeenMessage, facts: Facts, rulebook: Rulebook) -> Placement:
    """Somebody who was in To or Cc of a mail of the case answers it: the department's cc policy decides."""
    case = found.case
    department = rulebook.departments.get(case.department)
    policy = department.cc if department is not None else "ask"
    if policy == "never" or seen.visibility != "public" or closed_for_good(case, facts, rulebook):
        reason = because("copied, never admitted")
        return Placement(place="new", case=case, link="maybe", reason=reason, number=found.number)
    if (why := _not_admitted(mail, seen, case, policy, rulebook)) is not None:
        return Placement(place="pending", case=case, link=None, reason=why)
    reason = because("copied by the requester")
    return Placement(place="join", case=case, link=None, reason=reason)


def _not_admitted(
    mail: Mail, seen: SeenMessage, case: CaseFacts, policy: CcPolicy, rulebook: Rulebook
) -> Reason | None:
    """Say why an agent must admit somebody who was copied, or None when the requester's own mail vouches for them.

    Trust never grows from a claim: in the requester's name anybody can write who proves nothing, and copy himself
    (law T5). Nothing else stands in for a pass, not even an answer to a letter of ours: whoever forwarded it knows
    its Message-ID.
    """
    if policy == "join" and case.confidential:
        return because("copied, confidential")
    if policy == "join" and seen.author == case.requester and seen.verdict != "pass":
        return because("copied by an unproven mail")
    if policy != "join" or not case.requester or seen.author != case.requester or mail.authentication.verdict == "fail":
        return because("copied")
    if is_ours(mail.identity.address or "", rulebook):
        return because("copied, our own address")
    return None

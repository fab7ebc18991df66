"""Mails that are filed rather than answered: seen before, about a mail of ours, silent, or put aside."""

from __future__ import annotations

from maild.core import acknowledgement, threading, tokens
from maild.core.asks import MOST_HOPS
from maild.core.draft import Draft
from maild.core.facts import CaseFacts, Duplicate
from maild.core.letters import about_case, told
from maild.core.look import Look, Ruling
from maild.core.people import addressed
from maild.core.plan import AddMessage, NoteDepartment, Plan, RecordBounce, Strike


def duplicate(draft: Draft, earlier: Duplicate) -> Plan:
    """File the same content once more: only a department that had not got it yet is noted (MAIL §3)."""
    draft.ack = "the same content was handled before"
    case = draft.facts.cases.get(earlier.case) if earlier.case is not None else None
    reason = f"same content as inbound {earlier.inbound}"
    if case is None:
        return draft.done("duplicate", earlier.case, reason)
    case = threading.survivor(case.number, draft.facts)
    by = draft.mail.envelope.department
    named = [*draft.asks.departments, *([by] if by in draft.rulebook.departments else [])]
    known = {case.department, *case.noted_departments, *earlier.departments}
    for department in dict.fromkeys(named):
        if department is not None and department not in known:
            draft.changes.append(NoteDepartment(case=case.number, department=department))
            reason += f"; {department} noted"
    return draft.done("duplicate", case.number, reason)


def strike(draft: Draft) -> None:
    """Count a signed address that is not ours against whoever sends such (FAULTS A9), or a mail that never ends."""
    source = draft.asks.strike_source
    if source is None or (source.startswith("token:") and not has_bad_token(draft)):
        return
    draft.changes.append(Strike(source=source))


def has_bad_token(draft: Draft) -> bool:
    """Tell whether the mail was sent to something that looks like a signed address of ours and is none."""
    return acknowledgement.bad_token(draft.mail, draft.facts)


def quarantine(draft: Draft, ruling: Ruling) -> Plan:
    """Put a mail aside; the operator hears of the first of a row."""
    before = draft.facts.counts.strikes_hour
    first = before == 0 if draft.mail.received_count >= MOST_HOPS else before == acknowledgement.MOST_BAD_TOKENS
    if first:
        title = f"mail {draft.facts.inbound} is in quarantine"
        draft.tell_operator(title, ruling.detail, once_key=f"quarantine:{draft.facts.inbound}:rule")
    return draft.done("quarantined", None, str(ruling))


def report(draft: Draft, look: Look, ruling: Ruling) -> Plan:
    """A delivery report, a receipt, or an autoresponder at a bounce address."""
    found = draft.mail.report
    key = acknowledgement.our_outgoing(look)
    outgoing = None if key is None else draft.facts.outgoing.get(key)
    if outgoing is None:
        return draft.done("unmatched", None, f"{ruling}: about nothing of ours")
    case = draft.facts.cases.get(outgoing.case) if outgoing.case is not None else None
    if case is not None:
        case = threading.survivor(case.number, draft.facts)
    if found is None or found.kind != "delivery-status":
        return silent(draft, case, ruling)
    permanent = found.status.startswith("5") or (not found.status and found.action in ("failed", ""))
    status = found.status or ("5.0.0" if permanent else "4.0.0")
    draft.changes.append(RecordBounce(outbox=outgoing.id, status=status, permanent=permanent))
    reason = f"bounce {status} of outgoing mail {outgoing.id} to {outgoing.to}"
    told_before = not permanent or outgoing.bounced
    if case is not None:
        draft.changes.append(AddMessage(case=case.number, kind="bounce", visibility="internal", note=status))
    if not told_before and outgoing.kind not in ("undelivered", "operator"):
        _tell_undelivered(draft, case, outgoing.to, status, found.diagnostic)
    return draft.done("bounce", None if case is None else case.number, reason)


def _tell_undelivered(draft: Draft, case: CaseFacts | None, to: str, status: str, diagnostic: str) -> None:
    """Tell an agent once; when none can be reached, the operator."""
    values = {"to": to, "status_code": status, "diagnostic": diagnostic, "reason": diagnostic}
    reached = () if case is None else told(case.assignee, case.group, draft.rulebook, but=to)
    if case is None or not reached:
        once_key = f"bounced:{draft.facts.inbound}:operator"
        draft.tell_operator("not delivered", f"<{to}>: {status} {diagnostic}", once_key=once_key)
        return
    about = about_case(case, draft.rulebook)
    for agent in reached:
        draft.desk.write(
            "undelivered",
            about,
            to=agent.addresses[0],
            to_name=agent.name,
            audience="internal",
            once_key=f"bounced:{draft.facts.inbound}:{agent.id}",
            language=agent.language or about.department.language,
            values=values,
            to_agent=True,
        )


def silent(draft: Draft, case: CaseFacts | None, ruling: Ruling) -> Plan:
    """Store a mail in its case without any effect."""
    if case is None:
        return draft.done("ignored", None, f"{ruling}: belongs to no case")
    draft.changes.append(AddMessage(case=case.number, kind="auto", visibility="silent", note=str(ruling)))
    return draft.done("silent", case.number, str(ruling))


def own_case(draft: Draft) -> CaseFacts | None:
    """Return the case that one of our own mails belongs to, when it comes back to us."""
    own = tokens.verify_message_id(draft.facts.keys, draft.mail.message_id or "")
    if own is not None and own.case in draft.facts.cases:
        return threading.survivor(own.case, draft.facts)
    return None


def at_bounce_address(draft: Draft) -> bool:
    """Tell whether the mail was sent to a bounce address of ours."""
    return any(tokens.verify_bounce(draft.facts.keys, address) is not None for address in addressed(draft.mail))

"""Mails that are filed rather than answered: seen before, about a mail of ours, silent, or put aside."""

from __future__ import annotations

from maild.core.acknowledgement import table
from maild.core.acknowledgement.look import Look, Ruling
from maild.core.arrivals import departments, opening
from maild.core.asks import MOST_HOPS
from maild.core.deliveries.too_big import send_again
from maild.core.deliveries.undelivered import tell_group, tell_of_letter
from maild.core.draft import MailDraft
from maild.core.facts import CaseFacts, Duplicate, OutgoingFacts
from maild.core.letters.notices import about_case
from maild.core.plan import NoteDepartment, Plan, RecordBounce, Strike
from maild.core.reasons.reason import because, both, text
from maild.core.threads import threading, tokens
from maild.core.values.mail import Report
from maild.core.values.people import addressed, caseless


def duplicate(draft: MailDraft, earlier: Duplicate) -> Plan:
    """File the same content once more: only a department that had not got it yet is noted (law T13)."""
    draft.no_ack = because("handled before")
    case = draft.facts.threads.cases.get(earlier.case) if earlier.case is not None else None
    reason = because("same content as", earlier.inbound)
    if case is None:
        return draft.done("duplicate", earlier.case, reason)
    case = threading.survivor(case.number, draft.facts)
    by = draft.mail.envelope.department
    named = [*draft.asks.departments, *([by] if by in draft.rulebook.departments else [])]
    known = {case.department, *case.noted_departments, *earlier.departments}
    noted, opened = list(case.noted_departments), 0
    for department in dict.fromkeys(named):
        if department is not None and department not in known:
            noted.append(department)
            change = NoteDepartment(case=case.number, department=department, noted=tuple(sorted(noted)))
            draft.changes.append(change)
            reason = both(reason, because("department noted", department))
            if departments.gets_child(draft, department, beside=case.department):
                opening.open_child(draft, department, draft.facts.number + opened, parent=case.number)
                opened += 1
            else:
                departments.tell_noted(draft, about_case(case, draft.rulebook, mail=draft.mail), (department,))
    return draft.done("duplicate", case.number, reason)


def strike(draft: MailDraft) -> None:
    """Count a signed address that is not ours against whoever sends such (law T16), or a mail that never ends."""
    what = draft.caps.strike
    if what is None or (what.kind == "token" and not has_bad_token(draft)):
        return
    draft.changes.append(Strike(what=what))


def has_bad_token(draft: MailDraft) -> bool:
    """Tell whether the mail was sent to something that looks like a signed address of ours and is none."""
    return table.bad_token(draft.mail, draft.facts)


def quarantine(draft: MailDraft, ruling: Ruling) -> Plan:
    """Put a mail aside; the operator hears of the first of a row."""
    before = draft.counts.strikes_hour
    first = before == 0 if draft.mail.received_count >= MOST_HOPS else before == table.MOST_BAD_TOKENS
    if first:
        title = because("mail is in quarantine", draft.inbound)
        draft.tell_operator(title, ruling.detail, once_key=f"quarantine:{draft.inbound}:rule")
    return draft.done("quarantined", None, ruling.reason)


def report(draft: MailDraft, look: Look, ruling: Ruling) -> Plan:
    """A delivery report, a receipt, or an autoresponder at a bounce address."""
    found = draft.mail.report
    key = table.our_outgoing(look)
    outgoing = None if key is None else draft.facts.threads.outgoing.get(key)
    if outgoing is not None and found is not None and not _is_victim(draft, found, outgoing):
        outgoing = None
    if outgoing is None:
        return draft.done("unmatched", None, because("about nothing of ours", ruling.reason))
    case = draft.facts.threads.cases.get(outgoing.case) if outgoing.case is not None else None
    if case is not None:
        case = threading.survivor(case.number, draft.facts)
    if found is None or found.kind != "delivery-status":
        return silent(draft, case, ruling)
    if found.delivered:
        return silent(draft, case, ruling)  # it arrived: recorded, and no bounce
    permanent = found.permanent
    status = found.status or ("5.0.0" if permanent else "4.0.0")
    draft.changes.append(RecordBounce(outbox=outgoing.id, status=status, permanent=permanent))
    reason = because("bounce of", status, outgoing.id, outgoing.to)
    told_before = not permanent or outgoing.bounced
    if case is not None:
        draft.add(case, "bounce", "internal", note=text(status), flag=False)
    if told_before or outgoing.kind in ("undelivered", "operator"):
        pass
    elif send_again(draft, outgoing.id, outgoing.to, case, key=draft.key):
        why = because("sent without files", text(f"{status} {found.diagnostic}".strip()))
        tell_group(draft, case, outgoing.to, why, key=f"light:{draft.inbound}:group")
    else:
        _tell_undelivered(draft, case, outgoing.to, status, found.diagnostic)
    return draft.done("bounce", None if case is None else case.number, reason)


def _is_victim(draft: MailDraft, found: Report, letter: OutgoingFacts) -> bool:
    """Tell whether a report is about this letter of ours, not about somebody's mail that answers or quotes it.

    At the letter's own bounce address nothing else can be; elsewhere the mail given back must be ours, or, where none
    is, the people named must be its reader.
    """
    if at_bounce_address(draft):
        return True
    original = found.original_message_id
    if original is not None:
        return tokens.verify_message_id(draft.facts.keys, original) is not None
    return not found.recipients or caseless(letter.to) in map(caseless, found.recipients)


def _tell_undelivered(draft: MailDraft, case: CaseFacts | None, to: str, status: str, diagnostic: str) -> None:
    """Tell an agent once; when none can be reached, the operator."""
    values = {"to": to, "status_code": status, "diagnostic": diagnostic, "reason": diagnostic}
    if not tell_of_letter(draft, case, to, values, key=f"bounced:{draft.inbound}"):
        once_key = f"bounced:{draft.inbound}:operator"
        reason = because("bounced", to, status, diagnostic)
        draft.tell_operator(because("not delivered"), reason, once_key=once_key)


def silent(draft: MailDraft, case: CaseFacts | None, ruling: Ruling) -> Plan:
    """Store a mail in its case without any effect."""
    if case is None:
        return draft.done("ignored", None, because("belongs to no case", ruling.reason))
    draft.add(case, "auto", "silent", note=ruling.reason, flag=False)
    return draft.done("silent", case.number, ruling.reason)


def own_case(draft: MailDraft) -> CaseFacts | None:
    """Return the case that one of our own mails belongs to, when it comes back to us."""
    own = tokens.verify_message_id(draft.facts.keys, draft.mail.message_id or "")
    if own is not None and own.case in draft.facts.threads.cases:
        return threading.survivor(own.case, draft.facts)
    return None


def at_bounce_address(draft: MailDraft) -> bool:
    """Tell whether the mail was sent to a bounce address of ours."""
    return any(tokens.verify_bounce(draft.facts.keys, address) is not None for address in addressed(draft.mail))

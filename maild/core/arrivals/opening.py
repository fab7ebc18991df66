"""Open a case for a mail: department, type, who gets it, the acknowledgement, and the burst that opens none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from maild.core.acknowledgement.caps import HALF_OPEN, HELD_FOR
from maild.core.acknowledgement.look import Ruling
from maild.core.acknowledgement.promises import answer_by, promised, understood
from maild.core.acknowledgement.third_party import may_show
from maild.core.arrivals import summaries
from maild.core.arrivals.bursts import burst
from maild.core.arrivals.departments import gets_child, tell_noted
from maild.core.arrivals.sameness import may_enter
from maild.core.assignment import Wanted, assign
from maild.core.cause import DESK, About
from maild.core.draft import MailDraft
from maild.core.facts import Arrival, Strikes
from maild.core.letters.notices import Subject, about_case, unanswered
from maild.core.plan import (
    ClearTimers,
    LinkCases,
    NoticeKind,
    OpenBreaker,
    OpenCase,
    Plan,
    Record,
    SetField,
    SetTimer,
    Strike,
    Visibility,
)
from maild.core.reasons.reason import Reason, because, text
from maild.core.rules.calendars import due
from maild.core.rules.organisation import Department, Group
from maild.core.rules.routing import Routed, route
from maild.core.threads import threading, tokens
from maild.core.threads.placement import Placement
from maild.core.values.cases import OVER
from maild.core.values.people import addressed, alias_of, is_ours, unproven, written_by

KIN = {"nn": "no", "nb": "no", "da": "no", "nds": "de"}
"""The language next to one that the desk has no letters in."""


def open_case(draft: MailDraft, place: Placement, ruling: Ruling) -> Plan:
    """Make a new case (and child cases by policy), unless the mail is one of a burst."""
    department, group = _home(draft, place)
    routed = route(draft.came, draft.rulebook, department=department.id, at=draft.facts.now)
    draft.trace += routed.trace
    if routed.spam is not None:
        return draft.done("spam", None, because("by rule", routed.spam))
    if (plan := _folded(draft, department)) is not None:
        return plan
    others = draft.asks.departments[1:] if group is None else ()
    if group is None:
        department = draft.rulebook.departments[routed.department]
        group = draft.rulebook.groups[routed.group]
    number, banner = draft.facts.number, _banner(draft, place)
    others = tuple(name for name in others if name != department.id)
    children = [name for name in others if gets_child(draft, name, beside=draft.asks.departments[0])]
    flag = draft.flagged(because("automatic") if ruling.action == "file" or ruling.row == "generated" else None)
    about = _open(draft, department, group, number, routed, noted=others, note=flag)
    if place.case is not None and place.link is not None:
        draft.changes.append(LinkCases(case=about.number, other=place.case.number, kind=place.link))
    if routed.master is not None:
        draft.changes.append(
            LinkCases(case=number, other=routed.master, kind="master", both=routed.master in draft.facts.threads.cases)
        )
    _acknowledge(draft, about, place, ruling, routed, {number + step: name for step, name in enumerate(children, 1)})
    draft.tell_agents("assignment", about, key=str(number), banner=banner)
    for step, name in enumerate(children, 1):
        open_child(draft, name, number + step, parent=number, note=flag, banner=banner)
    tell_noted(draft, about, (name for name in others if name not in children))
    if draft.no_ack is not None:
        draft.changes.append(Record(what="no acknowledgement", case=number, reason=draft.no_ack))
    return draft.done("new", number, because("a new case", place.reason))


def open_child(
    draft: MailDraft,
    name: str,
    number: int,
    *,
    parent: int,
    note: Reason | None = None,
    banner: Reason | None = None,
) -> None:
    """Open the case that another department gets of the same mail, linked to the first one's."""
    other = draft.rulebook.departments[name]
    way = route(draft.came, draft.rulebook, department=name, at=draft.facts.now)
    draft.trace += way.trace
    own = draft.rulebook.groups[way.group if way.department == name else other.default_group]
    child = _open(draft, other, own, number, way, parent=parent, note=note)
    draft.changes.append(LinkCases(case=number, other=parent, kind="child", both=False))
    draft.tell_agents("assignment", child, key=str(number), banner=banner)


def _home(draft: MailDraft, place: Placement) -> tuple[Department, Group | None]:
    """Return where a case opens: where the mail was sent, or, for one that goes on, where the old one is.

    Without a group the rules say which.
    """
    rules = draft.rulebook
    department = rules.departments[draft.asks.departments[0]]
    old = place.case if place.link == "continues" else None
    if old is None or old.department not in rules.departments or old.department in draft.asks.departments:
        return department, None
    if not any(tokens.ADDRESS_SHAPE.fullmatch(address) for address in addressed(draft.mail)):
        return department, None
    department = rules.departments[old.department]
    return department, rules.groups.get(old.group)


def _banner(draft: MailDraft, place: Placement) -> Reason | None:
    """Say to the agents what is odd about a new case, or where it may belong."""
    if place.case is not None:
        tag = f"{draft.rulebook.desk.number_prefix}#{place.case.number}"
        return draft.flagged(because("of case", tag, place.reason))
    return draft.flagged(place.hint)


def _open(
    draft: MailDraft,
    department: Department,
    group: Group,
    number: int,
    routed: Routed,
    *,
    noted: tuple[str, ...] = (),
    parent: int | None = None,
    note: Reason | None = None,
) -> Subject:
    mail = draft.mail
    spoken = language(draft, department)
    chosen = assign(group, draft.facts, draft.rulebook, _wanted(routed, spoken))
    draft.note("type", True, _why_type(routed, department))
    draft.note("assignment", chosen.agent is not None, chosen.reason)
    hours = draft.rulebook.hours(department)
    about = Subject(
        number=number,
        department=department,
        group=group.id,
        assignee=chosen.agent,
        type=routed.type,
        status="assigned" if chosen.agent else "new",
        title=threading.title(mail.subject, draft.rulebook.desk.number_prefix),
        language=spoken,
        alias=alias_of(mail, department.id, draft.rulebook),
        confidential=routed.confidential,
        requester=draft.asks.author or "",
        requester_name=mail.identity.name if draft.asks.author else "",
        written=written_by(mail) if draft.asks.author else {},
        in_reply_to=mail.message_id,
        references=tuple(dict.fromkeys([*mail.references[-9:], *([mail.message_id] if mail.message_id else [])])),
        watchers=routed.watchers,
        priority=routed.priority,
        answer_by=answer_by(draft, department, routed.type),
    )
    why, offers = unanswered(about, mail, draft.rulebook)
    draft.changes.append(
        OpenCase(
            number=number,
            department=department.id,
            type=about.type,
            group=group.id,
            assignee=chosen.agent,
            status="assigned" if chosen.agent else "new",
            priority=routed.priority,
            confidential=about.confidential,
            subject=about.title,
            language=about.language,
            requester=about.requester,
            requester_name=about.requester_name,
            requester_written=mail.identity.written,
            alias=about.alias,
            tags=routed.tags,
            watchers=routed.watchers,
            due=None if routed.due is None else due(hours, draft.facts.now, routed.due),
            noted_departments=noted,
            parent=parent,
            offers=offers if why is not None else (),
            conversation=threading.conversation_of(mail),
        )
    )
    draft.add(number, "customer", "public", note=note, flag=False)
    draft.changes += [SetField(case=number, name=name, value=value) for name, value in routed.fields.items()]
    return about


def _wanted(routed: Routed, language: str) -> Wanted:
    return Wanted(
        assignee=routed.assignee,
        assign=routed.assign,
        prefer=routed.prefer,
        type=routed.type,
        tags=routed.tags,
        language=language,
    )


def _why_type(routed: Routed, department: Department) -> Reason:
    if routed.type == department.default_type and not routed.hits:
        return because("type by default", routed.type, department.id)
    return because("type by rules", routed.type, ", ".join(routed.hits)) if routed.hits else text(routed.type)


def language(draft: MailDraft, department: Department) -> str:
    """Choose the language of the letters: the person's last, else the one detected, else the department's."""
    known = draft.facts.threads.contact.language if draft.facts.threads.contact is not None else None
    for wanted in (known, draft.mail.language):
        for spoken in (wanted, KIN.get(wanted or "")):
            if spoken in draft.rulebook.desk.languages:
                return str(spoken)
    return department.language


# -- bursts -----------------------------------------------------------------------------------------------------------


def _folded(draft: MailDraft, department: Department) -> Plan | None:
    """Make the mail an entry of its burst's first case; a stranger to that case adds nothing visible."""
    mail, facts = draft.mail, draft.facts
    found = burst(
        _came_before(draft),
        limit=department.burst_of(draft.asks.author),
        subject=mail.subject_shape,
        text=mail.text_shape,
    )
    draft.note("burst", found is not None, found[1] if found else None)
    case = facts.threads.cases.get(found[0]) if found is not None else None
    if found is None or case is None:
        return None
    reason = because("burst of", found[1])
    draft.no_ack = reason
    failing: Visibility = "pending" if mail.authentication.verdict == "fail" else "public"
    later = draft.counts.burst_told
    draft.add(case, "customer", failing, note=reason, untold=later)
    if failing == "public":
        draft.move(case, "customer wrote")
    if later:
        summaries.promise(draft, case.number)
    else:
        sender = mail.identity.shown
        draft.changes.append(Strike(what=Strikes(kind="burst", source=draft.asks.author_key or "")))
        about = about_case(case, draft.rulebook, mail=mail)
        draft.tell_agents("follow-up", about, key=draft.key, banner=reason)
        told = because("of sender", sender, reason)
        draft.tell_operator(because("many mails from one sender"), told, once_key=f"burst:{draft.key}")
    return draft.done("entry", case.number, reason)


def _came_before(draft: MailDraft) -> list[Arrival]:
    """Return the sender's mails of the last minutes, each with the case that one more may enter: none that is over."""
    found = []
    for arrival in draft.facts.threads.arrivals:
        if arrival.case is None or arrival.case not in draft.facts.threads.cases:
            found.append(replace(arrival, case=None))
            continue
        case = threading.survivor(arrival.case, draft.facts)
        if case.status in OVER:
            found.append(replace(arrival, case=None))
        elif may_enter(draft, arrival.case):
            found.append(replace(arrival, case=case.number))
    return found


# -- the acknowledgement ----------------------------------------------------------------------------------------------


def _acknowledge(
    draft: MailDraft, about: Subject, place: Placement, ruling: Ruling, routed: Routed, children: Mapping[int, str]
) -> None:
    to = draft.caps.ack_to
    if ruling.row in ("over a cap", "the breaker"):
        draft.held_back(about.number, "acknowledgement", ruling.detail, held=ruling.action == "held")
    if (
        ruling.action not in ("ack", "guarded", "held")
        or draft.mail.envelope.quiet
        or not _may_name(draft, place, about.number)
    ):
        return
    if routed.no_ack is not None:
        draft.no_ack = because("a rule says no ack", routed.no_ack)
        return
    if to is None or is_ours(to, draft.rulebook):
        draft.no_ack = because("nobody to acknowledge to")
        return
    guarded = unproven(draft.mail)
    minimal = guarded and not _may_be_shown(draft, about, place, to)
    kind = _ack_kind(place, minimal=minimal)
    values: dict[str, str | int | tuple[str, ...]] = {}
    if not minimal:
        values["requester"] = "" if about.confidential else draft.mail.identity.name
    if kind == "ack":
        values["quoted"] = "" if about.confidential else about.title
        values |= {"type": about.type} | promised(draft, about)
        if not about.confidential and not guarded:
            values |= understood(draft, about, routed)
    if children:
        prefix, departments = draft.rulebook.desk.number_prefix, draft.rulebook.departments
        values["others"] = tuple(f"{prefix}#{n} ({departments[name].sender_name})" for n, name in children.items())
    if kind == "ack-reopened-late" and place.case is not None:
        values["old_number"] = f"{draft.rulebook.desk.number_prefix}#{place.case.number}"
    draft.writer.write(
        kind,
        replace(about, references=()) if guarded else about,  # the one id that RFC 3834 §3.1.5 asks for is enough
        to=to,
        to_name="" if minimal else draft.mail.identity.name,
        audience="customer",
        once_key=f"ack:{about.number}",
        language=about.language,
        values=values,
        held=ruling.action == "held",
        counts_as_unauthenticated=draft.caps.unauthenticated and not draft.proven_agent,
        template=routed.template if kind == "ack" else None,
        names_number=place.number if place.link == "maybe" else None,
        capped=not draft.proven_agent,
    )
    draft.no_ack = ruling.reason if ruling.action == "held" else None
    if ruling.action == "held" and draft.writer.notices:
        held = About(what="letter", id=draft.writer.notices[-1].outbox_id)
        draft.changes.append(SetTimer(about=held, step="drop held", due=draft.facts.now + HELD_FOR))
    _breaker(draft, ruling)


def _may_be_shown(draft: MailDraft, about: Subject, place: Placement, to: str) -> bool:
    """Tell whether an unproven writer's subject and name may stand in the acknowledgement (law A9).

    A domain that fails authentication is known not to be the writer's: whose words these are is no question then. And
    of an old case only its own people read, not whoever bears a return path.
    """
    if draft.mail.authentication.verdict == "fail":
        return False
    if place.link == "continues" and (place.case is None or to not in place.case.participants):
        return False
    return may_show(about.title) and may_show(draft.mail.identity.name)


def _ack_kind(place: Placement, *, minimal: bool) -> NoticeKind:
    if minimal:
        return "ack-minimal"
    if place.link == "maybe":
        return "ack-linked"
    return "ack-reopened-late" if place.link == "continues" else "ack"


def _may_name(draft: MailDraft, place: Placement, case: int) -> bool:
    """A stranger who names a case is answered once per number and day: else the desk could be made to write."""
    if place.link == "maybe" and place.number in draft.counts.numbers_named:
        draft.no_ack = because("named today", place.number)
        draft.held_back(case, "acknowledgement", draft.no_ack)
        return False
    return True


def _breaker(draft: MailDraft, ruling: Ruling) -> None:
    """Open the breaker, or close it when half-open and quiet again; the operator hears of an opening."""
    since = draft.counts.breaker_open_since
    half_open = since is not None and draft.facts.now - since >= HALF_OPEN
    if ruling.action == "held" and (since is None or half_open):
        draft.changes.append(OpenBreaker())
        draft.changes.append(SetTimer(about=DESK, step="half-open", due=draft.facts.now + HALF_OPEN))
        once_key = f"breaker:{draft.inbound}"
        draft.tell_operator(because("acknowledgements are held"), ruling.detail, once_key=once_key)
    elif ruling.action != "held" and half_open:
        draft.changes.append(OpenBreaker(closed=True))
        draft.changes.append(ClearTimers(about=DESK, step="half-open"))

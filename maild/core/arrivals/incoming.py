"""What becomes of a mail that came: filed, a bounce, spam, an act, an entry, or a new case.

The order of the questions: seen before? · which case does it name? · is an agent acting? · which row of the table of
automatic replies matches? · then it is filed, a bounce, spam, an act, an entry, or a new case.
"""

from __future__ import annotations

from dataclasses import replace

from maild.core import absences
from maild.core.acknowledgement import table
from maild.core.acknowledgement.look import Look, Ruling
from maild.core.arrivals import departments, filing, opening, sameness, summaries
from maild.core.cause import MailCame
from maild.core.commands import acts, agents, outside
from maild.core.draft import MailDraft
from maild.core.facts import Asks, CaseFacts, Facts
from maild.core.letters.notices import about_case
from maild.core.plan import AddParticipant, CountLoop, Plan
from maild.core.reasons.codes import Code
from maild.core.reasons.reason import because, both
from maild.core.robots import reactions, robots
from maild.core.robots.thanks import is_thanks
from maild.core.rules.organisation import Rulebook
from maild.core.threads import placement, threading
from maild.core.threads.placement import Placement
from maild.core.threads.threading import Evidence
from maild.core.values.cases import OVER, Happening, after
from maild.core.values.people import written_by


def decide_mail(cause: MailCame, asks: Asks, facts: Facts, rulebook: Rulebook) -> Plan:
    """Decide what becomes of one mail. Total: any mail, whatever it holds, gets exactly one plan."""
    draft = MailDraft(cause, asks, facts, rulebook)
    earlier = facts.threads.duplicate
    if earlier is not None and sameness.suppressed(draft.mail, earlier):
        return filing.duplicate(draft, earlier)
    found = threading.evidence(draft.mail, facts, rulebook)
    draft.note("evidence", found is not None, found.detail if found else because("nothing names a case"))
    place = placement.place(draft.mail, found, facts, rulebook, agent=asks.agent, department=asks.departments[0])
    if earlier is not None and found is None:
        place = sameness.placed(draft, earlier) or place
    seen = look(draft, found, place)
    ruling, tried = table.rule(seen)
    draft.trace += tried
    draft.no_ack = ruling.reason
    filing.strike(draft)
    if ruling.row in table.LOOPS:
        draft.changes.append(CountLoop())
    if (plan := _filed(draft, seen, ruling)) is not None:
        return plan
    if found is not None and outside.is_answer(draft.mail, asks, found, rulebook):
        return outside.answered(draft, found.case, automatic=table.is_automatic(replace(seen, act=False)))
    if seen.act and found is not None:
        if (clicked := reactions.reaction(draft.mail)) is not None and clicked.clicked:
            return acts.clicked(draft, found)
        return acts.act(draft, found)
    if found is not None and agents.means_an_act(draft.mail, asks, found, rulebook):
        if ruling.row == "generated":
            return acts.marked(draft, found, because("marked as automatic", ruling.detail))
        return filing.silent(draft, found.case, ruling)  # the agent's robot, not the agent (law E15)
    return _from_somebody(draft, found, place, ruling)


def look(draft: MailDraft, found: Evidence | None, place: Placement) -> Look:
    """Gather what the rows of the table look at."""
    case, asks = (found.case if found else None), draft.asks
    author = asks.author if draft.mail.identity.by == "from" else None
    inside = case is not None and placement.takes_part(author, asks.agent, case, draft.rulebook)
    inside = inside and draft.mail.authentication.verdict != "fail"
    matched = case if found is not None and (found.strength != "subject" or inside) else None
    seen = Look(
        mail=draft.mail,
        asks=asks,
        facts=draft.facts,
        caps=draft.caps,
        counts=draft.counts,
        rulebook=draft.rulebook,
        matched=matched,
        inside=inside or place.place == "join",
        act=False,
        entry=place.place != "new",
        machine_to_agent=found is not None and found.audience != "customer",
    )
    acts_here = agents.means_an_act(draft.mail, asks, found, draft.rulebook)
    acts_here = acts_here and not outside.is_answer(draft.mail, asks, found, draft.rulebook)
    if acts_here and not table.is_automatic(seen):
        seen = replace(seen, act=True, inside=True)
    return seen


def _filed(draft: MailDraft, look: Look, ruling: Ruling) -> Plan | None:
    """File what no person waits for an answer to; None when somebody wrote who may."""
    if ruling.action == "quarantine":
        return filing.quarantine(draft, ruling)
    if ruling.action in ("bounce", "file") and (plan := _away(draft, look, ruling)) is not None:
        return plan
    if ruling.action in ("bounce", "unmatched"):
        reported = draft.mail.report is not None or ruling.row == "a delivery report"
        words = look.inside and draft.mail.envelope.sender != "" and robots.generated(draft.mail) is not None
        if reported or (table.is_automatic(replace(look, act=False)) and not words):
            return filing.report(draft, look, ruling)
        return None  # a person who wrote to a bounce address
    if ruling.action == "silent":
        return filing.silent(draft, filing.own_case(draft) or look.matched, ruling)
    if ruling.action == "file" and look.matched is not None:
        if draft.asks.agent is None and look.inside and robots.passed_on(draft.mail) and draft.mail.envelope.sender:
            banner = because("filed without effect", ruling.detail)
            draft.tell_agents("follow-up", about_case(look.matched, draft.rulebook), key=draft.key, banner=banner)
        return filing.silent(draft, look.matched, ruling)
    if ruling.action == "file" and draft.asks.agent is not None and table.is_auto_reply(draft.mail):
        return absences.by_robot(draft) or draft.done(
            "ignored", None, because("agent's automatic reply", ruling.reason)
        )
    if ruling.action == "spam":
        return draft.done("spam", None, ruling.reason)
    return None


def _away(draft: MailDraft, look: Look, ruling: Ruling) -> Plan | None:
    """Note the absence of an agent whose out-of-office reply answers a letter of ours (law G14)."""
    if draft.mail.report is not None or ruling.row == "our own" or not absences.answers_own_letter(draft):
        return None
    if not table.is_auto_reply(draft.mail):
        return None
    return absences.by_robot(draft, look.matched, at_own_address=True)


_PLACED: dict[placement.Place, Code] = {
    "entry": "an entry",
    "pending": "a pending entry",
    "new": "a new case",
    "join": "an entry, and takes part",
}


def _from_somebody(draft: MailDraft, found: Evidence | None, place: Placement, ruling: Ruling) -> Plan:
    draft.note("placement", place.place != "new", because(_PLACED[place.place], place.reason))
    if place.case is not None and place.place in ("entry", "join"):
        return _entry(draft, place.case, place, found)
    if place.case is not None and place.place == "pending":
        return _pending(draft, place.case, place, found)
    said = None if ruling.row == "generated" else absences.by_command(draft)  # no machine acts for an agent (law E15)
    return said or opening.open_case(draft, place, ruling)


def _entry(draft: MailDraft, case: CaseFacts, place: Placement, found: Evidence | None) -> Plan:
    if place.place == "join":
        identity = draft.mail.identity
        joined = AddParticipant(
            case=case.number,
            address=identity.address or "",
            name=identity.name,
            written=identity.written,
            by="cc policy",
        )
        draft.changes.append(joined)
    odd = found.note if found is not None else None
    note = draft.flagged(odd)
    flood = _too_many(draft, case)
    draft.add(case, "customer", "public", note=odd, untold=flood)
    reacted = reactions.reaction(draft.mail)
    # Thanks reopens nothing (law T11): a case that is over stays so, and the agent reads it at leisure.
    thanks = case.status in OVER and not draft.mail.attachments and is_thanks(draft.mail.own_text)
    happened: Happening = "customer thanked" if thanks or reacted is not None else "customer wrote"
    draft.note("thanks", happened == "customer thanked")
    draft.move(case, happened)
    about = replace(about_case(case, draft.rulebook, mail=draft.mail), status=after(case.status, happened))
    if place.place == "join":
        people = about.participants | {draft.mail.identity.address or ""}
        about = replace(about, participants=people, written={**about.written, **written_by(draft.mail)})
    aloud = not flood and (reacted is None or not reacted.glad)
    if aloud:
        draft.tell_agents("follow-up", about, key=draft.key, banner=note)
    if case.children:
        departments.tell_children(draft, case, happened, note=odd, joined=place.place == "join", aloud=aloud)
    departments.note_more(draft, case)
    return draft.done("entry", case.number, place.reason)


def _pending(draft: MailDraft, case: CaseFacts, place: Placement, found: Evidence | None) -> Plan:
    note = both(place.reason, found.note if found is not None else None)
    flood = _too_many(draft, case)
    draft.add(case, "customer", "pending", note=note, untold=flood)
    if not flood:
        about = about_case(case, draft.rulebook)
        draft.tell_agents("pending", about, key=draft.key, banner=draft.flagged(note))
    return draft.done("pending", case.number, place.reason)


def _too_many(draft: MailDraft, case: CaseFacts) -> bool:
    """Tell whether agents have heard enough of this sender: entries of a flood are not announced one by one."""
    department = draft.rulebook.departments.get(case.department)
    limit = department.burst_of(draft.asks.author) if department is not None else 0
    many = 0 < limit < len(draft.facts.threads.arrivals)
    draft.note("flood", many, because("mails of sender", len(draft.facts.threads.arrivals)) if many else None)
    if many:
        summaries.promise(draft, case.number)
    return many

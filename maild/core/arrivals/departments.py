"""One mail to several departments (law T12): each hears of it, in a linked case of its own or as one that is told."""

from __future__ import annotations

from collections.abc import Iterable

from maild.core.draft import MailDraft
from maild.core.facts import CaseFacts
from maild.core.letters.notices import Subject, about_case, told
from maild.core.plan import NoteDepartment, Visibility
from maild.core.reasons.reason import Reason, because
from maild.core.values.cases import OVER, Happening
from maild.core.values.people import in_to


def gets_child(draft: MailDraft, department: str, *, beside: str) -> bool:
    """Tell whether a department gets a case of its own beside another's: as it says, else where both stand in To."""
    own = draft.rulebook.departments[department].shared
    if own is not None:
        return own == "child"
    named = in_to(draft.mail, draft.rulebook)
    return department in named and beside in named


def tell_noted(draft: MailDraft, about: Subject, departments: Iterable[str]) -> None:
    """Tell those who work for departments that were written to, too, of a case that is another one's."""
    for name in departments:
        department = draft.rulebook.departments.get(name)
        if department is None:
            continue
        agents = told(None, department.default_group, draft.rulebook, absent=draft.writer.absent)
        banner = because("also written to", department.sender_name)
        draft.tell_agents("noted", about, key=f"{draft.key}.{name}", banner=banner, agents=agents)


def note_more(draft: MailDraft, case: CaseFacts) -> None:
    """Note on an open case the departments that an entry is sent to as well, and tell them."""
    if len(draft.asks.departments) < 2:
        return
    named = in_to(draft.mail, draft.rulebook)
    known = {case.department, *case.noted_departments}
    noted = list(case.noted_departments)
    for department in (name for name in draft.asks.departments if name in named and name not in known):
        noted.append(department)
        change = NoteDepartment(case=case.number, department=department, noted=tuple(sorted(noted)))
        draft.changes.append(change)
        tell_noted(draft, about_case(case, draft.rulebook, mail=draft.mail), (department,))


def tell_children(
    draft: MailDraft, case: CaseFacts, happened: Happening, *, note: Reason | None, joined: bool, aloud: bool
) -> None:
    """Let the cases that other departments got of the same mail hear of what is written to the first one.

    Each closes its own: one that is over stays so, and its people read the mail all the same. Who was let into the
    first case by having been copied is no participant of the others.
    """
    seen: Visibility = "pending" if joined else "public"
    for number in case.children:
        child = draft.facts.threads.cases.get(number)
        if child is None or child.status in ("merged", "spam"):
            continue
        draft.add(child, "customer", seen, note=note)
        if child.status not in OVER and not joined:
            draft.move(child, happened)
        if aloud:
            about = about_case(child, draft.rulebook, mail=draft.mail)
            banner = because("written to", f"{draft.rulebook.desk.number_prefix}#{case.number}")
            draft.tell_agents("follow-up", about, key=f"{draft.key}.{number}", banner=banner)

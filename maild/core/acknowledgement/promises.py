"""What an acknowledgement promises and reads back: when an answer comes, when we are back, what was understood."""

from __future__ import annotations

from datetime import datetime

from maild.core.draft import MailDraft
from maild.core.letters.notices import Subject
from maild.core.rules.calendars import due, is_open, next_open, why_closed
from maild.core.rules.organisation import Department
from maild.core.rules.routing import Routed

MOST_READ_BACK = 100
"""Characters of a field that are read back to the writer."""


def promised(draft: MailDraft, about: Subject) -> dict[str, str]:
    """Say when an answer is promised, and when we are back if it is closed now (law G8)."""
    rules, now = draft.rulebook, draft.facts.now
    hours = rules.hours(about.department)
    until = answer_by(draft, about.department, about.type)
    back = None if is_open(hours, now) else next_open(hours, now)
    said = {"answer_by": until, "opens": back}
    values = {name: "" if at is None else draft.writer.moment(at, about.language) for name, at in said.items()}
    return values | {"closed_because": why_closed(hours, now) if back is not None else ""}


def answer_by(draft: MailDraft, department: Department, name: str) -> datetime | None:
    """Return until when a mail that comes now should have an answer, by the type of its case."""
    kind = draft.rulebook.types.get(name)
    if kind is None or kind.first_response is None:
        return None
    return due(draft.rulebook.hours(department), draft.facts.now, kind.first_response)


def understood(draft: MailDraft, about: Subject, routed: Routed) -> dict[str, str | tuple[str, ...]]:
    """Read back what was understood: the type, and the fields that were found."""
    kind, fallback = draft.rulebook.types.get(about.type), draft.rulebook.desk.languages[0]
    if kind is None:
        return {}
    lines = [
        f"{one.labelled(about.language, fallback)}: {routed.fields[one.name][:MOST_READ_BACK]}"
        for one in kind.fields
        if one.name in routed.fields
    ]
    label = kind.label.get(about.language) or kind.label.get(fallback) or ""
    return {"type_label": label, "fields": tuple(lines)}

"""A nudge: a person who has not answered is asked again, twice at most."""

from __future__ import annotations

from datetime import timedelta

from maild.core.nudged import CountNudge

from maild.core.cause import TimerDue
from maild.core.draft import Draft
from maild.core.facts import Asks, ThreadAsks
from maild.core.letters.notices import about_case
from maild.core.plan import Plan, SetTimer
from maild.core.reasons.reason import text
from maild.core.timers.kept import Kind, kept, over

MOST = 2
AGAIN = timedelta(days=2)


def _asks(cause: TimerDue) -> Asks:
    return Asks(threads=ThreadAsks(case_numbers=frozenset({cause.about.id})), nudges=cause.about.id, pace=True)


def _keep(draft: Draft, cause: TimerDue) -> Plan:
    case, before = draft.facts.threads.cases.get(cause.about.id), draft.facts.nudges
    if case is None or before >= MOST:
        return over(draft, cause, None if case is None else case.number, text(f"nudged {before} times"))
    draft.changes.append(CountNudge(case=case.number))
    draft.changes.append(SetTimer(about=cause.about, step="nudge", due=cause.due + AGAIN))
    about = about_case(case, draft.rulebook)
    draft.writer.write(
        "ack-minimal",
        about,
        to=case.requester,
        audience="customer",
        once_key=f"nudge:{case.number}:{before}",
        language=about.language,
        values={},
    )
    return kept(draft, cause, case.number, text(f"nudge {before + 1}"))


NUDGES = Kind(asks=_asks, keep=_keep, catch_up="newest")

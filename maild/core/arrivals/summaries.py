"""What agents were not told of one by one is told in a summary that names each mail (law A16)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from maild.core.cause import About, TimerDue
from maild.core.draft import Draft, MailDraft
from maild.core.facts import Asks, CaseFacts, ThreadAsks, Untold
from maild.core.letters.notices import about_case, hearing
from maild.core.plan import MarkTold, Plan, SetTimer
from maild.core.reasons.reason import because
from maild.core.threads import threading
from maild.core.timers.kept import Kind, kept, over

EVERY = 600
"""Seconds: a summary holds what came to its case within one such stretch of the clock."""
MOST_NAMED = 100
"""Mails that one summary names; the next one follows at once."""
MOST_WORDS = 100


def promise(draft: MailDraft, case: int) -> None:
    """Let the agents of a case hear of this mail with the next summary."""
    if draft.mail.envelope.quiet:
        return
    due = datetime.fromtimestamp((int(draft.facts.now.timestamp()) // EVERY + 1) * EVERY, UTC)
    draft.changes.append(SetTimer(about=About(what="case", id=case), step="summary", due=due))


def _asks(cause: TimerDue) -> Asks:
    return Asks(threads=ThreadAsks(case_numbers=frozenset({cause.about.id})), untold=cause.about.id)


def _keep(draft: Draft, cause: TimerDue) -> Plan:
    """Name each mail that nobody was told of to the agents of its case, or to the operator when there are none."""
    untold = draft.facts.untold
    if not untold or cause.about.id not in draft.facts.threads.cases:
        return over(draft, cause, cause.about.id, because("all told"))
    case = threading.survivor(cause.about.id, draft.facts)
    now, rest = untold[:MOST_NAMED], untold[MOST_NAMED:]
    count = because("mails named", len(now))
    if not _tell(draft, case, now):
        draft.tell_operator(because("many mails from one sender"), count, once_key=f"summary:{draft.key}")
    draft.changes.append(MarkTold(messages=tuple(one.message for one in now)))
    if rest:
        about = About(what="case", id=cause.about.id)
        draft.changes.append(SetTimer(about=about, step="summary", due=draft.facts.now + timedelta(seconds=1)))
    return kept(draft, cause, case.number, count)


def _tell(draft: Draft, case: CaseFacts, untold: tuple[Untold, ...]) -> bool:
    about = about_case(case, draft.rulebook)
    agents = hearing(about, draft.writer, draft.rulebook)
    for agent in agents:
        draft.writer.tell(
            "summary",
            about,
            agent,
            once_key=f"summary:{draft.key}:{agent.id}",
            values={"title": case.subject, "mails": tuple(_line(draft, one) for one in untold)},
        )
    return bool(agents)


def _line(draft: Draft, one: Untold) -> str:
    """Name one mail: when, who, its subject, how it begins, its files."""
    at = one.at.astimezone(draft.rulebook.zone).strftime("%H:%M:%S")
    begins = " ".join(one.text[: 4 * MOST_WORDS].split())[:MOST_WORDS]
    named = f"{at}  {one.author}: {one.subject or '–'}"
    named += f" – {begins}" if begins else ""
    return f"{named} [{', '.join(one.files)}]" if one.files else named


SUMMARIES = Kind(asks=_asks, keep=_keep, catch_up="newest")

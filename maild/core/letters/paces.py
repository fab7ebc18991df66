"""How fast letters go out that answer no mail (law A10): 60 a minute, and not more than there ever were at once.

Letters of promises and of mass effects come in runs: five reminders on a quiet morning, thousands after days of
downtime. A run is a stretch without a long pause. Its letters go out at a steady pace; when it is larger than any of
the last weeks by far, something may be wrong, so the rest is held, and the operator looks at it. Letters to agents,
and what a person wrote, are neither paced nor counted. The breaker counts answers to mail only, so none of it opens it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from maild.core.facts import Facts, Pace
from maild.core.letters.notices import operator_notice
from maild.core.plan import Change, KeepPace, Notice, Plan, Record
from maild.core.reasons.reason import because
from maild.core.rules.organisation import Rulebook

A_MINUTE = 60
FLOOR = 200
"""A run up to this size is never held."""
TIMES = 3
"""How many times as large as the largest run of the last 30 days a run may be."""
PAUSE = timedelta(minutes=10)
"""After so long without a letter another run begins."""
MINUTE = timedelta(minutes=1)


def keeps_pace(notice: Notice) -> bool:
    """Tell whether a letter keeps the pace when no mail caused it: automatic, and to somebody who is no agent."""
    return not notice.to_agent and notice.automatic is not None


class Pacer:
    """The run that is under way at a moment, or one that begins then."""

    def __init__(self, pace: Pace, now: datetime) -> None:
        self._now, self._minute = now, now.replace(second=0, microsecond=0)
        self._pace = pace if _goes_on(pace, now) else Pace(run=pace.run + 1, largest=max(pace.largest, pace.letters))

    @property
    def pace(self) -> Pace:
        """How far the run has come."""
        return self._pace

    @property
    def limit(self) -> int:
        """How many letters the run may have before the rest is held."""
        return max(FLOOR, TIMES * self._pace.largest)

    @property
    def is_full(self) -> bool:
        """Tell whether the next letter is to be held."""
        return self._pace.letters - self._pace.confirmed >= self.limit

    def next(self, *, confirmed: bool = False) -> datetime:
        """Return when the next letter goes out, and count it; ``confirmed``: an admin says that it may."""
        pace = self._pace
        minute = self._minute if pace.minute is None else max(pace.minute, self._minute)
        count = pace.in_minute if minute == pace.minute else 0
        if count >= A_MINUTE:
            minute, count = minute + MINUTE, 0
        self._pace = replace(
            pace,
            minute=minute,
            in_minute=count + 1,
            letters=pace.letters + 1,
            confirmed=pace.confirmed + confirmed,
        )
        return max(minute, self._now)

    def hold(self) -> None:
        """Count a letter that is held; as long as any are, the run goes on."""
        pace = self._pace
        minute = self._minute if pace.minute is None else max(pace.minute, self._minute)
        count = pace.in_minute if minute == pace.minute else 0
        self._pace = replace(pace, held=pace.held + 1, minute=minute, in_minute=count)

    def kept(self) -> KeepPace:
        """Return what keeps the run for the next cause."""
        pace = self._pace
        return KeepPace(
            run=pace.run,
            minute=pace.minute or self._minute,
            in_minute=pace.in_minute,
            letters=pace.letters,
            confirmed=pace.confirmed,
            held=pace.held,
        )


def _goes_on(pace: Pace, now: datetime) -> bool:
    """Tell whether the newest run is still under way; a clock set back by more than it lasts begins another."""
    if pace.minute is None:
        return False
    lasts = (pace.letters // A_MINUTE + 1) * MINUTE
    return now - PAUSE < pace.minute + MINUTE and pace.minute <= now + lasts


def paced(plan: Plan, facts: Facts, rulebook: Rulebook, *, used: int) -> Plan:
    """Give each letter of a plan that no mail caused its minute, or hold it; ``used`` ids for letters are taken.

    The operator is told once of each run.
    """
    if plan.more_ids or not any(map(keeps_pace, plan.notices)):
        return plan
    assert facts.pace is not None, "a cause that writes to people asks for the pace"
    pacer = Pacer(facts.pace, facts.now)
    told = pacer.pace.held > 0
    notices: list[Notice] = []
    changes: list[Change] = []
    for notice in plan.notices:
        if not keeps_pace(notice):
            notices.append(notice)
        elif pacer.is_full:
            pacer.hold()
            notices.append(replace(notice, paced=True, held=True))
            why = because("run is too large", pacer.limit)
            changes.append(Record(what="held back", case=notice.case, actor=plan.actor, after="held", reason=why))
        else:
            notices.append(replace(notice, paced=True, due=pacer.next()))
    if not told and pacer.pace.held and rulebook.desk.operator is not None:
        if used >= len(facts.outbox_ids):
            return replace(plan, more_ids=used + 1 - len(facts.outbox_ids))
        notices.append(_told(pacer, facts, rulebook, key=facts.outbox_ids[used]))
    return replace(plan, notices=tuple(notices), changes=(*plan.changes, *changes, pacer.kept()))


def _told(pacer: Pacer, facts: Facts, rulebook: Rulebook, *, key: int) -> Notice:
    return operator_notice(
        rulebook,
        facts.keys[0],
        key=key,
        title=because("letters are held"),
        reason=because("letters are held, what to do", pacer.limit),
        once_key=f"pace:{pacer.pace.run}",
    )

"""Carry out a plan: every change, every outgoing mail and the end of its cause, in the caller's transaction.

Nothing is decided here, and nothing is looked up: the plan is whole. Each change goes to the slice whose rows it
changes. A change that does not fit the store (a once_key that exists, a claim that was lost) raises, and the caller
takes everything back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from sqlalchemy import Connection

from maild.core.plan import Change, EndMail, KeepPace, KeepWords, MarkTold, Plan, Record, SetAbsence
from maild.storage import (
    absences,
    cases,
    counts,
    entries,
    inbound,
    known_words,
    letters_known,
    letters_out,
    paces,
    summaries,
    timers,
)
from maild.storage.ids import Ids
from maild.storage.letters_out import ToSend, Written
from maild.storage.traces import trace_rows
from maild.storage.work import Work


def carry_out(
    connection: Connection,
    plan: Plan,
    *,
    written: Sequence[Written],
    ids: Ids,
    who: str,
    claim_until: datetime | None,
    history: bool = True,
    wall: datetime | None = None,
) -> list[ToSend]:
    """Do everything the plan says; without ``history`` only what decisions look at.

    ``wall`` is the time that letters wait from, where the plan was made as if it were another time.

    With ``claim_until`` outgoing mails that nothing stands in front of are claimed for sending at once (their first
    attempt is recorded by this very commit) and returned; without it they are only queued.

    Raises:
        IntegrityError: a promise that was made before (once_key, token, message): the whole plan is taken back.
        ClaimLost: the inbound row is no longer ours.
        RuntimeError: something is no longer as the plan saw it.

    """
    work = Work(connection, plan, ids, who=who, history=history)
    for change in plan.changes:
        _do(work, change)
    sent = letters_out.queue(
        connection, work.rows, written, now=wall or work.now, who=who, claim_until=claim_until, new_id=work.new_id
    )
    if history and plan.outcome not in ("nothing", "not allowed"):
        work.event("decided", plan.case, plan.reason, actor=plan.actor, after=plan.outcome, trace=trace_rows(plan))
    work.rows.write(connection)
    return sent


def _do(work: Work, change: Change) -> None:
    """Hand a change to its slice: one line for each, and none can be forgotten."""
    if isinstance(change, cases.CaseChange):
        cases.do(work, change)
    elif isinstance(change, entries.EntryChange):
        entries.do(work, change)
    elif isinstance(change, letters_known.LetterChange):
        letters_known.do(work, change)
    elif isinstance(change, counts.CapChange):
        counts.do(work, change)
    elif isinstance(change, timers.TimerChange):
        timers.do(work, change)
    elif isinstance(change, MarkTold):
        summaries.do(work, change)
    elif isinstance(change, KeepPace):
        paces.do(work, change)
    elif isinstance(change, SetAbsence):
        absences.do(work, change)
    elif isinstance(change, KeepWords):
        known_words.keep(work, change)
    elif isinstance(change, EndMail):
        inbound.end(work, change)
    elif isinstance(change, Record):
        more = {"before": change.before, "after": change.after, "actor": change.actor}
        work.event(change.what, change.case, change.reason, **more)
    else:
        assert_never(change)

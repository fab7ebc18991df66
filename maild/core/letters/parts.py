"""A plan that tells very many people is carried out in parts: what is left goes on in promises, each kept once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from maild.core.cause import About, TimerDue
from maild.core.draft import Draft
from maild.core.facts import Asks
from maild.core.letters.paces import keeps_pace
from maild.core.plan import KeepIds, Notice, Plan, SetTimer
from maild.core.reasons.reason import Reason, because
from maild.core.timers.kept import Kind, kept

MOST_LETTERS = 64
"""Letters that one transaction queues; what is beyond goes on in one of its own (the writer is held so long)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """Letters yet to be written; what many of them show is there once."""

    notices: tuple[Notice, ...]
    """Without their values."""
    said: tuple[str | int | tuple[str, ...] | Reason, ...]
    """Every value that any of them shows."""
    values: tuple[dict[str, int], ...]
    """For each of them: which value stands under which name."""


_LEFT = TypeAdapter(_Left)


def in_parts(plan: Plan) -> Plan:
    """Leave what a plan has to tell beyond :data:`MOST_LETTERS` to a promise for this very moment."""
    if len(plan.notices) <= MOST_LETTERS:
        return plan
    rest = plan.notices[MOST_LETTERS:]
    about = About(what="cause", id=rest[0].outbox_id)
    go_on = SetTimer(about=about, step="go on", due=plan.decided_at, data=left(rest))
    kept = KeepIds(last=max(notice.outbox_id for notice in rest), count=len(rest))
    return replace(plan, notices=plan.notices[:MOST_LETTERS], changes=(*plan.changes, kept, go_on))


def left(notices: Iterable[Notice]) -> str:
    """Write letters down for a promise to go on with."""
    notices = tuple(notices)
    said: dict[tuple[type, str | int | tuple[str, ...] | Reason], int] = {}
    values = tuple(
        {name: said.setdefault((type(value), value), len(said)) for name, value in notice.values.items()}
        for notice in notices
    )
    bare = tuple(replace(notice, values={}) for notice in notices)
    return _LEFT.dump_json(_Left(notices=bare, said=tuple(value for _, value in said), values=values)).decode()


def rest_of(cause: TimerDue) -> tuple[Notice, ...]:
    """Return the letters that a promise to go on is about."""
    found = _LEFT.validate_json(cause.data)
    return tuple(
        replace(notice, values={name: found.said[at] for name, at in values.items()})
        for notice, values in zip(found.notices, found.values, strict=True)
    )


def _asks(cause: TimerDue) -> Asks:
    rest = rest_of(cause)
    files = (notice.attachments_of for notice in rest if notice.attachments)
    raw = frozenset(inbound for inbound in files if inbound is not None)
    return Asks(raw=raw, pace=any(map(keeps_pace, rest)))


def _keep(draft: Draft, cause: TimerDue) -> Plan:
    for notice in rest_of(cause):
        draft.writer.add(notice)
    return kept(draft, cause, None, because("letters more", len(draft.writer.notices)))


GOES_ON = Kind(asks=_asks, keep=_keep, catch_up="all")

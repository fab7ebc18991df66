"""The trace of a decision as it is stored with its event: what was asked, whether it hit, and on what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from maild.core.plan import Plan
from maild.core.reasons.reason import as_data, because, of_data, text
from maild.core.reasons.trace import TraceLine


def trace_rows(plan: Plan) -> list[list[Any]]:
    """Return a plan's trace as it is stored, with its acknowledgement and its rules."""
    rows = [_row(line) for line in plan.trace]
    if plan.acked or plan.no_ack is not None:
        why = because("sent") if plan.no_ack is None else plan.no_ack
        rows.append(_row(TraceLine(rule=because("acknowledgement"), hit=plan.acked, detail=why)))
    return [*rows, _row(TraceLine(rule=because("rules"), hit=True, detail=text(plan.rules)))]


def _row(line: TraceLine) -> list[Any]:
    return [as_data(line.rule), line.hit, as_data(line.detail)]


def of_rows(rows: Iterable[Any]) -> tuple[TraceLine, ...]:
    """Return a trace that was stored; an older store's words stand as they are."""
    return tuple(
        TraceLine(rule=of_data(rule) or text(""), hit=bool(hit), detail=of_data(detail)) for rule, hit, detail in rows
    )

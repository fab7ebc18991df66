"""What was sent, and what came, within the last minutes, hours and days: all that the caps count (law A5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import Connection, bindparam, case, func, literal_column, select, text
from sqlmodel import col

from maild.core.facts import CapAsks, Counts, Strikes
from maild.core.plan import CountLoop, OpenBreaker, Strike
from maild.core.rules.organisation import Caps
from maild.storage.columns import UTCDateTime
from maild.storage.statements import Among, Statement, at_most, table, upserting
from maild.storage.tables import AutomaticMail, AutomaticMinute, Counter, Outbox, State
from maild.storage.tables import Strike as StrikeRow
from maild.storage.work import Work

CapChange = OpenBreaker | CountLoop | Strike

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BURST_WINDOW = timedelta(minutes=10)


def _state(name: str) -> Any:
    """One small fact about the store, as a column."""
    return select(col(State.value)).where(col(State.name) == text(f"'{name}'")).scalar_subquery().label(name)


_SUMS = Statement(
    select(
        func.count().label("day"),
        func.sum(case((col(AutomaticMail.at) > bindparam("ten", type_=UTCDateTime), 1), else_=0)).label("ten"),
        func.sum(case((col(AutomaticMail.unauthenticated), 1), else_=0)).label("unauthenticated"),
        select(func.count())
        .select_from(
            select(col(AutomaticMail.outbox))
            .where(col(AutomaticMail.domain) == bindparam("domain"), col(AutomaticMail.at) > bindparam("hour"))
            .limit(at_most("most"))
            .subquery()
        )
        .scalar_subquery()
        .label("domain"),
        select(func.sum(col(AutomaticMinute.count)))
        .where(col(AutomaticMinute.minute) > bindparam("minute"))
        .scalar_subquery()
        .label("everybody"),
        _state("breaker_open_since"),
        _state("median_10min"),
    ).where(col(AutomaticMail.address_key) == bindparam("key"), col(AutomaticMail.at) > bindparam("day"))
)
"""Everything the caps count for every mail, in one row: an address, a domain, the whole desk, the breaker."""
_NAMED = Among(
    AutomaticMail.number,
    lambda among: select(col(AutomaticMail.number)).where(
        col(AutomaticMail.address_key) == bindparam("key"), col(AutomaticMail.at) > bindparam("day"), among
    ),
)
_UNAUTHENTICATED = Statement(
    select(func.count().label("count")).select_from(
        select(col(AutomaticMail.outbox))
        .where(text("unauthenticated"), col(AutomaticMail.at) > bindparam("hour"))  # as the partial index says it
        .limit(at_most("most"))
        .subquery()
    )
)
_CONFIRMATIONS = Statement(
    select(
        func.count().label("count"),
        func.sum(literal_column("case when counts_as = 'claim' then 1 else 0 end")).label("claims"),
        func.sum(literal_column("case when counts_as = 'question' then 1 else 0 end")).label("asked"),
    ).where(
        text("counts_as <> ''"),  # as the partial index says it
        col(Outbox.recipient) == bindparam("address"),
        col(Outbox.created) > bindparam("hour"),
    )
)
_STATE = upserting(State, ("name", "value"), replace=("value",))
_COUNT = upserting(Counter, ("name", "value"), add=("value",))
_OLD_STRIKES = Statement(table(StrikeRow).delete().where(col(StrikeRow.at) < bindparam("b_before")))
_STRIKES = Statement(
    select(func.count().label("count")).where(
        col(StrikeRow.kind) == bindparam("kind"),
        col(StrikeRow.source) == bindparam("source"),
        col(StrikeRow.at) > bindparam("since"),
    )
)


def counts(connection: Connection, asks: CapAsks | None, caps: Caps, now: datetime, *, burst: bool) -> Counts | None:
    """Count what the caps ask about; ``burst`` says that the same sender has written within the last minutes."""
    if asks is None:
        return None
    day, hour, ten = now - DAY, now - HOUR, now - timedelta(minutes=10)
    sums = _SUMS.first(
        connection,
        key=asks.ack_key or "",
        day=day,
        ten=ten,
        domain=asks.ack_domain or "",
        hour=hour,
        most=caps.per_domain_hour,
        minute=minute(ten),
    )
    numbers = frozenset[int]()
    if asks.ack_key is not None:
        named = _NAMED.all(connection, sorted(asks.automatic_numbers), key=asks.ack_key, day=day)
        numbers = frozenset(row.number for row in named)
    since = sums.breaker_open_since
    registered = asks.agent_address
    asked = None if registered is None else _CONFIRMATIONS.first(connection, address=registered, hour=hour)
    claims = 0 if asked is None else int(asked.claims or 0)
    return Counts(
        address_day=sums.day or 0,
        address_10min=sums.ten or 0,
        unauthenticated_address_day=sums.unauthenticated or 0,
        unauthenticated_hour=_UNAUTHENTICATED.scalar(connection, hour=hour, most=caps.unauthenticated_hour)
        if asks.unauthenticated
        else 0,
        domain_hour=sums.domain,
        numbers_named=numbers,
        all_10min=sums.everybody or 0,
        median_10min=float(sums.median_10min or "0"),
        breaker_open_since=datetime.fromisoformat(since) if since else None,
        confirmations_hour=0 if asked is None else int(asked.asked or 0),
        agent_letters_hour=0 if asked is None else asked.count - claims,
        claims_hour=claims,
        strikes_hour=0 if asks.strike is None else _strikes(connection, asks.strike, hour),
        burst_told=burst and asks.burst is not None and bool(_strikes(connection, asks.burst, day)),
    )


def _strikes(connection: Connection, what: Strikes, since: datetime) -> int:
    return int(_STRIKES.scalar(connection, kind=what.kind, source=what.source, since=since))


def do(work: Work, change: CapChange) -> None:
    """Do what a plan changes about what is counted."""
    match change:
        case OpenBreaker():
            value = "" if change.closed else work.now.isoformat()
            _STATE.run(work.connection, {"name": "breaker_open_since", "value": value})
            work.event("breaker", None, None, after="closed" if change.closed else "open")
        case CountLoop():
            _COUNT.run(work.connection, {"name": "loops", "value": 1})
            work.event("loop", work.plan.case, work.plan.reason)
        case Strike():
            _OLD_STRIKES.run(work.connection, {"b_before": work.now - DAY})
            work.rows.add(StrikeRow, {"kind": change.what.kind, "source": change.what.source, "at": work.now})
        case _:
            assert_never(change)


def minute(at: datetime) -> int:
    """Return the number of the minute that a time lies in."""
    return int(at.timestamp()) // 60

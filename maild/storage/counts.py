"""What was sent, and what came, within the last minutes, hours and days: all that the caps count (MAIL §4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, literal_column, select, text
from sqlmodel import col

from maild.core.facts import Asks, Counts
from maild.core.rules import Caps
from maild.storage.columns import UTCDateTime
from maild.storage.statements import Among, Statement, at_most
from maild.storage.tables import AutomaticMail, AutomaticMinute, Outbox, State, Strike

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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
        func.sum(literal_column("case when substr(once_key, 1, 6) = 'claim:' then 1 else 0 end")).label("claims"),
        func.sum(literal_column("case when substr(once_key, 1, 13) = 'confirmation:' then 1 else 0 end")).label(
            "asked"
        ),
    ).where(
        text("kind in ('confirmation', 'refusal')"),  # as the partial index says it
        col(Outbox.recipient) == bindparam("address"),
        col(Outbox.created) > bindparam("hour"),
    )
)
_STRIKES = Statement(
    select(func.count().label("count")).where(
        col(Strike.source) == bindparam("source"), col(Strike.at) > bindparam("since")
    )
)


def counts(
    connection: Connection, asks: Asks, caps: Caps, now: datetime, registered: str | None, *, burst: bool
) -> Counts:
    """Count what the caps ask about; ``registered`` is the agent's address that letters to the agent go to."""
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
        strikes_hour=_STRIKES.scalar(connection, source=asks.strike_source, since=hour) if asks.strike_source else 0,
        burst_told=burst and bool(_STRIKES.scalar(connection, source=f"burst:{asks.author_key}", since=day)),
    )


def minute(at: datetime) -> int:
    """Return the number of the minute that a time lies in."""
    return int(at.timestamp()) // 60

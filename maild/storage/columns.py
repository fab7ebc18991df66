"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; on SQLite it must be INTEGER to be the row's own id."""


def microseconds(value: datetime | None) -> int | None:
    """Turn an aware datetime into microseconds since 1970 UTC.

    Raises:
        ValueError: when it is naive.

    """
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a stored time must be aware")
    return (value - _EPOCH) // _MICROSECOND


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970 UTC: exact, ordered and equal on both databases.

    Raises:
        ValueError: when a naive datetime is given; a time without a zone is a bug.

    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn an aware datetime into microseconds."""
        return microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Turn microseconds into an aware datetime in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)

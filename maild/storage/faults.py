"""Database errors in maild's words: the one place that tells full, unavailable and broken apart."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

from maild.core.errors import StoreFull, StoreUnavailable, Temporary

_SQLITE_ERROR = 1
"""SQL that SQLite cannot run; a number of its C interface, the same in every library."""
_FULL = ("disk is full", "disk full", "no space left", "could not extend file")


def translate(error: BaseException) -> BaseException:
    """Turn a driver's error into Temporary, StoreFull or StoreUnavailable; anything else is returned as it is.

    An error of the connection or of the disk is temporary. A constraint that failed is not (it is a bug or a race, and
    the caller tries that mail again alone), nor is what the database will refuse for ever, though the drivers call that
    operational too: else one mail could be tried without end, and every mail beside it.
    """
    text = str(error).lower()
    if isinstance(error, (DBAPIError, OSError, MemoryError)) and any(sign in text for sign in _FULL):
        return StoreFull("the store is full")
    if isinstance(error, DBAPIError) and _for_ever(error.orig):
        return error
    if isinstance(error, (OperationalError, InterfaceError, TimeoutError)):
        return StoreUnavailable(
            f"the store cannot be used: {type(error.orig if isinstance(error, DBAPIError) else error).__name__}"
        )
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return StoreUnavailable("the connection to the store was lost")
    if isinstance(error, (OSError, MemoryError)):
        return Temporary(f"the machine refused: {type(error).__name__}")
    return error


def _for_ever(error: BaseException | None) -> bool:
    """Tell whether the statement itself was refused: beyond a limit (PostgreSQL's class 54), or no SQL (SQLite's 1)."""
    state = str(getattr(error, "sqlstate", None) or "")
    return state.startswith("54") or getattr(error, "sqlite_errorcode", None) == _SQLITE_ERROR

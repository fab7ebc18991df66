"""The log: structlog, one event a line, JSON in service and coloured on a terminal.

Each mail handled makes exactly one ``mail.handled`` line. Text from mail can neither break a line nor move the
terminal's cursor, and values under the names of secrets are never written.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Literal, TextIO

import structlog

Format = Literal["auto", "json", "pretty"]
Level = Literal["debug", "info", "warning", "error"]

_SECRET = re.compile(r"(?i)(?:^|[_-])(?:passwords?|passwd|secrets?|tokens?|keys?|authorization|credentials?)$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST = 2000
REDACTED = "…"


class _Out:
    """Standard error as it is now, not as it was when the module was read."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(format: Format = "auto", level: Level = "info", *, to: TextIO | None = None) -> None:
    """Set how and from which level on events are written; ``auto`` is pretty on a terminal, else JSON."""
    out: Any = to if to is not None else _Out()
    terminal = (to or sys.stderr).isatty()
    pretty = format == "pretty" or (format == "auto" and terminal)
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    if pretty:
        renderer = structlog.dev.ConsoleRenderer(colors=terminal, pad_event_to=24)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if pretty else "iso", utc=not pretty, key="at"),
            structlog.processors.format_exc_info,
            _harmless,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=out),  # a line in one write, so that none is cut in two
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _Foreign) for handler in root.handlers):
        root.addHandler(_Foreign(logging.WARNING))


class _Foreign(logging.Handler):
    """Takes what libraries log into the one log, so that every line of it is an event of the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        level = min(record.levelno // 10 * 10, logging.ERROR)
        get(record.name).log(level, record.getMessage(), exc_info=record.exc_info)


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return a logger; it follows whatever ``configure`` says when it writes."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(room=name)
    return logger


def handled(log: Any, *, id: int, case: int | None, verdict: str, reason: str, ms: float) -> None:
    """Write the one line of a mail that was handled."""
    log.info("mail.handled", id=id, case=case, verdict=verdict, reason=reason, ms=ms)


def _harmless(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide secrets and make every text one printable line."""
    return {_clean(str(key)): _value(str(key), value) for key, value in event.items()}


@lru_cache(maxsize=256)
def _is_secret(key: str) -> bool:
    return _SECRET.search(key) is not None


def _value(key: str, value: Any) -> Any:
    if value is not None and not isinstance(value, (bool, dict)) and _is_secret(key):
        return REDACTED
    if isinstance(value, dict):
        return {_clean(str(inner)): _value(str(inner), found) for inner, found in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_value("", found) for found in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _clean(str(value))


def _clean(text: str) -> str:
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    if text.isprintable():  # which says no of everything that _CONTROL holds
        return text
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)

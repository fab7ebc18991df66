"""``maild run`` that kills itself, the hard way, at a step of taking mails: ``dying_daemon.py STEP CALL CONFIG``.

For the tests only. STEP is one of STEPS; CALL says at which call of that step, counted from 1.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from maild.__main__ import main
from maild.channels.imap.box import Session
from maild.journey.intake import Intake
from maild.storage import mailboxes

STEPS = ("before fetch", "after fetch", "before commit", "after commit", "before settle", "after settle")


def die(*_: object) -> None:
    """Kill the whole daemon, its readers too, at once."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def at(call: int, inner: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    """Make a step that dies before or after its nth call."""
    calls = itertools.count(1)

    def step(*arguments: Any, **named: Any) -> Any:
        now = next(calls) == call
        if now and before:
            die()
        result = inner(*arguments, **named)
        if now:
            die()
        return result

    return step


def accept_at(call: int, inner: Callable[..., Any]) -> Callable[..., Any]:
    """Make an accept that dies once the nth mail is committed."""
    calls = itertools.count(1)

    async def accept(*arguments: Any, **named: Any) -> Any:
        result = await inner(*arguments, **named)
        if next(calls) == call:
            die()
        return result

    return accept


def plant(step: str, call: int) -> None:
    """Plant the death."""
    match step:
        case "before fetch" | "after fetch":
            Session.fetch = at(call, Session.fetch, before=step.startswith("before"))  # type: ignore[method-assign]
        case "before settle" | "after settle":
            Session.settle = at(call, Session.settle, before=step.startswith("before"))  # type: ignore[method-assign]
        case "before commit":
            mailboxes.accept = at(call, mailboxes.accept, before=False)
        case "after commit":
            Intake.accept = accept_at(call, Intake.accept)  # type: ignore[method-assign]


if __name__ == "__main__":
    plant(sys.argv[1], int(sys.argv[2]))
    sys.argv = ["maild", "run", "--config", sys.argv[3]]
    main()

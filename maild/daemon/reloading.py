"""Hot reload in the running daemon: watch rules and letters, judge what changed, swap whole or keep the old.

A mail keeps the rules it began with; the next one has the new ones. No mail waits: judging happens in a thread.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from maild import logs
from maild.config.places import write_private
from maild.core.errors import Problem, Temporary, Unusable
from maild.core.reasons.reason import Reason, because, text
from maild.core.reasons.reason import lines as in_lines
from maild.core.values.mail import Envelope, Mail
from maild.letters import templates
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.rulebook import reload as reloads

if TYPE_CHECKING:
    from maild.config.judge import Config
    from maild.core.rules.organisation import Rulebook
    from maild.journey.corridor import Corridor
    from maild.letters.templates import Letters
    from maild.metrics import Metrics

log = logs.get("reload")

WATCHED = "files changed"
"""Why a reload happens that nobody asked for: it says nothing when there is nothing new."""
MOST_TOLD = 50
"""Problems named in one mail to the operator; the log has them all."""


def read_example(raw: bytes, envelope: Envelope) -> Mail:
    """Read a mail of the rules' examples: an admin's own text, so in this very process, and without asking DNS."""
    return read(raw, envelope, ReadOptions())


class Reloader:
    """Takes new rules and letters into a running daemon."""

    def __init__(
        self,
        config: Config,
        *,
        corridor: Callable[[], Corridor],
        swap: Callable[[Corridor], None],
        record: Callable[[str], Awaitable[None]],
        tell: Callable[[str, Reason, Reason], Awaitable[None]],
        metrics: Metrics,
    ) -> None:
        self._config, self._corridor, self._swap = config, corridor, swap
        self._record, self._tell, self._metrics = record, tell, metrics
        self._refused = False
        """The last thing the log says is that the files were refused."""
        self._stop = asyncio.Event()
        self._one = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pid = pid_file(config)

    def start(self) -> None:
        """Begin to watch."""
        with suppress(OSError):
            write_private(self._pid, f"{os.getpid()}\n")
        self._spawn(self._watch())

    async def stop_watching(self) -> None:
        """Stop watching the files; a reload under way is finished, and one may still be asked for."""
        self._stop.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Stop for good."""
        await self.stop_watching()
        if pid_of(self._config) == os.getpid():
            self._pid.unlink(missing_ok=True)

    def request(self) -> None:
        """Reload soon (SIGHUP)."""
        self._spawn(self._again("asked for"))

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        folders = (self._config.rules, self._config.templates)
        async for _ in reloads.changes(folders, self._stop):
            await self._again(WATCHED)

    async def _again(self, why: str) -> None:
        async with self._one:
            try:
                await self.reload(why)
            except Temporary as error:
                log.warning("rules reloaded, but the store did not note it", reason=str(error))

    async def reload(self, why: str) -> bool:
        """Read everything again; True when what is in force is now what the files say."""
        old = self._corridor()
        rulebook, letters, problems = await asyncio.to_thread(self._judge, old)
        if rulebook is None or letters is None:
            await self._refuse(problems)
            return False
        self._metrics.rules(ok=True)
        self._swap(replace(self._corridor(), rulebook=rulebook, letters=letters))
        refused, self._refused = self._refused, False
        before, after = old.letters.version, letters.version
        if after != before:
            log.info("letters reloaded", why=why, before=before, after=after)
        if rulebook is not old.rulebook:
            log.info("rules reloaded", why=why, before=old.rulebook.version, after=rulebook.version)
            await self._record(rulebook.version)
        elif after == before and (refused or why != WATCHED):
            log.info("nothing changed", why=why, rules=rulebook.version, letters=after)
        return True

    def _judge(self, old: Corridor) -> tuple[Rulebook | None, Letters | None, tuple[Problem, ...]]:
        found = reloads.reload(old.rulebook, self._config, read_example)
        problems = found if isinstance(found, tuple) else ()
        letters = None
        try:
            letters = templates.load(self._config.templates, self._config.desk.languages)
        except Unusable as error:
            problems += error.problems
        return (None, None, problems) if isinstance(found, tuple) or letters is None else (found, letters, ())

    async def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self._metrics.rules(ok=False)
        self._refused = True
        version = self._corridor().rulebook.version
        lines = [str(problem) for problem in problems]
        log.error("rules refused", still=version, problems=lines)
        once = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
        told = [text(line) for line in lines[:MOST_TOLD]]
        told += [because("and more", len(lines) - MOST_TOLD)] if len(lines) > MOST_TOLD else []
        reason = in_lines([*told, because("rules stay", version)])
        await self._tell(f"rules:{version}:{once}", because("rules are refused"), reason)


def pid_file(config: Config) -> Path:
    """Return where a running daemon writes its process id, for ``maild reload``."""
    return config.keys.parent / "maild.pid"


def pid_of(config: Config) -> int | None:
    """Return the process id of the daemon that runs with this config, if any."""
    try:
        pid = int(pid_file(config).read_text("ascii"))
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid

"""``maild run``."""

from __future__ import annotations

import sys
from pathlib import Path

import uvloop

from maild import logs
from maild.config import load as configs
from maild.core.errors import Unusable

SWITCH = 0.0005
"""Seconds after which a thread that computes lets the event loop have the interpreter.

With Python's own 5 ms three writers of PostgreSQL can make the loop wait for 15, while the relay's answers lie unread.
"""


def run_daemon(path: Path) -> None:
    """Read the config and run; what stands in the way is said before anything is opened."""
    config = configs.load(path)
    logs.configure(config.log.format, config.log.level)
    from maild.cli.check import places, problems_of, warnings
    from maild.daemon.service import Daemon

    if problems := (*problems_of(config), *places(config)):
        raise Unusable(problems)
    logger = logs.get("maild")
    for warning in warnings(config):
        logger.warning("check", problem=str(warning))
    logger.info("config", **config.public())
    sys.setswitchinterval(SWITCH)
    uvloop.run(Daemon(config).run())

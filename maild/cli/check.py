"""``maild check``: config, rules and letters judged whole."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from maild.channels.outgoing import maildir as maildir_out
from maild.channels.smtp import passwords
from maild.config import load as configs
from maild.config.judge import Config
from maild.config.places import in_the_way
from maild.config.toml_file import shown
from maild.core.errors import Problem, Unusable
from maild.core.reasons.words import in_words
from maild.core.rules.organisation import Rulebook
from maild.daemon.reloading import read_example
from maild.letters import templates
from maild.rulebook import load as rulebook_load
from maild.storage import engine as engines


def print_check(path: Path) -> int:
    """Print every problem; 0 when everything can be used, else 1."""
    try:
        config = configs.load(path)
    except Unusable as error:
        return _print(error.problems)
    problems = (*problems_of(config), *places(config))
    if problems:
        return _print(problems)
    for warning in warnings(config):
        sys.stdout.write(f"warning: {warning}\n")
    rulebook = rulebook_load.load(config, instance="check")
    for text in (*rulebook.warnings, *expired(rulebook, datetime.now(UTC).astimezone(rulebook.zone).date())):
        sys.stdout.write(f"warning: {text}\n")
    departments, groups, agents = len(rulebook.departments), len(rulebook.groups), len(rulebook.agents)
    rules, types = sum(map(len, rulebook.lists.values())), len(rulebook.types)
    what = f"{departments} departments, {groups} groups, {agents} agents, {types} types, {rules} rules"
    sys.stdout.write(f"ok: {what} ({rulebook.version})\n")
    return 0


def problems_of(config: Config) -> tuple[Problem, ...]:
    """Return what is wrong with the rules and the letters of a config that can be used."""
    problems: list[Problem] = []
    for judge in (
        lambda: rulebook_load.load(config, instance="check", read=read_example),
        lambda: templates.load(Path(shown(config.templates)), config.desk.languages),
        *_passwords(config),
    ):
        try:
            judge()
        except Unusable as error:
            problems += error.problems
    return tuple(problems)


def places(config: Config) -> tuple[Problem, ...]:
    """Return what stands where the store's folder or the maildir must be; what is in the way of both is said once."""
    store, out = engines.sqlite_path(config.store.url), config.outgoing
    if store is not None and any(in_the_way(store.parent)):
        return (Problem(where="maild", what=f"the store's folder {store.parent} cannot be made: a file stands there"),)
    what = "outgoing.relay: the maildir cannot be used: {} is a file, expected a folder"
    found = () if out.maildir is None else in_the_way(*maildir_out.folders(out.maildir))
    return tuple(Problem(where=out.where, what=what.format(shown(path))) for path in found)


def expired(rulebook: Rulebook, today: date) -> Iterator[str]:
    """Name the rules that will never hit again: their last day is over."""
    for rules in rulebook.lists.values():
        for rule in rules:
            if rule.valid_until is not None and rule.valid_until < today:
                rule_said = in_words(rule.label, "en")
                yield f"{rule_said}: it held until {rule.valid_until}; take it out, or give it another date"


def _passwords(config: Config) -> Iterator[Callable[[], object]]:
    for listen in (config.smtp, config.lmtp, config.submission):
        if listen is not None and listen.passwords is not None:
            yield partial(passwords.load, listen.passwords)


def warnings(config: Config) -> tuple[Problem, ...]:
    """Return what is allowed but says more about the risk than one may think."""
    where = f"{shown(config.path)}: trust"
    found: list[Problem] = []
    if config.trust.mode == "none":
        what = (
            "mode is none: nobody checks who really wrote a mail; a forged From is taken for its owner "
            "(headers or own would check it)"
        )
        found.append(Problem(where=where, what=what))
    if config.trust.agents == "token":
        what = (
            "agents = \"token\": whoever reads an agent's notification mail can answer the customer in the agent's name"
        )
        found.append(Problem(where=where, what=what))
    own = [name for name, mode in _modes(config) if mode == "own"]
    if own and (missing := _missing_for_own()) is not None:
        what = (
            f"mode is own, but maild was installed without the extra that it needs ({missing}): no mail's author can be"
            " proven. Install it: pip install 'maild[dkim]'"
        )
        found += [Problem(where=f"{shown(config.path)}: {name}", what=what) for name in own]
    return tuple(found)


def _modes(config: Config) -> Iterator[tuple[str, str]]:
    """Name every place where a trust stands, and its mode."""
    yield "trust", config.trust.mode
    for door, listen in (("smtp", config.smtp), ("lmtp", config.lmtp), ("submission", config.submission)):
        if listen is not None and listen.trust is not None:
            yield f"{door}.trust", listen.trust.mode
    for mailbox in config.imap:
        if mailbox.trust is not None:
            yield f'imap "{mailbox.name}" trust', mailbox.trust.mode


def _missing_for_own() -> str | None:
    """Say what the checks of mode own lack, or None; they are loaded as reading a mail loads them."""
    try:
        importlib.import_module("maild.mail.author.own_checks")
    except ImportError as error:
        return str(error)
    return None


def _print(problems: tuple[Problem, ...]) -> int:
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    sys.stderr.write(f"{len(problems)} problem{'' if len(problems) == 1 else 's'}\n")
    return 1

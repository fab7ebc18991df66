"""rules/ → one frozen Rulebook, judged whole: every problem of every file at once, or a rulebook that can be used."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from maild.config import Config
from maild.core.errors import Problem, Unusable
from maild.core.people import domain_of
from maild.core.rules import Desk, Rulebook
from maild.rulebook import organisation
from maild.rulebook.files import Files

VERSION_LENGTH = 16


def load(config: Config, *, instance: str) -> Rulebook:
    """Read the folder of rules.

    ``instance`` is the store's random name.

    Raises:
        Unusable: with every problem, each with file and line.

    """
    files = Files(config.rules)
    found = organisation.read(files, config)
    problems = files.problems
    if problems or found is None:
        raise Unusable(tuple(problems) or (Problem(where=str(config.rules), what="holds no rules"),))
    desk = Desk(
        name=config.desk.name,
        number_prefix=config.desk.number_prefix,
        timezone=config.desk.timezone,
        languages=config.desk.languages,
        reply_domain=config.desk.reply_domain,
        instance=instance,
        trust=config.trust.mode,
        agents=config.trust.agents,
        operator=config.desk.operator,
        caps=config.caps,
        peers=found.peers,
        blocked=found.blocked,
    )
    addresses = {
        address: department.id
        for department in found.departments.values()
        for address in (department.address, *department.aliases)
    }
    domains = {domain_of(address) for address in addresses}
    return Rulebook(
        version=version_of(config.rules, desk),
        desk=desk,
        departments=MappingProxyType(found.departments),
        groups=MappingProxyType(found.groups),
        agents=MappingProxyType(found.agents),
        by_address=MappingProxyType(addresses),
        agent_by_address=MappingProxyType(
            {address: agent.id for agent in found.agents.values() for address in agent.addresses}
        ),
        domains=frozenset(domains | ({desk.reply_domain} if desk.reply_domain else set())),
    )


def version_of(folder: Path, desk: Desk) -> str:
    """Hash what a rulebook is read from: the files' names and bytes, and what config.toml says about the desk."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.toml")):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(data)}\0".encode())
        digest.update(data)
    plain = replace(desk, instance="", caps=replace(desk.caps, allow_domains=frozenset()), peers=frozenset())
    digest.update(repr((replace(plain, blocked=frozenset()), sorted(desk.caps.allow_domains))).encode())
    return digest.hexdigest()[:VERSION_LENGTH]

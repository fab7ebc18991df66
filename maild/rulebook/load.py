"""rules/ → one frozen Rulebook, judged whole: every problem of every file at once, or a rulebook that can be used."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from maild.config.judge import Config
from maild.config.mailboxes import unknown_departments
from maild.config.toml_file import shown
from maild.core.errors import Problem, Unusable
from maild.core.rules.calendars import Calendar
from maild.core.rules.casetypes import CaseType
from maild.core.rules.organisation import Desk, Rulebook
from maild.core.values.mail import Envelope, Mail, ReadingFailed
from maild.core.values.people import domain_of
from maild.rulebook import calendars, contacts, examples, organisation, routing, types
from maild.rulebook import verbs as verb_files
from maild.rulebook.files import Files
from maild.rulebook.names import Names
from maild.rulebook.patterns import Patterns

VERSION_LENGTH = 16
KNOWN_FILES = frozenset(
    f"{name}.toml" for name in ("departments", "groups", "people", "trust", "calendar", "contacts", "verbs")
)
Read = Callable[[bytes, Envelope], Mail | ReadingFailed]
"""Reads a mail, for the rules' own examples."""


def load(config: Config, *, instance: str, read: Read | None = None) -> Rulebook:
    """Read the folder of rules, judge it, and run the rules' examples when ``read`` is given.

    ``instance`` is the store's random name.

    Raises:
        Unusable: with every problem, each with file and line.

    """
    loaded = judge(config, instance=instance)
    if loaded.rulebook is None:
        raise Unusable(loaded.problems)
    if read is not None and (failed := examples.run(loaded.rulebook, loaded.examples, read)):
        raise Unusable(tuple(one.problem for one in failed))
    return loaded.rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the folder holds: a rulebook with its examples, or the problems that left none."""

    rulebook: Rulebook | None
    examples: tuple[routing.Example, ...] = ()
    problems: tuple[Problem, ...] = ()


def judge(config: Config, *, instance: str) -> Loaded:
    """Read the folder of rules and judge it whole."""
    files, patterns, zone = Files(config.rules), Patterns(), ZoneInfo(config.desk.timezone)
    hours = calendars.read(files, zone=zone, language=config.desk.languages[0])
    found = organisation.read(files, config, files.named("calendar.toml", hours))
    known = contacts.read(files)
    departments = files.named("departments.toml", found.departments)
    kinds = types.read(files, patterns, languages=config.desk.languages, departments=departments)
    names = _names(config, files, found, known, kinds)
    _default_types(files, found, names)
    routes = routing.read(files, names, patterns)
    verbs = verb_files.read(files)
    _forms(files, found, known)
    _strangers(files)
    if departments is not None:
        files.problems.extend(unknown_departments(config.imap, departments))
    if files.problems:
        return Loaded(rulebook=None, problems=tuple(files.problems))
    desk = _desk(config, found, instance)
    book = _rulebook(config, desk, found, hours, known, kinds or {})
    book = replace(
        book,
        lists=MappingProxyType(routes.lists),
        patterns=patterns.freeze(),
        verbs=MappingProxyType(verbs),
        warnings=tuple(map(str, files.warnings)),
    )
    return Loaded(rulebook=book, examples=tuple(routes.examples))


def _names(
    config: Config,
    files: Files,
    found: organisation.Organisation,
    known: contacts.Contacts,
    kinds: dict[str, CaseType] | None,
) -> Names:
    """Gather the names; those that a broken file would give are not asked for: they would all be unknown."""
    letters = sorted({path.name.removesuffix(".j2") for path in config.templates.glob("*/ack.*.j2")})
    fields = None if kinds is None else sorted({one.name for kind in kinds.values() for one in kind.fields})
    return Names(
        departments=files.named("departments.toml", found.departments),
        groups=files.named("groups.toml", found.groups),
        agents=files.named("people.toml", found.agents),
        languages=config.desk.languages,
        types=None if kinds is None else tuple(kinds),
        fields=fields,
        templates=[name for name in letters if not name.endswith(".html")],
        tags=files.named("contacts.toml", known.tags),
        organisations=files.named("contacts.toml", known.organisations),
        agreements=files.named("contacts.toml", known.agreements),
    )


def _default_types(files: Files, found: organisation.Organisation, names: Names) -> None:
    document = files.document("departments.toml")
    if document is None:
        return
    for department in found.departments.values():
        keys = (department.id, "default_type")
        names.check(partial(files.wrong, document), keys, "type", department.default_type)


def _forms(files: Files, found: organisation.Organisation, known: contacts.Contacts) -> None:
    """See that a web form's sender is neither an address of ours nor an agent's: these are somebody already."""
    ours = {address for one in found.departments.values() for address in (one.address, *one.aliases)}
    agents = {address for one in found.agents.values() for address in one.addresses}
    for address, (document, keys) in known.forms.items():
        if address in ours or address in agents:
            whose = "a department's" if address in ours else "an agent's"
            files.wrong(document, keys, f'{address} is {whose} address: "reply-to" is for the sender of a web form')


def _strangers(files: Files) -> None:
    """Warn of files that nothing is read from: a misspelt name would otherwise be rules that never hold."""
    for path in sorted(files.folder.rglob("*.toml")):
        inside = path.relative_to(files.folder)
        in_folder = len(inside.parts) == 2 and inside.parts[0] in (routing.FOLDER, types.FOLDER)
        if not (in_folder or inside.name.startswith(".") or inside.as_posix() in KNOWN_FILES):
            files.warnings.append(Problem(where=f"{shown(path)}:1", what="nothing is read from this file"))


def _desk(config: Config, found: organisation.Organisation, instance: str) -> Desk:
    return Desk(
        name=config.desk.name,
        number_prefix=config.desk.number_prefix,
        timezone=config.desk.timezone,
        languages=config.desk.languages,
        reply_domain=config.desk.reply_domain,
        instance=instance,
        trust=config.trust.mode,
        agents=config.trust.agents,
        spam_header=None if config.trust.spam_header is None else config.trust.spam_header.lower(),
        operator=config.desk.operator,
        caps=config.caps,
        peers=found.peers,
        blocked=found.blocked,
    )


def _rulebook(
    config: Config,
    desk: Desk,
    found: organisation.Organisation,
    hours: dict[str, Calendar],
    known: contacts.Contacts,
    kinds: dict[str, CaseType],
) -> Rulebook:
    addresses = {
        address: department.id
        for department in found.departments.values()
        for address in (department.address, *department.aliases)
    }
    domains = {domain_of(address) for address in addresses} | ({desk.reply_domain} - {None})
    by_agent = {address: agent.id for agent in found.agents.values() for address in agent.addresses}
    return Rulebook(
        version=version_of(config.rules, desk),
        desk=desk,
        departments=MappingProxyType(found.departments),
        groups=MappingProxyType(found.groups),
        agents=MappingProxyType(found.agents),
        by_address=MappingProxyType(addresses),
        agent_by_address=MappingProxyType(by_agent),
        domains=frozenset(str(domain) for domain in domains),
        types=MappingProxyType(kinds),
        calendars=MappingProxyType(hours),
        zone=ZoneInfo(config.desk.timezone),
        organisations=MappingProxyType(known.organisations),
        organisation_by_domain=MappingProxyType(known.by_domain),
        contacts=MappingProxyType(known.people),
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

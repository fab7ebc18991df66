"""departments.toml, groups.toml, people.toml and trust.toml → the organisation's frozen values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from maild.config import values
from maild.config.judge import Config
from maild.config.toml_file import Document, tell, unknown
from maild.core.rules.organisation import Absence, Agent, Department, Group
from maild.rulebook.files import Files
from maild.rulebook.shapes import AgentShape, DepartmentShape, GroupShape, PeopleShape, TrustShape


@dataclass(slots=True, kw_only=True)
class Organisation:
    """What the files say about who is who."""

    departments: dict[str, Department] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    peers: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()


def read(files: Files, config: Config, calendars: tuple[str, ...] | None) -> Organisation:
    """Read and judge the files; what is wrong is in ``files.problems``. ``calendars`` is None when nobody knows."""
    people = files.judged("people.toml", PeopleShape, needed=True)
    groups = files.judged("groups.toml", dict[str, GroupShape], needed=True)
    departments = files.judged("departments.toml", dict[str, DepartmentShape], needed=True)
    found = Organisation()
    reader = _Reader(files, config, found, calendars)
    if people is not None:
        reader.people(*people)
    known_groups = () if groups is None else tuple(groups[1])
    known_departments = () if departments is None else tuple(departments[1])
    if groups is not None:
        reader.groups(*groups, known_departments, people[1] if people is not None else None)
    if departments is not None:
        reader.departments(*departments, known_groups if groups is not None else None)
    trust = files.judged("trust.toml", TrustShape)
    if trust is not None:
        found.peers = reader.listed(trust[0], "peers", trust[1].peers)
        found.blocked = reader.listed(trust[0], "blocked", trust[1].blocked)
    return found


class _Reader:
    def __init__(self, files: Files, config: Config, found: Organisation, calendars: tuple[str, ...] | None) -> None:
        self.files, self.config, self.found, self.calendars = files, config, found, calendars
        self.taken: dict[str, str] = {}
        """Every address so far, and whose it is."""

    def _parsed(self, document: Document, keys: tuple[str | int, ...], parse: Callable[[str], str], given: str) -> str:
        try:
            return parse(given)
        except ValueError as error:
            self.files.wrong(document, keys, f"found {tell(given)}, expected {error}")
            return given.lower()

    def _address(self, document: Document, keys: tuple[str | int, ...], given: str, owner: str) -> str:
        address = self._parsed(document, keys, values.address, given)
        if address in self.taken:
            self.files.wrong(document, keys, f"{address} stands there twice: it is also {self.taken[address]}")
        self.taken[address] = owner
        return address

    def _language(self, document: Document, keys: tuple[str | int, ...], given: str | None) -> str | None:
        languages = self.config.desk.languages
        if given is not None and given not in languages:
            self.files.wrong(document, keys, unknown(given, languages, kind="language"))
        return given

    def people(self, document: Document, shape: PeopleShape) -> None:
        """Read people.toml."""
        for position, one in enumerate(shape.agent):
            keys = ("agent", position)
            if one.id in self.found.agents:
                self.files.wrong(document, (*keys, "id"), f"{one.id} stands there twice")
            self.found.agents[one.id] = self._agent(document, keys, one)
        self._absences(document, shape)

    def _agent(self, document: Document, keys: tuple[str | int, ...], one: AgentShape) -> Agent:
        addresses = tuple(
            self._address(document, (*keys, "address", place), address, f"agent {one.id}")
            for place, address in enumerate(one.address)
        )
        return Agent(
            id=one.id,
            name=one.name,
            addresses=addresses,
            language=self._language(document, (*keys, "language"), one.language),
            absent=one.absent,
            load_cap=one.load_cap,
            languages=tuple(
                str(self._language(document, (*keys, "languages", place), language))
                for place, language in enumerate(one.languages)
            ),
            competences=frozenset(one.competences),
            role=one.role,
            absences=tuple(
                Absence(start=each.first, end=each.last, substitute=each.substitute) for each in one.absence
            ),
        )

    def _absences(self, document: Document, shape: PeopleShape) -> None:
        for position, one in enumerate(shape.agent):
            for place, each in enumerate(one.absence):
                keys = ("agent", position, "absence", place)
                if each.last < each.first:
                    self.files.wrong(document, keys, "until is before from")
                if each.substitute is not None and each.substitute not in self.found.agents:
                    what = unknown(each.substitute, self.found.agents, kind="agent")
                    self.files.wrong(document, (*keys, "substitute"), what)

    def groups(
        self, document: Document, shape: dict[str, GroupShape], departments: tuple[str, ...], people: PeopleShape | None
    ) -> None:
        """Read groups.toml."""
        joining: dict[str, list[str]] = {}
        for one in people.agent if people is not None else ():
            for name in one.groups:
                joining.setdefault(name, []).append(one.id)
        for name, group in shape.items():
            if departments and group.department not in departments:
                self.files.wrong(
                    document, (name, "department"), unknown(group.department, departments, kind="department")
                )
            members = list(dict.fromkeys([*group.members, *joining.get(name, ())]))
            if people is not None:
                for place, member in enumerate(group.members):
                    if member not in self.found.agents:
                        self.files.wrong(
                            document, (name, "members", place), unknown(member, self.found.agents, kind="agent")
                        )
                if group.owner is not None and group.owner not in self.found.agents:
                    self.files.wrong(document, (name, "owner"), unknown(group.owner, self.found.agents, kind="agent"))
                if not members:
                    self.files.wrong(document, (name,), "the group has no members")
            self.found.groups[name] = Group(
                id=name,
                department=group.department,
                line=group.line,
                owner=group.owner,
                members=tuple(members),
                assign=group.assign,
                prefer=tuple(group.prefer),
                escalates_to=group.escalates_to,
                calendar=self._calendar(document, (name, "calendar"), group.calendar),
            )
            if group.escalates_to is not None and group.escalates_to not in shape:
                self.files.wrong(document, (name, "escalates_to"), unknown(group.escalates_to, shape, kind="group"))
            if group.owner is None:
                self.files.warn(document, (name,), "the group has no owner: nobody answers for its queue")
        self._circles(document, shape)
        self._unknown_groups(shape, people)

    def _circles(self, document: Document, shape: dict[str, GroupShape]) -> None:
        for name in shape:
            seen, at = {name}, shape[name].escalates_to
            while at in shape and at not in seen:
                seen.add(at)
                at = shape[at].escalates_to
            if at == name:
                self.files.wrong(document, (name, "escalates_to"), "escalation goes round in a circle")

    def _calendar(self, document: Document, keys: tuple[str | int, ...], given: str | None) -> str | None:
        if given is not None and self.calendars is not None and given not in self.calendars:
            self.files.wrong(document, keys, unknown(given, self.calendars, kind="calendar"))
        return given

    def _unknown_groups(self, shape: dict[str, GroupShape], people: PeopleShape | None) -> None:
        document = self.files.document("people.toml")
        if people is None or document is None:
            return
        for position, one in enumerate(people.agent):
            for place, name in enumerate(one.groups):
                if name not in shape:
                    keys = ("agent", position, "groups", place)
                    self.files.wrong(document, keys, unknown(name, shape, kind="group"))

    def departments(
        self, document: Document, shape: dict[str, DepartmentShape], groups: tuple[str, ...] | None
    ) -> None:
        """Read departments.toml."""
        if not shape:
            self.files.wrong(document, (), "there is no department; write at least one, as in [it]")
        for name, one in shape.items():
            if groups is not None and one.default_group not in groups:
                self.files.wrong(document, (name, "default_group"), unknown(one.default_group, groups, kind="group"))
            owner = f"department {name}"
            self.found.departments[name] = Department(
                id=name,
                address=self._address(document, (name, "address"), one.address, owner),
                aliases=tuple(
                    self._address(document, (name, "aliases", place), alias, owner)
                    for place, alias in enumerate(one.aliases)
                ),
                sender_name=one.sender_name,
                default_type=one.default_type,
                default_group=one.default_group,
                language=self._language(document, (name, "language"), one.language) or self.config.desk.languages[0],
                cc=one.cc,
                reopen_days=one.reopen_days,
                shared="note" if one.shared == "noted" else one.shared,
                burst=one.burst,
                bursts={
                    self._parsed(document, (name, "bursts", sender), values.address, sender): most
                    for sender, most in one.bursts.items()
                },
                confidential=one.confidential,
                head=one.head,
                calendar=self._calendar(document, (name, "calendar"), one.calendar)
                or next(iter(self.calendars or ()), None),
            )
            if one.head is None:
                self.files.warn(document, (name,), "the department has no head: nobody answers for its address")
            elif self.found.agents and one.head not in self.found.agents:
                self.files.wrong(document, (name, "head"), unknown(one.head, self.found.agents, kind="agent"))

    def listed(self, document: Document, name: str, given: list[str]) -> frozenset[str]:
        """Read a list of addresses and domains."""
        parsed = [
            self._parsed(document, (name, place), values.address if "@" in text else values.domain, text)
            for place, text in enumerate(given)
        ]
        return frozenset(parsed)

"""contacts.toml: organisations, and the customers that rules know."""

from __future__ import annotations

from dataclasses import dataclass, field

from maild.config import values
from maild.config.toml_file import Document, tell, unknown
from maild.config.toml_lines import Path as Keys
from maild.core.rules.organisation import Agreement, Organisation, Person
from maild.rulebook.files import Files
from maild.rulebook.type_shapes import ContactsShape


@dataclass(slots=True, kw_only=True)
class Contacts:
    """What contacts.toml says."""

    organisations: dict[str, Organisation] = field(default_factory=dict)
    by_domain: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    forms: dict[str, tuple[Document, Keys]] = field(default_factory=dict)
    """Web forms, by their sender, and where that is said."""

    @property
    def tags(self) -> list[str]:
        """Every tag that stands there."""
        tags = [one.tags for one in self.organisations.values()] + [one.tags for one in self.people.values()]
        return sorted({tag for each in tags for tag in each})

    @property
    def agreements(self) -> list[str]:
        """Every agreement's name."""
        return sorted({one.name for organisation in self.organisations.values() for one in organisation.agreements})


def read(files: Files) -> Contacts:
    """Read and judge contacts.toml."""
    found = Contacts()
    judged = files.judged("contacts.toml", ContactsShape)
    if judged is None:
        return found
    document, shape = judged
    for position, one in enumerate(shape.organisation):
        keys: Keys = ("organisation", position)
        if one.name in found.organisations:
            files.wrong(document, (*keys, "name"), f"{one.name} stands there twice")
        domains = [
            _parsed(files, document, (*keys, "domains", place), values.domain, text)
            for place, text in enumerate(one.domains)
        ]
        for place, domain in enumerate(domains):
            if domain in found.by_domain:
                what = f"{domain} is {found.by_domain[domain]}'s already"
                files.wrong(document, (*keys, "domains", place), what)
            found.by_domain[domain] = one.name
        found.organisations[one.name] = Organisation(
            name=one.name,
            domains=tuple(domains),
            tags=frozenset(one.tags),
            agreements=tuple(
                Agreement(name=each.name, valid_from=each.valid_from, valid_until=each.valid_until)
                for each in one.agreement
            ),
        )
    for position, person in enumerate(shape.contact):
        keys = ("contact", position)
        address = _parsed(files, document, (*keys, "address"), values.address, person.address)
        if address in found.people:
            files.wrong(document, (*keys, "address"), f"{address} stands there twice")
        if person.organisation is not None and person.organisation not in found.organisations:
            what = unknown(person.organisation, found.organisations, kind="organisation")
            files.wrong(document, (*keys, "organisation"), what)
        found.people[address] = Person(
            address=address,
            organisation=person.organisation,
            tags=frozenset(person.tags),
            identity=person.identity,
        )
        if person.identity == "reply-to":
            found.forms[address] = (document, (*keys, "identity"))
    return found


def _parsed(files: Files, document: Document, keys: Keys, parse: object, text: str) -> str:
    try:
        return str(parse(text))  # type: ignore[operator]
    except ValueError as error:
        files.wrong(document, keys, f"found {tell(text)}, expected {error}")
        return text.lower()

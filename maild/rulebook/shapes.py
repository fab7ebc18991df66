"""The rule files of the organisation as they are written: departments, groups, people, trust."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from maild.config.toml_file import Shape, tell


def _listed(value: object) -> object:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value:
        return value
    raise ValueError(f"found {tell(value)}, expected text in quotes, or a list of them")


def _listed_or_bool(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, (str, list)):
        return _listed(value)
    raise ValueError(f"found {tell(value)}, expected text in quotes, a list of them, true or false")


Words = Annotated[
    list[str],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One text or a list of them."""
WordsOrBool = Annotated[
    bool | list[str],
    BeforeValidator(_listed_or_bool),
    WithJsonSchema(
        {"anyOf": [{"type": "boolean"}, {"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    ),
]


class DepartmentShape(Shape):
    """One table of departments.toml; its key is the department's id."""

    address: str = Field(description='the address people write to, as in "it@desk.example"')
    aliases: list[str] = Field(default_factory=list)
    sender_name: str = Field(min_length=1, description='the name letters come from, as in "IT-support"')
    default_type: str = "general"
    default_group: str = Field(description="the group that gets what no rule sends elsewhere")
    language: str | None = None
    cc: Literal["join", "ask", "never"] = "join"
    reopen_days: int = Field(default=30, ge=0, le=3650)
    shared: Literal["noted", "child", "note"] | None = Field(
        default=None, description="how it hears of a mail to another department: told, or a case of its own"
    )
    burst: int = Field(default=10, ge=0, le=10000)
    bursts: dict[str, Annotated[int, Field(ge=0, le=10000)]] = Field(
        default_factory=dict, description="the same for one sender, by address; 0 = never"
    )
    confidential: bool = False
    head: str | None = Field(default=None, description="the agent who answers for it")
    calendar: str | None = Field(default=None, description="its opening hours in calendar.toml")


class GroupShape(Shape):
    """One table of groups.toml; its key is the group's id."""

    department: str = Field(description="the department's id")
    line: Literal[1, 2, 3] = 1
    owner: str | None = None
    members: list[str] = Field(default_factory=list)
    assign: Literal["round_robin", "least_open", "group"] = "least_open"
    prefer: list[Literal["sticky", "language", "competence"]] = Field(default_factory=list)
    escalates_to: str | None = None
    calendar: str | None = None


class AbsenceShape(Shape):
    """One entry of an agent's ``absence``; both days are inside."""

    first: date = Field(alias="from")
    last: date = Field(alias="until")
    substitute: str | None = None


class AgentShape(Shape):
    """One ``[[agent]]`` of people.toml."""

    id: str = Field(min_length=1, description='a short name that never changes, as in "camilla.dahl"')
    name: str = Field(min_length=1, description="first and last name")
    address: Words = Field(min_length=1, description="mail addresses, the one that letters go to first")
    language: str | None = None
    groups: list[str] = Field(default_factory=list)
    load_cap: int | None = Field(default=None, ge=0)
    absent: bool = False
    absence: list[AbsenceShape] = Field(default_factory=list)
    languages: list[str] = Field(default_factory=list)
    competences: list[str] = Field(default_factory=list)
    role: Literal["agent", "lead", "head"] = "agent"


class PeopleShape(Shape):
    """people.toml."""

    agent: list[AgentShape] = Field(default_factory=list)


class TrustShape(Shape):
    """trust.toml."""

    peers: list[str] = Field(default_factory=list)
    blocked: list[str] = Field(default_factory=list)


class Until(Shape):
    """The dates between which something holds; both are inside."""

    valid_from: date | None = None
    valid_until: date | None = None

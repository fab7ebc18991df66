"""types/*.toml, calendar.toml, contacts.toml and verbs.toml as they are written."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from maild.config.toml_file import Shape
from maild.rulebook.shapes import Until, Words

Texts = dict[str, str]
"""By language."""


class FieldShape(Shape):
    """One ``[[TYPE.field]]``."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="small letters, digits and _, as in asset_or_room")
    kind: Literal["text", "int", "decimal", "date", "datetime", "choice", "ref", "bool"] = "text"
    label: Texts = Field(default_factory=dict)
    hint: Texts = Field(default_factory=dict)
    choices: list[str] = Field(default_factory=list)
    synonyms: list[str] = Field(default_factory=list)
    find: str | None = Field(default=None, description="a regular expression that finds the value in free text")
    report: bool = True


class ViewShape(Shape):
    """``[TYPE.department.DEPARTMENT]``: what one department requires beside the type's own."""

    required_open: list[str] = Field(default_factory=list)
    required_close: list[str] = Field(default_factory=list)


class TypeShape(Shape):
    """One table of types/*.toml; file name and key make the type's id."""

    label: Texts = Field(default_factory=dict)
    support: Literal["practical", "system", "professional", "guidance"] = "practical"
    confidential: bool = False
    required_open: list[str] = Field(default_factory=list)
    required_close: list[str] = Field(default_factory=list)
    first_response: str | None = None
    resolution: str | None = None
    max_info_rounds: int = Field(default=2, ge=0, le=10)
    remind_days: list[int] = Field(default_factory=lambda: [3, 7])
    autoclose_days: int | None = Field(default=14, ge=1)
    field: list[FieldShape] = Field(default_factory=list)
    department: dict[str, ViewShape] = Field(default_factory=dict)


class ClosedShape(Shape):
    """One closed day, or several in a row."""

    day: date | None = Field(default=None, alias="date")
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="until")
    name: str = ""


class CalendarShape(Shape):
    """One table of calendar.toml; its key is the calendar's id."""

    country: str | None = Field(default=None, description="two letters, as in NO: its public holidays are closed")
    subdivision: str | None = None
    hours: dict[str, Words] = Field(description='as in { "mon-fri" = "08:00-15:30" }')
    closed: list[ClosedShape] = Field(default_factory=list)
    open: list[date] = Field(default_factory=list, description="holidays on which it is open all the same")


class AgreementShape(Until):
    """One agreement of an organisation."""

    name: str = Field(min_length=1)


class OrganisationShape(Shape):
    """One ``[[organisation]]`` of contacts.toml."""

    name: str = Field(min_length=1)
    domains: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    agreement: list[AgreementShape] = Field(default_factory=list)


class ContactShape(Shape):
    """One ``[[contact]]`` of contacts.toml."""

    address: str
    organisation: str | None = None
    tags: list[str] = Field(default_factory=list)
    identity: Literal["from", "reply-to"] = Field(
        default="from", description='"reply-to" for a web form: its Reply-To names who filled it in'
    )


class ContactsShape(Shape):
    """contacts.toml."""

    organisation: list[OrganisationShape] = Field(default_factory=list)
    contact: list[ContactShape] = Field(default_factory=list)


class VerbShape(Shape):
    """One table of verbs.toml; its key is the verb."""

    words: list[str] = Field(min_length=1)

"""routing/*.toml as it is written: rules, what they ask, what they say, and their examples."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from maild.config.toml_file import Shape
from maild.rulebook.shapes import Words, WordsOrBool


def _as_names(value: object) -> object:
    return {"name": value} if isinstance(value, (str, list)) else value


class FileShape(Shape):
    """``attachment``: what one file must be."""

    name: Words | None = None
    type: Words | None = None
    larger: str | int | None = None
    smaller: str | int | None = None


class RecipientsShape(Shape):
    """``recipients``: how many addresses stand in To and Cc."""

    least: int = Field(default=0, ge=0)
    most: int | None = Field(default=None, ge=0)


def _as_table(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, schema]}


class WhenShape(Shape):
    """``when``: all of these must hold; each may list several values of which one is enough."""

    to: Words | None = Field(default=None, description="addresses it was sent to; * stands for anything")
    cc: Words | None = Field(default=None, description="addresses it was copied to")
    role: Literal["to", "cc"] | None = Field(default=None, description="whether we stand in To or only in Cc")
    sender: Words | None = Field(default=None, alias="from", description="the author's address")
    from_domain: Words | None = Field(default=None, description="the author's domain, or one above it")
    contact_tag: Words | None = Field(default=None, description="a tag of the author in contacts.toml")
    organisation: Words | None = Field(default=None, description="the author's organisation in contacts.toml")
    agreement: Words | None = Field(default=None, description="an agreement in force of that organisation")
    words: Words | None = Field(default=None, description="whole words in subject or text; pass* is a beginning")
    subject_words: Words | None = Field(default=None, description="whole words in the subject")
    text_words: Words | None = Field(default=None, description="whole words in the writer's own text")
    regex: Words | None = Field(default=None, description="a regular expression (RE2) in subject or text")
    subject_regex: Words | None = Field(default=None, description="a regular expression in the subject")
    text_regex: Words | None = Field(default=None, description="a regular expression in the text")
    header: dict[str, WordsOrBool] | None = Field(
        default=None, description="header values; true = it is there, false = it is not"
    )
    attachment: (
        Annotated[FileShape, BeforeValidator(_as_names), WithJsonSchema(_as_table({"type": "object"}))] | None
    ) = Field(default=None, description='a file like "*.pdf", or { name, type, larger, smaller }')
    has_attachment: bool | None = None
    language: Words | None = Field(default=None, description="the language the text is written in")
    automatic: bool | None = Field(default=None, description="a program wrote it")
    mailing_list: bool | None = Field(default=None, alias="list", description="it came through a mailing list")
    bounce: bool | None = Field(default=None, description="it is a delivery report")
    authenticated: bool | None = Field(default=None, description="the author's domain is proven")
    reply: bool | None = Field(default=None, description="it answers another mail")
    forward: bool | None = Field(default=None, description="it passes another mail on")
    field: dict[str, Words] | None = Field(default=None, description="values set by rules above that continue")
    open_hours: bool | None = Field(default=None, description="it came while the department is open")
    recipients: RecipientsShape | None = Field(default=None, description="{ least, most } addresses in To and Cc")
    any_of: list[WhenShape] | None = Field(
        default=None, alias="any", min_length=1, description="one of these tables is enough"
    )
    all_of: list[WhenShape] | None = Field(default=None, alias="all", min_length=1, description="all of these tables")
    none_of: WhenShape | None = Field(default=None, alias="not", description="this table does not hold")


class ThenShape(Shape):
    """``then``: what is to be done."""

    type: str | None = Field(default=None, description="the case type")
    department: str | None = Field(default=None, description="move it to this department")
    group: str | None = None
    assignee: str | None = Field(default=None, description="this agent")
    assign: Literal["round_robin", "least_open", "group"] | None = None
    prefer: list[Literal["sticky", "language", "competence"]] | None = None
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    tags: Words | None = None
    confidential: bool | None = None
    fields: dict[str, str] | None = Field(default=None, description='as in { invoice_no = "{nr}" }')
    template: str | None = Field(default=None, description="the acknowledgement to send, as in ack.it")
    no_ack: str | None = Field(default=None, min_length=1, description="send no acknowledgement; the reason why")
    watchers: Words | None = Field(default=None, description="agents who are told, too")
    due: str | None = Field(default=None, description='as in "4h" (opening hours) or "2d" (working days)')
    master: int | None = Field(default=None, ge=1, description="link to this case, as one of many")
    spam: bool | None = None


class ExampleShape(Shape):
    """``[[rule.example]]``: a mail, and what must become of it."""

    sender: str | None = Field(default=None, alias="from", description="the author; somebody by default")
    to: Words | None = None
    cc: Words | None = None
    subject: str = ""
    text: str = ""
    headers: dict[str, str] | None = None
    attachments: list[str] | None = Field(default=None, description="file names")
    file: str | None = Field(default=None, description="a mail as a file (.eml), beside this one")
    at: datetime | date | None = Field(default=None, description="when it comes; 2026-12-01 09:00 when not said")
    hits: bool = Field(default=True, description="false: this rule must not hit")
    type: str | None = None
    department: str | None = None
    group: str | None = None
    assignee: str | None = None
    priority: str | None = None
    tags: Words | None = None
    confidential: bool | None = None
    fields: dict[str, str] | None = None
    ack: bool | None = None
    spam: bool | None = None


class RuleShape(Shape):
    """One ``[[rule]]``."""

    name: str = Field(min_length=1, max_length=100, description="a name of its own")
    description: str = ""
    when: WhenShape | None = None
    then: ThenShape = Field(description="what is to be done")
    go_on: bool = Field(default=False, alias="continue", description="ask the rules below, too")
    valid_from: date | None = None
    valid_until: date | None = Field(default=None, description="the last day it holds")
    example: list[ExampleShape] = Field(default_factory=list)


class RoutingShape(Shape):
    """One file of routing/."""

    rule: list[RuleShape] = Field(default_factory=list)

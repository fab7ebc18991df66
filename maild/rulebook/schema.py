"""JSON Schemas of config.toml and the rule files, so that editors (taplo, Even Better TOML) complete and check keys."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from maild.config.shape import ConfigFile
from maild.rulebook.routing_shapes import RoutingShape
from maild.rulebook.shapes import DepartmentShape, GroupShape, PeopleShape, TrustShape
from maild.rulebook.type_shapes import CalendarShape, ContactsShape, TypeShape, VerbShape

SHAPES: dict[str, Any] = {
    "config.toml": ConfigFile,
    "rules/departments.toml": dict[str, DepartmentShape],
    "rules/groups.toml": dict[str, GroupShape],
    "rules/people.toml": PeopleShape,
    "rules/trust.toml": TrustShape,
    "rules/calendar.toml": dict[str, CalendarShape],
    "rules/contacts.toml": ContactsShape,
    "rules/verbs.toml": dict[str, VerbShape],
    "rules/types/*.toml": dict[str, TypeShape],
    "rules/routing/*.toml": RoutingShape,
}
"""The shape by the files it is for."""
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of every kind of file."""
    return {
        name: {"$schema": _DRAFT, "title": name} | TypeAdapter(shape).json_schema(by_alias=True)
        for name, shape in SHAPES.items()
    }


def file_name(name: str) -> str:
    """Return what a schema's own file is called: ``rules/routing/*.toml`` → ``routing.schema.json``."""
    plain = name.removeprefix("rules/").replace("/*", "").removesuffix(".toml")
    return f"{plain}.schema.json"

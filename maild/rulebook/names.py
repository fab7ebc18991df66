"""The names that rules may use, gathered from the other files, and the check that a name is one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from maild.config.toml_file import unknown
from maild.config.toml_lines import Path as Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What there is; None means that nobody has said, so anything goes."""

    departments: Sequence[str] | None = ()
    groups: Sequence[str] | None = ()
    agents: Sequence[str] | None = ()
    languages: Sequence[str] = ()
    types: Sequence[str] | None = None
    fields: Sequence[str] | None = None
    templates: Sequence[str] | None = None
    tags: Sequence[str] | None = ()
    organisations: Sequence[str] | None = ()
    agreements: Sequence[str] | None = ()

    def check(self, wrong: Callable[[Keys, str], None], keys: Keys, kind: str, name: str | None) -> None:
        """Note a problem when a name is none of its kind (``group``, ``agent``…)."""
        known: Sequence[str] | None = getattr(self, f"{kind}s")
        if name is not None and known is not None and name not in known:
            wrong(keys, unknown(name, known, kind=kind))

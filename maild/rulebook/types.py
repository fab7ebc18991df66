"""types/*.toml → case types with their typed fields, judged."""

from __future__ import annotations

from collections.abc import Iterable

from maild.config import values
from maild.config.toml_file import Document, unknown
from maild.config.toml_lines import Path as Keys
from maild.core.rules.calendars import Period
from maild.core.rules.casetypes import CaseType, Field
from maild.rulebook.files import Files
from maild.rulebook.patterns import Patterns
from maild.rulebook.type_shapes import FieldShape, TypeShape

FOLDER = "types"


def read(
    files: Files, patterns: Patterns, *, languages: Iterable[str], departments: tuple[str, ...] | None
) -> dict[str, CaseType] | None:
    """Read and judge the files; None when nobody has said which types there are: no folder, or a broken file."""
    folder = files.folder / FOLDER
    if not folder.is_dir():
        return None
    found: dict[str, CaseType] = {}
    whole = True
    for path in sorted(folder.glob("*.toml")):
        judged = files.judged(f"{FOLDER}/{path.name}", dict[str, TypeShape])
        if judged is None:
            whole = False
            continue
        reader = _File(files, judged[0], patterns, tuple(languages), departments)
        for key, shape in judged[1].items():
            name = key if path.stem == key else f"{path.stem}.{key}"
            if name in found:
                files.wrong(judged[0], (key,), f"the type {name} stands in another file, too")
            found[name] = reader.type(name, key, shape)
    return found if whole else None


class _File:
    def __init__(
        self,
        files: Files,
        document: Document,
        patterns: Patterns,
        languages: tuple[str, ...],
        departments: tuple[str, ...] | None,
    ) -> None:
        self.files, self.document, self.patterns = files, document, patterns
        self.languages, self.departments = languages, departments

    def _wrong(self, keys: Keys, what: str) -> None:
        self.files.wrong(self.document, keys, what)

    def type(self, name: str, key: str, shape: TypeShape) -> CaseType:
        """Judge one type."""
        keys: Keys = (key,)
        self._texts((*keys, "label"), shape.label)
        fields = tuple(self._field((*keys, "field", n), one) for n, one in enumerate(shape.field))
        names = [one.name for one in fields]
        for position, one in enumerate(names):
            if one in names[:position]:
                self._wrong((*keys, "field", position, "name"), f"{one} stands there twice")
        required = {"required_open": shape.required_open, "required_close": shape.required_close}
        for which, listed in required.items():
            self._required((*keys, which), listed, fields, also=shape.required_open if "close" in which else ())
        views = {}
        for department, view in shape.department.items():
            place: Keys = (*keys, "department", department)
            if self.departments is not None and department not in self.departments:
                self._wrong(place, unknown(department, self.departments, kind="department"))
            self._required((*place, "required_open"), view.required_open, fields)
            self._required((*place, "required_close"), view.required_close, fields)
            views[department] = (tuple(view.required_open), tuple(view.required_close))
        return CaseType(
            id=name,
            label=shape.label,
            support=shape.support,
            confidential=shape.confidential,
            fields=fields,
            required_open=tuple(shape.required_open),
            required_close=tuple(shape.required_close),
            first_response=self._period((*keys, "first_response"), shape.first_response),
            resolution=self._period((*keys, "resolution"), shape.resolution),
            max_info_rounds=shape.max_info_rounds,
            remind_days=tuple(shape.remind_days),
            autoclose_days=shape.autoclose_days,
            departments=views,
        )

    def _texts(self, keys: Keys, texts: dict[str, str]) -> None:
        for language in texts:
            if language not in self.languages:
                self._wrong((*keys, language), unknown(language, self.languages, kind="language"))

    def _required(self, keys: Keys, listed: list[str], fields: tuple[Field, ...], also: Iterable[str] = ()) -> None:
        by_name = {one.name: one for one in fields}
        for position, name in enumerate(listed):
            place = (*keys, position)
            if name not in by_name:
                self._wrong(place, unknown(name, by_name, kind="field"))
            elif name in listed[:position] or name in also:
                self._wrong(place, f"{name} is required already")
            elif not by_name[name].report:
                what = f"people must write {name}, but no report uses it (report = false): require it not, or report it"
                self.files.warn(self.document, place, what)

    def _field(self, keys: Keys, shape: FieldShape) -> Field:
        self._texts((*keys, "label"), shape.label)
        self._texts((*keys, "hint"), shape.hint)
        if shape.kind == "choice" and len(shape.choices) < 2:
            self._wrong((*keys, "choices"), "a field of kind choice needs at least two choices")
        if shape.kind != "choice" and shape.choices:
            self._wrong((*keys, "choices"), f"a field of kind {shape.kind} has no choices")
        if len({choice.casefold() for choice in shape.choices}) != len(shape.choices):
            self._wrong((*keys, "choices"), "a choice stands there twice")
        find = None
        if shape.find is not None:
            try:
                find = self.patterns.add(shape.find)
            except ValueError as error:
                self._wrong((*keys, "find"), str(error))
        return Field(
            name=shape.name,
            kind=shape.kind,
            label=shape.label,
            hint=shape.hint,
            choices=tuple(shape.choices),
            synonyms=tuple(shape.synonyms),
            find=find,
            report=shape.report,
        )

    def _period(self, keys: Keys, given: str | None) -> Period | None:
        if given is None:
            return None
        try:
            return values.period(given)
        except ValueError as error:
            self._wrong(keys, f'found "{given}", expected {error}')
            return None

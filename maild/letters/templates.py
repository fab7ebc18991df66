"""The letters as files: ``templates/<language>/<kind>.j2``, judged whole at load (the one home of jinja2).

A file is one whole letter: the subject on the first line, an empty line, the text. ``<kind>.html.j2`` beside it is
the same letter in HTML, where one is wanted. ``<kind>.<name>.j2`` is a variant: for a department (``ack.it.j2``), a
case type, or what a rule names. Templates come from the admin; text from mail reaches them only as
values, is never source, and is rendered once (law W5).
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from maild.core.errors import Problem, Unusable, decoded
from maild.core.letters.reply_marker import SENTINEL_ID, sentinel
from maild.core.plan import NoticeKind
from maild.letters.shown import KINDS, LISTS, OURS, SHOWN, Value, sample

MOST_OUTPUT = 256 * 1024
"""Characters one letter may come to, beyond the words of an agent's answer (law W5)."""
VERSION_LENGTH = 16
KIN = {"nn": "no", "nb": "no", "da": "no"}
"""Where a language without letters of its own looks next; after that, the desk's first language."""

_FAULTS = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a template, an admin's program, may raise."""


class Broken(Exception):
    """A letter that would not render; the message says which file, line and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One rendered letter, nothing in it cleaned yet."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    where: str
    subject: Template
    text: Template
    html: Template | None


@dataclass(frozen=True, slots=True)
class Letters:
    """Every letter in every language, compiled, by language and name: a kind, or a variant such as ``ack.it``."""

    languages: tuple[str, ...]
    compiled: Mapping[tuple[str, str], _Compiled]
    version: str
    """Stands for every file they were read from, as a rulebook's does for the rules."""

    def language(self, wanted: str) -> str:
        """Return the language a letter is written in: the one wanted, its kin, or the desk's first."""
        for language in (wanted, KIN.get(wanted, "")):
            if (language, "ack") in self.compiled:
                return language
        return self.languages[0]

    def render(
        self, kind: NoticeKind, language: str, values: Mapping[str, Value], *, prefer: Iterable[str] = ()
    ) -> Text:
        """Render one letter with the values its kind may show; those not given are empty.

        ``prefer`` names variants of the kind, the best first; those that do not exist are passed over.

        Raises:
            Broken: when the template fails or its output is too long.

        """
        spoken = self.language(language)
        for name in prefer:
            variant = self.compiled.get((spoken, name))
            if variant is not None and kind_of(name) == kind:
                return _render(variant, kind, values)
        return _render(self.compiled[spoken, kind], kind, values)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, and no multiplying of texts: ``'a' * 10**9`` would take all memory."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not (isinstance(left, int) and isinstance(right, int)):
            raise SecurityError(f"{operator} is for numbers only")
        return super().call_binop(context, operator, left, right)


def _lines(text: object) -> Markup:
    """HTML filter: text with its line ends kept (mail clients without ``white-space`` know only ``<br>``)."""
    return Markup(str(escape(text)).replace("\n", "<br>\n"))  # noqa: S704 (escaped here)


def _environment(*, html: bool) -> _Sandbox:
    made = _Sandbox(
        undefined=StrictUndefined,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    made.filters["lines"] = _lines
    for name in ("center", "format"):  # both write as many characters as they are told
        made.filters.pop(name, None)
    return made


_TEXT, _HTML = _environment(html=False), _environment(html=True)


def load(folder: Path, languages: tuple[str, ...]) -> Letters:
    """Read, judge and compile every letter of the desk's languages and of their kin.

    Files that are as they were give the letters that were made of them: a start judges them and then uses them.

    Raises:
        Unusable: with every problem of every file, each as ``file:line``.

    """
    if not folder.is_dir():
        raise Unusable((Problem(where=str(folder), what="there is no such folder of letters"),))
    version = _version(folder)
    letters = _load(folder, languages, version)
    if _version(folder) != version:  # what was written while the files were read stands for no version
        _load.cache_clear()
    return letters


@lru_cache(maxsize=2)
def _load(folder: Path, languages: tuple[str, ...], version: str) -> Letters:
    """Do it; ``version`` was read first: what is written while the files are read is seen at the next look."""
    problems: list[Problem] = []
    compiled: dict[tuple[str, str], _Compiled] = {}
    present = [entry.name for entry in sorted(folder.iterdir()) if entry.is_dir() and not entry.name.startswith(".")]
    for language in dict.fromkeys([*languages, *present]):
        problems += _strangers(folder / language)
        paths = _paths(folder, language)
        if language in languages:
            missing = [folder / language / f"{kind}.j2" for kind in KINDS if kind not in paths]
            problems += [Problem(where=str(path), what="this letter is missing") for path in missing]
        for name, path in paths.items():
            letter, wrong = _judge(path, name, language)
            problems += wrong
            if letter is not None:
                compiled[language, name] = letter
    if problems:
        raise Unusable(tuple(dict.fromkeys(problems)))
    return Letters(languages, compiled, version)


def _version(folder: Path) -> str:
    """Hash the names and bytes of the files that letters may be read from; one that cannot be read is a problem."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*/*.j2")):
        with contextlib.suppress(OSError):
            data = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(data)}\0".encode())
            digest.update(data)
    return digest.hexdigest()[:VERSION_LENGTH]


def kind_of(name: str) -> NoticeKind | None:
    """Return the kind a letter's name stands for: ``ack`` for ``ack`` and for ``ack.it``; None when there is none."""
    return next((kind for kind in KINDS if kind == name.partition(".")[0]), None)


def _paths(folder: Path, language: str) -> dict[str, Path]:
    """Return the letters of a language by name, its kin's where it has none of its own."""
    found: dict[str, Path] = {}
    for known in (KIN.get(language), language):
        if known is not None and (folder / known).is_dir():
            for path in sorted((folder / known).glob("*.j2")):
                name = path.name.removesuffix(".j2")
                if not name.endswith(".html") and kind_of(name) is not None:
                    found[name] = path
    return found


def _strangers(folder: Path) -> Iterator[Problem]:
    """Name files that no letter is read from: a misspelt name would otherwise be a letter nobody gets."""
    for path in sorted(folder.glob("*.j2")):
        name = path.name.removesuffix(".j2").removesuffix(".html")
        if kind_of(name) is None:
            yield Problem(where=str(path), what=f"there is no letter {name!r}{_nearest(name, KINDS)}")
        elif path.name.endswith(".html.j2") and not path.with_name(f"{name}.j2").is_file():
            yield Problem(where=str(path), what=f"there is no {name}.j2 that this could stand beside")


def _nearest(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(known))}"


def _judge(path: Path, name: str, language: str) -> tuple[_Compiled | None, list[Problem]]:
    """Compile one letter and its HTML; what is wrong with them."""
    kind = kind_of(name)
    assert kind is not None
    beside = path.with_name(f"{name}.html.j2")
    source = _source(path)
    html_source = _source(beside) if beside.is_file() else None
    if isinstance(source, Problem) or isinstance(html_source, Problem):
        return None, [found for found in (source, html_source) if isinstance(found, Problem)]
    first, _, rest = source.partition("\n")
    second, _, _ = rest.partition("\n")
    problems = [*_shape(path, first, second, rest)]
    subject, wrong = _compile(_TEXT, first, str(path), kind)
    problems += wrong
    # The subject's line stays empty in the text's source so that line numbers are the file's own.
    text, wrong = _compile(_TEXT, "\n" + rest, str(path), kind)
    problems += wrong
    html = None
    if html_source is not None:
        html, wrong = _compile(_HTML, html_source, str(beside), kind)
        problems += wrong
    if problems or subject is None or text is None:
        return None, problems
    letter = _Compiled(where=str(path), subject=subject, text=text, html=html)
    return letter, _try(letter, kind, language)


def _source(path: Path) -> str | Problem:
    try:
        found = decoded(path.read_bytes(), str(path))
    except OSError as error:
        return Problem(where=str(path), what=f"cannot be read: {error.strerror}")
    return found if isinstance(found, Problem) else found.replace("\r\n", "\n").replace("\r", "\n")


def _shape(path: Path, first: str, second: str, rest: str) -> Iterator[Problem]:
    if not first.strip():
        yield Problem(where=f"{path}:1", what="the first line must be the subject, for instance {{ subject }}")
    if second.strip():
        yield Problem(where=f"{path}:2", what="the second line must be empty, between the subject and the text")
    if not rest.strip():
        yield Problem(where=f"{path}:3", what="there is no text")


def _compile(environment: _Sandbox, source: str, where: str, kind: NoticeKind) -> tuple[Template | None, list[Problem]]:
    try:
        tree = environment.parse(source, filename=where)
    except TemplateSyntaxError as error:
        return None, [Problem(where=f"{where}:{error.lineno}", what=error.message or "syntax error")]
    problems = [
        Problem(
            where=f"{where}:{node.lineno}", what="a letter is one whole file: include, import and extends are not used"
        )
        for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))
    ]
    try:
        unknown = find_undeclared_variables(tree) - set(SHOWN[kind])
    except TemplateSyntaxError as error:  # an unknown filter or test
        return None, [*problems, Problem(where=f"{where}:{error.lineno}", what=error.message or "syntax error")]
    lines: dict[str, int] = {}
    for node in tree.find_all(nodes.Name):
        if node.name in unknown:
            lines[node.name] = min(node.lineno, lines.get(node.name, node.lineno))
    problems += [
        Problem(where=f"{where}:{line}", what=f"{kind} does not know {name!r}{_nearest(name, SHOWN[kind])}")
        for name, line in lines.items()
    ]
    if problems:
        return None, problems
    try:
        code = environment.compile(tree, name=where, filename=where)
    except TemplateSyntaxError as error:  # unknown filters and tests are found only here
        return None, [Problem(where=f"{where}:{error.lineno}", what=error.message or "syntax error")]
    plain = dict(environment.globals)  # every rendering looks at its keys, which takes long in Jinja's own ChainMap
    return Template.from_code(environment, code, plain), []


def _try(letter: _Compiled, kind: NoticeKind, language: str) -> list[Problem]:
    """Render with sample values, once with every value and once with every value empty."""
    full = sample(kind, language)
    empty: dict[str, Value] = {name: () if isinstance(value, tuple) else "" for name, value in full.items()}
    for values in (full, empty | {"subject": full["subject"], "number": full["number"]}):
        try:
            _render(letter, kind, values)
        except Broken as error:
            where, _, what = str(error).partition(": ")
            return [Problem(where=where, what=what)]
    return []


def _render(letter: _Compiled, kind: NoticeKind, given: Mapping[str, Value]) -> Text:
    shown = SHOWN[kind]
    values = _BLANK[kind].copy()
    values.update([(name, value) for name, value in given.items() if name in shown and name not in OURS])
    if "reply_above" in shown:
        values["reply_above"] = sentinel(str(given.get("language", "")))
    most = MOST_OUTPUT + (len(str(given.get("text", ""))) if kind == "answer" else 0)
    subject = _run(letter.subject, values, letter.where, most)
    text = _run(letter.text, values, letter.where, most)
    html = None if letter.html is None else _run(letter.html, values, letter.where, most)
    return Text(subject=subject, text=text, html=html)


_BLANK: dict[NoticeKind, dict[str, Any]] = {
    kind: {
        **_TEXT.globals,
        **dict.fromkeys(names, ""),
        **{name: () for name in names if name in LISTS},
        **{name: SENTINEL_ID for name in names if name == "sentinel_id"},
    }
    for kind, names in SHOWN.items()
}
"""Jinja's own functions, and every value of a kind empty: what a letter starts from."""


def _run(template: Template, values: dict[str, Any], where: str, most: int) -> str:
    """Render one template (without Jinja's copying of all values, which costs more than the rendering)."""
    try:
        try:
            output = "".join(template.root_render_func(template.new_context(values, shared=True)))
        except _FAULTS:
            template.environment.handle_exception()  # raises the same error with the template's own lines
    except _FAULTS as error:
        raise Broken(f"{_place(error, template, where)}: {_why(error)}") from error
    if len(output) > most:
        raise Broken(f"{template.filename or where}: writes more than {MOST_OUTPUT} characters")
    return output


def _place(error: Exception, template: Template, where: str) -> str:
    file = template.filename or where
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{file}:{lines[-1]}" if lines else file


def _why(error: Exception) -> str:
    text = error.message if isinstance(error, TemplateError) and error.message else str(error)
    return text or type(error).__name__

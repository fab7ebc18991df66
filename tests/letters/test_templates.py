"""Letters as files: judged whole at load, values stay values, a broken letter is still a mail (law G4, W5, W6)."""

import re
import shutil
from pathlib import Path

import pytest

from maild.core.errors import Unusable
from maild.core.letters.reply_marker import SENTINEL_LINE
from maild.core.plan import NoticeKind
from maild.letters.plain import WITH_SENTINEL
from maild.letters.shown import KINDS, SHOWN, sample
from maild.letters.templates import MOST_OUTPUT, Letters, load
from tests.kit.letters import LANGUAGES, SHIPPED, notice, parsed, shipped, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped letters to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "templates"))


def problems(folder: Path, languages: tuple[str, ...] = LANGUAGES) -> list[str]:
    """Say what is wrong with a folder of letters, each with its path shortened."""
    with pytest.raises(Unusable) as refused:
        load(folder, languages)
    return [str(problem).replace(f"{folder}/", "") for problem in refused.value.problems]


def test_every_kind_is_shipped_in_every_language() -> None:
    """Each language has each letter, and no file that nobody reads."""
    for language in LANGUAGES:
        names = {path.name.removesuffix(".j2").removesuffix(".html") for path in (SHIPPED / language).glob("*.j2")}
        assert names == set(KINDS)
    assert shipped().languages == LANGUAGES


GALLERY: list[tuple[str, str, str]] = [
    # file, content, what must be said (a pattern over "file:line: what")
    (
        "no/ack.j2",
        "{{ subject }}\n\nHei {{ requestor }}\n",
        r"^no/ack\.j2:3: ack does not know 'requestor'; did you mean 'requester'\?$",
    ),
    ("no/ack.j2", "{{ subject }}\n\n{% if requester %}\nHei\n", r"^no/ack\.j2:\d: Unexpected end of template"),
    ("no/ack.j2", "{{ subject }}\n\nHei {{ requester \n", r"^no/ack\.j2:\d: "),
    ("no/ack.j2", "{{ subject }}\n\n\nHei {{ requester | shout }}\n", r"^no/ack\.j2:4: No filter named 'shout'"),
    ("no/ack.j2", "{{ subject }}\n\n{% if requester is nice %}x{% endif %}\n", r"^no/ack\.j2:3: No test named 'nice'"),
    ("no/ack.j2", "{{ subject }}\n\n\n{{ requester.name }}\n", r"^no/ack\.j2:4: .*no attribute 'name'"),
    ("no/ack.j2", "{{ subject }}\n\n{{ number + 1 }}\n", r"^no/ack\.j2:3: can only concatenate str"),
    ("no/ack.j2", "{{ subject }}\n\n{{ 1 // 0 }}\n", r"^no/ack\.j2:3: integer division"),
    ("no/ack.j2", "{{ subject }}\n\n{{ 'a' * 1000000000 }}\n", r"^no/ack\.j2:3: \* is for numbers only"),
    (
        "no/ack.j2",
        "{{ subject }}\n\n{% for i in range(90000) %}0123456789{% endfor %}\n",
        r"^no/ack\.j2: writes more than",
    ),
    (
        "no/ack.j2",
        "{{ subject }}\n\n{{ number.__class__.__mro__ }}\n",
        r"^no/ack\.j2:3: access to attribute '__class__'",
    ),
    ("no/ack.j2", "{{ subject }}\n\n{% include 'x.j2' %}\nx\n", r"^no/ack\.j2:3: a letter is one whole file"),
    ("no/ack.j2", "{{ subject }}\nHei\n", r"^no/ack\.j2:2: the second line must be empty"),
    ("no/ack.j2", "\n\nHei\n", r"^no/ack\.j2:1: the first line must be the subject"),
    ("no/ack.j2", "{{ subject }}\n", r"^no/ack\.j2:3: there is no text$"),
    ("no/ack.j2", "", r"^no/ack\.j2:1: the first line"),
    ("no/ack.j2", "{{ emne }}\n\nHei\n", r"^no/ack\.j2:1: ack does not know 'emne'"),
    ("no/ack.html.j2", "<p>\n{{ requestor }}</p>\n", r"^no/ack\.html\.j2:2: ack does not know 'requestor'"),
    ("sv/kvittering.j2", "{{ subject }}\n\nHej\n", r"^sv/kvittering\.j2: there is no letter 'kvittering'"),
    (
        "en/ack-minimal.j2",
        "{{ subject }}\n\n{{ title }}\n",
        r"^en/ack-minimal\.j2:3: ack-minimal does not know 'title'",
    ),
]


@pytest.mark.parametrize(("file", "content", "said"), GALLERY)
def test_a_broken_letter_is_refused_with_file_and_line(folder: Path, file: str, content: str, said: str) -> None:
    """Each mistake an admin may make is named where it is."""
    language = file[:2]
    for other in set(LANGUAGES) - {language}:
        shutil.rmtree(folder / other)
    (folder / file).write_text(content)
    found = problems(folder, (language,))
    assert any(re.search(said, problem) for problem in found), found


@pytest.mark.parametrize("file", ["no/ack.j2", "no/ack.html.j2", "sv/ack.j2"])
def test_a_letter_in_another_encoding_is_refused_by_line(folder: Path, file: str) -> None:
    """A letter saved as Latin-1 is named with the line of the first letter that is not UTF-8, and what to do."""
    (folder / file).write_bytes("{{ subject }}\n\nHei\n\nBlåbær\n".encode("latin-1"))
    assert problems(folder)[0] == f"{file}:5: is not UTF-8 text; save the file as UTF-8"


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_letter_from_another_system_is_read(folder: Path, end: str) -> None:
    """A byte order mark and other line ends change nothing."""
    path = folder / "no" / "ack.j2"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", end.encode()))
    assert render(load(folder, LANGUAGES)) == render(load(SHIPPED, LANGUAGES))


def render(letters: Letters) -> str:
    """Render the acknowledgement with sample values."""
    return letters.render("ack", "no", sample("ack", "no")).text


def test_every_mistake_is_named_at_once(folder: Path) -> None:
    """Two broken files, a missing one and one that is no text: four problems in one answer."""
    (folder / "no/ack.j2").write_text("{{ subject }}\n\n{{ requestor }}\n")
    (folder / "sv/answer.j2").write_text("{{ subject }}\n\n{% if %}\n")
    (folder / "en/refusal.j2").unlink()
    (folder / "en/pending.j2").write_bytes(b"{{ subject }}\n\n\xe5\n")
    found = problems(folder)
    assert len(found) == 4
    assert "en/refusal.j2: this letter is missing" in found


def test_a_language_without_letters_takes_its_kins(folder: Path) -> None:
    """Nynorsk reads bokmål where it has no letter of its own; any other unknown language reads the desk's first."""
    (folder / "nn").mkdir()
    (folder / "nn/ack.j2").write_text("{{ subject }}\n\nHei, vi har fått e-posten din.\n")
    letters = load(folder, ("nn", "en"))
    assert "vi har fått" in letters.render("ack", "nn", sample("ack", "nn")).text
    assert letters.render("answer", "nn", sample("answer", "nn")) == letters.render(
        "answer", "no", sample("answer", "no")
    )
    assert letters.language("fi") == "nn"
    assert shipped().language("nn") == "no" and shipped().language("fi") == "no" and shipped().language("sv") == "sv"
    assert problems(folder, ("nn", "fi"))[0] == "fi/ack.j2: this letter is missing"


def test_a_department_a_type_or_a_rule_may_have_a_letter_of_its_own(folder: Path) -> None:
    """``ack.it.j2`` beats ``ack.j2``; a rule's choice beats a department's; a missing one is no error (law G10)."""
    for name in ("ack.it", "ack.vip", "assignment.it.password", "answer.it"):
        (folder / f"no/{name}.j2").write_text(f"{{{{ subject }}}}\n\nDette er {name}.\n")
    letters = load(folder, ("nn", *LANGUAGES))

    def text(kind: NoticeKind, language: str = "no", **more: object) -> str:
        return str(parsed(write(notice(kind, language, **more), letters)).get_body(("plain",)).get_content())  # type: ignore[union-attr]

    assert text("ack").startswith("Dette er ack.it.")
    assert text("ack", "nn").startswith("Dette er ack.it.")
    assert text("ack", template="ack.vip").startswith("Dette er ack.vip.")
    assert text("ack", template="ack.gone").startswith("Dette er ack.it.")
    assert text("ack", template="answer.it").startswith("Dette er ack.it.")
    assert not text("ack", department="hr").startswith("Dette er")
    assert not text("ack", "sv", template="ack.vip").startswith("Dette er")
    assert not text("ack-minimal").startswith("Dette er")
    values = {**sample("assignment", "no"), "type": "it.password"}
    assert "Dette er assignment.it.password." in text("assignment", values=values)
    (folder / "no/ack.it.j2").write_text("{{ subject }}\n\n{{ text }}\n")
    (folder / "no/ack.hr.html.j2").write_text("<p>x</p>\n")
    found = problems(folder)
    assert [problem.partition(": ")[0] for problem in found] == ["no/ack.hr.html.j2", "no/ack.it.j2:3"]


def test_no_folder_is_one_clear_problem(tmp_path: Path) -> None:
    """A wrong path in config.toml is said as such."""
    with pytest.raises(Unusable, match="no such folder"):
        load(tmp_path / "nowhere", LANGUAGES)


PAYLOADS = [
    "{{7*7}}", "{{ 7 * 7 }}", "{%print(7*7)%}", "{% if 1 %}49{% endif %}", "${7*7}", "#{7*7}", "<%= 7*7 %>",
    "{{'7'*7}}", "{{config}}", "{{self}}", "{{self.__init__.__globals__}}",
    "{{''.__class__.__mro__[1].__subclasses__()}}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}", "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ request.application.__globals__ }}", "{{ namespace.__init__.__globals__ }}", "{{ joiner.__init__ }}",
    "{# comment #}", "{{ subject }}", "{{ reply_above }}", "{{ text }}{{ text }}", "{% raw %}{{7*7}}{% endraw %}",
    "{% include '/etc/passwd' %}", "{% import 'os' as os %}", "{% extends 'x' %}", "{% set x = 49 %}{{ x }}",
    "{{ range(1000000000) | list }}", "{% for i in range(999999999) %}x{% endfor %}", "{{ 'a' * 999999999 }}",
    "%(number)s", "{number}", "{0}", "{0.__class__}", "%s%s%s%n", "$number", "@{number}", "[[${7*7}]]", "*{7*7}",
    "~{x}", "{{ number | attr('__class__') }}", "{{ dict() | attr('pop') }}", "{{ (1).__class__ }}",
    "{{[].__class__}}",
    "{{ ''|format(number) }}", "{{ '%c' | format(65) }}", "{{ x | map(attribute='y') }}", "{{ caller() }}",
    "{{ loop }}", "{{ _ }}", "{{ gettext('x') }}",
]  # fmt: skip
PLACES = ("subject", "name", "text", "file")


@pytest.mark.parametrize("place", PLACES)
def test_template_code_in_mail_is_shown_and_never_run(place: str) -> None:
    """Two hundred payloads, in subject, name, text and file name, come out letter for letter (law W5)."""
    assert len(PAYLOADS) * len(PLACES) >= 200
    for payload in PAYLOADS:
        values = dict(sample("assignment", "en"))
        if place == "file":
            values["attachments"] = (payload,)
        else:
            values[{"subject": "title", "name": "requester", "text": "text"}[place]] = payload
        subject = f"[FK#1042] {payload}" if place == "subject" else "[FK#1042] x"
        letter = write(notice("assignment", "en", values=values, subject=subject))
        assert letter.fell_back is None
        message = parsed(letter)
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None and html is not None
        if place == "file":
            shown = values["attachments"][0].replace("/", "")[-10:]  # type: ignore[index]
            assert not re.search(r"Attachments: .*\b(?:49|7777777)\b", plain.get_content().replace(payload, ""))
            assert shown[-3:] in plain.get_content() or "_" in plain.get_content()
            continue
        assert payload in plain.get_content()
        escaped = payload.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")
        assert escaped.replace('"', "&#34;") in html.get_content()
        if place == "subject":
            assert letter.subject == f"[FK#1042] {payload}"


@pytest.fixture
def failing(folder: Path) -> Letters:
    """Letters that load, and fail on one value only real mail has."""
    for language in LANGUAGES:
        for kind in KINDS:
            value = [name for name in SHOWN[kind] if name in ("text", "number", "reason", "held_text")][-1]
            crash = f"{{% if 'KRASJ' in {value} %}}\n{{{{ {value}.nothing.at.all }}}}\n{{% endif %}}"
            (folder / language / f"{kind}.j2").write_text(f"{{{{ subject }}}}\n\nx\n{crash}\n")
            (folder / language / f"{kind}.html.j2").unlink(missing_ok=True)
    return load(folder, LANGUAGES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_that_fails_becomes_the_built_in_one(failing: Letters, kind: NoticeKind) -> None:
    """Every kind, every language: a mail with the number (or the words), proved like any other, and why (law W6)."""
    for language in LANGUAGES:
        values = {
            **sample(kind, language),
            "number": "KRASJ#1042",
            "text": "ord KRASJ ord",
            "reason": "KRASJ",
            "held_text": "KRASJ",
        }
        letter = write(notice(kind, language, values=values), failing)
        assert letter.fell_back is not None
        assert re.search(rf"{language}/{kind}\.j2:5: .*no attribute 'nothing'", letter.fell_back)
        text = parsed(letter).get_content()
        assert ("KRASJ#1042" in text) != (kind in ("answer", "operator"))
        if kind == "answer":
            assert text.strip() == "ord KRASJ ord"
        if kind in ("assignment", "follow-up", "pending"):
            assert "ord KRASJ ord" in text
        assert bool(SENTINEL_LINE.match(text.splitlines()[0])) == (kind in WITH_SENTINEL)


@pytest.mark.parametrize(
    ("language", "first", "said"),
    [
        ("nn", "en", "Vi har fått"),
        ("da", "en", "Vi har fått"),
        ("fi", "sv", "Vi har fått ditt"),
        ("fi", "is", "We have"),
    ],
)
def test_the_built_in_letter_in_a_language_it_does_not_know(folder: Path, language: str, first: str, said: str) -> None:
    """It falls back as the letters do: to the kin, then to the desk's first language; the last resort is English."""
    if first == "is":
        shutil.copytree(folder / "en", folder / "is")
    for path in folder.glob("*/ack.j2"):
        path.with_name("ack.html.j2").unlink(missing_ok=True)
        path.write_text("{{ subject }}\n\nx {% if quoted == 'KRASJ' %}{{ quoted.at.all }}{% endif %}\n")
    letters = load(folder, (first, *(one for one in LANGUAGES if one != first)))
    letter = write(notice("ack", language, values={**sample("ack", "no"), "quoted": "KRASJ"}), letters)
    assert letter.fell_back is not None and parsed(letter).get_content().startswith(said)


@pytest.mark.parametrize("kind", ["assignment", "follow-up", "confirmation", "refusal"])
def test_the_built_in_letter_names_the_readers_of_an_answer_too(failing: Letters, kind: NoticeKind) -> None:
    """Whatever becomes of a template, the agent reads who gets the answer."""
    values = {**sample(kind, "no"), "number": "KRASJ#1", "text": "KRASJ", "reason": "KRASJ", "held_text": "KRASJ"}
    letter = write(notice(kind, values=values), failing)
    assert letter.fell_back is not None
    assert "Mottakere: kari.moen@fjordvik.example, ola@nordlys.example" in parsed(letter).get_content()


def test_a_subject_that_lost_its_number_gets_it_back(folder: Path) -> None:
    """An admin may word the subject; the number that people's answers are found by stays in it."""
    (folder / "no/ack.j2").write_text("Takk for at du skrev til {{ department }}!\n\nHei\n")
    letter = write(notice("ack", values={**sample("ack", "no"), "department": "IT"}), load(folder, LANGUAGES))
    assert letter.subject == "[FK#1042] Takk for at du skrev til IT!"


def test_a_letter_to_an_agent_that_lost_our_line_gets_it_back(folder: Path) -> None:
    """Without the line a quoted notice could go to the customer."""
    (folder / "no/follow-up.j2").write_text("{{ subject }}\n\n{{ text }}\n")
    text = parsed(write(notice("follow-up"), load(folder, LANGUAGES))).get_content()
    assert SENTINEL_LINE.match(text.splitlines()[0])


def test_html_over_the_cap_counts_as_failing(folder: Path) -> None:
    """What a template writes has an end, whatever the values."""
    (folder / "no/ack.html.j2").write_text(
        "{% if quoted == 'STOR' %}{% for i in range(99000) %}{{ quoted }}{% endfor %}{% endif %}"
    )
    letter = write(notice("ack", values={**sample("ack", "no"), "quoted": "STOR"}), load(folder, LANGUAGES))
    assert letter.fell_back is not None and str(MOST_OUTPUT) in letter.fell_back


def test_values_a_kind_may_not_show_never_reach_its_template(folder: Path) -> None:
    """The minimal ack cannot be made to show the mail's subject, whatever the notice carries."""
    values = {**sample("ack", "no"), "title": "HEMMELIG", "text": "HEMMELIG"}
    assert "HEMMELIG" not in shipped().render("ack-minimal", "no", values).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_with_nothing_to_show_read_well(language: str) -> None:
    """No name, no text, no files: no stray space before a comma, no empty label, no doubled blank line."""
    for kind in KINDS:
        if kind == "answer":
            continue
        values = {
            "number": "FK#1042",
            "department": "IT",
            "desk": "Fjordvik",
            "group": "it-1",
            "type": "it.x",
            "status": "ny",
        }
        values |= {"agent_name": "Camilla Dahl"} if kind in ("confirmation", "refusal") else {}
        values |= {"title": "kø", "reason": "lang"} if kind == "operator" else {}
        text = parsed(write(notice(kind, language, values=values))).get_body(("plain",)).get_content()  # type: ignore[union-attr]
        text = text.replace("\r\n", "\n")
        assert " ," not in text and "\n\n\n" not in text
        assert not re.search(r"(?m)^(?:Vedlegg|Bilagor|Attachments|Merk|Obs|Note|Grunn|Skäl|Reason):", text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_letter_reads_well_when_nothing_is_known(kind: NoticeKind, language: str) -> None:
    """Without names, reasons and texts no letter has a space before a mark, two in a row, or two empty lines."""
    known = {"number", "department", "old_number", "desk", "group", "to", "type", "status"}
    values = {
        name: value if name in known or isinstance(value, int) else () if isinstance(value, tuple) else ""
        for name, value in sample(kind, language).items()
    }
    if kind == "answer":
        values["text"] = "Hei."
    for changed in (values, values | {"diagnostic": "user unknown"}) if "diagnostic" in values else (values,):
        letter = write(notice(kind, language, values=changed))
        body = parsed(letter).get_body(("plain",))
        assert letter.fell_back is None and body is not None
        assert not re.search(r" [!,.:]|\S  \S|\n\n\n", body.get_content())

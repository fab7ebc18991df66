"""Reasons: codes with arguments, words in every language, and the way into the store and back."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import maild
from maild.core.acknowledgement.look import Row
from maild.core.reasons.codes import JOINS, TAKES, Code
from maild.core.reasons.reason import Reason, as_data, because, both, dump, lines, listed, load, of_data, text
from maild.core.reasons.words import WORDS, in_words

CODES: tuple[Code, ...] = get_args(Code)
SOURCES = sorted(Path(maild.__file__).parent.rglob("*.py"))


def gaps(words: str) -> list[str]:
    """Return the names of the arguments that a sentence has room for."""
    return [name for _, name, _, _ in Formatter().parse(words) if name is not None]


def test_every_code_has_words_in_every_language() -> None:
    """No code lacks words, no words lack a code, and what only joins others has none to itself."""
    assert len(CODES) == len(set(CODES)) and set(TAKES) | set(JOINS) <= set(CODES) and not set(TAKES) & set(JOINS)
    assert set(get_args(Row)) <= set(CODES)
    for language, table in WORDS.items():
        assert set(table) == set(CODES) - set(JOINS), language
        assert all(words.strip() for words in table.values())


@pytest.mark.parametrize("language", sorted(WORDS))
def test_words_show_every_argument_once(language: str) -> None:
    """A name or a number is never dropped, doubled or left as a gap, in whichever order a language says it."""
    for code, words in WORDS[language].items():
        assert sorted(gaps(words)) == sorted(TAKES.get(code, ())), code


def made(tree: ast.AST) -> Iterator[tuple[str, int, int]]:
    """Find the reasons that a file makes: code, number of arguments, line."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "because"):
            continue
        first, others = node.args[0], node.args[1:]
        if any(isinstance(arg, ast.Starred) for arg in others):
            continue
        for choice in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
            if isinstance(choice, ast.Constant):
                yield str(choice.value), len(others), node.lineno


@pytest.mark.parametrize("path", [p for p in SOURCES if "because(" in p.read_text()], ids=lambda p: p.name)
def test_every_reason_is_made_with_its_own_arguments(path: Path) -> None:
    """Wherever a reason is made by name, it gets as many arguments as its code takes."""
    for code, count, line in made(ast.parse(path.read_text("utf-8"))):
        assert count == len(TAKES.get(code, ())), f"{path.name}:{line}: {code}"  # type: ignore[call-overload]


def test_every_code_is_a_reason_for_something() -> None:
    """No code is left over: each stands somewhere else in the code than in its own tables."""
    tables = {"codes.py", "en.py", "no.py", "sv.py"}
    elsewhere = "\n".join(path.read_text("utf-8") for path in SOURCES if path.name not in tables)
    assert [code for code in CODES if f'"{code}"' not in elsewhere] == []


# -- words ------------------------------------------------------------------------------------------------------------

STRANGERS = st.one_of(
    st.text(),
    st.sampled_from(["{case}", "{0}", "{", "}}", "a; b", "%s", '["both"]', "x\ny", "\u202egnp.exe", "; " * 2000]),
)
ARGUMENTS = st.one_of(STRANGERS, st.integers(-(2**40), 2**40))


@st.composite
def reasons(draw: st.DrawFn, depth: int = 2) -> Reason:
    """Any reason, with a stranger's words for arguments."""
    code = draw(st.sampled_from(CODES))
    inner = st.one_of(ARGUMENTS, reasons(depth - 1)) if depth else ARGUMENTS
    if code in JOINS:
        inner = reasons(depth - 1) if depth else st.builds(text, STRANGERS)
        return Reason(code=code, args=tuple(draw(st.lists(inner, max_size=3))))
    if code == "text":
        return text(draw(STRANGERS))
    return because(code, *(draw(inner) for _ in TAKES.get(code, ())))


@given(st.sampled_from(CODES), st.data(), st.sampled_from(sorted(WORDS)))
def test_a_strangers_words_never_break_a_sentence(code: Code, data: st.DataObject, language: str) -> None:
    """Whatever an argument holds, the sentence has its own words in their order, each argument whole, in one line."""
    if code in JOINS or code == "text":
        return
    args = [data.draw(STRANGERS) for _ in TAKES.get(code, ())]
    said, at = in_words(because(code, *args), language), 0
    shown = {name: " ".join(arg.split()) for name, arg in zip(TAKES.get(code, ()), args, strict=True)}
    for own, name, _, _ in Formatter().parse(WORDS[language][code]):
        piece = own + (shown[name] if name is not None else "")
        assert said[at : at + len(piece)] == piece
        at += len(piece)
    assert at == len(said) and "\n" not in said


@given(reasons(), st.text(max_size=5))
def test_any_reason_can_be_said_in_any_language(reason: Reason, language: str) -> None:
    """Putting into words never raises; a language without words of its own gets its kin's, or English."""
    assert isinstance(in_words(reason, language), str)
    assert in_words(reason, "nn") == in_words(reason, "nb") == in_words(reason, "da") == in_words(reason, "no")
    assert in_words(reason, "fi") == in_words(reason, "en")


@pytest.mark.parametrize(
    ("reason", "english", "norwegian", "swedish"),
    [
        (None, "", "", ""),
        (text("450 nei\ntakk"), "450 nei\ntakk", "450 nei\ntakk", "450 nei\ntakk"),
        (
            because("takes no part", because("signed address", 12)),
            "signed address of case 12, but the author takes no part",
            "sendt til den personlige svaradressen for sak 12, men avsenderen er ikke med i saken",
            "skickat till den personliga svarsadressen för ärende 12, men avsändaren är inte med i ärendet",
        ),
        (
            because("of case", "FK#12", because("closed long ago", 12, 30)),
            "FK#12: case 12 was closed more than 30 days ago",
            "FK#12: sak 12 ble lukket for mer enn 30 dager siden",
            "FK#12: ärende 12 stängdes för mer än 30 dagar sedan",
        ),
        (
            both(because("copied"), because("Message-ID used before")),
            "was copied; an agent must admit the author; same Message-ID as an earlier mail, other content",
            "avsenderen sto på kopi; en saksbehandler må slippe den inn; "
            "samme meldings-ID som en tidligere e-post, men annet innhold",
            "avsändaren stod på kopia; en handläggare måste släppa in den; "
            "samma meddelande-id som ett tidigare mejl, men annat innehåll",
        ),
    ],
)
def test_sentences_in_sentences(reason: Reason | None, english: str, norwegian: str, swedish: str) -> None:
    """Reasons inside reasons are said in the same language."""
    assert [in_words(reason, language) for language in ("en", "no", "sv")] == [english, norwegian, swedish]


def test_joined_reasons_stay_apart() -> None:
    """What holds together is joined flat; nothing is joined to nothing."""
    one, two, three = because("copied"), because("same title"), because("automatic")
    assert both(one, None) == both(None, one) == one
    assert both(both(one, two), three) == both(one, both(two, three)) == Reason(code="both", args=(one, two, three))
    assert listed([one]) == one and in_words(listed([two, three]), "no") == "samme emne, automatisk e-post"
    assert in_words(lines([two, three]), "en") == "the same title\nautomatic"
    with pytest.raises(ValueError, match="nothing"):
        both(None)


# -- data -------------------------------------------------------------------------------------------------------------


@given(reasons())
def test_a_reason_comes_back_from_the_store_as_it_was(reason: Reason) -> None:
    """Written into a column or a JSON column and read again it is the same reason (an empty text is no reason)."""
    assert of_data(json.loads(json.dumps(as_data(reason)))) == (None if reason == text("") else reason)
    assert load(dump(reason)) == (None if reason == text("") else reason)


@given(st.one_of(st.text(), st.sampled_from(['["copied"]', '["text","x"]', "[]", "[" * 100_000, '["both",["x"]]'])))
def test_words_that_are_not_ours_are_never_taken_for_a_reason(words: str) -> None:
    """A server's answer that looks like a stored reason comes back as the words that it is."""
    assert load(dump(text(words))) == (text(words) if words else None)


@pytest.mark.parametrize(
    "old",
    [
        "row 6 of the table: header list-id",
        "new case: nothing names a case",
        "[FK#12] maybe",
        '["no such code", 1]',
        '["copied", 1]',
        '["closed long ago", 12]',
        '["closed long ago", 12, true]',
        '["closed long ago", 12, null]',
        '["both", "x"]',
        '{"code": "copied"}',
        "[" * 100_000,
    ],
)
def test_words_of_an_older_store_stand_as_they_are(old: str) -> None:
    """What was written before reasons had codes, or is none that this maild knows, is shown as it stands."""
    assert load(old) == text(old) and in_words(load(old), "no") == old


def test_a_column_holds_little() -> None:
    """A reason takes hardly more room than its sentence did."""
    reason = because("takes no part", because("signed address", 12))
    assert dump(reason) == '["takes no part",["signed address",12]]' and dump(None) == "" and load("") is None
    assert not re.search(r"\s\s", dump(reason))

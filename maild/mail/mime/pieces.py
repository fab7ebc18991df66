"""The runs of lines that a mail's text is put together from, and what maild itself writes among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maild.mail.mime import headers
from maild.mail.mime.structure import Part
from maild.mail.mime.text import Mark, clean_line


@dataclass(slots=True)
class Piece:
    """One run of shown lines."""

    text: str
    marks: tuple[Mark, ...] = ()
    pictures: tuple[tuple[str, int], ...] = ()
    signs: str | None = None
    """Its letters and digits, once somebody has asked."""


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, casefolded."""
    return frozenset(text.casefold().split())


def signs_of(text: str) -> str:
    """Return the letters and digits of a text, casefolded: two texts that have the same ones are the same text. Where a
    link leads is left out.
    """
    words = (word for word in text.casefold().split() if not (word[0] == "<" and ("://" in word or "@" in word)))
    return "".join(filter(str.isalnum, "".join(words)))


def says_too(other: frozenset[str], words: Sequence[str]) -> bool:
    """Tell whether a text says another one's words too: then a short one is the page in short, and no stub."""
    return bool(words) and sum(word.casefold() in other for word in words) >= 0.9 * len(words)


def stub_piece(words: str) -> Piece:
    """Return a text that only says where the message is: shown, and folded away like a signature."""
    text = words.strip("\n")
    return Piece(text, (Mark("signature", 0, text.count("\n") + 1, "a text that only says the message is elsewhere"),))


def in_report(part: Part) -> bool:
    """Tell whether a part belongs to a report."""
    return part.parent is not None and part.parent.type == "multipart/report"


def summary(part: Part) -> Piece:
    """The header of an attached mail as lines (law R13)."""
    lines = []
    for name, label in (("from", "From"), ("date", "Date"), ("to", "To"), ("subject", "Subject")):
        value = part.header(name)
        if value is not None and (line := clean_line(headers.text(value, most=300), 300)):
            lines.append(f"{label}: {line}")
    return summary_lines(lines, "[Attached mail]")


def summary_lines(lines: list[str], title: str) -> Piece:
    """Return lines that maild writes above what somebody attached."""
    lines.insert(0, title)
    return Piece("\n".join(lines), (Mark("forwarded", 0, len(lines), "an attached mail's header"),))

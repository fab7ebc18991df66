"""The text of a mail as it is shown, and what the HTML structure says about its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MarkKind = Literal["quote", "signature", "footer", "forwarded"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A half-open range of line numbers of a shown text that the structure says is not the writer's own words."""

    kind: MarkKind
    start: int
    end: int
    why: str
    """What in the structure says so, such as ``gmail_quote``."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole text of a mail and what is known about its lines."""

    text: str
    marks: tuple[Mark, ...] = ()


_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]")
_NEWLINES = re.compile("\r+\n?|[\x0b\x0c\x85\u2028\u2029]")
_BREAKS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_PICTURE = r"\[cid:[^\]\s]{1,200}\]"
_PICTURES_ALONE = re.compile(rf"(?m)^[> \t\u00a0]*(?:{_PICTURE}[ \t\u00a0]*)+(?:\n|\Z)")
_PICTURES = re.compile(rf"(?m)^((?:>[ \t]?)*)(?:{_PICTURE}[ \t]?)+|[ \t]?{_PICTURE}")


def clean(text: str) -> str:
    """Return text a database takes: line ends are ``\\n``, no NUL, C0, C1 or lone surrogate (law R9)."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if text.replace("\n", " ").replace("\t", " ").isprintable():
        return text  # most texts, in any script: nothing below is printable
    if _BREAKS.search(text):
        text = _NEWLINES.sub(_newline, text)
    return _UNWANTED.sub("", text)


def _newline(match: re.Match[str]) -> str:
    """Make one line end of CRs before a LF, and of each of the others."""
    found = match.group()
    return "\n" if found[-1] == "\n" else "\n" * len(found)


def without_pictures(text: str) -> str:
    """Return a text without ``[cid:image001.png@01DB…]``, by which Outlook says in plain text where a picture is.

    A line of nothing else goes. The pictures are files of the mail.
    """
    if "[cid:" not in text:
        return text
    return _PICTURES.sub(r"\1", _PICTURES_ALONE.sub("", text))


def clean_line(text: str, most: int = 2000) -> str:
    """Return one clean line of at most ``most`` characters: runs of white space and breaks become one space."""
    if len(text) <= most and text.isprintable() and "  " not in text:
        return text.strip(" ")  # nearly always: what is printable has no white space but the plain space
    return " ".join(clean(text[: 4 * most]).split())[:most]

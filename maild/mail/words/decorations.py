"""Pictures that are a signature's logo and the like, not files the writer sent (law R17)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from maild.core.values.mail import Attachment, Fold
from maild.mail.mime.body import Body
from maild.mail.mime.page import IN_SIGNATURE
from maild.mail.words import reply

SMALL = 10 * 1024


def decorated(content: Body, folds: Iterable[Fold]) -> tuple[Attachment, ...]:
    """Mark pictures of less than 10 KB that the HTML shows only among folded lines, such as a signature."""
    if not content.pictures:
        return tuple(content.files)
    folded = {IN_SIGNATURE}
    shown = content.shown
    if content.rich is not None:
        shown = content.rich
        folds = reply.split(shown).folds
    for fold in folds:
        if fold.kind != "forwarded":
            folded.update(range(fold.line, fold.line + fold.text.count("\n") + 1))
    for mark in shown.marks:
        if mark.kind == "signature":
            folded.update(range(mark.start, mark.end))
    places: dict[str, list[int]] = {}
    for name, line in content.pictures:
        places.setdefault(name, []).append(line)
    return tuple(_judge(file, places, folded) for file in content.files)


def _judge(file: Attachment, places: dict[str, list[int]], folded: set[int]) -> Attachment:
    lines = places.get(file.content_id or "")
    if not lines or not file.type.startswith("image/"):
        return file
    small = file.size < SMALL and all(line in folded for line in lines)
    return replace(file, inline=True, decoration=small)

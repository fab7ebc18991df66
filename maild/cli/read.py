"""``maild read``: how maild understands a mail, the first tool to reach for when something looks odd."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from maild.cli.harmless import as_json as to_json
from maild.cli.harmless import plain
from maild.core.reasons.words import in_words
from maild.core.robots.robots import robot
from maild.core.values.mail import Envelope, Mail
from maild.mail.author import identity
from maild.mail.author.hops import Hop, hops
from maild.mail.options import ReadOptions
from maild.mail.read import read


def print_mail(source: str, *, as_json: bool) -> int:
    """Read a mail from a file (``-``: standard input) and print it; the exit code, 2 when there is no such file."""
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        print(f"maild: {source}: {error.strerror}", file=sys.stderr)
        return 2
    envelope = Envelope(source="inject", received=datetime.now(UTC), sender=return_path(raw), recipients=())
    mail = read(raw, envelope, ReadOptions())
    way = hops(raw)
    if as_json:
        road = [{"from": hop.sender, "by": hop.by, "seconds": hop.seconds} for hop in way]
        print(to_json(as_dict(mail) | {"received": road}, indent=2))
    else:
        print(as_text(mail, way))
    return 0


def return_path(raw: bytes) -> str | None:
    """Return the envelope sender a file tells by its topmost Return-Path; None is unknown."""
    head = raw[:65536].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    for line in head.split(b"\n"):
        if line[:12].lower() == b"return-path:":
            boxes = identity.mailboxes(line[12:])
            return boxes[0].address if boxes else ""
    return None


def from_addr(mail: Mail) -> str:
    """Return the first address of the first From, trusted or not."""
    value = next((value for name, value in mail.headers if name == "from"), "")
    boxes = identity.mailboxes(value.encode("utf-8"))
    return boxes[0].address if boxes else ""


def as_dict(mail: Mail) -> dict[str, Any]:
    """Return what was read, as ``--json`` prints it."""
    verdict = robot(mail)
    report = mail.report
    bounced = verdict.kind == "bounce" and not (report is not None and report.delivered)
    return {
        "subject": mail.subject,
        "from_addr": from_addr(mail),
        "identity": mail.identity.address,
        "text": mail.text,
        "reply_text": mail.own_text,
        "folds": [{"kind": fold.kind, "line": fold.line, "text": fold.text} for fold in mail.folds],
        "filled": dict(mail.filled),
        "attachments": [
            {
                "name": file.name,
                "size": file.size,
                "sha256": file.sha256,
                "type": file.type,
                "decoration": file.decoration,
            }
            for file in mail.attachments
        ],
        "auto": None if verdict.kind in ("human", "list") else verdict.kind,
        "auto_reason": in_words(verdict.reason, "en"),
        "bounce": bounced,
        "bounce_rcpts": list(report.recipients) if bounced and report is not None else [],
        "bounce_status": report.status if bounced and report is not None else "",
        "fwd_from": mail.forwarded.address if mail.forwarded is not None else None,
        "message_id": mail.message_id,
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "date": mail.date.isoformat() if mail.date is not None else None,
        "language": mail.language,
        "defects": list(mail.defects),
        "partial": mail.partial,
    }


def as_text(mail: Mail, way: Sequence[Hop] = ()) -> str:
    """Return what was read for a person: what is folded is marked, with the reason; ``way`` is the road it took."""
    verdict = robot(mail)
    lines = [
        f"Subject     {mail.subject}",
        f"From        {mail.identity.shown}",
        f"Identity    {mail.identity.address or 'none: ' + mail.identity.reason}",
        f"To          {', '.join(box.address for box in mail.to) or 'nobody named'}",
        f"Date        {mail.date.isoformat() if mail.date is not None else 'unreadable or missing'}",
        f"Message-ID  {mail.message_id or 'none'}",
        f"Answers     {' '.join(mail.in_reply_to) or 'no other mail'}",
        f"Kind        {verdict.kind if verdict.said is None else in_words(verdict.said, 'en')}",
        f"Language    {mail.language or 'not clear'}",
    ]
    if mail.forwarded is not None:
        lines.append(f"Forwarded   {mail.forwarded.how}, from {mail.forwarded.address or 'somebody it does not name'}")
    if mail.report is not None:
        lines.append(f"Report      {mail.report.kind} {mail.report.status} about {', '.join(mail.report.recipients)}")
    if mail.calendar is not None:
        lines.append(f"Calendar    {mail.calendar.method} {mail.calendar.uid} {mail.calendar.partstat}".rstrip())
    lines += [f"Hop         from {hop.sender} by {hop.by}, {hop.seconds:+.0f} s" for hop in way]
    lines += [f"File        {file.name} ({file.type}, {file.size} bytes)" for file in mail.attachments]
    lines += [f"Filled in   {label}: {value}" for label, value in mail.filled]
    lines += [f"Defect      {defect}" for defect in mail.defects]
    return plain("\n".join([*lines, "", *_text_lines(mail)]))


def _text_lines(mail: Mail) -> list[str]:
    """The text with a bar before every folded line, and above each fold what it is."""
    marks: dict[int, str] = {}
    starts: dict[int, str] = {}
    for fold in mail.folds:
        starts[fold.line] = fold.kind
        for line in range(fold.line, fold.line + fold.text.count("\n") + 1):
            marks[line] = fold.kind
    shown: list[str] = []
    for number, shown_line in enumerate(mail.text.split("\n")):
        if number in starts:
            shown.append(f"  ┌ folded: {starts[number]}")
        shown.append(f"  │ {shown_line}" if number in marks else f"  {shown_line}")
    return shown

"""The rules' own examples (law G3): each is read and decided as a real mail would be, on an empty store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from maild.config.toml_file import shown
from maild.core.asks import asks as what_it_asks
from maild.core.cause import MailCame
from maild.core.decide import decide
from maild.core.errors import Problem
from maild.core.facts import Facts, Key
from maild.core.plan import OpenCase, Plan, SetField
from maild.core.reasons.trace import TraceLine
from maild.core.reasons.words import in_words
from maild.core.rules.organisation import Rulebook
from maild.core.values.mail import Envelope, Mail, ReadingFailed

if TYPE_CHECKING:
    from maild.rulebook.routing import Example
    from maild.rulebook.routing_shapes import ExampleShape

AT = datetime(2026, 12, 1, 9, 0)  # noqa: DTZ001 - made aware in the desk's zone
"""When examples come that do not say when: always the same moment, so that what held yesterday holds today."""
SOMEBODY = "somebody@customer.example"
_KEY = Key(id=1, secret=hashlib.sha256(b"the examples' key signs nothing that is ever sent").digest())
MOST_LETTERS = 256
"""Ids for letters: more than any example has agents to tell."""
_LARGEST_FILE = 35 * 1024 * 1024

Read = Callable[[bytes, Envelope], Mail | ReadingFailed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An example that does not come out as it says."""

    rule: str
    problem: Problem


def run(rulebook: Rulebook, examples: Iterable[Example], read: Read) -> list[Failed]:
    """Run examples; those that fail."""
    failed: list[Failed] = []
    for example in examples:
        for key, what in _differences(rulebook, example, read):
            keys = (*example.keys, key) if key else example.keys
            said = f'rule "{example.rule}", example {int(example.keys[3]) + 1}'
            failed.append(Failed(rule=example.rule, problem=example.document.problem(keys, what, said=said)))
    return failed


def _differences(rulebook: Rulebook, example: Example, read: Read) -> Iterator[tuple[str, str]]:
    shape = example.shape
    at = _moment(shape.at, rulebook)
    raw, problem = _raw(rulebook, example, at)
    if raw is None:
        yield "file", problem
        return
    envelope = Envelope(
        source="smtp",
        received=at,
        sender=shape.sender or SOMEBODY,
        recipients=tuple(_recipients(rulebook, example)),
    )
    mail = read(raw, envelope)
    if isinstance(mail, ReadingFailed):
        yield "", f"the mail cannot be read: {in_words(mail.reason, 'en')}"
        return
    plan = decide_alone(mail, rulebook, at=at)
    yield from _compare(plan, shape, example.rule)


def decide_alone(mail: Mail, rulebook: Rulebook, *, at: datetime) -> Plan:
    """Decide a mail on an empty store."""
    cause = MailCame(mail=mail, inbound=1)
    facts = Facts(now=at, keys=(_KEY,), number=1, outbox_ids=tuple(range(1, MOST_LETTERS + 1)))
    return decide(cause, what_it_asks(cause, rulebook), facts, rulebook)


def _moment(given: datetime | date | None, rulebook: Rulebook) -> datetime:
    if given is None:
        given = AT
    if not isinstance(given, datetime):
        given = datetime.combine(given, time(9, 0))
    return given if given.tzinfo is not None else given.replace(tzinfo=rulebook.zone)


def _recipients(rulebook: Rulebook, example: Example) -> list[str]:
    named = [*(example.shape.to or ()), *(example.shape.cc or ())]
    if named:
        return [address.lower() for address in named]
    departments = rulebook.departments
    return [(departments.get(example.department) or next(iter(departments.values()))).address]


def _raw(rulebook: Rulebook, example: Example, at: datetime) -> tuple[bytes | None, str]:
    shape = example.shape
    if shape.file is None:
        return _written(rulebook, example, at), ""
    if shape.subject or shape.text or shape.headers or shape.attachments:
        return None, "a mail is either a file or written here, not both"
    inside = PurePosixPath(shape.file)
    if inside.is_absolute() or ".." in inside.parts:
        return None, "the file must lie beside the rules"
    path = example.document.path.parent / inside
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return None, f"{shown(path)} is too large"
        return path.read_bytes(), ""
    except OSError as error:
        return None, f"{shown(path)} cannot be read: {error.strerror}"


def _written(rulebook: Rulebook, example: Example, at: datetime) -> bytes:
    shape, message = example.shape, EmailMessage()
    message["From"] = shape.sender or SOMEBODY
    to = shape.to or ([] if shape.cc else _recipients(rulebook, example))
    if to:
        message["To"] = ", ".join(to)
    if shape.cc:
        message["Cc"] = ", ".join(shape.cc)
    message["Subject"] = " ".join(shape.subject.split())
    message["Date"] = format_datetime(at)
    digest = hashlib.sha256(repr((example.rule, example.keys)).encode()).hexdigest()[:20]
    message["Message-ID"] = f"<{digest}@customer.example>"
    for name, value in (shape.headers or {}).items():
        del message[name]
        message[name] = " ".join(value.split())
    message.set_content(shape.text)
    for name in shape.attachments or ():
        message.add_attachment(b"an example", maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def _compare(plan: Plan, shape: ExampleShape, rule: str) -> Iterator[tuple[str, str]]:
    hit = any(line.hit and _asked(line) == rule for line in plan.trace)
    if hit is not shape.hits:
        yield "", f"the rule {'hits' if hit else 'does not hit'}{_instead(plan, rule)}"
    if shape.spam is not None and shape.spam is not (plan.outcome == "spam"):
        yield "spam", f"expected spam = {str(shape.spam).lower()}, found {plan.outcome}: {in_words(plan.reason, 'en')}"
    opened = next((change for change in plan.changes if isinstance(change, OpenCase)), None)
    for key in ("type", "department", "group", "assignee", "priority", "confidential", "tags"):
        wanted = getattr(shape, key)
        if wanted is None:
            continue
        found = None if opened is None else getattr(opened, key)
        if (set(found or ()) != set(wanted)) if key == "tags" else found != wanted:
            yield key, f"expected {key} {_said(wanted)}, found {_said(found)}{_instead(plan, rule)}"
    values = {change.name: change.value for change in plan.changes if isinstance(change, SetField)}
    for name, text in (shape.fields or {}).items():
        if values.get(name) != text:
            yield "fields", f'expected field {name} "{text}", found {_said(values.get(name))}'
    if shape.ack is not None and shape.ack is not plan.acked:
        found = "sent" if plan.acked else in_words(plan.no_ack, "en")
        yield "ack", f"expected ack = {str(shape.ack).lower()}, found: {found}"


def _instead(plan: Plan, rule: str) -> str:
    hits = [name for line in plan.trace if line.hit and (name := _asked(line)) is not None]
    others = [name for name in hits if name != rule]
    miss = in_words(next((line.detail for line in plan.trace if not line.hit and _asked(line) == rule), None), "en")
    said = [f"it misses on {miss}"] if miss else []
    said += [f"hit: {', '.join(others)}"] if others else []
    return f" ({'; '.join(said)})" if said else ""


def _asked(line: TraceLine) -> str | None:
    """Return the name of the rule that a line of the trace is about; None when it is about something else."""
    return str(line.rule.args[1]) if line.rule.code == "rule" else None


def _said(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)

"""What each kind of letter may show: the names a template may use, and sample values for them."""

from __future__ import annotations

from typing import get_args

from maild.core.plan import NoticeKind

Value = str | int | tuple[str, ...]

KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)

_EVERY = ("subject", "language", "number", "department", "desk")
_TO_AGENT = ("title", "reply_above", "sentinel_id")
_ENTRY = (
    *_TO_AGENT,
    "requester",
    "requester_address",
    "text",
    "type",
    "type_label",
    "group",
    "assignee",
    "status",
    "banner",
    "priority",
    "answer_by",
    "copies",
    "attachments",
    "recipients",
    "unanswered",
    "offers",
)
_OFFERS = ("unanswered", "offers")
_PROMISE = ("type", "type_label", "fields", "answer_by", "opens", "closed_because")
SHOWN: dict[NoticeKind, tuple[str, ...]] = {
    "ack": (*_EVERY, "title", "requester", "quoted", "sentinel_id", "others", *_PROMISE),
    "ack-minimal": (*_EVERY, "others"),
    "ack-linked": (*_EVERY, "title", "requester", "others"),
    "ack-reopened-late": (*_EVERY, "title", "requester", "old_number", "others"),
    "assignment": (*_EVERY, *_ENTRY),
    "follow-up": (*_EVERY, *_ENTRY),
    "pending": (*_EVERY, *_ENTRY),
    "summary": (*_EVERY, *_TO_AGENT, "mails"),
    "noted": (*_EVERY, *_ENTRY),
    "answer": (*_EVERY, "title", "text", "agent_name"),
    "confirmation": (*_EVERY, *_TO_AGENT, "agent_name", "held_text", "attachments", "reason", "recipients", "commands"),
    "discarded": (*_EVERY, *_TO_AGENT, "agent_name", "held_text", "attachments"),
    "refusal": (*_EVERY, *_TO_AGENT, "agent_name", "held_text", "attachments", "reason", "recipients", *_OFFERS),
    "whole": (*_EVERY, *_TO_AGENT, "requester", "text", "folded"),
    "undelivered": (*_EVERY, *_TO_AGENT, "to", "status_code", "diagnostic"),
    "why": (*_EVERY, *_TO_AGENT, "text"),
    "operator": (*_EVERY, "title", "reason"),
}
"""What each kind of letter may show (see ``core/letters/notices.py``); a name that is not here is an error at load."""


LISTS = frozenset({"attachments", "commands", "copies", "fields", "mails", "offers", "others", "recipients"})
"""What is a list; everything else is one text."""
OURS = frozenset({"reply_above", "sentinel_id"})
"""What no notice gives: our line in the letter's language, and the mark that stands for it in HTML."""


def sample(kind: NoticeKind, language: str) -> dict[str, Value]:
    """Return a value for everything a kind of letter may show, but for what is ours."""
    given = [name for name in SHOWN[kind] if name not in OURS]
    values: dict[str, Value] = {name: f"<{name}> & 'Å' \"ø\"" for name in given}
    values |= {"subject": "[FK#1042] Får ikke logget inn", "number": "FK#1042", "language": language}
    if "fields" in values:
        values["fields"] = ("Brukernavn: karmoe", "Rom: B-214")
    if "attachments" in values:
        values["attachments"] = ("bilde.png", "brev.pdf")
    if "copies" in values:
        values["copies"] = ("Liv Berg <liv.berg@fjordvik.example>", "ola@nordlys.example")
    if "recipients" in values:
        values["recipients"] = ("kari.moen@fjordvik.example", "ola@nordlys.example")
    if "mails" in values:
        values["mails"] = (
            "08:00:01  Sentralen <a@b.example>: Ny melding",
            "08:01:40  Sentralen <a@b.example>: Ny [1.wav]",
        )
    if "others" in values:
        values["others"] = ("FK#1043 (HR)",)
    if "offers" in values:
        values["offers"] = ("tora.vik@kunde.example", '"eva lie"@post.example')
    if "commands" in values:
        values["commands"] = ("løst", "til: it-net-2")
    return values

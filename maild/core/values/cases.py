"""The life of a case: its statuses, which moves are legal, and what people call them."""

from __future__ import annotations

from typing import Literal, get_args

from maild.core.facts import Status

STATUSES: tuple[Status, ...] = get_args(Status)
OVER = frozenset[Status]({"resolved", "closed", "merged", "spam"})

TRANSITIONS: dict[Status, frozenset[Status]] = {
    "new": frozenset(
        {"assigned", "open", "waiting_requester", "waiting_other", "resolved", "closed", "merged", "spam"}
    ),
    "assigned": frozenset(
        {"new", "open", "waiting_requester", "waiting_other", "resolved", "closed", "merged", "spam"}
    ),
    "open": frozenset({"assigned", "waiting_requester", "waiting_other", "resolved", "closed", "merged", "spam"}),
    "waiting_requester": frozenset({"open", "waiting_other", "resolved", "closed", "merged", "spam"}),
    "waiting_other": frozenset({"open", "waiting_requester", "resolved", "closed", "merged", "spam"}),
    "resolved": frozenset({"open", "closed", "merged", "waiting_requester"}),
    "closed": frozenset({"open", "merged", "waiting_requester"}),
    "merged": frozenset(),
    "spam": frozenset({"open", "closed"}),
}
"""From a status to those it may become; nobody else says what is legal."""

Happening = Literal["customer wrote", "customer thanked", "agent answered"]

_AFTER: dict[Happening, dict[Status, Status]] = {
    "customer wrote": {"waiting_requester": "open", "resolved": "open", "closed": "open", "spam": "spam"},
    "customer thanked": {},
    "agent answered": {status: "waiting_requester" for status in STATUSES if status not in OVER},
}


def after(status: Status, happening: Happening) -> Status:
    """Return the status a case has after something happened to it."""
    return _AFTER[happening].get(status, status)


LABELS: dict[str, dict[Status, tuple[str, str]]] = {
    "no": {
        "new": ("ny", "mottatt"),
        "assigned": ("tildelt", "mottatt"),
        "open": ("under arbeid", "under arbeid"),
        "waiting_requester": ("venter på innmelder", "vi venter på svar fra deg"),
        "waiting_other": ("venter på andre", "under arbeid"),
        "resolved": ("løst", "løst – svar for å åpne igjen"),
        "closed": ("lukket", "avsluttet"),
        "merged": ("slått sammen", "samlet i en annen sak"),
        "spam": ("søppelpost", "avsluttet"),
    },
    "sv": {
        "new": ("nytt", "mottaget"),
        "assigned": ("tilldelat", "mottaget"),
        "open": ("pågår", "pågår"),
        "waiting_requester": ("väntar på anmälaren", "vi väntar på svar från dig"),
        "waiting_other": ("väntar på andra", "pågår"),
        "resolved": ("löst", "löst – svara för att öppna igen"),
        "closed": ("stängt", "avslutat"),
        "merged": ("sammanslaget", "samlat i ett annat ärende"),
        "spam": ("skräppost", "avslutat"),
    },
    "en": {
        "new": ("new", "received"),
        "assigned": ("assigned", "received"),
        "open": ("open", "being worked on"),
        "waiting_requester": ("waiting for requester", "we are waiting for your answer"),
        "waiting_other": ("waiting for others", "being worked on"),
        "resolved": ("resolved", "resolved – answer to open it again"),
        "closed": ("closed", "closed"),
        "merged": ("merged", "joined with another case"),
        "spam": ("spam", "closed"),
    },
}
"""Per language and status: the agent's label and the requester's."""


def label(status: Status, language: str, *, requester: bool = False) -> str:
    """Return what a status is called in a language (English when that language has no words)."""
    return LABELS.get(language, LABELS["en"])[status][1 if requester else 0]


PRIORITIES: dict[str, dict[str, str]] = {
    "no": {"low": "lav", "high": "høy", "urgent": "haster"},
    "sv": {"low": "låg", "high": "hög", "urgent": "brådskande"},
    "en": {"low": "low", "high": "high", "urgent": "urgent"},
}


def priority_label(priority: str, language: str) -> str:
    """Return what a priority is called in a language; empty for the usual one, of which nobody speaks."""
    return PRIORITIES.get(language, PRIORITIES["en"]).get(priority, "")

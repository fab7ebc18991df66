"""Small factories for tests: a sample organisation, mails, cases and facts, each with sane defaults to change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from maild.core.arrivals import bursts
from maild.core.asks import asks as what_it_asks
from maild.core.cause import MailCame
from maild.core.decide import decide
from maild.core.facts import (
    AgentFacts,
    Asks,
    AssignmentFacts,
    CaseFacts,
    Counts,
    Duplicate,
    Facts,
    Key,
    SeenMessage,
    Threads,
)
from maild.core.plan import Change, EndMail, FollowThread, NoteContact, Notice, Plan
from maild.core.reasons.reason import Reason
from maild.core.reasons.words import in_words
from maild.core.rules.organisation import Agent, Caps, Department, Desk, Group, Rulebook
from maild.core.threads import tokens
from maild.core.values.mail import Authentication, Calendar, Envelope, Identity, Mail, Mailbox, Report

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
KEYS = (Key(id=1, secret=b"a key for tests " * 2),)
DOMAIN = "fjordvik.example"
REPLIES = "sak.fjordvik.example"
KARI, LIV, OLA = "kari.moen@fjordvik.example", "liv.strand@fjordvik.example", "ola@epost.example"
STRANGER = "stranger@elsewhere.example"
CAMILLA, DAVID, GRETE = "camilla.dahl@fjordvik.example", "david.nilsen@fjordvik.example", "grete@fjordvik.example"
INSTANCE = "0123456789abcdef"

DEPARTMENTS = (
    Department(
        id="servicetorg",
        address=f"servicetorg@{DOMAIN}",
        sender_name="Servicetorget",
        default_group="st-1",
        language="no",
    ),
    Department(
        id="it",
        address=f"it@{DOMAIN}",
        aliases=(f"helpdesk@{DOMAIN}",),
        sender_name="IT-support",
        default_type="it.incident",
        default_group="it-1",
        language="no",
    ),
    Department(id="hr", address=f"hr@{DOMAIN}", sender_name="HR", default_group="hr-2", language="no", cc="ask"),
    Department(
        id="okonomi",
        address=f"okonomi@{DOMAIN}",
        sender_name="Økonomi",
        default_group="oko-2",
        language="no",
        cc="never",
        shared="child",
        burst=0,
        reopen_days=7,
    ),
)
GROUPS = (
    Group(id="st-1", department="servicetorg", members=("anne",)),
    Group(id="it-1", department="it", members=("camilla", "david")),
    Group(id="hr-2", department="hr", members=("grete",), assign="group"),
    Group(id="oko-2", department="okonomi", members=("jonas", "kari.lunde"), assign="round_robin"),
)
AGENTS = (
    Agent(id="anne", name="Anne Solberg", addresses=(f"anne.solberg@{DOMAIN}",)),
    Agent(id="camilla", name="Camilla Dahl", addresses=(CAMILLA, "camilla@home.example")),
    Agent(id="david", name="David Nilsen", addresses=(DAVID,)),
    Agent(id="grete", name="Grete Hansen", addresses=(GRETE,), language="no"),
    Agent(id="jonas", name="Jonas Wiik", addresses=(f"jonas.wiik@{DOMAIN}",)),
    Agent(id="kari.lunde", name="Kari Lunde", addresses=(f"kari.lunde@{DOMAIN}",)),
)


def rulebook(
    *,
    departments: Iterable[Department] = DEPARTMENTS,
    groups: Iterable[Group] = GROUPS,
    people: Iterable[Agent] = AGENTS,
    caps: Caps | None = None,
    **desk: Any,
) -> Rulebook:
    """Make the sample organisation; keyword arguments change its desk (``trust="none"``, ``agents="token"``…)."""
    departments, groups, people = tuple(departments), tuple(groups), tuple(people)
    shared = {
        "name": "Fjordvik kommune",
        "number_prefix": "FK",
        "timezone": "Europe/Oslo",
        "languages": ("no", "sv", "en"),
        "reply_domain": REPLIES,
        "instance": INSTANCE,
        "trust": "headers",
        "operator": "drift@fjordvik.example",
        "caps": caps or Caps(),
    }
    made = Desk(**(shared | desk))
    addresses = {address: d.id for d in departments for address in (d.address, *d.aliases)}
    domains = {address.rpartition("@")[2] for address in addresses} | ({made.reply_domain} - {None})
    return Rulebook(
        version="test",
        desk=made,
        departments={d.id: d for d in departments},
        groups={g.id: g for g in groups},
        agents={a.id: a for a in people},
        by_address=addresses,
        agent_by_address={address: a.id for a in people for address in a.addresses},
        domains=frozenset(str(domain) for domain in domains),
    )


RULEBOOK = rulebook()


def mail(
    text: str = "Hei, skriveren på rom 204 virker ikke.",
    *,
    author: str | None = KARI,
    to: Iterable[str] = (f"it@{DOMAIN}",),
    cc: Iterable[str] = (),
    subject: str = "Skriveren virker ikke",
    verdict: str = "pass",
    policy: str | None = None,
    sender: str | None = "=",
    headers: Iterable[tuple[str, str]] = (),
    envelope: Mapping[str, Any] | None = None,
    name: str = "",
    report: Report | None = None,
    calendar: Calendar | None = None,
    **changes: Any,
) -> Mail:
    """Make a mail as reading would: ``sender="="`` means the return path is the author's address.

    ``envelope`` changes fields of the envelope; anything else names a field of Mail.
    """
    to, cc, headers = tuple(to), tuple(cc), tuple(headers)
    if sender == "=":
        sender = author or "somebody@nowhere.example"
    received = (envelope or {}).get("received", NOW)
    around = {"source": "smtp", "received": received, "sender": sender, "recipients": (*to, *cc), "peer": "192.0.2.7"}
    shown = f'"{name}" <{author}>' if name else author or "?"
    reason = "" if author else "two From fields"
    seed = repr((text, author, to, cc, subject, headers, report, calendar, sorted(map(str, changes.items()))))
    digest = hashlib.sha256(seed.encode()).hexdigest()
    made: dict[str, Any] = {
        "envelope": Envelope(**(around | dict(envelope or {}))),
        "sha256": digest,
        "content_hash": digest,
        "size": len(text) + 400,
        "identity": Identity(address=author, shown=shown, name=name, reason=reason),
        "authentication": Authentication(verdict=verdict, policy=policy),  # type: ignore[arg-type]
        "headers": headers,
        "subject": subject,
        "message_id": f"<{digest[:20]}@client.example>",
        "date": received,
        "to": tuple(Mailbox(name="", address=address) for address in to),
        "cc": tuple(Mailbox(name="", address=address) for address in cc),
        "received_count": 2,
        "own_text": text,
        "text": text,
        "report": report,
        "calendar": calendar,
        "subject_shape": bursts.subject_shape(subject),
        "text_shape": bursts.text_shape(text),
    }
    return Mail(**(made | changes))


def case(number: int = 1042, **changes: Any) -> CaseFacts:
    """Make Kari's case with the IT department, assigned to Camilla."""
    made: dict[str, Any] = {
        "number": number,
        "department": "it",
        "group": "it-1",
        "assignee": "camilla",
        "type": "it.incident",
        "status": "assigned",
        "priority": "normal",
        "confidential": False,
        "subject": "Skriveren virker ikke",
        "language": "no",
        "requester": KARI,
        "participants": frozenset({KARI}),
        "alias": f"it@{DOMAIN}",
        "last_message_id": "<first@client.example>",
        "references": ("<first@client.example>",),
    }
    return CaseFacts(**(made | changes))


def seen(message_id: str = "<first@client.example>", case: int = 1042, **changes: Any) -> SeenMessage:
    """Make a mail we hold: by default the one that opened Kari's case."""
    made: dict[str, Any] = {
        "message_id": message_id,
        "case": case,
        "direction": "in",
        "visibility": "public",
        "addressees": frozenset({f"it@{DOMAIN}"}),
        "author": KARI,
        "verdict": "pass",
    }
    return SeenMessage(**(made | changes))


def earlier(**changes: Any) -> Duplicate:
    """Make an earlier copy of a mail, which opened Kari's case."""
    made: dict[str, Any] = {"inbound": 3, "case": 1042, "departments": ("it",), "verdict": "pass", "at": NOW}
    return Duplicate(**(made | changes))


def facts(*cases: CaseFacts, **changes: Any) -> Facts:
    """Make facts in which these cases exist."""
    parts = {
        "threads": (Threads, {"cases": {found.number: found for found in cases}}),
        "agents": (AgentFacts, {}),
        "assignment": (AssignmentFacts, {}),
    }
    made: dict[str, Any] = {"now": NOW, "keys": KEYS, "number": 2000, "outbox_ids": tuple(range(501, 565))}
    made["caps"] = changes.pop("counts", Counts())
    for part, (kind, values) in parts.items():
        names = {field.name for field in fields(kind)}
        made[part] = kind(**(values | {name: changes.pop(name) for name in names & changes.keys()}))
    return Facts(**(made | changes))


def knowing(facts: Facts, /, **changes: Any) -> Facts:
    """Change facts, whichever part of them each name belongs to."""
    if "counts" in changes:
        changes["caps"] = changes.pop("counts")
    for part in ("threads", "agents", "assignment"):
        value: Any = getattr(facts, part)
        names = {field.name for field in fields(value)} & changes.keys()
        changes[part] = replace(value, **{name: changes.pop(name) for name in names})
    return replace(facts, **changes)


def lasting(plan: Plan) -> tuple[Change, ...]:
    """Return what a plan changes beside ending its mail, and keeping its thread and its author's name."""
    return tuple(one for one in plan.changes if not isinstance(one, EndMail | FollowThread | NoteContact))


def signed_address(
    case: int = 1042, audience: str = "customer", *, of: str = KARI, local: str = "it", reference: int = 0
) -> str:
    """Make the signed reply address that one person got."""
    return tokens.sign_address(
        KEYS[0],
        local=local,
        domain=REPLIES,
        case=case,
        audience=audience,  # type: ignore[arg-type]
        address=of,
        now=NOW - timedelta(days=1),
        reference=reference,
    )


def signed_id(case: int | None = 1042, audience: str = "customer", *, outbox: int = 77) -> str:
    """Make the signed Message-ID of a mail we sent."""
    return tokens.sign_message_id(KEYS[0], outbox=outbox, case=case, audience=audience, domain=REPLIES)  # type: ignore[arg-type]


def bounce_address(outbox: int = 77) -> str:
    """Make the return path of a mail we sent."""
    return tokens.sign_bounce(KEYS[0], outbox=outbox, domain=REPLIES)


def came(mail: Mail, inbound: int = 7) -> MailCame:
    """Say that a mail came."""
    return MailCame(mail=mail, inbound=inbound)


def decided(mail: Mail, facts: Facts, rulebook: Rulebook = RULEBOOK) -> Plan:
    """Decide about a mail."""
    return decide(came(mail), asked(mail, rulebook), facts, rulebook)


def asked(mail: Mail, rulebook: Rulebook = RULEBOOK) -> Asks:
    """Say what deciding about a mail needs to know."""
    return what_it_asks(came(mail), rulebook)


def of(plan: Plan, kind: type[Any]) -> list[Any]:
    """Return a plan's changes of one kind."""
    return [change for change in plan.changes if isinstance(change, kind)]


def notices(plan: Plan, *kinds: str) -> list[Notice]:
    """Return a plan's notices, or those of some kinds."""
    return [notice for notice in plan.notices if not kinds or notice.kind in kinds]


def acks(plan: Plan) -> list[Notice]:
    """Return the acknowledgements of a plan."""
    return [notice for notice in plan.notices if notice.kind.startswith("ack")]


def at(mail: Mail, received: datetime) -> Mail:
    """Return the mail as if it had come at another time."""
    return replace(mail, envelope=replace(mail.envelope, received=received))


def said(value: object) -> str:
    """Return a reason (of a plan, an entry, a banner…) in English words; a letter's plain value as it is."""
    return in_words(value, "en") if value is None or isinstance(value, Reason) else str(value)

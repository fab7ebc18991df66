"""Addresses of people: folding for the caps, and which of our own addresses a mail is for."""

from __future__ import annotations

from collections.abc import Iterable

from maild.core.rules.organisation import Agent, Rulebook
from maild.core.values import return_paths
from maild.core.values.mail import Mail


def folded(address: str) -> str:
    """Fold +tag and dots of the local part, so that one person counts once (law A5)."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def caseless(address: str) -> str:
    """Return an address as it is compared, local part included (law I5): the case of ASCII letters does not matter.

    Of ASCII only: a look-alike letter (the Kelvin sign) must not become a plain one.
    """
    return address.lower() if address.isascii() else "".join(c.lower() if c.isascii() else c for c in address)


def written_by(mail: Mail) -> dict[str, str]:
    """Return how the author spells the own address, by the address as it is compared; empty when the same."""
    identity = mail.identity
    return {identity.address: identity.written} if identity.address is not None and identity.written else {}


def domain_of(address: str) -> str:
    """Return the domain of an address, lower case."""
    return address.rpartition("@")[2].lower()


def department_of(address: str, rulebook: Rulebook) -> str | None:
    """Return the department an address belongs to: its address, an alias, a +tag of either, or a reply address."""
    local, _, domain = address.lower().rpartition("@")
    base = local.partition("+")[0]
    found = rulebook.by_address.get(f"{local}@{domain}") or rulebook.by_address.get(f"{base}@{domain}")
    if found is None and domain == rulebook.desk.reply_domain:
        for department in rulebook.departments.values():
            if department.address.rpartition("@")[0] == base:
                return department.id
    return found


def addressed(mail: Mail) -> tuple[str, ...]:
    """Return the addresses a mail was delivered for, as To and Cc order them (law I6).

    By SMTP these are the envelope recipients; for polled mail To, then Cc, then Delivered-To and X-Original-To.
    """
    named = [box.address.lower() for box in (*mail.to, *mail.cc)]
    if mail.envelope.recipients:
        got = [recipient.lower() for recipient in mail.envelope.recipients]
        return _unique([name for name in named if name in got] + got)
    return _unique(named + [address.lower() for address in mail.delivered_to])


def departments_of(mail: Mail, rulebook: Rulebook) -> tuple[str, ...]:
    """Return the departments a mail names, first = main; at least one (law I6).

    Of polled mail To and Cc decide; only when they name none of ours do Delivered-To and X-Original-To. A mail by SMTP
    may come once for each department that To names: each copy is for all of them, and the first one tells everybody.
    """
    named = addressed(mail)
    if mail.envelope.recipients:
        if len(mail.to) > 1 and len(shown := in_to(mail, rulebook)) > 1:
            got = _departments(named, rulebook)
            if not set(shown).isdisjoint(got):
                return _unique((*shown, *got))
    else:
        shown = tuple(box.address.lower() for box in (*mail.to, *mail.cc))
        named = shown if _departments(shown, rulebook) else named
    if found := _departments(named, rulebook):
        return found
    if mail.envelope.department in rulebook.departments:
        return (str(mail.envelope.department),)
    return (next(iter(rulebook.departments)),)


def in_to(mail: Mail, rulebook: Rulebook) -> tuple[str, ...]:
    """Return the departments that To names, in its order."""
    return _departments((box.address.lower() for box in mail.to), rulebook)


def _departments(addresses: Iterable[str], rulebook: Rulebook) -> tuple[str, ...]:
    return _unique(name for address in addresses if (name := department_of(address, rulebook)) is not None)


def ack_recipient(mail: Mail) -> str | None:
    """Return the one recipient of an acknowledgement: From when it is aligned, else the return path.

    Never Reply-To or Cc (RFC 3834 §4). Nobody when no address can be trusted to be the writer's. A return path that a
    forwarder wrote says whom it stands for; one that stands for nobody leaves the author (law I16).
    """
    author, sender = mail.identity.address, return_paths.plain(mail.envelope.sender)
    if author is None or mail.identity.by == "reply-to":
        return None
    if mail.authentication.verdict == "pass" or not sender or domain_of(sender) == domain_of(author):
        return author
    return sender.lower()


def unproven(mail: Mail) -> bool:
    """Tell whether nothing proves who wrote a mail: no pass, whatever the reason (law A9).

    What such a writer says reaches a third party only when it leads nowhere.
    """
    return mail.authentication.verdict != "pass"


def unauthenticated(mail: Mail, rulebook: Rulebook) -> bool:
    """Tell whether the author's domain is known to have no authentication, or to fail it under a lenient policy.

    The caps for such authors do not bind where nothing is known: trust mode none, and verdict unknown.
    """
    return mail.authentication.verdict in ("none", "fail") and rulebook.desk.trust != "none"


def alias_of(mail: Mail, department: str, rulebook: Rulebook) -> str:
    """Return our address the writer used for a department: letters go out from it."""
    for address in (*addressed(mail), *(box.address.lower() for box in mail.to)):
        if rulebook.by_address.get(address) == department:
            return address
    return rulebook.departments[department].address


def is_ours(address: str, rulebook: Rulebook) -> bool:
    """Tell whether an address is one of our own desk's: a department's, or anything in the reply domain."""
    return department_of(address, rulebook) is not None or domain_of(address) == rulebook.desk.reply_domain


def listed(address: str, entries: frozenset[str]) -> bool:
    """Tell whether an address or its domain is on a list."""
    return address.lower() in entries or domain_of(address) in entries


def present(agents: Iterable[str], rulebook: Rulebook, *, absent: frozenset[str] = frozenset()) -> tuple[Agent, ...]:
    """Return those of the agents who exist and are not absent (nor among ``absent``), in order."""
    known = (rulebook.agents.get(agent) for agent in agents)
    return tuple(agent for agent in known if agent is not None and not agent.absent and agent.id not in absent)


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))

"""Whether a mail gets an automatic answer (MAIL §4, RFC 3834): a table of rows, and the first that matches wins.

Each row is a small function from a :class:`Case for a row <Look>` to the detail it matched on, or None. The row's
action says what follows: *file* stores the mail in its case without effect (or makes a case without ack), *bounce*
and *unmatched* are delivery reports, *quiet* goes on without an ack, *held* queues an ack the breaker keeps back,
*guarded* is an ack that shows nothing of the writer's that could lead a third party anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from maild.core import robots, tokens
from maild.core.asks import MOST_HOPS
from maild.core.caps import breaker_is_open, caps_exceeded
from maild.core.facts import Facts
from maild.core.look import Action, Look, Ruling
from maild.core.mail import Mail
from maild.core.people import addressed, domain_of, is_ours, listed, unproven
from maild.core.plan import TraceLine
from maild.core.threading import MOST_MENTIONS, answered, calendar_names

MOST_BAD_TOKENS = 20
"""Within an hour and per source; mails beyond are put aside (FAULTS A9)."""


def values(mail: Mail, name: str) -> list[str]:
    """Return the values of a header, stripped, in order, lower case."""
    return [value.strip().lower() for key, value in mail.headers if key == name]


def our_outgoing(look: Look) -> int | None:
    """Return the outgoing mail of ours that a report is about: by bounce address, or our Message-ID inside."""
    for address in addressed(look.mail):
        found = tokens.verify_bounce(look.facts.keys, address)
        if found is not None:
            return found
    named = [look.mail.report.original_message_id] if look.mail.report and look.mail.report.original_message_id else []
    for text in (*named, *answered(look.mail), *look.mail.mentions[:MOST_MENTIONS]):
        token = tokens.verify_message_id(look.facts.keys, text)
        if token is not None:
            return token.outbox
        found = tokens.verify_bounce(look.facts.keys, text)
        if found is not None:
            return found
    return None


def bad_token(mail: Mail, facts: Facts) -> bool:
    """Tell whether a mail was sent to something in the shape of a signed address that is not ours (any more)."""
    return any(
        tokens.ADDRESS_SHAPE.fullmatch(address) and tokens.verify_address(facts.keys, address, facts.now) is None
        for address in addressed(mail)
    )


def _row_endless(look: Look) -> str | None:
    count = look.mail.received_count
    return f"{count} Received fields: it goes round for ever" if count >= MOST_HOPS else None


def _row_guessing(look: Look) -> str | None:
    if look.counts.strikes_hour < MOST_BAD_TOKENS or not bad_token(look.mail, look.facts):
        return None
    return f"more than {MOST_BAD_TOKENS} signed addresses that are not ours within an hour"


def _row_hops(look: Look) -> str | None:
    count = look.mail.received_count
    return f"{count} Received fields" if count >= 30 else None


def _row_own(look: Look) -> str | None:
    if look.mail.loop and tokens.verify_loop(look.facts.keys, look.rulebook.desk.instance, look.mail.loop):
        return "our own loop header"
    own = look.mail.message_id
    if own is not None and tokens.verify_message_id(look.facts.keys, own) is not None:
        return "our own Message-ID"
    return None


def _row_bounce_address(look: Look) -> str | None:
    for address in addressed(look.mail):
        if tokens.verify_bounce(look.facts.keys, address) is not None:
            return "sent to our bounce address"
    return None


def _row_report(look: Look) -> str | None:
    report = look.mail.report
    if report is not None and report.kind == "delivery-status":
        return f"delivery report {report.status}".rstrip()
    return None


def _row_receipt(look: Look) -> str | None:
    report = look.mail.report
    return report.kind if report is not None and report.kind != "delivery-status" else None


def _row_null_sender(look: Look) -> str | None:
    return "null return path" if look.mail.envelope.sender == "" else None


def _row_own_calendar(look: Look) -> str | None:
    calendar = look.mail.calendar
    if calendar is None or calendar.method.upper() not in ("REPLY", "COUNTER"):
        return None
    for text in calendar_names(calendar):
        token = tokens.verify_address(look.facts.keys, text, look.facts.now)
        if token is not None or tokens.verify_message_id(look.facts.keys, text) is not None:
            return "calendar answer to our invitation"
    return None


def _row_auto_submitted(look: Look) -> str | None:
    return robots.auto_submitted(look.mail)


def _row_robot_address(look: Look) -> str | None:
    return robots.robot_address(look.mail)


def _row_list(look: Look) -> str | None:
    return robots.mailing_list(look.mail)


def _row_suppress(look: Look) -> str | None:
    for value in values(look.mail, "x-auto-response-suppress"):
        if {word.strip() for word in value.split(",")} & {"all", "autoreply"}:
            return f"X-Auto-Response-Suppress: {value}"
    return None


def _row_robot(look: Look) -> str | None:
    return robots.robot_header(look.mail) or robots.robot_subject(look.mail)


def _row_calendar(look: Look) -> str | None:
    return robots.calendar_answer(look.mail)


def _row_ourselves(look: Look) -> str | None:
    author = look.mail.identity.address
    if author is None:
        return None
    if is_ours(author, look.rulebook):
        return f"{author} is our own address"
    return f"{author} is a peer desk" if listed(author, look.rulebook.desk.peers) else None


def _row_echo(look: Look) -> str | None:
    if look.inside:
        return None
    keys, now = look.facts.keys, look.facts.now
    for text in (*look.mail.mentions[:MOST_MENTIONS], *answered(look.mail)):
        signed = tokens.verify_message_id(keys, text) or tokens.verify_address(keys, text, now)
        if signed is not None or tokens.verify_bounce(keys, text) is not None:
            return "our signed token or Message-ID, from somebody who takes no part"
    return None


def _row_act(look: Look) -> str | None:
    return "an agent's act" if look.act else None


def _row_blocked(look: Look) -> str | None:
    for address in (look.mail.identity.address, look.mail.envelope.sender):
        if address and listed(address, look.rulebook.desk.blocked):
            return f"{address} is blocked"
    # Whoever writes the header themselves only harms their own mail, so it needs no proof.
    name = look.rulebook.desk.spam_header
    verdict = next(iter(values(look.mail, name)), "") if name is not None else ""
    return f"{name}: {verdict[:40]}" if verdict.startswith(("yes", "true", "spam")) else None


_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"^(?=.{{4,253}}$)(?:{_LABEL}\.)+[^\W_][\w-]{{0,61}}[^\W_]$")


def _row_untrusted(look: Look) -> str | None:
    authentication = look.mail.authentication
    if authentication.verdict == "fail" and authentication.policy in ("quarantine", "reject"):
        return f"DMARC fail with policy {authentication.policy}"
    if look.mail.identity.address is None:
        return f"From cannot be read strictly: {look.mail.identity.reason}"
    sender = look.mail.envelope.sender
    if sender and not _DOMAIN.match(domain_of(sender)):
        return "the return path's domain is not valid"
    return None


def _row_follow_up(look: Look) -> str | None:
    return "follow-up: one ack per case" if look.entry else None


def _row_breaker(look: Look) -> str | None:
    if breaker_is_open(look.counts, look.facts.now, look.rulebook):
        return f"breaker: {look.counts.all_10min} automatic mails in 10 minutes"
    return None


def _row_unproven(look: Look) -> str | None:
    return f"nothing proves the author: {look.mail.authentication.verdict}" if unproven(look.mail) else None


def _row_otherwise(_look: Look) -> str | None:
    return "a person wrote"


ROWS: tuple[tuple[str, Action, Callable[[Look], str | None]], ...] = (
    ("0", "quarantine", _row_endless),
    ("0a", "quarantine", _row_guessing),
    ("0b", "quiet", _row_hops),
    ("1", "silent", _row_own),
    ("2", "bounce", _row_bounce_address),
    ("3", "bounce", _row_report),
    ("3b", "unmatched", _row_receipt),
    ("3c", "file", _row_null_sender),
    ("3d", "quiet", _row_own_calendar),
    ("4", "file", _row_auto_submitted),
    ("5", "quiet", _row_robot_address),
    ("6", "quiet", _row_list),
    ("7", "quiet", _row_suppress),
    ("8", "file", _row_robot),
    ("9", "quiet", _row_calendar),
    ("10", "quiet", _row_ourselves),
    ("11", "quiet", _row_echo),
    ("12", "quiet", _row_act),
    ("13", "spam", _row_blocked),
    ("14", "quiet", _row_untrusted),
    ("15", "quiet", _row_follow_up),
    ("16", "quiet", caps_exceeded),
    ("16b", "held", _row_breaker),
    ("17", "guarded", _row_unproven),
    ("18", "ack", _row_otherwise),
)

_MARKS = tuple(row for row in ROWS if row[0] in ("1", "3", "3b", "3c", "3d", "4", "8", "9", "10"))


_MISSED = {name: TraceLine(rule=f"MAIL §4 row {name}", hit=False) for name, _, _ in ROWS}


def rule(look: Look) -> tuple[Ruling, list[TraceLine]]:
    """Return the first row that matches, and every row tried, for the trace."""
    tried: list[TraceLine] = []
    for name, action, test in ROWS:
        detail = test(look)
        if detail is not None:
            tried.append(TraceLine(rule=f"MAIL §4 row {name}", hit=True, detail=detail))
            return Ruling(row=name, action=action, detail=detail), tried
        tried.append(_MISSED[name])
    raise AssertionError("the last row always matches")


def is_automatic(look: Look) -> bool:
    """Tell whether a mail bears any mark of a robot: such a mail never acts for an agent (FAULTS A15)."""
    if any(test(look) is not None for _, _, test in _MARKS):
        return True
    return any(value in ("bulk", "junk", "auto_reply") for value in values(look.mail, "precedence"))


def is_auto_reply(mail: Mail) -> bool:
    """Tell whether a mail is a robot's answer to one of ours (out-of-office), not a report it makes by itself."""
    return robots.robot(mail).kind == "auto-reply"

"""Whether a mail gets an automatic answer (law A2, RFC 3834): a table of rows, and the first that matches wins.

Each row is a small function from a :class:`Look` to the detail it matched on, or None. The row's
action says what follows: *file* stores the mail in its case without effect (or makes a case without ack), *bounce*
and *unmatched* are delivery reports, *quiet* goes on without an ack, *held* queues an ack the breaker keeps back,
*guarded* is an ack that shows nothing of the writer's that could lead a third party anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from maild.core.acknowledgement.caps import breaker_is_open, caps_exceeded
from maild.core.acknowledgement.look import Action, Look, Row, Ruling
from maild.core.asks import MOST_HOPS
from maild.core.facts import Facts
from maild.core.reasons.reason import Reason, because
from maild.core.reasons.reason import listed as in_a_row
from maild.core.reasons.trace import TraceLine
from maild.core.robots import robots
from maild.core.rules.organisation import Rulebook
from maild.core.threads import tokens
from maild.core.threads.threading import MOST_MENTIONS, answered, calendar_names
from maild.core.values import return_paths
from maild.core.values.mail import Mail
from maild.core.values.people import addressed, domain_of, is_ours, listed, unproven

MOST_BAD_TOKENS = 20
"""Within an hour and per source; mails beyond are put aside (law T16)."""


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


def _row_endless(look: Look) -> Reason | None:
    count = look.mail.received_count
    return because("goes round for ever", count) if count >= MOST_HOPS else None


def _row_guessing(look: Look) -> Reason | None:
    if look.counts.strikes_hour < MOST_BAD_TOKENS or not bad_token(look.mail, look.facts):
        return None
    return because("guesses signed addresses", MOST_BAD_TOKENS)


def _row_hops(look: Look) -> Reason | None:
    count = look.mail.received_count
    return because("Received fields", count) if count >= 30 else None


def _row_own(look: Look) -> Reason | None:
    if look.mail.loop and tokens.verify_loop(look.facts.keys, look.rulebook.desk.instance, look.mail.loop):
        return because("our loop header")
    own = look.mail.message_id
    if own is not None and tokens.verify_message_id(look.facts.keys, own) is not None:
        return because("our Message-ID")
    return None


def _row_bounce_address(look: Look) -> Reason | None:
    for address in addressed(look.mail):
        if tokens.verify_bounce(look.facts.keys, address) is not None:
            return because("sent to our bounce address")
    return None


def _row_report(look: Look) -> Reason | None:
    report = look.mail.report
    if report is not None and report.kind == "delivery-status":
        return robots.delivery_report(report.status)
    return None


def _row_receipt(look: Look) -> Reason | None:
    report = look.mail.report
    other = report is not None and report.kind != "delivery-status"
    return because("report of kind", report.kind) if report is not None and other else None


def _row_null_sender(look: Look) -> Reason | None:
    return because("null return path") if look.mail.envelope.sender == "" else None


def _row_own_calendar(look: Look) -> Reason | None:
    calendar = look.mail.calendar
    if calendar is None or calendar.method.upper() not in ("REPLY", "COUNTER"):
        return None
    for text in calendar_names(calendar):
        token = tokens.verify_address(look.facts.keys, text, look.facts.now)
        if token is not None or tokens.verify_message_id(look.facts.keys, text) is not None:
            return because("answers our invitation by calendar")
    return None


def _row_auto_submitted(look: Look) -> Reason | None:
    reason = robots.auto_submitted(look.mail)
    return None if reason is None or _row_generated(look) is not None else reason


def _row_generated(look: Look) -> Reason | None:
    """Hit what may hold a person's words; what a desk writes to another's signed address must end there (law A14)."""
    reason, author = robots.generated(look.mail), look.mail.identity.address
    if reason is None or (author is not None and _is_a_desk(author, look.rulebook)):
        return None
    return None if look.machine_to_agent and not look.inside else reason


def _is_a_desk(author: str, rulebook: Rulebook) -> bool:
    return is_ours(author, rulebook) or listed(author, rulebook.desk.peers)


def _row_robot_address(look: Look) -> Reason | None:
    return robots.robot_address(look.mail)


def _row_list(look: Look) -> Reason | None:
    return robots.mailing_list(look.mail)


def _row_suppress(look: Look) -> Reason | None:
    for value in values(look.mail, "x-auto-response-suppress"):
        if {word.strip() for word in value.split(",")} & {"all", "autoreply"}:
            return because("header is", "X-Auto-Response-Suppress", value)
    return None


def _row_robot(look: Look) -> Reason | None:
    return robots.robot_header(look.mail) or robots.robot_subject(look.mail)


def _row_calendar(look: Look) -> Reason | None:
    return robots.calendar_answer(look.mail)


def _row_ourselves(look: Look) -> Reason | None:
    author = look.mail.identity.address
    if author is None:
        return None
    if is_ours(author, look.rulebook):
        return because("is our address", author)
    return because("is a peer desk", author) if listed(author, look.rulebook.desk.peers) else None


def _row_echo(look: Look) -> Reason | None:
    if look.inside:
        return None
    keys, now = look.facts.keys, look.facts.now
    for text in (*look.mail.mentions[:MOST_MENTIONS], *answered(look.mail)):
        signed = tokens.verify_message_id(keys, text) or tokens.verify_address(keys, text, now)
        if signed is not None or tokens.verify_bounce(keys, text) is not None:
            return because("our token from a stranger")
    return None


def _row_act(look: Look) -> Reason | None:
    return because("agent's act") if look.act else None


def _row_blocked(look: Look) -> Reason | None:
    sender = look.mail.envelope.sender
    for address in (look.mail.identity.address, sender, return_paths.plain(sender)):
        if address and listed(address, look.rulebook.desk.blocked):
            return because("is blocked", address)
    # Whoever writes the header themselves only harms their own mail, so it needs no proof.
    name = look.rulebook.desk.spam_header
    verdict = next(iter(values(look.mail, name)), "") if name is not None else ""
    return (
        because("header is", name, verdict[:40])
        if name is not None and verdict.startswith(("yes", "true", "spam"))
        else None
    )


_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"^(?=.{{4,253}}$)(?:{_LABEL}\.)+[^\W_][\w-]{{0,61}}[^\W_]$")


def _row_untrusted(look: Look) -> Reason | None:
    authentication = look.mail.authentication
    if authentication.verdict == "fail" and authentication.policy in ("quarantine", "reject"):
        return because("DMARC fails", authentication.policy)
    if look.mail.identity.address is None:
        return because("From is unclear", look.mail.identity.reason)
    sender = look.mail.envelope.sender
    if sender and not _DOMAIN.match(domain_of(sender)):
        return because("return path is not valid")
    return None


def _row_follow_up(look: Look) -> Reason | None:
    return because("one ack per case") if look.entry else None


def _row_breaker(look: Look) -> Reason | None:
    if breaker_is_open(look.counts, look.facts.now, look.rulebook):
        return because("breaker is open", look.counts.all_10min)
    return None


def _row_unproven(look: Look) -> Reason | None:
    return because("author not proven", look.mail.authentication.verdict) if unproven(look.mail) else None


def _row_otherwise(_look: Look) -> Reason | None:
    return because("a person wrote")


ROWS: tuple[tuple[Row, Action, Callable[[Look], Reason | None]], ...] = (
    ("endless", "quarantine", _row_endless),
    ("guessing", "quarantine", _row_guessing),
    ("many hops", "quiet", _row_hops),
    ("our own", "silent", _row_own),
    ("at a bounce address", "bounce", _row_bounce_address),
    ("a delivery report", "bounce", _row_report),
    ("a receipt", "unmatched", _row_receipt),
    ("from nobody", "file", _row_null_sender),
    ("answers our invitation", "quiet", _row_own_calendar),
    ("auto-submitted", "file", _row_auto_submitted),
    ("generated", "quiet", _row_generated),
    ("nobody reads", "quiet", _row_robot_address),
    ("a list", "quiet", _row_list),
    ("suppresses answers", "quiet", _row_suppress),
    ("a robot", "file", _row_robot),
    ("a calendar answer", "quiet", _row_calendar),
    ("ourselves", "quiet", _row_ourselves),
    ("an echo", "quiet", _row_echo),
    ("an act", "quiet", _row_act),
    ("blocked", "spam", _row_blocked),
    ("not trusted", "quiet", _row_untrusted),
    ("a follow-up", "quiet", _row_follow_up),
    ("over a cap", "quiet", caps_exceeded),
    ("the breaker", "held", _row_breaker),
    ("not proven", "guarded", _row_unproven),
    ("a person", "ack", _row_otherwise),
)

ROBOTS: frozenset[Row] = frozenset(
    {
        "our own", "a delivery report", "a receipt", "from nobody", "answers our invitation", "auto-submitted",
        "generated", "a robot", "a calendar answer", "ourselves",
    }
)  # fmt: skip
"""Rows that only a robot's mail matches."""
LOOPS: frozenset[Row] = frozenset({"our own", "ourselves"})
"""Rows that a mail matches which has come back to us."""
_MARKS = tuple(test for row, _, test in ROWS if row in ROBOTS)
_MISSED = tuple(
    TraceLine(rule=because("automatic reply", in_a_row(because(row) for row, _, _ in ROWS[:count])), hit=False)
    for count in range(1, len(ROWS))
)
"""What the trace says of the rows that were tried in vain, by how many they were: always the first ones."""


def rule(look: Look) -> tuple[Ruling, list[TraceLine]]:
    """Return the first row that matches, and what the trace says of all that were tried."""
    for count, (row, action, test) in enumerate(ROWS):
        detail = test(look)
        if detail is not None:
            hit = TraceLine(rule=because("automatic reply", because(row)), hit=True, detail=detail)
            return Ruling(row=row, action=action, detail=detail), [*_MISSED[count - 1 : count], hit]
    raise AssertionError("the last row always matches")


def is_automatic(look: Look) -> bool:
    """Tell whether a mail bears any mark of a robot: such a mail never acts for an agent (law E15)."""
    if any(test(look) is not None for test in _MARKS):
        return True
    return any(value in ("bulk", "junk", "auto_reply") for value in values(look.mail, "precedence"))


def is_auto_reply(mail: Mail) -> bool:
    """Tell whether a mail is a robot's answer to one of ours (out-of-office), not a report it makes by itself."""
    return robots.robot(mail).kind == "auto-reply"

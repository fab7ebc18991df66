"""Whether a mail gets an automatic answer (MAIL §4, RFC 3834): a table of rows, and the first that matches wins.

Each row is a small function from a :class:`Case for a row <Look>` to the detail it matched on, or None. The row's
action says what follows: *file* stores the mail in its case without effect (or makes a case without ack), *bounce*
and *unmatched* are delivery reports, *quiet* goes on without an ack, *held* queues an ack the breaker keeps back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from maild.core import tokens
from maild.core.facts import Asks, CaseFacts, Facts
from maild.core.mail import Mail
from maild.core.people import addressed, domain_of, is_ours, listed
from maild.core.rules import Rulebook

Action = Literal["silent", "bounce", "unmatched", "file", "quiet", "spam", "held", "minimal", "ack"]

HALF_OPEN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything the rows look at."""

    mail: Mail
    asks: Asks
    facts: Facts
    rulebook: Rulebook
    matched: CaseFacts | None
    """The case that evidence names, for a mail that files silently."""
    inside: bool
    """The author takes part in that case."""
    act: bool
    """The mail is an agent's act."""
    entry: bool
    """The mail goes into an existing case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The row that matched, its action and on what."""

    row: str
    action: Action
    detail: str

    def __str__(self) -> str:
        return f"MAIL §4 row {self.row}: {self.detail}"


def header(mail: Mail, name: str) -> str:
    """Return the first value of a header, stripped, or the empty string."""
    return next((value.strip() for key, value in mail.headers if key == name), "")


def _has(mail: Mail, name: str) -> bool:
    return any(key == name for key, _ in mail.headers)


def our_outgoing(look: Look) -> int | None:
    """Return the outgoing mail of ours that a report is about: by bounce address, or our Message-ID inside."""
    for address in addressed(look.mail):
        found = tokens.verify_bounce(look.facts.keys, address)
        if found is not None:
            return found
    named = [look.mail.report.original_message_id] if look.mail.report and look.mail.report.original_message_id else []
    for text in (*named, *look.mail.in_reply_to, *look.mail.references, *look.mail.mentions):
        token = tokens.verify_message_id(look.facts.keys, text)
        if token is not None:
            return token.outbox
        found = tokens.verify_bounce(look.facts.keys, text)
        if found is not None:
            return found
    return None


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
    for text in (calendar.attendee, calendar.uid):
        token = tokens.verify_address(look.facts.keys, text.removeprefix("mailto:"), look.facts.now)
        if token is not None or tokens.verify_message_id(look.facts.keys, text) is not None:
            return "calendar answer to our invitation"
    return None


def _row_auto_submitted(look: Look) -> str | None:
    value = header(look.mail, "auto-submitted").lower()
    return f"Auto-Submitted: {value}" if value and value.partition(";")[0].strip() != "no" else None


_ROBOT_LOCAL = re.compile(
    r"(?i)^(?:mailer-daemon|postmaster|owner-.*|.*-request|.*-bounces?(?:\+.*)?|bounces?(?:[+-].*)?"
    r"|(?:.*[._+-])?(?:no|do[._-]?not|ikke|ei|inte|keine)[._-]?(?:reply|svar|svara|antwort|respond)(?:[._+-].*)?)$"
)


def _row_robot_address(look: Look) -> str | None:
    for address in (look.mail.identity.address, look.mail.envelope.sender):
        if address and _ROBOT_LOCAL.match(address.rpartition("@")[0]):
            return f"address {address}"
    return None


def _row_list(look: Look) -> str | None:
    for name, _ in look.mail.headers:
        if name.startswith("list-") or name == "mailing-list":
            return f"header {name}"
    value = header(look.mail, "precedence").lower()
    if value in ("list", "bulk", "junk", "auto_reply"):
        return f"Precedence: {value}"
    if _has(look.mail, "feedback-id") and _has(look.mail, "list-unsubscribe-post"):
        return "Feedback-ID with List-Unsubscribe-Post"
    return None


def _row_suppress(look: Look) -> str | None:
    values = {word.strip().lower() for word in header(look.mail, "x-auto-response-suppress").split(",")}
    return "X-Auto-Response-Suppress" if values & {"all", "autoreply"} else None


_ROBOT_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-autogenerated",
    "x-fc-machinegenerated",
    "x-loop",
)
_ROBOT_SUBJECTS: tuple[tuple[str, str], ...] = (
    ("no", "automatisk svar|autosvar|fraværsmelding|fravær"),
    ("nn", "fråværsmelding|fråvær"),
    ("sv", "autosvar|automatiskt svar|frånvaromeddelande|frånvaro"),
    ("da", "autosvar|automatisk svar|fraværsbesked"),
    ("fi", "automaattinen vastaus|poissaoloilmoitus"),
    ("en", "automatic reply|auto(?:matic)?[ -]?(?:reply|response|responder)|autoreply|out of (?:the )?office"),
    ("de", "automatische antwort|abwesenheitsnotiz|abwesenheit|automatische abwesenheitsnachricht"),
    ("fr", "réponse automatique|absence du bureau|message d'absence"),
    ("es", "respuesta automática|fuera de la oficina"),
    ("it", "risposta automatica|fuori sede|fuori ufficio"),
    ("nl", "automatisch antwoord|afwezigheidsbericht|niet aanwezig"),
    ("pt", "resposta automática|fora do escritório"),
    ("pl", "automatyczna odpowiedź|autoodpowiedź|odpowiedź automatyczna|nieobecność"),
    ("cs", "automatická odpověď"),
    ("ru", "автоответ|автоматический ответ"),
    ("ja", "自動応答|自動返信"),
    ("zh", "自动答复|自动回复|自動回覆"),
    ("tr", "otomatik yanıt"),
)
_ROBOT_SUBJECT = [(name, re.compile(rf"(?i)^\s*(?:{words})\s*(?::|：|$)")) for name, words in _ROBOT_SUBJECTS]


def _row_robot(look: Look) -> str | None:
    for name in _ROBOT_HEADERS:
        if _has(look.mail, name):
            return f"header {name}"
    if header(look.mail, "delivered-to").lower().startswith("autoresponder"):
        return "Delivered-To: autoresponder"
    for name, pattern in _ROBOT_SUBJECT:
        if pattern.match(look.mail.subject):
            return f"subject of an automatic reply ({name})"
    return None


def _row_calendar(look: Look) -> str | None:
    calendar = look.mail.calendar
    if calendar is not None and calendar.method.upper() in ("REPLY", "COUNTER"):
        return f"calendar {calendar.method}"
    return None


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
    for text in (*look.mail.mentions, *look.mail.in_reply_to, *look.mail.references):
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
    return None


_DOMAIN = re.compile(r"^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$")


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


def _row_caps(look: Look) -> str | None:
    counts, caps, author = look.facts.counts, look.rulebook.desk.caps, look.asks.author_domain or ""
    if counts.address_10min >= caps.per_address_10min:
        return f"{counts.address_10min} acks to this address in 10 minutes"
    if counts.address_day >= caps.per_address_day:
        return f"{counts.address_day} acks to this address in 24 hours"
    exempt = author in look.rulebook.domains or author in caps.allow_domains
    if not exempt and counts.domain_hour >= caps.per_domain_hour:
        return f"{counts.domain_hour} acks to {author} in an hour"
    if unauthenticated(look):
        if counts.unauthenticated_address_day >= caps.unauthenticated_per_address_day:
            return "one ack a day to an unauthenticated address"
        if counts.unauthenticated_hour >= caps.unauthenticated_hour:
            return f"{counts.unauthenticated_hour} acks to unauthenticated addresses in an hour"
    return None


def unauthenticated(look: Look) -> bool:
    """Tell whether the author's domain is known to have no authentication (never in trust mode none)."""
    return look.mail.authentication.verdict == "none" and look.rulebook.desk.trust != "none"


def breaker_limit(facts: Facts, rulebook: Rulebook) -> float:
    """Return how many automatic mails in 10 minutes open the breaker."""
    return max(float(rulebook.desk.caps.breaker_floor), 5 * facts.counts.median_10min)


def breaker_is_open(facts: Facts, rulebook: Rulebook) -> bool:
    """Tell whether automatic mail is held: over the limit now, or opened less than 30 minutes ago."""
    since = facts.counts.breaker_open_since
    if since is not None and facts.now - since < HALF_OPEN:
        return True
    return facts.counts.all_10min >= breaker_limit(facts, rulebook)


def _row_breaker(look: Look) -> str | None:
    if breaker_is_open(look.facts, look.rulebook):
        return f"breaker: {look.facts.counts.all_10min} automatic mails in 10 minutes"
    return None


def _row_unauthenticated(look: Look) -> str | None:
    return "the author's domain has no authentication" if unauthenticated(look) else None


def _row_otherwise(_look: Look) -> str | None:
    return "a person wrote"


ROWS: tuple[tuple[str, Action, Callable[[Look], str | None]], ...] = (
    ("0", "quiet", _row_hops),
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
    ("16", "quiet", _row_caps),
    ("16b", "held", _row_breaker),
    ("17", "minimal", _row_unauthenticated),
    ("18", "ack", _row_otherwise),
)

_MARKS = tuple(row for row in ROWS if row[0] in ("1", "2", "3", "3b", "3c", "4", "8"))


def rule(look: Look) -> tuple[Ruling, list[tuple[str, bool, str]]]:
    """Return the first row that matches, and every row tried as (name, hit, detail) for the trace."""
    tried: list[tuple[str, bool, str]] = []
    for name, action, test in ROWS:
        detail = test(look)
        tried.append((f"MAIL §4 row {name}", detail is not None, detail or ""))
        if detail is not None:
            return Ruling(row=name, action=action, detail=detail), tried
    raise AssertionError("the last row always matches")


def is_automatic(look: Look) -> bool:
    """Tell whether a mail bears any mark of a robot: such a mail never acts for an agent (FAULTS A15)."""
    return any(test(look) is not None for _, _, test in _MARKS) or look.mail.calendar is not None

"""What must be known before a cause can be decided: tokens and numbers seen, people named; nothing verified yet."""

from __future__ import annotations

import re

from maild.core.admin import asks_said
from maild.core.answers.offers import offered
from maild.core.answers.replying import one_address, written_for
from maild.core.answers.whom import author_of, nobody_reads
from maild.core.cause import AdminSaid, Cause, Delivered, MailCame, TimerDue
from maild.core.commands.acts import marked_key
from maild.core.commands.agents import asks_why, digest
from maild.core.commands.command_lines import taken_apart
from maild.core.deliveries.size import speaks_of_size
from maild.core.deliveries.too_big import said
from maild.core.facts import AgentAsks, Asks, AssignmentAsks, CapAsks, LetterAsks, Strikes, ThreadAsks
from maild.core.letters.reply_marker import SENTINEL_LINE
from maild.core.robots.robots import generated
from maild.core.rules.organisation import Rulebook
from maild.core.rules.routing import groups_of
from maild.core.threads import threading, tokens
from maild.core.timers.timers import asks_timer
from maild.core.values.mail import Mail
from maild.core.values.people import (
    ack_recipient,
    addressed,
    departments_of,
    domain_of,
    folded,
    is_ours,
    unauthenticated,
)

MOST_NUMBERS = 20
"""Numbers or tokens of one kind that a mail may name; what it names beyond is noise."""
MOST_TEXT_NUMBERS = 3
MOST_HOPS = 100
"""From so many Received fields on a mail goes round for ever (RFC 5321 §6.3)."""
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_TEXT_LOOKED_AT = 20_000


def asks(cause: Cause, rulebook: Rulebook) -> Asks:
    """Say what deciding about a cause needs to know from the store."""
    match cause:
        case MailCame():
            return of_mail(cause.mail, rulebook)
        case TimerDue():
            return asks_timer(cause)
        case Delivered():
            ids = frozenset({cause.letter})
            big = cause.state == "failed" and speaks_of_size(said(cause.answer))
            threads = ThreadAsks(letters=ids, outbox_ids=ids if big else frozenset())
            return Asks(letters=LetterAsks(ids=ids, data=big), threads=threads)
        case AdminSaid():
            return asks_said(cause)


def of_mail(mail: Mail, rulebook: Rulebook) -> Asks:
    """Say what deciding about a mail needs to know."""
    mail = written_for(mail, rulebook)
    author, author_key = author_of(mail, rulebook), _author_key(mail, rulebook)
    agent = None if author is None or mail.identity.by != "from" else rulebook.agent_by_address.get(author)
    ids = threading.answered(mail)
    numbers, outbox, held = _named(mail, ids)
    in_subject = threading.subject_numbers(mail.subject, rulebook.desk.number_prefix)[:MOST_NUMBERS]
    departments = departments_of(mail, rulebook)
    groups = frozenset[str]().union(*(groups_of(rulebook, department) for department in departments))
    return Asks(
        departments=departments,
        author=author,
        author_key=author_key,
        agent=agent,
        threads=ThreadAsks(
            case_numbers=frozenset(n for n in (*numbers, *in_subject, *_in_text(mail, rulebook)) if n),
            message_ids=tuple(dict.fromkeys([*([mail.message_id] if mail.message_id else []), *ids])),
            outbox_ids=frozenset(outbox),
            content_hash=mail.content_hash,
            author=author,
            author_key=author_key,
            related=author is not None and not ids and not numbers,
            words=bool(ids or numbers or in_subject) and (agent is not None or _may_quote(mail, rulebook)),
        ),
        caps=_caps(mail, rulebook, agent, author_key, in_subject),
        agents=None if agent is None else _agents(mail, held, rulebook),
        assignment=AssignmentAsks(groups=groups),
        letters=_letters(mail, agent, numbers) or _too_big(mail, outbox),
    )


def _may_quote(mail: Mail, rulebook: Rulebook) -> bool:
    """Tell whether a mail may hold lines of its case: reading folded some, or it names what our letters name."""
    if mail.folds:
        return True
    text = mail.text[:_TEXT_LOOKED_AT]
    names = (f"{rulebook.desk.number_prefix}#", *(one.sender_name for one in rulebook.departments.values()))
    return any(name in text for name in names) or SENTINEL_LINE.search(text) is not None


def _letters(mail: Mail, agent: str | None, numbers: list[int]) -> LetterAsks | None:
    """Ask whether an agent was told before that mails with a machine's mark act on nothing."""
    if agent is None or not numbers or generated(mail) is None:
        return None
    return LetterAsks(once_key=marked_key(numbers[0], agent))


def _too_big(mail: Mail, outbox: list[int]) -> LetterAsks | None:
    """Ask for the letters that a report says were too big: they may go again without their files."""
    if mail.report is None or not outbox or not speaks_of_size(f"{mail.report.status} {mail.report.diagnostic}"):
        return None
    return LetterAsks(ids=frozenset(outbox), data=True)


def _in_text(mail: Mail, rulebook: Rulebook) -> tuple[int, ...]:
    """Return the numbers that the text names: a hint, never evidence."""
    return threading.subject_numbers(mail.text[:_TEXT_LOOKED_AT], rulebook.desk.number_prefix)[:MOST_TEXT_NUMBERS]


def _caps(
    mail: Mail, rulebook: Rulebook, agent: str | None, author_key: str | None, in_subject: tuple[int, ...]
) -> CapAsks:
    ack_to = ack_recipient(mail)
    if ack_to is not None and ack_to != (mail.envelope.sender or "").lower() and is_ours(ack_to, rulebook):
        ack_to = mail.identity.address  # one mailbox of ours passed on what another had passed on
    ack_domain = None if ack_to is None else domain_of(ack_to)
    exempt = ack_domain in rulebook.domains or ack_domain in rulebook.desk.caps.allow_domains
    return CapAsks(
        ack_to=ack_to,
        ack_key=None if ack_to is None else folded(ack_to),
        ack_domain=None if exempt else ack_domain,
        unauthenticated=unauthenticated(mail, rulebook),
        automatic_numbers=frozenset(in_subject),
        strike=_strike(mail),
        burst=None if author_key is None else Strikes(kind="burst", source=author_key),
        agent_address=None if agent is None else rulebook.agents[agent].addresses[0],
    )


def _agents(mail: Mail, held: list[int], rulebook: Rulebook) -> AgentAsks:
    return AgentAsks(
        held_ids=frozenset(held),
        act_digest=digest(mail),
        named_addresses=_addresses(mail.own_text),
        why=asks_why(mail.own_text, rulebook),
        whole=taken_apart(mail.own_text, "", rulebook).whole,
    )


def _named(mail: Mail, ids: tuple[str, ...]) -> tuple[list[int], list[int], list[int]]:
    """Return the cases, outgoing mails and held mails that addresses and Message-IDs of our shape name."""
    numbers: list[int] = []
    outbox: list[int] = []
    held: list[int] = []
    calendar = () if mail.calendar is None else threading.calendar_names(mail.calendar)
    report = mail.report.original_message_id if mail.report is not None else None
    texts = (*addressed(mail), *ids, *calendar, report or "", mail.message_id or "", *mail.mentions)
    for text in dict.fromkeys(texts):
        if match := tokens.ADDRESS_SHAPE.fullmatch(text):
            numbers.append(int(match[1]))
            held += tokens.references(text)
        elif match := tokens.MESSAGE_ID_SHAPE.fullmatch(text):
            outbox.append(int(match[1]))
            numbers.append(int(match[2]))
        elif match := tokens.BOUNCE_SHAPE.fullmatch(text):
            outbox.append(int(match[1]))
    return numbers[:MOST_NUMBERS], outbox[:MOST_NUMBERS], held[:MOST_NUMBERS]


def _author_key(mail: Mail, rulebook: Rulebook) -> str | None:
    """Name whoever sends so many mails: the author, else the return path, else the peer; never an address of ours.

    Behind a sender that nobody reads (a form) or a From that was rewritten to ours (a group) are many people: each is
    known by whom the mail offers.
    """
    author = author_of(mail, rulebook)
    if author is not None:
        asked = one_address(mail) if mail.reply_to and nobody_reads(author) else None
        return folded(author) if asked is None else f"{folded(author)}>{folded(asked)}"
    if mail.identity.address is not None:
        return next((f"?{folded(address)}" for address in offered(mail, rulebook)), None)
    source = mail.envelope.sender or mail.envelope.peer
    return f"?{source.lower()}" if source and not is_ours(source, rulebook) else None


def _strike(mail: Mail) -> Strikes | None:
    if mail.received_count >= MOST_HOPS:
        return Strikes(kind="hops")
    if any(tokens.ADDRESS_SHAPE.fullmatch(address) for address in addressed(mail)):
        source = mail.envelope.peer or domain_of(mail.envelope.sender or mail.identity.address or "?")
        return Strikes(kind="token", source=source)
    return None


def _addresses(text: str) -> tuple[str, ...]:
    """Return the mail addresses that a text names, lower case, each once."""
    found = _ADDRESS.findall(text[:_TEXT_LOOKED_AT])
    return tuple(dict.fromkeys(address.lower().strip(".") for address in found))[:MOST_NUMBERS]

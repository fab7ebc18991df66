"""Notices: who is told what, from whom, and with which signed addresses.

What each kind of letter may show (``Notice.values``); text from mail is only ever in here:

===================  ==================================================================================
kind                 values
===================  ==================================================================================
every kind           number, title, department, desk
every ack            others (cases that other departments got of the same mail)
ack                  requester (a name, or empty), quoted (the title, empty when confidential), type, type_label,
                     fields (what was understood), answer_by, opens, closed_because (a closed day's name)
ack-minimal          nothing more: fixed text and number
ack-linked           requester
ack-reopened-late    requester, old_number
assignment           requester, requester_address, text, history (older mail that came with it), left_out (how many
                     lines of it are not shown), type, type_label (its name for people), group, assignee,
                     status, banner, priority (empty when it is the usual one), answer_by, copies (who else got the
                     mail, each with the address), attachments, recipients (whom an answer to this letter goes to),
                     unanswered (why an answer may reach nobody, or not whom the mail asks for), offers (whom it names)
follow-up            the same as assignment
pending, noted       the same as assignment, recipients empty; banner says why it is pending, or who is told, too
summary              mails (each with its time, author, subject, beginning and files)
answer               text (the agent's own words), agent_name
confirmation         agent_name, held_text (what a yes sends or keeps), attachments, reason, recipients (whom a yes
                     sends it to; empty: nothing goes out), commands (lines at its top that a yes does not send)
discarded            agent_name, held_text, attachments
refusal              agent_name, held_text, attachments, reason, recipients (whom a better answer goes to),
                     unanswered (it reaches nobody: an address is wanted), offers
whole                text (the writer's own words), folded (the rest), requester (who wrote), attachments
undelivered          to, status_code, diagnostic
why                  text (the decision's trace)
operator             reason
===================  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from maild.core.answers.offers import asked_for, offered
from maild.core.answers.whom import nobody_reads
from maild.core.assignment import absence_of
from maild.core.facts import CaseFacts, Facts, Key
from maild.core.known_words.shown import Shown
from maild.core.plan import ACKS, CountsAs, Notice, NoticeKind
from maild.core.reasons.reason import Reason, because
from maild.core.reasons.words import in_words
from maild.core.rules.organisation import Agent, Department, Rulebook
from maild.core.threads import tokens
from maild.core.values.cases import label, priority_label
from maild.core.values.mail import Attachment, Mail, Mailbox
from maild.core.values.moments import moment
from maild.core.values.people import domain_of, folded, is_ours, present

MOST_NAME = 60
"""Characters of a name in a list of addresses; a longer one could push its address out of the line."""
Values = Mapping[str, str | int | tuple[str, ...] | Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The case a letter is about, existing or just being opened."""

    number: int
    department: Department
    group: str
    assignee: str | None
    type: str
    status: str
    title: str
    language: str
    alias: str
    confidential: bool
    requester: str
    requester_name: str
    in_reply_to: str | None
    references: tuple[str, ...]
    watchers: tuple[str, ...] = ()
    """Agents who are told, too."""
    priority: str = "normal"
    participants: frozenset[str] = frozenset()
    """Addresses of the requester and of those who were admitted."""
    written: Mapping[str, str] = field(default_factory=dict)
    """How people spell their addresses who use capitals: letters go there."""
    answer_by: datetime | None = None
    """Until when the requester should have an answer, when this very mail opens the case."""
    answer_to: str = ""
    """Whom an agent chose to answer in the requester's stead."""


def readers(about: Subject, agent: Agent) -> tuple[str, ...]:
    """Return who gets what an agent answers in a case, never the agent.

    First its requester, or whom an agent chose in their stead, then the other participants; nobody at an address that
    nobody reads, unless an agent chose it (law I13). The one home of it: whom a letter names and whom the answer goes
    to are the same.
    """
    first = about.answer_to or about.requester
    people = (first, *sorted(about.participants - {first, about.requester}))
    return tuple(
        person
        for person in people
        if person and person not in agent.addresses and (person == about.answer_to or not nobody_reads(person))
    )


def unanswered(about: Subject, mail: Mail, rulebook: Rulebook) -> tuple[Reason | None, tuple[str, ...]]:
    """Say why an answer may not reach whom a mail is from, and whom the mail offers instead (law I13); mostly None."""
    first = about.answer_to or about.requester
    if first and (first == about.answer_to or not nobody_reads(first)):
        if not mail.reply_to:
            return None, ()
        offers = tuple(address for address in asked_for(mail, rulebook) if address not in (first, *about.participants))
        return (because("asks for answers elsewhere"), offers) if offers else (None, ())
    offers = tuple(address for address in offered(mail, rulebook) if address not in about.participants)
    if first:
        return because("nobody reads it", first), offers
    ours = mail.identity.address is not None and is_ours(mail.identity.address, rulebook)
    return because("From is ours") if ours else because("From names nobody to answer"), offers


def spelled(about: Subject, people: Iterable[str]) -> tuple[str, ...]:
    """Return addresses as their people spell them."""
    return tuple(about.written.get(person, person) for person in people)


class NoticeWriter:
    """Writes the notices of one plan: hands out ids in order and signs every address."""

    def __init__(self, facts: Facts, rulebook: Rulebook) -> None:
        self._facts, self._rulebook = facts, rulebook
        self.notices: list[Notice] = []
        self.lacking = 0
        """Notices that there was no id for: the plan is to be made again with more."""

    def next_id(self) -> int | None:
        """Return the id that the next notice will have; None, and counted as lacking, when there is none left."""
        if len(self.notices) < len(self._facts.outbox_ids):
            return self._facts.outbox_ids[len(self.notices)]
        self.lacking += 1
        return None

    def forget(self) -> None:
        """Tell nobody after all."""
        self.notices.clear()
        self.lacking = 0

    @cached_property
    def absent(self) -> frozenset[str]:
        """The agents who are not there at this moment."""
        agents = self._rulebook.agents.values()
        return frozenset(agent.id for agent in agents if absence_of(agent, self._facts, self._rulebook) is not None)

    def moment(self, at: datetime, language: str) -> str:
        """Say a time as people do, seen from now."""
        return moment(at, now=self._facts.now, zone=self._rulebook.zone, language=language)

    def add(self, notice: Notice) -> None:
        """Add a notice that was written elsewhere, with the next id."""
        self.notices.append(notice)

    def write(
        self,
        kind: NoticeKind,
        about: Subject,
        *,
        to: str,
        to_name: str = "",
        audience: tokens.Audience,
        once_key: str,
        language: str,
        values: Values,
        automatic: bool = True,
        attachments: tuple[Attachment, ...] = (),
        attachments_of: int | None = None,
        to_agent: bool = False,
        held: bool = False,
        counts_as_unauthenticated: bool = False,
        names_number: int | None = None,
        template: str | None = None,
        capped: bool = True,
        reference: int = 0,
        counts_as: CountsAs = "",
        again: int | None = None,
    ) -> None:
        """Add one notice."""
        key = self.next_id()
        if key is None:
            return
        sign, desk = self._facts.keys[0], self._rulebook.desk
        local, _, own = about.department.address.rpartition("@")
        domain = desk.reply_domain or own
        tag = f"{desk.number_prefix}#{about.number}"
        acknowledges = kind in ACKS
        thread = _agent_thread(about.number, domain, desk.number_prefix)
        common: dict[str, str | int | tuple[str, ...] | Reason] = {
            "number": tag,
            "title": "" if about.confidential else about.title,
            "department": about.department.sender_name,
            "desk": desk.name,
        }
        hidden = about.confidential and not to_agent
        self.notices.append(
            Notice(
                outbox_id=key,
                kind=kind,
                once_key=once_key,
                to=about.written.get(to, to),
                to_name=to_name,
                case=about.number,
                department=about.department.id,
                language=language,
                from_address=about.alias or about.department.address,
                from_name=about.department.sender_name,
                reply_to=tokens.sign_address(
                    sign,
                    local=local,
                    domain=domain,
                    case=about.number,
                    audience=audience,
                    address=to,
                    now=self._facts.now,
                    reference=reference,
                ),
                subject=f"[{tag}]" if hidden or kind == "ack-minimal" or not about.title else f"[{tag}] {about.title}",
                message_id=tokens.sign_message_id(
                    sign, outbox=key, case=about.number, audience=audience, domain=domain
                ),
                in_reply_to=thread if to_agent else about.in_reply_to,
                references=(thread,) if to_agent else about.references,
                automatic=None if not automatic else "auto-replied" if acknowledges else "auto-generated",
                return_path="" if acknowledges else tokens.sign_bounce(sign, outbox=key, domain=domain),
                values=common | dict(values),
                attachments=attachments,
                attachments_of=attachments_of,
                again=again,
                to_agent=to_agent,
                counts_as_unauthenticated=counts_as_unauthenticated,
                author_key=folded(to) if capped and not to_agent else None,
                names_number=names_number,
                template=template,
                held=held,
                counts_as=counts_as,
            )
        )

    def tell(
        self,
        kind: NoticeKind,
        about: Subject,
        agent: Agent,
        *,
        once_key: str,
        values: Values,
        audience: tokens.Audience = "internal",
        attachments: tuple[Attachment, ...] = (),
        attachments_of: int | None = None,
        reference: int = 0,
        counts_as: CountsAs = "",
    ) -> None:
        """Add one notice to an agent's registered address, in the agent's language.

        What answers it stays inside unless ``audience`` says otherwise: a "thanks" must not go to the customer.
        """
        self.write(
            kind,
            about,
            to=agent.addresses[0],
            to_name=agent.name,
            audience=audience,
            once_key=once_key,
            language=language_of(agent, about),
            values=values,
            attachments=attachments,
            attachments_of=attachments_of,
            to_agent=True,
            reference=reference,
            counts_as=counts_as,
        )


def language_of(agent: Agent, about: Subject) -> str:
    """Return the language in which an agent reads of a case."""
    return agent.language or about.department.language


def hearing(about: Subject, writer: NoticeWriter, rulebook: Rulebook) -> tuple[Agent, ...]:
    """Return who hears of what comes into a case: those who work on it (:func:`told`), then its watchers."""
    heard = told(about.assignee, about.group, rulebook, absent=writer.absent)
    watching = present(about.watchers, rulebook, absent=writer.absent)
    return (*heard, *(agent for agent in watching if agent not in heard))


def _agent_thread(number: int, domain: str, prefix: str) -> str:
    """Return the Message-ID that all letters to agents about one case answer, so that mail clients thread them."""
    return f"<case.{number}.{prefix.lower()}@{domain}>"


def told(
    assignee: str | None, group: str, rulebook: Rulebook, *, but: str = "", absent: frozenset[str] = frozenset()
) -> tuple[Agent, ...]:
    """Return who hears of a case: its assignee, else every present member of its group, else the whole group.

    ``but`` is an address that cannot be reached, ``absent`` are agents who are not there: then the others are told.
    """
    known = rulebook.groups.get(group)
    members = () if known is None else known.members
    everyone = tuple(rulebook.agents[agent] for agent in members if agent in rulebook.agents)
    own = present([assignee] if assignee is not None else [], rulebook, absent=absent)
    for agents in (own, present(members, rulebook, absent=absent), everyone):
        if reachable := tuple(agent for agent in agents if agent.addresses[0] != but):
            return reachable
    return ()


def about_case(case: CaseFacts, rulebook: Rulebook, *, mail: Mail | None = None) -> Subject:
    """Describe an existing case for its letters; ``mail`` is the newest entry, when there is one."""
    department = rulebook.departments.get(case.department) or next(iter(rulebook.departments.values()))
    newest = mail.message_id if mail is not None and mail.message_id else case.last_message_id
    return Subject(
        number=case.number,
        department=department,
        group=case.group,
        assignee=case.assignee,
        type=case.type,
        status=case.status,
        title=case.subject,
        language=case.language,
        alias=case.alias,
        confidential=case.confidential,
        requester=case.requester,
        requester_name="",
        participants=case.participants,
        written=case.written,
        in_reply_to=newest,
        references=tuple(dict.fromkeys([*case.references, *([newest] if newest else [])])),
        watchers=case.watchers,
        priority=case.priority,
        answer_to=case.answer_to,
    )


def to_agents(
    writer: NoticeWriter,
    kind: NoticeKind,
    about: Subject,
    mail: Mail,
    rulebook: Rulebook,
    *,
    shown: Shown,
    inbound: int,
    key: str,
    banner: Reason | None = None,
    agents: Iterable[Agent] | None = None,
    skip: str | None = None,
) -> None:
    """Tell the agents of a case about the mail, each separately with a signed address of their own (law W9)."""
    audience: tokens.Audience = "internal" if kind in ("pending", "noted") else "answer"
    why, offers = unanswered(about, mail, rulebook) if audience == "answer" else (None, ())
    for agent in hearing(about, writer, rulebook) if agents is None else agents:
        if agent.id == skip:
            continue
        language = language_of(agent, about)
        writer.tell(
            kind,
            about,
            agent,
            audience=audience,
            once_key=f"{kind}:{key}:{agent.id}",
            values={
                "title": about.title,
                "requester": mail.identity.shown,
                "requester_address": mail.identity.written or mail.identity.address or "",
                "text": shown.text,
                "history": shown.history,
                "left_out": shown.left_out,
                "type": about.type,
                "type_label": _label(about.type, language, rulebook),
                "group": about.group,
                "assignee": _name(about.assignee, rulebook),
                "status": label(about.status, language),  # type: ignore[arg-type]
                "banner": banner or "",
                "priority": priority_label(about.priority, language),
                "answer_by": "" if about.answer_by is None else writer.moment(about.answer_by, language),
                "copies": tuple(_box(box) for box in mail.cc),
                "recipients": spelled(about, readers(about, agent)) if audience == "answer" else (),
                "attachments": names(mail.attachments),
                "unanswered": why or "",
                "offers": offers,
            },
            attachments=(*mail.attachments, whole_mail("mail.eml", mail.size)) if shown.cut else mail.attachments,
            attachments_of=inbound,
        )


def whole_mail(name: str, size: int) -> Attachment:
    """Return a mail as a file of its own: all of its raw bytes, under a name that is ours."""
    return Attachment(name=name, type="message/rfc822", size=size, sha256="", start=0, end=size, encoding="identity")


def names(files: Iterable[Attachment]) -> tuple[str, ...]:
    """Return what files are called; what only decorates a signature is not told."""
    return tuple(file.name for file in files if not file.decoration)


def _box(box: Mailbox) -> str:
    """Write an address with its name, never the name alone: anybody can write another address as his name."""
    name = box.name[:MOST_NAME].rstrip()
    return f"{name} <{box.address}>" if name and name.lower() != box.address.lower() else box.address


def _label(kind: str, language: str, rulebook: Rulebook) -> str:
    """Return what people call a type of case; the rules may have lost it since."""
    known = rulebook.types.get(kind)
    return kind if known is None else known.labelled(language, rulebook.desk.languages[0])


def _name(agent: str | None, rulebook: Rulebook) -> str:
    return rulebook.agents[agent].name if agent is not None and agent in rulebook.agents else ""


def operator_notice(rulebook: Rulebook, sign: Key, *, key: int, title: Reason, reason: Reason, once_key: str) -> Notice:
    """Write what a person who runs maild should know; ``key`` is its outbox id, and there must be an operator."""
    desk = rulebook.desk
    assert desk.operator is not None
    first = next(iter(rulebook.departments.values()))
    domain = desk.reply_domain or domain_of(first.address)
    return Notice(
        outbox_id=key,
        kind="operator",
        once_key=once_key,
        to=desk.operator,
        case=None,
        department=None,
        language=desk.languages[0],
        from_address=first.address,
        from_name=desk.name,
        subject=f"[{desk.number_prefix}] {in_words(title, desk.languages[0])}",
        message_id=tokens.sign_message_id(sign, outbox=key, case=None, audience="internal", domain=domain),
        automatic="auto-generated",
        return_path=tokens.sign_bounce(sign, outbox=key, domain=domain),
        values={"desk": desk.name, "title": title, "reason": reason},
        to_agent=True,
    )

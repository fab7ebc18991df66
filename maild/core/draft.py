"""A plan while it is being made: the changes, notices and trace that one decision gathers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from maild.core.answers.replying import written_for
from maild.core.cause import MailCame
from maild.core.commands.agents import is_login_of
from maild.core.facts import Asks, CapAsks, CaseFacts, Counts, Facts, Status
from maild.core.known_words.lines import Memory, memories
from maild.core.known_words.shown import Shown, first_shown, shown
from maild.core.letters.notices import NoticeWriter, Subject, operator_notice, to_agents
from maild.core.plan import (
    AddMessage,
    AnswerTo,
    Assign,
    Change,
    EndMail,
    Entry,
    FollowThread,
    KeepWords,
    MessageKind,
    NoteContact,
    NoticeKind,
    OpenCase,
    Outcome,
    Plan,
    Record,
    SetStatus,
    Visibility,
)
from maild.core.reasons.codes import Code
from maild.core.reasons.reason import Reason, because, both
from maild.core.reasons.trace import TraceLine
from maild.core.rules.organisation import Agent, Rulebook
from maild.core.threads.threading import survivor
from maild.core.values.cases import Happening, after
from maild.core.values.mail import Mail
from maild.core.values.people import caseless

MOST_THREAD = 10
"""Message-IDs kept of a case's thread: the first, and the newest."""


class Draft:
    """What one decision stands on, and what it has come to so far."""

    def __init__(self, asks: Asks, facts: Facts, rulebook: Rulebook, *, key: str, actor: str = "maild") -> None:
        """``key`` names the cause for ever: it stands in the once_key of what is told because of it."""
        self.asks, self.facts, self.rulebook = asks, facts, rulebook
        self.key, self.actor = key, actor
        self.changes: list[Change] = []
        self.trace: list[TraceLine] = []
        self.writer = NoticeWriter(facts, rulebook)
        self._standing: dict[int, tuple[Status, str | None]] = {}

    def note(self, rule: Code, hit: bool, detail: Reason | None = None) -> None:
        """Add a line to the trace."""
        self.trace.append(TraceLine(rule=because(rule), hit=hit, detail=detail))

    def set_status(self, case: CaseFacts, status: Status, *, actor: str = "maild") -> None:
        """Move a case to a status, from the one that this plan has given it by now."""
        before, assignee = self._standing.get(case.number, (case.status, case.assignee))
        if status != before:
            moved = SetStatus(case=case.number, before=before, status=status, assignee=assignee, actor=actor)
            self.changes.append(moved)
            self._standing[case.number] = status, assignee

    def move(self, case: CaseFacts, happening: Happening) -> None:
        """Give a case the status it has after something happened."""
        self.set_status(case, after(case.status, happening))

    def assign(self, case: CaseFacts, agent: str | None, reason: Reason) -> None:
        """Give a case to an agent, or to nobody."""
        status, before = self._standing.get(case.number, (case.status, case.assignee))
        if agent != before:
            self.changes.append(Assign(case=case.number, before=before, assignee=agent, status=status, reason=reason))
            self._standing[case.number] = status, agent

    def held_back(self, case: int | None, what: str, reason: Reason, *, held: bool = False) -> None:
        """Say on a case that a limit keeps a letter from going out: for good, or until it is released."""
        after = "held" if held else "not sent"
        self.changes.append(Record(what="held back", case=case, before=what, after=after, reason=reason))

    def tell_operator(self, title: Reason, reason: Reason, *, once_key: str) -> None:
        """Tell a person who runs maild."""
        if self.rulebook.desk.operator is None:
            return
        key, sign = self.writer.next_id(), self.facts.keys[0]
        if key is not None:
            self.writer.add(
                operator_notice(self.rulebook, sign, key=key, title=title, reason=reason, once_key=once_key)
            )

    def done(self, outcome: Outcome, case: int | None, reason: Reason) -> Plan:
        """Close the plan."""
        return self._plan(outcome, case, reason)

    def _plan(self, outcome: Outcome, case: int | None, reason: Reason, **more: Any) -> Plan:
        return Plan(
            outcome=outcome,
            case=case,
            reason=reason,
            actor=self.actor,
            changes=tuple(self.changes),
            notices=tuple(self.writer.notices),
            more_ids=self.writer.lacking,
            trace=tuple(self.trace),
            rules=self.rulebook.version,
            decided_at=self.facts.now,
            **more,
        )


class MailDraft(Draft):
    """The plan for a mail."""

    def __init__(self, cause: MailCame, asks: Asks, facts: Facts, rulebook: Rulebook) -> None:
        self.came = cause.mail
        """As it stands; rules look at this one."""
        self.mail = believed(written_for(cause.mail, rulebook), asks, rulebook)
        super().__init__(asks, facts, rulebook, key=str(cause.inbound), actor=self.mail.identity.address or "unknown")
        self.inbound = cause.inbound
        self.caps, self.counts = asks.caps or CapAsks(), facts.caps or Counts()
        self._shown_in: dict[int, Shown] = {}
        self.no_ack: Reason | None = because("nobody asked for one")
        """Why no acknowledgement goes out; None when one does."""

    @property
    def proven_agent(self) -> bool:
        """Tell whether a registered agent certainly wrote this."""
        return self.asks.agent is not None and self.mail.authentication.verdict == "pass"

    def add(
        self,
        case: CaseFacts | int,
        kind: MessageKind,
        visibility: Visibility,
        *,
        agent: str | None = None,
        note: Reason | None = None,
        flag: bool = True,
        text: str | None = None,
        untold: bool = False,
    ) -> None:
        """Store the mail as an entry of a case, with its text as its readers are shown it, or as it goes out."""
        number = case if isinstance(case, int) else case.number
        text = self.shown(number).whole if text is None else text
        self.changes.append(
            AddMessage(
                case=number,
                kind=kind,
                visibility=visibility,
                entry=entry_of(self.mail, self.inbound, self.asks.author_key, text),
                agent=agent,
                note=self.flagged(note) if flag else note,
                untold=untold and not self.mail.envelope.quiet,
            )
        )

    def memories(self, case: int) -> tuple[Memory, ...]:
        """Return what a case holds, and what those hold that were merged into it, to know quoted lines again."""
        words = self.facts.threads.words
        inside = [one for one in words if one.case == case or survivor(one.case, self.facts).number == case]
        return memories(inside, self.facts.keys)

    def shown(self, case: int) -> Shown:
        """Return what readers of a case are shown of the mail; a case that opens holds nothing yet."""
        if case not in self._shown_in:
            known = case in self.facts.threads.cases
            self._shown_in[case] = shown(self.mail, self.memories(case)) if known else first_shown(self.mail)
        return self._shown_in[case]

    def flagged(self, note: Reason | None) -> Reason | None:
        """Add to a note what makes the mail odd: its Message-ID came before with other content (law T14)."""
        known = self.facts.threads.known
        if self.facts.threads.duplicate is not None:
            return note  # the very same content, and judged better now
        if self.mail.message_id is None or all(seen.message_id != self.mail.message_id for seen in known):
            return note
        return both(note, because("Message-ID used before"))

    def tell_agents(
        self,
        kind: NoticeKind,
        about: Subject,
        *,
        key: str,
        banner: Reason | None = None,
        agents: Iterable[Agent] | None = None,
    ) -> None:
        """Tell the agents of a case (or those given) about this mail, but not the one who certainly wrote it."""
        to_agents(
            self.writer,
            kind,
            about,
            self.mail,
            self.rulebook,
            shown=self.shown(about.number),
            inbound=self.inbound,
            key=key,
            banner=banner,
            agents=agents,
            skip=self.asks.agent if self.proven_agent else None,
        )

    def done(self, outcome: Outcome, case: int | None, reason: Reason) -> Plan:
        """Close the plan; a mail taken in quietly tells nobody."""
        quiet = self.mail.envelope.quiet
        if quiet:
            self.writer.forget()
        self._follow_threads()
        self._contact(outcome, case)
        self.changes += [KeepWords(words=one) for one in self.facts.threads.words if one.entries or one.letters]
        aside = outcome == "quarantined"
        self.changes.append(
            EndMail(
                inbound=self.inbound,
                outcome=outcome,
                reason=reason,
                case=case,
                content_hash=None if aside else self.mail.content_hash,
                departments=self.asks.departments,
            )
        )
        no_ack = because("quiet import") if quiet else self.no_ack
        return self._plan(outcome, case, reason, acked=no_ack is None, no_ack=no_ack, inbound=self.inbound)

    def _follow_threads(self) -> None:
        """Say, for each case the mail enters, what its participants have seen of it by now."""
        cases, own = self.facts.threads.cases, self.mail.message_id
        for place, change in enumerate(self.changes[:]):
            if isinstance(change, OpenCase):
                seen = self._shown(change.number, change.requester)
                thread = ([own] if own else []) + seen
                self.changes[place] = replace(change, last_message_id=own, thread=tuple(thread))
            elif isinstance(change, AddMessage) and change.case in cases:
                kind = change.kind if change.visibility == "public" else ""
                self.changes.append(self._followed(cases[change.case], kind))

    def _followed(self, case: CaseFacts, kind: str) -> FollowThread:
        own = self.mail.message_id if kind == "customer" else None
        chosen = [change.address for change in self.changes if isinstance(change, AnswerTo)]
        first = chosen[-1] if chosen else case.answer_to or case.requester
        new = ([own] if own else []) + self._shown(case.number, first)
        if not kind and not new:
            return FollowThread(case=case.number)
        thread = list(dict.fromkeys([*case.references, *new]))
        thread = thread if len(thread) <= MOST_THREAD else [thread[0], *thread[1 - MOST_THREAD :]]
        return FollowThread(
            case=case.number,
            last_message_id=own or case.last_message_id,
            thread=tuple(thread),
            by="customer" if kind == "customer" else "agent" if kind == "reply" else "nobody",
        )

    def _shown(self, case: int, requester: str) -> list[str]:
        """Return the Message-IDs that this plan sends to a case's requester: what they answer next may name them."""
        return [one.message_id for one in self.writer.notices if one.case == case and caseless(one.to) == requester]

    def _contact(self, outcome: Outcome, case: int | None) -> None:
        address, mail = self.asks.author, self.mail
        if address is None or case is None or outcome not in ("new", "entry"):
            return
        if mail.authentication.verdict == "fail":
            return  # whoever wrote this, it was hardly they
        known = self.facts.threads.contact
        name = mail.identity.name or (known.name if known else "")
        language = mail.language or (known.language if known else None)
        if known is None or (known.name, known.language) != (name, language):
            self.changes.append(NoteContact(address=address, name=name, language=language))


def entry_of(mail: Mail, inbound: int, author_key: str | None, text: str) -> Entry:
    """Return a mail as it will stand in a case, with the text that its readers are shown."""
    return Entry(
        author=mail.identity.address or "",
        author_shown=mail.identity.shown,
        author_key=author_key,
        to=tuple(box.address for box in mail.to),
        cc=tuple(box.address for box in mail.cc),
        subject=mail.subject,
        text=text,
        folded=mail.folded,
        message_id=mail.message_id,
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        date=mail.date,
        at=mail.envelope.received,
        language=mail.language,
        verdict=mail.authentication.verdict,
        subject_shape=mail.subject_shape,
        text_shape=mail.text_shape,
        inbound=inbound,
        attachments=mail.attachments,
    )


def believed(mail: Mail, asks: Asks, rulebook: Rulebook) -> Mail:
    """Return the mail with SMTP AUTH counted as authentication: who logged in as the author has proved it (E4)."""
    if asks.agent is None or not is_login_of(mail, rulebook.agents[asks.agent]):
        return mail
    proof = replace(mail.authentication, verdict="pass", policy=None, reason="SMTP AUTH as the author")
    return replace(mail, authentication=proof)

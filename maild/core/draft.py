"""A plan while it is being made: the changes, notices and trace that one decision gathers."""

from __future__ import annotations

from dataclasses import replace

from maild.core.agents import is_login_of
from maild.core.cases import Happening, after
from maild.core.facts import Asks, CaseFacts, Facts
from maild.core.letters import Desk, Subject, operator_notice, to_agents
from maild.core.mail import Mail
from maild.core.plan import (
    AddMessage,
    Change,
    MessageKind,
    NoticeKind,
    Outcome,
    Plan,
    SetStatus,
    TraceLine,
    Visibility,
)
from maild.core.rules import Rulebook


class Draft:
    """What one decision stands on, and what it has come to so far."""

    def __init__(self, mail: Mail, asks: Asks, facts: Facts, rulebook: Rulebook) -> None:
        self.mail, self.asks, self.facts, self.rulebook = mail, asks, facts, rulebook
        self.changes: list[Change] = []
        self.trace: list[TraceLine] = []
        self.desk = Desk(facts, rulebook)
        self.ack = "nobody asked for one"

    @property
    def proven_agent(self) -> bool:
        """Tell whether a registered agent certainly wrote this."""
        return self.asks.agent is not None and self.mail.authentication.verdict == "pass"

    def note(self, rule: str, hit: bool, detail: str) -> None:
        """Add a line to the trace."""
        self.trace.append(TraceLine(rule=rule, hit=hit, detail=detail))

    def add(
        self, case: CaseFacts, kind: MessageKind, visibility: Visibility, *, agent: str | None = None, note: str = ""
    ) -> None:
        """Store the mail as an entry of an existing case."""
        self.changes.append(
            AddMessage(case=case.number, kind=kind, visibility=visibility, agent=agent, note=self.flagged(note))
        )

    def flagged(self, note: str) -> str:
        """Add to a note what makes the mail odd: its Message-ID came before with other content (MAIL §3)."""
        if self.mail.message_id is None or all(seen.message_id != self.mail.message_id for seen in self.facts.known):
            return note
        flag = "same Message-ID as an earlier mail, other content"
        return f"{note}; {flag}" if note else flag

    def move(self, case: CaseFacts, happening: Happening) -> None:
        """Give a case the status it has after something happened."""
        status = after(case.status, happening)
        if status != case.status:
            self.changes.append(SetStatus(case=case.number, status=status))

    def tell_agents(self, kind: NoticeKind, about: Subject, *, key: str, banner: str = "") -> None:
        """Tell the agents of a case about this mail, but not the one who certainly wrote it."""
        skip = self.asks.agent if self.proven_agent else None
        left_out = to_agents(self.desk, kind, about, self.mail, self.rulebook, key=key, banner=banner, skip=skip)
        if left_out:
            self.note("notices", False, f"{left_out} agents are not told: one mail tells only so many")

    def tell_operator(self, title: str, reason: str, *, once_key: str) -> None:
        """Tell a person who runs maild."""
        desk = self.rulebook.desk
        if desk.operator is None or not self.desk.left:
            return
        key, sign = self.desk.next_id, self.facts.keys[0]
        self.desk.add(operator_notice(self.rulebook, sign, key=key, title=title, reason=reason, once_key=once_key))

    def done(self, outcome: Outcome, case: int | None, reason: str) -> Plan:
        """Close the plan."""
        quiet = self.mail.envelope.quiet
        return Plan(
            outcome=outcome,
            case=case,
            reason=reason,
            ack="quiet import" if quiet else self.ack,
            changes=tuple(self.changes),
            notices=() if quiet else tuple(self.desk.notices),
            trace=tuple(self.trace),
            rules=self.rulebook.version,
            decided_at=self.facts.now,
        )


def believed(mail: Mail, asks: Asks, rulebook: Rulebook) -> Mail:
    """Return the mail with SMTP AUTH counted as authentication: who logged in as the author has proved it (E4)."""
    if asks.agent is None or not is_login_of(mail, rulebook.agents[asks.agent]):
        return mail
    proof = replace(mail.authentication, verdict="pass", policy=None, reason="SMTP AUTH as the author")
    return replace(mail, authentication=proof)

"""An agent answers from a mail client (MAIL §5): what the mail means, and whether the evidence is enough.

E1 From is a registered agent (a claim), E2 the agent's own signed address, E3 aligned authentication, E4 SMTP AUTH
as that agent, E6 a reply to a confirmation that was sent to the registered address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from maild.core import tokens
from maild.core.facts import Asks, Facts
from maild.core.mail import Mail
from maild.core.reply_marker import SENTINEL_LINE
from maild.core.rules import Agent, Rulebook
from maild.core.threading import Evidence

Meaning = Literal["answer", "note", "held", "refused", "confirm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an agent's mail means, and why."""

    meaning: Meaning
    agent: Agent
    reason: str
    verified: bool = True
    """For a note: False shows it as not verified."""


def means_an_act(mail: Mail, asks: Asks, found: Evidence | None, rulebook: Rulebook) -> bool:
    """Tell whether an agent's mail is an act in a case, rather than a requester's plain mail.

    An answer to what only agents are sent is one; so is a mail that names a case of the agent's group in its subject.
    """
    if asks.agent is None or found is None:
        return False
    if found.audience in ("answer", "internal", "confirm"):
        return True
    if mail.identity.address in found.case.participants:
        return False
    group = rulebook.groups.get(found.case.group)
    member = asks.agent == found.case.assignee or (group is not None and asks.agent in group.members)
    return member and found.strength in ("signed", "subject")


def judge(mail: Mail, asks: Asks, found: Evidence, facts: Facts, rulebook: Rulebook) -> Act:
    """Weigh the evidence for an agent's act: what the mail may do, or why it is held."""
    assert asks.agent is not None
    agent = rulebook.agents[asks.agent]
    own = {tokens.person(address) for address in agent.addresses}
    by_token = found.token is not None and found.token.person in own
    passes = mail.authentication.verdict == "pass"
    failing = mail.authentication.verdict == "fail"
    login = mail.envelope.login
    by_login = login is not None and (login == agent.id or login.lower() in agent.addresses)
    if found.audience == "confirm":
        return _confirmation(agent, found, facts, good=by_token and not failing)
    if found.audience == "internal" and (by_login or passes or (by_token and not failing)):
        return Act(meaning="note", agent=agent, reason="answers an internal notice", verified=by_login or passes)
    if (command := _command(mail.own_text)) is not None and (by_login or passes or (by_token and not failing)):
        return Act(meaning="refused", agent=agent, reason=f"begins with a command maild does not know: {command}")
    leak = _leak(mail.own_text)
    if leak is not None:
        return Act(meaning="held", agent=agent, reason=leak)
    if found.audience == "answer":
        token_is_enough = rulebook.desk.agents == "token" and not failing
        if by_login or (by_token and (passes or token_is_enough)):
            how = "SMTP AUTH" if by_login else "own signed address" + (" and authentication" if passes else "")
            return Act(meaning="answer", agent=agent, reason=f"answer by {agent.id}: {how}")
    elif by_login:
        return Act(meaning="answer", agent=agent, reason=f"answer by {agent.id}: SMTP AUTH")
    missing = "the agent's own signed address" if not by_token else "authentication of the sender's domain"
    return Act(meaning="held", agent=agent, reason=f"not enough evidence: {missing} is missing")


def _confirmation(agent: Agent, found: Evidence, facts: Facts, *, good: bool) -> Act:
    reference = found.token.reference if found.token is not None else 0
    held = facts.held.get(reference)
    if not good or held is None or held.agent != agent.id:
        return Act(meaning="held", agent=agent, reason="a confirmation that proves nothing")
    if held.done:
        return Act(meaning="note", agent=agent, reason="confirmed before: nothing is sent twice")
    return Act(meaning="confirm", agent=agent, reason=f"confirmed by {agent.id}")


def _command(text: str) -> str | None:
    """Return the first own line when it begins like a command word, cut to something short."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line[:40] if line.startswith("#") else None


_INTERNAL = re.compile(r"(?i)x-maild-")


def _leak(text: str) -> str | None:
    """Say why an answer must not leave: it holds a signed address, our sentinel line or an internal header."""
    if tokens.ADDRESS_SHAPE.search(text) or tokens.MESSAGE_ID_SHAPE.search(text):
        return "the text holds a signed address that belongs to somebody"
    if SENTINEL_LINE.search(text) or _INTERNAL.search(text):
        return "the text holds parts of an internal notice"
    if not text.strip():
        return "there is no text to send"
    return None

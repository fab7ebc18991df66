"""An agent answers the customer's own mail in a mail client, and copies the department: it has been answered (law E19).

The customer has the answer already: nothing is sent a second time, and nobody is asked. What nothing proves is shown to
the agents as a claim, and stops no clock.
"""

from __future__ import annotations

from maild.core.commands import agents
from maild.core.commands.acts import after_answer, spend
from maild.core.draft import MailDraft
from maild.core.facts import AgentFacts, Asks, CaseFacts
from maild.core.letters.notices import about_case
from maild.core.plan import Plan
from maild.core.reasons.reason import because
from maild.core.rules.organisation import Rulebook
from maild.core.threads import placement
from maild.core.threads.threading import Evidence
from maild.core.values.mail import Mail
from maild.core.values.people import caseless


def is_answer(mail: Mail, asks: Asks, found: Evidence | None, rulebook: Rulebook) -> bool:
    """Tell whether an agent who works on a case writes to somebody of it, and the department gets a copy.

    What answers an agent's own letter is an act, whoever else it goes to: the desk sends it.
    """
    if asks.agent is None or found is None or found.audience != "customer" or found.strength == "quoted":
        return False
    case, author = found.case, mail.identity.address
    if author in case.participants or not agents.works_on(asks.agent, case, rulebook):
        return False
    if mail.authentication.verdict == "fail" or placement.forwarded_elsewhere(mail, found, asks.departments[0]):
        return False
    people = case.participants | ({case.requester} - {""})
    return any(caseless(box.address) in people for box in (*mail.to, *mail.cc))


def answered(draft: MailDraft, case: CaseFacts, *, automatic: bool) -> Plan:
    """Keep it in the case as the agent's answer: proved, the case waits for its requester; else as a claim."""
    assert draft.asks.agent is not None
    agent = draft.rulebook.agents[draft.asks.agent]
    told = draft.facts.agents or AgentFacts()
    if draft.proven_agent and not automatic and not told.act_used:
        reason = because("answered outside", agent.id)
        spend(draft)
        draft.add(case, "reply", "public", agent=agent.id, note=reason)
        after_answer(draft, case, agent.id)
        draft.tell_agents("follow-up", about_case(case, draft.rulebook), key=draft.key, banner=reason)
        return draft.done("answer", case.number, reason)
    reason = because("answered outside, not proven", agent.id)
    draft.add(case, "reply", "pending", agent=agent.id, note=reason)
    draft.tell_agents("follow-up", about_case(case, draft.rulebook), key=draft.key, banner=reason)
    return draft.done("pending", case.number, reason)

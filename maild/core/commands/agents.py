"""An agent answers from a mail client (law E7, E8): what the mail means, and whether the evidence is enough.

E1 From is a registered agent (a claim), E2 the agent's own signed address, E3 aligned authentication, E4 SMTP AUTH
as that agent (it counts as E3 too), E6 a reply to a confirmation that was sent to the registered address.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from maild.core.commands.command_lines import Said, taken_apart
from maild.core.commands.yes_no import yes_or_no
from maild.core.facts import AgentFacts, Asks, CaseFacts, Facts, HeldMessage
from maild.core.known_words.lines import Memory
from maild.core.known_words.outwards import outwards
from maild.core.known_words.runs import unwrapped
from maild.core.letters.notices import about_case, readers
from maild.core.letters.reply_marker import SENTINEL_LINE, holds_sentinel
from maild.core.reasons.reason import Reason, because, both
from maild.core.rules.organisation import Agent, Rulebook
from maild.core.threads import placement, threading, tokens
from maild.core.threads.threading import Evidence
from maild.core.values.mail import Attachment, Mail
from maild.core.values.people import domain_of
from maild.core.values.words import fold

Meaning = Literal[
    "answer",
    "note",
    "held",
    "refused",
    "confirm",
    "discard",
    "ask again",
    "replay",
    "why",
    "whole",  # the agent asks for the whole of the customer's mail
    "choose",  # the agent says whom the case is to be answered at, and nothing more
    "release",  # the same, in answer to the refusal of an answer that reached nobody: now it goes out
]
FRESH = timedelta(hours=48)
"""An act whose Date is further off than this may be an old mail sent again (law E9)."""
COMMANDS = because("looks like a command")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an agent's mail means, and why."""

    meaning: Meaning
    agent: Agent
    reason: Reason
    verified: bool = True
    """For a note: False shows it as not verified."""
    internal: bool = False
    """It was meant as a note: held and confirmed, it stays internal."""
    ask: bool = True
    """For a held one: whether a confirmation can help."""
    claimed: bool = False
    """For a held one: nothing but the From says that the agent wrote it, as anybody's forgery does."""
    proved: bool = False
    """For a held one: the evidence is complete, and something else makes it a question."""
    text: str = ""
    """What goes out, or would with a yes."""
    nobody: bool = False
    """For a refused one: it would reach nobody; what it says waits for an address."""
    about: HeldMessage | None = None
    """The earlier mail that it is about, where that is neither confirmed nor discarded by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proof:
    token: bool
    """E2."""
    passes: bool
    """E3 or E4."""
    login: bool
    """E4."""
    failing: bool

    @property
    def known(self) -> bool:
        """Enough to say "this agent wrote it" to the agent."""
        return self.passes or (self.token and not self.failing)


def is_login_of(mail: Mail, agent: Agent) -> bool:
    """Tell whether the mail came by SMTP AUTH as this agent (E4: login = From)."""
    login = mail.envelope.login
    return login is not None and (login == agent.id or login.lower() in agent.addresses)


def digest(mail: Mail) -> str:
    """Name an act for ever: signed domain, body and Message-ID, but nothing a signature does not cover (law E10)."""
    body = hashlib.sha256(" ".join(mail.text.split()).encode())
    for file in mail.attachments:
        body.update(file.sha256.encode())
    parts = (domain_of(mail.identity.address or ""), body.hexdigest(), mail.message_id or "")
    return "act:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def asks_why(text: str, rulebook: Rulebook) -> bool:
    """Tell whether a mail's first line asks how its case was decided: ``?hvorfor`` (law G9)."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line.startswith("?") and len(line) <= _MOST_WHY and rulebook.verbs.get(fold(line[1:]).strip()) == "why"


_MOST_WHY = 40
_MOST_DOUBT = 400


def means_an_act(mail: Mail, asks: Asks, found: Evidence | None, rulebook: Rulebook) -> bool:
    """Tell whether an agent's mail is an act in a case, rather than a requester's plain mail.

    An answer to what only agents are sent is one; so is a mail that names a case of the agent's group in its subject.
    A case mail passed on to another department is not: it opens a case there.
    """
    if asks.agent is None or found is None:
        return False
    if placement.forwarded_elsewhere(mail, found, asks.departments[0]):
        return False
    if found.audience in ("answer", "internal", "confirm"):
        return True
    if mail.identity.address in found.case.participants:
        return False
    return works_on(asks.agent, found.case, rulebook) and found.strength in ("signed", "subject")


def works_on(agent: str, case: CaseFacts, rulebook: Rulebook) -> bool:
    """Tell whether a case is an agent's own, or of one of the agent's groups."""
    group = rulebook.groups.get(case.group)
    return agent == case.assignee or (group is not None and agent in group.members)


def judge(
    mail: Mail, asks: Asks, found: Evidence, facts: Facts, rulebook: Rulebook, memories: Sequence[Memory] = ()
) -> Act:
    """Weigh the evidence for an agent's act: what the mail may do, or why it is held.

    ``memories`` are what the case holds: an answer goes out without what it quotes of that.
    """
    assert asks.agent is not None
    agent = rulebook.agents[asks.agent]
    proof = _proof(mail, found, agent)
    if found.audience == "confirm" and not found.mixed:
        return _confirmation(mail, agent, found, facts, rulebook, good=proof.token and not proof.failing)
    internal = found.audience == "internal" and not found.mixed
    if proof.known and asks_why(mail.own_text, rulebook):
        if not proof.token and not works_on(agent.id, found.case, rulebook):
            return Act(meaning="refused", agent=agent, reason=because("works on it only"))
        return Act(meaning="why", agent=agent, reason=because("asks why"), internal=True)
    out = outwards(mail, memories, commands=taken_apart(mail.own_text, found.case.type, rulebook).above)
    said = taken_apart(out.text, found.case.type, rulebook)
    doubt = because("lines in doubt", " / ".join(out.doubtful)[:_MOST_DOUBT]) if out.doubtful else None
    if proof.known and said.whole and not (said.commands or said.to) and says_nothing(said, mail.attachments):
        if not proof.token and not works_on(agent.id, found.case, rulebook):
            return Act(meaning="refused", agent=agent, reason=because("works on it only"))
        return Act(meaning="whole", agent=agent, reason=because("brings the whole mail"), internal=True)
    if _told(facts).act_used:
        return Act(meaning="replay", agent=agent, reason=because("acted before"))
    if internal and proof.known:
        reason = because("answers an internal notice")
        return Act(meaning="note", agent=agent, reason=reason, verified=proof.passes, internal=True)
    missing = _missing(mail, found, facts, rulebook, proof)
    if missing is not None:
        # What may never leave is held as a note: confirmed, it stays internal.
        own = None if internal else _file_of_ours(mail.attachments)
        commands = COMMANDS if said.commands and not internal and own is None else None
        note = internal or own is not None
        doubt = None if note else doubt
        reason = both(missing, commands, own, None if own is None else because("becomes a note"), doubt)
        claimed = not (proof.token or proof.passes)
        return Act(meaning="held", agent=agent, reason=reason, internal=note, claimed=claimed, text=out.text)
    if len(said.to) > 1:
        return Act(meaning="refused", agent=agent, reason=because("one address only"))
    if said.to and not said.commands and says_nothing(said, mail.attachments):
        return _chosen_only(said, found, facts, rulebook, agent)
    stop = _stops(said, mail.attachments, found.case, facts, rulebook, agent)
    if stop is not None:
        return Act(meaning="refused", agent=agent, reason=stop)
    if reaches_nobody(said, mail.attachments, found.case, rulebook, agent):
        return Act(meaning="refused", agent=agent, reason=because("answer reaches nobody"), nobody=True, text=out.text)
    first = _answered_meanwhile(mail, agent, found.case, facts, rulebook)
    if first is not None or said.commands or doubt is not None:
        asked = both(first, COMMANDS if said.commands else None, doubt)
        return Act(meaning="held", agent=agent, reason=asked, proved=True, text=out.text)
    proved = because("by address and authentication" if proof.passes else "by address")
    how = because("by SMTP AUTH") if proof.login else proved
    return Act(meaning="answer", agent=agent, reason=because("answered by", agent.id, how), text=out.text)


def chosen(case: CaseFacts, said: Said) -> CaseFacts:
    """Return a case as it is once its agent has said whom it is to be answered at."""
    if not said.to:
        return case
    return replace(case, answer_to=said.to[0], participants=case.participants | {said.to[0]})


def reaches_nobody(
    said: Said, files: tuple[Attachment, ...], case: CaseFacts, rulebook: Rulebook, agent: Agent
) -> bool:
    """Tell whether an answer says something, and would be read by nobody (law I13)."""
    if says_nothing(said, files):
        return False
    return not readers(about_case(chosen(case, said), rulebook), agent)


def _chosen_only(said: Said, found: Evidence, facts: Facts, rulebook: Rulebook, agent: Agent) -> Act:
    """Weigh a mail that names an address and says nothing else: what was refused for want of one may go out now."""
    waiting = None if found.token is None else _told(facts).held.get(found.token.reference)
    if waiting is None or waiting.done or waiting.internal or waiting.agent != agent.id:
        return Act(meaning="choose", agent=agent, reason=because("answers go to", said.to[0]))
    words, case = taken_apart(waiting.text, found.case.type, rulebook), chosen(found.case, said)
    stop = _stops(words, waiting.attachments, case, facts, rulebook, agent)
    if stop is not None:
        return Act(meaning="refused", agent=agent, reason=stop, about=waiting)
    return Act(meaning="release", agent=agent, reason=because("confirmed by", agent.id), about=waiting)


def _told(facts: Facts) -> AgentFacts:
    return facts.agents or AgentFacts()


def _proof(mail: Mail, found: Evidence, agent: Agent) -> _Proof:
    own = {tokens.person(address) for address in agent.addresses}
    login = is_login_of(mail, agent)
    return _Proof(
        token=found.token is not None and found.token.person in own,
        passes=login or mail.authentication.verdict == "pass",
        login=login,
        failing=mail.authentication.verdict == "fail" and not login,
    )


def _missing(mail: Mail, found: Evidence, facts: Facts, rulebook: Rulebook, proof: _Proof) -> Reason | None:
    """Say what the evidence for an answer lacks: E1+E2+E3, or E1+E4, or (by policy) E1+E2."""
    if found.mixed:
        return because("internal address and another")
    if found.audience == "internal":
        return because("note not proven")
    if not proof.login and not (proof.token and found.audience == "answer"):
        return because("signed address is missing")
    if not proof.login and not proof.passes and (proof.failing or rulebook.desk.agents != "token"):
        return because("authentication is missing")
    prefix = rulebook.desk.number_prefix
    named = threading.subject_numbers(mail.subject, prefix) or threading.subject_numbers(mail.text, prefix)
    right = {found.number, found.case.number}
    if (named and not right.intersection(named)) or (not named and not proof.login):
        return because("does not name", f"{prefix}#{found.case.number}")
    if not proof.login and mail.date is not None and abs(mail.envelope.received - mail.date) > FRESH:
        return because("date is off", FRESH // timedelta(hours=1))
    return None


def _confirmation(mail: Mail, agent: Agent, found: Evidence, facts: Facts, rulebook: Rulebook, *, good: bool) -> Act:
    """Weigh the answer to "did you write this?": only a plain yes lets the held mail go, and a plain no ends it."""
    held = _told(facts).held.get(found.token.reference) if found.token is not None else None
    if not good or held is None or held.agent != agent.id:
        reason = because("confirmation proves nothing")
        return Act(meaning="held", agent=agent, reason=reason, ask=False, internal=True)
    said = yes_or_no(mail.own_text, agent.name)
    if held.dropped and said != "no":
        return Act(meaning="refused", agent=agent, reason=because("said no before"))
    if held.done:
        reason = because("discarded before" if held.dropped else "confirmed before")
        return Act(meaning="note", agent=agent, reason=reason, internal=True)
    if said == "no":
        return Act(meaning="discard", agent=agent, reason=because("discarded by", agent.id), internal=True)
    words = taken_apart(held.text, found.case.type, rulebook)
    stop = None if held.internal else _stops(words, held.attachments, found.case, facts, rulebook, agent)
    if stop is not None:
        return Act(meaning="refused", agent=agent, reason=stop)
    nobody = not held.internal and reaches_nobody(words, held.attachments, found.case, rulebook, agent)
    if nobody and said == "yes":
        return Act(meaning="refused", agent=agent, reason=because("answer reaches nobody"), nobody=True, about=held)
    if said == "neither":  # it may be a second thought: what waits loses nothing and leaks nothing
        reason = because("neither yes nor no")
        return Act(meaning="ask again", agent=agent, reason=reason, internal=True)
    if not held.internal and says_nothing(words, held.attachments):
        reason = because("confirmed, nothing to send", agent.id)
        return Act(meaning="confirm", agent=agent, reason=reason, internal=True)
    return Act(meaning="confirm", agent=agent, reason=because("confirmed by", agent.id), internal=held.internal)


def says_nothing(said: Said, files: tuple[Attachment, ...]) -> bool:
    """Tell whether an answer is commands alone: below them stands nothing that could go to anybody."""
    return said.cut and not said.below.strip() and all(file.decoration for file in files)


def _stops(
    said: Said, files: tuple[Attachment, ...], case: CaseFacts, facts: Facts, rulebook: Rulebook, agent: Agent
) -> Reason | None:
    """Say why what stands below an answer's commands must not leave; None also when nothing stands there."""
    if says_nothing(said, files):
        return None
    return unsendable(said.below, files, chosen(case, said), facts, rulebook, agent)


def _answered_meanwhile(mail: Mail, agent: Agent, case: CaseFacts, facts: Facts, rulebook: Rulebook) -> Reason | None:
    """Say who answered after the notice that this mail replies to was written (law E13)."""
    last = _told(facts).last_answers.get(case.number)
    if last is None or last.agent == agent.id:
        return None
    for token in threading.signed_ids(threading.answered(mail), facts):
        notice = facts.threads.outgoing.get(token.outbox)
        if notice is not None and notice.created is not None:
            other = rulebook.agents[last.agent].name if last.agent in rulebook.agents else last.agent
            return because("answered meanwhile", other) if last.at > notice.created else None
    return None


_COMMAND = re.compile(r"(?m)^[ \t]*#(?=[^\W\d])\S{1,40}")
_SIGNED = (tokens.ADDRESS_SHAPE, tokens.MESSAGE_ID_SHAPE, tokens.BOUNCE_SHAPE)
_WRITTEN_PLUS = re.compile("(?i)%2b")
_INTERNAL = re.compile(r"(?i)x-maild-")


def unsendable(
    text: str,
    files: tuple[Attachment, ...],
    case: CaseFacts,
    facts: Facts,
    rulebook: Rulebook,
    agent: Agent,
) -> Reason | None:
    """Say why an agent's words must not leave, or None: a command word, nothing to send, or something private."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if first.startswith("#") or _COMMAND.search(text):
        found = _COMMAND.search(text)
        return because("unknown command", (found.group().strip() if found else first)[:40])
    if not first and not any(not file.decoration for file in files):
        return because("no text to send")
    if any(shape.search(_unescaped(text)) for shape in _SIGNED):
        return because("holds a signed address")
    if (own := _file_of_ours(files)) is not None:
        return own
    if SENTINEL_LINE.search(text) or _INTERNAL.search(text) or holds_sentinel(text):
        return because("holds a notice")
    return _private(_unescaped(text).lower(), case, facts, rulebook, agent)


def _unescaped(text: str) -> str:
    """Return a text with the signs of an address as they are, which links to addresses escape (RFC 6068 §2)."""
    return _WRITTEN_PLUS.sub("+", text).replace("%40", "@") if "%" in text else text


def _file_of_ours(files: tuple[Attachment, ...]) -> Reason | None:
    """Say which file must not leave: some mail clients attach the notice that they answer (law E14)."""
    name = next((file.name for file in files if file.ours), None)
    return None if name is None else because("file of ours", name)


def _private(text: str, case: CaseFacts, facts: Facts, rulebook: Rulebook, agent: Agent) -> Reason | None:
    """Say which address in a text its readers must not learn: another agent's, a reader's, or another case's.

    The agent's own is replaced by the department's, see :func:`public_words`.
    """
    if "@" not in text:
        return None
    own, inside = set(agent.addresses), {*case.participants, case.requester} - {""}
    others = set(readers(about_case(case, rulebook), agent))
    private = (
        (set(rulebook.agent_by_address) | set(_told(facts).known_addresses)) - own - inside - set(rulebook.by_address)
    )
    if len(others) > 1:
        private |= others - own
    for address in sorted(private):
        if re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", text):
            return because("holds an address", address)
    return None


def public_words(text: str, agent: Agent, department_address: str) -> str:
    """Return an agent's words with the agent's own addresses replaced by the department's: customers never see them."""
    text = unwrapped(text)  # a gateway writes into a link whom it was rewritten for
    for address in agent.addresses:
        text = re.sub(rf"(?i)(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", department_address, text)
        text = re.sub(rf"(?i){re.escape(address.replace('@', '%40'))}", department_address.replace("@", "%40"), text)
    return text

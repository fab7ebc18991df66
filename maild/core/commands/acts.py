"""Carry an agent's act into a plan: an answer to the customer, an internal note, held, refused, or confirmed."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from maild.core import absences
from maild.core.commands import agents
from maild.core.commands.agents import Act
from maild.core.commands.command_lines import Said, taken_apart
from maild.core.draft import MailDraft
from maild.core.facts import CaseFacts, HeldMessage
from maild.core.letters.notices import Subject, about_case, names, readers, whole_mail
from maild.core.plan import AnswerTo, CountsAs, DropHeld, Plan, Record, ReleaseHeld, UseToken
from maild.core.reasons.reason import Reason, because, lines
from maild.core.threads.threading import Evidence
from maild.core.values.cases import OVER
from maild.core.values.mail import Attachment

ENOUGH = because("enough letters")
MOST_REFUSALS = 20
"""Refusals and confirmations to one agent within an hour: a robot that answers them must come to an end."""


_Asked = Literal["confirmation", "refusal"]


def act(draft: MailDraft, found: Evidence) -> Plan:
    """Do what an agent's mail means, as far as its evidence goes."""
    case = found.case
    act = agents.judge(draft.mail, draft.asks, found, draft.facts, draft.rulebook, draft.memories(case.number))
    agent = act.agent
    draft.note("agent's act", act.meaning in ("answer", "note", "confirm"), act.reason)
    if act.meaning == "confirm":
        assert found.token is not None
        return _confirm(draft, case, _held(draft, found.token.reference), act)
    if act.meaning in ("discard", "ask again"):
        assert found.token is not None
        return _not_confirmed(draft, case, _held(draft, found.token.reference), act)
    if act.meaning in ("whole", "choose", "release"):
        return _chosen_or_whole(draft, found, act)
    if act.meaning == "why":
        draft.add(case, "note", "internal", agent=agent.id, note=act.reason)
        _explain(draft, case, act)
        return draft.done("note", case.number, act.reason)
    if act.meaning == "answer":
        spend(draft)
        said = taken_apart(act.text, case.type, draft.rulebook)
        draft.add(case, "reply", "public", agent=agent.id, text=said.below if said.cut else act.text)
        case = _choose(draft, case, said, agent.id)
        after_answer(draft, case, agent.id)
        _answer(draft, case, act, said.below, draft.mail.attachments, draft.inbound)
        if said.whole:
            _bring_whole(draft, case, act)
        return draft.done("answer", case.number, act.reason)
    if act.meaning == "note":
        draft.add(case, "note", "internal", agent=agent.id, note=None if act.verified else because("not verified"))
        return draft.done("note", case.number, act.reason)
    if act.meaning == "refused":
        waits = act.nobody and act.about is None
        draft.add(
            case,
            "reply" if waits else "note",
            "held" if waits else "internal",
            agent=agent.id,
            note=act.reason,
            text=act.text if waits else None,
        )
        _ask_agent(draft, "refusal", case, act, held=act.about)
        return draft.done("refused", case.number, act.reason)
    if act.meaning == "replay":
        draft.add(case, "note", "internal", agent=agent.id, note=act.reason)
        return draft.done("refused", case.number, act.reason)
    text = None if act.internal else act.text
    draft.add(case, "note" if act.internal else "reply", "held", agent=agent.id, note=act.reason, text=text)
    draft.changes.append(Record(what="held", case=case.number, actor=agent.id, reason=act.reason))
    if act.ask:
        _ask_agent(draft, "confirmation", case, act)
    return draft.done("held", case.number, act.reason)


def marked(draft: MailDraft, found: Evidence, reason: Reason) -> Plan:
    """Keep for the agents what an agent wrote and a machine passed on: it acts on nothing, and is said so (law E15).

    Its agent is told once a case: a machine may answer that, too. What answers no letter of the agent's own may be
    anybody's: those who work on the case read it.
    """
    assert draft.asks.agent is not None
    agent, case = draft.rulebook.agents[draft.asks.agent], found.case
    draft.add(case, "note", "internal", agent=agent.id, note=reason)
    if not absences.answers_own_letter(draft):
        draft.tell_agents("pending", about_case(case, draft.rulebook), key=draft.key, banner=reason)
    elif not draft.facts.told_before and found.audience != "confirm":
        about = about_case(case, draft.rulebook)
        text = draft.mail.own_text
        draft.writer.tell(
            "refusal",
            about,
            agent,
            audience="answer",
            once_key=marked_key(case.number, agent.id),
            counts_as="refusal",
            values={
                "agent_name": agent.name,
                "held_text": text,
                "reason": reason,
                "attachments": names(draft.mail.attachments),
                "recipients": readers(about, agent),
            },
        )
    return draft.done("refused", case.number, reason)


def clicked(draft: MailDraft, found: Evidence) -> Plan:
    """Keep an agent's click on an emoji below a notice: it is for nobody outside, and no word of it leaves."""
    assert draft.asks.agent is not None
    reason = because("only a reaction")
    draft.add(found.case, "note", "internal", agent=draft.asks.agent, note=reason)
    return draft.done("note", found.case.number, reason)


def marked_key(case: int, agent: str) -> str:
    """Name for ever that an agent was told in a case that such mails act on nothing."""
    return f"marked:{case}:{agent}"


def _chosen_or_whole(draft: MailDraft, found: Evidence, act: Act) -> Plan:
    """Note whom a case is to be answered at, send what waited for that, or bring a whole mail."""
    case, agent = found.case, act.agent
    if act.meaning == "whole":
        draft.add(case, "note", "internal", agent=agent.id, note=act.reason)
        _bring_whole(draft, case, act)
        return draft.done("note", case.number, act.reason)
    said = taken_apart(draft.mail.own_text, case.type, draft.rulebook)
    spend(draft)
    draft.add(case, "system" if act.meaning == "release" else "note", "internal", agent=agent.id, note=act.reason)
    case = _choose(draft, case, said, agent.id)
    if act.meaning == "choose":
        _ask_agent(draft, "refusal", case, act)
        return draft.done("note", case.number, act.reason)
    assert act.about is not None
    return _let_go(draft, case, act.about, act)


def _choose(draft: MailDraft, case: CaseFacts, said: Said, agent: str) -> CaseFacts:
    """Let a case be answered at the address that its agent named, if any (law I14)."""
    if said.to and said.to[0] != case.answer_to:
        draft.changes.append(AnswerTo(case=case.number, address=said.to[0], agent=agent))
    return agents.chosen(case, said)


def _bring_whole(draft: MailDraft, case: CaseFacts, act: Act) -> None:
    """Send the whole of a customer's mail to the agent's registered address, and to nobody else (law G13)."""
    if draft.counts.agent_letters_hour >= MOST_REFUSALS:
        draft.note("whole", False, ENOUGH)
        draft.held_back(case.number, "whole", ENOUGH)
        return
    facts, agent, about = draft.facts, act.agent, about_case(case, draft.rulebook)
    mail = None if facts.agents is None else facts.agents.whole.get(case.number)
    raw = b"" if mail is None else facts.raw.get(mail.inbound, b"")
    values: dict[str, str | Reason] = {"text": because("no mail to bring"), "folded": "", "requester": ""}
    if mail is not None:
        values = {"text": mail.text, "folded": mail.folded, "requester": mail.author_shown}
    name = f"{draft.rulebook.desk.number_prefix}-{case.number}.eml"
    draft.writer.tell(
        "whole",
        about,
        agent,
        once_key=f"whole:{draft.inbound}",
        counts_as="why",
        values=values,
        attachments=(whole_mail(name, len(raw)),) if raw else (),
        attachments_of=None if mail is None else mail.inbound,
    )


def _held(draft: MailDraft, inbound: int) -> HeldMessage:
    assert draft.facts.agents is not None
    return draft.facts.agents.held[inbound]


def spend(draft: MailDraft) -> None:
    """Let this very mail act once only: the row is unique, in the transaction of its effect (law E10)."""
    if draft.asks.agents is not None:
        draft.changes.append(UseToken(digest=draft.asks.agents.act_digest))


def _explain(draft: MailDraft, case: CaseFacts, act: Act) -> None:
    """Send the decision that opened a case to the agent's registered address, every rule's hit and miss (law G9)."""
    if draft.counts.agent_letters_hour >= MOST_REFUSALS:
        draft.note("why", False, ENOUGH)
        draft.held_back(case.number, "why", ENOUGH)
        return
    agent, about = act.agent, about_case(case, draft.rulebook)
    trace = () if draft.facts.agents is None else draft.facts.agents.traces.get(case.number, ())
    draft.writer.tell(
        "why",
        about,
        agent,
        once_key=f"why:{draft.inbound}",
        counts_as="why",
        values={"text": lines(line.said for line in trace) if trace else "–"},
    )


def _ask_agent(draft: MailDraft, kind: _Asked, case: CaseFacts, act: Act, *, held: HeldMessage | None = None) -> None:
    """Write to the agent's registered address, a few times an hour at most: the mail may be forged.

    Mails that only claim to be the agent's are counted apart. A stranger can write those: they fill the agent's mailbox
    with no more than their own few letters, and leave the ones that the agent's own mails need alone. Refusals and
    repeated questions have a limit of their own: each answers a letter of the agent's and takes no first question away.
    ``held`` is an earlier mail that it is about, when it is not about the one being decided.
    """
    counts, most = draft.counts, draft.rulebook.desk.caps.confirmations_hour
    first = kind == "confirmation" and held is None and not act.proved
    if act.claimed:
        enough = counts.claims_hour >= most
    else:
        enough = counts.agent_letters_hour >= MOST_REFUSALS or (first and counts.confirmations_hour >= most)
    if enough:
        draft.note(kind, False, ENOUGH)
        draft.held_back(case.number, kind, ENOUGH)
        return
    agent, about = act.agent, about_case(case, draft.rulebook)
    text = (act.text or draft.mail.own_text) if held is None else held.text
    files = draft.mail.attachments if held is None else held.attachments
    values: dict[str, str | tuple[str, ...] | Reason]
    values = {"agent_name": agent.name, "held_text": text, "reason": act.reason}
    values |= {"attachments": names(files), "recipients": readers(about, agent)}
    if act.nobody:
        values |= {"unanswered": act.reason, "offers": case.offers}
    if kind == "confirmation":
        values |= _what_a_yes_does(draft, about, act, held)
    draft.writer.tell(
        kind,
        about,
        agent,
        audience="confirm" if kind == "confirmation" else "answer",
        once_key=f"{_limit(kind, act, again=held is not None)}:{draft.inbound}",
        counts_as=_counts_as(kind, act, again=held is not None),
        values=values,
        reference=draft.inbound if held is None else held.inbound,
    )


def _limit(kind: _Asked, act: Act, *, again: bool) -> str:
    """Name what is asked once about a mail: its once_key begins with it."""
    return "claim" if act.claimed else "again" if again else kind


def _counts_as(kind: _Asked, act: Act, *, again: bool) -> CountsAs:
    """Say which limit a letter counts for; a question about a proved mail is one that nobody can forge."""
    if act.claimed:
        return "claim"
    if kind == "refusal":
        return "refusal"
    return "repeat" if again or act.proved else "question"


def _what_a_yes_does(
    draft: MailDraft, about: Subject, act: Act, held: HeldMessage | None
) -> dict[str, str | tuple[str, ...]]:
    """Say what a yes sends, and to whom: of an answer what stands below its commands; a note stays as it is."""
    if act.internal if held is None else held.internal:
        return {"commands": (), "recipients": ()}
    text, files = (held.text, held.attachments) if held is not None else (act.text, draft.mail.attachments)
    said = taken_apart(text, about.type, draft.rulebook)
    nothing = agents.says_nothing(said, files)
    values: dict[str, str | tuple[str, ...]] = {"commands": said.commands, "held_text": said.below}
    if said.to:
        about = replace(about, answer_to=said.to[0])
        values["recipients"] = readers(about, act.agent)
    return values | ({"recipients": ()} if nothing else {})


def _not_confirmed(draft: MailDraft, case: CaseFacts, held: HeldMessage, act: Act) -> Plan:
    """End a held mail that its agent said no to, or leave it waiting and ask again; nothing is sent to a customer."""
    agent, about = act.agent, about_case(case, draft.rulebook)
    draft.add(case, "system", "internal", agent=agent.id, note=act.reason)
    if act.meaning == "ask again":
        _ask_agent(draft, "confirmation", case, act, held=held)
        return draft.done("held", case.number, act.reason)
    draft.changes.append(UseToken(digest=f"held:{held.inbound}"))
    draft.changes.append(DropHeld(message=held.id, case=case.number, agent=agent.id))
    draft.writer.tell(
        "discarded",
        about,
        agent,
        once_key=f"discarded:{held.inbound}",
        values={"agent_name": agent.name, "held_text": held.text, "attachments": names(held.attachments)},
    )
    return draft.done("note", case.number, act.reason)


def _confirm(draft: MailDraft, case: CaseFacts, held: HeldMessage, act: Act) -> Plan:
    """Apply a held mail as it was sent, but for its commands; the token row makes a second confirmation fail (E6)."""
    draft.add(case, "system", "internal", agent=act.agent.id, note=act.reason)
    return _let_go(draft, case, held, act)


def _let_go(draft: MailDraft, case: CaseFacts, held: HeldMessage, act: Act) -> Plan:
    """Let a held mail be what it was meant to be, without the lines above it that are for the desk."""
    draft.changes.append(UseToken(digest=f"held:{held.inbound}"))
    said = taken_apart(held.text, case.type, draft.rulebook)
    sent = None if act.internal or not said.cut else said.below
    cut = () if sent is None else said.commands
    draft.changes.append(ReleaseHeld(message=held.id, case=case.number, internal=act.internal, text=sent, cut=cut))
    if act.internal:
        return draft.done("note", case.number, act.reason)
    case = _choose(draft, case, said, act.agent.id)
    after_answer(draft, case, act.agent.id)
    _answer(draft, case, act, held.text if sent is None else sent, held.attachments, held.inbound)
    return draft.done("answer", case.number, act.reason)


def after_answer(draft: MailDraft, case: CaseFacts, agent: str) -> None:
    """Let the case wait for its requester; who answered first has it."""
    draft.move(case, "agent answered")
    if case.assignee is None and case.status not in OVER:
        draft.assign(case, agent, because("answered first"))


def _answer(
    draft: MailDraft, case: CaseFacts, act: Act, text: str, files: tuple[Attachment, ...], inbound: int
) -> None:
    """Send an agent's own words to every participant, each with a signed address of their own."""
    about, agent = about_case(case, draft.rulebook), act.agent
    text = agents.public_words(text, agent, about.alias or about.department.address)
    people = readers(about, agent)
    if not people:
        draft.note("answer", False, because("nobody to answer"))
    for person in people:
        draft.writer.write(
            "answer",
            about,
            to=person,
            audience="customer",
            once_key=f"answer:{draft.inbound}:{person}",
            language=case.language,
            values={"text": text, "agent_name": agent.name},
            automatic=False,
            attachments=tuple(file for file in files if not file.decoration),
            attachments_of=inbound,
        )

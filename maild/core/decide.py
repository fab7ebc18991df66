"""The only place that decides: ``asks`` says what must be known, ``decide`` says what is to be done.

The order of the questions: seen before? · which case does it name? · is an agent acting? · which row of the table of
automatic replies matches? · then it is filed, a bounce, spam, an act, an entry, or a new case.
"""

from __future__ import annotations

from dataclasses import replace

from maild.core import acknowledgement, agents, threading, tokens
from maild.core.acknowledgement import Look, Ruling
from maild.core.assignment import assign
from maild.core.bursts import burst
from maild.core.cases import after
from maild.core.facts import Asks, CaseFacts, Facts, HeldMessage
from maild.core.letters import Desk, Subject, about_case, to_agents, told
from maild.core.mail import Mail
from maild.core.people import addressed, alias_of, departments_of, domain_of, folded
from maild.core.plan import (
    AddMessage,
    AddParticipant,
    Assign,
    Change,
    LinkCases,
    NoteDepartment,
    Notice,
    NoticeKind,
    OpenBreaker,
    OpenCase,
    Outcome,
    Plan,
    Record,
    RecordBounce,
    ReleaseHeld,
    SetStatus,
    TraceLine,
    UseToken,
)
from maild.core.rules import Department, Rulebook
from maild.core.threading import Evidence, Placement

MOST_REFERENCES = 20


def asks(mail: Mail, rulebook: Rulebook) -> Asks:
    """Say what deciding about a mail needs to know; nothing in it is verified yet."""
    author = mail.identity.address
    departments = departments_of(mail, rulebook)
    ids = threading.answered(mail)[:MOST_REFERENCES]
    numbers = set(threading.subject_numbers(mail.subject, rulebook.desk.number_prefix))
    named = frozenset(numbers)
    outbox: set[int] = set()
    held: set[int] = set()
    for address in addressed(mail):
        if match := tokens.ADDRESS_SHAPE.fullmatch(address):
            numbers.add(int(match[1]))
            held |= tokens.references(address)
        elif match := tokens.BOUNCE_SHAPE.fullmatch(address):
            outbox.add(int(match[1]))
    report = mail.report.original_message_id if mail.report is not None else None
    for text in (*ids, *mail.mentions, report or "", mail.message_id or ""):
        if match := tokens.MESSAGE_ID_SHAPE.fullmatch(text):
            outbox.add(int(match[1]))
            numbers.add(int(match[2]))
        elif match := tokens.BOUNCE_SHAPE.fullmatch(text):
            outbox.add(int(match[1]))
    return Asks(
        departments=departments,
        case_numbers=frozenset(n for n in numbers if n),
        message_ids=tuple(dict.fromkeys([*([mail.message_id] if mail.message_id else []), *ids])),
        outbox_ids=frozenset(outbox),
        held_ids=frozenset(held),
        content_hash=mail.content_hash,
        author=author,
        author_key=None if author is None else folded(author),
        author_domain=None if author is None else domain_of(author),
        agent=None if author is None else rulebook.agent_by_address.get(author),
        groups=frozenset(rulebook.departments[department].default_group for department in departments),
        automatic_numbers=named,
    )


def decide(mail: Mail, asks: Asks, facts: Facts, rulebook: Rulebook) -> Plan:
    """Decide what becomes of one mail. Total: any mail, whatever it holds, gets exactly one plan."""
    return _Decision(mail, asks, facts, rulebook).plan()


class _Decision:
    """One decision under way: the changes, notices and trace it gathers."""

    def __init__(self, mail: Mail, asks: Asks, facts: Facts, rulebook: Rulebook) -> None:
        self.mail, self.asks, self.facts, self.rulebook = mail, asks, facts, rulebook
        self.changes: list[Change] = []
        self.trace: list[TraceLine] = []
        self.desk = Desk(facts, rulebook)
        self.ack = "nobody asked for one"
        self.ruling: Ruling | None = None

    # -- the questions, in order ----------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Ask them."""
        if self.facts.duplicate is not None:
            return self._duplicate()
        found = threading.evidence(self.mail, self.facts, self.rulebook)
        self._note("evidence", found is not None, found.detail if found else "nothing names a case")
        look = self._look(found)
        ruling, tried = acknowledgement.rule(look)
        self.ruling = ruling
        self.trace += [TraceLine(rule=name, hit=hit, detail=detail) for name, hit, detail in tried]
        self.ack = str(ruling)
        if ruling.action in ("bounce", "unmatched"):
            return self._report(look)
        if ruling.action == "silent" or (ruling.action == "file" and look.matched is not None):
            return self._silent(look.matched)
        if ruling.action == "spam":
            return self._done("spam", None, str(ruling))
        if look.act and found is not None:
            return self._act(found)
        return self._from_somebody(found)

    def _look(self, found: Evidence | None) -> Look:
        case, author = (found.case if found else None), self.asks.author
        inside = case is not None and threading.takes_part(author, self.asks.agent, case, self.rulebook)
        inside = inside and self.mail.authentication.verdict != "fail"
        placement = self._placement(found)
        matched = case if found is not None and (found.strength != "subject" or inside) else None
        look = Look(
            mail=self.mail,
            asks=self.asks,
            facts=self.facts,
            rulebook=self.rulebook,
            matched=matched,
            inside=inside or placement.place == "join",
            act=False,
            entry=placement.place != "new",
        )
        if agents.means_an_act(self.mail, self.asks, found, self.rulebook) and not acknowledgement.is_automatic(look):
            look = replace(look, act=True, inside=True)
        return look

    def _placement(self, found: Evidence | None) -> Placement:
        return threading.place(
            self.mail, found, self.facts, self.rulebook, agent=self.asks.agent, department=self.asks.departments[0]
        )

    # -- what becomes of it ---------------------------------------------------------------------------------------

    def _duplicate(self) -> Plan:
        duplicate = self.facts.duplicate
        assert duplicate is not None
        self.ack = "the same content was acknowledged before"
        new = [name for name in self.asks.departments if name not in duplicate.departments]
        if duplicate.case is not None:
            case = self.facts.cases.get(duplicate.case)
            for department in new:
                if case is not None and department not in (case.department, *case.noted_departments):
                    self.changes.append(NoteDepartment(case=duplicate.case, department=department))
        return self._done("duplicate", duplicate.case, f"same content as inbound {duplicate.inbound}")

    def _report(self, look: Look) -> Plan:
        """A delivery report, a receipt or an autoresponder at a bounce address."""
        report = self.mail.report
        key = acknowledgement.our_outgoing(look)
        outgoing = None if key is None else self.facts.outgoing.get(key)
        if outgoing is None:
            return self._done("unmatched", None, f"{self.ruling}: about nothing of ours")
        case = self.facts.cases.get(outgoing.case) if outgoing.case is not None else None
        if report is None or report.kind != "delivery-status":
            return self._silent(case)
        permanent = report.status.startswith("5") or (not report.status and report.action == "failed")
        status = report.status or ("5.0.0" if permanent else "4.0.0")
        self.changes.append(RecordBounce(outbox=outgoing.id, status=status, permanent=permanent))
        if case is None:
            return self._done("bounce", None, f"bounce {status} of outgoing mail {outgoing.id}")
        self.changes.append(AddMessage(case=case.number, kind="bounce", visibility="internal", note=status))
        if permanent and not outgoing.bounced:
            self._tell_undelivered(case, outgoing.to, status, report.diagnostic)
        return self._done("bounce", case.number, f"bounce {status} of outgoing mail {outgoing.id} to {outgoing.to}")

    def _tell_undelivered(self, case: CaseFacts, to: str, status: str, diagnostic: str) -> None:
        about = about_case(case, self.rulebook)
        values = {"to": to, "status_code": status, "diagnostic": diagnostic}
        for agent in told(about.assignee, about.group, self.rulebook):
            if agent.addresses[0] != to:
                self.desk.write(
                    "undelivered",
                    about,
                    to=agent.addresses[0],
                    to_name=agent.name,
                    audience="internal",
                    once_key=f"bounced:{self.facts.inbound}:{agent.id}",
                    language=agent.language or about.department.language,
                    values=values,
                    to_agent=True,
                )

    def _silent(self, case: CaseFacts | None) -> Plan:
        if case is None:
            return self._done("ignored", None, f"{self.ruling}: belongs to no case")
        self.changes.append(AddMessage(case=case.number, kind="auto", visibility="silent", note=str(self.ruling)))
        return self._done("silent", case.number, str(self.ruling))

    # -- agents ---------------------------------------------------------------------------------------------------

    def _act(self, found: Evidence) -> Plan:
        act = agents.judge(self.mail, self.asks, found, self.facts, self.rulebook)
        case, agent = found.case, act.agent
        self._note("agent's act", act.meaning in ("answer", "note", "confirm"), act.reason)
        if act.meaning == "confirm":
            assert found.token is not None
            return self._confirm(case, self.facts.held[found.token.reference], act)
        if act.meaning == "answer":
            self._add(case, "reply", "public", agent=agent.id)
            self._after_answer(case, agent.id)
            self._answer(case, agent.id, agent.name, self.mail.own_text, self.mail.subject)
            return self._done("answer", case.number, act.reason)
        if act.meaning == "note":
            note = "" if act.verified else "not verified"
            self._add(case, "note", "internal", agent=agent.id, note=note)
            return self._done("note", case.number, act.reason)
        if act.meaning == "refused":
            self._add(case, "note", "internal", agent=agent.id, note=act.reason)
            self._ask_agent("refusal", case, act)
            return self._done("refused", case.number, act.reason)
        self._add(case, "reply", "held", agent=agent.id, note=act.reason)
        self.changes.append(Record(what="held", case=case.number, actor=agent.id, reason=act.reason))
        self._ask_agent("confirmation", case, act)
        return self._done("held", case.number, act.reason)

    def _ask_agent(self, kind: NoticeKind, case: CaseFacts, act: agents.Act) -> None:
        """Write to the agent's registered address, a few times an hour at most: the mail may be forged."""
        if self.facts.counts.confirmations_hour >= self.rulebook.desk.caps.confirmations_hour:
            self._note("confirmation", False, "enough were sent to this agent within the hour")
            return
        agent, about = act.agent, about_case(case, self.rulebook)
        self.desk.write(
            kind,
            about,
            to=agent.addresses[0],
            to_name=agent.name,
            audience="confirm" if kind == "confirmation" else "answer",
            once_key=f"{kind}:{self.facts.inbound}",
            language=agent.language or about.department.language,
            values={"agent_name": agent.name, "held_text": self.mail.own_text, "reason": act.reason},
            to_agent=True,
            reference=self.facts.inbound,
        )

    def _confirm(self, case: CaseFacts, held: HeldMessage, act: agents.Act) -> Plan:
        self.changes.append(UseToken(digest=f"held:{held.inbound}"))
        self.changes.append(ReleaseHeld(message=held.id, case=case.number))
        self._add(case, "system", "internal", agent=act.agent.id, note=act.reason)
        self._after_answer(case, act.agent.id)
        self._answer(case, act.agent.id, act.agent.name, held.text, held.subject)
        return self._done("answer", case.number, act.reason)

    def _after_answer(self, case: CaseFacts, agent: str) -> None:
        self._move(case, after(case.status, "agent answered"))
        if case.assignee is None:
            self.changes.append(Assign(case=case.number, assignee=agent, reason="answered first"))

    def _answer(self, case: CaseFacts, agent: str, name: str, text: str, subject: str) -> None:
        """Send an agent's own words to every participant, each with a signed address of their own."""
        about = about_case(case, self.rulebook)
        own = set(self.rulebook.agents[agent].addresses)
        people = [case.requester, *sorted(case.participants - {case.requester})]
        for person in people:
            if person and person not in own:
                self.desk.write(
                    "answer",
                    about,
                    to=person,
                    audience="customer",
                    once_key=f"answer:{self.facts.inbound}:{person}",
                    language=case.language,
                    values={"text": text, "agent_name": name},
                    automatic=False,
                    attachments=self.mail.attachments,
                )

    # -- everybody else -------------------------------------------------------------------------------------------

    def _from_somebody(self, found: Evidence | None) -> Plan:
        placement = self._placement(found)
        self._note("placement", placement.place != "new", f"{placement.place}: {placement.reason}")
        if placement.case is not None and placement.place in ("entry", "join"):
            return self._entry(placement.case, placement, found)
        if placement.case is not None and placement.place == "pending":
            return self._pending(placement.case, placement)
        return self._new(placement)

    def _entry(self, case: CaseFacts, placement: Placement, found: Evidence | None) -> Plan:
        author = self.mail.identity.address or ""
        if placement.place == "join":
            name = self.mail.identity.name
            self.changes.append(AddParticipant(case=case.number, address=author, name=name, by="cc policy"))
        note = found.note if found is not None else ""
        if any(seen.message_id == self.mail.message_id for seen in self.facts.known):
            note = (note + "; same Message-ID as an earlier mail, other content").lstrip("; ")
        self._add(case, "customer", "public", note=note)
        self._move(case, after(case.status, "customer wrote"))
        about = replace(about_case(case, self.rulebook, mail=self.mail), status=after(case.status, "customer wrote"))
        self._to_agents("follow-up", about, key=str(self.facts.inbound), banner=note)
        return self._done("entry", case.number, placement.reason)

    def _pending(self, case: CaseFacts, placement: Placement) -> Plan:
        self._add(case, "customer", "pending", note=placement.reason)
        about = about_case(case, self.rulebook)
        self._to_agents("pending", about, key=str(self.facts.inbound), banner=placement.reason)
        return self._done("pending", case.number, placement.reason)

    def _new(self, placement: Placement) -> Plan:
        department = self.rulebook.departments[self.asks.departments[0]]
        folded_into = self._burst(department)
        if folded_into is not None:
            case, why = folded_into
            self.ack = f"burst: {why}"
            self._add(case, "customer", "public", note=f"burst: {why}")
            return self._done("entry", case.number, f"burst: {why}")
        about = self._open(department, self.facts.number, parent=None)
        if placement.case is not None and placement.link is not None:
            self.changes.append(LinkCases(case=about.number, other=placement.case.number, kind=placement.link))
        banner = self._banner(placement)
        self._acknowledge(about, placement)
        self._to_agents("assignment", about, key=str(about.number), banner=banner)
        self._children(about)
        return self._done("new", about.number, f"new case: {placement.reason}")

    def _banner(self, placement: Placement) -> str:
        if placement.case is None:
            same = any(seen.message_id == self.mail.message_id for seen in self.facts.known)
            return "same Message-ID as an earlier mail, other content" if same else ""
        return f"{self.rulebook.desk.number_prefix}#{placement.case.number}: {placement.reason}"

    def _burst(self, department: Department) -> tuple[CaseFacts, str] | None:
        found = burst(
            self.facts.arrivals,
            limit=department.burst,
            subject=self.mail.subject_shape,
            text=self.mail.text_shape,
        )
        self._note("burst", found is not None, found[1] if found else "")
        if found is None or found[0] not in self.facts.cases:
            return None
        return self.facts.cases[found[0]], found[1]

    def _open(self, department: Department, number: int, *, parent: int | None) -> Subject:
        mail = self.mail
        group = self.rulebook.groups[department.default_group]
        chosen = assign(group, self.facts, self.rulebook)
        self._note("type", True, f"{department.default_type}, the default of {department.id}")
        self._note("assignment", chosen.agent is not None, chosen.reason)
        language = self._language(department)
        title = threading.title(mail.subject, self.rulebook.desk.number_prefix)
        others = () if parent is not None or department.shared == "child" else self.asks.departments[1:]
        alias = alias_of(mail, department.id, self.rulebook)
        self.changes.append(
            OpenCase(
                number=number,
                department=department.id,
                type=department.default_type,
                group=group.id,
                assignee=chosen.agent,
                status="assigned" if chosen.agent else "new",
                confidential=department.confidential,
                subject=title,
                language=language,
                requester=mail.identity.address or "",
                requester_name=mail.identity.name,
                alias=alias,
                noted_departments=others,
                parent=parent,
            )
        )
        note = "automatic" if self.ruling is not None and self.ruling.action == "file" else ""
        self.changes.append(AddMessage(case=number, kind="customer", visibility="public", note=note))
        return Subject(
            number=number,
            department=department,
            group=group.id,
            assignee=chosen.agent,
            type=department.default_type,
            status="assigned" if chosen.agent else "new",
            title=title,
            language=language,
            alias=alias,
            confidential=department.confidential,
            requester=mail.identity.address or "",
            requester_name=mail.identity.name,
            in_reply_to=mail.message_id,
            references=tuple(dict.fromkeys([*mail.references[-9:], *([mail.message_id] if mail.message_id else [])])),
        )

    def _children(self, parent: Subject) -> None:
        """A mail to several departments: by policy each other one gets a linked child case of its own."""
        if parent.department.shared != "child":
            return
        for step, name in enumerate(self.asks.departments[1:], 1):
            child = self._open(self.rulebook.departments[name], parent.number + step, parent=parent.number)
            self.changes.append(LinkCases(case=child.number, other=parent.number, kind="child"))
            self._to_agents("assignment", child, key=str(child.number))

    def _language(self, department: Department) -> str:
        known = self.facts.contact.language if self.facts.contact is not None else None
        for language in (known, self.mail.language):
            if language in self.rulebook.desk.languages:
                return str(language)
        return department.language

    # -- the acknowledgement --------------------------------------------------------------------------------------

    def _acknowledge(self, about: Subject, placement: Placement) -> None:
        ruling = self.ruling
        if ruling is None or ruling.action not in ("ack", "minimal", "held") or not self._may_name(placement):
            return
        to = self._ack_recipient()
        if to is None:
            self.ack = "nobody to acknowledge to"
            return
        minimal = ruling.action == "minimal" or (ruling.action == "held" and self._unauthenticated())
        kind: NoticeKind = "ack-minimal" if minimal else "ack"
        if not minimal and placement.link == "maybe":
            kind = "ack-linked"
        if not minimal and placement.link == "continues":
            kind = "ack-reopened-late"
        values: dict[str, str | int | tuple[str, ...]] = {}
        if not minimal:
            values["requester"] = "" if about.confidential else self.mail.identity.name
        if kind == "ack":
            values["quoted"] = "" if about.confidential else about.title
        if kind == "ack-reopened-late" and placement.case is not None:
            values["old_number"] = f"{self.rulebook.desk.number_prefix}#{placement.case.number}"
        named = placement.case.number if placement.case is not None and placement.link == "maybe" else None
        self.desk.write(
            kind,
            about,
            to=to,
            to_name="" if minimal else self.mail.identity.name,
            audience="customer",
            once_key=f"ack:{about.number}",
            language=about.language,
            values=values,
            held=ruling.action == "held",
            counts_as_unauthenticated=self._unauthenticated(),
            names_number=named,
        )
        self.ack = "sent" if ruling.action != "held" else str(ruling)
        self._breaker(ruling)

    def _unauthenticated(self) -> bool:
        return self.mail.authentication.verdict == "none" and self.rulebook.desk.trust != "none"

    def _may_name(self, placement: Placement) -> bool:
        """A stranger who names a case is answered once per number and day: else the desk could be made to write."""
        if placement.case is None or placement.link != "maybe":
            return True
        if placement.case.number in self.facts.counts.numbers_named:
            self.ack = f"an ack for naming {placement.case.number} went to this address today"
            return False
        return True

    def _ack_recipient(self) -> str | None:
        """One recipient: From when it is aligned, else the return path; never Reply-To or Cc (RFC 3834 §4)."""
        author, sender = self.mail.identity.address, self.mail.envelope.sender
        if self.mail.authentication.verdict == "pass" or not sender:
            return author
        return sender

    def _breaker(self, ruling: Ruling) -> None:
        since = self.facts.counts.breaker_open_since
        half_open = since is not None and self.facts.now - since >= acknowledgement.HALF_OPEN
        if ruling.action == "held" and (since is None or half_open):
            self.changes.append(OpenBreaker())
            self._tell_operator(str(ruling))
        elif ruling.action != "held" and half_open:
            self.changes.append(OpenBreaker(closed=True))

    def _tell_operator(self, reason: str) -> None:
        desk = self.rulebook.desk
        if desk.operator is None or not self.desk.left:
            return
        first = next(iter(self.rulebook.departments.values()))
        domain = desk.reply_domain or domain_of(first.address)
        key = self.facts.outbox_ids[len(self.desk.notices)]
        self.desk.add(
            Notice(
                outbox_id=key,
                kind="operator",
                once_key=f"breaker:{self.facts.inbound}",
                to=desk.operator,
                case=None,
                department=None,
                language=desk.languages[0],
                from_address=first.address,
                from_name=desk.name,
                subject=f"[{desk.number_prefix}] acknowledgements are held",
                message_id=tokens.sign_message_id(
                    self.facts.keys[0], outbox=key, case=None, audience="internal", domain=domain
                ),
                automatic="auto-generated",
                values={"desk": desk.name, "title": "acknowledgements are held", "reason": reason},
                to_agent=True,
            )
        )

    # -- small things ---------------------------------------------------------------------------------------------

    def _add(self, case: CaseFacts, kind: str, visibility: str, *, agent: str | None = None, note: str = "") -> None:
        message = AddMessage(case=case.number, kind=kind, visibility=visibility, agent=agent, note=note)  # type: ignore[arg-type]
        self.changes.append(message)

    def _move(self, case: CaseFacts, status: str) -> None:
        if status != case.status:
            self.changes.append(SetStatus(case=case.number, status=status))  # type: ignore[arg-type]

    def _to_agents(self, kind: NoticeKind, about: Subject, *, key: str, banner: str = "") -> None:
        skip = self.asks.agent if self.mail.authentication.verdict != "fail" else None
        to_agents(self.desk, kind, about, self.mail, self.rulebook, key=key, banner=banner, skip=skip)

    def _note(self, rule: str, hit: bool, detail: str) -> None:
        self.trace.append(TraceLine(rule=rule, hit=hit, detail=detail))

    def _done(self, outcome: Outcome, case: int | None, reason: str) -> Plan:
        quiet = self.mail.envelope.quiet
        return Plan(
            outcome=outcome,
            case=case,
            reason=reason,
            ack="quiet import" if quiet else self.ack,
            changes=tuple(self.changes),
            notices=() if quiet else tuple(self.desk.notices),
            trace=tuple(self.trace),
            decided_at=self.facts.now,
        )

"""Agents say that they are away: by a line of their own (``borte 3.–14.12 stedfortreder bob``), or by an out-of-office
reply with a date (law G7). Until then they get no new cases, and their letters go to the group.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from maild.core.draft import MailDraft
from maild.core.facts import CaseFacts
from maild.core.plan import Plan, SetAbsence
from maild.core.reasons.reason import Reason, because, text
from maild.core.robots import robots
from maild.core.rules.casetypes import Field, value_of
from maild.core.rules.organisation import Absence, Rulebook
from maild.core.threads import threading, tokens
from maild.core.values.people import addressed, caseless
from maild.core.values.words import fold

LONGEST = 366
"""Days an absence told by mail may last; more is a mistake in the date."""
MOST_LINE = 200
"""Characters of such a line; a longer one is prose, and is not searched: the time would grow with its cube."""
_DATE = Field(name="date", kind="date")
_SUBSTITUTE = re.compile(r"(?i)[\s,;]+(?:stedfortreder|vikar|ersättare|vikarie|substitute)\s*:?\s+(\S+)\s*$")
_BETWEEN = re.compile(r"\s*(?:\.\.|–|—|\btil\b|\btill\b|\bto\b|\buntil\b|\s-\s)\s*", re.IGNORECASE)
_HYPHEN = re.compile(r"(?<=[.\d])-(?=\d)")
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


def by_command(draft: MailDraft) -> Plan | None:
    """Note an absence that an agent's mail says in its first line; None when it says none.

    Only a proven agent can (law G7): whoever could forge it could make a desk fall silent.
    """
    agent = draft.asks.agent
    if agent is None:
        return None
    today = draft.facts.now.astimezone(draft.rulebook.zone).date()
    line = next((line.strip() for line in draft.mail.own_text.splitlines() if line.strip()), "")
    absence = read_line(line, draft.rulebook, today=today)
    draft.note("absence", absence is not None, text(line[:60]) if absence is not None else None)
    if absence is None:
        return None
    if not draft.proven_agent:
        draft.note("absence", False, because("agent not proven"))
        return None
    return _noted(draft, agent, absence, because("said so"))


def by_robot(draft: MailDraft, case: CaseFacts | None = None, *, at_own_address: bool = False) -> Plan | None:
    """Note an absence that an agent's out-of-office reply dates; None when it has no date or proves nothing.

    What answers a letter at an address that only this agent was given is proved by that very address; it lies in the
    letter's case.
    """
    agent, back = draft.asks.agent, robots.robot(draft.mail, draft.rulebook.zone).back
    if agent is None or back is None or not (draft.proven_agent or at_own_address):
        return None
    today = draft.facts.now.astimezone(draft.rulebook.zone).date()
    end = back - timedelta(days=1)
    if not today <= end <= today + timedelta(days=LONGEST):
        return None
    return _noted(draft, agent, Absence(start=today, end=end), because("out of office"), case)


def answers_own_letter(draft: MailDraft) -> bool:
    """Tell whether a mail was sent to an address that only the agent who claims to write it was given."""
    agent, facts = draft.asks.agent, draft.facts
    if agent is None or draft.mail.authentication.verdict == "fail":
        return False
    own = draft.rulebook.agents[agent].addresses
    people = {tokens.person(address) for address in own}
    for token in threading.signed_addresses(draft.mail, facts):
        if token.audience != "customer" and token.person in people:
            return True
    letters = (facts.threads.outgoing.get(tokens.verify_bounce(facts.keys, to) or 0) for to in addressed(draft.mail))
    return any(one is not None and one.to_agent and caseless(one.to) in own for one in letters)


def _noted(draft: MailDraft, agent: str, absence: Absence, why: Reason, case: CaseFacts | None = None) -> Plan:
    draft.changes.append(SetAbsence(agent=agent, absence=absence, reason=why))
    draft.no_ack = because("absence is only noted")
    days = agent, absence.start.isoformat(), absence.end.isoformat()
    if case is not None:
        reason = because("away", *days, why)
        draft.add(case, "auto", "silent", agent=agent, note=reason, flag=False)
        return draft.done("silent", case.number, reason)
    if absence.substitute:
        return draft.done("ignored", None, because("away, somebody stands in", *days, absence.substitute, why))
    return draft.done("ignored", None, because("away", *days, why))


def read_line(line: str, rulebook: Rulebook, *, today: date) -> Absence | None:
    """Read ``borte 3.–14.12 stedfortreder bob``; None when it is no such line, or a date in it is none."""
    if len(line) > MOST_LINE:
        return None
    first, _, rest = line.partition(" ")
    word = fold(first).strip()
    if rulebook.verbs.get(word) != "absent" or not rest.strip():
        return None
    substitute = None
    if found := _SUBSTITUTE.search(f" {rest}"):
        substitute = _agent(found[1], rulebook)
        if substitute is None:
            return None
        rest = f" {rest}"[: found.start()]
    days = _days(rest.strip(" .,:"), today)
    if days is None or days[1] < max(days[0], today) or days[1] > today + timedelta(days=LONGEST):
        return None
    return Absence(start=days[0], end=days[1], substitute=substitute)


def _agent(name: str, rulebook: Rulebook) -> str | None:
    name = name.strip("<>.,;").lower()
    if "@" in name:
        return rulebook.agent_by_address.get(name)
    return next((agent for agent in rulebook.agents if agent.lower() == name), None)


def _days(text: str, today: date) -> tuple[date, date] | None:
    """Read "3.–14.12", "2026-12-07..11", "3. desember til 2. januar", "til 14.12" or one day."""
    if not _ISO.search(text):
        text = _HYPHEN.sub("–", text)
    parts = [part for part in _BETWEEN.split(text) if part]
    if len(parts) == 1:
        end = _day(parts[0], today)
        start = today if _BETWEEN.match(text) else end
        return None if start is None or end is None else (start, end)
    if len(parts) != 2:
        return None
    first, last = (part.strip() for part in parts)
    end = _day(last, today)
    start = _day(first, today)
    if start is not None and end is None and last.isdigit():  # 2026-12-07..11
        end = _day(f"{start:%Y-%m}-{last}", today)
    if end is not None and start is None and first.rstrip(".").isdigit():  # 3.–14.12
        start = _day(f"{end:%Y-%m}-{first.rstrip('.')}", today)
    if start is None or end is None:
        return None
    if end < start:  # over the turn of the year, each read as the next such day
        start = start.replace(year=start.year - 1) if (start.month, start.day) != (2, 29) else start
    return start, end


def _day(text: str, today: date) -> date | None:
    """Read a day; one that has just begun counts as this year's."""
    found = value_of(_DATE, text, today=today - timedelta(days=31))
    return None if found is None else date.fromisoformat(found)

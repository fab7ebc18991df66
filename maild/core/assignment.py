"""Who gets a new case: the group's strategy over its present agents, with the reason (law G6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from maild.core.facts import AssignmentFacts, Facts
from maild.core.reasons.reason import Reason, because, both
from maild.core.rules.actions import Preference, Strategy
from maild.core.rules.organisation import Absence, Agent, Group, Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The agent chosen (or nobody) and why."""

    agent: str | None
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a rule says about who gets it, and what is known of the case; without it the group's own ways hold."""

    assignee: str | None = None
    assign: Strategy | None = None
    prefer: tuple[Preference, ...] | None = None
    type: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""


NOTHING_WANTED = Wanted()


def assign(group: Group, facts: Facts, rulebook: Rulebook, wanted: Wanted = NOTHING_WANTED) -> Assignment:
    """Choose an agent of a group; absent ones and those at their cap are skipped."""
    if wanted.assignee is not None:
        return _person(wanted.assignee, facts, rulebook, group, wanted)
    return _by_strategy(group, facts, rulebook, wanted)


def absence_of(agent: Agent, facts: Facts, rulebook: Rulebook) -> Absence | None:
    """Return the absence an agent is on at the moment of the facts."""
    today = facts.now.astimezone(rulebook.zone).date()
    for absence in (*agent.absences, *facts.absences.get(agent.id, ())):
        if absence.start <= today <= absence.end:
            return absence
    return Absence(start=today, end=date.max) if agent.absent else None


def _full(agent: Agent, facts: Facts) -> bool:
    return agent.load_cap is not None and _loads(facts).load.get(agent.id, 0) >= agent.load_cap


def _person(name: str, facts: Facts, rulebook: Rulebook, group: Group, wanted: Wanted) -> Assignment:
    """Give it to a person; who is away has a substitute, else the group's strategy chooses."""
    asked: list[str] = []
    while name in rulebook.agents and name not in asked:
        absence = absence_of(rulebook.agents[name], facts, rulebook)
        if absence is None:
            named = because("rule names substitute", name, asked[0]) if asked else because("rule names", name)
            return Assignment(agent=name, reason=named)
        asked.append(name)
        name = absence.substitute or ""
    chosen = _by_strategy(group, facts, rulebook, wanted)
    absent = because("is away", ", ".join(asked) or name)
    return Assignment(agent=chosen.agent, reason=both(absent, chosen.reason))


def _by_strategy(group: Group, facts: Facts, rulebook: Rulebook, wanted: Wanted) -> Assignment:
    strategy = wanted.assign or group.assign
    if strategy == "group":
        return Assignment(agent=None, reason=because("group shares", group.id))
    known = [rulebook.agents[name] for name in group.members if name in rulebook.agents]
    free = [agent for agent in known if absence_of(agent, facts, rulebook) is None and not _full(agent, facts)]
    skipped = [agent.id for agent in known if agent not in free]
    if not free:
        return Assignment(agent=None, reason=because("nobody is free", group.id))
    notes = [because("passed over", ", ".join(skipped))] if skipped else []
    for preference in group.prefer if wanted.prefer is None else wanted.prefer:
        free, note = _preferred(preference, free, group, facts, rulebook, wanted)
        if note is not None:
            notes.append(note)
    chosen, reason = _next(group, free, facts) if strategy == "round_robin" else _least(group, free, facts)
    return Assignment(agent=chosen.id, reason=both(reason, *notes))


def _preferred(
    preference: Preference, free: list[Agent], group: Group, facts: Facts, rulebook: Rulebook, wanted: Wanted
) -> tuple[list[Agent], Reason | None]:
    """Keep those a preference names; when it names nobody who is free, all stay."""
    last = _loads(facts).last_agent.get(group.id)
    tests: dict[Preference, tuple[Callable[[Agent], bool], Reason]] = {
        "sticky": (lambda agent: agent.id == last, because("had the last case")),
        "language": (
            lambda agent: wanted.language in ((agent.language or rulebook.desk.languages[0]), *agent.languages),
            because("answers in", wanted.language),
        ),
        "competence": (
            lambda agent: not agent.competences.isdisjoint(_competences(wanted)),
            because("knows", wanted.type),
        ),
    }
    test, note = tests[preference]
    kept = [agent for agent in free if test(agent)]
    return (kept, note) if kept else (free, None)


def _competences(wanted: Wanted) -> frozenset[str]:
    parts = wanted.type.split(".")
    return frozenset({".".join(parts[: length + 1]) for length in range(len(parts))} | set(wanted.tags))


def _least(group: Group, free: Sequence[Agent], facts: Facts) -> tuple[Agent, Reason]:
    """Choose who has the fewest open cases; among equals whose turn it is."""
    fewest = min(_loads(facts).load.get(agent.id, 0) for agent in free)
    turn = _turn(group, facts)
    chosen = min((a for a in free if _loads(facts).load.get(a.id, 0) == fewest), key=lambda agent: turn[agent.id])
    return chosen, because("least open", group.id, fewest)


def _next(group: Group, free: Sequence[Agent], facts: Facts) -> tuple[Agent, Reason]:
    turn = _turn(group, facts)
    chosen = min(free, key=lambda agent: turn[agent.id])
    last = _loads(facts).rotation.get(group.id)
    return chosen, because("first in turn", group.id) if last is None else because("next in turn", group.id, last)


def _turn(group: Group, facts: Facts) -> dict[str, int]:
    """Return each member's place after the one who got the last case."""
    order, last = list(group.members), _loads(facts).rotation.get(group.id)
    start = order.index(last) + 1 if last in order else 0
    return {agent: place for place, agent in enumerate(order[start:] + order[:start])}


def _loads(facts: Facts) -> AssignmentFacts:
    return facts.assignment or _NOBODY


_NOBODY = AssignmentFacts()

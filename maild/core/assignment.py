"""Who gets a new case: the group's strategy over its present agents, with the reason in words (SPEC F1, X13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maild.core.facts import Facts
from maild.core.people import present
from maild.core.rules import Agent, Group, Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The agent chosen (or nobody) and why."""

    agent: str | None
    reason: str


def assign(group: Group, facts: Facts, rulebook: Rulebook, *, taken: Mapping[str, int] | None = None) -> Assignment:
    """Choose an agent of a group; absent ones and those at their cap are skipped.

    ``taken`` counts cases this very plan has given out already.
    """
    if group.assign == "group":
        return Assignment(agent=None, reason=f"group {group.id} shares its cases")
    loads = {agent: facts.load.get(agent, 0) + (taken or {}).get(agent, 0) for agent in group.members}
    free = [a for a in present(group.members, rulebook) if a.load_cap is None or loads[a.id] < a.load_cap]
    if not free:
        return Assignment(agent=None, reason=f"nobody in {group.id} is free")
    if group.assign == "round_robin":
        return _next(group, free, facts.rotation.get(group.id))
    chosen = min(free, key=lambda agent: loads[agent.id])
    return Assignment(agent=chosen.id, reason=f"least open in {group.id}: {loads[chosen.id]}")


def _next(group: Group, free: list[Agent], last: str | None) -> Assignment:
    order = list(group.members)
    start = order.index(last) + 1 if last in order else 0
    turn = {agent: place for place, agent in enumerate(order[start:] + order[:start])}
    chosen = min(free, key=lambda agent: turn[agent.id])
    return Assignment(agent=chosen.id, reason=f"next in {group.id} after {last or 'nobody'}")

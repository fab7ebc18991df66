"""Two rulebooks on one store: what the second says of a mail, as long as nothing later depends on where they differ.

Most changes of rules change what a case is called, not who writes to whom: type, priority, tags, fields. A store of
its own for the candidate rules is only needed from the first mail on that changes more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from maild.core.asks import asks as what_it_asks
from maild.core.decide import decide
from maild.core.plan import EndMail, OpenCase, SetField
from maild.core.reasons.reason import text
from maild.core.rules.apart import apart
from maild.journey.corridor import Corridor, consider

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.core.cause import MailCame
    from maild.core.facts import Asks, Facts
    from maild.core.plan import Change, Notice, Plan
    from maild.core.rules.organisation import Rulebook

CALLED = ("type", "priority", "confidential", "watchers")
"""Columns of a case that may differ: decisions read them of the case alone, and :class:`Beside` remembers them."""
_UNREAD: Mapping[str, Any] = {"tags": (), "due": None}
"""What no later decision reads of a case."""


_UNTOLD = text("")


class Parted(Exception):
    """From this mail on the rulebooks need a store each; nothing was carried out."""


class Beside:
    """The candidate rulebook beside the one that a store is kept by."""

    def __init__(self, corridor: Corridor, rulebook: Rulebook) -> None:
        self._corridor = replace(corridor, rulebook=rulebook)
        self._apart = apart(corridor.rulebook, rulebook)
        self._same_people = corridor.members == self._corridor.members and corridor.rulebook.agents == rulebook.agents
        self.cases: dict[int, Mapping[str, Any]] = {}
        """Cases that stand otherwise by the candidate rules, and how."""

    def plan(self, connection: Connection, cause: MailCame, asks: Asks, facts: Facts, plan: Plan) -> Plan:
        """Return what the candidate rules say of a mail that the others have been asked about, but not carried out.

        It is the very plan of the others where a quick look tells that they cannot but agree; its trace is then theirs.

        Raises:
            Parted: when later mails would find another desk.

        """
        rulebook = self._corridor.rulebook
        if (
            self._apart is not None
            and self.cases.keys().isdisjoint(facts.threads.cases)
            and not self._apart.may_part(cause.mail, asks.departments, facts.now)
        ):
            return plan
        theirs = what_it_asks(cause, rulebook)
        if theirs != asks or not self._same_people:
            self._corridor.ids.give_back(facts.outbox_ids, used=0)  # the same ids for both, so that letters compare
            theirs, facts, _ = consider(connection, self._corridor, cause, now=facts.now)
        other = decide(cause, theirs, self._seen(facts), rulebook)
        if theirs.departments != asks.departments:
            raise Parted
        if (other.outcome, other.case, other.changes) != (plan.outcome, plan.case, plan.changes) or (
            other.notices != plan.notices
        ):
            if _effects(other) != _effects(plan):
                raise Parted
            self._remember(plan, other)
        return other

    def _seen(self, facts: Facts) -> Facts:
        """Return the facts with the cases as the candidate rules have made them."""
        cases = facts.threads.cases
        changed = {number: replace(cases[number], **self.cases[number]) for number in cases.keys() & self.cases}
        if not changed:
            return facts
        return replace(facts, threads=replace(facts.threads, cases={**cases, **changed}))

    def _remember(self, plan: Plan, other: Plan) -> None:
        for ours, theirs in zip(opened_by(plan), opened_by(other), strict=True):
            found = {name: getattr(theirs, name) for name in CALLED}
            if found != {name: getattr(ours, name) for name in CALLED}:
                self.cases[ours.number] = found


def opened_by(plan: Plan) -> list[OpenCase]:
    """Return the cases that a plan opens."""
    return [change for change in plan.changes if isinstance(change, OpenCase)]


def _effects(plan: Plan) -> tuple[Any, ...]:
    """Return everything of a plan that a later decision may depend on."""
    changes = [_effect(change) for change in plan.changes if not isinstance(change, SetField)]
    return plan.outcome, plan.case, changes, [_sent(notice) for notice in plan.notices]


def _effect(change: Change) -> Change:
    if isinstance(change, EndMail):
        return replace(change, reason=_UNTOLD)
    if isinstance(change, OpenCase):
        return replace(change, type="", priority="", confidential=False, watchers=(), **_UNREAD)
    return change


def _sent(notice: Notice) -> Notice:
    """Leave out the words of a letter: nobody decides by them."""
    return replace(notice, values={}, template=None, subject="", attachments=())

"""What an admin says by a command: decided like any other cause, with a plan, events and letters like any other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from maild.core.cases import TRANSITIONS
from maild.core.cause import About, AdminSaid, DropLetters, MoveCase, ReleaseLetters, RetryLetters, TellOperator
from maild.core.draft import Draft
from maild.core.facts import Asks, Facts, LetterAsks, LetterFacts, LetterState, Pace, ThreadAsks
from maild.core.paces import Pacer
from maild.core.plan import ClearTimers, Plan, Record, SettleLetter
from maild.core.rules import Rulebook


def asks_said(cause: AdminSaid) -> Asks:
    """Say what deciding about an admin's word needs to know."""
    match cause.said:
        case MoveCase(case=number):
            return Asks(threads=ThreadAsks(case_numbers=frozenset({number})))
        case ReleaseLetters(letters=ids) | DropLetters(letters=ids):
            letters = LetterAsks(held=True) if ids is None else LetterAsks(ids=ids)
            return Asks(letters=letters, pace=isinstance(cause.said, ReleaseLetters))
        case RetryLetters(letters=ids):
            return Asks(letters=LetterAsks(deferred=True) if ids is None else LetterAsks(ids=ids))
        case TellOperator(once_key=once_key):
            return Asks(letters=LetterAsks(once_key=once_key))
        case other:
            assert_never(other)


def decide_said(cause: AdminSaid, asks: Asks, facts: Facts, rulebook: Rulebook) -> Plan:
    """Decide what an admin's word comes to."""
    draft = Draft(asks, facts, rulebook, key="admin", actor=cause.actor)
    match cause.said:
        case MoveCase():
            return _move(draft, cause.said)
        case ReleaseLetters():
            return _settle(draft, "released", "queued", _held(facts.letters.values()))
        case DropLetters():
            return _settle(draft, "dropped", "dropped", _held(facts.letters.values()))
        case RetryLetters():
            return _retry(draft)
        case TellOperator(title=title, reason=reason, once_key=once_key):
            if facts.told_before:
                return draft.done("nothing", None, "told before")
            draft.tell_operator(title, reason, once_key=once_key)
            return draft.done("done", None, title)
        case other:
            assert_never(other)


def _move(draft: Draft, said: MoveCase) -> Plan:
    case = draft.facts.threads.cases.get(said.case)
    if case is None:
        return draft.done("not allowed", None, f"there is no case {said.case}")
    # Not merged: that needs the case that lives on, and nothing leads back from it.
    legal = sorted(TRANSITIONS[case.status] - {"merged"})
    if said.status == case.status:
        return draft.done("nothing", case.number, f"case {case.number} is {case.status} already")
    if said.status not in legal:
        can = ", ".join(legal) or "nothing"
        reason = f"case {case.number} is {case.status} and cannot become {said.status}; it can become: {can}"
        return draft.done("not allowed", case.number, reason)
    draft.set_status(case, said.status, actor=draft.actor)
    return draft.done("done", case.number, f"by {draft.actor}")


def _held(letters: Iterable[LetterFacts]) -> list[LetterFacts]:
    return [letter for letter in letters if letter.state == "held"]


def _settle(draft: Draft, what: str, state: LetterState, letters: list[LetterFacts]) -> Plan:
    """Bring held letters to another state, with an event each on their case; what is sent keeps the pace."""
    pacer = Pacer(draft.facts.pace or Pace(), draft.facts.now)
    for letter in letters:
        due = pacer.next(confirmed=True) if state == "queued" else None
        draft.changes.append(SettleLetter(letter=letter.id, before="held", state=state, due=due))
        draft.changes.append(ClearTimers(about=About(what="letter", id=letter.id)))
        draft.changes.append(
            Record(
                what=f"held mail {what}",
                case=letter.case,
                actor=draft.actor,
                before="held",
                after=state,
                reason=letter.once_key,
            )
        )
    if letters and state == "queued":
        draft.changes.append(pacer.kept())
    return draft.done("done" if letters else "nothing", None, f"{len(letters)} letters {what}")


def _retry(draft: Draft) -> Plan:
    """Try letters again at once; their time begins anew, and of a failed one it is forgotten that somebody was told."""
    letters = [letter for letter in draft.facts.letters.values() if letter.state in ("deferred", "failed")]
    for letter in letters:
        again = letter.state == "failed"
        draft.changes.append(
            SettleLetter(
                letter=letter.id, before=letter.state, state="deferred", anew=True, warned=False if again else None
            )
        )
        draft.changes.append(ClearTimers(about=About(what="letter", id=letter.id)))
        draft.changes.append(
            Record(
                what="letter tried again",
                case=letter.case,
                actor=draft.actor,
                before=letter.state,
                after="deferred",
                reason=letter.once_key,
            )
        )
    return draft.done("done" if letters else "nothing", None, f"{len(letters)} letters tried again")

"""What an admin says by a command: decided like any other cause, with a plan, events and letters like any other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from maild.core.cause import About, AdminSaid, DropLetters, MoveCase, ReleaseLetters, RetryLetters, TellOperator
from maild.core.draft import Draft
from maild.core.facts import Asks, Facts, LetterAsks, LetterFacts, LetterState, Pace, ThreadAsks
from maild.core.letters.paces import Pacer
from maild.core.plan import ClearTimers, Plan, Record, SettleLetter
from maild.core.reasons.codes import Code
from maild.core.reasons.reason import because, text
from maild.core.rules.organisation import Rulebook
from maild.core.values.cases import TRANSITIONS


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
            return _settle(draft, "letters released", "held mail released", "queued", _held(facts.letters.values()))
        case DropLetters():
            return _settle(draft, "letters dropped", "held mail dropped", "dropped", _held(facts.letters.values()))
        case RetryLetters():
            return _retry(draft)
        case TellOperator(title=title, reason=reason, once_key=once_key):
            if facts.told_before:
                return draft.done("nothing", None, because("told before"))
            draft.tell_operator(title, reason, once_key=once_key)
            return draft.done("done", None, title)
        case other:
            assert_never(other)


def _move(draft: Draft, said: MoveCase) -> Plan:
    case = draft.facts.threads.cases.get(said.case)
    if case is None:
        return draft.done("not allowed", None, because("no such case", said.case))
    # Not merged: that needs the case that lives on, and nothing leads back from it.
    legal = sorted(TRANSITIONS[case.status] - {"merged"})
    if said.status == case.status:
        return draft.done("nothing", case.number, because("already so", case.number, case.status))
    if said.status not in legal:
        can = text(", ".join(legal)) if legal else because("nothing")
        reason = because("cannot become", case.number, case.status, said.status, can)
        return draft.done("not allowed", case.number, reason)
    draft.set_status(case, said.status, actor=draft.actor)
    return draft.done("done", case.number, because("by", draft.actor))


def _held(letters: Iterable[LetterFacts]) -> list[LetterFacts]:
    return [letter for letter in letters if letter.state == "held"]


def _settle(draft: Draft, did: Code, what: str, state: LetterState, letters: list[LetterFacts]) -> Plan:
    """Bring held letters to another state, with an event each on their case; what is sent keeps the pace."""
    pacer = Pacer(draft.facts.pace or Pace(), draft.facts.now)
    for letter in letters:
        due = pacer.next(confirmed=True) if state == "queued" else None
        draft.changes.append(SettleLetter(letter=letter.id, before="held", state=state, due=due))
        draft.changes.append(ClearTimers(about=About(what="letter", id=letter.id)))
        draft.changes.append(
            Record(
                what=what,
                case=letter.case,
                actor=draft.actor,
                before="held",
                after=state,
                reason=text(letter.once_key),
            )
        )
    if letters and state == "queued":
        draft.changes.append(pacer.kept())
    return draft.done("done" if letters else "nothing", None, because(did, len(letters)))


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
                reason=text(letter.once_key),
            )
        )
    return draft.done("done" if letters else "nothing", None, because("letters tried again", len(letters)))

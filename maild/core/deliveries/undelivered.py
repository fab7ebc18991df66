"""What follows when the relay answers: a letter that is put off gets its promises, one that failed is told of.

A letter that is first put off has two moments set in the timer table: when an agent should know that it is late, and
when it is given up. An admin's retry begins its time anew, so what fails then is news again.
"""

from __future__ import annotations

from maild.core.cause import About, Delivered
from maild.core.deliveries.delivery import GIVE_UP, LATE
from maild.core.deliveries.too_big import send_again
from maild.core.draft import Draft
from maild.core.facts import Asks, CaseFacts, Facts, LetterFacts
from maild.core.letters.notices import Values, about_case, told
from maild.core.plan import ClearTimers, NoticeKind, Plan, Record, SetTimer, SettleLetter
from maild.core.reasons.reason import Reason, because
from maild.core.rules.organisation import Rulebook

ABOUT_LETTERS: frozenset[NoticeKind] = frozenset({"undelivered", "operator", "confirmation"})
"""Nobody is told that one of these did not arrive: a notice about a notice would go round for ever. The event and the
listing show it."""


def decide_delivered(cause: Delivered, asks: Asks, facts: Facts, rulebook: Rulebook) -> Plan:
    """Decide what follows from the relay's answer to one letter, whose row says so already."""
    letter = facts.letters.get(cause.letter)
    draft = Draft(asks, facts, rulebook, key=f"letter:{cause.letter}", actor="relay")
    if letter is None:
        return draft.done("nothing", None, because("no such letter"))
    if letter.state != cause.state:  # another daemon has it by now, and tells what comes of it
        return draft.done("nothing", letter.case, because("letter is now", letter.id, because(letter.state)))
    about = About(what="letter", id=letter.id)
    if cause.state == "failed":
        draft.changes.append(ClearTimers(about=about))
        if not _without_files(draft, letter, cause.answer):
            tell_undelivered(draft, letter, cause.answer, final=True)
        return draft.done("done", letter.case, because("letter is now", letter.id, because("failed")))
    for step, after in (("late", LATE), ("give up", GIVE_UP)):
        draft.changes.append(SetTimer(about=about, step=step, due=letter.created + after))  # type: ignore[arg-type]
    return draft.done("done", letter.case, because("letter is now", letter.id, because("deferred")))


def _without_files(draft: Draft, letter: LetterFacts, answer: Reason) -> bool:
    """Send a notice that was too big again without its files, and tell the group of it (law W15)."""
    case = None if letter.case is None else draft.facts.threads.cases.get(letter.case)
    round_ = int(letter.created.timestamp() * 1000)
    if not send_again(draft, letter.id, letter.to, case, key=str(round_)):
        return False
    reason = because("sent without files", answer)
    why = because("letter to", letter.kind, letter.to, reason)
    draft.changes.append(
        Record(what="not delivered", case=letter.case, before=letter.state, after="failed", reason=why)
    )
    tell_group(draft, case, letter.to, reason, key=f"light:{letter.id}:{round_}:group")
    return True


def tell_group(draft: Draft, case: CaseFacts | None, to: str, reason: Reason, *, key: str) -> None:
    """Tell the others who may work on a case, where one of them alone was told of it."""
    if case is not None and case.assignee is not None:
        values: Values = {"to": to, "reason": reason, "status_code": "", "diagnostic": reason}
        tell_of_letter(draft, case, to, values, key=key)


def tell_undelivered(draft: Draft, letter: LetterFacts, answer: Reason, *, final: bool) -> None:
    """Record that a letter was not delivered (or is late), and tell who works on its case, else the operator."""
    draft.changes.append(
        Record(
            what="not delivered" if final else "delivery is late",
            case=letter.case,
            before=letter.state,
            after="failed" if final else "deferred",
            reason=because("letter to", letter.kind, letter.to, answer),
        )
    )
    if letter.kind in ABOUT_LETTERS:
        return
    round_ = int(letter.created.timestamp() * 1000)
    key = f"undelivered:{letter.id}:{'failed' if final else 'late'}:{round_}"
    values: Values = {"to": letter.to, "reason": answer, "status_code": "", "diagnostic": answer}
    case = None if letter.case is None else draft.facts.threads.cases.get(letter.case)
    if not tell_of_letter(draft, case, letter.to, values, key=key):
        reason = because("letter to", letter.kind, letter.to, answer)
        draft.tell_operator(because("not delivered"), reason, once_key=key)


def tell_of_letter(draft: Draft, case: CaseFacts | None, to: str, values: Values, *, key: str) -> bool:
    """Tell the agents of a case, those who are there first, that a letter did not arrive; False when nobody can be."""
    if case is None:
        return False
    about = about_case(case, draft.rulebook)
    reached = told(case.assignee, case.group, draft.rulebook, but=to, absent=draft.writer.absent)
    for agent in reached:
        draft.writer.tell("undelivered", about, agent, once_key=f"{key}:{agent.id}", values=values)
    return bool(reached)


def give_up(draft: Draft, letter: LetterFacts) -> None:
    """End a letter that nobody took for days, and tell of it."""
    error = because("given up", letter.error or because("not sent yet"))
    draft.changes.append(SettleLetter(letter=letter.id, before=letter.state, state="failed", error=error, warned=True))
    tell_undelivered(draft, letter, error, final=True)

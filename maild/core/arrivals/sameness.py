"""Whether a mail whose content came before is the same mail once more, or another that only says the same (law T13).

A retry, or the copy of another mailbox, carries what its writer's program made once: a Message-ID or a Date. What
carries neither (a device that sends the same lines whenever it rings) says something each time it comes.
"""

from __future__ import annotations

from datetime import timedelta

from maild.core.draft import MailDraft
from maild.core.facts import Duplicate
from maild.core.reasons.reason import because
from maild.core.threads import placement, threading
from maild.core.threads.placement import Placement
from maild.core.values.cases import OVER
from maild.core.values.mail import Mail

TELLS_TIME = timedelta(days=7)
"""A Date further than this from its mail's first arrival is no time: the clock of the device that wrote it stands."""
RANKS = {"fail": 0, "none": 1, "unknown": 1, "pass": 2}


def suppressed(mail: Mail, earlier: Duplicate) -> bool:
    """Tell whether a mail is nothing but an earlier one once more.

    A copy that was judged worse suppresses none that is judged better: else whoever forged it first would have taken
    the word from its writer.
    """
    return _made_once(mail, earlier) and RANKS[mail.authentication.verdict] <= RANKS[earlier.verdict]


def _made_once(mail: Mail, earlier: Duplicate) -> bool:
    if mail.message_id is not None:
        return True
    return mail.date is not None and abs(earlier.at - mail.date) <= TELLS_TIME


def placed(draft: MailDraft, earlier: Duplicate) -> Placement | None:
    """Return where what came before goes when nothing else says: into that case, or a new one when that is over."""
    case = None
    if earlier.case is not None and earlier.case in draft.facts.threads.cases:
        case = threading.survivor(earlier.case, draft.facts)
    if case is None or not may_enter(draft, case.number):
        return None
    reason = because("same content as", earlier.inbound)
    if case.status in OVER:
        tag = f"{draft.rulebook.desk.number_prefix}#{case.number}"
        named = because("nothing names a case")
        return Placement(place="new", case=None, link=None, reason=named, hint=because("of case", tag, reason))
    failing = draft.mail.authentication.verdict == "fail"
    return Placement(place="pending" if failing else "entry", case=case, link=None, reason=reason)


def may_enter(draft: MailDraft, number: int) -> bool:
    """Tell whether the author belongs to a case that nothing but likeness names: a stranger adds nothing visible."""
    case, author = draft.facts.threads.cases.get(number), draft.asks.author
    if case is None:
        return False
    return not case.requester if author is None else placement.takes_part(author, None, case, draft.rulebook)

"""Signs of a case: mails that bear each of them, and facts in which the case is known."""

from __future__ import annotations

from maild.core.plan import (
    LinkCases,
    Plan,
)
from tests.kit import make
from tests.kit.make import DOMAIN, LIV, case, facts, of

FIRST = "<first@client.example>"
CC = make.seen(addressees=frozenset({f"it@{DOMAIN}", LIV}))
KNOWN = facts(case(), known=(make.seen(),))
COPIED = facts(case(), known=(CC,))
TO_KARI = (make.signed_address(),)


def outcome(plan: Plan) -> tuple[str, int | None, str]:
    """Sum up a plan: outcome, case, and how a new case is linked."""
    links = of(plan, LinkCases)
    return plan.outcome, plan.case, links[0].kind if links else ""


# evidence × author: what becomes of the mail
SIGNED = {"to": TO_KARI}
BY_ID = {"in_reply_to": (make.signed_id(),)}
HELD_ID = {"in_reply_to": (FIRST,)}
SUBJECT = {"subject": "Re: [FK#1042] Skriveren"}
BODY = {"text": "Dette gjelder [FK#1042].", "subject": "Noe annet"}

"""Signs of a case: mails that bear each of them, and facts in which the case is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from maild.core.facts import Arrival
from maild.core.plan import (
    LinkCases,
    Plan,
)
from maild.core.values.mail import Mail
from tests.kit import make
from tests.kit.make import DOMAIN, LIV, NOW, case, facts, of

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


def arrived(count: int, *, case_number: int = 1042, given: Mail | None = None) -> dict[str, Any]:
    """So many earlier mails of the author, all in one case."""
    shape = (given.subject_shape, given.text_shape) if given is not None else ("other", (1, 2, 3))
    arrivals = [
        Arrival(case=case_number, at=NOW - timedelta(minutes=9), subject_shape=shape[0], text_shape=shape[1])
    ] * count
    return {"arrivals": tuple(arrivals)}

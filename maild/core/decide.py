"""The only place that decides: ``asks`` says what must be known, ``decide`` says what is to be done, for any cause."""

from __future__ import annotations

from maild.core.admin import decide_said
from maild.core.arrivals.incoming import decide_mail
from maild.core.cause import AdminSaid, Cause, Delivered, MailCame, TimerDue
from maild.core.deliveries.undelivered import decide_delivered
from maild.core.facts import Asks, Facts
from maild.core.letters.paces import paced
from maild.core.letters.parts import in_parts
from maild.core.plan import Plan
from maild.core.rules.organisation import Rulebook
from maild.core.timers.timers import decide_timer


def decide(cause: Cause, asks: Asks, facts: Facts, rulebook: Rulebook) -> Plan:
    """Decide what is to be done about a cause. Total: any cause gets exactly one plan.

    A plan whose ``more_ids`` is not 0 is to be made again with so many ids for letters more.
    """
    plan = _decided(cause, asks, facts, rulebook)
    part = in_parts(plan)
    return part if isinstance(cause, MailCame) else paced(part, facts, rulebook, used=len(plan.notices))


def _decided(cause: Cause, asks: Asks, facts: Facts, rulebook: Rulebook) -> Plan:
    match cause:
        case MailCame():
            return decide_mail(cause, asks, facts, rulebook)
        case TimerDue():
            return decide_timer(cause, asks, facts, rulebook)
        case Delivered():
            return decide_delivered(cause, asks, facts, rulebook)
        case AdminSaid():
            return decide_said(cause, asks, facts, rulebook)

"""Mails that robots send, and facts in which ours are known."""

from __future__ import annotations

from maild.core.facts import OutgoingFacts
from maild.core.threads import tokens
from maild.core.values.mail import Report
from tests.kit import make
from tests.kit.make import KARI, KEYS, case, facts

SENT = OutgoingFacts(id=77, case=1042, kind="ack", to=KARI, message_id=make.signed_id(), bounced=False)
KNOWN = facts(case(), outgoing={77: SENT}, known=(make.seen(),))
LOOP = tokens.sign_loop(KEYS[0], make.INSTANCE)
BOUNCE = Report(kind="delivery-status", status="5.1.1", original_message_id=make.signed_id())
RULES = make.rulebook(peers=frozenset({"desk.peer.example"}), blocked=frozenset({"spam.example"}))

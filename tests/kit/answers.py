"""Answers of agents, held ones, and the mails that confirm them."""

from __future__ import annotations

from typing import Any

from maild.core.facts import Facts, HeldMessage
from maild.core.plan import Plan
from maild.core.values.mail import Attachment, Mail
from tests.kit import make
from tests.kit.make import (
    CAMILLA,
    case,
    facts,
    mail,
    notices,
)

KNOWN = facts(case(), known=(make.seen(),))
HOME = "camilla@home.example"
SUBJECT = "Re: [FK#1042] Skriveren virker ikke"
OWN = (make.signed_address(1042, "answer", of=CAMILLA),)
FILE = Attachment(name="a.pdf", type="application/pdf", size=3, sha256="ab", start=10, end=14, encoding="base64")


def answer(text: str = "Prøv å slå den av og på.", **changes: Any) -> Mail:
    """Camilla's answer to her notification."""
    return mail(text, **({"author": CAMILLA, "to": OWN, "subject": SUBJECT} | changes))


def sent_to_customers(plan: Plan) -> list[str]:
    """Whom an agent's words go to."""
    return [notice.to for notice in notices(plan, "answer")]


# -- held and confirmed ---------------------------------------------------------------------------------------------


def held(**changes: Any) -> HeldMessage:
    """Camilla's held answer, inbound 3."""
    made: dict[str, Any] = {
        "id": 30,
        "case": 1042,
        "agent": "camilla",
        "text": "Prøv å slå den av og på.",
        "subject": SUBJECT,
        "message_id": "<held@x>",
        "references": (),
        "inbound": 3,
        "done": False,
        "attachments": (FILE,),
    }
    return HeldMessage(**(made | changes))


def confirming(text: str = "Ja", **changes: Any) -> Mail:
    """Her reply to the confirmation."""
    to = (make.signed_address(1042, "confirm", of=CAMILLA, reference=3),)
    return mail(text, **({"author": CAMILLA, "to": to, "subject": SUBJECT, "verdict": "unknown"} | changes))


def waiting(**changes: Any) -> Facts:
    """Facts with the held answer."""
    return facts(case(), held={3: held(**changes)})

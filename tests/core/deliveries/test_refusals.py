"""Whose fault a refusal is, by what relays really say."""

import pytest

from maild.core.deliveries.delivery import OURS
from maild.core.deliveries.refusals import blame

SAID = [
    # Postfix
    ("rcpt", "554 5.7.1 <kari@a.example>: Relay access denied", "denied"),
    ("rcpt", "454 4.7.1 <kari@a.example>: Relay access denied", "denied"),
    ("rcpt", "550 5.1.1 <kari@a.example>: Recipient address rejected: User unknown in local recipient table", "letter"),
    ("rcpt", "554 5.7.1 <desk[10.0.0.12]>: Client host rejected: Access denied", "denied"),
    ("rcpt", "504 5.5.2 <desk>: Helo command rejected: need fully-qualified hostname", "denied"),
    ("rcpt", "550 5.1.8 <b+1.x@c.example>: Sender address rejected: Domain not found", "all"),
    ("rcpt", "553 5.7.1 <b+1.x@c.example>: Sender address rejected: not owned by user desk", "all"),
    ("rcpt", "530 5.7.0 Must issue a STARTTLS command first", "denied"),
    ("mail", "530 5.7.0 Must issue a STARTTLS command first", "all"),
    ("rcpt", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example", "doubt"),
    ("rcpt", "554 5.7.1 <kari@a.example>: Recipient address rejected: Access denied", "doubt"),
    (
        "rcpt",
        "550 5.7.1 <kari@a.example>: Recipient address rejected: undeliverable address: host mx.a.example said: "
        "554 5.7.1 Relay access denied",
        "doubt",
    ),
    (
        "rcpt",
        "550 5.1.1 <kari@a.example>: Recipient address rejected: undeliverable address: host mx.a.example said: no",
        "letter",
    ),
    ("mail", "552 5.3.4 Message size exceeds fixed limit", "letter"),
    ("end", "550 5.7.1 message content rejected", "doubt"),
    ("rcpt", "450 4.7.1 <desk>: Helo command rejected: Host not found", "doubt"),
    # Exim
    ("rcpt", "550 relay not permitted", "denied"),
    ("rcpt", "550 Unrouteable address", "letter"),
    ("rcpt", "550 Unknown user", "letter"),
    ("mail", "550 Access denied - Invalid HELO name", "all"),
    # Sendmail, qmail
    ("rcpt", "550 5.7.1 <kari@a.example>... Relaying denied. Proper authentication required.", "denied"),
    ("rcpt", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "denied"),
    ("rcpt", "550 sorry, no mailbox here by that name. (#5.1.1)", "letter"),
    # Exchange
    ("rcpt", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "denied"),
    ("rcpt", "550 5.7.64 TenantAttribution; Relay Access Denied", "denied"),
    ("end", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "all"),
    ("rcpt", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", "doubt"),
    ("rcpt", "550 5.4.1 Recipient address rejected: Access denied", "letter"),
    ("mail", "530 5.7.57 Client not authenticated to send mail", "all"),
    # others
    ("mail", "550 5.7.1 Sender is not authorized", "all"),
    ("mail", "553 5.6.7 address needs SMTPUTF8", "letter"),
    ("end", "554 Message rejected: Email address is not verified.", "doubt"),
    ("end", "552 5.2.3 message too large", "letter"),
    ("end", "554 5.3.4 message too big for system", "letter"),
    ("mail", "550 5.3.4 message size exceeds limit", "letter"),
    ("end", "554 5.3.3 feature not supported", "doubt"),
    ("rcpt", "550 5.7.99 policy", "doubt"),
    ("rcpt", "550 5.7.100 RESOLVER.RST; Access denied", "doubt"),
    ("rcpt", "550 5.7.99 Relay access denied", "denied"),
    ("rcpt", "550 5.7.100 Relay access denied", "doubt"),
    ("end", "554 5.6.0 malformed message", "letter"),
    ("rcpt", "552 5.2.2 mailbox full", "letter"),
    ("rcpt", "554 no", "doubt"),
    ("rcpt", "553 5.1.3 bad address syntax", "letter"),
    ("rcpt", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "letter"),
    ("data", "554 5.5.1 no valid recipients", "doubt"),
]


@pytest.mark.parametrize(("stage", "said", "whose"), SAID, ids=[said[:40] for _, said, _ in SAID])
def test_what_relays_say(stage: str, said: str, whose: str) -> None:
    """A lost mailbox is the letter's; denied relaying, a refused sender or host is not; a policy may be either."""
    code, _, text = said.partition(" ")
    assert blame(int(code), text, stage) == whose  # type: ignore[arg-type]


def test_nothing_about_a_session_is_the_letters() -> None:
    """A code that speaks of our session or login never blames the letter, whatever the words, unless it is its form."""
    for code in OURS:
        for stage in ("mail", "rcpt", "data", "end"):
            assert blame(code, "no", stage) != "letter"  # type: ignore[arg-type]


def test_an_address_in_the_answer_is_no_status() -> None:
    """Numbers inside a reply (an address, a version) say nothing."""
    assert blame(550, "no such user (asked 5.7.1.2)", "rcpt") == "letter"
    assert blame(550, "host 10.5.7.1 says no such user", "rcpt") == "letter"
    assert blame(550, "5.7.100.1 is no status", "rcpt") == "letter"

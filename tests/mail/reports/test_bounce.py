"""Delivery reports of every kind are read, and a person's mail is never called one (law A13, A15)."""

import email
from email.message import Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.values.mail import Report
from maild.mail.reports.bounce import find

LOST = "kari.moen@borte.example"
OURS = "<2026.1042.k7q2@fjordvik.example>"


def report(text: str, *, subject: str, sender: str, extra: str = "Return-Path: <>\n") -> Report | None:
    """Read a plain-text mail as a report."""
    raw = f"{extra}From: {sender}\nTo: it@fjordvik.example\nSubject: {subject}\n\n{text}"
    return find(email.message_from_string(raw), text)


PROSE = {
    "qmail": (
        "failure notice",
        "MAILER-DAEMON@mx.example",
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n"
        f"\n<{LOST}>:\n"
        "Sorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
        f"Message-ID: {OURS}\n",
    ),
    "exim": (
        "Mail delivery failed: returning message to sender",
        "Mail Delivery System <Mailer-Daemon@mx.example>",
        "A message that you sent could not be delivered to one or more of its\nrecipients. The following"
        " address(es) failed:"
        f"\n\n  {LOST}\n    550 5.1.1 User unknown\n\n------ This is a copy of the message, including all the"
        f" headers. ------\n\nMessage-ID:\n {OURS}\n",
    ),
    "postfix": (
        "Undelivered Mail Returned to Sender",
        "MAILER-DAEMON@mx.example (Mail Delivery System)",
        f"This is the mail system at host mx.example.\n\n<{LOST}>: host mx.example[192.0.2.1] said: 550 5.1.1"
        " User\n    unknown\n",
    ),
    "sendmail": (
        "Returned mail: User unknown",
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>",
        f"   ----- The following addresses had permanent fatal errors -----\n<{LOST}>\n\n   ----- Transcript of"
        " session follows -----\n"
        f">>> RCPT To:<{LOST}>\n<<< 550 5.1.1 <{LOST}>... User unknown\n",
    ),
    "exchange": (
        "Undeliverable: Sak",
        "System Administrator <postmaster@mx.example>",
        f"Your message\n\n  To:      {LOST}\n  Subject: Sak\n\ndid not reach the following recipient(s):\n\n"
        f"{LOST} on Tue, 3 Mar 2026 10:15:00 +0100\n    The recipient name is not recognized\n",
    ),
    "domino": (
        f"DELIVERY FAILURE: User kari.moen ({LOST}) not listed in Domino Directory",
        "Postmaster@mx.example",
        f"Your message\n\n  Subject: Sak\n\nwas not delivered to:\n\n  {LOST}\n\nbecause:\n\n  User kari.moen"
        f" ({LOST}) not listed\n",
    ),
    "groupwise": (
        "Message status - undeliverable",
        "Mail System <postmaster@mx.example>",
        f"The message that you sent was undeliverable to the following:\n\tkari.moen ({LOST})\n\nUser unknown 5.1.1\n",
    ),
    "filter": (
        "[Postmaster] Email Delivery Failure",
        "postmaster <postmaster@mx.example>",
        f"An email that you attempted to send to the following address could not be delivered:\n-- {LOST}\n\n"
        "The problem appears to be :\n-- 550 5.1.1 Recipient address rejected\n",
    ),
    "norwegian": (
        "Kan ikke leveres: Sak",
        "postmaster@mx.example",
        f"Meldingen kunne ikke leveres til disse mottakerne:\n\n{LOST}\n\n550 5.1.1 Ukjent mottaker\n",
    ),
    "swedish": (
        "Olevererbart: Ärende",
        "postmaster@mx.example",
        f"Meddelandet kunde inte levereras till följande mottagare:\n\n<{LOST}>\n\n550 5.1.1 okänd mottagare\n",
    ),
    "german": (
        "Unzustellbar: Fall",
        "postmaster@mx.example",
        f"Ihre Nachricht konnte nicht zugestellt werden:\n\n{LOST}\n#550 5.1.1 Empfänger unbekannt\n",
    ),
    "japanese": (
        "メールを配信できませんでした",
        "postmaster@mx.example",
        f"以下のメールアドレスへの送信に失敗しました。\n{LOST}\n\n-------server message\n550 5.1.1 unknown user"
        f" <{LOST}>\n"
        "",
    ),
}


@pytest.mark.parametrize("name", PROSE)
def test_a_report_in_prose_names_whom_it_did_not_reach(name: str) -> None:
    """qmail, Exim, Exchange, Domino and others have no RFC 3464 part, or had none."""
    subject, sender, text = PROSE[name]
    found = report(text, subject=subject, sender=sender)
    assert found is not None
    assert found.kind == "delivery-status"
    assert found.recipients == (LOST,)
    assert found.status == "5.1.1"
    if OURS in text:
        assert found.original_message_id == OURS


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("the mailbox is full", "5.2.2"),
        ("No such user here", "5.1.1"),
        ("delivery is delayed and will be retried", "4.4.7"),
        ("550 5.7.26 unauthenticated", "5.7.26"),
        ("552 too much", "5.0.0"),
        ("host 192.0.2.22 said 450 try again", "4.0.0"),
    ],
)
def test_prose_amounts_to_a_status(words: str, status: str) -> None:
    """An enhanced code where one is written (never part of an IP address), else what the words mean (RFC 3463)."""
    found = report(
        f"Your message could not be delivered to <{LOST}>:\n{words}\n",
        subject="Undeliverable mail",
        sender="MAILER-DAEMON@mx.example",
    )
    assert found is not None
    assert found.status == status


HUMANS = (
    ("Kari <kari@epost.example>", "VS: Undelivered Mail Returned to Sender", PROSE["postfix"][2]),
    ("Kari <kari@epost.example>", "Mail delivery failed", "Jeg får «could not be delivered, user unknown» hver gang."),
    ("Kari <kari@epost.example>", "Returned mail: hva er dette?", "Se vedlegg."),
    (
        "Postmaster <postmaster@skole.example>",
        "Re: Undelivered mail",
        "Hei, brukeren finnes ikke lenger hos oss. Mvh Per",
    ),
    ("Ola <admin@skole.example>", "Feil på skriver", "Utskriften kunne ikke leveres. User unknown, sier den."),
    ("Ola <support@leverandor.example>", "SV: Sak 1042", "Maskinen kunne ikke leveres i går, vi prøver i morgen."),
)


@pytest.mark.parametrize(("sender", "subject", "text"), HUMANS)
def test_a_person_who_writes_about_bounces_is_no_bounce(sender: str, subject: str, text: str) -> None:
    """Neither the subject nor the words of a report make one of a person's mail."""
    assert report(text, subject=subject, sender=sender, extra="") is None


def test_an_absence_that_speaks_of_delivery_is_no_bounce() -> None:
    """Out-of-office answers come from the null sender too."""
    text = "Jeg har sluttet. This mailbox is no longer valid, and your message was not delivered to anyone else."
    assert report(text, subject="Automatic reply: Sak", sender="Kari <kari@epost.example>") is None


def _multipart(
    kind: str, *parts: tuple[str, str], sender: str = "MAILER-DAEMON@mx.example", top: str = "report"
) -> Message:
    body = "".join(f"--b\nContent-Type: {type_}\n\n{text}\n" for type_, text in parts)
    declared = f"; report-type={kind}" if top == "report" else ""
    return email.message_from_string(
        f"From: {sender}\nTo: it@fjordvik.example\nSubject: Sak\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/{top}{declared}; boundary="b"\n\n{body}--b--\n'
    )


STATUS = (
    "Reporting-MTA: dns; mx.example\n\n"
    "Final-Recipient: rfc822;ny@borte.example\nOriginal-Recipient: rfc822; <Kari.Moen@borte.example>\nAction:"
    " failed\nStatus: 5.0.0\n"
    "Diagnostic-Code: smtp; 550 5.1.1 host 192.0.2.22 said\n no\n\n"
    "Final-Recipient: rfc822; ola@borte.example\nAction: delivered\nStatus: 2.0.0\n"
)


def test_a_report_by_the_standard_is_read_whole() -> None:
    """RFC 3464: failing recipients only, original and final address, the better status, the returned Message-ID."""
    message = _multipart(
        "delivery-status",
        ("text/plain", "Sorry."),
        ("message/delivery-status", STATUS),
        ("message/rfc822", f"Message-ID: {OURS}\nSubject: Sak\n\nHei"),
    )
    assert find(message, "Sorry.") == Report(
        kind="delivery-status",
        status="5.1.1",
        action="failed",
        recipients=(LOST, "ny@borte.example"),
        diagnostic="smtp; 550 5.1.1 host 192.0.2.22 said no",
        original_message_id=OURS,
    )


def test_a_report_with_broken_boundaries_is_read() -> None:
    """Some gateways lose the parts; the fields are still in the text."""
    message = email.message_from_string(
        "From: MAILER-DAEMON@mx.example\nTo: it@fjordvik.example\nSubject: Returned mail\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n'
        f"Sorry.\n\n{STATUS}\nMessage-ID: {OURS}\n"
    )
    found = find(message, "")
    assert found is not None
    assert (found.recipients, found.status, found.original_message_id) == ((LOST, "ny@borte.example"), "5.1.1", OURS)


def test_a_report_somebody_attached_is_not_a_report() -> None:
    """An agent or customer who sends us a bounce to look at sends a mail, not a bounce."""
    inner = (
        "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=c\n\n"
        f"--c\nContent-Type: message/delivery-status\n\n{STATUS}\n--c--\n"
    )
    message = _multipart(
        "", ("text/plain", "Hva er dette?"), ("message/rfc822", inner), sender="Kari <kari@epost.example>", top="mixed"
    )
    assert find(message, "Hva er dette?") is None


def test_a_receipt_and_a_complaint_are_told_apart() -> None:
    """RFC 8098 and RFC 5965 reports name what they are about."""
    receipt = _multipart(
        "disposition-notification",
        ("text/plain", "Read"),
        (
            "message/disposition-notification",
            f"Final-Recipient: rfc822; {LOST}\nOriginal-Message-ID: {OURS}\nDisposition:"
            " manual-action/MDN-sent-manually; displayed\n",
        ),
    )
    found = find(receipt, "Read")
    assert found is not None
    assert (found.kind, found.action, found.recipients, found.original_message_id) == (
        "disposition-notification",
        "displayed",
        (LOST,),
        OURS,
    )
    complaint = _multipart(
        "feedback-report",
        ("text/plain", "Abuse"),
        ("message/feedback-report", f"Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <{LOST}>\n"),
        ("message/rfc822", f"Message-ID: {OURS}\n\nHei"),
    )
    found = find(complaint, "Abuse")
    assert found is not None
    assert (found.kind, found.action, found.recipients, found.original_message_id) == (
        "feedback-report",
        "abuse",
        (LOST,),
        OURS,
    )


@settings(max_examples=200)
@given(
    st.sampled_from(["MAILER-DAEMON@mx.example", "Kari <kari@epost.example>", "postmaster@mx.example", "", "@@<<>"]),
    st.lists(
        st.one_of(
            st.sampled_from([*STATUS.split("\n"), *PROSE["qmail"][2].split("\n"), "--b", "--b--"]), st.text(max_size=40)
        ),
        max_size=25,
    ),
)
def test_no_mail_makes_reading_a_report_raise(sender: str, lines: list[str]) -> None:
    """Whatever the parts hold; and every recipient that is told stands in the mail."""
    text = "\n".join(lines)
    kind = "multipart/report; report-type=delivery-status; boundary=b"
    raw = f"From: {sender}\nSubject: failure notice\nContent-Type: {kind}\n\n{text}"
    found = find(email.message_from_string(raw), text)
    assert found is None or all(address in raw.lower() for address in found.recipients)

"""What a delivery report says became of a mail, of whom, and who is not meant by it (law R22, R23)."""

from datetime import UTC, datetime

import pytest

from maild.cli.read import as_dict
from maild.core.values.mail import Envelope, Mail, Report
from maild.mail.options import ReadOptions
from maild.mail.read import read

LOST = "mari@borte.example"
ALIAS = "drift@havn.example"


def received(text: str, *, sender: str | None = "", author: str = "relay.example", subject: str = "Status") -> Mail:
    """Read a plain mail that came by SMTP with an envelope sender."""
    raw = f"From: {author}\nTo: Drift <{ALIAS}>\nSubject: {subject}\nMessage-ID: <r@relay.example>\n\n{text}"
    return delivered(raw, sender=sender)


def delivered(raw: str, *, sender: str | None = "") -> Mail:
    """Read a mail that came by SMTP with an envelope sender."""
    when = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
    envelope = Envelope(source="smtp", received=when, sender=sender, recipients=(ALIAS,))
    return read(raw.encode(), envelope, ReadOptions())


FIELDS = f"Reporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; {LOST}\nAction: failed\nStatus: 5.1.1\n"


@pytest.mark.parametrize("author", ["relay.example", "Postkontoret <kontor@relay.example>", "<>", ""])
@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            "Undelivered Mail Returned to Sender",
            f"This mail could not be delivered to:\n{LOST}\n\n550 5.1.1 no such user",
        ),
        ("Levering", f"Sendinga di kom ikke fram.\n\n{FIELDS}"),
        ("Retour", f"Ezin izan da bidali.\n\n{FIELDS}"),
    ],
)
def test_the_null_sender_of_the_envelope_makes_prose_a_report(author: str, subject: str, text: str) -> None:
    """No field of the mail need say it, and no known name (law R22)."""
    found = received(text, author=author, subject=subject).report
    assert found is not None
    assert found.recipients == (LOST,)
    assert found.permanent


@pytest.mark.parametrize("sender", [None, "mari@gard.example"])
def test_the_same_words_by_a_person_are_no_report(sender: str | None) -> None:
    """Somebody passes on or asks about what could not be delivered."""
    text = f"Hei, denne kom i retur: could not be delivered to {LOST}, unknown user. Hva gjør jeg?"
    assert received(text, sender=sender, author="Mari <mari@gard.example>", subject="Undelivered Mail").report is None


def test_an_absence_with_the_null_sender_is_no_report() -> None:
    """Whatever it says of delivery."""
    text = "Jeg er borte til mandag. Mail to my old address is not delivered any more."
    assert received(text, author="Mari <mari@gard.example>", subject="Automatisk svar: Status").report is None


@pytest.mark.parametrize(
    ("text", "victims"),
    [
        (
            f"YOUR MESSAGE WAS NOT DELIVERED!\n\nThe following addresses did not receive a copy of your message:\n\n"
            f"> {LOST}\n\n RCPT To:<{LOST}>\n 552 quota\n\nContent-Type: message/rfc822\n\nFrom: Drift <{ALIAS}>\n"
            "To: per@annet.example\nSubject: Svar\n",
            (LOST,),
        ),
        (
            f"Delivery failed for {LOST}: user unknown\n\nFrom: Drift <{ALIAS}>\nTo: per@annet.example\n"
            "Subject: Svar\n\nHei",
            (LOST,),
        ),
        (
            "Your mail could not be delivered because the server refuses mail from svar@havn.example:\n\tmari",
            (),
        ),
        (
            "Mail could not be delivered: 550 sender <noen@annet.example> rejected by policy",
            (),
        ),
        (f"We could not be delivered mail from {ALIAS} to the user\n\n{LOST}\n\n550 unknown user", (LOST,)),
    ],
)
def test_only_whom_a_report_was_about_is_its_victim(text: str, victims: tuple[str, ...]) -> None:
    """Not who sent, and not who else the copy of the mail was for (law R23)."""
    author = "Mail Delivery Subsystem <MAILER-DAEMON@relay.example>"
    found = received(text, author=author, subject="Mail Delivery Problem").report
    assert found is not None
    assert found.recipients == victims


def fields(action: str, status: str, recipient: str = LOST) -> str:
    """Return one recipient's group of fields."""
    return f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"


def multipart(*groups: str) -> Mail:
    """Read an RFC 3464 report."""
    inner = "\n".join(groups)
    raw = (
        f"From: MAILER-DAEMON@relay.example\nTo: {ALIAS}\nSubject: Mail Delivery Status Report\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        "See below.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n"
        f"{inner}\n--b--\n"
    )
    return delivered(raw)


@pytest.mark.parametrize(
    ("action", "status", "lost", "arrived"),
    [
        ("failed", "5.1.1", True, False),
        ("failed", "4.4.7", True, False),
        ("failed (given up)", "4.0.0", True, False),
        ("FAILED", "4.2.2", True, False),
        ("delayed", "4.4.1", False, False),
        ("delayed", "5.0.0", False, False),
        ("delivered", "2.0.0", False, True),
        ("relayed", "2.1.5", False, True),
        ("expanded", "2.1.5", False, True),
        ("deliverable", "2.1.5", False, True),
        ("", "2.1.5", False, True),
        ("", "5.1.1", True, False),
        ("", "4.4.1", False, False),
    ],
)
def test_the_action_says_what_became_of_a_mail(action: str, status: str, lost: bool, arrived: bool) -> None:
    """A mail that was given up is lost with any status, and a report of success tells of no failure (law R22)."""
    mail = multipart(fields(action, status))
    assert mail.report is not None
    assert (mail.report.permanent, mail.report.delivered) == (lost, arrived)
    assert as_dict(mail)["bounce"] is not arrived


def test_of_several_recipients_those_are_told_that_failed() -> None:
    """Not those that the mail reached, and not those that still wait."""
    groups = (
        fields("delivered", "2.0.0", "en@x.example"),
        fields("delayed", "4.4.1", "to@x.example"),
        fields("failed", "4.4.7"),
    )
    found = multipart(*groups).report
    assert found is not None
    assert (found.recipients, found.action, found.permanent) == ((LOST,), "failed", True)


def test_a_report_that_calls_its_own_recipient_the_lost_one_names_the_returned_mails() -> None:
    """Some programs write their own addressee into the field (law R23)."""
    inner = f"--b\nContent-Type: message/rfc822\n\nFrom: {ALIAS}\nTo: {LOST}\nSubject: Svar\n\nHei\n"
    raw = (
        f"From: MAILER-DAEMON@relay.example\nTo: {ALIAS}\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        f"Rejected.\n--b\nContent-Type: message/delivery-status\n\n{fields('failed', '5.7.1', ALIAS)}\n{inner}--b--\n"
    )
    found = delivered(raw).report
    assert found is not None
    assert found.recipients == (LOST,)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        (f"<{LOST}>: host said 451 try later. Delivery attempts will continue to be made.", "delayed"),
        (f"This is a warning message only. Mail to {LOST} has not yet been delivered, will keep trying.", "delayed"),
        (f"Mail to {LOST} could not be delivered for 5 days, giving up. Last error 451 4.4.1 timed out", "failed"),
    ],
)
def test_prose_says_whether_a_mail_is_lost(text: str, action: str) -> None:
    """Though its code is a temporary one in each of them."""
    found = received(text, author="MAILER-DAEMON@relay.example", subject="Delivery Status").report
    assert found is not None
    assert (found.action, found.permanent) == (action, action == "failed")


@pytest.mark.parametrize(
    "text",
    [
        f"Intended recipient: {LOST}\n\nThe mail came back, for something went wrong while it was handled.\n\n"
        f"--- THE MAIL ---\nFrom: {ALIAS}\nTo: {LOST}\n",
        f"Denne ble stoppet underveis.\n\nMottaker\n{LOST}\n",
        f"Noget gik galt.\n\n> Date: Tue, 12 May 2026\nFrom: {ALIAS}\nTo: {LOST}\nSubject: Port\n\nHei",
    ],
)
def test_the_daemon_itself_reports_in_whatever_words(text: str) -> None:
    """No person is called MAILER-DAEMON."""
    mail = received(
        text, sender="x@relay.example", author="MAILER-DAEMON@relay.example", subject="Feil under behandling"
    )
    assert isinstance(mail.report, Report)
    assert LOST in mail.report.recipients


def test_a_postmaster_who_answers_with_a_quoted_header_is_a_person() -> None:
    """Only the daemon's own name is nobody's."""
    text = f"Hei, det ordner vi i dag.\n\nFra: Drift <{ALIAS}>\nTil: postmaster\nEmne: Kvote\n\nKan dere øke kvoten?"
    mail = received(text, sender="postmaster@relay.example", author="postmaster@relay.example", subject="SV: Kvote")
    assert mail.report is None

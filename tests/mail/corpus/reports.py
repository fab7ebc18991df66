"""What machines send: delivery reports, absences, receipts, feedback, list mail and calendar answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from corpus.words import LANGUAGES, MONTHS

LOST = "kari.moen@borte.example"
OURS = "<2026.1042.k7q2@fjordvik.example>"

UNDELIVERED = {
    "no": ("Kunne ikke leveres: {subject}", "Meldingen kunne ikke leveres til disse mottakerne eller gruppene:"),
    "nn": ("Ikkje levert: {subject}", "Meldinga vart ikkje levert til desse mottakarane:"),
    "sv": ("Kan inte levereras: {subject}", "Meddelandet kunde inte levereras till följande mottagare:"),
    "da": ("Kan ikke leveres: {subject}", "Meddelelsen blev ikke leveret til disse modtagere eller grupper:"),
    "fi": ("Ei voi toimittaa: {subject}", "Viestiä ei voitu toimittaa näille vastaanottajille tai ryhmille:"),
    "is": ("Ekki hægt að afhenda: {subject}", "Ekki tókst að afhenda skilaboðin. Var ekki afhent þessum viðtakendum:"),
    "de": ("Unzustellbar: {subject}", "Ihre Nachricht konnte nicht zugestellt werden an diese Empfänger oder Gruppen:"),
    "en": ("Undeliverable: {subject}", "Delivery has failed to these recipients or groups:"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A mail from a machine, raw, and what a reader must find."""

    raw: str
    robot: str
    recipients: tuple[str, ...] = ()
    status: str = ""
    original: str = ""
    back: date | None = None
    own: tuple[str, ...] = field(default=())


def _mail(headers: dict[str, str], body: str) -> str:
    return "".join(f"{name}: {value}\n" for name, value in headers.items()) + "\n" + body


def _multipart(headers: dict[str, str], kind: str, parts: list[tuple[str, str]]) -> str:
    body = "".join(f"--b1\nContent-Type: {type_}\n\n{text}\n" for type_, text in parts) + "--b1--\n"
    return _mail(
        {**headers, "MIME-Version": "1.0", "Content-Type": f'multipart/report; report-type={kind}; boundary="b1"'}, body
    )


def _base(sender: str, subject: str) -> dict[str, str]:
    return {
        "Return-Path": "<>",
        "From": sender,
        "To": "it@fjordvik.example",
        "Subject": subject,
        "Date": "Tue, 24 Nov 2026 10:15:00 +0100",
        "Message-ID": "<report.1@mx.borte.example>",
    }


_ORIGINAL = (
    f"From: it@fjordvik.example\nTo: {LOST}\nSubject: [FK#1042] Skriver\nMessage-ID: {OURS}\n"
    "Date: Tue, 24 Nov 2026 10:14:00 +0100\n\nHei, saken er mottatt.\n"
)


def _status(action: str, status: str, code: str) -> str:
    return (
        "Reporting-MTA: dns; mx.borte.example\nArrival-Date: Tue, 24 Nov 2026 10:14:30 +0100\n\n"
        f"Final-Recipient: rfc822; {LOST}\nOriginal-Recipient: rfc822;{LOST}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {code}\n"
    )


def postfix(_language: str) -> Report:
    """Postfix: bounce with returned message."""
    text = (
        "This is the mail system at host mx.borte.example.\n\nI'm sorry to have to inform you that your message could"
        f" not\nbe delivered to one or more recipients. It's attached below.\n\n<{LOST}>: host mx.borte.example"
        " said:\n"
        f"    550 5.1.1 <{LOST}>: Recipient address rejected: User unknown (in reply to\n    RCPT TO command)\n"
    )
    headers = {
        **_base("MAILER-DAEMON@mx.borte.example (Mail Delivery System)", "Undelivered Mail Returned to Sender"),
        "Auto-Submitted": "auto-replied",
    }
    raw = _multipart(
        headers,
        "delivery-status",
        [
            ("text/plain; charset=us-ascii", text),
            ("message/delivery-status", _status("failed", "5.1.1", "550 5.1.1 User unknown")),
            ("message/rfc822", _ORIGINAL),
        ],
    )
    return Report(raw=raw, robot="bounce", recipients=(LOST,), status="5.1.1", original=OURS)


def exchange(language: str) -> Report:
    """Exchange Online: prose in the reader's language, status part, headers returned."""
    subject, prose = UNDELIVERED[language]
    text = f"{prose}\n\n{LOST}\n\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n"
    raw = _multipart(
        _base("postmaster@fjordvik.example", subject.format(subject="[FK#1042] Skriver")),
        "delivery-status",
        [
            ("text/plain; charset=utf-8", text),
            ("message/delivery-status", _status("failed", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound")),
            ("message/rfc822", _ORIGINAL),
        ],
    )
    return Report(raw=raw, robot="bounce", recipients=(LOST,), status="5.1.10", original=OURS)


def exchange_prose(language: str) -> Report:
    """Exchange of old: only prose, the address on a line of its own."""
    subject, prose = UNDELIVERED[language]
    body = f"{prose}\n\n      {LOST}\n\n550 5.1.1 User unknown\n"
    headers = {
        **_base("System Administrator <postmaster@borte.example>", subject.format(subject="[FK#1042] Skriver")),
        "Content-Type": "text/plain; charset=utf-8",
        "MIME-Version": "1.0",
    }
    return Report(raw=_mail(headers, body), robot="bounce", recipients=(LOST,), status="5.1.1")


def gmail(_language: str) -> Report:
    """Gmail: failed recipients in a header, prose, status part."""
    headers = {
        **_base("Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)"),
        "X-Failed-Recipients": LOST,
        "Auto-Submitted": "auto-replied",
        "In-Reply-To": OURS,
        "References": OURS,
    }
    text = (
        f"\n** Address not found **\n\nYour message wasn't delivered to {LOST} because the address couldn't be found.\n"
    )
    raw = _multipart(
        headers,
        "delivery-status",
        [
            ("text/plain; charset=utf-8", text),
            ("message/delivery-status", _status("failed", "5.1.1", "550 5.1.1 no such user")),
            ("message/rfc822", _ORIGINAL),
        ],
    )
    return Report(raw=raw, robot="bounce", recipients=(LOST,), status="5.1.1", original=OURS)


def sendmail_delayed(_language: str) -> Report:
    """sendmail: a warning that a mail is late."""
    headers = {
        **_base(
            "Mail Delivery Subsystem <MAILER-DAEMON@mx.fjordvik.example>",
            "Warning: could not send message for past 4 hours",
        ),
        "Auto-Submitted": "auto-generated (warning-timeout)",
    }
    text = (
        "    *** THIS IS A WARNING MESSAGE ONLY ***\n\n"
        f"   ----- The following addresses had transient non-fatal errors -----\n<{LOST}>\n"
    )
    raw = _multipart(
        headers,
        "delivery-status",
        [
            ("text/plain", text),
            ("message/delivery-status", _status("delayed", "4.4.1", "421 4.4.1 Connection timed out")),
            ("text/rfc822-headers", _ORIGINAL.partition("\n\n")[0] + "\n"),
        ],
    )
    return Report(raw=raw, robot="bounce", recipients=(LOST,), status="4.4.1", original=OURS)


def exim(_language: str) -> Report:
    """Exim of old: prose and a header."""
    headers = {
        **_base(
            "Mail Delivery System <Mailer-Daemon@mx.borte.example>", "Mail delivery failed: returning message to sender"
        ),
        "X-Failed-Recipients": LOST,
        "Auto-Submitted": "auto-replied",
    }
    body = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be"
        " delivered to one or more of its\nrecipients. This is a permanent error. The following address(es)"
        f" failed:\n\n  {LOST}\n"
        f"    SMTP error from remote mail server after RCPT TO:<{LOST}>:\n    550 5.2.2 Mailbox full\n\n"
        f"------ This is a copy of the message, including all the headers. ------\n\n{_ORIGINAL}"
    )
    return Report(raw=_mail(headers, body), robot="bounce", recipients=(LOST,), status="5.2.2", original=OURS)


def qmail(_language: str) -> Report:
    """qmail: prose alone."""
    body = (
        "Hi. This is the qmail-send program at mx.borte.example.\nI'm afraid I wasn't able to deliver your message to"
        " the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{LOST}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the"
        " message.\n\n"
        f"Return-Path: <it@fjordvik.example>\n{_ORIGINAL}"
    )
    return Report(
        raw=_mail(_base("MAILER-DAEMON@mx.borte.example", "failure notice"), body),
        robot="bounce",
        recipients=(LOST,),
        status="5.1.1",
        original=OURS,
    )


def away(language: str) -> Report:
    """Exchange's out-of-office answer with a day of return."""
    words = LANGUAGES[language]
    month = MONTHS[language].split()[11]
    until = f"{month} 7" if language == "en" else f"7{'' if language == 'sv' else '.'} {month}"
    headers = {
        "Return-Path": "<>",
        "From": "Hamza Yusuf <hamza@nordlys.example>",
        "To": "it@fjordvik.example",
        "Subject": f"{words.absent_subject}: [FK#1042] Skriver",
        "Date": "Tue, 24 Nov 2026 10:15:00 +0100",
        "Message-ID": "<oof.1@nordlys.example>",
        "In-Reply-To": OURS,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    }
    text = words.absent.format(until=until)
    return Report(raw=_mail(headers, text + "\n"), robot="auto-reply", back=date(2026, 12, 7), own=(text,))


def receipt(_language: str) -> Report:
    """A read receipt (RFC 8098)."""
    fields = (
        f"Reporting-UA: Outlook\nFinal-Recipient: rfc822; {LOST}\nOriginal-Message-ID: {OURS}\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n"
    )
    raw = _multipart(
        _base(f"Kari Moen <{LOST}>", "Read: [FK#1042] Skriver"),
        "disposition-notification",
        [("text/plain", "Your message was read.\n"), ("message/disposition-notification", fields)],
    )
    return Report(raw=raw, robot="receipt", recipients=(LOST,), original=OURS)


def complaint(_language: str) -> Report:
    """A feedback report (RFC 5965)."""
    fields = f"Feedback-Type: abuse\nUser-Agent: FBL/1.0\nVersion: 1\nOriginal-Rcpt-To: <{LOST}>\n"
    raw = _multipart(
        _base("feedback@fbl.borte.example", "FW: [FK#1042] Skriver"),
        "feedback-report",
        [
            ("text/plain", "This is an email abuse report.\n"),
            ("message/feedback-report", fields),
            ("message/rfc822", _ORIGINAL),
        ],
    )
    return Report(raw=raw, robot="feedback", recipients=(LOST,), original=OURS)


ONCE = (postfix, gmail, sendmail_delayed, exim, qmail, receipt, complaint)
PER_LANGUAGE = (exchange, exchange_prose, away)

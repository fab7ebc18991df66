"""Who wrote a mail, a person or which robot (law A3); when an absence ends; mails of nothing but thanks."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.robots.back import return_date
from maild.core.robots.robots import robot, robot_address
from maild.core.robots.thanks import is_thanks
from maild.core.values.mail import Authentication, Calendar, Envelope, Identity, Mail, Report

TODAY = date(2026, 12, 1)


def mail(
    *headers: tuple[str, str],
    subject: str = "Sak",
    text: str = "Hei",
    sender: str | None = "kari@epost.example",
    author: str = "kari@epost.example",
    report: Report | None = None,
    calendar: Calendar | None = None,
) -> Mail:
    """Return a mail with these marks."""
    received = datetime(2026, 12, 1, 8, tzinfo=UTC)
    return Mail(
        envelope=Envelope(source="smtp", received=received, sender=sender, recipients=("it@fjordvik.example",)),
        sha256="0" * 64,
        content_hash="0" * 64,
        size=1,
        identity=Identity(address=author, shown=author),
        authentication=Authentication(verdict="none"),
        headers=headers,
        subject=subject,
        own_text=text,
        text=text,
        report=report,
        calendar=calendar,
    )


VERDICTS = (
    (mail(), "human"),
    (mail(("auto-submitted", "no")), "human"),
    (mail(("precedence", "first-class")), "human"),
    (mail(("x-auto-response-suppress", "All")), "human"),
    (mail(("auto-submitted", "auto-replied")), "auto-reply"),
    (mail(("auto-submitted", "auto-replied (vacation)")), "auto-reply"),
    (mail(("auto-submitted", "auto-generated")), "automatic"),
    (mail(("auto-submitted", "auto-notified; owner-email=a@b.example")), "automatic"),
    (mail(("x-autoreply", "yes")), "auto-reply"),
    (mail(("x-fc-machinegenerated", "true")), "auto-reply"),
    (mail(("delivered-to", "autoresponder")), "auto-reply"),
    (mail(("precedence", "auto_reply")), "auto-reply"),
    (mail(("precedence", "bulk")), "list"),
    (mail(("list-id", "<brukere.epost.example>")), "list"),
    (mail(("mailing-list", "x")), "list"),
    (mail(("x-loop", "brukere@epost.example"), ("list-id", "<brukere.epost.example>")), "list"),
    (mail(("x-loop", "kari@epost.example")), "auto-reply"),
    (mail(sender=""), "automatic"),
    (mail(sender="", text="Jeg er ikke på kontoret."), "auto-reply"),
    (mail(author="no-reply@epost.example"), "automatic"),
    (mail(author="ikke-svar@epost.example"), "automatic"),
    (mail(author="svar-ikke@epost.example"), "automatic"),
    (mail(author="svara-inte@epost.example"), "automatic"),
    (mail(author="info.do_not_reply@epost.example"), "automatic"),
    (mail(author="postmaster@epost.example"), "human"),
    (mail(report=Report(kind="delivery-status", status="5.1.1")), "bounce"),
    (mail(report=Report(kind="disposition-notification")), "receipt"),
    (mail(report=Report(kind="feedback-report")), "feedback"),
    (mail(("auto-submitted", "auto-replied"), calendar=Calendar(method="REPLY", uid="1")), "calendar"),
    (mail(calendar=Calendar(method="REQUEST", uid="1")), "human"),
)


@pytest.mark.parametrize(("given_mail", "kind"), VERDICTS)
def test_a_mark_tells_the_robot(given_mail: Mail, kind: str) -> None:
    """The first mark with evidence decides, and the verdict says which."""
    verdict = robot(given_mail)
    assert verdict.kind == kind
    assert (verdict.reason is None) is (verdict.said is None) is (kind == "human")


SUBJECTS = (
    "Automatisk svar: Sak",
    "Autosvar: Sak",
    "Automatiskt svar: Ärende",
    "Automaattinen vastaus: Asia",
    "Sjálfvirkt svar: Mál",
    "Automatic reply: Case",
    "Auto: Auto-Reply",
    "Auto reply: Case",
    "Out of Office: Case",
    "Out of the office: Case",
    "Automatische Antwort: Fall",
    "Abwesenheitsnotiz: Fall",
    "Réponse automatique : Cas",
    "Respuesta automática: Caso",
    "Resposta automática: Caso",
    "Risposta automatica: Caso",
    "Automatisch antwoord: Zaak",
    "Automatyczna odpowiedź: Sprawa",
    "Automatická odpověď: Případ",
    "Автоответ: Дело",
    "自動応答: 件",
    "自动答复: 事",
    "Otomatik yanıt: Konu",
)


@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if not subject.startswith("Auto: ")])
def test_the_subject_of_an_automatic_answer_is_known(subject: str) -> None:
    """In over fourteen languages (law A15)."""
    assert robot(mail(subject=subject)).kind == "auto-reply"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Fravær", "Jeg er syk i dag."),
        ("Fraværsmelding: Ola 3B", "Ola er syk i dag. Hilsen Kari"),
        ("Semester vecka 28", "Jag har semester vecka 28, vem täcker?"),
        ("Ikke på kontoret i morgen", "Hei, jeg er ikke på kontoret i morgen, kan noen vanne plantene?"),
        ("Out of office next week", "I am out of the office from Monday. How do I set up an automatic reply?"),
        ("Automatisk svar virker ikke", "Hei, automatisk svar i Outlook virker ikke."),
        ("Urlaub im Juli", "Ich bin im Urlaub vom 1. bis 15. Juli. Bitte eintragen."),
        ("Autosvar", "Hva er autosvar?"),
    ],
)
def test_a_person_who_writes_about_absence_is_a_person(subject: str, text: str) -> None:
    """A person's mail is never called automatic for its words."""
    assert robot(mail(subject=subject, text=text)).kind == "human"


def test_an_address_nobody_reads_gets_no_ack_whoever_writes() -> None:
    """Row 5 is wider than the verdict: a person may write as postmaster, but gets no automatic mail."""
    assert robot_address(mail(author="postmaster@epost.example")) is not None
    assert robot_address(mail(author="anne.svarstad@epost.example")) is None
    assert robot_address(mail(author="noreply-list@epost.example")) is not None


RETURNS = (
    ("Automatisk svar: borte til 7.12", date(2026, 12, 7)),
    ("Jeg er tilbake mandag 7. desember.", date(2026, 12, 7)),
    ("Eg er attende 7. desember 2026.", date(2026, 12, 7)),
    ("Jeg er på ferie fra 24.11 til og med 6.12.2026.", date(2026, 12, 7)),
    ("Jag är tillbaka den 7 december", date(2026, 12, 7)),
    ("Semester t.o.m. 6 december", date(2026, 12, 7)),
    ("Jeg holder ferie og er tilbage den 7. december", date(2026, 12, 7)),
    ("Olen lomalla, palaan töihin 7.12.", date(2026, 12, 7)),
    ("Ég er ekki við, kem til baka 7. desember", date(2026, 12, 7)),
    ("I am out of the office until Monday, December 7, 2026.", date(2026, 12, 7)),
    ("I am away, returning to the office on December 7th.", date(2026, 12, 7)),
    ("Out from 1 December through 6 December 2026", date(2026, 12, 7)),
    ("Ich bin ab dem 7. Dezember wieder im Büro.", date(2026, 12, 7)),
    ("Back on 2027-01-04", date(2027, 1, 4)),
    ("Jeg er tilbake 4. januar", date(2027, 1, 4)),
    ("Jeg er tilbake på mandag.", date(2026, 12, 7)),
    ("I will be back on 3/4/2027", None),
    ("Jeg er ute, ring 555 01 234.", None),
    ("Ferie i uke 28", None),
    ("", None),
)


@pytest.mark.parametrize(("text", "back"), RETURNS)
def test_an_absence_says_when_it_ends(text: str, back: date | None) -> None:
    """The first day back, and nothing when the text does not say it in one way only."""
    assert return_date(text, TODAY) == back


def test_the_verdict_on_an_absence_carries_the_day() -> None:
    """Of demo mail M15 the subject says it."""
    verdict = robot(mail(("auto-submitted", "auto-replied"), subject="Automatisk svar: borte til 7.12", text=""))
    assert (verdict.kind, verdict.back) == ("auto-reply", date(2026, 12, 7))


THANKS = (
    "Tusen takk!",
    "Tusen takk for rask hjelp!",
    "Løst, takk!",
    "Supert, takk! 👍",
    "Takk, hilsen Per",
    "Hei Camilla, tusen takk for hjelpen! Mvh Kari Moen",
    "Takk, no er det i orden",
    "Mange takk, no verkar det!",
    "Tack, nu funkar det",
    "Tack så mycket för hjälpen! Hälsningar Anders",
    "Mange tak for hjælpen, det virker nu :)",
    "Kiitos avusta, nyt toimii!",
    "Kiitos!",
    "Takk fyrir hjálpina",
    "Thanks, solved",
    "Thank you so much, it works now!",
    "Great, thanks for your quick help. Best regards, Priya",
    "Vielen Dank, hat funktioniert. Viele Grüße Hans",
    "Danke!",
)
NOT_THANKS = (
    "",
    "ok",
    "JA",
    "Takk, men det virker ikke ennå",
    "Takk! Kan dere også sende faktura?",
    "Takk, se vedlegg",
    "Takk. Skriveren på rom 204 er også ødelagt",
    "Thanks, please close the printer case",
    "Thanks but still broken",
    "Tack, när kommer ni?",
    "Danke, aber es geht nicht",
    "Kiitos, mutta ei toimi vielä",
    "Nei takk",
    "Hei",
    "Takk for sist, jeg ringer i morgen",
    "Tusen takk! " * 40,
)


@pytest.mark.parametrize("text", THANKS)
def test_a_mail_of_thanks_is_known(text: str) -> None:
    """It files without reopening a case (law T11)."""
    assert is_thanks(text)


@pytest.mark.parametrize("text", NOT_THANKS)
def test_a_mail_that_says_more_than_thanks_is_to_be_read(text: str) -> None:
    """A question, a "but", a number or anything else to act on."""
    assert not is_thanks(text)


_MARK = st.sampled_from(
    [
        ("auto-submitted", "auto-replied"),
        ("auto-submitted", "auto-generated"),
        ("x-autoreply", "1"),
        ("list-id", "<a.b>"),
        ("precedence", "bulk"),
        ("precedence", "auto_reply"),
        ("x-loop", "a"),
        ("delivered-to", "autoresponder"),
    ]
)
_HEADER = st.one_of(
    _MARK,
    st.sampled_from([("auto-submitted", "no"), ("precedence", "first-class"), ("x-mailer", "a")]),
    st.tuples(st.sampled_from(["auto-submitted", "precedence", "x-other"]), st.text(max_size=20)),
)


@settings(max_examples=300)
@given(st.lists(_HEADER, max_size=6), _MARK, st.text(max_size=40), st.sampled_from([None, "", "a@b.example"]))
def test_another_mark_never_makes_a_robot_a_person(
    headers: list[tuple[str, str]], mark: tuple[str, str], subject: str, sender: str | None
) -> None:
    """The verdict is total and monotone (law A3): one more mark, wherever it stands, keeps a robot a robot."""
    before = robot(mail(*headers, subject=subject, sender=sender))
    if all(name != mark[0] for name, _ in headers):
        assert robot(mail(*headers, mark, subject=subject, sender=sender)).kind != "human"
    assert before.kind == "human" or robot(mail(*headers, mark, subject=subject, sender=sender)).kind != "human"


@settings(max_examples=300)
@given(st.text(max_size=200))
def test_no_text_makes_the_readers_of_words_raise(text: str) -> None:
    """They are total."""
    return_date(text, TODAY)
    is_thanks(text)

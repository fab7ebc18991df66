"""What a mail passes on (law R18): found in the clients' formats, told only when certain."""

import email
from datetime import UTC, datetime, timedelta, timezone

import pytest

from maild.mail.mime.text import Shown
from maild.mail.words.dates import read_date
from maild.mail.words.forward import find
from maild.mail.words.reply import split

CONTENT = "Vi er trukket for november to ganger."
CET = timezone(timedelta(hours=1))

SEPARATORS = (
    "---------- Forwarded message ---------",
    "-------- Videresendt melding --------",
    "-------- Vidaresend melding --------",
    "-------- Vidarebefordrat meddelande --------",
    "-------- Videresendt meddelelse --------",
    "-------- Välitetty viesti / Fwd.Msg --------",
    "-------- Framsend skilaboð --------",
    "-------- Weitergeleitete Nachricht --------",
    "-------- Message transféré --------",
    "-------- Mensaje reenviado --------",
    "-------- Messaggio Inoltrato --------",
    "-------- Mensagem encaminhada --------",
    "-------- Doorgestuurd bericht --------",
    "-------- Treść przekazanej wiadomości --------",
    "-------- Přeposlaná zpráva --------",
    "-------- Preposlaná správa --------",
    "-------- Пересылаемое сообщение --------",
    "-------- Переслане повідомлення --------",
    "-------- Továbbított üzenet --------",
    "-------- Mesaj redirecționat --------",
    "-------- İletilen İleti --------",
    "-------- Proslijeđena poruka --------",
    "-------- 转发的邮件 --------",
    "-------- 전달된 메시지 --------",
    "Begin forwarded message:",
    "Start på videresendt besked:",
    "Vidarebefordrat mejl:",
    "Anfang der weitergeleiteten Nachricht:",
    "Début du message transféré :",
    "Inicio del mensaje reenviado:",
    "Inizio messaggio inoltrato:",
    "Begin doorgestuurd bericht:",
    "Začátek přeposílané zprávy:",
    "Välitetty viesti alkaa:",
)
BLOCK = (
    "From: Ola Berg <Ola.Berg@nordlys.example>\nDate: Tue, 3 Mar 2026 10:15:00 +0100\nSubject: Faktura\n"
    "To: kari@fjordvik.example"
)


@pytest.mark.parametrize("line", SEPARATORS)
@pytest.mark.parametrize("quoted", [False, True], ids=["bare", "quoted"])
def test_a_separator_announces_a_forward(line: str, quoted: bool) -> None:
    """In over twenty languages, whatever the subject; the content is kept as the mail's own words."""
    text = f"{line}\n{BLOCK}\n\n{CONTENT}"
    shown = Shown("\n".join(f"> {row}" for row in text.split("\n")) if quoted else f"Se under.\n\n{text}")
    found = find(shown, "Faktura", None)
    assert found is not None
    assert (found.how, found.address, found.name, found.subject) == (
        "inline",
        "ola.berg@nordlys.example",
        "Ola Berg",
        "Faktura",
    )
    assert found.date == datetime(2026, 3, 3, 10, 15, tzinfo=CET)
    assert CONTENT in split(shown, "Faktura").own_text


OUTLOOK = (
    ("VS: Faktura", "Fra: Ola Berg <ola@nordlys.example>\nSendt: tirsdag 3. mars 2026 10:15\nTil: Kari\nEmne: Faktura"),
    ("VB: Faktura", "Från: Ola Berg <ola@nordlys.example>\nSkickat: den 3 mars 2026 10:15\nTill: Kari\nÄmne: Faktura"),
    (
        "VL: Faktura",
        "Lähettäjä: Ola Berg <ola@nordlys.example>\nLähetetty: tiistai 3. maaliskuuta 2026 10.15\n"
        "Vastaanottaja: Kari\nAihe: Faktura",
    ),
    (
        "FS: Faktura",
        "Frá: Ola Berg <ola@nordlys.example>\nSent: þriðjudagur 3. mars 2026 10:15\nTil: Kari\nEfni: Faktura",
    ),
    (
        "WG: Faktura",
        "Von: Ola Berg <ola@nordlys.example>\nGesendet: Dienstag, 3. März 2026 10:15\nAn: Kari\nBetreff: Faktura",
    ),
    (
        "FW: Faktura",
        "From: Ola Berg <ola@nordlys.example>\nSent: Tuesday, March 3, 2026 10:15 AM\nTo: Kari\nSubject: Faktura",
    ),
    ("TR: Faktura", "De : Ola Berg <ola@nordlys.example>\nEnvoyé : mardi 3 mars 2026 10:15\nÀ : Kari\nObjet : Faktura"),
    (
        "RV: Faktura",
        "De: Ola Berg [mailto:ola@nordlys.example]\nEnviado el: martes, 3 de marzo de 2026 10:15\nPara: Kari\n"
        "Asunto: Faktura",
    ),
    (
        "PD: Faktura",
        "Od: Ola Berg <ola@nordlys.example>\nWysłano: wtorek, 3 marca 2026 10:15\nDo: Kari\nTemat: Faktura",
    ),
)


@pytest.mark.parametrize(("subject", "block"), OUTLOOK, ids=[subject[:2] for subject, _ in OUTLOOK])
def test_outlooks_block_is_a_forward_when_the_subject_says_so(subject: str, block: str) -> None:
    """The same block below ``SV:`` is an answer; the date has no zone, so it is told without one."""
    shown = Shown(f"Kan du ta denne?\n\n{block}\n\n{CONTENT}")
    found = find(shown, subject, None)
    assert found is not None
    assert (found.address, found.name, found.subject) == ("ola@nordlys.example", "Ola Berg", "Faktura")
    assert found.date == datetime(2026, 3, 3, 10, 15)  # noqa: DTZ001
    assert find(shown, "SV: Faktura", None) is None
    assert CONTENT in split(shown, subject).own_text
    assert split(shown, "SV: Faktura").own_text == "Kan du ta denne?"


def test_vs_is_an_answer_in_finnish() -> None:
    """``VS:`` is a forward in Norwegian and Danish, and "vastaus" above a Finnish block."""
    shown = Shown(f"Kiitos.\n\n{OUTLOOK[2][1]}\n\n{CONTENT}")
    assert find(shown, "VS: Faktura", None) is None
    assert split(shown, "VS: Faktura").own_text == "Kiitos."


def test_a_block_run_together_in_one_line_is_read() -> None:
    """Yahoo's text part has no line breaks in its header."""
    line = '   ----- Forwarded Message ----- From: Ola Berg <ola@nordlys.example>To: "k@x.example" <k@x.example>'
    found = find(
        Shown(f"{line}Sent: Tuesday, March 3, 2026, 10:15:00 AM GMT+1Subject: Faktura\n{CONTENT}"), "Fw: F", None
    )
    assert found is not None
    assert (found.address, found.name, found.subject) == ("ola@nordlys.example", "Ola Berg", "Faktura")
    assert found.date == datetime(2026, 3, 3, 10, 15, tzinfo=CET)


@pytest.mark.parametrize(
    "head",
    [
        'On 28/10/2021 12:46, "Ola Berg" <ola@nordlys.example> wrote:',
        'Den 28.10.2021 12:46 skrev "Ola Berg" <ola@nordlys.example>:',
        "Le 28/10/2021 12:46, « Ola Berg » <ola@nordlys.example> a écrit :",
    ],
)
def test_an_attribution_below_a_forward_subject_names_the_sender(head: str) -> None:
    """Outlook for Mac forwards with the line of an answer."""
    found = find(Shown(f"{head}\n\n    {CONTENT}"), "Fwd: Faktura", None)
    assert found is not None
    assert (found.address, found.name) == ("ola@nordlys.example", "Ola Berg")
    assert found.date == datetime(2021, 10, 28, 12, 46)  # noqa: DTZ001


def test_what_a_quoted_history_passed_on_is_not_passed_on_here() -> None:
    """An answer to a forward quotes the forward; it is no forward."""
    text = f"Takk!\n\n3. mars 2026 kl. 10:15 skrev Ola <ola@nordlys.example>:\n> {SEPARATORS[0]}\n> {CONTENT}"
    assert find(Shown(text), "SV: VS: Faktura", None) is None


def test_an_attached_mail_is_passed_on_when_little_else_is_said() -> None:
    """Sender, date, subject and Message-ID come from the attached mail's own headers."""
    attached = email.message_from_string(
        "From: =?utf-8?q?K=C3=A5re_Berg?= <kaare@nordlys.example>\nDate: Tue, 3 Mar 2026 09:15:00 +0000\n"
        "Subject: =?utf-8?q?Feil_p=C3=A5_faktura?=\nMessage-ID: <a1@nordlys.example>\n\nHei"
    )
    found = find(Shown("Se vedlegg."), "Faktura", attached)
    assert found is not None
    assert (found.how, found.address, found.name) == ("attached", "kaare@nordlys.example", "Kåre Berg")
    assert (found.subject, found.message_id) == ("Feil på faktura", "<a1@nordlys.example>")
    assert found.date == datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
    assert find(Shown("ord " * 60), "Faktura", attached) is None
    assert find(Shown("ord " * 60), "VS: Faktura", attached) is not None


DATES = (
    ("Tue, 3 Mar 2026 10:15:00 +0100", datetime(2026, 3, 3, 10, 15, tzinfo=CET)),
    ("ti 3. maalisk. 2026 klo 10.15", datetime(2026, 3, 3, 10, 15)),  # noqa: DTZ001
    ("26. Oktober 2021 um 14:25:08 MEZ", datetime(2021, 10, 26, 14, 25, 8, tzinfo=CET)),
    ("Wed, Oct 27, 2021 at 9:31 PM", datetime(2021, 10, 27, 21, 31)),  # noqa: DTZ001
    ("2026年3月3日 10:15", datetime(2026, 3, 3, 10, 15)),  # noqa: DTZ001
    ("28/10/2021 12:46", datetime(2021, 10, 28, 12, 46)),  # noqa: DTZ001
    ("02/10/2023 4:52 PM", None),
    ("31. februar 2026 10:15", None),
    ("i går", None),
    ("", None),
)


@pytest.mark.parametrize(("text", "date"), DATES)
def test_a_date_is_told_only_when_it_can_be_read_one_way(text: str, date: datetime | None) -> None:
    """The second of October and the tenth of February look the same to some."""
    assert read_date(text) == date

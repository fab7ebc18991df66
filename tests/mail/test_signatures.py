"""What stands below a writer's words: folded on evidence that prose does not have (MAIL §1)."""

import pytest

from maild.mail.reply import Split, split
from maild.mail.text import Shown

OWN = "Ordrenummeret er 4711."


def answer(text: str) -> Split:
    """Split the text of a mail that answers another."""
    return split(Shown(text), "SV: Sak", answers=True)


DEVICE_LINES = (
    "Sendt fra min iPhone",
    "Sendt fra Outlook for iOS",
    "Sendt fra E-post for Windows 10",
    "Sendt fra min Samsung Galaxy-smarttelefon.",
    "Sendt fra Yahoo Mail på Android",
    "Sendt fra jobbmobil",
    "Sendt frå min Galaxy",
    "Skickat från min Samsung-enhet",
    "Skickat från mobilen",
    "Skickat från Yahoo Mail för iPhone",
    "Hämta Outlook för iOS",
    "Sendt fra Mail til Windows 10",
    "Få Outlook til iOS<https://aka.ms/o0ukef>",
    "Lähetetty Samsung Galaxy -älypuhelimesta",
    "Lähetetty Windows 10:n Sähköpostista",
    "Lähetetty laitteesta Outlook for iOS",
    "Hanki Outlook iOS:lle",
    "Sent úr Galaxy símanum mínum",
    "Sent frá Outlook fyrir iOS",
    "Gesendet mit der GMX Mail App",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Outlook für Android beziehen",
    "Outlook for iOS<https://aka.ms/o0ukef>",
    "Sent from my T-Mobile 4G LTE Device",
    "Sent from my Wiko RIDGE FAB 4G",
    "Sent with Spark<https://sparkmail.example>",
    "Sent with [ProtonMail](https://proton.example) Secure Email.",
    "Envoyé à partir de Outlook pour iOS",
    "Enviado desde Correo para Windows 10",
    "Verstuurd vanaf mijn iPad",
    "Pobierz aplikację Outlook dla systemu iOS",
    "iPhone'umdan gönderildi",
    "Küldve az iPhone-omról",
    "從我的 iPhone 傳送",
)


@pytest.mark.parametrize("line", DEVICE_LINES)
def test_a_line_of_nothing_but_a_device_is_folded(line: str) -> None:
    """Whatever telephone or program added it: a beginning, names, models, and the small words between them."""
    assert answer(f"{OWN}\n\n{line}\n").own_text == OWN


SAID = (
    "Outlook for iPhone virker ikke",
    "Outlook for iPhone",
    "Outlook für Mac startet nicht",
    "Hent Outlook for meg",
    "Hae Outlook uudestaan",
    "Lähetä uusi puhelin",
    "Lähetetty uusi iPhone",
    "Mit der App geht es nicht",
    "Von meinem iPhone kommt nichts an",
    "iPhone gesendet",
    "Sendt med post i går",
    "Sendt via e-post",
    "Sendt fra Samsung",
    "Sendt fra mobil 99887766",
    "Sendt fra min iPhone virker ikke",
    "Skickat med post igår",
    "Skickades från mobilen men kom aldrig fram",
    "Sent by post yesterday",
    "Sent from my Samsung washing machine",
    "Sent með pósti í gær",
    "Envoyé par la poste",
)


@pytest.mark.parametrize("line", SAID)
@pytest.mark.parametrize("text", ["{}", "Hei\n\n{}\n\nHva gjør jeg?"], ids=["alone", "among others"])
def test_a_sentence_that_begins_as_a_device_line_is_kept(line: str, text: str) -> None:
    """One word that no device line has makes it the writer's."""
    own = text.format(line)
    assert answer(own).own_text == own


@pytest.mark.parametrize(
    "own",
    [
        "Bildet ble tatt i går og\nsendt fra min iPhone\nsom vanlig.",
        "Filen ble visst\nsendt fra mobilen",
        "Sent from my iPhone\nbut never received by you.",
        "Gjør slik:\nHent Outlook for Android\nLogg inn",
        "Slik gjorde jeg:\nSendt via Outlook\nVentet en time",
    ],
)
def test_a_sentence_that_goes_on_around_a_device_line_is_kept_whole(own: str) -> None:
    """A line of wrapped prose, or of a list, may hold the same words."""
    assert answer(own).own_text == own

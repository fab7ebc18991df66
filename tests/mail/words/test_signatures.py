"""What stands below a writer's words: folded on evidence that prose does not have (law R14)."""

import pytest

from maild.mail.mime.text import Shown
from maild.mail.words.reply import Split, split

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
    "Sendt via Outlook",
    "Skickat med iPhone",
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


ABOUT = (
    "Konfidensielt: denne e-posten jeg fikk fra advokaten er feil sendt til meg. Jeg er ikke rett mottaker, og"
    " innholdet er taushetsbelagt. Skal jeg slette den, eller skal jeg gi beskjed til avsender? Hva gjør jeg?",
    "Denne e-posten er fortrolig og kom til oss ved en feil. Vi er ikke rette mottaker. Den er slettet her.",
    "Denne meldinga er fortruleg, og eg er ikkje rette mottakaren. Ho kom ved ein feil, så eg har sletta ho.",
    "Meddelandet är konfidentiellt och avsett endast för mottagaren. Jag har fått det av misstag; ska jag meddela"
    " avsändaren och radera det?",
    "Vi har fået en fortrolig mail ved en fejl. Denne mail er beregnet til en anden modtager. Vi har slettet den.",
    "Tämä viesti on luottamuksellinen ja tarkoitettu muulle vastaanottajalle. Sain sen vahingossa. Poistanko sen?",
    "Þessi tölvupóstur er trúnaðarmál og ætlaður öðrum viðtakanda. Ég fékk hann fyrir mistök. Á ég að eyða honum?",
    "Diese E-Mail ist vertraulich und für einen anderen Empfänger bestimmt. Ich habe sie irrtümlich erhalten und"
    " werde sie löschen.",
    "This e-mail is confidential and I am not the intended recipient. It came to me by mistake. Please delete it.",
    "Hvorfor står det «ekstern avsender» på alt fra skolen?",
    "Jeg har kontrollert for virus på maskinen, men den er like treg.",
)


@pytest.mark.parametrize("own", ABOUT)
def test_what_somebody_says_about_a_disclaimer_is_kept(own: str) -> None:
    """A disclaimer neither asks nor says "I"; who got a confidential mail by mistake uses all its words."""
    text = f"Hei\n\n{own}\n\nHilsen Kari"
    assert answer(text).own_text == text


@pytest.mark.parametrize(
    "below",
    [
        "I tilfelle du ikke er rette mottaker av denne e-posten: den er konfidensiell. Varsle avsender og slett den, se"
        " https://fjordvik.example/personvern?side=1",
        "This message is confidential. If you are not the intended recipient, please return it to us and destroy it.",
        "Må du skrive ut denne e-posten? Tenk på miljøet før du skriver ut.",
    ],
)
def test_a_disclaimer_that_speaks_to_its_reader_is_folded(below: str) -> None:
    """Also with a question mark in a link, or when it asks not to print."""
    assert answer(f"{OWN}\n\n{below}\n").own_text == OWN


LEFT = (
    "-- \nJeg får det fortsatt ikke til",
    "-- \nvirker nå",
    "_______________________________________________\nbrukere mailing list\nbrukere@lists.epost.example",
    "Denne e-posten og eventuelle vedlegg er konfidensiell og kun ment for rette mottaker. Har du mottatt den ved en"
    " feil, ber vi deg varsle avsender og slette den. Takk.",
)
QUOTE = "Den 03.03.2026 10:15, skrev Kari Nordmann:\n> Virker det nå?\n"


@pytest.mark.parametrize("own", LEFT)
@pytest.mark.parametrize("text", ["{}", f"{{}}\n\n{QUOTE}", f"{QUOTE}\n{{}}"], ids=["alone", "above", "below"])
def test_a_mail_of_nothing_else_keeps_what_may_be_said(own: str, text: str) -> None:
    """Somebody wrote below the delimiter, or the disclaimer is all that came: an empty text helps nobody."""
    assert answer(text.format(own)).own_text == own.replace("-- ", "--")


@pytest.mark.parametrize("card", ["-- \nKari Moen\nFjordvik kommune\nTlf. 555 01 234", "Sendt fra min iPhone", "-- \n"])
def test_a_card_or_a_device_line_alone_is_no_answer(card: str) -> None:
    """An empty answer stays empty: nothing of it may be sent on."""
    assert answer(f"{card}\n\n{QUOTE}").own_text == ""


CARDS = (
    "Kari Moen\nFjordvik kommune",
    "Kari Moen, Rådgiver IT",
    "*Kari Moen | Rådgiver, IT-drift*",
    "Jørn Støylen -- http://fjordvik.example\n555 01 234 -- jorn@fjordvik.example",
    "Anna von Essen\nAvdelning Drift\nTel. 08-555 01 23",
    "Mvh\nKari",
    "Med vänlig hälsning\nKarin Ek\nwww.sjovik.example",
    "Matti Virtanen\nPuh. 050 555 0123",
    "IT-avdelingen\nFjordvik kommune\nTlf. 555 01 234",
    "John Doe\nSenior Developer\n\nSent from my iPhone",
)


@pytest.mark.parametrize("card", CARDS)
def test_a_card_below_two_hyphens_is_folded(card: str) -> None:
    """Many programs eat the space after them: a name shows what follows."""
    assert answer(f"{OWN}\n\n--\n{card}\n").own_text == OWN


TELEPHONES = (
    "Tlf. 555 01 234\nkari@fjordvik.example",
    "555 01 234\nkari@fjordvik.example",
    "+47 555 01 234\nwww.fjordvik.example",
    "Tlf 555 01 234\nMob 999 01 234",
    "Rådgiver\nTel. 08-555-1234 | www.fjordvik.example\nkari@fjordvik.example",
)


@pytest.mark.parametrize("card", TELEPHONES)
def test_a_telephone_number_below_the_name_is_a_signature_where_it_looks_like_one(card: str) -> None:
    """Two lines that say how to reach the writer, one of them beyond doubt, are folded; closing and name stay."""
    assert answer(f"{OWN}\n\nMvh\nKari Moen\n{card}\n").own_text == f"{OWN}\n\nMvh\nKari Moen"


NUMBERS = (
    "555 01 234",
    "Tlf. 555 01 234",
    "20261201-4711\n20261201-4712",
    "12345678\n87654321",
    "2026-12-01 09:00\n2026-12-02 10:00",
    "2026-12-01 09:00\nkari@fjordvik.example",
    "01.12.2026 kl. 9\n2.12.2026 kl. 10",
    "Ordre 12345678\nkari@fjordvik.example",
    "Ring meg på 555 01 234\nkari@fjordvik.example",
    "Tlf. 555 01 234\nkari@fjordvik.example\nKan dere ringe?",
    "PS Tlf. er 555 01 234 fra nå av, ikke det gamle.\nkari@fjordvik.example",
)


@pytest.mark.parametrize("below", NUMBERS)
def test_a_number_below_the_name_that_may_be_said_is_kept(below: str) -> None:
    """One number alone, orders, dates, sentences and questions below "Mvh" and a name are the writer's words."""
    text = f"{OWN}\n\nMvh\nKari Moen\n{below}"
    assert answer(text).own_text == text


DRAWN = (
    "--\nPunkt 1 fikses mandag\nPunkt 2 fikses tirsdag\nRing meg om det",
    "--\nPunkt 1 fikses mandag\nPunkt 2 fikses tirsdag",
    "--\n\nDet er to ting jeg lurer på\n\nNår kommer dere",
    "--\nHej Karin\nFungerar nu",
    "--\nTakk Kari, virker nå",
    "--\nServer nede\nhttps://intranett.example/1\nNår kommer dere",
    "--\nSoita minulle huomenna\n050 555 0123",
    "--\nPrentarinn er bilaður\nHvenær komið þið",
    "--\nDer Drucker geht nicht\nWann kommt jemand",
    "=====\nping 10.0.0.1\n=====\n\nFortsatt ingenting. Se https://lists.example.no/unsubscribe for listen.",
    "====================\nping 10.0.0.1\nhttps://lists.example.no/unsubscribe",
    "____________\nHvordan melder jeg meg av denne postlisten\nJeg har prøvd å trykke på unsubscribe lenken men det"
    " skjer ikke noe",
    "------------------------------\nJag vill avsluta postlistan\nkari@sjovik.example",
    "Vi har to postlister\nhttps://lists.example.no/info\nhttps://lists.example.no/drift",
    "----\nVi er med i en postliste\nhttps://lists.example.no/info\nDen er gammel",
)


@pytest.mark.parametrize("below", DRAWN)
def test_words_below_a_drawn_line_are_kept(below: str) -> None:
    """People draw lines between two points, and they write about mailing lists."""
    text = f"Hei\n\n{below}"
    assert answer(text).own_text == text


@pytest.mark.parametrize(
    "footer",
    [
        "__\nbrukere mailing list\nbrukere@lists.epost.example\nhttp://lists.epost.example/listinfo/brukere",
        "____________________\nMeld deg av: https://lists.epost.example/unsubscribe",
        "------------------------------\nPostlista: brukere\n<mailto:brukere-request@epost.example>",
    ],
)
def test_a_lists_footer_is_folded(footer: str) -> None:
    """A line of nothing but a link or an address stands in it; below a short rule two."""
    assert answer(f"{OWN}\n\n{footer}\n").own_text == OWN

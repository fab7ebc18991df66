"""What people and mail clients say in the eight languages of our corpus."""

from __future__ import annotations

from dataclasses import dataclass

MONTHS = {
    "no": "januar februar mars april mai juni juli august september oktober november desember",
    "nn": "januar februar mars april mai juni juli august september oktober november desember",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta"
    " marraskuuta joulukuuta",
    "is": "janúar febrúar mars apríl maí júní júlí ágúst september október nóvember desember",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "en": "January February March April May June July August September October November December",
}
DAYS = {
    "no": "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "nn": "måndag tysdag onsdag torsdag fredag laurdag sundag",
    "sv": "måndag tisdag onsdag torsdag fredag lördag söndag",
    "da": "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "fi": "maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntaina",
    "is": "mánudagur þriðjudagur miðvikudagur fimmtudagur föstudagur laugardagur sunnudagur",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language: its client's labels and the sentences of our letters."""

    labels: tuple[str, str, str, str, str]
    """From, Sent, To, Cc, Subject of Outlook."""
    date_label: str
    answer: str
    """Reply prefix of Outlook."""
    forward: str
    original: str
    forwarded: str
    begin: str
    """Apple Mail's line above a forwarded mail."""
    gmail: str
    """{day} {date} {time} {name} {address}."""
    apple: str
    thunderbird: str
    roundcube: str
    notes: str
    phone: str
    android: str
    outlook_app: str
    absent: str
    """{until}: an absence, back on that day."""
    absent_subject: str
    own: tuple[str, ...]
    history: tuple[str, ...]
    question: str
    inline: tuple[str, str]
    closing: str
    thanks: str


LANGUAGES: dict[str, Words] = {
    "no": Words(
        labels=("Fra", "Sendt", "Til", "Kopi", "Emne"),
        date_label="Dato",
        answer="SV",
        forward="VS",
        original="Opprinnelig melding",
        forwarded="Videresendt melding",
        begin="Videresendt melding:",
        gmail="{day}. {date} kl. {time} skrev {name} <{address}>:",
        apple="{date} kl. {time} skrev {name} <{address}>:",
        thunderbird="Den {short} {time}, skrev {name}:",
        roundcube="{name} skrev den {iso} {time}:",
        notes="skrev",
        phone="Sendt fra min iPhone",
        android="Sendt fra min Galaxy",
        outlook_app="Hent Outlook for iOS<https://aka.ms/o0ukef>",
        absent="Hei, jeg er ikke på kontoret. Jeg er tilbake {until}.",
        absent_subject="Automatisk svar",
        own=("Hei, det gjelder skriveren på rom B-214.", "Den har stått stille siden i går ettermiddag."),
        history=("Takk for meldingen.", "Hvilken skriver gjelder det, og siden når?"),
        question="Hva gjelder det?",
        inline=("Det gjelder skriveren ved kopirommet.", "Siden tirsdag morgen."),
        closing="Med vennlig hilsen",
        thanks="Tusen takk, nå virker det!",
    ),
    "nn": Words(
        labels=("Frå", "Sendt", "Til", "Kopi", "Emne"),
        date_label="Dato",
        answer="SV",
        forward="VS",
        original="Opphavleg melding",
        forwarded="Vidaresend melding",
        begin="Vidaresend melding:",
        gmail="{day}. {date} kl. {time} skreiv {name} <{address}>:",
        apple="{date} kl. {time} skreiv {name} <{address}>:",
        thunderbird="Den {short} {time}, skreiv {name}:",
        roundcube="{name} skreiv den {iso} {time}:",
        notes="skreiv",
        phone="Sendt frå min iPhone",
        android="Sendt frå min Galaxy",
        outlook_app="Skaff Outlook for iOS<https://aka.ms/o0ukef>",
        absent="Hei, eg er ikkje på kontoret. Eg er attende {until}.",
        absent_subject="Automatisk svar",
        own=("Hei, det gjeld lysrøyret på kontoret mitt.", "Det blinkar heile dagen, rom A-118."),
        history=("Takk for meldinga.", "Kva gjeld det, og kvar er det?"),
        question="Kva gjeld det?",
        inline=("Det gjeld lyset i taket.", "Det er i rådhuset."),
        closing="Venleg helsing",
        thanks="Tusen takk, no er det i orden!",
    ),
    "sv": Words(
        labels=("Från", "Skickat", "Till", "Kopia", "Ämne"),
        date_label="Datum",
        answer="SV",
        forward="VB",
        original="Ursprungligt meddelande",
        forwarded="Vidarebefordrat meddelande",
        begin="Vidarebefordrat brev:",
        gmail="Den {day} {date} kl {time} skrev {name} <{address}>:",
        apple="{date} kl. {time} skrev {name} <{address}>:",
        thunderbird="Den {iso} kl. {time}, skrev {name}:",
        roundcube="Den {iso} {time} skrev {name}:",
        notes="skrev",
        phone="Skickat från min iPhone",
        android="Skickat från min Galaxy",
        outlook_app="Skaffa Outlook för iOS<https://aka.ms/o0ukef>",
        absent="Hej! Jag är på semester och är tillbaka {until}.",
        absent_subject="Autosvar",
        own=("Hej, nätet ligger nere i hela B-huset.", "Vi har startat om två gånger utan resultat."),
        history=("Tack för ditt ärende.", "Vilket hus gäller det, och sedan när?"),
        question="Vad gäller det?",
        inline=("Det gäller nätet i B-huset.", "Sedan i måndags."),
        closing="Med vänlig hälsning",
        thanks="Tack så mycket, nu funkar det!",
    ),
    "da": Words(
        labels=("Fra", "Sendt", "Til", "Cc", "Emne"),
        date_label="Dato",
        answer="SV",
        forward="VS",
        original="Oprindelig meddelelse",
        forwarded="Videresendt meddelelse",
        begin="Start på videresendt besked:",
        gmail="Den {day}. {date} kl. {time} skrev {name} <{address}>:",
        apple="Den {date} kl. {time} skrev {name} <{address}>:",
        thunderbird="Den {short} kl. {time} skrev {name}:",
        roundcube="Den {iso} {time} skrev {name}:",
        notes="skrev",
        phone="Sendt fra min iPhone",
        android="Sendt fra min Galaxy",
        outlook_app="Få Outlook til iOS<https://aka.ms/o0ukef>",
        absent="Hej, jeg holder ferie. Jeg er tilbage {until}.",
        absent_subject="Automatisk svar",
        own=("Hej, fakturaen er trukket to gange i november.", "Jeg vedhæfter den igen, nummer 20261187."),
        history=("Tak for din henvendelse.", "Hvilken faktura drejer det sig om?"),
        question="Hvad drejer det sig om?",
        inline=("Det er faktura 20261187.", "Den kom i tirsdags."),
        closing="Venlig hilsen",
        thanks="Mange tak for hjælpen, nu virker det!",
    ),
    "fi": Words(
        labels=("Lähettäjä", "Lähetetty", "Vastaanottaja", "Kopio", "Aihe"),
        date_label="Päivämäärä",
        answer="VS",
        forward="VL",
        original="Alkuperäinen viesti",
        forwarded="Välitetty viesti",
        begin="Välitetty viesti alkaa:",
        gmail="{day} {date} klo {time} {name} ({address}) kirjoitti:",
        apple="{name} <{address}> kirjoitti {date} kello {time}:",
        thunderbird="{name} kirjoitti {short} klo {time}:",
        roundcube="{name} kirjoitti {iso} {time}:",
        notes="kirjoitti",
        phone="Lähetetty iPhonesta",
        android="Lähetetty Galaxy-laitteesta",
        outlook_app="Hanki Outlook for iOS<https://aka.ms/o0ukef>",
        absent="Hei, olen lomalla. Palaan töihin {until}.",
        absent_subject="Automaattinen vastaus",
        own=("Hei, tulostin ei toimi huoneessa B-214.", "Se pysähtyi eilen iltapäivällä."),
        history=("Kiitos viestistä.", "Mistä laitteesta on kyse ja mistä lähtien?"),
        question="Mistä on kyse?",
        inline=("Kyse on tulostimesta.", "Eilisestä lähtien."),
        closing="Ystävällisin terveisin",
        thanks="Kiitos avusta, nyt toimii!",
    ),
    "is": Words(
        labels=("Frá", "Sent", "Til", "Afrit", "Efni"),
        date_label="Dagsetning",
        answer="SV",
        forward="FS",
        original="Upprunaleg skilaboð",
        forwarded="Framsend skilaboð",
        begin="Framsend skilaboð:",
        gmail="Þann {day}, {date} kl. {time} skrifaði {name} <{address}>:",
        apple="{date} kl. {time} skrifaði {name} <{address}>:",
        thunderbird="Þann {short} {time}, skrifaði {name}:",
        roundcube="{name} skrifaði {iso} {time}:",
        notes="skrifaði",
        phone="Sent úr iPhone",
        android="Sent úr Galaxy símanum mínum",
        outlook_app="Sækja Outlook fyrir iOS<https://aka.ms/o0ukef>",
        absent="Hæ, ég er í fríi. Ég kem til baka {until}.",
        absent_subject="Sjálfvirkt svar",
        own=("Sæl, prentarinn í stofu B-214 er bilaður.", "Hann hefur ekki virkað síðan í gær."),
        history=("Takk fyrir skilaboðin.", "Hvaða prentari er það og síðan hvenær?"),
        question="Um hvað snýst málið?",
        inline=("Það er prentarinn á ganginum.", "Síðan á mánudag."),
        closing="Með kveðju",
        thanks="Takk fyrir hjálpina, þetta virkar núna!",
    ),
    "de": Words(
        labels=("Von", "Gesendet", "An", "Cc", "Betreff"),
        date_label="Datum",
        answer="AW",
        forward="WG",
        original="Ursprüngliche Nachricht",
        forwarded="Weitergeleitete Nachricht",
        begin="Anfang der weitergeleiteten Nachricht:",
        gmail="Am {day}, {date} um {time} Uhr schrieb {name} <{address}>:",
        apple="Am {date} um {time} schrieb {name} <{address}>:",
        thunderbird="Am {short} um {time} schrieb {name}:",
        roundcube="Am {iso} {time}, schrieb {name}:",
        notes="schrieb",
        phone="Von meinem iPhone gesendet",
        android="Von meinem Galaxy gesendet",
        outlook_app="Outlook für iOS herunterladen<https://aka.ms/o0ukef>",
        absent="Guten Tag, ich bin im Urlaub und ab dem {until} wieder erreichbar.",
        absent_subject="Automatische Antwort",
        own=("Guten Tag, der Drucker in Raum B-214 steht still.", "Wir haben ihn zweimal neu gestartet."),
        history=("Danke für Ihre Nachricht.", "Welcher Drucker ist es, und seit wann?"),
        question="Worum geht es?",
        inline=("Es geht um den Drucker im Flur.", "Seit gestern Nachmittag."),
        closing="Mit freundlichen Grüßen",
        thanks="Vielen Dank, jetzt funktioniert es!",
    ),
    "en": Words(
        labels=("From", "Sent", "To", "Cc", "Subject"),
        date_label="Date",
        answer="RE",
        forward="FW",
        original="Original Message",
        forwarded="Forwarded Message",
        begin="Begin forwarded message:",
        gmail="On {day}, {date} at {time}, {name} <{address}> wrote:",
        apple="On {date}, at {time}, {name} <{address}> wrote:",
        thunderbird="On {short} {time}, {name} wrote:",
        roundcube="On {iso} {time}, {name} wrote:",
        notes="wrote",
        phone="Sent from my iPhone",
        android="Sent from my Galaxy",
        outlook_app="Get Outlook for iOS<https://aka.ms/o0ukef>",
        absent="Hello, I am out of the office. I will be back on {until}.",
        absent_subject="Automatic reply",
        own=("Hi, the VPN keeps dropping every ten minutes.", "It started right after the update on Monday."),
        history=("Thank you for your message.", "Which device is it, and since when?"),
        question="What is it about?",
        inline=("It is the laptop I got in October.", "Since Monday morning."),
        closing="Kind regards",
        thanks="Thanks, solved!",
    ),
}

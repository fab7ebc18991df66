"""How some thirty mail clients write an answer to a letter of ours, in eight languages: above it, below it, between."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

IT = "IT-support <it@fjordvik.example>"
LETTERS = {
    "no": (
        "Hei Kari Moen!",
        "Takk for henvendelsen. For å komme videre trenger vi litt mer fra deg.",
        "Hva er ordrenummeret på bestillingen din?",
        "Hvilket rom står skriveren i, og hvem bruker den?",
        "Har du prøvd å slå den av og på igjen?",
        "Vi er på plass mellom klokken åtte og fire alle hverdager.",
        "Hilsen oss på IT-support i Fjordvik",
    ),
    "nn": (
        "Hei Kari Moen!",
        "Takk for at du skreiv til oss. For å kome vidare treng vi litt meir frå deg.",
        "Kva er ordrenummeret på bestillinga di?",
        "Kva rom står skrivaren i, og kven bruker han?",
        "Har du prøvd å slå han av og på igjen?",
        "Vi er på plass mellom klokka åtte og fire alle kvardagar.",
        "Helsing oss på IT-support i Fjordvik",
    ),
    "sv": (
        "Hej Kari Moen!",
        "Tack för att du hörde av dig. Vi behöver veta lite mer för att komma vidare.",
        "Vad är ordernumret på din beställning?",
        "I vilket rum står skrivaren, och vem använder den?",
        "Har du provat att stänga av den och sätta på den igen?",
        "Vi är på plats mellan åtta och fyra alla vardagar.",
        "Hälsningar från oss på IT-support i Fjordvik",
    ),
    "da": (
        "Hej Kari Moen!",
        "Tak for din henvendelse. For at komme videre har vi brug for lidt mere fra dig.",
        "Hvad er ordrenummeret på din bestilling?",
        "I hvilket lokale står printeren, og hvem bruger den?",
        "Har du prøvet at slukke og tænde for den igen?",
        "Vi er på plads mellem klokken otte og fire alle hverdage.",
        "Hilsen fra os i IT-support i Fjordvik",
    ),
    "fi": (
        "Hei Kari Moen!",
        "Kiitos yhteydenotosta. Tarvitsemme sinulta vielä vähän lisää tietoa.",
        "Mikä on tilauksesi tilausnumero tällä kertaa?",
        "Missä huoneessa tulostin on, ja kuka sitä käyttää?",
        "Oletko yrittänyt sammuttaa sen ja käynnistää uudelleen?",
        "Olemme paikalla kahdeksasta neljään joka arkipäivä.",
        "Terveisin me Fjordvikin IT-tuessa",
    ),
    "en": (
        "Dear Kari Moen,",
        "Thank you for writing to us. To go on we need a little more from you.",
        "What is the number of your order, please?",
        "In which room is the printer, and who uses it?",
        "Have you tried to turn it off and on again?",
        "We are here between eight and four on all working days.",
        "Kind regards from all of us at IT support",
    ),
    "is": (
        "Sæl Kari Moen!",
        "Takk fyrir að skrifa okkur. Við þurfum að vita aðeins meira frá þér.",
        "Hvert er pöntunarnúmerið á pöntuninni þinni?",
        "Í hvaða herbergi er prentarinn, og hver notar hann?",
        "Hefurðu prófað að slökkva og kveikja aftur á honum?",
        "Við erum við á milli átta og fjögur alla virka daga.",
        "Kveðja frá okkur öllum í IT-support",
    ),
    "de": (
        "Guten Tag Kari Moen,",
        "vielen Dank für Ihre Nachricht. Damit es weitergeht, brauchen wir noch etwas von Ihnen.",
        "Wie lautet die Nummer Ihrer Bestellung bitte?",
        "In welchem Raum steht der Drucker, und wer benutzt ihn?",
        "Haben Sie versucht, ihn aus- und wieder einzuschalten?",
        "Wir sind an allen Werktagen zwischen acht und vier Uhr da.",
        "Mit freundlichen Grüßen Ihr IT-Support in Fjordvik",
    ),
}
"""What an agent wrote, by language: a greeting, a sentence, three questions, and the end."""
ANSWERS = {
    "no": ("Nummeret er 4711.", "Den står i B-214, og alle på gangen bruker den.", "Ja, to ganger i går."),
    "nn": ("Nummeret er 4711.", "Han står i B-214, og alle på gangen bruker han.", "Ja, to gonger i går."),
    "sv": ("Numret är 4711.", "Den står i B-214, och alla i korridoren använder den.", "Ja, två gånger i går."),
    "da": ("Nummeret er 4711.", "Den står i B-214, og alle på gangen bruger den.", "Ja, to gange i går."),
    "fi": ("Numero on 4711.", "Se on huoneessa B-214, ja koko käytävä käyttää sitä.", "Kyllä, kaksi kertaa eilen."),
    "en": ("The number is 4711.", "It is in B-214, and all of the corridor use it.", "Yes, twice yesterday."),
    "is": ("Númerið er 4711.", "Hann er í B-214, og allir á ganginum nota hann.", "Já, tvisvar í gær."),
    "de": ("Die Nummer ist 4711.", "Er steht in B-214, und der ganze Flur benutzt ihn.", "Ja, gestern zweimal."),
}
"""What the customer writes to the three questions."""
ASKED = (2, 3, 4)
"""Where the questions are among a letter's lines."""

_LABELS = {
    "no": ("Fra", "Sendt", "Til", "Emne"),
    "nn": ("Frå", "Sendt", "Til", "Emne"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "en": ("From", "Sent", "To", "Subject"),
    "is": ("Frá", "Sent", "Til", "Efni"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
}
_DATES = {
    "no": "tirsdag 1. desember 2026 kl. 10:15",
    "nn": "tysdag 1. desember 2026 kl. 10:15",
    "sv": "den 1 december 2026 10:15",
    "da": "1. december 2026 10.15",
    "fi": "tiistai 1. joulukuuta 2026 10.15",
    "en": "Tuesday, December 1, 2026 10:15 AM",
    "is": "þriðjudagur, 1. desember 2026 10:15",
    "de": "Dienstag, 1. Dezember 2026 10:15",
}
_WROTE = {
    "no": "tir. 1. des. 2026 kl. 10:15 skrev {who}:",
    "nn": "tys. 1. des. 2026 kl. 10:15 skreiv {who}:",
    "sv": "Den tis 1 dec. 2026 kl 10:15 skrev {who}:",
    "da": "Den tirs. 1. dec. 2026 kl. 10.15 skrev {who}:",
    "fi": "ti 1. jouluk. 2026 klo 10.15 {who} kirjoitti:",
    "en": "On Tue, Dec 1, 2026 at 10:15 AM {who} wrote:",
    "is": "þri., 1. des. 2026 kl. 10:15 skrifaði {who}:",
    "de": "Am Di., 1. Dez. 2026 um 10:15 Uhr schrieb {who}:",
}
_ORIGINAL = {
    "no": "Opprinnelig melding",
    "nn": "Opphavleg melding",
    "sv": "Ursprungligt meddelande",
    "da": "Oprindelig meddelelse",
    "fi": "Alkuperäinen viesti",
    "en": "Original message",
    "is": "Upprunaleg skilaboð",
    "de": "Ursprüngliche Nachricht",
}
_PHONE = {
    "no": "Sendt fra min iPhone",
    "nn": "Sendt frå min iPhone",
    "sv": "Skickat från min iPhone",
    "da": "Sendt fra min iPhone",
    "fi": "Lähetetty iPhonesta",
    "en": "Sent from my iPhone",
    "is": "Sent úr iPhone-símanum mínum",
    "de": "Von meinem iPhone gesendet",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before a client has laid it out."""

    language: str
    letter: Sequence[str]
    answers: Sequence[str]

    @property
    def attribution(self) -> str:
        """The line above a quote."""
        return _WROTE[self.language].format(who=IT)

    @property
    def block(self) -> list[str]:
        """The fields above a quoted mail."""
        values = (IT, _DATES[self.language], "Kari Moen <kari.moen@kunde.example>", "SV: [FK#1042] Skriver")
        return [f"{name}: {value}" for name, value in zip(_LABELS[self.language], values, strict=True)]

    @property
    def quoted(self) -> list[str]:
        """The letter's lines, marked."""
        return [f"> {line}" for line in self.spaced]

    @property
    def spaced(self) -> list[str]:
        """The letter's lines with empty ones between paragraphs, as it was sent."""
        return [part for line in self.letter for part in (line, "")][:-1]

    def between(self, mark: Callable[[str], str]) -> list[str]:
        """The letter's lines, each marked, and each question with its answer below."""
        lines: list[str] = []
        answers = iter(self.answers)
        for at, line in enumerate(self.letter):
            lines += [mark(line)] + (["", next(answers), ""] if at in ASKED else [])
        return lines


Layout = Callable[[Reply], list[str]]


def _wrapped(reply: Reply, width: int) -> list[str]:
    return [f"> {piece}" for line in reply.letter for piece in textwrap.wrap(line, width)]


PLAIN: dict[str, Layout] = {
    "outlook": lambda r: [*r.answers, "", *r.block, "", *r.spaced],
    "outlook with a line above": lambda r: [*r.answers, "", "_" * 32, *r.block, "", *r.spaced],
    "outlook mobile": lambda r: [
        *r.answers,
        "",
        "Hent Outlook for iOS<https://aka.ms/o0ukef>",
        "_" * 32,
        *r.block,
        *r.spaced,
    ],
    "bold labels": lambda r: [*r.answers, "", *(f"*{line.replace(': ', ':* ', 1)}" for line in r.block), "", *r.spaced],
    "gmail": lambda r: [*r.answers, "", r.attribution, "", *r.quoted],
    "gmail, wrapped above": lambda r: [*r.answers, "", *textwrap.wrap(r.attribution, 50), "", *r.quoted],
    "gmail, below": lambda r: [r.attribution, "", *r.quoted, "", *r.answers],
    "gmail, between": lambda r: [r.attribution, "", *r.between("> {}".format)],
    "apple mail": lambda r: [*r.answers, "", r.attribution, *r.quoted],
    "iphone": lambda r: [*r.answers, "", _PHONE[r.language], "", r.attribution, "", *r.quoted],
    "thunderbird, below": lambda r: [r.attribution, *r.quoted, "", *r.answers],
    "thunderbird, between": lambda r: [r.attribution, *r.between("> {}".format)],
    "samsung": lambda r: [*r.answers, "", f"-------- {_ORIGINAL[r.language]} --------", *r.block, "", *r.spaced],
    "zimbra": lambda r: [*r.answers, "", f"----- {_ORIGINAL[r.language]} -----", *r.block, "", *r.quoted],
    "proton": lambda r: [*r.answers, "", f"------- {_ORIGINAL[r.language]} -------", r.attribution, "", *r.quoted],
    "groupwise": lambda r: [*r.answers, "", f">>> {IT} 01.12.2026 10:15 >>>", *r.spaced],
    "notes": lambda r: [*r.answers, "", f"-----{IT} wrote: -----", "", *r.spaced],
    "no marks": lambda r: [*r.answers, "", *r.spaced],
    "no marks, below": lambda r: [*r.spaced, "", *r.answers],
    "block first, answers below": lambda r: [*r.block, "", *r.spaced, "", *r.answers],
    "no marks, between": lambda r: r.between(str),
    "block, no marks, between": lambda r: [*r.block, "", *r.between(str)],
    "wrapped at 40": lambda r: [*r.answers, "", r.attribution, *_wrapped(r, 40)],
    "wrapped at 30, below": lambda r: [r.attribution, *_wrapped(r, 30), "", *r.answers],
    "one long line": lambda r: [*r.answers, "", r.attribution, f"> {' '.join(r.letter)}"],
    "bars": lambda r: [*r.answers, "", r.attribution, *(f"| {line}" for line in r.letter)],
    "two deep": lambda r: [*r.answers, "", r.attribution, *(f">> {line}" for line in r.letter)],
    "double spaced": lambda r: [
        *r.answers,
        "",
        r.attribution,
        *(p for line in r.letter for p in (f"> {line}", ">", ">")),
    ],
}
"""What clients write as plain text."""


def _div(lines: Sequence[str]) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in lines)


HTML: dict[str, Callable[[Reply], str]] = {
    "gmail, html": lambda r: (
        f"{_div(r.answers)}<br><div class=gmail_quote><div class=gmail_attr>{html.escape(r.attribution)}<br></div>"
        f"<blockquote class=gmail_quote>{_div(r.spaced)}</blockquote></div>"
    ),
    "outlook, html": lambda r: (
        f"{_div(r.answers)}<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p>"
        f"{'<br>'.join(map(html.escape, r.block))}</p></div>{_div(r.spaced)}"
    ),
    "apple mail, between": lambda r: (
        f"<div>{html.escape(r.attribution)}</div>"
        + "".join(
            f"<blockquote type=cite>{html.escape(line)}</blockquote>"
            + (f"<div>{html.escape(r.answers[ASKED.index(at)])}</div>" if at in ASKED else "")
            for at, line in enumerate(r.letter)
        )
    ),
    "outlook, between in blue": lambda r: (
        f"<p>{'<br>'.join(map(html.escape, r.block))}</p>"
        + "".join(
            f"<p>{html.escape(line)}</p>"
            + (
                f"<p><span style='color:blue'>{html.escape(r.answers[ASKED.index(at)])}</span></p>"
                if at in ASKED
                else ""
            )
            for at, line in enumerate(r.letter)
        )
    ),
    "a table": lambda r: (
        f"{_div(r.letter[:2])}<table>"
        + "".join(
            f"<tr><td>{html.escape(r.letter[at])}</td><td>{html.escape(answer)}</td></tr>"
            for at, answer in zip(ASKED, r.answers, strict=True)
        )
        + f"</table>{_div(r.letter[5:])}"
    ),
}
"""What clients write as HTML alone."""


def written(client: str, reply: Reply, *, to: str, answers: str) -> bytes:
    """Return the mail that a client makes of an answer."""
    key = "".join(filter(str.isalnum, client))
    head = (
        f"From: Kari Moen <kari.moen@kunde.example>\r\nTo: {to}\r\nSubject: SV: [FK#1042] Skriver\r\n"
        f"Date: Tue, 1 Dec 2026 11:00:00 +0100\r\nMessage-ID: <{key}.{reply.language}@kunde.example>\r\n"
        f"In-Reply-To: {answers}\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n"
    )
    if client in PLAIN:
        text, kind = "\r\n".join(PLAIN[client](reply)), "plain"
    else:
        text, kind = f"<html><body>{HTML[client](reply)}</body></html>", "html"
    return f"{head}Content-Type: text/{kind}; charset=utf-8\r\n\r\n{text}\r\n".encode()

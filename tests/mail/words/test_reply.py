"""The writer's own words (law R14): cut what others wrote, lose nothing of the writer's."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.letters.reply_marker import sentinel
from maild.mail.mime.text import Mark, Shown
from maild.mail.words.reply import Split, split

OWN = "Ordrenummeret er 4711."
HISTORY = ("Hei, hva er ordrenummeret?", "Vennlig hilsen Servicetorget")
QUOTED = "\n".join(f"> {line}" for line in HISTORY)
BARE = "\n".join(HISTORY)


def answer(text: str, subject: str = "SV: Sak", *marks: Mark) -> Split:
    """Split the text of a mail that answers another."""
    return split(Shown(text, marks), subject, answers=True)


ATTRIBUTIONS = (
    "tir. 3. mars 2026 kl. 10:15 skrev Kari Nordmann <kari@epost.example>:",
    "Den 03.03.2026 10:15, skreiv Kari Nordmann:",
    "Den tis 3 mars 2026 kl 10:15 skrev Kari Nordmann <kari@epost.example>:",
    "Den tirs. 3. mar. 2026 kl. 10.15 skrev Kari Nordmann <kari@epost.example>:",
    "ti 3. maalisk. 2026 klo 10.15 Kari Nordmann (kari@epost.example) kirjoitti:",
    "Þann þri., 3. mar. 2026 kl. 10:15 skrifaði Kari Nordmann <kari@epost.example>:",
    "Am 03.03.2026 um 10:15 schrieb Kari Nordmann:",
    "On Tue, Mar 3, 2026 at 10:15 AM Kari Nordmann <kari@epost.example> wrote:",
    "Le 03.03.2026 à 10:15, Kari Nordmann a écrit :",
    "El mar, 3 mar 2026 a las 10:15, Kari Nordmann (<kari@epost.example>) escribió:",
    "Il giorno mar 3 mar 2026 alle ore 10:15 Kari Nordmann <kari@epost.example> ha scritto:",
    "Em ter., 3 de mar. de 2026 às 10:15, Kari Nordmann <kari@epost.example> escreveu:",
    "Op di 3 mrt 2026 om 10:15 schreef Kari Nordmann <kari@epost.example>:",
    "wt., 3 mar 2026 o 10:15 Kari Nordmann <kari@epost.example> napisał(a):",
    "út 3. 3. 2026 v 10:15 odesílatel Kari Nordmann <kari@epost.example> napsal:",
    "вт, 3 мар. 2026 г. в 10:15, Kari Nordmann <kari@epost.example>:",
    "2026年3月3日(火) 10:15 Kari Nordmann <kari@epost.example>:",
    "Kari Nordmann <kari@epost.example> 于2026年3月3日周二 10:15写道：",
    "Kari Nordmann <kari@epost.example>, 3 Mar 2026 Sal, 10:15 tarihinde şunu yazdı:",
    "Kari Nordmann <kari@epost.example> ezt írta (időpont: 2026. márc. 3., K, 10:15):",
    "mar., 3 mar. 2026 la 10:15, Kari Nordmann <kari@epost.example> a scris:",
    '03.03.2026, 10:15, "Kari Nordmann" <kari@epost.example>:',
    "On 3 Mar 2026 Kari Nordmann wrote at 10:15:",
    "---- On Tue, 03 Mar 2026 10:15:00 +0100 Kari Nordmann <kari@epost.example> wrote ----",
    ">>> Kari Nordmann <kari@epost.example> 03.03.2026 10:15 >>>",
)


@pytest.mark.parametrize("head", ATTRIBUTIONS)
@pytest.mark.parametrize("history", [QUOTED, BARE], ids=["marked", "bare"])
def test_the_line_that_says_who_wrote_is_known(head: str, history: str) -> None:
    """In twenty languages, with quote marks below it or without."""
    found = answer(f"{OWN}\n\n{head}\n\n{history}\n")
    assert found.own_text == OWN
    assert all(line in "\n".join(fold.text for fold in found.folds) for line in HISTORY)


@pytest.mark.parametrize("head", [head for head in ATTRIBUTIONS if len(head) > 60 and not head.startswith((">", "-"))])
def test_a_wrapped_line_that_says_who_wrote_is_known(head: str) -> None:
    """Text clients wrap it anywhere between two words."""
    words = head.split()
    for cut in range(2, len(words) - 1):
        wrapped = f"{' '.join(words[:cut])}\n{' '.join(words[cut:])}"
        assert answer(f"{OWN}\n\n{wrapped}\n{QUOTED}\n").own_text == OWN, wrapped


@pytest.mark.parametrize(
    "told",
    [
        "Den 24.11.2026 kl 10:15 skrev IT til meg og sa:",
        "Den 24. november 2026 kl. 10.15 skreiv Ola at dette er i orden:",
        "Den 24 november 2026 kl 10:15 skrev Ola till oss:",
        "Þann 24.11.2026 kl. 10:15 skrifaði Ola mér:",
        "Am 24.11.2026 um 10:15 schrieb die IT uns:",
        "On 24 Nov 2026 at 10:15 Ola wrote to me and said:",
    ],
)
def test_a_sentence_that_tells_who_wrote_to_whom_begins_no_history(told: str) -> None:
    """Unless quote marks stand below it: no program says to whom, and none leaves the address out then."""
    text = f"{OWN}\n\n{told}\n\nDet er i orden, men jeg er uenig. Kan dere se på den?"
    assert answer(text).own_text == text
    assert answer(f"{OWN}\n\n{told}\n{QUOTED}").own_text == OWN


BLOCKS = (
    ("Fra", "Sendt", "Til", "Emne"),
    ("Frå", "Sendt", "Til", "Emne"),
    ("Från", "Skickat", "Till", "Ämne"),
    ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    ("Frá", "Sent", "Til", "Efni"),
    ("Von", "Gesendet", "An", "Betreff"),
    ("From", "Sent", "To", "Subject"),
    ("De", "Envoyé", "À", "Objet"),
    ("De", "Enviado el", "Para", "Asunto"),
    ("Da", "Inviato", "A", "Oggetto"),
    ("Van", "Verzonden", "Aan", "Onderwerp"),
    ("Od", "Wysłano", "Do", "Temat"),
    ("Od", "Odesláno", "Komu", "Předmět"),
    ("От", "Отправлено", "Кому", "Тема"),
    ("发件人", "发送时间", "收件人", "主题"),
    ("差出人", "送信日時", "宛先", "件名"),
    ("Kimden", "Gönderildi", "Kime", "Konu"),
    ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    ("De la", "Trimis", "Către", "Subiect"),
)


@pytest.mark.parametrize("labels", BLOCKS, ids=[labels[0] for labels in BLOCKS])
@pytest.mark.parametrize("form", ["plain", "bold", "spaced", "after a rule", "names only"])
def test_a_header_block_begins_the_history(labels: tuple[str, str, str, str], form: str) -> None:
    """Outlook's block in the clients' languages and layouts."""
    address = "" if form == "names only" else " <kari@epost.example>"
    rows = [
        f"{labels[0]}: Kari Nordmann{address}",
        f"{labels[1]}: 3. mars 2026 10:15",
        f"{labels[2]}: Servicetorget",
        f"{labels[3]}: Sak",
    ]
    if form == "bold":
        rows = [f"*{row.replace(':', ':*', 1)}" for row in rows]
    text = ("\n\n" if form == "spaced" else "\n").join(rows)
    rule = f"{'_' * 32}\n" if form == "after a rule" else ""
    assert answer(f"{OWN}\n\n{rule}{text}\n\n{BARE}\n", "RE: Sak").own_text == OWN


@pytest.mark.parametrize(
    "line",
    [
        "-----Original Message-----",
        "-----Opprinnelig melding-----",
        "-----Ursprungligt meddelande-----",
        "-------- Oprindelig besked --------",
        "----- Alkuperäinen viesti -----",
        "-----Ursprüngliche Nachricht-----",
        "-------- Message d'origine --------",
        "----- Mensaje original -----",
        "------------------ 原始邮件 ------------------",
    ],
)
def test_a_separator_begins_the_history(line: str) -> None:
    """Also when no header block stands below it."""
    assert answer(f"{OWN}\n\n{line}\n{BARE}\n").own_text == OWN


@pytest.mark.parametrize("language", ["no", "nn", "sv", "da", "en"])
@pytest.mark.parametrize("quoted", [False, True], ids=["bare", "quoted"])
def test_our_own_line_ends_the_answer(language: str, quoted: bool) -> None:
    """Whatever stands below our sentinel is ours."""
    history = "\n".join(f"{'> ' if quoted else ''}{line}" for line in (sentinel(language), "", *HISTORY))
    found = answer(f"{OWN}\n\n{history}\n")
    assert found.own_text == OWN
    assert {fold.kind for fold in found.folds} == ({"quote"} if quoted else {"footer"})


@pytest.mark.parametrize("labels", [("Til", "Kopi", "Emne"), ("To", "cc", "Subject"), ("An", "Kopie", "Betreff")])
def test_the_header_of_old_notes_begins_the_history(labels: tuple[str, str, str]) -> None:
    """Labels stand alone on their lines, without a colon."""
    head = f"Kari Moen/IT/FJORDVIK\n03.03.2026 10:15\n\n{labels[0]}\nOla Berg/HR/FJORDVIK@FJORDVIK\n{labels[1]}\n\n"
    assert answer(f"{OWN}\n\n\n\n{head}{labels[2]}\nRe: Sak\n\n{BARE}\n").own_text == OWN


KEPT = (
    "Jeg søker fri:\nFra: 1. desember\nTil: 31. desember\nTakk på forhånd",
    "Fra: Oslo\nTil: Bergen\nDato: 3. mars 2026",
    "Emne: sommerferie\nFra: mandag\nTil: fredag",
    "Tre ting:\n- skriveren\n- skjermen\n- tastaturet\nKan dere ta alt?",
    "Spørsmål:\n-- hvem har nøkkelen?\n-- når åpner dere?",
    "Hei\nHilsen\nKari\n\nPS: ring meg før klokka tolv.",
    "Punkt 1 er i orden.\n---\nPunkt 2 er ikke løst.",
    "Punkt 1 er i orden.\n--\nPunkt 2 er ikke løst, hva gjør vi med det?",
    "Som du skrev:\nVi må bestille to nye skjermer.",
    "Kari skrev i går at møtet er flyttet til 10:15 den 3.3.2026, stemmer det?",
    "On Monday I will be in the office.\nOn the other hand, Tuesday is fine too.",
    "Sendt fra kontoret i tredje etasje, ikke fra min iPhone.",
    "Sent from my desk, is much easier than my mobile phone.",
    "Dette er konfidensielt, og ble sendt til meg ved en feil. Slett det hos dere også.",
    "2026-03-03 10:15:12 ERROR: disk full\n2026-03-03 10:15:13 WARN: retry",
    "Adresse: Storgata 1\nTelefon: 555 01 234\nE-post: kari@epost.example\nKontakt meg på en av disse.",
    "Forwarded message\nbetyr at noen har videresendt noe, riktig?",
)


@pytest.mark.parametrize("own", KEPT)
@pytest.mark.parametrize(
    "below",
    ["", f"\n\n{ATTRIBUTIONS[0]}\n{QUOTED}", f"\n\n{ATTRIBUTIONS[0]}\n\n{BARE}"],
    ids=["alone", "marked", "bare"],
)
def test_no_word_of_the_writers_is_folded(own: str, below: str) -> None:
    """What looks like a header, a signature or a disclaimer but is prose stays."""
    assert answer(own + below).own_text == own


def test_quote_marks_in_a_mail_that_answers_nothing_are_pasted() -> None:
    """Somebody who writes a new mail pasted those lines, so they are theirs."""
    text = "Hei, loggen sier:\n> disk full\n> retry\nHva gjør jeg?"
    assert split(Shown(text), "Disk").own_text == text
    assert "disk full" not in split(Shown(text), "Re: Disk", answers=True).own_text.replace("> disk full", "")


def test_answers_between_quoted_lines_stay_with_the_line_they_answer() -> None:
    """An answer without its question says nothing (law R15)."""
    text = f"{ATTRIBUTIONS[0]}\n> Takk for det.\n> Hvilket rom?\nB-214\n> Siden når er det slik?\nI går\n> Hilsen IT"
    assert answer(text).own_text == "> Hvilket rom?\n\nB-214\n\n> Siden når er det slik?\n\nI går"
    assert "Siden når" in "".join(fold.text for fold in answer(text).folds)


@pytest.mark.parametrize(
    ("above", "own", "below"),
    [
        (
            "Når skjedde det, og hvilken maskin gjelder det, og hvem er det som",
            "i går kveld, pc-0142, bare meg",
            "opplever feilen?",
        ),
        (
            "Vilken skrivare är det, och vem mer har försökt att skriva ut på den",
            "den i källaren",
            "Hälsningar IT",
        ),
        ("Voitteko kertoa, missä huoneessa tulostin on ja kuka muu sitä käyttää,", "a-214, vain minä.", ""),
        ("Wann ist es passiert, welches Gerät ist es, und wer ausser Ihnen hat", "gestern, nur ich?", "das Problem?"),
    ],
)
def test_one_short_line_between_two_quoted_ones_is_an_answer(above: str, own: str, below: str) -> None:
    """Although it begins small, and the line above it is long and has no end."""
    text = f"{ATTRIBUTIONS[0]}\n> Hei\n> {above}\n{own}\n> {below}\n> Takk for hjelpen med dette"
    assert own in answer(text).own_text


@pytest.mark.parametrize(
    ("quoted", "ends"),
    [
        (
            "> Vi har sett på saken deres og trenger litt mer før vi kan gå videre med\ndette.\n>\n"
            "> Kan dere si hvilket rom det gjelder, og om det er flere enn dere som\nopplever det samme\n> i dag?",
            ("dette.", "opplever det samme"),
        ),
        (
            "> Hej\n> Kan ni säga vilket rum det gäller och om det är fler än ni som har samma\nfel på skrivaren?\n>",
            ("fel på skrivaren?",),
        ),
        (
            '> Hei\n> Feilmeldingen lyder: "Skriveren er ikke tilgjengelig akkurat nå, prøv\nigjen senere"\n>',
            ('igjen senere"',),
        ),
    ],
)
def test_the_ends_of_quoted_lines_that_a_program_wrapped_are_folded(quoted: str, ends: tuple[str, ...]) -> None:
    """Two below lines of one width, or one that ends the question or the quotation above it."""
    found = answer(f"{OWN}\n\n{ATTRIBUTIONS[0]}\n{quoted}\n> Hilsen IT")
    assert [end for end in ends if end in found.own_text] == []


def test_form_lines_filled_inside_the_quote_are_found() -> None:
    """Two of three blanks are filled, the third is no answer (law R16)."""
    text = (
        f"{ATTRIBUTIONS[0]}\n> Vi trenger litt mer:\n> Hva gjelder det (pc/skjerm/skriver): **skriver**\n"
        "> Rom/utstyr: B-214\n> Siden når: ____\n>> Rom/utstyr: gammelt svar\n"
    )
    found = answer(text)
    assert found.filled == (("Hva gjelder det (pc/skjerm/skriver)", "skriver"), ("Rom/utstyr", "B-214"))
    assert found.own_text == ""


def test_a_blank_answered_below_it_is_filled() -> None:
    """Some write the answer on the next line, outside the quote marks."""
    text = f"{ATTRIBUTIONS[0]}\n> Rom/utstyr: ____\nB-214\n> Siden når: ____\nI går\n"
    assert answer(text).filled == (("Rom/utstyr", "B-214"), ("Siden når", "I går"))


def test_a_form_filled_in_outlooks_history_is_found() -> None:
    """Outlook gives the history no quote marks; only the newest mail's lines count."""
    older = "Fra: Ola <ola@epost.example>\nSendt: 1. mars 2026 10:15\nTil: IT\nEmne: Sak\n\nRom/utstyr: gammelt"
    text = (
        "Fra: IT <it@fjordvik.example>\nSendt: 3. mars 2026 10:15\nTil: Ola\nEmne: Sak\n\n"
        f"Hva gjelder det: skriver\nRom/utstyr: B-214\nSiden når: ____\n\n{older}\n"
    )
    assert answer(text).filled == (("Hva gjelder det", "skriver"), ("Rom/utstyr", "B-214"))


SIGNATURES = (
    "-- \nKari Moen\nFjordvik kommune",
    "--\nKari Moen\nFjordvik kommune",
    "Sendt fra min iPhone",
    "Sendt frå min Galaxy",
    "Skickat från min iPhone",
    "Lähetetty iPhonesta",
    "Sent úr iPhone",
    "Von meinem iPhone gesendet",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Hent Outlook for Android",
    "Sent from Mail for Windows 10",
    "Denne e-posten og eventuelle vedlegg er konfidensiell og kun ment for rette mottaker. Har du mottatt den ved en"
    " feil, ber vi deg varsle avsender og slette den. Takk.",
    "This e-mail and any attachments are confidential and intended solely for the addressee. If you received it in"
    " error, please notify the sender and delete it at once.",
    "_______________________________________________\nbrukere mailing list\nbrukere@lists.epost.example",
)


@pytest.mark.parametrize("below", SIGNATURES)
def test_what_stands_below_the_words_is_folded(below: str) -> None:
    """Signatures, device lines, disclaimers and list footers, but not the words above them."""
    assert answer(f"{OWN}\n\n{below}\n\n{ATTRIBUTIONS[0]}\n{QUOTED}").own_text == OWN


def test_the_card_below_a_closing_is_folded_and_the_name_stays() -> None:
    """ "Mvh Kari" is said by the writer; the telephone and the address below it by the client."""
    text = f"{OWN}\n\nMed vennlig hilsen\nKari Moen\nRådgiver\nTlf. 555 01 234\nwww.fjordvik.example\n"
    assert answer(text).own_text == f"{OWN}\n\nMed vennlig hilsen\nKari Moen"


def test_the_structure_of_the_html_is_believed() -> None:
    """A marked range without quote marks is folded whole; words between quoted lines inside it stay."""
    bare = f"{OWN}\n{BARE}"
    assert answer(bare, "SV: Sak", Mark("quote", 1, 3, "divRplyFwdMsg")).own_text == OWN
    mixed = f"{OWN}\n{ATTRIBUTIONS[0]}\n> Hvilket rom?\nB-214\n> Takk for hjelpen med dette"
    assert answer(mixed, "SV: Sak", Mark("quote", 1, 5, "gmail_quote")).own_text == f"{OWN}\n\n> Hvilket rom?\n\nB-214"


@pytest.mark.parametrize("prefix", ["VS", "Fwd", "FW", "VB", "VL", "WG", "TR", "RV", "ENC", "PD", "İLT", "转发"])
def test_what_is_passed_on_is_kept(prefix: str) -> None:
    """A forward's content is the message, below whatever header the client put there."""
    block = "Fra: Ola <ola@epost.example>\nSendt: 3. mars 2026 10:15\nTil: Kari\nEmne: Faktura"
    found = split(Shown(f"Se under.\n\n{block}\n\nVi er trukket to ganger."), f"{prefix}: Faktura")
    assert "Vi er trukket to ganger." in found.own_text


def test_history_alone_is_kept() -> None:
    """With nothing above it, history may be all there is to say, also in an answer (law R20)."""
    text = (
        "Fra: Ola <ola@epost.example>\nSendt: 3. mars 2026 10:15\nTil: Kari\nEmne: Faktura\n\nVi er trukket to ganger."
    )
    assert split(Shown(text), "Faktura").own_text == text
    assert split(Shown(text), "SV: Faktura", answers=True).own_text == text


ME = "kari@epost.example"
OTHER = "ola@epost.example"


@pytest.mark.parametrize(
    ("above", "note", "below"),
    [
        ("", "Dato: 24.11.2026 kl. 10:15\nFra: Ola Berg\nTil: vaktmester\nEmne: nøkkel til B-214", "Hva gjør jeg?"),
        ("Hej", "Datum: 2026-11-24 10:15\nFrån: Ola\nTill: vaktis\nÄmne: nyckel", "Vad gör jag?"),
        ("", f"Avsender: Ola <{OTHER}>\nEmne: tilgang\nTil: IT", "Har ikke fått svar på denne. Hva skjer?"),
        ("Moi", f"Lähettäjä: Ola <{OTHER}>\nVastaanottaja: IT\nAihe: tunnus", "En ole saanut vastausta."),
        (
            "Jag skrev detta i mars:",
            f"Från: Kari <{ME}>\nSkickat: den 3 mars 2026 10:15\nTill: IT\nÄmne: dator",
            "Ingen svarade. Vad gör ni nu?",
        ),
        (
            "Ich schrieb am Montag:",
            f"Von: Kari <{ME.upper()}>\nGesendet: 3. März 2026 10:15\nAn: IT\nBetreff: PC",
            "Keine Antwort.",
        ),
    ],
)
def test_what_stands_below_a_pasted_note_is_kept(above: str, note: str, below: str) -> None:
    """A block as no program writes it, or the writer's own mail that he announces, folds only its own lines."""
    found = split(Shown(f"{above}\n\n{note}\n\n{below}"), "SV: Sak", answers=True, author=ME)
    assert found.own_text == f"{above}\n\n{below}".strip()
    assert [fold.text for fold in found.folds] == [note]


@pytest.mark.parametrize(
    ("above", "block"),
    [
        ("Purrer på denne.", f"Fra: Kari <{ME}>\nSendt: 3. mars 2026 10:15\nTil: IT\nEmne: Sak"),
        ("Se under:", f"Fra: IT <{OTHER}>\nSendt: 3. mars 2026 10:15\nTil: Kari\nEmne: Sak"),
        ("Tack", "Från: IT\nSkickat: den 3 mars 2026 10:15\nTill: Kari\nÄmne: Sak"),
        ("Merci", f"====\n\nMessage du : 12/12/2026 13:20\nDe : IT <{OTHER}>\nA : Kari\nSujet : Sak"),
    ],
)
def test_a_programs_block_still_begins_the_history(above: str, block: str) -> None:
    """Also above the writer's own earlier mail, which a program quotes as any other."""
    found = split(Shown(f"{above}\n\n{block}\n\n{BARE}"), "SV: Sak", answers=True, author=ME)
    assert found.own_text == above


_MARK_KIND = st.sampled_from(["quote", "signature", "footer", "forwarded"])
_LINE = st.one_of(
    st.sampled_from(
        [
            *ATTRIBUTIONS,
            *SIGNATURES,
            *HISTORY,
            "",
            "> ",
            ">> a",
            "-- ",
            "Fra: Ola <ola@epost.example>",
            "Sendt: 3. mars 2026 10:15",
            "Emne: Sak",
            sentinel("no"),
            "-----Original Message-----",
            "---------- Forwarded message ----------",
            "Rom: ____",
            "> Rom: B-214",
        ]
    ),
    st.text(max_size=60),
)


@settings(max_examples=300)
@given(
    st.lists(_LINE, max_size=30),
    st.sampled_from(["", "Re: x", "VS: x", "Fwd: x"]),
    st.booleans(),
    st.lists(st.builds(Mark, _MARK_KIND, st.integers(0, 30), st.integers(0, 35), st.just("x")), max_size=3),
)
def test_every_line_is_kept_somewhere(lines: list[str], subject: str, answers: bool, marks: list[Mark]) -> None:
    """Nothing is lost: each line is in the own words or in a fold, and no own word is invented (law R14)."""
    text = "\n".join(lines)
    found = split(Shown(text, tuple(marks)), subject, answers)
    everything = "\n".join([found.own_text, *(fold.text for fold in found.folds)])
    squeezed = "".join(everything.split())
    assert all("".join(line.split()) in squeezed for line in text.split("\n"))
    shown = "".join(text.replace(">", "").split())
    assert all("".join(line.replace(">", "").split()) in shown for line in found.own_text.split("\n"))
    for fold in found.folds:
        assert text.split("\n")[fold.line].strip() in fold.text


SLOW: dict[str, Callable[[int], str]] = {
    "On ": lambda n: "On " * (n // 3),
    "blank lines": lambda n: "\n" * n,
    "spaces": lambda n: " " * n,
    "quote marks": lambda n: ">" * n,
    "quoted lines": lambda n: "> a\n" * (n // 4),
    "attributions": lambda n: "On 3 Mar 2026 10:15 x wrote:\n" * (n // 28),
    "labels": lambda n: "From: a\nTo: b\nCc: c\nSubject: d\n" * (n // 32),
    "colons": lambda n: ":\n" * (n // 2),
    "delimiters": lambda n: "-- \n" * (n // 4),
    "device lines": lambda n: "Sendt fra min Samsung Galaxy S21 5G\n" * (n // 36),
    "cards": lambda n: "--\nKari Moen\nTlf. 555 01 234\n\n" * (n // 30),
    "wrapped quotes": lambda n: f"> {'ab ' * 24}\nc d e\n" * (n // 81),
    "answers": lambda n: "> Hva?\nDet\n" * (n // 11),
    "answers in a list": lambda n: "> - a\nb\n\n> ---\n" * (n // 15),
    "prose": lambda n: "Hei, dette er en vanlig linje som noen skrev her.\n" * (n // 50),
}


@pytest.mark.parametrize("name", SLOW)
def test_the_time_is_linear(name: str) -> None:
    """Twice the text takes at most 2.6 times as long, and a megabyte at most a second (of this process's time)."""

    def took(size: int) -> float:
        shown = Shown(SLOW[name](size))
        spent: list[float] = []
        for _ in range(2):
            start = time.process_time()
            split(shown, "Re: x", answers=True)
            spent.append(time.process_time() - start)
        return min(spent)

    half, whole = took(500_000), took(1_000_000)
    assert whole <= 1.0
    assert whole <= 2.6 * half + 0.1

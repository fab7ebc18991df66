"""What looks like history and is the writer's own, and what a program writes above a quote (law R14, R20)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.letters.reply_marker import sentinel
from maild.mail.mime import html
from maild.mail.mime.text import Shown
from maild.mail.words.reply import Split, split

HEAD = "Den 12. mai 2026 kl. 08:40 skrev Drift <drift@havn.example>:"
QUOTED = "> Hvilken port gjelder det?\n> Hilsen Drift"
BARE = "Hvilken port gjelder det?"


def answer(text: str, subject: str = "SV: Porten", author: str = "siri@gard.example") -> Split:
    """Split the text of a mail that answers another."""
    return split(Shown(text), subject, answers=True, author=author)


@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        "On Tue, 12 May 2026 at 08:40, Drift <drift@havn.example> wrote:",
        "Am 12.05.2026 um 08:40 schrieb Drift <drift@havn.example>:",
        "Fra: Drift <drift@havn.example>\nSendt: 12. mai 2026 08:40\nTil: Siri Gard\nEmne: Porten",
        "Sendt: tirsdag 12. mai 2026 kl. 08:40\nFra: Drift <drift@havn.example>\nTil: Siri Gard\nEmne: Porten",
        "-----Opprinnelig melding-----\nFra: Drift\nSendt: 12. mai 2026 08:40\nTil: Siri Gard\nEmne: Porten",
    ],
)
@pytest.mark.parametrize("before", ["", "Hei,\n\n", "Hei Drift!\n\n", "Mvh\nSiri\n\n", "Sendt fra min iPhone\n\n"])
def test_words_below_a_head_are_kept_when_nothing_else_is_said(head: str, before: str) -> None:
    """A greeting or a closing above it is no answer (law R20)."""
    found = answer(f"{before}{head}\n\n{BARE}\n\nDet er port 4, den nederste.\n\nSiri")
    assert "Det er port 4, den nederste." in found.own_text


@pytest.mark.parametrize("language", ["no", "sv", "en"])
@pytest.mark.parametrize("mark", ["", "> "])
def test_what_stands_below_our_own_line_is_never_given_back(language: str, mark: str) -> None:
    """An empty answer to a notice stays empty: its head and its notes are ours (law R20)."""
    lines = (
        sentinel(language),
        "",
        "Ny sak til Ola: FK#1",
        "Notat: ring ikke kunden",
        "---",
        "Svar på denne e-posten.",
    )
    text = "\n".join(f"{mark}{line}".rstrip() for line in lines)
    assert answer(f"{HEAD}\n\n{text}").own_text == ""
    block = "Fra: Drift <drift@havn.example>\nSendt: 12. mai 2026 08:40\nTil: Ola\nEmne: Sak"
    assert answer(f"{block}\n\n{text}").own_text == ""


@pytest.mark.parametrize("own", ["Her er svaret fra oss:", "Hei Siri, se under:", "Gå til"])
@pytest.mark.parametrize("mark", ["> ", ">> ", ">>> "])
def test_nothing_of_a_notice_is_taken_for_typed_or_pasted(own: str, mark: str) -> None:
    """An agent's client may put it below a line with a colon, without a head (law R20)."""
    lines = (sentinel("no"), "Ny sak til Ola: FK#1", "Notat: ring ikke kunden")
    text = "\n".join(f"{mark}{line}" for line in lines)
    assert answer(f"{own}\n\n{text}").own_text == own
    block = "Fra: Drift <drift+1.k2f@havn.example>\nSendt: 12. mai 2026 08:40\nTil: Ola\nEmne: Sak"
    assert answer(f"{own}\n\n{block}\n\n{chr(10).join(lines)}").own_text == own


def test_a_quote_with_marks_and_a_head_is_no_answer_by_itself() -> None:
    """Nobody has said anything but the program."""
    assert answer(f"{HEAD}\n{QUOTED}").own_text == ""


@pytest.mark.parametrize(
    "own",
    [
        "Nei, ikke lås porten",
        "ja\nvi møtes halv ni\nved lageret",
        "Fint, da kommer vi begge to, og vi tar med oss nøkkelen til den nederste porten i morgen tidlig",
    ],
)
@pytest.mark.parametrize(
    "head",
    [
        "drift-havn skrev 12. mai 2026 kl. 08:40:",
        "siri skrev 12.05.2026 kl. 08:40:",
        "drift@havn.example skrev 12. mai 2026 kl. 08:40:",
        "de harbour team wrote on 12 May 2026 at 08:40:",
        "siri skrev:",
        "drift <drift@havn.example> skrev:",
    ],
)
def test_a_head_in_small_letters_takes_no_line_above_with_it(own: str, head: str) -> None:
    """It says by itself who wrote, so the lines above it are the writer's."""
    assert answer(f"{own}\n{head}\n{QUOTED}").own_text == own


@pytest.mark.parametrize(
    "own",
    [
        "Hei! Det er port 4. ",
        "Det er port 4, men låsen er ødelagt. ",
        "Takk! ",
        "Ja, port 4; og den ved kaia. ",
        "Thanks, it is gate 4. ",
    ],
)
@pytest.mark.parametrize(
    "head",
    [HEAD, "On Tue, 12 May 2026 at 08:40, Drift <drift@havn.example> wrote:", "den 12.05.2026 08:40 skrev Drift:"],
)
@pytest.mark.parametrize("below", [QUOTED, BARE], ids=["marked", "bare"])
def test_words_before_a_head_on_the_same_line_are_kept(own: str, head: str, below: str) -> None:
    """A client that lost the line end between them does not take the answer away."""
    assert own.strip() in answer(f"{own}{head}\n{below}").own_text


@pytest.mark.parametrize(
    "line",
    [
        "Ja takk! Drift <drift@havn.example> skrev 12. mai 2026 kl. 08:40:",
        "Ja. tir. 12. mai 2026 kl. 08:40 skrev Drift <drift@havn.example>:",
        "Port 4, hilsen Siri, 12.05.2026 08:40 skrev Drift:",
        "Porten er nummer 4 Drift Havn skrev 12. mai 2026 kl. 08:40:",
    ],
)
def test_words_before_a_head_that_begins_with_a_name_are_kept(line: str) -> None:
    """When the mail would have no words without that line (law R20)."""
    assert answer(f"{line}\n{QUOTED}").own_text == line


@pytest.mark.parametrize(
    "own",
    [
        "vi ses 13. mai klokka 10:15 ved porten",
        "send nøkkelen til siri@gard.example",
        "Ja, gjerne,",
        "Vi får se om det holder til den 14. mai eller om vi må ringe låsesmeden enda en gang",
    ],
)
@pytest.mark.parametrize("head", ["drift skrev:", "Drift Havn skrev 12. mai 2026 kl. 08:40:", "Drift skrev:"])
def test_a_line_with_a_date_or_an_address_above_a_head_is_kept(own: str, head: str) -> None:
    """The head has its own."""
    assert answer(f"{own}\n{head}\n{QUOTED}").own_text == own


def test_words_before_a_head_on_two_lines_are_kept() -> None:
    """The line that the head alone fills is folded."""
    first, second = "Det er port 4. Den 12. mai 2026 kl. 08:40", "skrev Drift <drift@havn.example>:"
    assert answer(f"{first}\n{second}\n{QUOTED}").own_text == first


@pytest.mark.parametrize(
    "sentence",
    [
        "Hei, den 12. mai 2026 kl. 08:40 skrev Siri Gard <siri.g@gard.example>:",
        "Jeg skrev til drift@havn.example 12. mai 2026 kl. 08:40:",
        "I går, den 12. mai 2026 kl. 08:40, skrev drift@havn.example dette:",
    ],
)
def test_a_sentence_that_tells_who_wrote_begins_no_history(sentence: str) -> None:
    """No program begins with a greeting or with the writer."""
    text = f"Kan dere svare?\n\n{sentence}\nAt porten skulle være åpen.\nDet var den ikke.\n\nSiri"
    assert answer(text).own_text == text


HEADS = (
    "Den tir. 12. mai 2026 kl. 08:40 skrev Havnedrift <havn+7.k2f@havn.example\n>:",
    "On Tue, May 12, 2026 at 8:40 AM Havnedrift <havn+7.k2f@havn.example\n> wrote:",
    "Den tis 12 maj 2026 kl 08:40 skrev Havnedrift <havn+7.k2f@havn.example\n>:",
    "2026/5/12 Drift Havn <drift@havn.example>",
    "2026-05-12 8:40 GMT+02:00 Drift Havn <drift@havn.example>:",
    "12.05.2026 08:40 Drift Havn <drift@havn.example>",
    "Den tirsdag 12. mai 2026 skrev Drift <drift@havn.example>",
    "On May 12, 2026 Drift <drift@havn.example> wrote",
    "Tuesday 12 May 2026, Drift (drift@havn.example)",
    "Drift Havn <drift@havn.example>, tir. 12. mai 2026",
    "Drift Havn <drift@havn.example>:",
    "Wiadomość napisana przez Drift drift@havn.example w dniu 12.05.2026, o godz. 08:40:",
    "Dnia 12 maja 2026 08:40 Drift <drift@havn.example> napisał(a):",
    "W dniu 12.05.2026 o 08:40, Drift pisze:",
    "في الثلاثاء، ١٢ مايو ٢٠٢٦ في ٨:٤٠ ص تمت كتابة ما يلي بواسطة ‪Drift‬‏ <drift@havn.example‬‏>:",
    "في ١٢ مايو ٢٠٢٦، الساعة ٨:٤٠ ص، كتب/كتبت Drift <drift@havn.example>:",
    "Drift <drift@havn.example> ble sitert 12.05.2026 08:40:",
    "On 12 May 2026 8:40, <\nhavn+bf2b64b6e34b11e2aeda1231400178dd@mail.havn.example>wrote:",
    "2026-05-12 08:40 GMT+02:00 Drift Havn <drift@havn.example>:",
    "Drift Havn <drift@havn.example> schrieb am Di., 12.\nMai 2026, 08:40:",
    "Kuandik Drift <drift@havn.example> zot 12.05.2026 08:40",
)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["right above", "a blank line between"])
@pytest.mark.parametrize("own", ["Takk!", "Porten er åpen nå.\n\nMvh Siri"])
def test_what_a_program_writes_above_a_quote_is_folded(head: str, gap: str, own: str) -> None:
    """A name, an address or a date and next to nothing else, whatever the words between them (law R21)."""
    assert answer(f"{own}\n\n{head}{gap}{QUOTED}").own_text == own


@pytest.mark.parametrize("head", [*HEADS[11:16], *HEADS[17:20]])
def test_a_known_head_needs_no_quote_marks(head: str) -> None:
    """In Polish and Arabic as in the other languages."""
    assert answer(f"Takk!\n{head}\n{BARE}").own_text == "Takk!"


@pytest.mark.parametrize(
    "line",
    [
        "Siri Gard <siri@gard.example>",
        "Møtet er 12. mai 2026 kl. 08:40.",
        "Vi ses 12. mai 2026, Kari tar med kaffe",
        "Har du lest dette fra drift@havn.example 12.05.2026?",
        "Du skrev til drift@havn.example den 12.05.2026:",
        "Ring Kari på 555 01 234",
        "Kommer 12. mai",
        "Avtaler:\n12.05.2026 08:40 Kari Moen\n13.05.2026 09:00 Ola Berg",
        "12.05.2026 Kari <kari@x.example>\n13.05.2026 Ola <ola@x.example>",
        "Møtet flyttes:\n12. mai 2026 kl. 08:40 Drift",
    ],
)
def test_a_line_of_the_writers_above_a_quote_is_kept(line: str) -> None:
    """A signature, a sentence and a day are no head of a quote."""
    assert line in answer(f"Hei Drift.\n\n{line}\n\n{QUOTED}").own_text


BLOCKS = (
    "*Fra:* Drift\n*Sendt:* 12. mai 2026\n*Til:* Siri Gard\n*Emne:* Porten",
    "Fra: Drift\nSendt: tirsdag 12. mai 2026\nTil: Siri Gard\nEmne: Porten",
    "From: Drift\nDate: 12.05.2026\nTo: Siri\nSubject: Porten",
    "Fra: Drift\nSendt: 12. mai 2026 08:40\nGradering: åpen\nTil: Siri Gard\nEmne: Porten",
    "Fra: Drift\nTidspunkt: 12. mai 2026 08:40\nTil: Siri Gard\nEmne: Porten",
    "Fra: Drift\nSendt: 12. mai 2026\nTil: Siri Gard\nSaksnummer: ukjent\nEmne: Porten",
    "Innsender: Drift\nSendt: 12. mai 2026 08:40\nTil: Siri Gard\nEmne: Porten",
    "Von: Drift\nGesendet: Dienstag, 12. Mai 2026\nAn: Siri Gard\nBetreff: Tor",
    "**Gesendet:** Dienstag, 12. Mai 2026\n**Von:** Drift <drift@havn.example>\n**An:** Siri Gard\n**Betreff:** Tor",
    "| Fra: | Drift |\n| Sendt: | 12. mai 2026 08:40 |\n| Til: | Siri |\n| Emne: | Porten |",
)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("rule", ["", f"{'_' * 32}\n", f"{'-' * 10}\n"])
def test_a_block_is_known_by_what_it_is(block: str, rule: str) -> None:
    """By name only, without a time, and with a label that no table knows (law R21)."""
    assert answer(f"Takk!\n\n{rule}{block}\n\n{BARE}").own_text == "Takk!"


@pytest.mark.parametrize(
    "own",
    [
        "Reise:\nFra: Bodø\nTil: Oslo\nDato: 12. mai 2026",
        "Navn: Siri Gard\nE-post: siri@gard.example\nDato: 12.05.2026 08:40\nSak: porten",
        "Fra: 1. mai\nTil: 12. mai 2026\nSted: Bodø",
        "Til: Drift\nFra: Siri\nGjelder: porten\nDen er låst.",
    ],
)
def test_a_form_that_people_write_is_no_block(own: str) -> None:
    """It has a label or two of a block, and not the others."""
    text = f"Her er det dere spurte om.\n\n{own}\n\nHilsen Siri"
    assert answer(text).own_text == text


@pytest.mark.parametrize(
    "own",
    [
        "Se her\n>>> >>> https://havn.example <<<\nHilsen Siri",
        "Se her\n>> NB: les dette først <<\nHilsen Siri",
        "Se her\n> > > Klikk < < <\nHilsen Siri",
        "Feilen er:\n\n>>> import port\nTraceback (most recent call last):\nImportError: port\n>>> quit()\n\nHva nå?",
        "Gå til\n> Innstillinger\nog trykk på porten.\n\nSiri",
        "Meny:\n>> Start\n>> Stopp\nHilsen Siri",
        "Her er loggen:\n\n> ping port4\n> Request timed out.\n\nSiri",
        "Her er hodet dere ba om:\n\nFrom: A <a@havn.example>\nTo: B <b@gard.example>\nSubject: Prøve\n"
        "Date: Tue, 12 May 2026 08:40:00 +0200\nReceived: from a by b\nX-Score: 3\n\nHvorfor stoppet den?",
        "Dette hodet:\n\nReturn-Path: <a@havn.example>\nReceived: from a by b\nFrom: A <a@havn.example>\n"
        "Date: Tue, 12 May 2026 08:40:00 +0200\nSubject: Prøve\n\nHvorfor stoppet den?",
    ],
)
@pytest.mark.parametrize("below", ["", f"\n\n{HEAD}\n{QUOTED}"], ids=["alone", "above a quote"])
def test_what_the_writer_typed_or_pasted_is_kept(own: str, below: str) -> None:
    """Although it looks like a quote or like a head: no program makes it so."""
    if below and ("loggen" in own or "Gå til" in own):
        pytest.skip("marks of one depth are a quote where one is announced")
    assert answer(own + below).own_text == own


@pytest.mark.parametrize(
    "below", ["PS: Porten ble skiftet i fjor.", "P.S. låsen er ny", "Jeg prøver igjen i morgen klokka ti."]
)
def test_a_postscript_below_a_signature_is_kept(below: str) -> None:
    """The card above it is folded."""
    found = answer(f"Porten er låst.\n\n-- \nSiri Gard\nHavnesjef\n\n{below}\n\n{HEAD}\n{QUOTED}")
    assert found.own_text.split("\n\n") == ["Porten er låst.", below]
    assert any(fold.kind == "signature" and "Havnesjef" in fold.text for fold in found.folds)


@pytest.mark.parametrize(
    "page",
    [
        '<div class="gmail_quote"><div>Det er port 4.</div><br><blockquote class="gmail_quote"><div>Hvilken port?</div>'
        "</blockquote></div>",
        '<div>Hei</div><div class="gmail_quote"><div>Det er port 4.</div><div class="gmail_attr">Den 12. mai 2026'
        ' kl. 08:40 skrev Drift &lt;<a href="mailto:drift@havn.example">drift@havn.example</a>&gt;:</div>'
        '<blockquote class="gmail_quote"><div>Hvilken port?</div></blockquote></div>',
        '<div class="gmail_quote"><div>Den 12. mai 2026 kl. 08:40 skrev Drift:</div><blockquote class="gmail_quote">'
        "<div>Hvilken port?</div></blockquote><div>Det er port 4.</div></div>",
        '<div id="divRplyFwdMsg"><b>Fra:</b> Drift &lt;drift@havn.example&gt;<br><b>Sendt:</b> 12. mai 2026 08:40<br>'
        "<b>Til:</b> Siri<br><b>Emne:</b> Porten</div><div>Hvilken port?</div><div>Det er port 4.</div>",
    ],
)
def test_words_inside_of_what_a_client_marked_are_kept(page: str) -> None:
    """The writer may have moved the cursor there."""
    found = split(html.to_text(f"<html><body>{page}</body></html>"), "SV: Porten", answers=True)
    assert "Det er port 4." in found.own_text
    assert "> Hvilken port?" not in found.own_text or "Det er port 4." in found.own_text.split("> Hvilken port?")[1]


@given(st.text(alphabet="Den 12.05:skrevDrift<>@a!? \n", max_size=200), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_lines_of_the_signs_of_heads_are_told_apart(text: str, answers: bool) -> None:
    """Every word of it is the writer's or in a fold, and nothing raises (law R14)."""
    found = split(Shown(text), "SV: Porten", answers=answers, author="siri@gard.example")
    said = "\n".join([found.own_text, *(fold.text for fold in found.folds)])
    assert set(text.replace(">", " ").split()) <= set(said.replace(">", " ").split())

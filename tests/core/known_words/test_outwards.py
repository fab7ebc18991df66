"""What of an agent's answer may leave: nothing that only agents have seen, and nothing of doubtful origin unasked."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.known_words.lines import memories
from maild.core.known_words.outwards import Outwards, outwards
from maild.core.values.mail import Envelope, Mail
from maild.mail.options import ReadOptions
from maild.mail.read import read
from tests.kit.clients import HTML, PLAIN, Reply, written
from tests.kit.known import held
from tests.kit.make import KEYS

ENVELOPE = Envelope(
    source="smtp", received=datetime(2026, 12, 1, tzinfo=UTC), sender="c@fjordvik.example", recipients=()
)
CARD = (
    "— Svar over denne linjen —",
    "Ny sak til Camilla Dahl i gruppen it-1",
    "Kunden har ringt fire ganger og er svært misfornøyd med oss",
)
ASKED = (
    "Hvor finner jeg nøkkelen til kopirommet i andre etasje?",
    "Hvem skal jeg spørre om nytt adgangskort til sønnen min?",
    "Når er dere på plass i morgen tidlig?",
)
FOOT = ("Svarer du på denne e-posten, går svaret til: kari.moen@kunde.example",)
NOTICE = (*CARD[:2], *ASKED, *CARD[2:], *FOOT)
ANSWERS = ("Nøkkelen henger i resepsjonen.", "Du spør Ola i driftsavdelingen.", "Fra klokken sju.")
INTERNAL = (*CARD, *FOOT)
CASE = [held(1042, ours_internal="\n".join(NOTICE), theirs_public="\n".join(ASKED))]


def judged(text: str) -> Outwards:
    """Judge an agent's plain answer in the case."""
    head = "From: c@fjordvik.example\nTo: it@fjordvik.example\nSubject: SV: [FK#1042] x\n"
    head += "In-Reply-To: <a@fjordvik.example>\n"
    head += "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
    return of(read(f"{head}\n{text}\n".replace("\n", "\r\n").encode(), ENVELOPE, ReadOptions()))


def of(mail: Mail) -> Outwards:
    """Judge an agent's answer in the case."""
    return outwards(mail, memories(CASE, KEYS))


def quoted(lines: Sequence[str]) -> str:
    """Lines as most clients quote them."""
    return "\n".join(f"> {line}" for line in lines)


@pytest.mark.parametrize("client", [*PLAIN, *HTML])
def test_nothing_internal_goes_out(client: str) -> None:
    """However a client lays out the notice that it answers, what goes out unasked holds no line of the card."""
    raw = written(client, Reply("no", NOTICE, ANSWERS), to="it@fjordvik.example", answers="<a@fjordvik.example>")
    out = of(read(raw, ENVELOPE, ReadOptions()))
    assert out.doubtful or not any(line in out.text for line in INTERNAL), out
    assert all(answer in out.text for answer in ANSWERS)


_WORDS = st.sampled_from(["Kunden", "har", "ringt", "FIRE", "ganger", "card:", "prioritet", "høy", "4711", "–", "🙂"])
_REWRITTEN = st.lists(_WORDS, min_size=1, max_size=9).map(" ".join)


@settings(max_examples=400)
@given(
    st.lists(st.one_of(st.sampled_from(NOTICE), _REWRITTEN), max_size=20),
    st.sampled_from(["> ", "", "| ", ">> "]),
    st.sampled_from(["", "tir. 1. des. 2026 kl. 10:15 skrev IT-support <it@fjordvik.example>:"]),
)
def test_what_a_client_rewrote_never_goes_out_unasked(lines: list[str], mark: str, above: str) -> None:
    """A notice cut up and rewritten at will below an answer: what goes out unasked is the answer, and public lines."""
    below = [f"{mark}{CARD[0]}", *(f"{mark}{line}" for line in lines)]
    out = judged("\n".join([ANSWERS[0], "", *([above] if above else []), *below]))
    if not out.doubtful:
        left = [line for line in out.text.split("\n") if line.strip() and line != ANSWERS[0]]
        around = [line for line in lines if line not in INTERNAL]
        assert all(any(known in line for known in around) for line in left), out.text
        assert not any(line in out.text for line in INTERNAL)


def test_an_answer_above_the_notice_goes_as_it_is() -> None:
    """The usual answer: the agent's words, the notice below them, nothing to ask."""
    text = f"Hei Kari!\n\n{ANSWERS[0]}\n\nMvh\nCamilla\n\ntir. 1. des. 2026 kl. 10:15 skrev IT <it@fjordvik.example>:\n"
    out = judged(text + quoted(NOTICE))
    assert out.doubtful == () and ANSWERS[0] in out.text and "misfornøyd" not in out.text


def test_answers_between_the_customers_lines_go_out_with_them() -> None:
    """Between lines that the customer has seen an answer is an answer."""
    inline = f"{quoted(CARD[:2])}\n> {ASKED[0]}\n{ANSWERS[0]}\n> {ASKED[1]}\n{ANSWERS[1]}\n> {ASKED[2]}"
    out = judged(f"Se under.\n\n{inline}")
    said = [line for line in out.text.split("\n") if line]
    assert out.doubtful == ()
    assert said == ["Se under.", f"> {ASKED[0]}", ANSWERS[0], f"> {ASKED[1]}", ANSWERS[1]]


def test_a_line_beside_the_card_is_asked_about() -> None:
    """Between lines that only agents have seen, a line that nobody knows may be one of ours: it is named."""
    out = judged(f"Hei!\n\n{quoted(CARD)}\n> Kundens saldo er 4 000 kroner\n{quoted(FOOT)}")
    assert out.doubtful == ("> Kundens saldo er 4 000 kroner",)


def test_a_pasted_card_without_marks_does_not_go_out() -> None:
    """What only agents have seen is cut, though reading takes it for the agent's own words."""
    out = judged("\n".join(["Hei Kari!", "", *NOTICE]))
    assert not any(line in out.text for line in INTERNAL) and "Hei Kari!" in out.text


def test_a_line_of_the_card_that_is_typed_anew_is_asked_about() -> None:
    """One such line above all that is quoted may be meant: it is neither cut nor sent without a word."""
    mail = read(b"From: c@fjordvik.example\r\n\r\nHei!\r\nSvarfrist: mandag klokken 12\r\n", ENVELOPE, ReadOptions())
    card = held(1042, ours_internal="Ny sak FK#1042\nSvarfrist: mandag klokken 12\nStatus: tildelt")
    out = outwards(mail, memories([card], KEYS))
    assert out == Outwards(text="Hei!\nSvarfrist: mandag klokken 12", doubtful=("Svarfrist: mandag klokken 12",))


def test_a_line_for_the_desk_may_be_copied_from_the_notice() -> None:
    """The lines at the top that command something are read as they stand, whoever wrote them first."""
    mail = read(f"From: c@fjordvik.example\r\n\r\n{CARD[1]}\r\n\r\nHei Kari!\r\n".encode(), ENVELOPE, ReadOptions())
    out = outwards(mail, memories(CASE, KEYS), commands=1)
    assert out == Outwards(text=f"{CARD[1]}\n\nHei Kari!")


def test_a_notice_sent_back_without_a_word_says_nothing() -> None:
    """A client strips our line and marks nothing, and the agent wrote nothing: no line of anybody's goes out."""
    bare = "\n".join(NOTICE[1:])
    head = "Fra: IT-support <it@fjordvik.example>\nSendt: 1. desember 2026\nTil: Camilla\nEmne: SV: [FK#1042] x\n\n"
    assert judged(bare).text == "" and judged(head + bare).text == ""


def test_an_answer_may_be_given_twice() -> None:
    """The same words as in an earlier letter are an answer again: above the quote, and below a marked one, too."""
    said = "Du finner nøkkelen i resepsjonen, og den leveres samme sted."
    again = [*CASE, held(1042, ours_public=said)]
    for text in (f"{said}\n\n{quoted(NOTICE)}", f"{quoted(NOTICE)}\n\n{said}", said):
        raw = f"From: c@fjordvik.example\nSubject: SV: [FK#1042] x\nIn-Reply-To: <a@b>\n\n{text}\n"
        mail = read(raw.replace("\n", "\r\n").encode(), ENVELOPE, ReadOptions())
        assert outwards(mail, memories(again, KEYS)) == Outwards(text=said)


def test_nothing_of_an_agents_is_cut_without_a_word() -> None:
    """A quote of something else, which reading folds away, is shown to the agent before anything goes out."""
    out = judged(
        "Se her.\n\nman. 30. nov. 2026 kl. 09:00 skrev Ola Lie <ola@firma.example>:\n> Prisen er 4 900 kroner."
    )
    assert out.doubtful == ("> Prisen er 4 900 kroner.",) and "4 900" in out.text


def test_where_nothing_is_known_readings_guess_stands() -> None:
    """A case that holds no words (its key is gone) is as before: what reading took for the agent's own goes out."""
    mail = read(b"From: c@fjordvik.example\r\nTo: it@fjordvik.example\r\n\r\nHei.\r\n", ENVELOPE, ReadOptions())
    assert outwards(mail, ()) == Outwards(text="Hei.")


def answered(text: str) -> Outwards:
    """Judge an agent's answer above a quote that no mark stands before."""
    return judged(f"{ANSWERS[0]}\n\n{text}")


def test_a_card_that_a_client_joined_into_one_line_is_asked_about() -> None:
    """Lost line breaks: the answer and the card in one line, or the card alone, go nowhere unasked."""
    joined = " ".join(NOTICE)
    assert judged(f"{ANSWERS[0]} {joined}").doubtful
    out = answered(joined)
    assert out.doubtful or not any(line in out.text for line in INTERNAL)


def test_an_answer_on_the_line_of_its_question_is_not_cut() -> None:
    """Words behind a quoted question are the agent's: they go out, or are asked about."""
    out = judged(f"Se under.\n\n> {ASKED[0]} Ja, gjort.\n> {ASKED[1]}")
    assert "Ja, gjort." in out.text and out.doubtful


def test_a_line_only_agents_have_seen_is_no_line_that_is_answered() -> None:
    """A public line typed among quoted internal ones brings none of these along."""
    out = judged(f"{quoted([CARD[2]])}\n{ASKED[0]}\n{quoted([CARD[2]])}")
    assert CARD[2] not in out.text


def test_a_line_broken_in_two_is_no_answer() -> None:
    """The rest of a quoted line, which a client broke without a mark, is the quote's."""
    half = ASKED[0].split(" kopirommet")
    broken = f"> {half[0]}\nkopirommet{half[1]}\n> {ASKED[1]}"
    assert judged(f"{ANSWERS[1]}\n\n{broken}").text == ANSWERS[1]
    assert judged(broken).text == ""


BANNERS = ("EKSTERN AVSENDER: ikke klikk på lenker", "CAUTION: This email originated from outside of the organization.")


@pytest.mark.parametrize("banner", BANNERS)
def test_a_gateways_banner_above_the_notice_holds_nothing(banner: str) -> None:
    """What stands between the attribution and our line was written by a gateway: it is neither sent nor asked about."""
    above = "tir. 1. des. 2026 kl. 10:15 skrev IT-support <it@fjordvik.example>:"
    out = judged(f"{ANSWERS[0]}\n\n{above}\n> {banner}\n>\n{quoted(NOTICE)}")
    assert out == Outwards(text=ANSWERS[0])


def test_a_very_long_answer_is_asked_about() -> None:
    """What is too long to be judged goes out by no guess."""
    log = "\n".join(f"linje {number} av en logg som agenten limte inn" for number in range(12_000))
    assert judged(f"{log}\n{chr(10).join(NOTICE[1:])}").doubtful


def test_a_draft_that_was_cited_to_its_agent_is_the_agents() -> None:
    """What an agent wrote, and a letter cited back to him, may be written again and goes out whole."""
    said = "Passordet er nullstilt, og koden er på vei til mobilen din nå."
    letter = f"E-posten din i sak FK#1042 er forkastet.\nDette skrev du:\n{said}"
    drafts = [*CASE, held(1042, drafts=said), held(1042, ours_internal=letter)]
    raw = f"From: c@fjordvik.example\nIn-Reply-To: <a@b>\n\nHei igjen!\n{said}\n\n> Dette skrev du:\n> {said}\n"
    mail = read(raw.replace("\n", "\r\n").encode(), ENVELOPE, ReadOptions())
    assert outwards(mail, memories(drafts, KEYS)).text == f"Hei igjen!\n{said}"

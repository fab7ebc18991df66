"""What of a mail that enters a case is shown: every line but those that stand in it, and signatures by their form."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.known_words.lines import memories
from maild.core.known_words.shown import MOST_HISTORY, Shown, first_shown, shown
from maild.core.values.mail import Envelope, Mail
from maild.mail.options import ReadOptions
from maild.mail.read import read
from tests.kit.clients import IT, LETTERS
from tests.kit.known import held
from tests.kit.make import KEYS

AT = datetime(2026, 12, 1, tzinfo=UTC)
ENVELOPE = Envelope(source="smtp", received=AT, sender="k@kunde.example", recipients=())
ATTRIBUTION = f"tir. 1. des. 2026 kl. 10:15 skrev {IT}:"
BLOCK = (
    f"Fra: {IT}\nSendt: tirsdag 1. desember 2026 10:15\nTil: Kari Moen <k@kunde.example>\nEmne: SV: [FK#1042] Skriver\n"
)


def reading(text: str, *, answers: bool = True) -> Mail:
    """Read a customer's mail of so many lines."""
    thread = "In-Reply-To: <maild.1@fjordvik.example>\n" if answers else ""
    head = f"From: Kari Moen <k@kunde.example>\nTo: it@fjordvik.example\nSubject: SV: Skriver\n{thread}"
    head += "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
    return read(f"{head}\n{text}\n".replace("\n", "\r\n").encode(), ENVELOPE, ReadOptions())


def shown_of(text: str, *letters: str, theirs: str = "") -> Shown:
    """Say what is shown of a mail that enters a case with these letters of ours, and this earlier mail of theirs."""
    known = [held(1042, ours_public=letter) for letter in letters] + [held(1042, theirs_public=theirs)]
    return shown(reading(text), memories(known, KEYS))


WORDS = ["kabel", "stikkontakt", "gulv", "lampe", "rød", "grønn", "blinker", "henger", "støy", "varm"]
NEW = st.builds(
    lambda words, number: f"{' '.join(words)} nytt{number}",
    st.lists(st.sampled_from(WORDS), max_size=9),
    st.integers(100, 999),
)
PARTS = st.lists(st.one_of(NEW.map(lambda line: ("new", line)), st.sampled_from(["next", "next", "skip"])), max_size=24)


@settings(max_examples=400)
@given(
    st.sampled_from([letter for language, letter in LETTERS.items() if language in ("no", "sv", "en", "de")]),
    PARTS,
    st.sampled_from(["", "> ", ">> ", "| ", "  "]),
    st.sampled_from(["", ATTRIBUTION, BLOCK, f"-----Opprinnelig melding-----\n{BLOCK}"]),
    st.lists(NEW, max_size=2),
    st.booleans(),
)
def test_every_new_line_is_shown(
    letter: Sequence[str], parts: list[tuple[str, str] | str], mark: str, above: str, first: list[str], gaps: bool
) -> None:
    """Whatever new lines stand among ours, and whatever a client draws around them, each is shown whole."""
    ours, lines, new = iter(letter), [*first, "", above], list(first)
    for part in parts:
        if isinstance(part, tuple):
            new.append(part[1])
            lines += ["", part[1], ""] if gaps else [part[1]]
        elif (line := next(ours, None)) is not None and part == "next":
            lines.append(f"{mark}{line}")
    text = shown_of("\n".join(lines), "\n".join(letter)).text
    assert [line for line in new if line not in text] == []


def test_nothing_is_folded_where_nothing_would_remain() -> None:
    """A mail of nothing but what the case holds is shown whole: it may be just that which its writer wants to say."""
    letter = "\n".join(LETTERS["no"])
    text = f"{ATTRIBUTION}\n" + "\n".join(f"> {line}" for line in LETTERS["no"])
    assert shown_of(text, letter) == Shown(text=text)


def test_a_typed_no_is_not_hidden_by_an_old_one() -> None:
    """A short line is known only among the lines that it stood with: elsewhere it is the writer's."""
    old = "Har du prøvd å slå den av?\nNei\nGjelder det alle i gangen?"
    text = f"{ATTRIBUTION}\n\nGjelder det alle i gangen?\nNei"
    assert shown_of(text, old).text.endswith("Nei")
    whole = f"Takk!\n\n{ATTRIBUTION}\n> Har du prøvd å slå den av?\n> Nei\n> Gjelder det alle i gangen?"
    assert shown_of(whole, old).text == "Takk!"


def test_text_below_an_attribution_that_is_none_of_ours_is_shown() -> None:
    """What a client (or a person) writes above words that no letter holds is shown with them."""
    said = "At jeg skulle få 1200 kroner.\nDet har jeg ikke fått."
    text = f"Hei, den 3. desember 2026 kl. 10:15 skrev Ola Lie <ola@kunde.example>:\n{said}"
    out = shown_of(text, "\n".join(LETTERS["no"])).text
    assert "Det har jeg ikke fått." in out and "skrev Ola Lie" in out and "1200 kroner" in out


def test_a_pasted_log_is_shown_whatever_marks_it_has() -> None:
    """Quote marks alone hide nothing."""
    log = "> ping skriver\n> Request timed out.\n> ipconfig\n> IPv4 10.0.0.7"
    text = f"Her er det dere ba om:\n\n{log}\n\nNina"
    assert all(line in shown_of(text, "\n".join(LETTERS["no"])).text for line in log.split("\n"))


def test_what_clients_add_to_links_is_looked_through() -> None:
    """The target of a link that a client writes behind it makes no known line a new one."""
    letter = "Skriv til it@fjordvik.example eller se https://hjelp.fjordvik.example/skriver hos oss."
    quoted = (
        "> Skriv til it@fjordvik.example<mailto:it@fjordvik.example> eller se\n"
        "> https://hjelp.fjordvik.example/skriver<https://safelinks.example/?url=abc> hos oss."
    )
    assert shown_of(f"Takk!\n\n{ATTRIBUTION}\n{quoted}", letter).text == "Takk!"


def test_their_own_words_again_are_shown() -> None:
    """Who writes the same sentence once more has written it: only what reading took for a quote is known from them."""
    said = "Skriveren på rom 204 virker fortsatt ikke som den skal."
    assert shown_of(f"{said}\nHva nå?", theirs=said).text == f"{said}\nHva nå?"


def test_a_sign_is_an_answer() -> None:
    """A thumb or a question mark alone on its line is seen, and what only draws a line is not."""
    letter = "\n".join(LETTERS["no"])
    for sign in ("👍", "?", "‼️ ⚡"):
        lines = [f"> {line}" for line in LETTERS["no"]]
        lines[5:5] = ["", sign, ""]
        text = "\n".join(["Takk!", "", ATTRIBUTION, *lines, "────────", "-----"])
        out = shown_of(text, letter).text
        assert sign in out and "──" not in out and "ordrenummeret" not in out


def test_a_sentence_of_ours_that_is_cited_is_shown() -> None:
    """A few words of ours alone, which reading counts as the writer's, may be cited: they stay."""
    out = shown_of("Gjelder det alle?\nJa, alle i gangen.", "Gjelder det alle?")
    assert out.text == "Gjelder det alle?\nJa, alle i gangen."


def test_a_first_mails_history_follows_under_its_own_words() -> None:
    """No case holds it yet: up to 200 lines follow, the rest is counted, and the mail goes with the letter."""
    history = "\n".join(f"> linje nummer {number} av en lang tråd" for number in range(MOST_HISTORY + 50))
    out = first_shown(reading(f"Kan dere se på dette?\n\n{ATTRIBUTION}\n{history}", answers=False))
    assert out.text == "Kan dere se på dette?" and "linje nummer 7 av" in out.history
    assert out.cut and out.left_out > 40 and len(out.history.split("\n")) <= MOST_HISTORY
    short = first_shown(reading(f"Se under.\n\n{ATTRIBUTION}\n> linje av en tråd", answers=False))
    assert (short.cut, short.left_out) == (False, 0) and "linje av en tråd" in short.history


def test_a_key_that_is_gone_knows_nothing() -> None:
    """What was taken down with a key that the desk no longer has hides no line."""
    gone = type(KEYS[0])(id=9, secret=b"lost" * 8)
    known = [held(1042, key=gone, ours_public="\n".join(LETTERS["no"]))]
    text = f"Takk!\n\n{ATTRIBUTION}\n" + "\n".join(f"> {line}" for line in LETTERS["no"])
    assert "ordrenummeret" in shown(reading(text), memories(known, KEYS)).text


def test_an_answer_on_the_line_of_its_question_is_shown() -> None:
    """Words typed behind a question, before it or into a blank of it are seen, also where they are few."""
    for said in ("{} 4711", "{} NEI!!", "JA - {}", "{} B-214 i andre"):
        questions = [said.format(line) if line.endswith("?") else line for line in LETTERS["no"]]
        out = shown_of(f"Se svar under.\n\n{BLOCK}\n" + "\n".join(questions), "\n".join(LETTERS["no"])).text
        assert all(line in out for line in questions if "?" in line), out


def test_a_link_alone_on_its_line_is_shown() -> None:
    """A link is what its writer wanted to send, wherever it stands in a quote."""
    lines = [f"> {line}" for line in LETTERS["no"]]
    lines[4:4] = ["", "<https://drive.kunde.example/bilde/4711>", ""]
    assert (
        "drive.kunde.example" in shown_of("\n".join(["Se her", "", ATTRIBUTION, *lines]), "\n".join(LETTERS["no"])).text
    )


def test_a_link_that_a_gateway_rewrote_is_known() -> None:
    """Safelinks and their kin lead where the letter's link led."""
    letter = "Se https://hjelp.fjordvik.example/skriver/oppsett for hvordan du gjør det."
    safe = "https://eur03.safelinks.protection.outlook.com/?url=https%3A%2F%2Fhjelp.fjordvik.example%2Fskriver%2Foppsett&data=05"
    v3 = "https://urldefense.com/v3/__https://hjelp.fjordvik.example/skriver/oppsett__;!!abc$"
    for link in (safe, v3):
        quoted = f"Takk!\n\n{ATTRIBUTION}\n> Se {link} for hvordan du gjør det."
        assert shown_of(quoted, letter).text == "Takk!"


def test_a_short_line_above_an_attribution_is_the_writers() -> None:
    """A number, or a date that answers, right above an attribution with a date of its own."""
    letter = "\n".join(LETTERS["no"])
    quote = "\n".join(f"> {line}" for line in LETTERS["no"])
    for said in ("Hei,\n4711", "Hei, det passer best\nfredag 4. desember 2026 kl. 10:00"):
        assert shown_of(f"{said}\n{ATTRIBUTION}\n{quote}", letter).text == said

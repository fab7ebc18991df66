"""Quick looks spare reading the full ones, and never say otherwise: what they send away, those would have, too."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.mail import caps
from maild.mail.mime import headers, structure
from maild.mail.mime.text import Shown, clean, clean_line
from maild.mail.reports import bounce
from maild.mail.words.device_lines import is_device_line
from maild.mail.words.device_words import DEVICE
from maild.mail.words.lines import Lines
from maild.mail.words.quotes import header_at, may_announce
from maild.mail.words.signature_words import DISCLAIMER, FOOTNOTES, PAPER_NOTES
from maild.mail.words.signatures import below_words
from tests.kit.raw import reading

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.eml"))
_PIECE = st.sampled_from(
    [
        "-----Original Message-----",
        "---- Forwarded message ----",
        "Begin forwarded message:",
        "From: Kari <kari@x.example>",
        "Fra： Kari",
        "Sendt: 3. mars 2026 10:15",
        "Emne: sak",
        "Til",
        "On 3 Mar 2026 10:15, Kari <kari@x.example> wrote:",
        "Den 3. mars 2026 10:15 skrev Kari",
        ">>> Kari <kari@x.example> 03.03.2026 10:15 >>>",
        "___________",
        "* * *",
        "> sitat",
        "Hei på deg",
        " ",
        "\t",
        "\u00a0",
        "\u200b",
        ":",
        "",
    ]
)
_LINE = st.lists(_PIECE | st.text(max_size=12), max_size=4).map("".join)


@settings(max_examples=400)
@given(st.lists(_LINE, min_size=1, max_size=12))
def test_no_header_stands_where_none_is_looked_for(lines: list[str]) -> None:
    """A line that cannot announce quoted mail by its look is no header by any other test either."""
    text = Lines(Shown("\n".join(lines)))
    for at, bare in enumerate(text.bare):
        if bare and not text.announcing[at]:
            assert not may_announce(bare)
            assert header_at(text.words, at, text.known) is None


_DEVICES = sorted({start for starts in DEVICE.values() for start in starts.split("|")})
_BELOW = st.one_of(
    st.builds(
        "{}{} iPhone{}".format,
        st.sampled_from(["", "<", "*", "\u200b", "\u00a0", "  "]),
        st.sampled_from(_DEVICES).map(str.capitalize),
        st.sampled_from(["", ">", ".", "\u200b", " <https://a.example>"]),
    ),
    st.just("https://a.example Sent from Outlook for iOS"),
    st.just("Von meinem iPhone gesendet"),
    st.sampled_from(["Hei, skriveren står.", "", "Takk!", "mailto:kari@x.example", "a\tb"]),
    st.text(max_size=20).filter(lambda text: "\n" not in text),
)


@settings(max_examples=300)
@given(st.lists(_BELOW, min_size=1, max_size=10))
def test_a_device_line_is_found_wherever_it_stands(lines: list[str]) -> None:
    """In a run of a writer's lines each line that a telephone added is folded, however the run looks as a whole."""
    found = below_words(lines, 0, len(lines))
    folded = {at for start, end, _ in found for at in range(start, end)}
    around = ["", *lines, ""]
    assert {at for at, line in enumerate(lines) if is_device_line(line, around[at], around[at + 2])} <= folded


@pytest.mark.parametrize("missing", range(len(DISCLAIMER)))
def test_a_disclaimer_may_leave_one_thing_out(missing: int) -> None:
    """Whatever four of the five things it speaks of, in words of any language; with three it is prose."""
    rng = random.Random(missing)
    groups = [group for at, group in enumerate(DISCLAIMER) if at != missing]
    for _ in range(20):
        spoken = [f"Xx {rng.choice(group)} xxxxx xxxxxxxx xxxxxxx." for group in groups]
        text = ["Hei, skriveren står.", "", " ".join(spoken)]
        assert below_words(text, 0, 3) == [(2, 3, "disclaimer")]
        fewer = " ".join(spoken[1:])
        if sum(any(word in fewer.casefold() for word in group) for group in DISCLAIMER) < 4:
            assert below_words([*text[:2], fewer], 0, 3) == []


@pytest.mark.parametrize("note", [*FOOTNOTES.split("|"), *PAPER_NOTES.split("|")])
def test_a_gateways_note_is_found(note: str) -> None:
    """Each note of the table, below a long text of the writer's."""
    text = ["Skriveren i andre etasje står stille igjen. " * 20, "", f"Xx {note.capitalize()} xx"]
    assert (2, 3, "disclaimer") in below_words(text, 0, 3)


def _parts(raw: bytes) -> structure.Part:
    found, start = headers.head(raw)
    return structure.split(raw, found, start)[0]


@pytest.mark.parametrize("path", CORPUS, ids=[path.stem for path in CORPUS])
def test_every_report_may_be_one(path: Path) -> None:
    """A mail of the corpus that reads as a report passes the quick look for reports; most others do not even."""
    raw = path.read_bytes()
    root = _parts(raw)
    found = bounce.find(structure.as_message(raw, root), reading(raw).text)
    assert found is None or bounce.may_be(root)


_REPORTING = st.lists(
    st.sampled_from(
        [
            b"From: MAILER-DAEMON@x.example",
            b"From: Kari <kari@x.example>",
            b"From: =?utf-8?q?Mail_Delivery?= System <a@x.example>",
            b"From: Mail\r\n Delivery System <a@x.example>",
            b"From: \xe5 postmaster <a@x.example>",
            b"Return-Path: <>",
            b"Return-Path: \r\n <>",
            b"Return-Path: <kari@x.example>",
            b"X-Failed-Recipients: a@x.example",
            b"Subject: Undelivered Mail Returned to Sender",
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
            b"Content-Type: MULTIPART/Report; boundary=b",
            b"Content-Type: multipart/mixed; boundary=b",
            b"Content-Type: message/delivery-status",
            b"Content-Type: text/rfc822-headers",
            b"Content-Type: message/rfc822",
        ]
    ),
    max_size=5,
)
_PART = st.sampled_from(
    [
        b"Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@x.example\r\nStatus: 5.1.1\r\n",
        b"Content-Type: Message/Disposition-Notification\r\n\r\nFinal-Recipient: rfc822; a@x.example\r\n",
        b"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n",
        b"Content-Type: message/rfc822\r\n\r\nFrom: a@x.example\r\n\r\nhei\r\n",
        b"Content-Type: text/rfc822-headers\r\n\r\nFrom: a@x.example\r\n",
        b"\r\nThe following address failed: a@x.example, user unknown\r\n",
    ]
)


@settings(max_examples=300)
@given(_REPORTING, st.lists(_PART, max_size=3))
def test_no_report_is_taken_for_a_persons_mail_by_the_quick_look(head: list[bytes], parts: list[bytes]) -> None:
    """Whatever makes a mail a report, the quick look lets it through."""
    raw = (
        b"".join(line + b"\r\n" for line in head)
        + b"\r\n"
        + b"".join(b"--b\r\n" + part for part in parts)
        + b"--b--\r\n"
    )
    root = _parts(raw)
    assert bounce.may_be(root) or bounce.find(structure.as_message(raw, root), "User unknown") is None


@settings(max_examples=400)
@given(st.text("\r\na:", max_size=30).map(str.encode), st.integers(0, 5))
def test_the_blank_line_is_the_first_of_any_kind(raw: bytes, start: int) -> None:
    """A header block ends at the first blank line, whatever its line ends are (RFC 5322 §2.1)."""
    match = re.compile(rb"\n\r*\n|\r\r(?![\r\n])").search(raw, start)
    assert caps.header_end(raw, start) == (len(raw) if match is None else match.start() + 1)


@pytest.mark.parametrize("distance", [0, 1, 4070, *range(4080, 4100), 8190, 8195, 70_000])
def test_a_boundary_is_found_however_far_from_other_hyphens(distance: int) -> None:
    """A part of many letters without a hyphen, or with one at its beginning, ends at the next boundary."""
    head = b"Content-Type: multipart/mixed; boundary=grense\r\n\r\n--grense\r\n\r\n"
    for first in (b"", b"-", b"--gren-", b"--grense-"):
        raw = head + first + b"x" * distance + b"\r\n--grense\r\n\r\nto\r\n--grense--\r\n"
        ranges = [raw[part.start : part.end] for part in _parts(raw).parts]
        assert ranges == [first + b"x" * distance, b"to"]


@settings(max_examples=300)
@given(
    st.text(st.sampled_from(" \ta\u00a0\u2028\x85\x00å\ud800\ufeff\r\n") | st.characters(), max_size=30),
    st.integers(1, 20),
)
def test_a_clean_line_is_one_line_without_runs_of_space(text: str, most: int) -> None:
    """Breaks and runs of white space are one space, and what no database takes is gone."""
    assert clean_line(text, most) == " ".join(clean(text[: 4 * most]).split())[:most]

"""Text from mail, made fit for headers, bodies and file names (law R10, W2)."""

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from maild.letters.clean import FILENAME_LIMIT, HEADER_LIMIT, clean_filename, clean_header, clean_text

HOSTILE = st.text(
    st.one_of(
        st.sampled_from(
            '\r\n\t\x00\x0b\x0c\x1b\x7f\x85\u2028\u2029\u202e\u2066\u061c\ufeff\ud800"\\/<>:;,@=?_.% åøß漢🙂'
        ),
        st.characters(),
    ),
    max_size=300,
)
SURROGATES = re.compile("[\ud800-\udfff]")


@settings(max_examples=500)
@given(HOSTILE)
def test_a_cleaned_header_is_one_short_printable_line(text: str) -> None:
    """Whatever goes in: no control, separator, bidi control or surrogate comes out; twice is once."""
    cleaned = clean_header(text)
    assert len(cleaned) <= HEADER_LIMIT
    assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") for character in cleaned)
    assert not any(unicodedata.bidirectional(c) in ("LRO", "RLO", "LRE", "RLE", "PDF", "LRI", "RLI") for c in cleaned)
    assert cleaned == " ".join(cleaned.split())
    assert clean_header(cleaned) == cleaned
    cleaned.encode()


@settings(max_examples=500)
@given(HOSTILE)
def test_cleaned_text_keeps_every_line_and_only_harmless_characters(text: str) -> None:
    """Line ends of every kind become one kind; tabs and words stay; cleaning twice is cleaning once."""
    cleaned = clean_text(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", cleaned)
    assert clean_text(cleaned) == cleaned
    cleaned.encode()
    words = [c for c in text if c.isalnum()]
    assert [c for c in cleaned if c.isalnum()] == words


@settings(max_examples=500)
@given(HOSTILE)
def test_a_cleaned_file_name_is_a_name_and_never_a_path(text: str) -> None:
    """No path, no reserved device, no character a file system refuses, 1 to 120 characters, stable."""
    cleaned = clean_filename(text)
    assert 1 <= len(cleaned) <= FILENAME_LIMIT
    assert not set(cleaned) & set('/\\:*?"<>|\r\n\x00')
    assert cleaned not in (".", "..")
    assert cleaned[0] not in " ." and cleaned[-1] not in " ."
    assert cleaned.split(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}
    assert clean_filename(cleaned) == cleaned


def test_known_traps() -> None:
    """The examples people have been caught by."""
    assert clean_header("Hei\r\nBcc: alle@fjordvik.example") == "Hei Bcc: alle@fjordvik.example"
    assert clean_header("faktura\u202efdp.exe") == "fakturafdp.exe"
    assert clean_header("a" * 300) == "a" * 199 + "…"
    assert clean_filename("../../etc/passwd") == "passwd"
    assert clean_filename("C:\\temp\\brev.pdf") == "brev.pdf"
    assert clean_filename("a\r\nb.txt") == "a b.txt"
    assert clean_filename("CON.txt") == "_CON.txt"
    assert clean_filename("x" * 200 + ".docx") == "x" * 115 + ".docx"
    assert clean_filename("…/..") == "attachment"
    assert clean_text("a\r\nb\rc\u2028d\x00e\tf") == "a\nb\nc\nde\tf"

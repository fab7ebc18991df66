"""Outlook's ``[cid:image001.png@01DB…]`` in plain text says where a picture is, to programs and to nobody else."""

import time

import pytest

from maild.mail.mime.attachments import content
from maild.mail.mime.text import without_pictures
from tests.kit.raw import files, mail, multi, part, reading, text

PLACE = "[cid:image001.png@01DB7A3C.5F2E1D40]"
OTHER = "[cid:2f0c6a7e-77c1-4d0e-9a55-0b8c2d1e3f40]"
PICTURE = part(b"\x89PNG-bytes", "Content-Type: image/png; name=image001.png", "Content-ID: <image001.png@01DB7A3C>")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f"Hei\n{PLACE}\nMvh Kari", "Hei\nMvh Kari"),
        (f"Hei\n  {PLACE} {OTHER}\t\nMvh Kari", "Hei\nMvh Kari"),
        (f"> Hei\n> {PLACE}\n>> {OTHER}\n> Mvh", "> Hei\n> Mvh"),
        (f"Se {PLACE} her", "Se her"),
        (f"{PLACE} Hei", "Hei"),
        (f"> {PLACE}{OTHER} Hei", "> Hei"),
        (f"Se:{PLACE}", "Se:"),
        (f"{PLACE}<https://fjordvik.example/>\nHei", "<https://fjordvik.example/>\nHei"),
        (f"Hei\n\n{PLACE}", "Hei\n\n"),
        (PLACE, ""),
    ],
)
def test_a_pictures_place_is_not_shown(written: str, shown: str) -> None:
    """Nor the line that holds nothing else, nor the space before it."""
    assert without_pictures(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "[FK#1042] Rom [A-118] er [ledig]",
        "[cid: image001.png]",
        "[cid:]",
        "[cid:image001.png@01DB",
        "cid:image001.png@01DB7A3C",
        "[cid:image001.png\n@01DB7A3C]",
        f"[cid:{'a' * 201}]",
        "[image: logo.png] [Bilde fjernet] [bilde.png]",
        "[http://fjordvik.example/?cid:1]",
        "Hei\n\n[x]\n> [y]\n",
    ],
)
def test_nothing_else_in_brackets_is_touched(written: str) -> None:
    """Numbers of cases, rooms and what other programs write."""
    assert without_pictures(written) == written


@pytest.mark.parametrize("kind", ["related", "mixed"])
def test_the_picture_is_kept_as_a_file(kind: str) -> None:
    """And the mail itself is as it came."""
    words = part(f"Skriveren viser dette:\r\n{PLACE}\r\nMvh Kari", "Content-Type: text/plain")
    raw = mail(multi(kind, words, PICTURE))
    found = reading(raw)
    assert found.text == found.own_text == "Skriveren viser dette:\nMvh Kari"
    assert files(found) == [("image001.png", 10)]
    assert content(raw, found.attachments[0]) == b"\x89PNG-bytes"


def test_a_text_of_nothing_but_pictures_gives_way_to_the_page() -> None:
    """The page may say more; alone, the text is empty and the picture all there is."""
    words = part(f"{PLACE}\r\n", "Content-Type: text/plain")
    page = part("<p>Skriveren er tom.</p>", "Content-Type: text/html")
    assert reading(mail(multi("alternative", words, page))).own_text == "Skriveren er tom."
    alone = reading(mail(multi("mixed", words, PICTURE)))
    assert (alone.own_text, alone.text, len(alone.attachments)) == ("", "", 1)


def test_own_words_and_folds_are_found_at_their_lines() -> None:
    """The lines are counted without the pictures', as they are shown."""
    body = (
        f"Hei\n{PLACE}\nDet virker.\n\nOn 3 Mar 2026 at 10:15 Ola <o@x.example> wrote:\n> Virker {OTHER} det\n> {OTHER}"
    )
    found = reading(text(body.replace("\n", "\r\n"), "Subject: Re: x", "In-Reply-To: <0@x.example>"))
    assert found.own_text == "Hei\nDet virker."
    assert [fold.text for fold in found.folds] == [
        "On 3 Mar 2026 at 10:15 Ola <o@x.example> wrote:\n> Virker det",
    ]
    assert all(found.text.split("\n")[fold.line] == fold.text.split("\n")[0] for fold in found.folds)


def test_flowed_text_and_text_around_a_file_lose_it_too() -> None:
    """A place that ends a flowed line is gone, and the next line begins without it; a file in the text stays one."""
    flowed = text(f"{PLACE} \r\nHei på\r\n", "Content-Type: text/plain; format=flowed")
    assert reading(flowed).text == "Hei på"
    block = "begin 644 a.txt\r\n#86)C\r\n`\r\nend\r\n"
    found = reading(text(f"Hei\r\n{PLACE}\r\n{block}Mvh", "Content-Type: text/plain"))
    assert found.text == "Hei\nMvh"
    assert files(found) == [("a.txt", 3)]


@pytest.mark.parametrize("piece", ["[cid:", " ", ">", "> ", PLACE, f"{PLACE} ", f"\n> {PLACE}", "[cid:a\n", "> [cid:"])
def test_the_time_is_linear(piece: str) -> None:
    """A megabyte of anything like it takes a second at most."""
    written = f"[cid:x]\n{piece * (1_000_000 // len(piece))}!"
    start = time.process_time()
    without_pictures(written)
    assert time.process_time() - start < 1

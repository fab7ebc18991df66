"""Reading takes time in proportion to a mail's size, whatever is repeated and wherever it stands (law R7).

Each fill in each place is read at 256 KB. What is quadratic and would take more than :data:`MOST` at 1 MB takes a
sixteenth of that here, so what stays below is done with; the few that take longer are measured at 64 KB and at 1 MB.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from attacks import BODY_PLACES, HEADER_PLACES, PLACES, Place
from fills import FILLS, Fill
from named_bombs import NAMED

from maild.core import asks
from maild.core.arrivals import bursts
from maild.core.commands import agents, yes_no
from maild.core.letters import reply_marker
from maild.core.robots import back, thanks
from maild.core.threads import threading
from maild.core.values import words
from maild.core.values.mail import Envelope, Mail
from maild.letters import clean
from maild.mail import fallback
from maild.mail.author import auth_results as results
from maild.mail.author import identity
from maild.mail.mime import calendar, content_hash, decoding, flowed, headers, html, mentions, text
from maild.mail.mime.text import Shown
from maild.mail.options import ReadOptions
from maild.mail.read import read
from maild.mail.reports import bounce_prose as prose
from maild.mail.words import forward, language, reply, signatures
from maild.mail.words.lines import Lines

ENVELOPE = Envelope(
    source="smtp", received=datetime(2026, 12, 1, tzinfo=UTC), sender="a@b.example", recipients=("it@desk.example",)
)
OPTIONS = ReadOptions(trust="headers", authserv_id="mx.desk.example", received_by="mx.desk.example")
TODAY = date(2026, 12, 1)
SMALL, MIDDLE, LARGE = 64_000, 256_000, 1_000_000
HEADER = 230_000
"""Octets that still go into a header block; beyond, it is the safe reading's."""
MOST = 1.5
"""Seconds of processor that reading a megabyte may take at most, whatever it is."""
SUSPECT = MOST / 16
STEEPEST = 3.0
"""How many times more than in proportion: clocks of the processor shake, and caches end."""
ROUNDS = 4
"""A busy machine may spoil a measurement; what is steep is so each time."""
FLOOR = 0.5
"""Seconds that are little for a megabyte, however they came to be."""


def reading(raw: bytes) -> Mail:
    """Read a mail as a reader does."""
    return read(raw, ENVELOPE, OPTIONS)


def safe_reading(raw: bytes) -> Mail:
    """Read a mail as the safe reading does."""
    return fallback.safe(raw, ENVELOPE, "a test")


def cost(step: Callable[[bytes], object], given: bytes, times: int = 1) -> float:
    """Return the seconds of processor that a step takes, the best of so many times.

    Python's collector looks at the step's own values alone, as in a reader: what other tests left costs it nothing.
    """
    best = float("inf")
    gc.freeze()
    try:
        for _ in range(times):
            began = time.process_time()
            step(given)
            best = min(best, time.process_time() - began)
    finally:
        gc.unfreeze()
    return best


def grows(step: Callable[[bytes], object], made: Callable[[int], bytes], largest: int = LARGE) -> str | None:
    """Say how a step's time grows when that is more than in proportion, or too much; None when all is well."""
    if cost(step, made(min(MIDDLE, largest))) < SUSPECT:
        return None
    small, large = made(SMALL), made(largest)
    if cost(step, large) <= FLOOR:
        return None
    found = None
    for _ in range(ROUNDS):
        one, many = cost(step, small, 3), cost(step, large, 2)
        if many <= min(MOST, max(FLOOR, STEEPEST * one * len(large) / max(len(small), 1))):
            return None
        found = f"{len(small):,} octets take {one:.3f} s of processor, {len(large):,} take {many:.3f} s"
    return found


def filled(place: Place, fill: Fill) -> Callable[[int], bytes]:
    """Return what makes a mail of any size of a place and a fill."""
    return lambda size: place(fill.of(size))


def said(where: str, fill: Fill, found: str) -> str:
    """Return one finding as a line."""
    return f"{where}: {fill.first[:20]!r} + {fill.unit[:40]!r} again and again + {fill.last[:20]!r}: {found}"


def found_in(place: str, fills: list[Fill]) -> list[str]:
    """Return what grows too fast in a place, by either reading."""
    largest = HEADER if place in HEADER_PLACES else LARGE
    wrong = []
    for fill in fills:
        made = filled(PLACES[place], fill)
        for name, step, most in (("full", reading, largest), ("safe", safe_reading, LARGE)):
            if (growth := grows(step, made, most)) is not None:
                wrong.append(said(f"{place}, {name} reading", fill, growth))
    return wrong


def pairs() -> list[tuple[str, Fill]]:
    """Return every place with some fill, and some fills in one: what the quick tier has time for."""
    names = list(PLACES)
    telling = [
        Fill(b" "),
        Fill(b"a"),
        Fill(b"<a"),
        Fill(b"a@a."),
        Fill(b"\r\n "),
        Fill(b"("),
        Fill(b'";'),
        Fill(b"> a\n"),
    ]
    found = [(name, telling[number % len(telling)]) for number, name in enumerate(names)]
    return found + [(names[number * 7 % len(names)], fill) for number, fill in enumerate(FILLS[::20])]


GROUPS = 12
"""The pairs are looked at in so many tests."""


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_place_with_a_fill(group: int) -> None:
    """Each place with one fill, many fills in one place: reading grows with the size and no faster."""
    wrong = []
    for place, fill in pairs()[group::GROUPS]:
        largest = HEADER if place in HEADER_PLACES else LARGE
        if (growth := grows(reading, filled(PLACES[place], fill), largest)) is not None:
            wrong.append(said(place, fill, growth))
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_every_fill_in_every_place(place: str) -> None:
    """All fills in a place, by the full and by the safe reading."""
    wrong = found_in(place, FILLS)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", NAMED)
def test_a_bomb_with_a_name(name: str) -> None:
    """What once took seconds or for ever takes a moment, and no more than in proportion."""
    growth = grows(reading, NAMED[name])
    assert growth is None, f"{name}: {growth}"


def _lines(given: str) -> list[str]:
    return given.split("\n")


def _text(step: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda given: step(given.decode("utf-8", "replace"))


def _tail(given: str) -> None:
    lines = _lines(given)
    signatures.below_words(lines, 0, len(lines))


STEPS: dict[str, Callable[[bytes], object]] = {
    "header fields": lambda given: headers.fields(given, 0, len(given)),
    "a field's text": headers.text,
    "encoded words": headers.words,
    "parameters": headers.parameters,
    "Message-IDs": headers.message_ids,
    "a date": headers.date,
    "addresses": identity.mailboxes,
    "the author": lambda given: identity.identity([("from", given)], b"From: " + given),
    "the author, strictly": _text(identity.strict),
    "Authentication-Results": _text(results.parse),
    "base64": lambda given: decoding.decode(given, "base64"),
    "uuencode": lambda given: decoding.decode(given, "uuencode"),
    "yEnc": lambda given: decoding.decode(given, "yenc"),
    "text, cleaned": _text(text.clean),
    "text, without pictures": _text(text.without_pictures),
    "a line, cleaned": _text(text.clean_line),
    "flowed text": _text(flowed.unwrap),
    "HTML": _text(html.to_text),
    "HTML without a tree": _text(html._stripped),
    "own words": _text(lambda given: reply.split(Shown(given), "Re: a", answers=True)),
    "what stands below the words": _text(_tail),
    "what is passed on": _text(lambda given: forward.find(Lines(Shown(given)), "Fwd: a", None)),
    "an invitation": _text(lambda given: (calendar.read(given), calendar.describe(given))),
    "language": _text(language.language_of),
    "our addresses": _text(lambda given: mentions.find([given])),
    "our addresses in a file": mentions.in_file,
    "what says that it bounced": _text(
        lambda given: (
            prose.head(given), prose.prose_says(given), prose.status_of(given), prose.diagnostic_of(given),
            prose.recipients_of(given, frozenset()), prose.message_id_in(given), prose.addressed_in_copy(given),
        )
    ),
    "the content's hash": lambda given: content_hash.content_hash(given, [("x-a", given)], 0),
    "the safe scan": fallback.scan,
    "a subject's shape": _text(lambda given: bursts.subject_shape(given[:500])),
    "a text's shape": _text(bursts.text_shape),
    "thanks": _text(thanks.is_thanks),
    "words of rules": _text(lambda given: words.fold(given[:64_000])),
    "a title": _text(lambda given: threading.title(given[:500], "FK")),
    "numbers in a text": _text(lambda given: threading.subject_numbers(given, "FK")),
    "addresses in a text": _text(asks._addresses),
    "a day of return": _text(lambda given: back.return_date(given, TODAY)),
    "yes or no": _text(yes_no.yes_or_no),
    "our line": _text(reply_marker.SENTINEL_LINE.search),
    "a command": _text(agents._COMMAND.search),
    "text for a letter": _text(clean.clean_text),
    "a header for a letter": _text(clean.clean_header),
    "a name for a letter": _text(clean.clean_filename),
}  # fmt: skip
"""Each step by itself: what other steps cut before it in a mail, somebody may once not cut."""


def step_fails(name: str, fills: list[Fill]) -> list[str]:
    """Return what makes a step grow too fast."""
    found = ((fill, grows(STEPS[name], lambda size, fill=fill: fill.of(size))) for fill in fills)
    return [said(name, fill, growth) for fill, growth in found if growth is not None]


@pytest.mark.parametrize("name", STEPS)
def test_a_step_by_itself(name: str) -> None:
    """Each step, on a few fills, also on texts that no mail would bring it."""
    wrong = step_fails(name, FILLS[sum(map(ord, name)) % 97 :: 97])
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS)
def test_a_step_by_itself_on_every_fill(name: str) -> None:
    """Each step on all of them."""
    wrong = step_fails(name, FILLS)
    assert not wrong, "\n".join(wrong)


def test_an_attack_is_noticed() -> None:
    """The measure works: what is quadratic is told, what is linear is not."""

    def quadratic(given: bytes) -> None:
        for at in range(0, len(given), 40):
            given[at:].count(b"x")

    assert grows(quadratic, lambda size: b"a" * size, 500_000) is not None
    assert grows(lambda given: given.count(b"x"), lambda size: b"a" * size) is None


def test_the_places_hold_what_they_are_given() -> None:
    """No place loses its fill: what is not there cannot be found."""
    for name, place in BODY_PLACES.items():
        assert len(place(b"a" * 10_000)) > 2_900, name

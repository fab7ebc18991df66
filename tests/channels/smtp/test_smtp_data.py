"""The end of a mail is found, and its octets are kept, however the stream is cut."""

from __future__ import annotations

import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.channels.smtp import replies
from maild.channels.smtp.data import END, LONGEST_LINE, Body, hops
from maild.storage.inbound import pack

PIECES = st.sampled_from([b"\r\n.\r\n", b"\r\n", b"\r", b"\n", b".", b"..", b"\0", b"x", b"hei\r\n", b"\xff" * 70])


def unstuffed(content: bytes) -> bytes:
    """Take the first dot off every line (RFC 5321 §4.5.2), line by line."""
    return b"\r\n".join(line[1:] if line[:1] == b"." else line for line in content.split(b"\r\n"))


def fed(stream: bytes, cuts: list[int], limit: int = 10**6) -> tuple[Body, bytes]:
    """Feed a stream cut at these places until the end is found; the body, and what was never fed."""
    body = Body(limit)
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(places):
        body.feed(stream[start:end])
        if body.ended:
            return body, stream[end:]
    return body, b""


@given(st.lists(PIECES, max_size=30).map(b"".join), st.lists(st.integers(0, 10**6), max_size=12))
def test_every_cut_of_a_stream_gives_the_same_mail(stream: bytes, cuts: list[int]) -> None:
    """The mail ends at the first CRLF.CRLF and nowhere else; what follows is handed back; the dots are unstuffed."""
    body, unfed = fed(stream, cuts)
    content, end, rest = (b"\r\n" + stream).partition(END)
    assert body.ended == bool(end)
    if end:
        assert body.rest + unfed == rest
        assert body.take() == unstuffed((content + b"\r\n")[2:])


@given(st.lists(PIECES, max_size=20).map(b"".join))
def test_a_stuffed_mail_comes_out_as_it_went_in(mail: bytes) -> None:
    """A client that stuffs dots as it must gets every octet through, bare CR, bare LF and NUL included (law S1)."""
    mail = mail + b"\r\n"
    wire = b"\r\n".join(b"." + line if line[:1] == b"." else line for line in mail.split(b"\r\n")) + b".\r\n"
    body, _ = fed(wire, list(range(len(wire))))
    assert body.ended
    assert body.take() == mail


@pytest.mark.parametrize("length", [998, 1000, 5000, 60_000, 65_536])
@pytest.mark.parametrize("step", [1 << 20, 4096, 1000])
def test_lines_up_to_64_kib_are_content(length: int, step: int) -> None:
    """A line as real mail has them is kept, wherever the chunks are cut."""
    mail = b"short\r\n" + b"x" * length + b"\r\n" + b"y" * length + b"\r\n"
    wire = mail + b".\r\n"
    body, _ = fed(wire, list(range(step, len(wire), step)))
    assert body.refused is None
    assert body.take() == mail


@pytest.mark.parametrize("step", [1 << 20, 65_536, 4096, 1000])
def test_a_longer_line_is_refused_and_thrown_away(step: int) -> None:
    """One octet more than 64 KiB, at the beginning, the middle or the end of a mail, is refused; its end is found."""
    long = b"x" * (LONGEST_LINE - 1) + b"\r\n"
    for mail in (long, b"a\r\n" * 50_000 + long, long + b"a\r\n" * 50_000):
        body, _ = fed(mail + b".\r\nNOOP\r\n", list(range(step, len(mail), step)))
        assert body.refused == replies.LONG_LINE
        assert body.ended
        assert body.take() == b""


@given(st.integers(2, 40), st.integers(1, 7))
def test_the_size_cap_counts_every_octet(limit: int, step: int) -> None:
    """A mail of the limit's size is taken, one octet more is not, and the end is found, wherever the cuts are."""
    for size, refused in ((limit, None), (limit + 1, replies.TOO_BIG)):
        wire = b"x" * (size - 2) + b"\r\n.\r\nNOOP"
        body, _ = fed(wire, list(range(0, len(wire), step)), limit)
        assert (body.refused, body.ended) == (refused, True)


def test_a_mail_sent_octet_by_octet_costs_no_more_memory() -> None:
    """Small pieces are put together: a quarter of a megabyte in twos takes less than three times its size."""
    body = Body(10**7)
    tracemalloc.start()
    for _ in range(2**17):
        body.feed(bytes((120, 10)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * 2**18
    body.feed(b"\r\n.\r\n")
    assert len(body.take()) == 2**18 + 2


@pytest.mark.parametrize("dotted", [False, True])
def test_a_large_mail_is_copied_twice_at_most(dotted: bool) -> None:
    """From the socket's pieces to what the store is given there are never more than two copies of a mail at once.

    The pieces become one mail (the first copy), stuffed dots go (the second, for a mail that has any); what the store
    keeps is that very object.
    """
    line = b".." + b"x" * 74 + b"\r\n" if dotted else b"x" * 76 + b"\r\n"
    piece = line * 800
    body = Body(32 * 1024 * 1024)
    tracemalloc.start()
    for _ in range(320):
        body.feed(bytes(bytearray(piece)))  # an object of its own each time, as from a socket
    body.feed(b".\r\n")
    received, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    raw = body.take()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert body.ended
    assert received < 1.01 * body.size
    assert peak < 2.02 * body.size
    assert pack(raw).data is raw


def test_hops_are_counted_in_the_header_only() -> None:
    """``Received`` lines count in any case of letters; the body, folded text and other fields do not."""
    assert hops(b"Received: a\r\nRECEIVED: b\r\n\tReceived: c\r\nX-Received: d\r\n\r\nReceived: e\r\n") == 2
    assert hops(b"received: a\nReceived: b\n\nReceived: c\n") == 2
    assert hops(b"Received: a\r\n" * 100) == 100
    assert hops(b"") == 0

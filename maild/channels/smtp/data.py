r"""The bytes between DATA and the final dot: found, bounded and unstuffed without being copied around.

Pure: chunks go in as the socket gives them, the state says what to do. Only ``CRLF . CRLF`` ends a mail (RFC 5321
§4.1.1.4); every other dot line is content, so nothing can be smuggled in (CVE-2023-51764). Bare CR, bare LF and NUL
are content too and kept byte for byte (law S1).
"""

from __future__ import annotations

import re

from maild.channels.smtp import replies

END = b"\r\n.\r\n"
_DOT_LINE = re.compile(rb"\r\n\.")  # bytes look for so short a needle twice as long as a pattern does
LONGEST_LINE = 64 * 1024 + 2
"""Octets a line may have, its CRLF included.

Real mail has lines far beyond the 998 of RFC 5322 §2.1.1; this bounds memory only.
"""
MOST_HOPS = 100
"""``Received`` lines that make a mail a loop (RFC 5321 §6.3)."""
HEADERS_LOOKED_AT = 256 * 1024
SMALL = 4096
"""Octets of a piece that is put together with its neighbours, so that a mail sent octet by octet costs no more."""
MOST_PIECES = 64


class Body:
    """One mail being received.

    ``refused`` is the reply once it is known that the mail cannot be taken; what still comes is thrown away at once.
    ``ended`` is True after the final dot, and ``rest`` holds what the client sent behind it.
    """

    __slots__ = ("_chunks", "_line", "_pieces", "_tail", "ended", "limit", "refused", "rest", "size")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        """Octets received so far, stuffed dots included."""
        self.refused: str | None = None
        self.ended = False
        self.rest: bytes = b""
        self._chunks: list[bytes] = []
        self._pieces: list[bytes] = []
        self._tail = b"\r\n"  # the CRLF of the DATA command itself: a lone dot may be the very first line
        self._line = 0  # octets since the last line feed

    def feed(self, chunk: bytes) -> None:
        """Take the next octets; each is looked at once."""
        if not chunk:
            return
        end = self._find_end(chunk)
        content = chunk if end is None else chunk[: max(end, 0)]
        self.size += len(content) if end is None else end
        self.ended = end is not None
        self._judge(content)
        if self.refused is None:
            self._keep(content)
            if end is not None and end < 0:
                self._trim(-end)
        self._tail = chunk[-4:] if len(chunk) >= 4 else (self._tail + chunk)[-4:]

    def take(self) -> bytes:
        """Give the finished mail, unstuffed (RFC 5321 §4.5.2), and forget it here."""
        self._gather()
        chunks, self._chunks = self._chunks, []
        if chunks and chunks[0][:1] == b".":
            chunks[0] = chunks[0][1:]
        raw = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        return raw if _DOT_LINE.search(raw) is None else raw.replace(b"\r\n.", b"\r\n")

    def _keep(self, content: bytes) -> None:
        if len(content) >= SMALL:
            self._gather()
            self._chunks.append(content)
            return
        self._pieces.append(content)
        if len(self._pieces) >= MOST_PIECES:
            piece = b"".join(self._pieces)
            self._pieces = [piece]
            if len(piece) >= SMALL:
                self._gather()

    def _gather(self) -> None:
        if self._pieces:
            self._chunks.append(b"".join(self._pieces))
            self._pieces.clear()

    def _find_end(self, chunk: bytes) -> int | None:
        """Where the content ends in this chunk (negative: so many octets before it), None when it goes on."""
        seam = self._tail + chunk[:4]
        found = seam.find(END)
        start = found - len(self._tail) if found >= 0 else chunk.find(END)
        if found < 0 and start < 0:
            return None
        self.rest = chunk[start + len(END) :]
        return start + 2

    def _trim(self, excess: int) -> None:
        """Drop the beginning of the dot line from what earlier chunks brought."""
        self._gather()
        chunks = self._chunks
        while excess and chunks:
            last = chunks.pop()
            if len(last) > excess:
                chunks.append(last[:-excess])
            excess = max(0, excess - len(last))

    def _judge(self, content: bytes) -> None:
        if self.refused is not None:
            return
        if self.size > self.limit + (0 if self.ended else 2):  # ".\r" of the dot line may be among them
            self._refuse(replies.TOO_BIG)
        elif self._has_long_line(content):
            self._refuse(replies.LONG_LINE)

    def _refuse(self, reply: str) -> None:
        self.refused = reply
        self._chunks.clear()
        self._pieces.clear()

    def _has_long_line(self, content: bytes) -> bool:
        """Jump from line feed to line feed, 64 KiB at a time; a bare LF counts, this is about memory alone."""
        start, length = -self._line, len(content)
        while length - start > LONGEST_LINE:
            found = content.rfind(b"\n", max(start, 0), max(start + LONGEST_LINE, 0))
            if found < 0:
                return True
            start = found + 1
        last = content.rfind(b"\n", max(start, 0))
        self._line = length - (start if last < 0 else last + 1)
        return False


def hops(raw: bytes) -> int:
    """Count the ``Received`` lines of a mail's header."""
    end = raw.find(b"\r\n\r\n", 0, HEADERS_LOOKED_AT)
    if end < 0:
        end = raw.find(b"\n\n", 0, HEADERS_LOOKED_AT)
    header = raw[: HEADERS_LOOKED_AT if end < 0 else end].lower()
    return header.count(b"\nreceived:") + header.startswith(b"received:")

"""The mix of mails that the journey benchmark sends: 2 KB text 70 %, 15 KB HTML 20 %, 200 KB attachment 10 %."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass

_SENTENCES = (
    "skriveren på rommet virker ikke etter helgen og jeg trenger hjelp til å få den i gang igjen før møtet på torsdag "
    "hälsar från kontoret the printer says paper jam but there is none vennlig hilsen nøkkel passord faktura vikar"
)
WORDS = _SENTENCES.split()


@dataclass(frozen=True, slots=True)
class Sample:
    """One body of the mix with its MIME headers."""

    headers: bytes
    body: bytes


def _text(rng: random.Random, size: int) -> str:
    words: list[str] = []
    length = 0
    while length < size:
        word = rng.choice(WORDS)
        words.append(word)
        length += len(word.encode()) + 1
    return "\r\n".join(" ".join(words[start : start + 11]) for start in range(0, len(words), 11))


def _plain(rng: random.Random) -> Sample:
    headers = b'MIME-Version: 1.0\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n'
    return Sample(headers, _text(rng, 1500).encode() + b"\r\n")


def _html(rng: random.Random) -> Sample:
    text = _text(rng, 1800)
    cells = "".join(
        f'<p class="MsoNormal" style="margin:0cm;font-size:11.0pt;font-family:Calibri,sans-serif">'
        f'<span lang="NO" style="color:#1F497D">{line}</span></p>\r\n'
        for line in _text(rng, 3700).split("\r\n")
    )
    style = "<style>" + "p.MsoNormal {margin:0cm; font-size:11pt}\r\n" * 20 + "</style>"
    body = (
        f'--b1\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n'
        f'--b1\r\nContent-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
        f"<html><head>{style}</head><body>{cells}</body></html>\r\n--b1--\r\n"
    )
    return Sample(b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b1"\r\n', body.encode())


def _attached(rng: random.Random) -> Sample:
    data = base64.encodebytes(rng.randbytes(148_000)).replace(b"\n", b"\r\n")
    body = (
        f'--b2\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
        f"{_text(rng, 700)}\r\n--b2\r\n"
        f'Content-Type: application/pdf; name="faktura.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="faktura.pdf"\r\n\r\n'
    ).encode()
    headers = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b2"\r\n'
    return Sample(headers, body + data + b"--b2--\r\n")


class Mix:
    """Bodies drawn in the given shares; a few dozen different ones, so that making them is not what is measured."""

    def __init__(self, seed: int = 1) -> None:
        rng = random.Random(seed)
        self._rng = rng
        self._kinds = [[make(rng) for _ in range(12)] for make in (_plain, _html, _attached)]

    def draw(self) -> Sample:
        """Return the next body."""
        (kind,) = self._rng.choices(self._kinds, weights=(70, 20, 10))
        return self._rng.choice(kind)

"""How fast mails are read on one core, against the standard library's parser alone in the same run.

``python benchmarks/reading.py [MAILS]``: the mix of the journey benchmark, 2 KB text 70 %, 15 KB HTML 20 %, 200 KB
attachment 10 %. ``python benchmarks/reading.py --against CHECKOUT`` measures another checkout and this one by turns,
for a machine whose speed drifts.
"""

from __future__ import annotations

import base64
import email
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from maild.core.values.mail import Envelope
from maild.mail.options import ReadOptions
from maild.mail.read import read

ENVELOPE = Envelope(
    source="smtp", received=datetime(2026, 12, 1, 8, 0, tzinfo=UTC), sender="a@b.example", recipients=()
)
TEXT = """
skriveren står stille igjen og vi får ikke ut lønnslippene i dag kan noen se på det før lunsj takk for hjelpen rommet er
B-214 nettet virker men skjermen blinker etter oppdateringen på mandag hilsen oss alle i andre etasje
"""
WORDS = TEXT.split()


def head(random_: random.Random, number: int, kind: str) -> str:
    """Write a header as real mail servers leave it."""
    hops = "".join(
        f"Received: from mx{hop}.example.org (mx{hop}.example.org [192.0.2.{hop}])\r\n\tby relay{hop}.example.net "
        f"(Postfix) with ESMTPS id {random_.getrandbits(40):010X}\r\n\tfor <it@fjordvik.example>; "
        f"Tue, 1 Dec 2026 08:0{hop}:11 +0100\r\n"
        for hop in range(3)
    )
    return (
        f"Return-Path: <kari.{number}@example.org>\r\n{hops}"
        f"From: =?utf-8?Q?K=C3=A5re?= Moen <kari.{number}@example.org>\r\nTo: IT <it@fjordvik.example>\r\n"
        f"Subject: Skriver {number} =?utf-8?B?c3TDpXIgc3RpbGxl?=\r\nDate: Tue, 1 Dec 2026 08:00:00 +0100\r\n"
        f"Message-ID: <{random_.getrandbits(64):x}@example.org>\r\nMIME-Version: 1.0\r\n{kind}"
    )


def words(random_: random.Random, size: int) -> str:
    """Return running text of about so many characters, in lines."""
    lines, length = [], 0
    while length < size:
        line = " ".join(random_.choices(WORDS, k=12))
        lines.append(line)
        length += len(line) + 2
    return "\r\n".join(lines)


def plain(random_: random.Random, number: int) -> bytes:
    """A 2 KB text mail with a quoted answer below."""
    kind = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    quote = "\r\n".join(f"> {line}" for line in words(random_, 500).split("\r\n"))
    return f"{head(random_, number, kind)}{words(random_, 700)}\r\n\r\nOn Mon, IT wrote:\r\n{quote}\r\n".encode()


def rich(random_: random.Random, number: int) -> bytes:
    """A 15 KB HTML mail as Outlook writes it: paragraphs, spans, a table, quoted history; no text part."""
    cell = '<td style="padding:0cm 5.4pt"><p class="MsoNormal"><span style="font-size:11.0pt">{}</span></p></td>'
    row = f"<tr>{cell}{cell}"
    paragraph = '<p class="MsoNormal"><span style="font-family:Calibri,sans-serif">{}<o:p></o:p></span></p>\r\n'
    text = [paragraph.format(" ".join(random_.choices(WORDS, k=14))) for _ in range(62)]
    table = "".join(row.format(*random_.choices(WORDS, k=2)) + "</tr>" for _ in range(10))
    page = (
        "<html><head><style>p.MsoNormal{margin:0cm}</style></head><body lang=NO><div class=WordSection1>"
        f"{''.join(text[:30])}<table>{table}</table><div style='border:none;border-top:solid #E1E1E1 1.0pt'>"
        f"<p class=MsoNormal><b>Fra:</b> IT<br><b>Sendt:</b> mandag<br><b>Emne:</b> Skriver</p></div>"
        f"{''.join(text[30:])}"
        "</div></body></html>"
    )
    kind = "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (head(random_, number, kind) + page).encode()


def with_file(random_: random.Random, number: int) -> bytes:
    """A short text with a 200 KB attachment."""
    kind = 'Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n'
    data = base64.encodebytes(random_.randbytes(150_000)).replace(b"\n", b"\r\n")
    start = (
        f"{head(random_, number, kind)}--=_b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{words(random_, 400)}\r\n"
        '--=_b\r\nContent-Type: application/pdf; name="faktura.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="faktura.pdf"\r\n\r\n'
    )
    return start.encode() + data + b"--=_b--\r\n"


def mix(count: int) -> list[bytes]:
    """Return the mails, in random order, the same every time."""
    random_ = random.Random(4)
    kinds = random_.choices((plain, rich, with_file), weights=(70, 20, 10), k=count)
    return [kind(random_, number) for number, kind in enumerate(kinds)]


def stdlib(raw: bytes) -> int:
    """What the standard library alone needs: parse, decode every header and body."""
    message = email.message_from_bytes(raw)
    found = sum(len(str(value)) for _, value in message.items())
    for part in message.walk():
        if not part.is_multipart():
            body = part.get_payload(decode=True)
            found += len(body) if isinstance(body, bytes) else 0
    return found


def rate(mails: list[bytes], one: Callable[[bytes], object]) -> tuple[float, float]:
    """Return mails per second of CPU and of the clock, the best of three passes: others may use the machine too."""
    best = (0.0, 0.0)
    for _ in range(3):
        clock, cpu = time.perf_counter(), time.process_time()
        for raw in mails:
            one(raw)
        best = max(best, (len(mails) / (time.process_time() - cpu), len(mails) / (time.perf_counter() - clock)))
    return best


def kinds() -> dict[str, list[bytes]]:
    """Return mails of each kind, and of the mix, the same every time."""
    made = (("2 KB text", plain, 400), ("15 KB HTML", rich, 200), ("200 KB attachment", with_file, 100))
    same = {name: [kind(random.Random(number), number) for number in range(count)] for name, kind, count in made}
    return same | {"mix": mix(1000)}


def turn() -> None:
    """Be one of two that read by turns: for each line heard read everything once; say each mail's best time by kind."""
    options, mails = ReadOptions(), kinds()
    best = {name: [float("inf")] * len(same) for name, same in mails.items()}
    for _ in sys.stdin:
        for name, same in mails.items():
            for at, raw in enumerate(same):
                began = time.perf_counter()
                read(raw, ENVELOPE, options)
                best[name][at] = min(best[name][at], time.perf_counter() - began)
        print(json.dumps({name: sum(times) / len(times) for name, times in best.items()}), flush=True)


def against(other: Path, turns: int = 8) -> None:
    """Measure the maild of another checkout and our own by turns, each in a process of its own."""
    ours = Path(__file__).resolve().parent.parent
    readers = [
        subprocess.Popen(
            [sys.executable, __file__, "--turn"],
            env=os.environ | {"PYTHONPATH": str(checkout)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for checkout in (other.resolve(), ours)
    ]
    said: list[dict[str, float]] = [{}, {}]
    for number in range(turns):
        for place in (0, 1) if number % 2 else (1, 0):
            reader = readers[place]
            assert reader.stdin is not None and reader.stdout is not None
            reader.stdin.write("\n")
            reader.stdin.flush()
            said[place] = json.loads(reader.stdout.readline())
    for reader in readers:
        reader.communicate()
    for name, theirs in said[0].items():
        now = said[1][name]
        print(f"{name:18} {1e6 * theirs:6.0f} -> {1e6 * now:6.0f} us ({100 * (now / theirs - 1):+.0f} %)")
    print(f"mails/s of the mix {1 / said[0]['mix']:6.0f} -> {1 / said[1]['mix']:6.0f}")


def main() -> None:
    """Measure and print."""
    mails = mix(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
    options = ReadOptions()
    for raw in mails[:50]:
        assert not read(raw, ENVELOPE, options).partial
    print(f"{len(mails)} mails, {sum(map(len, mails)) / len(mails) / 1024:.1f} KB each on average")
    ours, clock = rate(mails, lambda raw: read(raw, ENVELOPE, options))
    theirs, _ = rate(mails, stdlib)
    print(f"maild read            {ours:7.0f} mails/s of CPU ({clock:.0f}/s by the clock), {1000 / ours:.2f} ms each")
    print(f"stdlib compat32 alone {theirs:7.0f} mails/s of CPU, {1000 / theirs:.2f} ms each")
    print(f"ratio                 {ours / theirs:7.2f}")
    for name, kind in (("2 KB text", plain), ("15 KB HTML", rich), ("200 KB attachment", with_file)):
        same = [kind(random.Random(number), number) for number in range(200)]
        ours, _ = rate(same, lambda raw: read(raw, ENVELOPE, options))
        theirs, _ = rate(same, stdlib)
        print(f"  {name:18} {1000 / ours:6.2f} ms, stdlib {1000 / theirs:6.2f} ms ({len(same[0]) / 1024:.0f} KB)")
    print(f"peak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB with every mail held")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--turn"]:
        turn()
    elif sys.argv[1:2] == ["--against"]:
        against(Path(sys.argv[2]))
    else:
        main()

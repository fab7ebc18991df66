"""Fuzz the reader with atheris: ``make fuzz SECONDS=60`` (extra ``fuzz``).

Whatever the bytes: reading ends, raises nothing, changes nothing, gives text that both databases take, and takes no
more time than a mail of that size may. What breaks this is written to ``fuzz/crash-*``; check it in as
``fuzz/regressions/<what>.eml``, which every later run begins with.
"""

from __future__ import annotations

import hashlib
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import atheris
from pace import Pace

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "mail"))
from named_bombs import NAMED

with atheris.instrument_imports(include=["maild.mail"]):
    from maild.core.values.mail import Envelope
    from maild.mail.mime.attachments import content
    from maild.mail.options import ReadOptions
    from maild.mail.read import read
    from maild.mail.reader import wire

ENVELOPE = Envelope(source="smtp", received=datetime(2026, 12, 1, tzinfo=UTC), sender="a@b.example", recipients=())
HERE = Path(__file__).parent
PACE = Pace(lambda raw: read(raw, ENVELOPE, ReadOptions()))


def one(raw: bytes) -> None:
    """Read one mail and hold it against what is promised."""
    began = time.process_time()
    mail = read(raw, ENVELOPE, ReadOptions())
    PACE.check(raw, time.process_time() - began)
    failed = [defect for defect in mail.defects if "reading failed" in defect]
    if failed:
        raise AssertionError(failed[0])
    if mail.sha256 != hashlib.sha256(raw).hexdigest() or mail.size != len(raw):
        raise AssertionError("the raw mail is not what was read")
    for text in (mail.subject, mail.text, mail.own_text, mail.folded, mail.identity.shown):
        if b"\0" in text.encode("utf-8"):
            raise AssertionError("a NUL in a text")
    for file in mail.attachments:
        if not 0 <= file.start <= file.end <= len(raw) or not file.name:
            raise AssertionError("a file outside the mail, or without a name")
        if hashlib.sha256(content(raw, file)).hexdigest() != file.sha256:
            raise AssertionError("a file whose place does not hold its bytes")
    if wire.mail_from(wire.to_json(mail), ENVELOPE) != mail:
        raise AssertionError("a Mail that does not cross to the daemon")


def main() -> None:
    """Run the checked-in regressions, then atheris with the tests' own mails and bombs as seeds."""
    for path in sorted((HERE / "regressions").glob("*.eml")):
        one(path.read_bytes())
    seeds = HERE / "seeds"
    seeds.mkdir(exist_ok=True)
    for path in sorted((HERE.parent / "tests").rglob("*.eml")):
        data = path.read_bytes()
        if len(data) < 20_000:
            (seeds / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    for bomb in NAMED.values():
        data = bomb(4_000)[:20_000]
        (seeds / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    atheris.Setup([sys.argv[0], f"-artifact_prefix={HERE}/", *sys.argv[1:], str(seeds)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

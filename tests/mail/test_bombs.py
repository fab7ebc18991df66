"""Mails made to choke a parser (law R2, R5): whatever they are, each is a mail within its budget."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from maild.core.values.mail import Envelope, Mail
from maild.mail.options import ReadOptions
from maild.mail.reader.readers import Readers
from tests.mail.bombs import BOMBS, HEAD

ENVELOPE = Envelope(source="smtp", received=datetime(2026, 12, 1, tzinfo=UTC), sender="a@b.example", recipients=())
SCRIPT = Path(__file__).parent / "measured_reading.py"
SLOW = {
    "one line of 25 MB",
    "begin lines without an end",
    "uuencode lines",
    "200 KB of To",
    "nested tables",
    "20 MB of HTML",
    "one flowed line of 10 MB",
}
KILLED = {"60,000 options", "110,000 attributes"}
"""Code in C keeps at these for minutes: no timer of the reader's own ends that, the daemon does."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in BOMBS if name not in KILLED]
)
def test_bomb(name: str) -> None:
    """4 s of processor and 300 MB are enough: it has its subject, and what it has not is in the original, attached."""
    raw = BOMBS[name]()
    assert len(raw) < 30 * 1024 * 1024
    done = subprocess.run([sys.executable, str(SCRIPT)], input=raw, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:].decode()
    result: dict[str, Any] = json.loads(done.stdout)
    print(name, result)
    assert result["cpu"] <= 4.0
    assert result["rss"] <= 300
    assert result["same"] and result["unchanged"]
    assert result["answer"] < 20_000_000
    assert result["subject"] or not raw.startswith(HEAD)
    if result["partial"]:
        assert result["defects"] and result["files"][0][1] == "message/rfc822" and result["files"][0][2] == len(raw)
        assert not any("failed" in defect for defect in result["defects"])


@pytest.mark.parametrize("name", [pytest.param("60,000 options", marks=pytest.mark.slow), "110,000 attributes"])
def test_what_only_a_kill_ends(name: str) -> None:
    """A mail over which a reader never comes back to the interpreter leaves both lanes and is read by its header."""
    raw = BOMBS[name]()

    async def main() -> None:
        readers = Readers(ReadOptions(), processes=1, memory=512 * 1024 * 1024)
        await readers.start()
        try:
            mail = await readers.read(raw, ENVELOPE)
        finally:
            await readers.stop()
        assert isinstance(mail, Mail) and mail.subject == "bombe" and mail.identity.shown == '"Kari" <kari@x.example>'
        assert not mail.partial or (mail.attachments[0].start, mail.attachments[0].end) == (0, len(raw))

    asyncio.run(asyncio.wait_for(main(), 120))

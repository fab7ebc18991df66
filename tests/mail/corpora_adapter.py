"""How the public corpora's checker sees a Mail: ``check.py tests/mail/corpora_adapter.py``."""

from datetime import UTC, datetime
from typing import Any

from maild.cli.read import as_dict
from maild.core.values.mail import Envelope
from maild.mail.options import ReadOptions
from maild.mail.read import read

ENVELOPE = Envelope(source="inject", received=datetime(2026, 12, 1, 8, 0, tzinfo=UTC), sender=None, recipients=())


def parse(raw: bytes) -> dict[str, Any]:
    """Read a mail and name what was found as the checker does."""
    return as_dict(read(raw, ENVELOPE, ReadOptions()))

"""What makes two mails the same content, by whatever road they came (law T13)."""

from __future__ import annotations

import hashlib
import re

from maild.mail.mime.headers import Field

_TRACE = re.compile(
    r"received|return-path|delivered-to|delivered|x-original-to|envelope-to|x-envelope-.*|x-delivered-to|x-rcpt-to"
    r"|authentication-results|arc-.*|dkim-signature|dkim-filter|domainkey-.*|x-.*dkim-.*|received-spf|x-received-spf"
    r"|x-received|x-spam.*|x-virus.*|x-antivirus.*|x-amavis.*|x-rspamd.*|x-bogosity|x-greylist|x-scanned-by"
    r"|x-google-smtp-source|x-gm-message-state|x-gm-.*|x-ms-exchange-.*|x-microsoft-antispam.*|x-forefront-.*"
    r"|x-exchange-.*|x-eopattributedmessage|x-eoptenantattributedmessage|x-ms-office365-.*|x-proofpoint-.*"
    r"|x-ironport-.*|x-barracuda-.*|x-mimecast-.*|x-fireeye.*|x-sophos-.*|x-uidl?|x-imap.*|x-keywords|status|x-status"
    r"|x-mozilla-.*|x-account-key|lines|x-pmx-.*|x-tm-.*|x-cloud-sec-.*|x-halon-.*|x-ham-.*|x-vr-.*|x-maild-.*"
)
"""Fields that transport and filters add or change; case-folded names."""
_LONGEST = 100
"""Letters of a name that is remembered: the memory holds what senders write."""
_known: dict[str, bool] = {}


def is_trace(name: str) -> bool:
    """Tell whether a field belongs to the road, not to the mail."""
    known = _known.get(name)
    if known is None and len(name) > _LONGEST:
        return _TRACE.fullmatch(name) is not None
    if known is None:
        if len(_known) > 2000:
            _known.clear()
        known = _known[name] = _TRACE.fullmatch(name) is not None
    return known


def content_hash(raw: bytes, found: list[Field], start: int) -> str:
    """Return SHA-256, hex, of a mail without trace fields, foldings and kinds of line end."""
    fields = sorted(name.encode() + b":" + b" ".join(value.split()) for name, value in found if not is_trace(name))
    digest = hashlib.sha256(b"\n".join(fields) + b"\n\n")
    content = raw[start:].replace(b"\r", b"")  # a third of what translate takes
    end = len(content)
    if content.endswith(b"\n\n"):
        end = len(content.rstrip(b"\n"))
    elif content.endswith(b"\n"):
        end -= 1
    digest.update(memoryview(content)[:end])
    return digest.hexdigest()

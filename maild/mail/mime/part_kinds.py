"""What a part of a mail is to whoever shows it: words, a page, one more form of them, or a file."""

from __future__ import annotations

import re

from maild.mail.mime.structure import Part

_META = re.compile(rb"(?i)<meta[^>]{0,200}charset\s*=\s*[\"']?([a-z0-9_:.-]{2,40})")
SHOWN = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext"})
FILE_TEXTS = frozenset({"text/calendar", "text/rfc822-headers", "text/x-vcard", "text/vcard", "text/directory"})


def html_in(part: Part) -> Part | None:
    """Return the HTML page of an alternative: itself, or the first page of its multipart/related or mixed."""
    return next((one for one in part.whole() if one.type == "text/html" and one.disposition != "attachment"), None)


def is_named(part: Part) -> bool:
    """Tell whether a part has a file's name."""
    return "filename" in part.disposition_params or "name" in part.params


def is_variant(part: Part) -> bool:
    """Tell whether an alternative is one more form of the text that nobody here can show (AMP, watch, Markdown)."""
    return part.main == "text" and part.type not in SHOWN and part.type not in FILE_TEXTS and not is_named(part)


def meta_charset(data: bytes) -> str | None:
    """Return the charset that a page says it is in, near its beginning."""
    found = _META.search(data, 0, 4096)
    return found[1].decode("ascii") if found is not None else None
